"""A shop in a real browser: its pages looked at in both languages, and a parcel from the booking to its label."""

from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from tests.browser.looking import axe, weigh
from tests.browser.site import Site


def test_the_address_is_understood_while_it_is_typed_and_the_parcel_is_booked(laptop: Page, site: Site) -> None:
    site.sign_in(laptop, Role.MERCHANT)
    laptop.goto("/shop/book")
    laptop.get_by_label("Name").fill("Rahima Khatun")
    laptop.get_by_label("Mobile number").fill("01712345678")
    laptop.get_by_label("Address").press_sequentially("House 5, Road 3, Mirpur-10, Dhaka 1216")
    expect(laptop.locator("#found")).to_contain_text("Mirpur", timeout=20_000)
    laptop.get_by_label("Weight in kg").fill("1.5")
    expect(laptop.locator("#found")).to_contain_text("It costs", timeout=20_000)
    laptop.get_by_label("To collect at the door, in taka").fill("১২৫০")
    laptop.get_by_role("button", name="Book", exact=True).click()
    expect(laptop.get_by_role("status")).to_contain_text("Booked.")
    expect(laptop.locator("main")).to_contain_text("Tk 1,250.00")
    assert axe(laptop) == []


def test_all_orders_are_picked_at_once_and_their_labels_fetched(laptop: Page, site: Site) -> None:
    site.sign_in(laptop, Role.MERCHANT)
    laptop.goto("/shop/orders")
    laptop.get_by_role("button", name="Pick all").click()
    boxes = laptop.locator("input[type=checkbox]")
    assert boxes.count() > 1
    assert all(boxes.nth(n).is_checked() for n in range(boxes.count()))
    with laptop.expect_download() as download:
        laptop.get_by_role("button", name="Labels (ZPL)").click()
    assert download.value.suggested_filename == "labels.zpl"


def test_the_first_view_is_light_and_nothing_moves(page: Page, site: Site) -> None:
    site.sign_in(page, Role.MERCHANT)
    weight = weigh(page, "/shop")
    assert weight.sent_b < 100_000
    assert weight.shift < 0.1
