"""The rider's phone in a real browser: a round without a network, through a dead battery, that arrives once."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect, sync_playwright
from sqlalchemy import text

from post_logistics.operations.door.codes import issue_code
from tests.api.client import taken
from tests.browser.cable import cable
from tests.browser.looking import LAPTOP, PHONE, SCREENSHOTS, axe, drawn, response_ms, weigh
from tests.browser.site import RIDER, Site
from tests.browser.test_station import KEPT, Computer

DUE = 50_000
HOUSES = count(100)
expect.set_options(timeout=20_000)


class Phone(Computer):
    """A rider's phone: a computer that is held in one hand, and knows where it is."""

    def start(self) -> Page:
        """The browser opens; it may say where it is."""
        page = super().start()
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": 23.8069, "longitude": 90.3687})
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        return page

    def round(self, page: Page, part: str = "") -> Page:
        """The round, or a part of it, as it opens by itself."""
        page.goto(f"/rider{part}")
        page.wait_for_selector("#rider[data-ready]")
        return page

    def enrolled(self, role: str = "rider") -> Page:
        """The round, known to the office and kept for when there is no network. A manager opens its link."""
        page = self.start()
        self.sign_in(page, role)
        self.round(page)
        expect(page.locator("#letters")).to_be_visible()
        letters, link = page.locator("#letters").inner_text(), page.locator("#phone-link").get_attribute("href")
        manager = page.context.new_page()
        self.sign_in(manager, "manager")
        manager.goto(str(link))
        expect(manager.locator(".letters")).to_have_text(letters)
        manager.get_by_role("button", name="Yes, make it known").click()
        expect(manager.locator(".said")).to_contain_text("known")
        manager.close()
        self.sign_in(page, role)
        page.get_by_role("button", name="Look again").click()
        expect(page.locator("#phone")).to_be_hidden()
        page.evaluate(KEPT)
        return page


@pytest.fixture(scope="module")
def playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def phone(playwright: Playwright, chromium: str, site: Site, tmp_path: Path) -> Iterator[Phone]:
    with cable(site.base_url) as network:
        phone = Phone(playwright, chromium, tmp_path / "disk", site, network)
        yield phone
        phone.shut()


@pytest.fixture
def parcels(site: Site) -> list[str]:
    """A dozen that were given to the rider a while ago."""
    return given(site, 12)


def given(site: Site, many: int) -> list[str]:
    """So many parcels in the rider's bag."""
    shop, now = site.shop(), site.at
    site.at = now - timedelta(hours=1)
    doors = [f"House {next(HOUSES)}, Road 3, Mirpur-10, Dhaka 1216" for _ in range(many)]
    items = [site.item(shop, f"T-{n}", cod_poisha=DUE, recipient_address=doors[n]) for n in range(many)]
    for item in items:
        site.with_rider(item, RIDER)
    site.at = now
    return items


def code_of(site: Site, item: str) -> str:
    with site.engine.database.transaction() as connection:
        return issue_code(connection, item, "delivery", site.at, Random(item), key=site.engine.facts.advice_key)


def photo() -> bytes:
    """What a telephone's camera makes: too large to be sent."""
    file = BytesIO()
    Image.effect_noise((2400, 1800), 80).convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def door(page: Page, item: str) -> None:
    page.locator(f'#stops .to[href="#{item}"]').click()
    expect(page.locator("#more")).to_contain_text(item)


def sign(page: Page) -> None:
    page.locator("#sign").scroll_into_view_if_needed()
    box = page.locator("#sign").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    for n in range(1, 8):
        page.mouse.move(box["x"] + 30 + 25 * n, box["y"] + 30 + 20 * (n % 3))
    page.mouse.up()


def kept(page: Page) -> None:
    """Presses the large button, and waits until it is on the disk."""
    page.locator("#keep").click()
    expect(page.locator("#round")).to_be_visible()
    expect(page.locator("#undo-do")).to_be_visible()


def hand_over(page: Page, item: str, *, code: str = "", picture: bytes = b"", taka: str = "", short: str = "") -> None:
    door(page, item)
    if taka:
        page.get_by_label("Cash taken").fill(taka)
    if short:
        page.get_by_label("Why less?").select_option(short)
    if code:
        page.get_by_label("The recipient's code").fill(code)
        expect(page.locator("#otp-says")).to_have_text("Looks right")
    if picture:
        page.get_by_label("Photo").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": picture})
        expect(page.locator("#photo-says")).to_contain_text("kept")
    if not code and not picture:
        sign(page)
    kept(page)


def in_vain(page: Page, item: str) -> None:
    door(page, item)
    page.get_by_role("button", name="Not possible").click()
    page.get_by_label("Why not?").select_option("no_answer")
    page.get_by_label("Yes, nobody answered").check()
    expect(page.locator("#place")).to_have_text("Your place is noted")
    kept(page)


