"""Payout orders: every step once, by whom it may be taken, and the money always in one place."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.payout_files import load_payout_layouts
from post_logistics.cod.payouts import Payout, PayoutState
from post_logistics.cod.proof import check_books
from post_logistics.cod.rules import CodRuleBook
from post_logistics.cod.terms import Institution
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.payouts import (
    LeftOut,
    approve_payout,
    cancel_payout,
    make_file,
    mark_sent,
    return_payout,
    withdraw_file,
)
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.money.terms import AccountTold, change_account, check_account, place_hold
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.storage.money.payouts import append_payouts, load_payout, load_steps
from post_logistics.storage.money.terms import load_accounts
from post_logistics.units import Postcode
from tests.operations.money.paying import confirmed, of, parcels, shop

LAYOUTS = load_payout_layouts(Path(__file__).resolve().parents[3] / "data")
BANK_LAYOUT = LAYOUTS["settlement-bank"]
SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)
ACCOUNT = AccountTold(
    kind=Institution.BANK,
    bank="BRAC Bank",
    branch="Gulshan",
    routing_number="060 261 726",
    number="1501-2003-4455",
    holder="Nakshi Ghar",
)
TILL = Postcode("1216")


def payout_for(
    connection: Connection,
    facts: Facts,
    at: datetime,
    merchant: str = "a",
    amount: int = 1_000_000,
    first: int = 7_100_000,
) -> Payout:
    """A payout order for that merchant, by a settlement."""
    items = parcels(connection, merchant, [amount], at, first=first)
    who = shop(connection, merchant, at)
    made = settle_merchant(connection, facts, who, SUNDAY, at, cleared=set(items), by="clerk")
    return load_payout(connection, made.settlement_id)


def proven(connection: Connection, facts: Facts, at: datetime, merchant: str = "a", **changes: Any) -> None:
    """That merchant has an account that was proven, a week ago."""
    before = at - timedelta(days=7)
    shop(connection, merchant, before)
    told = replace(ACCOUNT, **changes)
    kept = change_account(connection, facts, merchant, told, why="registered", by="desk", at=before)
    check_account(
        connection, merchant, kept.account.version, proven=True, how="a cheque leaf", by="supervisor", at=before
    )


def strict(facts: Facts, over_poisha: int) -> Facts:
    """The same facts with another limit above which two people are needed."""
    book = CodRuleBook(tuple(replace(r, payout_approval_over_poisha=over_poisha) for r in facts.cod_rules.rules))
    return replace(facts, cod_rules=book)


def in_transit(connection: Connection, merchant: str = "a") -> int:
    return of(connection, AccountKind.PAYOUT_IN_TRANSIT, merchant)


def test_above_the_limit_a_second_person_approves_and_never_the_first(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    proven(connection, facts, morning)
    payout = payout_for(connection, strict(facts, 500_000), morning)
    assert (payout.state, payout.needs_approval) == (PayoutState.ORDERED, True)
    with pytest.raises(Conflict):
        make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    for same in ("clerk", " Clerk "):
        with pytest.raises(Unacceptable, match="cannot approve"):
            approve_payout(connection, payout.payout_id, by=same, at=morning)
    approved = approve_payout(connection, payout.payout_id, by="chief", at=morning)
    assert (approved.state, approved.approved_by) == (PayoutState.APPROVED, "chief")
    assert approve_payout(connection, payout.payout_id, by="chief", at=morning) == approved
    assert make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning).file.payouts == 1


@pytest.mark.parametrize(("over", "state"), [(0, PayoutState.APPROVED), (-1, PayoutState.ORDERED)])
def test_exactly_the_limit_needs_no_second_person_and_a_poisha_more_does(
    connection: Connection, facts: Facts, morning: datetime, over: int, state: PayoutState
) -> None:
    shop(connection, "a", morning)
    amount_poisha = payout_for(connection, facts, morning).amount_poisha
    shop(connection, "b", morning)
    limited = strict(facts, amount_poisha + over)
    assert payout_for(connection, limited, morning, "b", first=7_200_000).state is state


def test_a_payout_is_in_one_file_which_comes_back_as_it_was_made(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    proven(connection, facts, morning)
    payout = payout_for(connection, facts, morning)
    made = make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    lines = made.file.content.decode().splitlines()
    assert lines[1].split(",")[1:6] == [payout.payout_id, "2026-11-22", "060261726", "150120034455", "Nakshi Ghar"]
    assert lines[-1] == f"TOTAL,f-1,1,150120034455,{payout.amount_poisha // 100}.{payout.amount_poisha % 100:02d}"
    again = make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="other", at=morning)
    assert again.file == made.file
    with pytest.raises(Conflict, match="is a settlement-bank file"):
        make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=MONDAY, by="clerk", at=morning)
    with pytest.raises(Conflict, match="none of 0"):
        make_file(connection, BANK_LAYOUT, file_id="f-2", paid_on=SUNDAY, by="clerk", at=morning)
    assert mark_sent(connection, "f-1", by="clerk", at=morning) == [payout.payout_id]
    assert mark_sent(connection, "f-1", by="clerk", at=morning) == [payout.payout_id]
    with pytest.raises(Conflict, match="was sent"):
        withdraw_file(connection, "f-1", why="wrong", by="clerk", at=morning)
    steps = [step.state for step in load_steps(connection, payout.payout_id)]
    assert steps == [PayoutState.APPROVED, PayoutState.FILED, PayoutState.SENT]


def test_a_file_that_never_went_is_withdrawn_and_its_money_is_owed_again(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    proven(connection, facts, morning)
    payout = payout_for(connection, facts, morning)
    make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    for _ in range(2):
        assert withdraw_file(connection, "f-1", why="wrong day", by="clerk", at=morning) == [payout.payout_id]
    with pytest.raises(Conflict, match="withdrawn"):
        mark_sent(connection, "f-1", by="clerk", at=morning)
    assert in_transit(connection) == 0
    assert of(connection, AccountKind.MERCHANT_PAYABLE, "a") == payout.amount_poisha
    who = shop(connection, "a", morning)
    again = settle_merchant(connection, facts, who, MONDAY, morning + timedelta(days=1), cleared=set())
    assert again.payout_poisha == again.brought_forward_poisha == payout.amount_poisha
    assert check_books(load_transfers(connection)) == ()


def test_what_cannot_go_into_a_file_is_named_with_its_reason(
    connection: Connection, facts: Facts, morning: datetime
) -> None:

    for n, name in enumerate(("good", "held", "moved", "doubted", "wallet")):
        change = {
            "kind": Institution.WALLET,
            "bank": "bKash",
            "branch": "",
            "routing_number": "",
            "number": "01712345678",
        }
        proven(connection, facts, morning, name, **(change if name == "wallet" else {}))
        payout_for(connection, facts, morning, name, first=7_200_000 + n)
    shop(connection, "text-only", morning)
    shop(connection, "cash", morning, payout_account="")
    payout_for(connection, facts, morning, "text-only", first=7_300_000)
    payout_for(connection, facts, morning, "cash", amount=400_000, first=7_300_001)
    hold: dict[str, Any] = {"hold_id": uuid4(), "item_number": None, "until_on": None}
    place_hold(connection, "held", reason="fraud?", by="desk", at=morning, **hold)
    other = replace(ACCOUNT, number="999988887777")
    change_account(connection, facts, "moved", other, why="asked by telephone", by="desk", at=morning)
    check_account(connection, "doubted", 1, proven=False, how="another name at the bank", by="desk", at=morning)
    made = make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    assert made.file.payouts == 1
    assert made.left_out == {
        f"cash-{SUNDAY}": LeftOut.CASH,
        f"doubted-{SUNDAY}": LeftOut.NOT_PROVEN,
        f"held-{SUNDAY}": LeftOut.ON_HOLD,
        f"moved-{SUNDAY}": LeftOut.ACCOUNT_CHANGED,
        f"text-only-{SUNDAY}": LeftOut.NO_DETAILS,
        f"wallet-{SUNDAY}": LeftOut.OTHER_LAYOUT,
    }
    wallets = make_file(connection, LAYOUTS["wallet-bulk"], file_id="w-1", paid_on=SUNDAY, by="clerk", at=morning)
    assert wallets.file.content.decode().splitlines()[1].startswith("01712345678,")


@pytest.mark.parametrize(("later", "good"), [(timedelta(hours=23, minutes=59), False), (timedelta(hours=24), True)])
def test_a_changed_account_rests_for_a_day_and_needs_a_second_person(
    connection: Connection, facts: Facts, morning: datetime, later: timedelta, good: bool
) -> None:
    shop(connection, "a", morning)
    kept = change_account(connection, facts, "a", ACCOUNT, why="new", by="desk", at=morning)
    assert change_account(connection, facts, "a", ACCOUNT, why="again", by="desk", at=morning + later) == kept
    with pytest.raises(Unacceptable, match="cannot prove"):
        check_account(connection, "a", 1, proven=True, how="x", by="Desk", at=morning)
    with pytest.raises(Conflict):
        check_account(connection, "a", 2, proven=True, how="x", by="chief", at=morning)
    checked = check_account(connection, "a", 1, proven=True, how="a cheque leaf", by="chief", at=morning)
    assert checked.is_good(morning + later) is good
    assert load_accounts(connection, "a") == [checked]


def test_a_payout_is_cancelled_once_and_not_after_the_bank_has_paid_it(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    shop(connection, "a", morning)
    payout = payout_for(connection, facts, morning)
    for _ in range(2):
        cancelled = cancel_payout(connection, payout.payout_id, why="asked to", by="chief", at=morning)
        assert cancelled.state is PayoutState.CANCELLED
    assert of(connection, AccountKind.MERCHANT_PAYABLE, "a") == payout.amount_poisha
    shop(connection, "b", morning)
    paid = payout_for(connection, facts, morning, "b", first=7_200_000)
    append_transfers(connection, [confirmed(paid.payout_id, "b", paid.amount_poisha, morning)])
    with pytest.raises(Conflict, match="was paid"), connection.begin_nested():
        cancel_payout(connection, paid.payout_id, why="too late", by="chief", at=morning)
    with pytest.raises(Unacceptable):
        cancel_payout(connection, paid.payout_id, why=" ", by="chief", at=morning)
    with pytest.raises(NotFound):
        cancel_payout(connection, "nobody-2026-11-22", why="x", by="chief", at=morning)


def test_a_payout_that_the_bank_returned_is_owed_again_and_its_account_is_doubtful(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    proven(connection, facts, morning)
    payout = payout_for(connection, facts, morning)
    make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    mark_sent(connection, "f-1", by="clerk", at=morning)
    with pytest.raises(Conflict, match="no statement"), connection.begin_nested():
        return_payout(connection, payout.payout_id, why="account closed", by="matching", at=morning)
    append_transfers(connection, [confirmed(payout.payout_id, "a", payout.amount_poisha, morning)])
    for _ in range(2):
        back = return_payout(connection, payout.payout_id, why="account closed", by="matching", at=morning)
        assert back.state is PayoutState.RETURNED
    assert (in_transit(connection), of(connection, AccountKind.MERCHANT_PAYABLE, "a")) == (0, payout.amount_poisha)
    (kept,) = load_accounts(connection, "a")
    assert kept.check is not None
    assert (kept.check.outcome, kept.is_good(morning)) == ("doubtful", False)
    assert "account closed" in kept.check.how
    assert check_books(load_transfers(connection)) == ()


def test_of_many_who_do_the_same_at_once_one_does_it(database: Database, facts: Facts, morning: datetime) -> None:
    """Approve, file, cancel: thirty-two at a time, and the money moves once."""
    with database.transaction() as connection:
        proven(connection, facts, morning)
        payout = payout_for(connection, facts, morning)

    def act(n: int) -> str:
        try:
            with database.transaction() as connection:
                if n % 2:
                    cancel_payout(connection, payout.payout_id, why="stop", by=f"p{n}", at=morning)
                    return "cancelled"
                make_file(connection, BANK_LAYOUT, file_id=f"f-{n}", paid_on=SUNDAY, by=f"p{n}", at=morning)
                return "filed"
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(act, range(32)))
    assert done.count("filed") <= 1
    with database.transaction() as connection:
        books = load_transfers(connection)
        assert load_payout(connection, payout.payout_id).state in {PayoutState.CANCELLED, PayoutState.FILED}
    assert sum(one.code == "payout_cancelled" for one in books) <= 1
    assert check_books(books) == ()


def test_the_table_itself_refuses_one_person_and_two_payouts_of_a_kind(
    connection: Connection, facts: Facts, morning: datetime
) -> None:

    shop(connection, "a", morning)
    payout = payout_for(connection, strict(facts, 0), morning)
    for wrong in (
        "update payouts set approved_by = ordered_by, state = 'approved'",
        "update payouts set state = 'approved'",
        "update payouts set state = 'sent', approved_by = 'x'",
        "update payouts set amount_poisha = 0",
    ):
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(text(wrong))
    assert append_payouts(connection, [payout]) == []


def test_a_file_with_a_payout_that_was_cancelled_since_is_not_sent(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    for name, first in (("a", 7_100_000), ("b", 7_200_000)):
        proven(connection, facts, morning, name)
        payout_for(connection, facts, morning, name, first=first)
    make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    cancel_payout(connection, f"a-{SUNDAY}", why="a court order", by="chief", at=morning)
    with pytest.raises(Conflict, match="was cancelled since"), connection.begin_nested():
        mark_sent(connection, "f-1", by="clerk", at=morning)
    assert load_payout(connection, f"b-{SUNDAY}").state is PayoutState.FILED
    assert withdraw_file(connection, "f-1", why="a court order", by="clerk", at=morning) == [
        f"a-{SUNDAY}",
        f"b-{SUNDAY}",
    ]


def test_a_payout_that_the_bank_refused_is_cancelled_after_its_file_was_sent(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    proven(connection, facts, morning)
    payout = payout_for(connection, facts, morning)
    make_file(connection, BANK_LAYOUT, file_id="f-1", paid_on=SUNDAY, by="clerk", at=morning)
    sent = mark_sent(connection, "f-1", by="clerk", at=morning)
    cancel_payout(connection, payout.payout_id, why="the bank refused it", by="chief", at=morning)
    with pytest.raises(Conflict, match="was withdrawn"):
        mark_sent(connection, "f-1", by="clerk", at=morning)
    assert sent == [payout.payout_id]
