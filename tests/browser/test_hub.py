"""A hub in a real browser: its manager plans the tours, moves a stop, approves, and reads what the day brought."""

import re
from time import perf_counter

import pytest
from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from tests.browser.looking import axe, screenshots, weigh
from tests.browser.site import Site


def test_a_list_of_things_is_accessible_and_no_wider_than_a_phone(page: Page, site: Site) -> None:
    site.sign_in(page, Role.MANAGER)
    page.goto("/hub/things?group=out")
    assert axe(page) == []
    screenshots(site, page, "hub-things-out", "/hub/things?group=out")


def drafted(page: Page) -> None:
    """A draft made by the form of the day, and waited for as people wait: without a script."""
    page.goto("/hub/plan")
    if page.locator("select[name=method]").count():
        page.get_by_label("How", exact=True).select_option("anew")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("button", name="Approve these tours")).to_be_visible(timeout=40_000)


def test_the_tours_are_planned_compared_changed_by_hand_and_approved(laptop: Page, site: Site) -> None:
    address = "House {0}, Section {0}, Mirpur, Dhaka 1216".format
    fresh = [site.item(site.world.shop, f"HUB-{n}", recipient_address=address(n)) for n in (1, 2, 6, 10, 11, 12)]
    for item in fresh:
        site.at_the_office(item)
    site.sign_in(laptop, Role.MANAGER)
    laptop.goto("/hub")
    expect(laptop.locator("main")).to_contain_text("are in no tour")
    drafted(laptop)
    draft = laptop.url
    assert axe(laptop) == []
    screenshots(site, laptop, "hub-draft", draft)
    site.speak(laptop, "en")

    laptop.goto(draft)
    laptop.locator("table a[href*='/tours/']").first.click()
    expect(laptop.get_by_role("heading", name="Stops in their order")).to_be_visible()
    assert axe(laptop) == []
    screenshots(site, laptop, "hub-tour", laptop.url)
    site.speak(laptop, "en")
    laptop.reload()
    laptop.get_by_role("link", name=re.compile("^Move ")).first.click()
    expect(laptop.get_by_role("heading", name="Move a stop")).to_be_visible()
    assert axe(laptop) == []
    screenshots(site, laptop, "hub-stop", laptop.url)
    site.speak(laptop, "en")
    laptop.reload()
    dearer = laptop.get_by_role("row").filter(has_text="km more")
    dearer.get_by_role("button").first.click()
    expect(laptop.get_by_role("status")).to_contain_text("Moved.")

    laptop.goto("/hub/plan/compare")
    assert axe(laptop) == []
    screenshots(site, laptop, "hub-compare", "/hub/plan/compare")
    site.speak(laptop, "en")

    laptop.goto(draft)
    expect(laptop.locator("main")).to_contain_text("Changed by hand: 1.")
    laptop.get_by_role("button", name="Approve these tours").click()
    expect(laptop.get_by_role("link", name="Print the run sheets")).to_be_visible()
    for item in fresh:
        assert site.get(f"/v1/items/{item}", office="1216").json()["state"] == "at_delivery_office"
    sheets = laptop.request.get(str(laptop.get_by_role("link", name="Print the run sheets").get_attribute("href")))
    assert sheets.body().startswith(b"%PDF")


def test_a_plan_is_waited_for_on_a_page_that_comes_back_by_itself(page: Page, site: Site) -> None:
    site.sign_in(page, Role.MANAGER)
    page.goto("/hub/plan")
    began = perf_counter()
    page.get_by_role("button", name="Plan", exact=True).click()
    page.wait_for_url(re.compile("/hub/plan/drafts/"))
    assert perf_counter() - began < 3, "the answer does not wait for the search"
    expect(page.get_by_role("button", name="Approve these tours")).to_be_visible(timeout=40_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_exception_is_taken_on_by_the_keyboard(laptop: Page, site: Site) -> None:
    site.sign_in(laptop, Role.MANAGER)
    item = site.item(site.world.shop, "HUB-50")
    site.at_the_office(item)
    site.scans(site.scan(item, "attempt_failed", holder="rider:1230-R01", reason="no_answer"))
    laptop.goto("/hub/exceptions?owner=-")
    laptop.locator("table a[href^='/hub/exceptions/']").first.focus()
    laptop.keyboard.press("Enter")
    expect(laptop.get_by_role("button", name="I look into it")).to_be_visible()
    assert axe(laptop) == []
    screenshots(site, laptop, "hub-exception", laptop.url)
    site.speak(laptop, "en")
    laptop.reload()
    laptop.get_by_role("button", name="I look into it").focus()
    laptop.keyboard.press("Enter")
    expect(laptop.get_by_role("status")).to_contain_text("You look into it now.")


@pytest.mark.parametrize("path", ["/hub", "/hub/plan"])
def test_the_first_view_is_light_and_nothing_moves(page: Page, site: Site, path: str) -> None:
    site.sign_in(page, Role.MANAGER)
    weight = weigh(page, path)
    print(f"\n{path}: {weight}")
    assert weight.sent_b < 100_000
    assert weight.shift < 0.01
