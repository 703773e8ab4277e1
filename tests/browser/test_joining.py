"""A shop joins in a real browser, is opened, signs in and connects its web shop."""

import pytest
from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from tests.browser.looking import axe, screenshots, weigh
from tests.browser.site import Site

PASSWORD = "megh-nodi-shapla-boi"


def test_a_shop_joins_is_opened_and_connects_its_web_shop(page: Page, laptop: Page, site: Site) -> None:
    site.speak(page, "en")
    page.goto("/join")
    page.get_by_label("Name of the shop").fill("Joba Fashion")
    page.get_by_label("Your name").fill("Joba Rani")
    page.get_by_label("Your mobile number").fill("01812345678")
    page.get_by_label("Address of the store").press_sequentially("House 5, Road 3, Mirpur-10, Dhaka 1216")
    expect(page.locator("#found")).to_contain_text("Mirpur")
    page.get_by_label("Account for payouts").fill("Sonali Bank 0123456789")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("waits for the post")
    assert axe(page) == []

    site.sign_in(laptop, Role.MANAGER)
    laptop.goto("/hub")
    laptop.get_by_role("link", name="New shops").click()
    assert axe(laptop) == []
    screenshots(site, laptop, "join-requests", "/join/requests")
    site.speak(laptop, "en")
    laptop.goto("/join/requests")
    laptop.get_by_role("button", name="Open the shop: Joba Fashion").click()
    expect(laptop.get_by_role("status")).to_contain_text("The shop is open.")

    page.reload()
    login = page.locator(".figures dd").inner_text()
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("Name to sign in with").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Joba Fashion")

    page.get_by_role("link", name="Connected shops").click()
    page.get_by_label("Its address").fill("joba.example")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("it is not shown again")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="Connected shops").click()
    expect(page.get_by_role("region")).to_contain_text("waits for the first order")
    page.get_by_role("link", name="joba.example").click()
    screenshots(site, page, "shop-connection", page.url.removeprefix(site.base_url))


@pytest.mark.parametrize(
    ("path", "role"),
    [("/join", None), ("/shop/connections", Role.MERCHANT)],
)
def test_a_page_is_looked_at_in_both_languages(page: Page, site: Site, path: str, role: Role | None) -> None:
    if role:
        site.sign_in(page, role)
    screenshots(site, page, path.strip("/").replace("/", "-"), path)


def test_the_first_view_of_joining_is_light_and_nothing_moves(page: Page, site: Site) -> None:
    weight = weigh(page, "/join")
    assert weight.sent_b < 100_000
    assert weight.shift < 0.01  # the letters of a language that the machine has not
    print(f"\n/join: {weight.sent_b:,.0f} bytes")
