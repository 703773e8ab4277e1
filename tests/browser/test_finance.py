"""The finance desk in a real browser: a statement taken in and explained, a payout approved by a second person."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from post_logistics.access.roles import Role
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import transfer
from post_logistics.cod.payouts import Payout, PayoutKind, PayoutState
from post_logistics.cod.postings import Code
from post_logistics.cod.terms import Institution
from post_logistics.operations.money.alarms import watch_money
from post_logistics.operations.money.terms import AccountTold, change_account, check_account
from post_logistics.storage.money.closes import load_closes, load_deposits
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.payouts import append_payouts
from post_logistics.units import MerchantId, taka_plain
from tests.browser.looking import axe, screenshots, weigh
from tests.browser.site import HALF_PAST_FOUR, YESTERDAY, Site, person_of

SOURCE = "sonali-collection"
_PAGES = {
    "finance-source": f"/finance/statements/{SOURCE}",
    "finance-closes-yesterday": f"/finance/closes?on={YESTERDAY}",
}
"""Pages of a thing or a day; the others are looked at with those of everybody."""


@pytest.fixture(scope="module")
def statement(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the bank shows: two deposits of the offices, one with two digits swapped, and money that nobody knows."""
    with site.engine.database.transaction() as connection:
        ids = [one.close_id for one in load_closes(connection, YESTERDAY)]
        slips = sorted(load_deposits(connection, ids).values(), key=lambda one: one.close_id)[:2]
        watch_money(connection, site.engine.facts, HALF_PAST_FOUR)
    rows = ["Date,Slip No,Particulars,Debit,Credit,Balance"]
    balance = 0
    amounts = [(one.slip_number, one.amount_poisha - 10_00 * n) for n, one in enumerate(slips)]
    for slip, amount in [*amounts, ("", 4_321_00)]:
        balance += amount
        rows.append(f"22/11/2026,{slip},CASH DEPOSIT,,{taka_plain(amount)},{taka_plain(balance)}")
    path = tmp_path_factory.mktemp("bank") / "november.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def payouts(site: Site) -> Iterator[tuple[str, str]]:
    """Two large payouts of a shop with a proven account: one that somebody else ordered, one of the visitor's own."""
    shop = MerchantId(site.shop())
    told = AccountTold(
        kind=Institution.BANK,
        bank="BRAC Bank",
        branch="Gulshan",
        routing_number="060261726",
        number="150120034455",
        holder="Nakshi Ghar",
    )
    payable, transit = (account(kind, shop) for kind in (AccountKind.MERCHANT_PAYABLE, AccountKind.PAYOUT_IN_TRANSIT))
    opening, bank = account(AccountKind.OPENING_BALANCES), account(AccountKind.SETTLEMENT_BANK)
    orders = [
        Payout(
            payout_id=f"{shop}-{name}",
            merchant=shop,
            kind=PayoutKind.ADVANCE,
            amount_poisha=1_50_000_00,
            account="BRAC Bank 150120034455",
            account_version=1,
            state=PayoutState.ORDERED,
            needs_approval=True,
            ordered_by=by,
            ordered_at=HALF_PAST_FOUR,
        )
        for name, by in (("one", "jashim"), ("two", person_of(Role.FINANCE)))
    ]
    with site.engine.database.transaction() as connection:
        change_account(
            connection, site.engine.facts, shop, told, why="asked", by="jashim", at=HALF_PAST_FOUR.replace(day=20)
        )
        check_account(connection, shop, 1, proven=True, how="cheque leaf", by="mina", at=HALF_PAST_FOUR)
        append_payouts(connection, orders)
        legs = (
            (Code.OPENING_DEBIT, bank, opening),
            (Code.OPENING_CREDIT, opening, payable),
            (Code.PAY_OUT, payable, transit),
        )
        moves = [
            transfer(
                code,
                debit=debit,
                credit=credit,
                amount_poisha=one.amount_poisha,
                at=HALF_PAST_FOUR,
                cause=one.payout_id,
            )
            for one in orders
            for code, debit, credit in legs
        ]
        append_transfers(connection, moves)
    yield orders[0].payout_id, orders[1].payout_id


