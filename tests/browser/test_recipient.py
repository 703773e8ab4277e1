"""What recipients see, on a phone: where the parcel is, what is to be paid, and what they may choose."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from post_logistics.storage.counter.lifecycle import load_last_hold
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import State
from tests.browser.looking import axe, screenshots, weigh
from tests.browser.site import AGENT, Site

_MOST_B = 50_000


def test_a_parcel_is_found_by_its_number_as_it_is_typed(site: Site, page: Page) -> None:
    site.speak(page, "bn")
    item = site.item_in(State.OUT_FOR_DELIVERY)
    page.goto("/track")
    assert axe(page) == []
    page.get_by_label("পার্সেলের নম্বর").fill(f" {item[:2].lower()} {item[2:]} ")
    page.keyboard.press("Enter")
    expect(page.locator("strong", has_text=item)).to_be_visible()
    assert page.locator("svg.map .now").count() <= 1
    assert axe(page) == []
    screenshots(site, page, "track", f"/track?number={item}")


def test_the_first_view_is_light_and_stands_still(site: Site, new_page: Callable[..., Page]) -> None:
    """Fifty thousand bytes are all there is to send, even to a device that has no Bangla letters of its own."""
    for path in (site.link(site.item_in(State.AT_DELIVERY_OFFICE)), f"/track?number={site.item_in(State.DELIVERED)}"):
        page = new_page()
        site.speak(page, "bn")
        weight = weigh(page, path)
        assert weight.sent_b < _MOST_B, weight
        assert weight.shift < 0.1, weight


def test_bangla_is_drawn_in_its_own_letters(site: Site, page: Page) -> None:
    """The font is there and used: letters that no font has are all drawn as the same box."""
    site.speak(page, "bn")
    page.goto("/track")
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.evaluate("[...document.fonts].some(one => one.status === 'loaded')")
    widths = page.evaluate(
        """() => { const c = document.createElement("canvas").getContext("2d"); c.font = '40px "Post Bangla"';
        return ["ক", "ক্ষ", "ম", "ঃ"].map(letter => c.measureText(letter).width); }"""
    )
    assert len(set(widths)) == 4


def test_a_number_that_is_none_is_told_kindly_and_stays_in_the_field(site: Site, page: Page) -> None:
    site.speak(page, "en")
    for wrong, status in (("DP000000000BD", 422), ("DP473124829BD", 404), ("<script>", 422)):
        answer = page.goto(f"/track?number={wrong}")
        assert answer is not None and answer.status == status
        expect(page.get_by_role("alert")).to_contain_text("We do not know this number")
        expect(page.get_by_label("Number of the parcel")).to_have_value(wrong)
    assert axe(page) == []


def test_strangers_see_no_amount_no_name_and_no_number_of_a_telephone(site: Site, page: Page) -> None:
    site.speak(page, "en")
    page.goto(f"/track?number={site.item_in(State.AT_DELIVERY_OFFICE)}")
    said = page.locator("main").inner_text()
    assert "Tk" not in said and "Sent by" not in said and not re.search(r"01\d{9}", said)


def test_the_private_link_shows_what_is_to_be_paid_and_works_without_a_script(
    site: Site, new_page: Callable[..., Page]
) -> None:
    page = new_page(java_script_enabled=False)
    site.speak(page, "en")
    item = site.world.items[State.AT_DELIVERY_OFFICE][0]
    answer = page.goto(site.link(item))
    assert answer is not None and answer.headers["referrer-policy"] == "no-referrer"
    expect(page.locator("dl.figures")).to_contain_text("Tk")
    days = page.get_by_label("Bring it on")
    day = days.locator("option").nth(1).get_attribute("value")
    days.select_option(day)
    page.get_by_role("button", name="Choose this day").click()
    expect(page.get_by_role("status")).to_have_text("Your office keeps the parcel until that day.")
    expect(page.get_by_role("heading", name="Held at the post office")).to_be_visible()
    with site.engine.database.transaction() as connection:
        held = load_last_hold(connection, item)
    assert held is not None and held.until_on.isoformat() == day


def test_a_collection_point_is_chosen_by_the_keyboard_alone(site: Site, page: Page) -> None:
    site.speak(page, "en")
    item = site.world.items[State.AT_DELIVERY_OFFICE][1]
    page.goto(site.link(item))
    page.get_by_label("Collection point").focus()
    points = page.get_by_label("Collection point").locator("option")
    values = [one.get_attribute("value") for one in points.all()]
    assert AGENT in values or "window-1216" in values
    assert not [one for one in values if one and one.startswith("locker")]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your parcel goes there")
    with site.engine.database.transaction() as connection:
        bound_for = load_consignment(connection, item).recipient_address
    assert str(values[0]) in bound_for


def test_a_failed_attempt_is_contested_once(site: Site, page: Page) -> None:
    site.speak(page, "en")
    page.goto(site.link(site.item_in(State.ATTEMPT_FAILED)))
    assert axe(page) == []
    page.get_by_label("Was it not so?").first.fill("সারাদিন বাসায় ছিলাম, কেউ আসেননি।")
    page.get_by_role("button", name="It was not so").first.click()
    expect(page.get_by_role("status")).to_have_text("Thank you. The office will answer.")
    expect(page.get_by_text("You said that it was not so.")).to_be_visible()


def test_a_code_by_message_opens_the_view_and_a_wrong_one_does_not(site: Site, page: Page) -> None:
    site.speak(page, "bn")
    item = site.item_in(State.OUT_FOR_DELIVERY)
    page.goto(f"/track?number={item}")
    page.get_by_role("button", name="কোড পাঠান").click()
    assert axe(page) == []
    page.get_by_label("বার্তার কোড").fill("০০০০০০")
    page.get_by_role("button", name="খুলুন").click()
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    page.locator("#code").fill(site.code_sent(item))
    page.get_by_role("button", name="খুলুন").click()
    expect(page.get_by_text("প্রেরক", exact=True)).to_be_visible()
    assert axe(page) == []


def test_the_pages_of_a_recipient_are_looked_at(site: Site, page: Page) -> None:
    screenshots(site, page, "parcel", site.link(site.item_in(State.ATTEMPT_FAILED)))
    screenshots(site, page, "parcel-at-office", site.link(site.world.items[State.AT_DELIVERY_OFFICE][-1]))
    screenshots(site, page, "code", "/track/code?number=DP473124829BD")
    screenshots(site, page, "not-found", "/track?number=DP473124829BD")
    screenshots(site, page, "design", "/design")
    page.emulate_media(color_scheme="dark")
    screenshots(site, page, "parcel-dark", site.link(site.item_in(State.ATTEMPT_FAILED)))
