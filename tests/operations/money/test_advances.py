"""Advances: within what is collected, by two people, recovered from the next settlements before anything is paid."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.payouts import PayoutKind, PayoutState
from post_logistics.cod.proof import check_books
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.advances import approve_advance, ask_advance, limit_poisha, refuse_advance
from post_logistics.operations.money.payouts import cancel_payout
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.storage.money.payouts import load_advances
from tests.operations.money.paying import of, parcels, shop, to_the_bank

SUNDAY = date(2026, 11, 22)
WISH: dict[str, Any] = {"why": "Eid stock", "by": "Rahima"}


def test_an_advance_is_recovered_before_anything_is_paid(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    merchant = shop(connection, "a", morning)
    items = parcels(connection, "a", [1_000_000], morning)
    assert limit_poisha(connection, facts, "a", morning) == 700_000
    asked = ask_advance(connection, "a", advance_id="adv-1", amount_poisha=700_000, at=morning, **WISH)
    assert ask_advance(connection, "a", advance_id="adv-1", amount_poisha=700_000, at=morning, **WISH) == asked
    payout = approve_advance(connection, facts, "adv-1", by="chief", at=morning)
    assert approve_advance(connection, facts, "adv-1", by="chief", at=morning) == payout
    assert (payout.kind, payout.state, payout.approved_by) == (PayoutKind.ADVANCE, PayoutState.APPROVED, "chief")
    assert limit_poisha(connection, facts, "a", morning) == 0
    made = settle_merchant(connection, facts, merchant, SUNDAY, morning, cleared=set(items))
    assert made.advance_taken_poisha == 700_000
    assert made.payout_poisha == 300_000 - made.fees_taken_poisha - made.vat_taken_poisha
    assert of(connection, AccountKind.MERCHANT_ADVANCE, "a") == 0
    assert check_books(load_transfers(connection)) == ()


def test_an_advance_greater_than_the_first_settlement_is_taken_from_the_next_ones(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    merchant = shop(connection, "a", morning)
    small, big = parcels(connection, "a", [100_000, 900_000], morning)
    ask_advance(connection, "a", advance_id="adv-1", amount_poisha=500_000, at=morning, **WISH)
    approve_advance(connection, facts, "adv-1", by="chief", at=morning)
    first = settle_merchant(connection, facts, merchant, SUNDAY, morning, cleared={small})
    assert (first.advance_taken_poisha, first.payout_poisha, first.fees_due_poisha > 0) == (100_000, 0, True)
    tomorrow = morning + timedelta(days=1)
    second = settle_merchant(connection, facts, merchant, tomorrow.date(), tomorrow, cleared={big})
    assert second.advance_taken_poisha == 400_000
    assert second.payout_poisha == 500_000 - second.fees_taken_poisha - second.vat_taken_poisha
    assert of(connection, AccountKind.MERCHANT_ADVANCE, "a") == 0


@pytest.mark.parametrize(("amount", "allowed"), [(700_000, True), (700_001, False)])
def test_exactly_the_limit_may_be_advanced_and_a_poisha_more_not(
    connection: Connection, facts: Facts, morning: datetime, amount: int, allowed: bool
) -> None:
    shop(connection, "a", morning)
    parcels(connection, "a", [1_000_000], morning)
    ask_advance(connection, "a", advance_id="adv-1", amount_poisha=amount, at=morning, **WISH)
    if allowed:
        assert approve_advance(connection, facts, "adv-1", by="chief", at=morning).amount_poisha == amount
    else:
        with pytest.raises(Conflict, match=r"may have Tk 7,000\.00"):
            approve_advance(connection, facts, "adv-1", by="chief", at=morning)


def test_an_advance_needs_two_people_and_the_money(connection: Connection, facts: Facts, morning: datetime) -> None:
    shop(connection, "a", morning)
    parcels(connection, "a", [1_000_000], morning, banked=False)
    ask_advance(connection, "a", advance_id="adv-1", amount_poisha=100_000, at=morning, **WISH)
    for same in ("Rahima", "rahima ", ""):
        with pytest.raises(Unacceptable):
            approve_advance(connection, facts, "adv-1", by=same, at=morning)
    with pytest.raises(Conflict, match=r"has Tk 0\.00 free"):
        approve_advance(connection, facts, "adv-1", by="chief", at=morning)
    refused = refuse_advance(connection, "adv-1", why="wait for the bank", by="chief", at=morning)
    assert refuse_advance(connection, "adv-1", why="again", by="other", at=morning) == refused
    with pytest.raises(Conflict, match="wait for the bank"):
        approve_advance(connection, facts, "adv-1", by="chief", at=morning)
    assert load_advances(connection, "a", undecided=True) == []
    with pytest.raises(NotFound):
        approve_advance(connection, facts, "nothing", by="chief", at=morning)
    with pytest.raises(Conflict):
        ask_advance(connection, "a", advance_id="adv-1", amount_poisha=1, at=morning, **WISH)


def test_a_seller_without_an_account_has_no_advance(connection: Connection, facts: Facts, morning: datetime) -> None:
    shop(connection, "a", morning, payout_account="")
    parcels(connection, "a", [1_000_000], morning)
    ask_advance(connection, "a", advance_id="adv-1", amount_poisha=600_000, at=morning, **WISH)
    with pytest.raises(Conflict, match="no account"):
        approve_advance(connection, facts, "adv-1", by="chief", at=morning)
    assert load_advances(connection, "a", undecided=True)


def test_an_advance_that_never_left_is_taken_back_by_the_next_settlement(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    merchant = shop(connection, "a", morning)
    items = parcels(connection, "a", [1_000_000], morning)
    ask_advance(connection, "a", advance_id="adv-1", amount_poisha=400_000, at=morning, **WISH)
    approve_advance(connection, facts, "adv-1", by="chief", at=morning)
    cancel_payout(connection, "adv-1", why="not wanted", by="chief", at=morning)
    made = settle_merchant(connection, facts, merchant, SUNDAY, morning, cleared=set(items))
    assert made.payout_poisha == 1_000_000 - made.fees_taken_poisha - made.vat_taken_poisha
    assert made.advance_taken_poisha == made.brought_forward_poisha == 400_000


def test_of_many_who_approve_advances_at_once_none_goes_over_the_limit(
    database: Database, facts: Facts, morning: datetime
) -> None:
    with database.transaction() as connection:
        shop(connection, "a", morning)
        parcels(connection, "a", [1_000_000], morning)
        for n in range(8):
            ask_advance(connection, "a", advance_id=f"adv-{n}", amount_poisha=300_000, at=morning, **WISH)

    def approve(n: int) -> int:
        try:
            with database.transaction() as connection:
                return approve_advance(connection, facts, f"adv-{n % 8}", by=f"chief {n}", at=morning).amount_poisha
        except Conflict:
            return 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(approve, range(32)))
    with database.transaction() as connection:
        assert of(connection, AccountKind.MERCHANT_ADVANCE, "a") == 600_000
        assert check_books(load_transfers(connection)) == ()
    assert to_the_bank(0, morning, "nothing") == []
