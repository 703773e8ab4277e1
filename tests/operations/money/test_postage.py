"""Postage paid beforehand: once, charged once, and given back whole when the item is cancelled before it is posted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.ledger import breaches
from post_logistics.cod.payments import PaymentState, Purpose
from post_logistics.cod.proof import check_books
from post_logistics.errors import Conflict
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.held import place_held
from post_logistics.operations.money.payments import Requested, hear, request_payment
from post_logistics.operations.money.refunds import Wish, refund_by_provider, return_postage
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.payments import Payment, load_payment, postage_paid
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.money.receipts import load_refunds
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.lifecycle import Event
from tests.operations.conftest import Story

POSTAGE, VAT = 1_500, 225
"""Of every parcel of these tests."""


@pytest.fixture(scope="module")
def kept(settings: Any, morning: datetime) -> Iterator[tuple[Database, list[str], Story]]:
    """Twelve booked parcels in a database that tests commit to."""
    with open_scratch(settings.model_copy(update={"schema_name": "postage"})) as database:
        with database.transaction() as connection:
            story = Story(connection, morning)
            items = story.book(*[100_000] * 12)
        yield database, items, story


@pytest.fixture(scope="module")
def morning() -> datetime:
    return datetime.fromisoformat("2026-11-22T09:00:00+06:00")


@pytest.fixture
def provider(tmp_path: Path) -> PracticePayments:
    return PracticePayments(tmp_path)


def asked(kept: Any, provider: PracticePayments, facts: Facts, item: str, reference: str = "booking") -> Payment:
    database, _, story = kept
    wanted = Requested(item, reference, "sender", purpose=Purpose.POSTAGE)
    return request_payment(database, {"practice": provider}, facts, wanted, Actor(), story.at + timedelta(hours=1))


def paid(kept: Any, provider: PracticePayments, payment: Payment, amount: int | None = None) -> Payment:
    database, _, story = kept
    at = story.at + timedelta(hours=1, minutes=1)
    provider.pay(payment.payment_id, at, amount)
    return hear(database, {"practice": provider}, payment.payment_id, at)


def sums(database: Database, item: str) -> dict[str, int]:
    found: dict[str, int] = {}
    with database.transaction() as connection:
        moved = load_transfers(connection)
        assert not check_books(moved) and not breaches(load_balances(connection))
    for one in moved:
        if one.item_number == item:
            found[one.debit] = found.get(one.debit, 0) + one.amount_poisha
            found[one.credit] = found.get(one.credit, 0) - one.amount_poisha
    return {name: amount for name, amount in found.items() if amount}


def cancel(kept: Any, item: str, sequence: int) -> None:
    database, _, story = kept
    with database.transaction() as connection:
        own = Story(connection, story.at + timedelta(hours=2))
        own.sequence = sequence
        record_scans(connection, [own.scan(item, Event.CANCELLED, "merchant:test-shop")])


def test_postage_and_vat_stand_to_the_senders_credit_and_leave_the_cod_as_it_is(
    kept: Any, provider: PracticePayments, facts: Facts
) -> None:
    database, items, _ = kept
    made = asked(kept, provider, facts, items[0])
    assert (made.amount_poisha, made.vat_poisha) == (POSTAGE + VAT, VAT)
    assert asked(kept, provider, facts, items[0]) == made
    assert paid(kept, provider, made).state is PaymentState.COLLECTED
    assert paid(kept, provider, made, 0).collected_poisha == POSTAGE + VAT
    assert sums(database, items[0]) == {
        "provider_clearing:practice": POSTAGE + VAT,
        "merchant_fees_due:test-shop": -POSTAGE,
        "merchant_vat_due:test-shop": -VAT,
    }
    with database.transaction() as connection:
        assert load_due(connection, [items[0]]) == {items[0]: 100_000}
    with pytest.raises(Conflict, match="is paid"):
        asked(kept, provider, facts, items[0], "again")


def test_a_part_of_it_cannot_be_asked_for(kept: Any, provider: PracticePayments, facts: Facts) -> None:
    database, items, story = kept
    wanted = Requested(items[1], "part", "sender", 100, Purpose.POSTAGE)
    with pytest.raises(Conflict, match=r"17\.25"):
        request_payment(database, {"practice": provider}, facts, wanted, Actor(), story.at)


@pytest.mark.parametrize("n", [2, 3], ids=["one after the other", "at once"])
def test_of_two_payments_the_second_is_held(kept: Any, provider: PracticePayments, facts: Facts, n: int) -> None:
    database, items, story = kept
    payments = [asked(kept, provider, facts, items[n], f"try {k}") for k in range(2)]
    at = story.at + timedelta(hours=1, minutes=1)
    for one in payments:
        provider.pay(one.payment_id, at)
    asking = [Thread(target=hear, args=(database, {"practice": provider}, one.payment_id, at)) for one in payments]
    for one in asking:
        one.start()
        if n == 2:
            one.join()
    for one in asking:
        one.join()
    with database.transaction() as connection:
        states = sorted(load_payment(connection, one.payment_id).state for one in payments)
        assert postage_paid(connection, items[n]) == POSTAGE + VAT
    assert states == ["collected", "held"]
    assert sums(database, items[n])["unidentified_receipts:practice"] == -(POSTAGE + VAT)


def test_a_wrong_amount_is_held_and_a_person_can_place_it(kept: Any, provider: PracticePayments, facts: Facts) -> None:
    database, items, story = kept
    made = asked(kept, provider, facts, items[4])
    assert paid(kept, provider, made, 1_000).held_poisha == 1_000
    with database.transaction() as connection:
        placed = place_held(connection, made.payment_id, why="part of it", by="finance", at=story.at)
    assert placed.state is PaymentState.COLLECTED
    assert sums(database, items[4])["merchant_vat_due:test-shop"] == -(VAT * 1_000 // (POSTAGE + VAT))


def test_it_goes_back_whole_and_once_when_the_item_is_cancelled(
    kept: Any, provider: PracticePayments, facts: Facts
) -> None:
    database, items, story = kept
    providers, at = {"practice": provider}, story.at + timedelta(hours=3)
    made = asked(kept, provider, facts, items[5])
    paid(kept, provider, made)
    wish = Wish(uuid4(), made.amount_poisha, "changed my mind", "clerk")
    with pytest.raises(Conflict, match="carries the item"):
        refund_by_provider(database, providers, made.payment_id, wish, Actor(), at)
    cancel(kept, items[5], 700)
    part = Wish(uuid4(), 100, "a part", "clerk")
    with pytest.raises(Conflict, match="whole"):
        refund_by_provider(database, providers, made.payment_id, part, Actor(), at)
    assert [return_postage(database, providers, at) for _ in range(2)] == [1, 0]
    with database.transaction() as connection:
        (refund,) = load_refunds(connection, items[5])
        assert postage_paid(connection, items[5]) == 0
    assert (refund.way, refund.state, refund.amount_poisha) == ("postage", "done", POSTAGE + VAT)
    assert sums(database, items[5]) == {}
    with pytest.raises(Conflict, match="cancelled"):
        asked(kept, provider, facts, items[5], "after")


def test_what_comes_after_the_item_was_cancelled_goes_back_as_well(
    kept: Any, provider: PracticePayments, facts: Facts
) -> None:
    database, items, story = kept
    made = asked(kept, provider, facts, items[6])
    cancel(kept, items[6], 710)
    paid(kept, provider, made)
    return_postage(database, {"practice": provider}, story.at + timedelta(hours=3))
    assert sums(database, items[6]) == {}


def test_a_settlement_charges_it_and_finds_it_paid(kept: Any, provider: PracticePayments, facts: Facts) -> None:
    database, items, story = kept
    paid(kept, provider, asked(kept, provider, facts, items[7]))
    with database.transaction() as connection:
        before = load_balances(connection)
        own = Story(connection, story.at + timedelta(hours=4))
        own.sequence = 800
        for event, holder in (
            (Event.ACCEPTED, "office:1205"),
            (Event.AT_DELIVERY_OFFICE, "office:1216"),
            (Event.RETURN_REQUESTED, "office:1216"),
            (Event.RETURNING, "office:1216"),
            (Event.RETURNED, "merchant:test-shop"),
        ):
            record_scans(connection, [own.scan(items[7], event, holder)])
        at = own.at + timedelta(hours=5)
        made = settle_merchant(connection, facts, load_merchant(connection, "test-shop"), at.date(), at)
        (line,) = made.lines
        assert (line.item_number, line.postage_poisha, line.vat_poisha) == (items[7], POSTAGE, VAT)
        after = load_balances(connection)
        assert not check_books(load_transfers(connection)) and not breaches(after)
    moved = {name: after[name] - before.get(name, 0) for name in after}
    assert {name: amount for name, amount in moved.items() if amount} == {
        AccountKind.FEE_REVENUE: -POSTAGE,
        AccountKind.VAT_PAYABLE: -VAT,
        "merchant_fees_due:test-shop": POSTAGE,
        "merchant_vat_due:test-shop": VAT,
    }
    with pytest.raises(Conflict, match="is paid"):
        asked(kept, provider, facts, items[7], "late")
