"""The counter of a digital centre in a real browser: without a network, through a power cut, within the float."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright
from sqlalchemy import text

from api.pages.shell import LANGUAGE, SESSION
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import SESSION_LIFE, give_role, take_on
from post_logistics.operations.money.agents import standing_of_agent
from post_logistics.units import Postcode
from tests.api.client import taken
from tests.browser.cable import cable
from tests.browser.looking import PHONE, SCREENSHOTS, axe
from tests.browser.site import Site
from tests.browser.test_station import KEPT, Computer

CENTRE, OFFICE = "dc-1230-01", Postcode("1230")
NUMBERS = count(1)
DRAW = Random(12)
TOO_WIDE = """document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("main *, header *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".wide"))
    .map((one) => `${one.tagName} ${one.id} ${one.className}`)"""
"""What sticks out of the screen; nothing where all is seen without scrolling sideways."""
expect.set_options(timeout=20_000)


class Counter(Computer):
    """The computer of a centre, in the hands of its entrepreneur."""

    def sit_down(self, page: Page, role: Role, language: str = "en") -> None:
        """Somebody of the centre, or of its parent office, signs in."""
        login = f"{role}-of-1230-{next(NUMBERS)}"
        with self.site.engine.database.transaction() as connection:
            take_on(connection, DRAW, login, login, "post", self.site.at)
            place, holder = Place(office=OFFICE), CENTRE if role is Role.AGENT else ""
            give_role(connection, self.site.engine.facts, login, role, place, "post", self.site.at, holder)
            made = make_key(
                connection,
                DRAW,
                self.site.at,
                kind=KeyKind.SESSION,
                name="",
                by=login,
                person_id=login,
                place=place,
                good_for=SESSION_LIFE,
            )
        url = self.network.base_url
        page.context.add_cookies(
            [
                {"name": SESSION, "value": made.halves.text, "url": url, "httpOnly": True},
                {"name": LANGUAGE, "value": language, "url": url},
            ]
        )

    def open(self, page: Page) -> Page:
        """The counter, ready."""
        page.goto("/centre")
        page.wait_for_selector("#centre[data-ready]")
        return page

    def known(self) -> Page:
        """The counter, known to the post and kept for when there is no network."""
        page = self.start()
        self.sit_down(page, Role.AGENT)
        self.open(page)
        expect(page.locator("#letters")).not_to_be_empty()
        letters = page.locator("#letters").inner_text()
        link = str(page.locator("#code").get_attribute("src")).removesuffix("/code.svg")
        manager = page.context.new_page()
        self.sit_down(manager, Role.MANAGER)
        manager.goto(link)
        expect(manager.locator(".letters")).to_have_text(letters)
        manager.get_by_role("button", name="Yes, make it known").click()
        expect(manager.locator(".said")).to_contain_text("known")
        manager.close()
        self.sit_down(page, Role.AGENT)
        self.open(page)
        expect(page.locator("#enrol")).to_be_hidden()
        page.evaluate(KEPT)
        return page


@pytest.fixture(scope="module")
def playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def counter(playwright: Playwright, chromium: str, site: Site, tmp_path: Path) -> Iterator[Counter]:
    paid = {"reference": str(uuid4()), "amount_poisha": 1_000_00}
    taken(site.post(f"/v1/collection-points/{CENTRE}/float", paid, office=OFFICE))
    with cable(site.base_url) as network:
        counter = Counter(playwright, chromium, tmp_path / "disk", site, network)
        yield counter
        counter.shut()


def choose(page: Page, mode: str) -> None:
    page.locator(f'[data-mode-of="{mode}"]').click()


def press(page: Page, mode: str, **values: str) -> None:
    """What somebody does without a mouse: a form is chosen, filled in, and ended with Enter."""
    choose(page, mode)
    form = page.locator(f'form[data-mode="{mode}"]')
    for name, value in values.items():
        field = form.locator(f'[name="{name.replace("piece_", "piece-")}"]')
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("input").last.press("Enter")


def post(page: Page, weight: str = "১.৫") -> None:
    press(
        page,
        "post",
        recipient_name="Rahima Khatun",
        recipient_phone="01712345678",
        recipient_address="House 5, Road 3, Mirpur-10, Dhaka 1216",
        sender_name="Abdul Karim",
        sender_phone="01812345678",
        weight=weight,
    )


def answered(page: Page, rows: int) -> None:
    expect(page.locator("#rows tr")).to_have_count(rows)
    expect(page.locator('#rows tr[data-outcome="waiting"]')).to_have_count(0)


def test_a_day_goes_on_without_a_network_and_through_a_power_cut(counter: Counter, site: Site) -> None:
    with site.engine.database.transaction() as connection:
        before = standing_of_agent(connection, CENTRE)
    page = counter.known()
    press(page, "open_shift", **{"piece_10000": "১"})
    answered(page, 1)
    expect(page.locator("#shift")).to_have_text("open")
    post(page)
    answered(page, 2)
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "good")
    counter.network.pull()
    post(page)
    expect(page.locator("#link")).to_have_attribute("data-state", "offline")
    item = site.item(site.shop(), cod_poisha=20_000)
    press(page, "pay", number=item, cash="200")
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    counter.power_cut()
    page = counter.start()
    counter.open(page)
    expect(page.locator("#rows tr")).to_have_count(4)
    expect(page.locator("#waiting")).to_have_text("2 waiting")
    room = page.locator("#room").inner_text()
    counter.network.plug_in()
    counter.sit_down(page, Role.AGENT)  # what a browser had not yet written of its session went with the power
    page.locator("#send").click()
    expect(page.locator("#link")).to_have_attribute("data-state", "online", timeout=60_000)
    answered(page, 4)
    assert page.locator('#rows tr[data-outcome="rejected"]').count() == 0
    assert page.locator("#room").inner_text() == room
    with site.engine.database.transaction() as connection:
        after = standing_of_agent(connection, CENTRE)
        why = connection.execute(text("select why from centre_services where centre = :c"), {"c": CENTRE}).scalars()
        assert set(why) == {""}
    assert after.cash_poisha - before.cash_poisha == 2 * 17_25 + 200_00
    expect(page.get_by_role("button", name="Receipt").first).to_be_visible()
    site.at += timedelta(minutes=5)
    press(page, "close_shift", **{"piece_10000": "3", "piece_2000": "1", "piece_1000": "1", "piece_200": "2"})
    answered(page, 5)
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "bad")
    expect(page.locator("#verdict-text")).to_contain_text("Tk 0.50 missing")
    choose(page, "close_shift")
    page.locator("#close_shift-reason").select_option("change_wrong")
    press(
        page,
        "close_shift",
        **{"piece_10000": "3", "piece_2000": "1", "piece_1000": "1", "piece_200": "2"},
        reason="change_wrong",
    )
    answered(page, 6)
    expect(page.locator("#shift")).to_have_text("closed")


def test_the_float_and_the_shift_are_kept_to_on_the_spot(counter: Counter, site: Site) -> None:
    site.at += timedelta(hours=1)  # the shift of another test is over
    page = counter.known()
    post(page)
    expect(page.locator("#verdict")).to_have_attribute("data-kind", "bad")
    expect(page.locator("#verdict-text")).to_contain_text("No shift is open")
    press(page, "open_shift", **{"piece_10000": "1"})
    answered(page, 1)
    press(page, "pay", number=site.item(site.shop(), cod_poisha=4_000_000), cash="40000")
    expect(page.locator("#verdict-text")).to_contain_text("float does not cover it")
    press(page, "drop_off", number="DP000000006BD", weight="1")
    expect(page.locator("#verdict-text")).to_contain_text("no number of a parcel")
    press(page, "close_shift", **{"piece_10000": "1"})
    answered(page, 2)


@pytest.mark.parametrize("language", ["en", "bn"])
def test_it_is_read_by_everybody_and_light(counter: Counter, language: str) -> None:
    page = counter.start()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    counter.sit_down(page, Role.AGENT, language)
    counter.open(page)
    assert axe(page) == []
    assert page.evaluate(TOO_WIDE) == []
    for mode in ("hand_over", "close_shift"):
        choose(page, mode)
        assert axe(page) == []
        assert page.evaluate(TOO_WIDE) == []


def test_the_agents_cash_and_float_are_handled_at_the_parent_office(counter: Counter) -> None:
    agent, page = f"/station/agents/{CENTRE}", counter.start()
    counter.sit_down(page, Role.COUNTER)
    page.goto("/station/close")
    page.locator(f'a[href="{agent}"]').click()
    assert axe(page) == [] and page.evaluate(TOO_WIDE) == []
    page.get_by_label("Taka", exact=False).last.fill("৫০০০")
    page.get_by_role("button", name="Paid in").click()
    expect(page.get_by_text("The float is paid in.")).to_be_visible()
    with counter.site.engine.database.transaction() as connection:
        assert standing_of_agent(connection, CENTRE).float_poisha >= 5_000_00
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "station-agent-en-360.png", full_page=True)
