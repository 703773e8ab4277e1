"""Scans come in: every verdict, in any order, any number of times."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import scan_id_of
from post_logistics.units import ItemNumber
from tests.operations.conftest import give_out_bag


def test_a_batch_is_answered_scan_by_scan_in_its_order(story: Any) -> None:
    (item,) = story.book(0)
    good = story.scan(item, Event.ACCEPTED, "office:1205")
    odd = story.scan(item, Event.OUT_FOR_DELIVERY, "rider:1216-R01")
    unknown = story.scan("DP999999990BD", Event.ACCEPTED, "office:1205")
    taken = replace(story.scan(item, Event.ON_HOLD, "office:1205"), sequence=good.sequence, scan_id=good.scan_id)
    verdicts = record_scans(story.connection, [good, odd, unknown, good, taken])
    assert [verdict.outcome for verdict in verdicts] == [
        ScanOutcome.ACCEPTED,
        ScanOutcome.MISFIT,
        ScanOutcome.REJECTED,
        ScanOutcome.DUPLICATE,
        ScanOutcome.REJECTED,
    ]
    assert "expected" in verdicts[1].why
    assert "never issued" in verdicts[2].why
    assert "another scan" in verdicts[4].why


def test_the_same_batch_again_changes_nothing(story: Any) -> None:
    (item,) = story.book(0)
    batch = [story.scan(item, Event.ACCEPTED, "office:1205"), story.scan(item, Event.DISPATCHED, "vehicle:L1")]
    record_scans(story.connection, batch)
    before = load_standings(story.connection, [item]), len(load_scans(story.connection, [item]))
    again = record_scans(story.connection, batch)
    assert {verdict.outcome for verdict in again} == {ScanOutcome.DUPLICATE}
    assert (load_standings(story.connection, [item]), len(load_scans(story.connection, [item]))) == before


def test_scans_that_arrive_backwards_tell_the_same_story(story: Any) -> None:
    forwards, backwards = story.book(0, 0)
    there = (Event.AT_DELIVERY_OFFICE, "office:1216")
    steps = ((Event.ACCEPTED, "office:1205"), (Event.DISPATCHED, "vehicle:L1"), there)
    record_scans(story.connection, [story.scan(forwards, *step) for step in steps])
    for scan in reversed([story.scan(backwards, *step) for step in steps]):
        record_scans(story.connection, [scan])
    one, other = load_standings(story.connection, [forwards, backwards])
    assert (one.state, one.holder, one.misfits) == (other.state, other.holder, other.misfits)
    assert one.state is State.AT_DELIVERY_OFFICE


def test_a_scan_is_never_refused_for_its_clock(story: Any) -> None:
    (item,) = story.book(0)
    scan = story.scan(item, Event.ACCEPTED, "office:1205")
    for sequence, off in enumerate((timedelta(days=-3650), timedelta(days=1), timedelta(hours=-6)), 500):
        scan_id = scan_id_of("device", sequence)
        wrong = replace(scan, occurred_at=scan.occurred_at + off, sequence=sequence, scan_id=scan_id)
        (verdict,) = record_scans(story.connection, [wrong])
        assert verdict.outcome in {ScanOutcome.ACCEPTED, ScanOutcome.MISFIT}
    kept = [one for one in load_scans(story.connection, [ItemNumber(item)]) if one.event is Event.ACCEPTED]
    assert len(kept) == 3
    assert all(one.corrected_at <= one.recorded_at for one in kept)


def test_a_bag_put_into_one_that_was_never_scanned_is_kept_whatever_their_numbers(story: Any) -> None:
    outer, inner = "BD1205BD1216CUN60001001", "BD1205BD1216CUN60001002"
    for bag in (outer, inner):
        give_out_bag(story.connection, bag)
    into = replace(story.scan(inner, Event.BAGGED, "office:1205"), receptacle=outer)
    (verdict,) = record_scans(story.connection, [into])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    rows = story.connection.execute(text("select receptacle, outer_receptacle, state from receptacles order by 1"))
    assert [tuple(row) for row in rows] == [(outer, None, "open"), (inner, outer, "open")]