def test_a_statement_is_taken_in_and_its_lines_explained(site: Site, laptop: Page, statement: Path) -> None:
    page = laptop
    site.sign_in(page, Role.FINANCE)
    page.goto("/finance/statements")
    page.get_by_label("CSV or Excel file").set_input_files(statement)
    page.get_by_label("Its short name").fill(SOURCE)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_label("Slip, cheque or payment reference")).to_have_value("Slip No")
    expect(page.locator("main")).to_contain_text("Tk 4,321.00")
    assert axe(page) == []
    page.get_by_label("What people call this account").fill("Sonali Bank, collection account")
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("status")).to_contain_text("3 new lines are in")
    assert axe(page) == []
    page.goto("/finance/lines")
    page.get_by_role("button", name="Let the rules match").click()
    expect(page.get_by_role("status")).to_contain_text("Matched")
    page.goto("/finance/lines")
    expect(page.locator("main")).to_contain_text("the amount differs a little")
    assert axe(page) == []
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.get_by_role("status")).to_have_text("Matched and posted.")
    assert axe(page) == []
    page.goto("/finance/lines")
    page.get_by_role("link", name=re.compile("Tk 4,321.00")).click()
    page.get_by_label("What did you find out?").fill("asked the branch")
    assert axe(page) == []
    page.get_by_role("button", name="Leave it in suspense").click()
    expect(page.get_by_role("status")).to_contain_text("stays in suspense")
    screenshots(site, page, "finance-line", page.url.removeprefix(site.base_url).partition("?")[0])


def test_a_second_person_approves_and_a_file_goes_to_the_bank(
    site: Site, laptop: Page, payouts: tuple[str, str]
) -> None:
    page = laptop
    site.sign_in(page, Role.FINANCE)
    page.goto("/finance/payouts?state=ordered")
    page.get_by_role("link", name=payouts[1]).click()
    expect(page.locator("main")).to_contain_text("somebody else has to approve it")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert axe(page) == []
    page.goto(f"/finance/payouts/{payouts[0]}")
    screenshots(site, page, "finance-payout", f"/finance/payouts/{payouts[0]}")
    site.speak(page, "en")
    page.goto(f"/finance/payouts/{payouts[0]}")
    page.get_by_role("button", name="Approve Tk 1,50,000.00").click()
    expect(page.get_by_role("status")).to_have_text("Approved.")
    page.goto("/finance/files")
    page.get_by_role("button", name="Make the file").click()
    expect(page.locator("main")).to_contain_text(payouts[0])
    assert axe(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Fetch the file").click()
    assert "150120034455" in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("button", name="The bank has it").click()
    expect(page.get_by_role("status")).to_have_text("Its payouts are sent.")


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_is_looked_at(site: Site, page: Page, name: str) -> None:
    site.sign_in(page, Role.FINANCE)
    page.goto(_PAGES[name])
    assert axe(page) == []
    screenshots(site, page, name, _PAGES[name])


def test_the_keyboard_alone_is_enough_and_what_was_typed_stays(site: Site, page: Page) -> None:
    site.sign_in(page, Role.FINANCE)
    page.goto("/finance/holds")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.get_by_role("textbox", name="Merchant").focus()
    page.keyboard.type("nobody-here")
    page.get_by_role("textbox", name="Why").last.focus()
    page.keyboard.type("court order")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong .error")).to_contain_text("No merchant nobody-here")
    expect(page.get_by_role("textbox", name="Merchant")).to_have_value("nobody-here")
    assert axe(page) == []


@pytest.mark.parametrize("path", ["/finance", "/finance/ageing"])
def test_the_first_view_is_light_and_nothing_moves(site: Site, page: Page, path: str) -> None:
    site.sign_in(page, Role.FINANCE)
    weight = weigh(page, path)
    assert weight.sent_b < 100_000
    assert weight.shift < 0.01  # the one Bangla word of the head, when its letters have come
