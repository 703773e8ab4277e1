"""Mistakes are taken back by new facts: the record keeps both, the fold one, and money first."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.cod.ledger import reverse
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.correcting_scans import correct_scan
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.settling import settle_all
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import Postcode

OFFICE = Actor(office=Postcode("1216"))


def later(story: Any) -> Any:
    return story.at + timedelta(minutes=story.sequence + 1)


def correct(story: Any, item: str, scan_id: UUID, actor: Actor = OFFICE, why: str = "scanned the wrong one") -> Any:
    return correct_scan(story.connection, item, scan_id, why, "Rahim", actor, later(story))


def test_a_scan_taken_back_no_longer_counts_and_stays_in_the_record(story: Any) -> None:
    (item,) = story.book(0)
    right = story.scan(item, Event.ACCEPTED, "office:1216")
    wrong = story.scan(item, Event.DISPATCHED, "vehicle:VAN-1")
    record_scans(story.connection, [right, wrong])
    standing = correct(story, item, wrong.scan_id)
    assert (standing.state, standing.holder) == (State.ACCEPTED, "office:1216")
    kept = load_scans(story.connection, [item])
    assert wrong in kept
    (said,) = (scan for scan in kept if scan.event is Event.CORRECTED)
    assert (said.voids, said.note) == (wrong.scan_id, "scanned the wrong one (Rahim)")


def test_told_again_nothing_changes(story: Any) -> None:
    (item,) = story.book(0)
    scan = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [scan])
    first = correct(story, item, scan.scan_id)
    assert first.state is State.BOOKED
    before = load_scans(story.connection, [item])
    story.sequence += 60
    assert correct(story, item, scan.scan_id) == first
    assert load_scans(story.connection, [item]) == before


def test_an_office_takes_back_its_own_scans_the_post_any(story: Any) -> None:
    (item,) = story.book(0)
    scan = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [scan])
    absent = UUID(int=0)
    for scan_id in (scan.scan_id, absent):
        with pytest.raises(NotFound) as refusal:
            correct(story, item, scan_id, Actor(office=Postcode("1205")))
        assert refusal.value.message == f"no scan {scan_id}"
    assert correct(story, item, scan.scan_id, Actor()).state is State.BOOKED


def test_another_items_scan_is_not_there_and_a_reason_is_needed(story: Any) -> None:
    one, other = story.book(0, 0)
    scan = story.scan(one, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [scan])
    with pytest.raises(NotFound):
        correct(story, other, scan.scan_id)
    with pytest.raises(Unacceptable):
        correct(story, one, scan.scan_id, why=" ")


def test_bookings_and_corrections_themselves_stand(story: Any) -> None:
    (item,) = story.book(0)
    scan = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [scan])
    correct(story, item, scan.scan_id)
    for event in (Event.BOOKED, Event.CORRECTED):
        (found,) = (one for one in load_scans(story.connection, [item]) if one.event is event)
        with pytest.raises(Conflict, match=f"{event.value} is not taken back"):
            correct(story, item, found.scan_id, Actor())


def claimed(story: Any) -> tuple[str, Any]:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    scan = story.scan(item, Event.DELIVERED_CLAIMED, "rider:1216-R01")
    deliver(story.connection, [Claim(scan, 100_000)])
    return item, scan


def test_a_delivery_with_cash_is_taken_back_only_after_its_money(story: Any) -> None:
    item, scan = claimed(story)
    with pytest.raises(Conflict, match="cash was taken"):
        correct(story, item, scan.scan_id)
    (collected,) = load_transfers(story.connection)
    append_transfers(story.connection, [reverse(collected, at=later(story), cause="mistake")])
    assert correct(story, item, scan.scan_id).state is State.OUT_FOR_DELIVERY


def test_red_control_another_scan_of_that_parcel_can_be_taken_back_while_its_money_stands(story: Any) -> None:
    item, _ = claimed(story)
    (out,) = (one for one in load_scans(story.connection, [item]) if one.event is Event.OUT_FOR_DELIVERY)
    assert correct(story, item, out.scan_id).state is State.DELIVERED_CLAIMED


def test_what_is_settled_stays(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    way = ((Event.ACCEPTED, "office:1216"), (Event.RETURN_REQUESTED, "office:1216"), (Event.RETURNED, "merchant:x"))
    scans = [story.scan(item, event, holder) for event, holder in way]
    record_scans(story.connection, scans)
    settle_all(story.connection, facts, date(2026, 11, 22), later(story))
    assert story.connection.execute(text("select count(*) from settlement_lines")).scalar_one() == 1
    with pytest.raises(Conflict, match="settled"):
        correct(story, item, scans[-1].scan_id, Actor())
    assert load_standings(story.connection, [item])[0].state is State.RETURNED
