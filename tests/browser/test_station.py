"""The counter's computer in a real browser: it goes on without a network, through a power cut, and says things once."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright
from sqlalchemy import text

from post_logistics.demo.day import Day, book_orders
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.order_intake import read_orders
from tests.api.client import taken
from tests.browser.cable import Cable, cable
from tests.browser.looking import LAPTOP, PHONE, SCREENSHOTS, axe, response_ms
from tests.browser.site import DATA, TODAY, Site

KEPT = """new Promise((done, failed) => {
    if (navigator.serviceWorker.controller) done();
    navigator.serviceWorker.addEventListener("controllerchange", () => done());
    setTimeout(() => failed("it is not kept"), 20000); })"""
"""Ends when the station is kept for when there is no network."""


class Computer:
    """A computer at a counter: its disk outlives the browser."""

    def __init__(self, playwright: Playwright, chromium: str, disk: Path, site: Site, network: Cable) -> None:
        self.playwright, self.chromium, self.disk, self.site, self.network = playwright, chromium, disk, site, network
        self.context: BrowserContext | None = None

    def start(self) -> Page:
        """The browser opens; a page of it, nothing in it."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.disk),
            executable_path=self.chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            base_url=self.network.base_url,
            viewport=LAPTOP,  # type: ignore[arg-type]
        )
        self.context.set_default_timeout(20_000)
        return self.context.pages[0] if self.context.pages else self.context.new_page()

    def sign_in(self, page: Page, role: str, language: str = "en") -> None:
        """Somebody sits down at it."""
        here, self.site.base_url = self.site.base_url, self.network.base_url
        self.site.sign_in(page, role, language=language)
        self.site.base_url = here

    def station(self, page: Page) -> Page:
        """The station, ready to scan."""
        page.goto("/station")
        page.wait_for_selector("#station[data-ready]")
        return page

    def enrolled(self, role: str = "manager") -> Page:
        """The station, made known to the office and kept for when there is no network."""
        page = self.start()
        self.sign_in(page, role)
        self.station(page)
        page.get_by_role("button", name="Make it known").click()
        expect(page.locator("#enrol")).to_be_hidden()
        page.evaluate(KEPT)
        return page

    def shut(self) -> None:
        """The browser is closed as people close it."""
        if self.context:
            self.context.close()
        self.context = None

    def power_cut(self) -> None:
        """Everything of the browser dies in the same moment."""
        asked = f"--user-data-dir={self.disk}"
        ours = [one for one in psutil.process_iter(["cmdline"]) if asked in (one.info["cmdline"] or [])]
        assert ours, "no browser runs on this disk"
        for one in [child for found in ours for child in found.children(recursive=True)] + ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.shut()
        self.context = None


expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def computer(playwright: Playwright, chromium: str, site: Site, tmp_path: Path) -> Iterator[Computer]:
    with cable(site.base_url) as network:
        computer = Computer(playwright, chromium, tmp_path / "disk", site, network)
        yield computer
        computer.shut()


def scan(page: Page, *lines: str) -> None:
    """What a scanner does: it types, and ends with Enter."""
    for line in lines:
        page.keyboard.insert_text(line)
        page.keyboard.press("Enter")


def all_answered(page: Page, rows: int) -> None:
    """Waits until so many rows are seen and none of them waits."""
    expect(page.locator("#rows tr")).to_have_count(rows)
    expect(page.locator('#rows tr[data-outcome="waiting"]')).to_have_count(0)
    expect(page.locator("#waiting")).to_have_text("Nothing waits")


def device_of(page: Page) -> str:
    return str(
        page.evaluate(
            """new Promise((done) => { indexedDB.open("post-station").onsuccess = (event) => {
            event.target.result.transaction("device").objectStore("device").get("device_id").onsuccess =
            (got) => done(got.target.result); }; })"""
        )
    )


