"""A living map: moved and brought nearer by keyboard, in vectors of our own; without a script the drawn one."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site


def test_a_map_is_brought_nearer_by_keyboard_and_asks_nobody_for_pictures(site: Site, page: Page) -> None:
    site.speak(page, "en")
    page.goto("/design")
    map_ = page.get_by_role("region", name="Map")
    expect(map_.get_by_text("Mirpur TSO")).to_be_visible()
    expect(page.locator("svg.map")).to_have_count(0)
    before = map_.locator("path.way").first.get_attribute("d")
    map_.focus()
    page.keyboard.press("+")
    expect(map_.locator("path.way").first).not_to_have_attribute("d", before or "")
    expect(map_.get_by_role("button", name="Nearer")).to_be_visible()


def test_without_a_script_the_drawn_map_stays(site: Site, new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/design")
    expect(page.locator("svg.map")).to_be_visible()
