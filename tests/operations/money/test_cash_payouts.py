"""Cash over the counter: against a code that was drawn, told once, and cannot be guessed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.ledger import transfer
from post_logistics.cod.payouts import TRIES, Payout, PayoutState, cash_code, cash_code_hash
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.cash_payouts import issue_code, pay_in_cash
from post_logistics.operations.money.payouts import cancel_payout
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.money.terms import place_hold
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.storage.money.payouts import load_payout
from post_logistics.units import Postcode, bangla_digits
from tests.operations.money.paying import RIDER, TILL, of, parcels, shop

SUNDAY = date(2026, 11, 22)
OFFICE = Postcode("1216")


@pytest.fixture
def payout(database: Database, facts: Facts, morning: datetime) -> Payout:
    """Tk 5,000 and a little less, to be paid in cash to shop a, which has no account."""
    with database.transaction() as connection:
        who = shop(connection, "a", morning, payout_account="")
        items = parcels(connection, "a", [500_000], morning)
        made = settle_merchant(connection, facts, who, SUNDAY, morning, cleared=set(items), by="clerk")
        return load_payout(connection, made.settlement_id)


@pytest.fixture
def till(database: Database, morning: datetime, payout: Payout) -> None:
    """The office's till holds just what the payout is of."""
    amount = payout.amount_poisha
    with database.transaction() as connection:
        parcels(connection, "a", [amount], morning, first=7_200_000, state="out_for_delivery", banked=False)
        moved = transfer(Code.HAND_IN, debit=TILL, credit=RIDER, amount_poisha=amount, at=morning, cause="close")
        append_transfers(connection, [moved])


Issue = Callable[..., str]
Pay = Callable[[str], Payout]


@pytest.fixture
def issue(database: Database, facts: Facts, morning: datetime, payout: Payout) -> Issue:
    def issued(drawn: bytes = b"\x01\x02\x03\x04\x05", by: str = "merchant:a", merchant: str | None = "a") -> str:
        with database.transaction() as connection:
            return issue_code(connection, facts, payout.payout_id, by=by, at=morning, drawn=drawn, merchant=merchant)

    return issued


@pytest.fixture
def pay(database: Database, facts: Facts, morning: datetime, payout: Payout) -> Pay:
    def paid(code: str, by: str = "counter") -> Payout:
        return pay_in_cash(database, facts, payout.payout_id, office=OFFICE, code=code, by=by, at=morning)

    return paid


def wrong(pay: Pay, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unacceptable, match="not its code"):
            pay("AAAA-AAAA")


@pytest.mark.usefixtures("till")
def test_it_is_paid_once_however_the_code_is_typed(database: Database, payout: Payout, issue: Issue, pay: Pay) -> None:
    with pytest.raises(Conflict, match="no code yet"):
        pay("AAAA-AAAA")
    code = issue(b"\xff" * 5 + b"and what is more than needed")
    assert code == "7777-7777"
    for typed in (code, code.lower().replace("-", " "), bangla_digits(code)):
        assert pay(typed).state is PayoutState.PAID_IN_CASH
    with database.transaction() as connection:
        accounts = ((AccountKind.OFFICE_TILL, "1216"), (AccountKind.PAYOUT_IN_TRANSIT, "a"))
        assert [of(connection, *one) for one in accounts] == [0, 0]
        assert check_books(load_transfers(connection)) == ()
        with pytest.raises(Conflict, match="does not follow"):
            cancel_payout(connection, payout.payout_id, why="x", by="chief", at=payout.ordered_at)
    with pytest.raises(Conflict, match="is paid_in_cash"):
        issue()


def test_the_code_itself_is_nowhere_in_the_database(database: Database, payout: Payout, issue: Issue) -> None:
    code = issue()
    with database.transaction() as connection:
        kept = connection.execute(text("select code_hash from payout_codes")).scalar_one()
    assert code.replace("-", "") not in kept
    assert kept != cash_code_hash(payout.payout_id, code, b"another secret")


@pytest.mark.usefixtures("till")
def test_wrong_codes_are_counted_and_lock_it_until_the_post_issues_another(issue: Issue, pay: Pay) -> None:
    code = issue()
    wrong(pay, TRIES - 1)
    newer = issue(b"other")  # a new code of the merchant's own gives no new tries
    wrong(pay, 1)
    for typed in (code, newer, "AAAA-AAAA"):
        with pytest.raises(Conflict, match="5 wrong codes"):
            pay(typed)
    with pytest.raises(Conflict, match="5 wrong codes"):
        issue()
    again = issue(b"third", by="finance", merchant=None)
    wrong(pay, TRIES - 1)
    assert pay(again).state is PayoutState.PAID_IN_CASH


@pytest.mark.usefixtures("till")
def test_a_new_code_kills_the_one_before(issue: Issue, pay: Pay) -> None:
    old, new = issue(b"first"), issue(b"other")
    with pytest.raises(Unacceptable):
        pay(old)
    assert pay(new).state is PayoutState.PAID_IN_CASH


@pytest.mark.usefixtures("till")
def test_who_issued_the_code_does_not_hand_out_the_money(issue: Issue, pay: Any) -> None:
    code = issue(by="Nasrin", merchant=None)
    with pytest.raises(Unacceptable, match="cannot pay it out"):
        pay(code, by=" nasrin ")
    assert pay(code, by="Kamal").state is PayoutState.PAID_IN_CASH


def test_a_till_that_is_too_small_and_a_hold_keep_it_back(
    database: Database, morning: datetime, issue: Issue, pay: Pay
) -> None:
    code = issue()
    with pytest.raises(Conflict, match="till of 1216 holds"):
        pay(code)
    with database.transaction() as connection:
        place_hold(
            connection, "a", hold_id=uuid4(), item_number=None, reason="fraud?", until_on=None, by="desk", at=morning
        )
    with pytest.raises(Conflict, match="is on hold"):
        pay(code)


def test_a_strangers_payout_is_not_there_and_one_into_an_account_has_no_code(
    database: Database, facts: Facts, morning: datetime, issue: Issue
) -> None:
    with pytest.raises(NotFound):
        issue(merchant="b")
    with database.transaction() as connection:
        who = shop(connection, "c", morning)
        items = parcels(connection, "c", [500_000], morning, first=7_300_000)
        other = settle_merchant(connection, facts, who, SUNDAY, morning, cleared=set(items), by="clerk")
        with pytest.raises(Conflict, match="goes into an account"):
            issue_code(connection, facts, other.settlement_id, by="chief", at=morning, drawn=bytes(5))
    with pytest.raises(Conflict, match="goes into an account"):
        pay_in_cash(database, facts, other.settlement_id, office=OFFICE, code="x", by="counter", at=morning)


@pytest.mark.usefixtures("till")
def test_guessers_at_once_have_no_more_tries_than_one(database: Database, issue: Issue, pay: Pay) -> None:
    issue()

    def guess(n: int) -> str:
        try:
            pay(cash_code(n.to_bytes(5, "little")))
        except Unacceptable:
            return "wrong"
        except Conflict:
            return "locked"
        return "paid"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(24)))
    assert (told.count("wrong"), told.count("locked")) == (TRIES, 24 - TRIES)
    with database.transaction() as connection:
        assert connection.execute(text("select wrong_tries from payout_codes")).scalar_one() == TRIES