def refused(page: Page, item: str) -> None:
    door(page, item)
    page.get_by_role("button", name="Refused").click()
    page.get_by_label("Why refused?").select_option("not_as_ordered")
    kept(page)


def device_of(page: Page) -> str:
    return str(page.locator("#phone-link").get_attribute("href")).split("/")[3]


def rows_of(site: Site, asked: str, **values: Any) -> list[Any]:
    with site.engine.database.transaction() as connection:
        return list(connection.execute(text(asked), values))


def held(site: Site) -> int:
    return int(taken(site.get(f"/v1/riders/{RIDER}/cash?office=1216"))["held_poisha"])


def all_sent(page: Page) -> None:
    page.locator('.tabs a[href="#sent"]').click()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#waiting")).to_have_text("Nothing waits")


def test_a_round_without_a_network_arrives_once_through_a_dead_battery(
    site: Site, phone: Phone, parcels: list[str]
) -> None:
    codes = {item: code_of(site, item) for item in parcels[:5]}
    before = held(site)
    page = phone.enrolled()
    device = device_of(page)
    expect(page.locator(f'#stops .to[href="#{parcels[-1]}"]')).to_be_visible()
    phone.network.pull()

    for item, code in codes.items():
        hand_over(page, item, code=code)
    expect(page.locator("#link")).to_have_attribute("data-state", "offline")
    hand_over(page, parcels[5])
    hand_over(page, parcels[6], picture=photo())
    phone.power_cut()
    assert rows_of(site, "select 1 from scans where device_id = :device", device=device) == []

    page = phone.round(phone.start())
    in_vain(page, parcels[7])
    in_vain(page, parcels[8])
    refused(page, parcels[9])
    hand_over(page, parcels[10], taka="৪৫০", short="paid_less")
    hand_over(page, parcels[11])
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#undo-says")).to_have_text("Taken back.")
    hand_over(page, parcels[11], taka="500")

    phone.network.plug_in()
    phone.sign_in(page, "rider")
    all_sent(page)
    expect(page.locator('#rows li[data-outcome="rejected"]')).to_have_count(0)
    scans = rows_of(
        site,
        "select sequence, item_number, event from scans where device_id = :device order by sequence",
        device=device,
    )
    assert [sequence for sequence, *_ in scans] == list(range(12)), "no number is missing and none is there twice"
    assert [item for _, item, _ in scans] == parcels
    assert [event for *_, event in scans].count("delivered_claimed") == 9
    asked = "select kind, count(*) from proofs where item_number = any(:items) group by kind"
    shown = rows_of(site, asked, items=parcels)
    assert dict(map(tuple, shown)) == {"otp": 5, "signature": 3, "photo": 1, "call": 2, "place": 3}
    carried = held(site) - before
    assert carried == 8 * DUE + 45_000
    page.locator('.tabs a[href="#money"]').click()
    expect(page.locator("#held")).to_have_text(f"৳{held(site) // 100:,}")


def test_what_was_kept_but_not_answered_counts_once(site: Site, phone: Phone) -> None:
    (item,), before = given(site, 1), held(site)
    page = phone.enrolled()
    phone.network.pull()
    phone.network.plug_in(one_way=True)
    hand_over(page, item)
    expect(page.locator("#undo")).to_be_hidden()
    page.locator('.tabs a[href="#sent"]').click()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#link")).to_have_attribute("data-state", "offline")
    phone.network.plug_in()
    all_sent(page)
    assert len(rows_of(site, "select 1 from scans where device_id = :device", device=device_of(page))) == 1
    assert held(site) - before == DUE


def test_a_wrong_code_is_told_without_a_network_and_money_is_looked_at_before_it_is_kept(
    site: Site, phone: Phone
) -> None:
    (item,) = given(site, 1)
    code = code_of(site, item)
    page = phone.enrolled()
    phone.network.pull()
    door(page, item)
    wrong = next(
        guess
        for guess in (f"{int(code) + n:06}"[-6:] for n in range(1, 50))
        if judged(page, item, guess) == "This is not the code that was sent last. Ask again."
    )
    page.get_by_label("Cash taken").fill("600")
    page.locator("#keep").click()
    expect(page.locator("#wrong")).to_contain_text("more than is due")
    page.get_by_label("Cash taken").fill("400")
    page.locator("#keep").click()
    expect(page.locator("#wrong")).to_contain_text("why less")
    page.get_by_label("Why less?").select_option("no_change")
    page.get_by_label("The recipient's code").fill(wrong)
    page.locator("#keep").click()
    expect(page.locator("#wrong")).to_contain_text("does not fit")
    page.get_by_label("The recipient's code").fill("")
    page.locator("#keep").click()
    expect(page.locator("#wrong")).to_contain_text("Nothing shows it yet")
    page.get_by_label("The recipient's code").fill(code)
    kept(page)


def judged(page: Page, item: str, guess: str) -> str:
    page.get_by_label("The recipient's code").fill(guess)
    expect(page.locator("#otp-says")).not_to_be_empty()
    return page.locator("#otp-says").inner_text()


