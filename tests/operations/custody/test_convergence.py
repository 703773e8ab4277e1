"""However scans of items and bags arrive - shuffled, doubled, in any batches - what is kept is the fold of them all."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, text

from post_logistics.operations.custody import scanning
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.storage.custody.scans import load_histories
from post_logistics.tracking.bags import BAG, histories, that_count
from post_logistics.tracking.journey import Standing, Walk
from post_logistics.tracking.lifecycle import ITEM, Event
from post_logistics.tracking.scans import Scan
from tests.operations.conftest import give_out_bag
from tests.tracking.worlds import BAGS, random_world

FOLDED = ("state", "holder", "office", "since", "attempts", "misfits", "receptacle", "last_at")


def kept(connection: Connection, items: list[str]) -> dict[str, tuple[Any, ...]]:
    """The rows of the items and the bags."""
    columns = ", ".join(FOLDED)
    of_items = f"select item_number as number, {columns} from journeys where item_number = any(:items)"
    of_bags = (
        "select receptacle as number, state, holder, office, since, 0 as attempts, misfits, "
        "outer_receptacle as receptacle, last_at from receptacles where receptacle = any(:bags) and version > 0"
    )
    rows = connection.execute(text(f"{of_items} union all {of_bags}"), {"items": items, "bags": list(BAGS)})
    return {row.number: tuple(row)[1:] for row in rows}


def expected(connection: Connection, scans: list[Scan], items: list[str]) -> dict[str, tuple[Any, ...]]:
    """The same from the scans alone, all at once and in order."""
    numbers = [*items, *(bag for bag in BAGS if any(scan.item_number == bag for scan in scans))]
    made_at = dict(connection.execute(text("select receptacle, made_at from receptacles")).all())
    told = {}
    for number, history in histories(scans, numbers).items():
        walk = Walk(ITEM) if number in items else Walk(BAG, new_bag(number, made_at[number]))
        for scan in that_count(history):
            walk.take(scan)
        standing = walk.standing()
        told[number] = tuple(getattr(standing, name) for name in FOLDED)
    return told


def new_bag(number: str, made_at: Any) -> Standing:
    return Standing(
        state=BAG.start,
        holder=f"office:{number[2:6]}",
        office=number[2:6],  # type: ignore[arg-type]
        since=made_at,
        attempts=0,
        misfits=0,
        receptacle=None,
        last_at=made_at,
    )


def give_out_bags(connection: Connection) -> None:
    """Gives out the numbers of the three bags."""
    for bag in BAGS:
        give_out_bag(connection, bag)


def upload(story: Any, seed: int) -> tuple[list[Scan], list[str], list[ScanOutcome]]:
    """A random world told to the database in shuffled batches, a third of it twice."""
    chance = Random(seed)
    give_out_bags(story.connection)
    items = story.book(0, 0, 0)
    first = [scan for item in items for scan in histories_of(story, item)]
    scans = random_world(items, chance)
    heap = [*scans, *chance.choices(scans, k=len(scans) // 3)]
    chance.shuffle(heap)
    if chance.random() < 0.3:  # mostly in order: the way that goes on step by step
        heap.sort(key=lambda scan: scan.order_key)
    outcomes = []
    while heap:
        size = chance.randint(1, 7)
        outcomes += [verdict.outcome for verdict in record_scans(story.connection, heap[:size])]
        del heap[:size]
    return [*first, *scans], items, outcomes


def histories_of(story: Any, item: str) -> list[Scan]:
    return list(load_histories(story.connection, [item])[item])


@pytest.mark.parametrize("seed", range(40))
def test_what_is_kept_is_the_fold_of_all_scans_whatever_the_order_of_their_arrival(story: Any, seed: int) -> None:
    scans, items, outcomes = upload(story, seed)
    assert ScanOutcome.REJECTED not in outcomes
    assert outcomes.count(ScanOutcome.DUPLICATE) == len(outcomes) - (len(scans) - len(items))
    rows, told = kept(story.connection, items), expected(story.connection, scans, items)
    assert {number: rows[number] for number in told} == told
    misfits = {number: row[FOLDED.index("misfits")] for number, row in kept(story.connection, items).items()}
    opened = dict(
        story.connection.execute(
            text("select item_number, count(*) from exceptions where closed_at is null and kind = 'misfit' group by 1")
        ).all()
    )
    assert opened == {number: count for number, count in misfits.items() if count}


def test_red_control_steps_taken_where_a_scan_came_late_are_caught(story: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_steps", lambda locked, new: on_time(_steps(locked, new)))
    wrong = 0
    for seed in range(12):
        with story.connection.begin_nested() as attempt:
            scans, items, _ = upload(story, seed)
            rows, told = kept(story.connection, items), expected(story.connection, scans, items)
            wrong += {number: rows[number] for number in told} != told
            attempt.rollback()
    assert wrong > 6


_steps = scanning._steps


def on_time(steps: dict[str, Any]) -> dict[str, Any]:
    """The plan of a programme that believes whatever comes last happened last."""
    return {number: scanning._Steps(one.scans, late=False) for number, one in steps.items()}


def test_a_bag_whose_number_nobody_gave_out_is_rejected_and_what_is_put_into_it_is_not(story: Any) -> None:
    (item,) = story.book(0)
    taken = story.scan(item, Event.ACCEPTED, "office:1205")
    into = replace(story.scan(item, Event.BAGGED, "office:1205"), receptacle=BAGS[0])
    misread = [story.scan(number, Event.SEALED, "office:1205") for number in (BAGS[0], "x" * 23, "৳" * 23)]
    verdicts = record_scans(story.connection, [taken, into, *misread])
    expected = [ScanOutcome.ACCEPTED, ScanOutcome.MISFIT, *[ScanOutcome.REJECTED] * 3]
    assert [verdict.outcome for verdict in verdicts] == expected
    assert "ever given out" in verdicts[1].why
    assert record_scans(story.connection, [into])[0].outcome is ScanOutcome.DUPLICATE


def test_holes_in_what_a_device_numbered_are_known(story: Any) -> None:
    (item,) = story.book(0)
    give_out_bags(story.connection)
    scans = random_world([item], Random(3), scans_each=6)
    mine = [scan for scan in scans if scan.device_id == "device-a"]
    record_scans(story.connection, mine[::2])
    received = story.connection.execute(text("select received from devices where device_id = 'device-a'")).scalar_one()
    heard = [any(scan.sequence in one for one in received) for scan in mine]
    assert heard == [place % 2 == 0 for place in range(len(mine))]


def test_a_device_number_used_for_another_item_is_rejected(story: Any) -> None:
    one, other = story.book(0, 0)
    first = story.scan(one, Event.ACCEPTED, "office:1205")
    second = replace(first, item_number=other)
    record_scans(story.connection, [first])
    (verdict,) = record_scans(story.connection, [second])
    assert (verdict.outcome, "another scan" in verdict.why) == (ScanOutcome.REJECTED, True)
