"""The administrator in a real browser: every page looked at, somebody taken on, a new tariff checked for its review."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from tests.browser.looking import SCREENSHOTS, axe, drawn, screenshots, weigh
from tests.browser.site import DATA, PASSWORD, Site

_PAGES = {
    "admin-office": "/admin/offices/1216",
    "admin-person": "/admin/people/counter-1",
    "admin-tariffs-tried": "/admin/tariffs?weight_kg=1.5&cod_taka=1250",
    "admin-tariff-effect": "/admin/tariffs/effect?before=2022-04-24",
    "admin-fact": "/admin/facts/timetable.csv",
}
"""Pages of a thing; the others are looked at with those of everybody."""


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_is_accessible_and_no_wider_than_a_phone(page: Page, site: Site, name: str) -> None:
    site.sign_in(page, Role.ADMINISTRATOR)
    page.goto(_PAGES[name])
    assert axe(page) == []
    screenshots(site, page, name, _PAGES[name])


def test_somebody_is_taken_on_with_a_paper_and_chooses_a_password_before_anything_else(
    laptop: Page, page: Page, site: Site
) -> None:
    site.sign_in(laptop, Role.ADMINISTRATOR)
    laptop.goto("/admin")
    laptop.get_by_role("link", name="People", exact=True).click()
    laptop.get_by_role("link", name="Take somebody on").click()
    laptop.get_by_label("Name *").first.fill("Shirin Akter")
    laptop.get_by_label("Role").select_option("counter")
    laptop.get_by_role("button", name="Take on").click()
    expect(laptop.locator("#place-error")).to_be_visible()
    laptop.get_by_label("Where").fill("১২১৬")
    laptop.get_by_role("button", name="Take on").click()
    password = laptop.locator("code.large").inner_text()
    assert axe(laptop) == []
    laptop.emulate_media(media="print")
    expect(laptop.get_by_role("navigation", name="Administration")).to_be_hidden()
    expect(laptop.locator("code.large")).to_be_visible()
    site.speak(page, "en")
    page.goto("/sign-in")
    page.get_by_label("Name to sign in with").fill("shirin.akter")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Until then no other page opens.")).to_be_visible()
    page.goto("/station")
    expect(page).to_have_url(re.compile("/account$"))
    assert axe(page) == []
    page.get_by_label("Password until now").fill(password)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Change it").click()
    page.get_by_label("Name to sign in with").fill("shirin.akter")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/station$"))


def test_a_new_tariff_is_checked_and_its_difference_handed_to_the_review(
    laptop: Page, site: Site, tmp_path: Path
) -> None:
    text = (DATA / "tariffs.toml").read_text(encoding="utf-8")
    block = text[text.rindex("[[version]]") :].replace("2025-04-01", "2027-01-01")
    changed = tmp_path / "tariffs.toml"
    changed.write_text(text + "\n" + block.replace("first_poisha = 10_00\nstep_g", "first_poisha = 12_00\nstep_g"))
    site.sign_in(laptop, Role.ADMINISTRATOR)
    laptop.goto("/admin/facts")
    laptop.get_by_role("link", name="tariffs.toml", exact=True).click()
    laptop.get_by_label("The changed file").set_input_files(changed)
    laptop.get_by_role("button", name="Check", exact=True).click()
    expect(laptop.get_by_role("heading", name="What it would do to prices")).to_be_visible()
    expect(laptop.locator("main")).to_contain_text("+Tk 6.90")
    assert axe(laptop) == []
    drawn(laptop)
    laptop.screenshot(path=SCREENSHOTS / "admin-change-en-1280.png", full_page=True)
    with laptop.expect_download() as download:
        laptop.get_by_role("button", name="The difference").click()
    assert download.value.suggested_filename == "tariffs.toml.patch"


@pytest.mark.parametrize("path", ["/admin", "/admin/offices"])
def test_the_first_view_is_light_and_nothing_moves(page: Page, site: Site, path: str) -> None:
    site.sign_in(page, Role.ADMINISTRATOR)
    weight = weigh(page, path)
    assert weight.sent_b < 100_000
    assert weight.shift < 0.01