def kept_of(site: Site, device: str) -> list[tuple[int, str, str, str]]:
    """(sequence, item, event, holder) of everything that the office has of that device."""
    with site.engine.database.transaction() as connection:
        rows = connection.execute(
            text("select sequence, item_number, event, holder from scans where device_id = :device order by sequence"),
            {"device": device},
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def more_parcels(site: Site, count: int) -> list[str]:
    """So many fresh bookings."""
    facts, database, before = site.engine.facts, site.engine.database, booked_at(site)
    checked = read_orders(facts, DATA / "samples" / "orders.csv", "orders.csv")
    orders = [
        (row, replace(order, order_ref=f"{order.order_ref}/{len(before)}/{turn}"), *rest)
        for turn in range(2 + count // len(checked.orders))
        for row, order, *rest in checked.orders
    ]
    day = Day(database, facts, Numbers(database, facts.number_key), TODAY, 1, lambda *_: None)
    book_orders(day, replace(checked, orders=orders, refused=()))
    return sorted(booked_at(site) - before)[:count]


def booked_at(site: Site) -> set[str]:
    with site.engine.database.transaction() as connection:
        return set(connection.execute(text("select item_number from consignments")).scalars())


def test_a_day_without_a_network_arrives_once(site: Site, computer: Computer) -> None:
    """500 scans, the browser closed and opened, killed once; and the network dies once more while they are sent."""
    parcels = more_parcels(site, 500)
    assert len(parcels) == 500
    page = computer.enrolled()
    device = device_of(page)
    computer.network.pull()
    assert computer.context
    computer.context.set_offline(True)
    scan(page, *parcels[:200])
    expect(page.locator("#waiting")).to_have_text("200 wait")
    expect(page.locator("#link")).to_have_attribute("data-state", "offline")
    computer.shut()

    page = computer.station(computer.start())
    expect(page.locator("#waiting")).to_have_text("200 wait")
    scan(page, *parcels[200:350])
    expect(page.locator("#waiting")).to_have_text("350 wait")
    computer.power_cut()
    assert kept_of(site, device) == []

    page = computer.station(computer.start())
    expect(page.locator("#waiting")).to_have_text("350 wait")
    scan(page, *parcels[350:])
    expect(page.locator("#waiting")).to_have_text("500 wait")

    computer.network.plug_in()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#link")).to_have_attribute("data-state", "sign-in")
    computer.sign_in(page, "counter")
    computer.station(page)
    expect(page.locator("#link")).to_have_attribute("data-state", "online")
    expect(page.locator("#waiting")).to_have_text("Nothing waits")
    kept = kept_of(site, device)
    assert [sequence for sequence, *_ in kept] == list(range(500))
    assert [item for _, item, *_ in kept] == parcels
    expect(page.locator("#rows tr")).to_have_count(200)
    expect(page.locator('#rows tr[data-outcome="waiting"]')).to_have_count(0)


def test_what_was_kept_but_not_answered_is_sent_again_and_counts_once(site: Site, computer: Computer) -> None:
    page = computer.enrolled()
    device, (one, other) = device_of(page), more_parcels(site, 2)
    expect(page.locator("#link")).to_have_attribute("data-state", "online")
    computer.network.pull()
    computer.network.plug_in(one_way=True)
    scan(page, one, other)
    expect(page.locator("#link")).to_have_attribute("data-state", "offline")
    expect(page.locator("#waiting")).to_have_text("2 wait")
    assert [item for _, item, *_ in kept_of(site, device)] == [one, other], "the office has them"
    computer.network.plug_in()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#waiting")).to_have_text("Nothing waits")
    expect(page.locator('#rows tr[data-outcome="duplicate"]')).to_have_count(2)
    assert len(kept_of(site, device)) == 2


def test_a_clerk_works_with_the_keyboard_alone(site: Site, computer: Computer) -> None:
    """Every kind of work, chosen by a star and a digit; nothing is touched with a mouse."""
    page = computer.enrolled()
    computer.sign_in(page, "counter")
    page.clock.set_system_time(site.at)
    computer.station(page)
    device, shop = device_of(page), site.shop()
    fresh, through, here, out = (site.item(shop, f"K-{n}") for n in range(4))
    site.at_the_office(here)
    site.at_the_office(out)
    site.scans(site.scan(through, "accepted"), site.scan(through, "received_at_hub"))
    computer.station(page)  # and knows them
    expect(page.locator("#link")).to_have_attribute("data-state", "online")

    site.at += timedelta(minutes=10)
    page.clock.set_system_time(
        site.at
    )  # well after the booking: offsets are whole seconds, and the office's clock stands
    scan(page, "*4", fresh, "১.২৫")
    expect(page.locator("#verdict-title")).to_have_text(fresh)
    scan(page, "*1", f" {fresh[:2].lower()} {fresh[2:]} ", "*2", through)
    expect(page.locator("#verdict-title")).to_contain_text("To 1216")
    scan(page, "*3", "1", out)
    scan(page, "*8", here)
    expect(page.locator("#verdict-title")).to_have_text("৳1,000")
    scan(page, "")
    all_answered(page, 5)
    rider = page.locator("#chosen")
    scan(page, "*3")
    expect(page.locator("#choices li").first).to_have_text("1216-R01")
    expect(rider).to_be_hidden()

    assert [(item, event, holder) for _, item, event, holder in kept_of(site, device)] == [
        (fresh, "accepted", "office:1216"),
        (fresh, "at_delivery_office", "office:1216"),
        (through, "sorted_out", "office:1216"),
        (out, "out_for_delivery", "rider:1216-R01"),
        (here, "delivered_claimed", "office:1216"),
    ]
    assert taken(site.get(f"/v1/items/{fresh}/weighings"))[0]["weight_g"] == 1250
    assert taken(site.get(f"/v1/tracking/{here}"))["state"] == "delivered_claimed", page.locator("#rows").inner_text()


def test_a_bag_is_numbered_filled_sealed_and_loaded(site: Site, computer: Computer) -> None:
    page = computer.enrolled()
    page.clock.set_system_time(site.at)
    item = site.item(site.shop())
    site.at_the_office(item)
    computer.station(page)
    expect(page.locator("#link")).to_have_attribute("data-state", "online")
    site.at += timedelta(minutes=10)
    page.clock.set_system_time(site.at)
    scan(page, "*5", "1215")
    expect(page.locator("#verdict-title")).to_have_text(re.compile("^BD1216BD1215CCC6"))
    bag = page.locator("#verdict-title").inner_text()
    computer.network.pull()
    scan(page, item)
    expect(page.locator("#verdict-title")).to_have_text(item)
    scan(page, "*6", bag, "S-1042", "2,5", "*7", "1", bag)
    expect(page.locator("#rows tr")).to_have_count(3)
    expect(page.locator("#waiting")).to_have_text("3 wait")
    scan(page, "*5", "1215")  # numbers for more bags are kept here
    expect(page.locator("#verdict-title")).to_have_text(f"{bag[:-3]}{int(bag[-3:]) + 1:03}")
    computer.network.plug_in()
    page.get_by_role("button", name="Send now").click()
    all_answered(page, 3)
    outcomes = page.locator("#rows tr").evaluate_all("(rows) => rows.map((row) => row.dataset.outcome)")
    assert outcomes == ["accepted"] * 3, page.locator("#rows").inner_text()
    told = taken(site.get(f"/v1/bags/{bag}"))
    assert (told["state"], told["seal"], told["weight_g"]) == ("dispatched", "S-1042", 2500)
    assert told["holder"].startswith("vehicle:1216-1215-")
    assert taken(site.get(f"/v1/tracking/{item}"))["state"] == "dispatched"


def test_what_cannot_be_a_number_is_red_at_once_and_never_kept(site: Site, computer: Computer) -> None:
    page = computer.enrolled()
    for wrong, why in (
        ("DP473124828BD", "At least one character is wrong"),
        ("hello", "no number of a parcel"),
        ("<img src=x onerror=alert(1)>", "no number of a parcel"),
        ("", "no number of a parcel"),
    ):
        scan(page, wrong)
        expect(page.locator("#verdict")).to_have_attribute("data-kind", "bad")
        expect(page.locator("#verdict-text")).to_contain_text(why)
    expect(page.locator("#waiting")).to_have_text("Nothing waits")
    scan(page, "DP473124829BD")  # well formed, and nobody gave it out
    expect(page.locator('#rows tr[data-outcome="rejected"]')).to_contain_text("never issued")
    page.get_by_role("button", name="Only what needs a look").click()
    expect(page.locator("#rows tr")).to_have_count(1)


def test_a_computer_that_nobody_made_known_keeps_everything_and_sends_nothing(site: Site, computer: Computer) -> None:
    page = computer.start()
    computer.sign_in(page, "counter")
    computer.station(page)
    (item,) = more_parcels(site, 1)
    expect(page.get_by_text("A manager signs in here once")).to_be_visible()
    expect(page.get_by_role("button", name="Make it known")).to_be_hidden()
    scan(page, item)
    expect(page.locator("#link")).to_have_attribute("data-state", "not-enrolled")
    assert kept_of(site, device_of(page)) == []
    computer.sign_in(page, "manager")
    computer.station(page)
    page.get_by_role("button", name="Make it known").click()
    all_answered(page, 1)
    assert len(kept_of(site, device_of(page))) == 1


def test_taking_stock_finds_what_is_missing_and_what_nobody_expected(site: Site, computer: Computer) -> None:
    page = computer.enrolled()
    shop = site.shop()
    here, stray = site.item(shop, "S-1"), site.item(shop, "S-2")
    site.at_the_office(here)
    computer.station(page)
    scan(page, "*9")
    expect(page.locator("#missing")).to_contain_text(here)
    scan(page, here, stray)
    expect(page.locator("#missing")).not_to_contain_text(here)
    all_answered(page, 1)
    assert [item for _, item, *_ in kept_of(site, device_of(page))] == [stray], (
        "what lies where it should needs no scan"
    )
    computer.station(page)
    scan(page, "*9")
    expect(page.locator("#missing")).not_to_contain_text(here)


def test_the_station_can_be_used_by_everybody_and_is_quick(site: Site, computer: Computer) -> None:
    page = computer.enrolled()
    for language, theme in (("en", "light"), ("bn", "dark")):
        site_url, site.base_url = site.base_url, computer.network.base_url
        site.speak(page, language)
        site.base_url = site_url
        for size in (PHONE, LAPTOP):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(f"/station?look={theme}")
            page.wait_for_selector("#station[data-ready]")
            scan(page, "DP473124829BD", "hello", "*3")
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENSHOTS / f"station-{language}-{size['width']}.png", full_page=True)
    expect(page.locator("#station")).to_contain_text("রাইডার")
    page.keyboard.press("Escape")
    assert response_ms(page, lambda: scan(page, "*1", "hello")) < 400  # a quarter of a loaded processor


def test_a_customer_gets_the_receipt_with_the_labels(site: Site, computer: Computer) -> None:
    page = computer.enrolled()
    computer.sign_in(page, "counter")
    page.clock.set_system_time(site.at)
    computer.station(page)
    one, other = (site.item(site.shop(), f"P-{n}") for n in range(2))
    scan(page, "*4", one, "1.25", other, "0,5")
    all_answered(page, 2)
    expect(page.locator("#posted-count")).to_have_text("2 parcels are on the receipt")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Receipt and labels").click()
    receipt = opened.value
    expect(receipt.get_by_role("row")).to_have_count(4)
    assert axe(receipt) == []
    expect(receipt.get_by_role("button", name="Print the receipt")).to_be_visible()
    receipt.screenshot(path=SCREENSHOTS / "station-receipt-en-1280.png", full_page=True)
    receipt.close()
    page.get_by_role("button", name="Next customer").click()
    expect(page.locator("#posted-papers")).to_be_hidden()
