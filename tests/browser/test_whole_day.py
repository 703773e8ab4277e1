"""A parcel and its thousand taka, from the booking to the merchant's account, through the pages alone."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from random import Random

import pyotp
import pytest
from playwright.sync_api import Page, expect

from post_logistics.operations.door.codes import issue_code
from post_logistics.settings import Settings
from post_logistics.units import DHAKA
from tests.browser.looking import LAPTOP, PHONE
from tests.browser.site import TODAY, Site, served

SOURCE = "agrani-collection"
OWN = "notun-din-notun-kotha"
HEAD = "Txn Date,Value Date,Particulars,Instrument No,Withdrawal,Deposit,Balance\n"
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def site(chromium: str, settings: Settings) -> Iterator[Site]:
    """A world of its own: whoever settles pays out all that is due, and a day closes once."""
    with served(settings.model_copy(update={"schema_name": "whole_day"})) as site:
        yield site


def test_a_day_from_booking_to_payout(site: Site, new_page: NewPage) -> None:
    shop = seated(site, new_page, "merchant")
    finance = seated(site, new_page, "finance")
    item = booked(shop)
    account_set(site, finance)
    account_proven(site, newcomer(site, new_page), site.world.shop)

    counter = seated(site, new_page, "manager")
    given_to_the_rider(site, counter, item)
    delivered(site, new_page, counter, item)
    expect_money(site, shop, item, "With riders")

    site.at += timedelta(hours=1)
    day_closed(site, counter)
    expect_money(site, shop, item, "Paid in at the bank")

    site.at = datetime.combine(TODAY + timedelta(days=1), time(19), DHAKA)
    site.sign_in(finance, "finance")
    taken_in(finance, f'{HEAD}23/11/2026,23/11/2026,CASH DEPOSIT,WHOLE-DAY-1,,"1,000.00","1,000.00"\n', new=True)
    expect_money(site, shop, item, "In the settlement account")
    payout = paid_out(finance, site)
    expect_money(site, shop, item, "On its way to you")

    site.at += timedelta(days=1)
    site.sign_in(finance, "finance")
    name, amount = payout
    left = f"{1000 - float(amount.replace(',', '')):,.2f}"
    taken_in(finance, f'{HEAD}24/11/2026,24/11/2026,TRANSFER {name},{name},"{amount}",,"{left}"\n')
    expect_money(site, shop, item, "Paid out to you")


def seated(site: Site, new_page: NewPage, role: str) -> Page:
    page = new_page(viewport=LAPTOP)
    site.sign_in(page, role)
    return page


def booked(shop: Page) -> str:
    """The number of a parcel with Tk 1,000 to collect, to a door of its own."""
    shop.goto("/shop/book")
    shop.get_by_label("Name *").fill("Krishna Khatri")
    shop.get_by_label("Mobile number").fill("01712-345678")
    shop.get_by_label("Address").fill("House 77, Road 7, Mirpur-10, Dhaka 1216")
    shop.get_by_label("Weight in kg").fill("১.২")
    shop.get_by_label("To collect at the door").fill("1000")
    shop.get_by_role("button", name="Book", exact=True).click()
    expect(shop.get_by_role("status").first).to_contain_text("Booked")
    found = re.search(r"DP\d{9}BD", shop.url)
    assert found
    return found[0]


def account_set(site: Site, finance: Page) -> None:
    finance.goto(f"/finance/merchants/{site.world.shop}")
    finance.get_by_text("Another account").click()
    for label, text in {
        "Bank or wallet": "BRAC Bank",
        "Branch": "Mirpur",
        "Routing number": "060264093",
        "Account number": "1501200344556",
        "Name of its holder": "Patabahar Books",
        "Why, and what you have seen": "Cheque leaf and trade licence seen",
    }.items():
        finance.get_by_label(label).fill(text)
    finance.get_by_role("button", name="Keep the account").click()
    expect(finance.locator("main")).to_contain_text("You set this account")


def newcomer(site: Site, new_page: NewPage) -> Page:
    """Somebody whom an administrator takes on, with a password and a second factor of her own."""
    administrator = seated(site, new_page, "administrator")
    administrator.goto("/admin/newcomer?role=finance")
    administrator.get_by_label("Name *").fill("Salma Begum")
    administrator.get_by_label("Name to sign in with").fill("salma")
    administrator.get_by_role("button", name="Take on").click()
    password = administrator.locator("code.large").inner_text()
    salma = new_page(viewport=LAPTOP)
    site.speak(salma, "en")
    sign_in(salma, password)
    expect(salma).to_have_url(re.compile("/account"))
    salma.get_by_label("Password until now").fill(password)
    salma.get_by_label("New password").fill(OWN)
    salma.get_by_label("Once more").fill(OWN)
    salma.get_by_role("button", name="Change it").click()
    expect(salma).to_have_url(re.compile("/sign-in"))
    sign_in(salma, OWN)
    salma.get_by_role("button", name="Set it up").click()
    authenticator = pyotp.TOTP(salma.locator("main code").inner_text().strip())
    salma.get_by_label("Code of your authenticator").fill(authenticator.at(site.at))
    salma.get_by_role("button", name="Turn it on").click()
    salma.get_by_role("button", name="Sign out", exact=True).click()
    site.at += timedelta(minutes=1)  # a code opens once
    sign_in(salma, OWN, authenticator.at(site.at))
    return salma


def sign_in(page: Page, password: str, code: str = "") -> None:
    page.goto("/sign-in")
    page.get_by_label("Name to sign in with").fill("salma")
    page.get_by_label("Password").fill(password)
    if code:
        page.get_by_label("Code of your authenticator").fill(code)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def account_proven(site: Site, salma: Page, shop: str) -> None:
    salma.goto(f"/finance/merchants/{shop}")
    salma.get_by_label("How do you know?").fill("The branch says so")
    salma.get_by_role("button", name="It is the merchant's").click()
    expect(salma.locator("main")).to_contain_text("proven")


def given_to_the_rider(site: Site, counter: Page, item: str) -> None:
    counter.goto("/station")
    counter.wait_for_selector("#station[data-ready]")
    counter.get_by_role("button", name="Make it known").click()
    expect(counter.locator("#enrol")).to_be_hidden()
    site.at += timedelta(minutes=1)
    for rows, lines in enumerate((("*4", item, "1.2"), ("*1", item), ("*3", "1216-R01", item)), 1):
        for line in lines:
            counter.keyboard.insert_text(line)
            counter.keyboard.press("Enter")
        expect(counter.locator('#rows tr[data-outcome="accepted"]')).to_have_count(rows)


def delivered(site: Site, new_page: NewPage, manager: Page, item: str) -> None:
    with site.engine.database.transaction() as connection:  # what the recipient reads in a text message
        code = issue_code(connection, item, "delivery", site.at, Random(1), key=site.engine.facts.advice_key)
    rider = new_page(viewport=PHONE, permissions=["geolocation"], geolocation={"latitude": 23.81, "longitude": 90.37})
    site.sign_in(rider, "rider")
    rider.goto("/rider")
    rider.wait_for_selector("#rider[data-ready]")
    expect(rider.locator("#letters")).to_be_visible()
    manager.goto(str(rider.locator("#phone-link").get_attribute("href")))
    manager.get_by_role("button", name="Yes, make it known").click()
    rider.get_by_role("button", name="Look again").click()
    expect(rider.locator("#phone")).to_be_hidden()
    rider.locator("#find").fill(item)
    rider.locator("#stops li:visible .to").click()
    rider.get_by_label("The recipient's code").fill(code)
    expect(rider.locator("#otp-says")).to_have_text("Looks right")
    expect(rider.get_by_label("Cash taken")).to_have_value("1000")
    rider.locator("#keep").click()
    rider.get_by_role("link", name="Answers").click()
    expect(rider.locator('#rows li[data-outcome="accepted"]').first).to_be_visible(
        timeout=30_000
    )  # it may be taken back


def day_closed(site: Site, counter: Page) -> None:
    """The rider hands in, the till is counted, the bank gets it; always by two."""
    for holder in ("1216-R01", "till"):
        counter.goto(f"/station/close/count/{holder}")
        counter.get_by_label("Tk 500.00").fill("2")
        counter.get_by_label("Countersigned by").fill("Rashed Khan")
        counter.get_by_role("button", name="Close", exact=True).click()
        expect(counter.get_by_role("status").first).to_contain_text("Closed")
        site.at += timedelta(minutes=2)
    slip_kept(site, counter)


def slip_kept(site: Site, counter: Page) -> None:
    counter.get_by_label("Number of the slip").fill("WHOLE-DAY-1")
    counter.get_by_role("textbox", name="Bank", exact=True).fill("Agrani")
    counter.get_by_label("Branch").fill("Mirpur")
    counter.get_by_label("Stamped by the bank").fill((site.at - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M"))
    counter.get_by_label("Paid in by").fill("Rashed Khan")
    counter.get_by_role("button", name="Keep the slip").click()
    expect(counter.get_by_role("status").first).to_contain_text("The slip is kept")


def taken_in(finance: Page, statement: str, *, new: bool = False) -> None:
    """A statement is looked at, taken in, and matched."""
    finance.goto("/finance/statements")
    file = {"name": f"{len(statement)}.csv", "mimeType": "text/csv", "buffer": statement.encode()}
    finance.get_by_label("CSV or Excel file").set_input_files(file)  # type: ignore[arg-type]
    if new:
        finance.get_by_label("Its short name").fill(SOURCE)
    else:
        finance.get_by_label("Whose statement").select_option(SOURCE)
    finance.get_by_role("button", name="Look at it").click()
    finance.get_by_role("button", name="Take it in").click()
    expect(finance.get_by_role("status").first).to_contain_text("1 new line")
    finance.goto("/finance/lines")
    finance.get_by_role("button", name="Let the rules match").click()
    expect(finance.get_by_role("status").first).to_contain_text("Matched")


def paid_out(finance: Page, site: Site) -> tuple[str, str]:
    """Settled, put into the bank's file, and sent: the payout's id and amount."""
    finance.goto("/finance/payouts")
    finance.get_by_role("button", name="Settle with everybody").click()
    name = f"{site.world.shop}-{TODAY + timedelta(days=1)}"
    row = finance.locator("tr", has=finance.get_by_role("link", name=name, exact=True))
    amount = row.locator("td.number").inner_text().removeprefix("Tk ")
    finance.goto("/finance/files")
    finance.get_by_role("button", name="Make the file").click()
    finance.goto("/finance/files")
    finance.locator('td a[href^="/finance/files/"]').first.click()
    finance.get_by_role("button", name="The bank has it").click()
    return name, amount


def expect_money(site: Site, shop: Page, item: str, stage: str) -> None:
    """The merchant's page says how far the money of its parcel is."""
    site.sign_in(shop, "merchant")
    shop.goto("/shop/money")
    shop.get_by_role("link", name=stage, exact=True).click()
    expect(shop.get_by_role("main")).to_contain_text(item)