def test_the_hand_in_shows_what_the_counter_counts(site: Site, phone: Phone) -> None:
    claim = {"holder": f"rider:{RIDER}", "collected_poisha": DUE}
    site.claims(*(site.scan(item, "delivered_claimed", **claim) for item in given(site, 2)))
    page = phone.enrolled()
    page.locator('.tabs a[href="#money"]').click()
    expect(page.locator("#held")).to_have_text(f"৳{held(site) // 100:,}")
    thousands, rest = divmod(held(site) // 100, 1000)
    notes = {1000: thousands - 1, 1: rest + 1000}
    for worth, many in notes.items():
        page.get_by_label(f"৳{worth:,} ×").fill(str(many))
    expect(page.locator("#differs")).to_have_text("It is what you carry.")
    page.reload()
    expect(page.locator("#counted")).to_have_text(f"৳{held(site) // 100:,}")
    page.get_by_role("button", name="Show at the counter").click()
    expect(page.locator("#slip")).to_contain_text(", ".join(f"{worth}x{many}" for worth, many in notes.items() if many))
    page.get_by_label("৳1 ×").fill("1")
    expect(page.locator("#differs")).to_contain_text("missing")


def test_the_round_can_be_used_by_everybody_and_is_quick(site: Site, phone: Phone) -> None:
    (item,) = given(site, 1)
    code_of(site, item)
    page = phone.enrolled()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for language, look in (("bn", "light"), ("en", "dark")):
        phone.round(page, f"?language={language}&look={look}")
        expect(page.locator("#left")).not_to_have_text("–")
        expect(page.locator("#link")).to_have_attribute("data-state", "online")
        drawn(page)
        page.locator("summary").click()
        for name, part in (("round", "round"), ("door", item), ("money", "money"), ("answers", "sent")):
            page.evaluate("part => { location.hash = part; }", part)
            expect(page.locator(f"#{'parcel' if part == item else part}")).to_be_visible()
            assert axe(page) == [], name
            for size in (LAPTOP, PHONE):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
                page.screenshot(path=SCREENSHOTS / f"rider-{name}-{language}-{size['width']}.png", full_page=True)
    phone.round(page)
    answers = [
        response_ms(page, lambda: page.get_by_label("Find a parcel").press_sequentially("1216")),
        response_ms(page, lambda: door(page, item)),
        response_ms(page, lambda: page.get_by_role("button", name="Not possible").click()),
    ]
    assert max(answers) < 400, answers  # a quarter of a loaded processor


def test_the_first_view_is_light_and_stands_still(site: Site, phone: Phone) -> None:
    given(site, 1)
    page = phone.start()
    phone.sign_in(page, "rider", "bn")
    weight = weigh(page, "/rider")
    assert weight.sent_b < 100_000, weight
    assert weight.shift < 0.1, weight


def test_the_page_by_which_a_phone_is_made_known(phone: Phone) -> None:
    page = phone.start()
    phone.sign_in(page, "manager")
    key = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY" + "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
    page.goto(f"/rider/phones/rider-{RIDER}-0000000000/{key}")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_of_a_document_the_phone_asks_who_receives_it_and_sends_four_signs_of_a_card(site: Site, phone: Phone) -> None:
    office = site.shop()
    issuer = {"merchant_id": office, "kind": "office", "code": office, "name_bn": "ভূমি অফিস", "office": "1205"}
    taken(site.post("/v1/issuers", issuer), 201)
    document = {"application_number": "LR-1", "service_code": "G10", "recipient_name": "Rahima Begum"}
    document |= {"recipient_phone": "01712345678", "recipient_address": "House 77, Road 3, Mirpur-10, Dhaka"}
    said = {"number": "M-1", "service_on": str(site.at.date()), "sealed_by": "A. Karim", "documents": [document]}
    (verdict,) = taken(site.post("/v1/manifests", said, merchant=office), 201)["verdicts"]
    item, now = verdict["item_number"], site.at
    (parcel,) = given(site, 1)
    site.with_rider(item, RIDER)
    site.at = now
    page = phone.enrolled()
    door(page, parcel)
    expect(page.locator("#receiver-part")).to_be_hidden()
    page.locator(".back").click()
    door(page, item)
    sign(page)
    page.locator("#keep").click()
    expect(page.locator("#wrong")).to_contain_text("who receives the document")
    expect(page.locator('#received option[value="household"]')).to_be_disabled()
    page.get_by_label("Received by").select_option("addressee")
    page.get_by_label("Card that was shown").select_option("nid")
    page.get_by_label("Last four signs of its number").fill("৬৭৮৯")
    kept(page)
    all_sent(page)
    asked = "select received_by, identity from proofs where item_number = :item and kind = 'identity'"
    assert [tuple(row) for row in rows_of(site, asked, item=item)] == [("addressee", "nid")]
