"""Payments by wallet, card and QR: collected on the provider's word, once; whatever else comes is held, never lost."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.channels.payments.port import Call, GivenBack, Handle
from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.cod.ledger import breaches
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.matching.posting import MatchedEntry
from post_logistics.cod.payments import PaymentState, Said, Word
from post_logistics.cod.proof import check_books
from post_logistics.cod.tenders import Digital, ShortReason
from post_logistics.cod.whereabouts import Stage
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money import payments as module
from post_logistics.operations.money.held import place_held
from post_logistics.operations.money.payments import (
    Requested,
    hear,
    hear_called,
    hear_due,
    request_payment,
    take_word,
)
from post_logistics.operations.money.receipt_papers import receipt_in_hand, receipt_papers, receipt_pdf
from post_logistics.operations.money.receipts import take_back_receipt
from post_logistics.operations.money.refunds import Wish, finish_due_refunds, refund_by_provider
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.matches import Match, append_match_rows, load_entries
from post_logistics.storage.money.payments import Payment, load_held, load_payment
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.money.receipts import load_receipts
from post_logistics.storage.money.taka import load_taka_of_item
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import ItemNumber, MerchantId, Postcode
from tests.operations.conftest import Story
from tests.printing.test_papers import texts

HOLDER = "rider:1216-R01"
OFFICE = Actor(office=Postcode("1216"))
POST = Actor()


def sums(connection: Any) -> dict[str, int]:
    return {name: amount for name, amount in load_balances(connection).items() if amount}


def sound(connection: Any) -> None:
    assert not check_books(load_transfers(connection))
    assert not breaches(load_balances(connection))


def later(story: Any, **more: int) -> datetime:
    at: datetime = story.at + timedelta(minutes=story.sequence) + timedelta(**more)
    return at


def asked(story: Any, facts: Facts, item: str, amount: int | None = None, reference: str = "door") -> Payment:
    wanted = Requested(item, reference, "rider", amount)
    return module._keep_request(story.connection, "practice", facts, wanted, OFFICE, later(story))


def word(payment: Payment, paid: int | None = None, **changes: Any) -> Word:
    amount = payment.amount_poisha if paid is None else paid
    return replace(Word(Said.PAID, payment.payment_id, amount, "BDT", f"R-{payment.payment_id}"), **changes)


def told(story: Any, payment: Payment, said: Word, **more: int) -> Payment:
    return take_word(story.connection, payment.payment_id, said, later(story, **more))


def out(story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    story.out_for_delivery(*items)
    return items


def door(story: Any, item: str, cash: int, *paid: Payment, **more: Any) -> Any:
    tenders = tuple(Digital(one.payment_id, one.amount_poisha) for one in paid)
    claim = Claim(story.scan(item, Event.DELIVERED_CLAIMED, HOLDER), cash, tenders, **more)
    (verdict,) = deliver(story.connection, [claim])
    return verdict


def test_a_parcel_paid_by_wallet_needs_no_cash(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item)
    assert payment.amount_poisha == 100_000 and sums(story.connection) == {}
    paid = told(story, payment, word(payment))
    assert (paid.state, paid.next_ask_at) == (PaymentState.COLLECTED, None)
    assert told(story, payment, word(payment)).collected_poisha == 100_000
    assert sums(story.connection) == {"provider_clearing:practice": 100_000, "merchant_payable:test-shop": -100_000}
    assert door(story, item, 0).outcome is ScanOutcome.ACCEPTED
    (receipt,) = load_receipts(story.connection, [item])
    assert (receipt.cash_poisha, receipt.digital_poisha) == (0, 100_000)
    assert load_payment(story.connection, payment.payment_id).receipt_id == receipt.receipt_id
    sound(story.connection)


def test_a_receipt_names_only_what_really_came(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    door(story, item, 60_000, payment)
    (paper,) = receipt_papers(story.connection, ItemNumber(item))
    assert (paper.received_poisha, paper.awaited_poisha) == (60_000, 40_000)
    assert "Tk 600.00 received" in paper.text("en") and "Tk 400.00 by digital payment is still" in paper.text("en")
    assert "৳৬০০.০০ গৃহীত" in paper.text("bn") and "৳৪০০.০০ এখনো পাওয়া যায়নি" in paper.text("bn")
    (page,) = texts(receipt_pdf(facts, paper))
    assert "Awaited" in page and "Tk 1,000.00" not in page
    told(story, payment, word(payment))
    paper = receipt_in_hand(story.connection, ItemNumber(item))
    assert (paper.received_poisha, paper.awaited_poisha) == (100_000, 0)
    (page,) = texts(receipt_pdf(facts, paper))
    assert paper.number in page and "Tk 1,000.00" in page and "Awaited" not in page
    take_back_receipt(story.connection, paper.receipt.receipt_id, why="next door's", by="clerk", at=later(story))
    with pytest.raises(NotFound):
        receipt_in_hand(story.connection, ItemNumber(item))
    (page,) = texts(receipt_pdf(facts, receipt_papers(story.connection, ItemNumber(item))[0]))
    assert "does not stand" in page


def test_cash_and_a_wallet_together_are_what_is_due(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    told(story, payment, word(payment))
    assert load_due(story.connection, [item]) == {item: 60_000}
    assert door(story, item, 60_001, payment).outcome is ScanOutcome.REJECTED
    assert door(story, item, 60_000, payment).outcome is ScanOutcome.ACCEPTED
    assert sums(story.connection)["rider_cash:1216-R01"] == 60_000
    sound(story.connection)


def test_nothing_is_posted_before_the_provider_says_so_though_the_parcel_is_gone(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    assert door(story, item, 60_000, payment).outcome is ScanOutcome.ACCEPTED
    assert sums(story.connection) == {"rider_cash:1216-R01": 60_000, "merchant_payable:test-shop": -60_000}
    told(story, payment, word(payment))
    assert sums(story.connection)["merchant_payable:test-shop"] == -100_000
    sound(story.connection)


@pytest.mark.parametrize("said", [Said.FAILED, Said.WAITING], ids=["failed", "never paid"])
def test_who_handed_over_for_a_payment_that_never_came_answers_for_it(story: Any, facts: Facts, said: Said) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    door(story, item, 60_000, payment)
    for _ in range(2):
        told(story, payment, Word(said, payment.payment_id), hours=1)
    assert sums(story.connection)["rider_debt:1216-R01"] == 40_000
    assert sums(story.connection)["merchant_payable:test-shop"] == -100_000
    (receipt,) = load_receipts(story.connection, [item])
    assert (receipt.digital_poisha, receipt.short_poisha, receipt.short_reason) == (0, 40_000, "payment_failed")
    late = told(story, payment, word(payment), hours=2)
    assert late.state is PaymentState.HELD and "run out" in late.why
    placed = place_held(story.connection, payment.payment_id, why="it is his", by="finance", at=later(story, hours=3))
    assert placed.state is PaymentState.COLLECTED
    assert "rider_debt:1216-R01" not in sums(story.connection)
    assert sums(story.connection)["merchant_payable:test-shop"] == -100_000
    sound(story.connection)


def test_a_hand_over_for_a_payment_that_has_failed_is_short_at_once(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    told(story, payment, Word(Said.FAILED, payment.payment_id))
    verdict = door(story, item, 60_000, payment)
    assert verdict.outcome is ScanOutcome.MISFIT and "400.00 short" in verdict.why
    assert sums(story.connection)["rider_debt:1216-R01"] == 40_000


def test_a_rider_who_did_not_know_of_the_payment_has_an_excess(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    told(story, payment, word(payment))
    verdict = door(story, item, 100_000)
    assert verdict.outcome is ScanOutcome.MISFIT and "400.00" in verdict.why and "excess" in verdict.why
    assert sums(story.connection)["rider_cash:1216-R01"] == 60_000
    sound(story.connection)


@pytest.mark.parametrize(
    ("changes", "more", "why"),
    [
        ({"paid_poisha": 99_999}, {}, "999.99 of"),
        ({"currency": "USD"}, {}, "USD"),
        ({"payment_id": "pay-other"}, {}, "pay-other"),
        ({}, {"minutes": 31}, "run out"),
    ],
    ids=["short", "currency", "another payment", "late"],
)
def test_money_that_is_not_as_asked_is_held_with_the_reason(
    story: Any, facts: Facts, changes: dict[str, Any], more: dict[str, int], why: str
) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item)
    held = told(story, payment, word(payment, **changes), **more)
    assert held.state is PaymentState.HELD and why in held.why
    assert [one.payment_id for one in load_held(story.connection, 10)] == [payment.payment_id]
    paid = changes.get("paid_poisha", 100_000)
    assert sums(story.connection) == {"provider_clearing:practice": paid, "unidentified_receipts:practice": -paid}
    assert load_due(story.connection, [item]) == {item: 100_000}
    sound(story.connection)


def test_paid_in_time_is_in_time_though_we_hear_of_it_late(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item)
    paid = told(story, payment, word(payment, paid_at=later(story, minutes=29)), hours=5)
    assert paid.state is PaymentState.COLLECTED


def test_paid_in_cash_already_twice_and_over_is_held(story: Any, facts: Facts) -> None:
    first, second, third = out(story, 100_000, 100_000, 100_000)
    payments = [asked(story, facts, item) for item in (first, second, third)]
    door(story, first, 100_000)
    assert "paid already" in told(story, payments[0], word(payments[0])).why
    told(story, payments[1], word(payments[1]))
    twice = told(story, payments[1], word(payments[1], 200_000))
    assert (twice.collected_poisha, twice.held_poisha) == (100_000, 100_000) and "once more" in twice.why
    over = told(story, payments[2], word(payments[2], 100_050))
    assert (over.collected_poisha, over.held_poisha) == (100_000, 50)
    assert sums(story.connection)["unidentified_receipts:practice"] == -200_050
    sound(story.connection)


def test_of_two_payments_for_one_parcel_the_second_is_held(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    one, other = asked(story, facts, item), asked(story, facts, item, reference="again")
    told(story, one, word(one))
    assert told(story, other, word(other)).state is PaymentState.HELD
    with pytest.raises(Conflict, match="does not owe"):
        place_held(story.connection, other.payment_id, why="x", by="finance", at=later(story))


def test_one_reference_of_the_provider_pays_once(story: Any, facts: Facts) -> None:
    first, second = out(story, 100_000, 100_000)
    one, other = asked(story, facts, first), asked(story, facts, second)
    told(story, one, word(one))
    stolen = told(story, other, word(other, provider_ref=f"R-{one.payment_id}"))
    assert stolen.state is PaymentState.HELD and "another payment" in stolen.why


def test_a_part_that_was_paid_can_be_placed_and_the_rest_is_taken_at_the_door(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item)
    told(story, payment, word(payment, 30_000))
    for _ in range(2):
        placed = place_held(story.connection, payment.payment_id, why="his", by="finance", at=later(story))
    assert (placed.collected_poisha, placed.held_poisha) == (30_000, 0)
    assert door(story, item, 70_000).outcome is ScanOutcome.ACCEPTED
    assert sums(story.connection)["merchant_payable:test-shop"] == -100_000
    sound(story.connection)


def test_money_that_the_bank_had_before_it_was_placed_is_in_the_bank(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item)
    for paid in (30_000, 100_000):  # it comes in two parts, none of which is as asked
        told(story, payment, word(payment, paid))
    for one in load_transfers(story.connection):
        entry = MatchedEntry(
            kind=EntryKind.COLLECTION, entry_id=str(one.transfer_id), owner="practice", amount_poisha=one.amount_poisha
        )
        match = Match(
            match_id=uuid4(), source="bank", rule="reference", explanation={}, difference_poisha=0,
            difference_kind=None, made_by="matching", made_at=later(story),
        )  # fmt: skip
        if one.amount_poisha == 30_000:
            append_match_rows(story.connection, [match], [], [(match.match_id, entry)])
    place_held(story.connection, payment.payment_id, why="his", by="finance", at=later(story))
    door(story, item, 0, payment)
    stages = [(one.stage, one.amount_poisha) for one in load_taka_of_item(story.connection, item)]
    assert sorted(stages) == [(Stage.BANK, 30_000), (Stage.PROVIDER, 70_000)]
    assert sorted(load_entries(story.connection, None, ()).amount_poisha.tolist()) == [70_000]


def test_a_receipt_taken_back_leaves_the_payment_with_the_parcel(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    told(story, payment, word(payment))
    verdict = door(story, item, 60_000, payment)
    take_back_receipt(story.connection, verdict.scan.scan_id, why="wrong door", by="clerk", at=later(story))
    assert load_due(story.connection, [item]) == {item: 60_000}
    assert "excess" not in door(story, item, 60_000).why
    assert sums(story.connection)["merchant_payable:test-shop"] == -100_000
    sound(story.connection)


def test_a_request_is_for_what_is_due_and_no_more(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    assert asked(story, facts, item, 40_000) == payment == asked(story, facts, item)
    with pytest.raises(Conflict, match=r"400\.00 was asked"):
        asked(story, facts, item, 30_000)
    for wrong in (100_001, 0):
        with pytest.raises(Conflict, match="due for the parcel"):
            asked(story, facts, item, wrong, "other")
    door(story, item, 100_000)
    with pytest.raises(Conflict, match="due for the parcel"):
        asked(story, facts, item, None, "third")
    wanted = Requested(item, "stranger", "x")
    with pytest.raises(NotFound):
        module._keep_request(
            story.connection, "practice", facts, wanted, Actor(merchant_id=MerchantId("other")), story.at
        )


def test_a_short_payment_and_a_payment_can_come_together(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item, 40_000)
    told(story, payment, word(payment))
    door(story, item, 59_900, payment, short_reason=ShortReason.NO_CHANGE)
    assert sums(story.connection)["rider_debt:1216-R01"] == 100
    sound(story.connection)


# With a provider, committed


@pytest.fixture(scope="module")
def kept(settings: Any) -> Iterator[tuple[Database, list[str], datetime]]:
    """A database with parcels that are out for delivery, for tests that commit: each takes parcels of its own."""
    with open_scratch(settings.model_copy(update={"schema_name": "t_payments"})) as database:
        with database.transaction() as connection:
            story = Story(connection, datetime.fromisoformat("2026-11-22T06:00:00+06:00"))
            items = story.book(*[100_000] * 12)
            story.out_for_delivery(*items)
        yield database, items, story.at + timedelta(hours=1)


def called(payment_id: str) -> Call:
    return Call(json.dumps({"payment_id": payment_id}).encode())


@pytest.fixture
def provider(tmp_path: Path) -> PracticePayments:
    return PracticePayments(tmp_path)


def test_a_payment_is_asked_paid_heard_and_given_back(kept: Any, provider: PracticePayments, facts: Facts) -> None:
    database, items, at = kept
    providers = {"practice": provider}
    wanted = Requested(items[0], "door", "rider")
    made = request_payment(database, providers, facts, wanted, OFFICE, at)
    assert made.url and request_payment(database, providers, facts, wanted, OFFICE, at) == made
    assert hear(database, providers, made.payment_id, at).state is PaymentState.REQUESTED
    provider.pay(made.payment_id, at)
    hear_called(database, providers, "practice", called(made.payment_id), at)  # too soon after the last time
    with database.transaction() as connection:
        assert load_payment(connection, made.payment_id).state is PaymentState.REQUESTED
    hear_called(database, providers, "practice", called("nonsense"), at)
    hear_called(database, providers, "nobody", called(made.payment_id), at)
    hear_called(database, providers, "practice", called(made.payment_id), at + timedelta(seconds=6))
    with database.transaction() as connection:
        assert load_payment(connection, made.payment_id).state is PaymentState.COLLECTED
    wish = Wish(uuid4(), 30_000, "a shirt was missing", "clerk")
    refunds = [refund_by_provider(database, providers, made.payment_id, wish, OFFICE, at) for _ in range(2)]
    assert [one.state for one in refunds] == ["done", "done"]
    with pytest.raises(Conflict, match=r"700\.00"):
        refund_by_provider(database, providers, made.payment_id, Wish(uuid4(), 70_001, "x", "c"), OFFICE, at)
    with pytest.raises(Unacceptable, match="force"):
        refund_by_provider(database, providers, made.payment_id, Wish(uuid4(), 1, "x", "c", True), OFFICE, at)


def test_a_callback_alone_posts_nothing(kept: Any, provider: PracticePayments, facts: Facts) -> None:
    database, items, at = kept
    providers = {"practice": provider}
    made = request_payment(database, providers, facts, Requested(items[1], "door", "rider"), OFFICE, at)
    hear_called(database, providers, "practice", called(made.payment_id), at + timedelta(minutes=1))
    with database.transaction() as connection:
        assert load_payment(connection, made.payment_id).state is PaymentState.REQUESTED
        assert not [one for one in load_transfers(connection) if one.cause == made.payment_id]


def test_red_control_believing_the_callback_would_post_money(story: Any, facts: Facts) -> None:
    """What the word alone would do: so it is the asking that protects, and not something else by chance."""
    (item,) = out(story, 100_000)
    payment = asked(story, facts, item)
    told(story, payment, word(payment))
    assert sums(story.connection)


def test_the_worker_asks_what_is_due_and_a_word_told_by_many_at_once_counts_once(
    kept: Any, provider: PracticePayments, facts: Facts
) -> None:
    database, items, at = kept
    providers = {"practice": provider}
    made = request_payment(database, providers, facts, Requested(items[2], "door", "rider"), OFFICE, at)
    assert hear_due(database, providers, at) == 0
    provider.pay(made.payment_id, at)
    threads = [Thread(target=hear, args=(database, providers, made.payment_id, at)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    hear_due(database, providers, at + timedelta(minutes=5))
    with database.transaction() as connection:
        posted = [one for one in load_transfers(connection) if one.cause == made.payment_id]
        assert [one.amount_poisha for one in posted] == [100_000]


def test_cash_and_a_payment_at_the_same_moment_never_both_count(
    kept: Any, provider: PracticePayments, facts: Facts
) -> None:
    database, items, at = kept
    providers = {"practice": provider}
    for n, item in enumerate(items[3:8]):
        made = request_payment(database, providers, facts, Requested(item, "door", "rider"), OFFICE, at)
        provider.pay(made.payment_id, at)

        def knock(item: str = item, n: int = n) -> None:
            with database.transaction() as connection:
                story = Story(connection, at)
                story.sequence = 500 + n
                deliver(connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, HOLDER), 100_000)])

        threads = [Thread(target=knock), Thread(target=hear, args=(database, providers, made.payment_id, at))]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        with database.transaction() as connection:
            owed = [
                one.amount_poisha
                for one in load_transfers(connection)
                if one.item_number == item and one.credit == "merchant_payable:test-shop"
            ]
            assert sum(owed) == 100_000
            sound(connection)


class Slow(PracticePayments):
    """A provider that does not answer refunds until it is told to."""

    answers = False

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        if not Slow.answers:
            return GivenBack(done=False, why="no answer in time")
        return PracticePayments.give_back(self, asked, refund_id, amount_poisha)


def test_a_refund_that_is_not_answered_is_asked_again_and_given_once(kept: Any, tmp_path: Path, facts: Facts) -> None:
    database, items, at = kept
    slow = Slow(tmp_path)
    providers = {"practice": slow}
    made = request_payment(database, providers, facts, Requested(items[8], "door", "rider"), OFFICE, at)
    slow.pay(made.payment_id, at)
    slow.pay(made.payment_id, at, 5_000)
    hear(database, providers, made.payment_id, at)
    first = refund_by_provider(database, providers, made.payment_id, Wish(uuid4(), 5_000, "over", "clerk"), OFFICE, at)
    assert (first.state, first.way) == ("asked", "held")
    with pytest.raises(Conflict, match=r"Tk 0\.00"):
        refund_by_provider(database, providers, made.payment_id, Wish(uuid4(), 1, "again", "clerk"), OFFICE, at)
    with database.transaction() as connection, pytest.raises(Conflict, match="under way"):
        place_held(connection, made.payment_id, why="x", by="y", at=at)
    assert finish_due_refunds(database, providers, at + timedelta(minutes=1)) == 0
    Slow.answers = True
    assert finish_due_refunds(database, providers, at + timedelta(minutes=3)) == 1
    assert finish_due_refunds(database, providers, at + timedelta(minutes=9)) == 0
    with database.transaction() as connection:
        ended = load_payment(connection, made.payment_id)
        assert (ended.state, ended.held_poisha, ended.collected_poisha) == (PaymentState.COLLECTED, 0, 100_000)
        sound(connection)


def test_without_a_provider_cash_is_taken(kept: Any, facts: Facts) -> None:
    database, items, at = kept
    with pytest.raises(Conflict, match="no payment provider"):
        request_payment(database, {}, facts, Requested(items[9], "door", "rider"), OFFICE, at)
