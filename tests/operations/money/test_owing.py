"""What a shop is owed and was paid: every figure as the ledger has it."""

from datetime import date, datetime, timedelta

from post_logistics.cod.payouts import PayoutState
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.owing import owed_now
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.paid import load_paid
from post_logistics.storage.money.payouts import load_payout, move_payouts
from post_logistics.units import MerchantId
from tests.operations.money.paying import confirmed, parcels, shop

SUNDAY = date(2026, 11, 22)


def settled(connection: Connection, facts: Facts, merchant: str, at: datetime, first: int = 7_100_000) -> str:
    """A shop that was collected Tk 4,000 for and settled with; the id of its payout."""
    who = shop(connection, merchant, at)
    items = parcels(connection, merchant, [400_000], at, first=first)
    return settle_merchant(connection, facts, who, SUNDAY, at, cleared=set(items), by="clerk").settlement_id


def test_what_is_collected_is_owed_until_it_is_settled(connection: Connection, facts: Facts, morning: datetime) -> None:
    who = shop(connection, "a", morning)
    assert owed_now(connection, who.merchant_id) == 0
    items = parcels(connection, "a", [400_000], morning)
    assert owed_now(connection, who.merchant_id) == 400_000
    settle_merchant(connection, facts, who, SUNDAY, morning, cleared=set(items), by="clerk")
    assert owed_now(connection, who.merchant_id) == 0
    assert owed_now(connection, MerchantId("b")) == 0


def test_a_payment_is_one_when_it_has_left_and_adds_up(connection: Connection, facts: Facts, morning: datetime) -> None:
    payout_id = settled(connection, facts, "a", morning)
    assert load_paid(connection, "a") == []
    payout = load_payout(connection, payout_id)
    later = morning + timedelta(days=1)
    append_transfers(connection, [confirmed(payout_id, "a", payout.amount_poisha, later)])
    (paid,) = load_paid(connection, "a")
    assert (paid.payout_id, paid.settlement_id, paid.in_cash, paid.paid_at) == (payout_id, payout_id, False, later)
    assert paid.gross_poisha == 400_000 == paid.paid_poisha + paid.charges_poisha
    assert paid.charges_poisha > 0 and paid.advance_poisha == 0
    assert load_paid(connection, "b") == []


def test_a_payment_that_came_back_is_none(connection: Connection, facts: Facts, morning: datetime) -> None:
    payout_id = settled(connection, facts, "a", morning)
    payout = load_payout(connection, payout_id)
    append_transfers(connection, [confirmed(payout_id, "a", payout.amount_poisha, morning)])
    assert len(load_paid(connection, "a")) == 1
    assert move_payouts(connection, [payout_id], PayoutState.RETURNED, by="clerk", note="", at=morning) == [payout_id]
    assert load_paid(connection, "a") == []
