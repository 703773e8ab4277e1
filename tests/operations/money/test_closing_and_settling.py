"""Closing and settling: to zero or to a named shortage, once, whoever asks and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Variance
from post_logistics.cod.ledger import breaches, standing
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.door.proving import Shown, keep_proofs
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.money.settling import settle_all, settle_merchant
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.settlements import load_settlements
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.proofs import ProofKind
from post_logistics.units import Postcode, RiderId
from tests.closes import count, slip

HOLDER = "rider:1216-R01"
OFFICE = Postcode("1216")
TODAY = date(2026, 11, 22)
LATER = timedelta(days=2)


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


def delivered(story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    story.out_for_delivery(*items)
    scans = [story.scan(item, Event.DELIVERED_CLAIMED, HOLDER) for item in items]
    deliver(story.connection, [Claim(s, c) for s, c in zip(scans, cod_poisha, strict=True)])
    return items


def close_rider(
    connection: Connection,
    facts: Facts,
    counted_poisha: int,
    at: datetime,
    closed_on: date = TODAY,
    why: Variance | None = None,
) -> Any:
    return close_rider_day(
        connection,
        facts,
        rider=RiderId("1216-R01"),
        office=OFFICE,
        closed_on=closed_on,
        count=count(counted_poisha, why),
        at=at,
    )


def close_office(connection: Connection, facts: Facts, counted_poisha: int, at: datetime) -> Any:
    return close_office_day(connection, facts, office=OFFICE, closed_on=TODAY, count=count(counted_poisha), at=at)


def of(connection: Connection, kind: AccountKind, owner: str = "") -> int:
    return standing(load_balances(connection), account(kind, owner))


@pytest.mark.parametrize(
    ("counted", "short", "over"), [(150_000, 0, 0), (149_999, 1, 0), (150_001, 0, 1), (0, 150_000, 0)]
)
def test_a_rider_closes_to_zero_with_every_difference_named(
    story: Any, facts: Facts, counted: int, short: int, over: int
) -> None:
    items = delivered(story, 100_000, 50_000)
    close = close_rider(story.connection, facts, counted, story.at, why=Variance.NOT_KNOWN if short or over else None)
    assert (close.shortage_poisha, close.excess_poisha) == (short, over)
    assert of(story.connection, AccountKind.RIDER_CASH, "1216-R01") == 0
    assert of(story.connection, AccountKind.OFFICE_TILL, "1216") == counted
    assert of(story.connection, AccountKind.RIDER_DEBT, "1216-R01") == short
    assert {s.state for s in load_standings(story.connection, items)} == {State.DELIVERED}


def test_a_close_told_twice_is_one_close_and_another_count_is_refused(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    first = close_rider(story.connection, facts, 100_000, story.at)
    before = load_transfers(story.connection)
    assert close_rider(story.connection, facts, 100_000, story.at) == first
    assert load_transfers(story.connection) == before
    with pytest.raises(Conflict):
        close_rider(story.connection, facts, 99_000, story.at)


def test_what_the_counter_hands_over_is_confirmed_when_the_office_closes(story: Any, facts: Facts) -> None:
    (item,) = story.book(100_000)
    way = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
    record_scans(story.connection, [story.scan(item, event, holder) for event, holder in way])
    deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, "office:1216"), 100_000)])
    assert of(story.connection, AccountKind.OFFICE_TILL, "1216") == 100_000
    close_office(story.connection, facts, 100_000, story.at)
    assert load_standings(story.connection, [item])[0].state is State.DELIVERED


def test_an_office_does_not_close_over_a_rider_who_still_has_cash(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    with pytest.raises(Conflict, match="1216-R01"):
        close_office(story.connection, facts, 0, story.at)


def settled_day(story: Any, facts: Facts, *cod_poisha: int) -> list[str]:
    items = delivered(story, *cod_poisha)
    close_rider(story.connection, facts, sum(cod_poisha), story.at)
    close = close_office(story.connection, facts, sum(cod_poisha), story.at)
    pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at)
    confirm(story.connection, close.close_id, close.to_deposit_poisha, story.at)
    return items


def test_a_merchant_is_paid_what_was_collected_less_charges(story: Any, facts: Facts) -> None:
    items = settled_day(story, facts, 100_000, 0)
    (settlement,) = settle_all(story.connection, facts, TODAY + timedelta(days=1), story.at + LATER)
    charges = 2 * 1500 + 1000  # two postages and one per cent of Tk 1,000
    vat = (1500 + 1000) * 15 // 100 + 1500 * 15 // 100
    assert settlement.payout_poisha == 100_000 - charges - vat
    assert {line.item_number for line in settlement.lines} == set(items)
    assert of(story.connection, AccountKind.MERCHANT_PAYABLE, "test-shop") == 0
    assert not breaches(load_balances(story.connection))


def test_settling_again_pays_nothing_more(story: Any, facts: Facts) -> None:
    settled_day(story, facts, 100_000)
    (first,) = settle_all(story.connection, facts, TODAY + timedelta(days=1), story.at + LATER)
    before = load_transfers(story.connection)
    (again,) = settle_all(story.connection, facts, TODAY + timedelta(days=1), story.at + LATER)
    assert again == first
    assert settle_all(story.connection, facts, TODAY + timedelta(days=2), story.at + LATER) == []
    assert load_transfers(story.connection) == before


def test_money_the_bank_has_not_confirmed_waits(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    close_rider(story.connection, facts, 100_000, story.at)
    close = close_office(story.connection, facts, 100_000, story.at)
    pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at)
    (settlement,) = settle_all(story.connection, facts, TODAY + timedelta(days=1), story.at + LATER)
    assert (settlement.payout_poisha, settlement.lines, len(settlement.waiting)) == (0, (), 1)


def test_the_bank_confirming_another_amount_is_refused(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    close_rider(story.connection, facts, 100_000, story.at)
    close = close_office(story.connection, facts, 100_000, story.at)
    with pytest.raises(Conflict):
        confirm(story.connection, close.close_id, 100_000, story.at)
    pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at)
    with pytest.raises(Conflict):
        confirm(story.connection, close.close_id, 99_999, story.at)


def test_a_slip_is_used_once_and_a_close_is_paid_in_once(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    close_rider(story.connection, facts, 100_000, story.at)
    close = close_office(story.connection, facts, 100_000, story.at)
    paid = pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at)
    assert pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at) == paid
    with pytest.raises(Conflict):
        pay_in(story.connection, close.close_id, slip("SLIP-2", story.at), story.at)
    with pytest.raises(NotFound):
        pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at, Postcode("1000"))


def test_many_settling_at_once_pay_once(database: Database, facts: Facts, morning: datetime, tell: Any) -> None:
    with database.transaction() as connection:
        settled_day(tell(connection, morning), facts, 100_000, 70_000)

    def settle(_: int) -> Any:
        with database.transaction() as connection:
            return settle_merchant(connection, facts, load_merchant(connection, "test-shop"), TODAY, morning)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(settle, range(32)))
    with database.transaction() as connection:
        paid = connection.execute(text("select sum(amount_poisha) from transfers where code = 'pay_out'")).scalar_one()
    assert len({one.settlement_id for one in made}) == 1
    assert made == [made[0]] * 32
    assert paid == made[0].payout_poisha


def test_a_settlement_reads_back_as_it_was_made(story: Any, facts: Facts) -> None:
    settled_day(story, facts, 100_000, 70_000)
    (made,) = settle_all(story.connection, facts, TODAY + timedelta(days=1), story.at + LATER)
    assert load_settlements(story.connection, merchant="test-shop") == [made]


def test_a_shortage_keeps_nobody_but_the_uncovered_merchant_waiting(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    close_rider(story.connection, facts, 60_000, story.at, why=Variance.NOT_KNOWN)
    close = close_office(story.connection, facts, 60_000, story.at)
    pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at)
    confirm(story.connection, close.close_id, 60_000, story.at)
    assert settle_all(story.connection, facts, TODAY + timedelta(days=1), story.at + LATER) == []
    assert of(story.connection, AccountKind.MERCHANT_PAYABLE, "test-shop") == 100_000


def test_a_day_on_which_nothing_can_be_settled_stays_open(story: Any, facts: Facts) -> None:
    delivered(story, 100_000)
    close_rider(story.connection, facts, 100_000, story.at)
    close = close_office(story.connection, facts, 100_000, story.at)
    tomorrow = TODAY + timedelta(days=1)
    settle_all(story.connection, facts, tomorrow, story.at + LATER)
    pay_in(story.connection, close.close_id, slip("SLIP-1", story.at), story.at)
    confirm(story.connection, close.close_id, 100_000, story.at)
    (paid,) = settle_all(story.connection, facts, tomorrow, story.at + LATER)
    assert paid.payout_poisha > 0


def test_a_dear_delivery_without_proof_is_paid_for_and_waits_to_be_confirmed(story: Any, facts: Facts) -> None:
    ((first, rules),) = facts.proof_rules.versions
    strict = RuleBook(((first, replace(rules, proof_needed=True, proof_over_poisha=50_000)),), "proofs.toml")
    careful = replace(facts, proof_rules=strict)
    dear, cheap = delivered(story, 50_001, 50_000)
    close = close_rider(story.connection, careful, 100_001, story.at)
    assert close.shortage_poisha == 0
    states = {s.item_number: s.state for s in load_standings(story.connection, [dear, cheap])}
    assert states == {dear: State.DELIVERED_CLAIMED, cheap: State.DELIVERED}
    scan = next(s for s in load_scans(story.connection, [dear]) if s.event is Event.DELIVERED_CLAIMED)
    shown: dict[str, Any] = {
        "item_number": dear,
        "scan_id": scan.scan_id,
        "office": OFFICE,
        "taken_at": scan.occurred_at,
    }
    proof = Shown(kind=ProofKind.CALL, duration_s=30, **shown)
    signature = Shown(kind=ProofKind.SIGNATURE, body=picture(), **shown)
    keep_proofs(story.connection, [proof], story.at, key=b"key")
    tomorrow: dict[str, Any] = {"closed_on": TODAY + timedelta(days=1), "at": story.at + timedelta(days=1)}
    close_rider(story.connection, careful, 0, **tomorrow)
    assert load_standings(story.connection, [dear])[0].state is State.DELIVERED_CLAIMED
    keep_proofs(story.connection, [signature], story.at, key=b"key")
    later: dict[str, Any] = {"closed_on": TODAY + timedelta(days=2), "at": story.at + timedelta(days=2)}
    close_rider(story.connection, careful, 0, **later)
    assert load_standings(story.connection, [dear])[0].state is State.DELIVERED


def test_a_delivery_that_was_taken_back_is_confirmed_when_it_has_come_about(story: Any, facts: Facts) -> None:
    """The wrong parcel was handed over on the first day; on the second it was the right one."""
    (item,) = delivered(story, 0)
    close_rider(story.connection, facts, 0, story.at + timedelta(hours=12))
    wrong = [
        scan
        for scan in load_scans(story.connection, [item])
        if scan.event in {Event.DELIVERED_CLAIMED, Event.DELIVERED_CONFIRMED}
    ]
    story.at += timedelta(days=1)
    for mistake in wrong:
        paper = story.scan(item, Event.CONTESTED, mistake.holder)
        record_scans(story.connection, [replace(paper, event=Event.CORRECTED, voids=mistake.scan_id)])
    assert load_standings(story.connection, [item])[0].state is State.OUT_FOR_DELIVERY, "red control: it was taken back"
    deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, HOLDER))])
    for _ in range(2):
        close_rider(story.connection, facts, 0, story.at + timedelta(hours=12), TODAY + timedelta(days=1))
    assert load_standings(story.connection, [item])[0].state is State.DELIVERED
