"""What the scans of past days teach, counted by the server and believed as far as there is enough of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from post_logistics.consignments.numbers import item_number
from post_logistics.network.timetable import Leg, Timetable
from post_logistics.operations.facts import Facts
from post_logistics.operations.promises.experience import Experience, measured, shares_known
from post_logistics.operations.promises.learning import learn
from post_logistics.routing.promises import Delays
from post_logistics.settings import Settings
from post_logistics.storage.custody.scans import append_scans
from post_logistics.storage.database import Connection
from post_logistics.storage.promises.learning import Lateness, Share, load_lateness
from post_logistics.tracking.forecast import load_assumptions
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, Postcode

DAY = datetime(2026, 11, 20, tzinfo=DHAKA)
NIGHT = datetime(2026, 11, 23, 2, tzinfo=DHAKA)
LEG = "1205-1215-M"
"""Leaves at 09:20, arrives at 09:40."""
BAG = "BD1205BD1215AUN60001001"


class Past:
    """Scans of past days, written straight into the log: what is learned reads nothing else."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.scans: list[Scan] = []
        self._numbers = count()

    def scan(
        self, number: str, event: Event, at: datetime, holder: str, reason: Reason | None = None, **more: Any
    ) -> Scan:
        sequence = next(self._numbers)
        office = holder[7:11] if holder.startswith("office:") else "1216" if holder.startswith("rider") else "1205"
        values: dict[str, Any] = {
            "scan_id": scan_id_of("past", sequence),
            "item_number": number,
            "event": event,
            "occurred_at": at,
            "recorded_at": at + timedelta(seconds=1),
            "device_id": "past",
            "sequence": sequence,
            "office": office,
            "holder": holder,
            "reason": reason,
        }
        self.scans.append(Scan(**values | more))
        return self.scans[-1]

    def ride(self, number: str, day: int, late: float = 0, **more: Any) -> None:
        """From New Market to Tejgaon, sent five minutes after the timetable says."""
        sent = DAY + timedelta(days=day, hours=9, minutes=25)
        self.scan(number, Event.DISPATCHED, sent, f"vehicle:{LEG}/20261120T0320Z", **more)
        self.scan(number, Event.RECEIVED_AT_HUB, sent + timedelta(minutes=15 + late), "office:1215")

    def tour(self, number: str, day: int, *outcomes: str) -> None:
        """At Mirpur at 11:00, out at 12:30, an outcome at 15:00; then the same the next day."""
        for n, outcome in enumerate(outcomes):
            morning = DAY + timedelta(days=day + n)
            event, _, reason = outcome.partition(" ")
            self.scan(number, Event.AT_DELIVERY_OFFICE, morning + timedelta(hours=11), "office:1216")
            self.scan(number, Event.OUT_FOR_DELIVERY, morning + timedelta(hours=12.5), "rider:1216-R01")
            why = {one.value: one for one in Reason}.get(reason)
            self.scan(number, Event(event), morning + timedelta(hours=15), "rider:1216-R01", why)

    def keep(self) -> None:
        append_scans(self.connection, self.scans)
        self.scans = []


@pytest.fixture
def past(connection: Connection) -> Past:
    return Past(connection)


@pytest.fixture
def learning(facts: Facts) -> Iterator[Facts]:
    """The facts with an experience of their own."""
    one = facts.experience
    yield replace(facts, experience=Experience(one._timetable, one._day, one._delays, one.assumed))


def number(n: int) -> str:
    return item_number("DP", 8_000_000 + n)


def shares(connection: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    rows = connection.execute(text("select office, what, sum(times), sum(good) from office_days group by 1, 2"))
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def test_a_run_is_what_half_of_its_bags_and_parcels_show(connection: Connection, past: Past, learning: Facts) -> None:
    past.ride(number(1), 0, late=4)
    past.ride(number(2), 0, late=10)
    past.ride(BAG, 0, late=30)
    past.ride(number(3), 1)
    past.keep()
    learn(connection, learning, NIGHT)
    rows = connection.execute(
        text("select depart_at, minutes, late_minutes, things from leg_runs where leg_id = :leg order by 1"),
        {"leg": LEG},
    ).all()
    assert [tuple(row) for row in rows] == [
        (DAY + timedelta(hours=9, minutes=20), 25, 10, 3),
        (DAY + timedelta(days=1, hours=9, minutes=20), 15, 0, 1),
    ]


def test_a_leg_is_as_slow_as_its_runs_once_there_are_enough(
    connection: Connection, past: Past, learning: Facts
) -> None:
    for day in range(-17, 2):
        past.ride(number(day + 100), day, late=day + 17)
    past.keep()
    found = {leg.leg_id: leg for leg in learn(connection, learning, NIGHT).legs}
    assert found.keys() == {leg.leg_id for leg in learning.timetable.legs}
    assert (found[LEG].planned_minutes, found[LEG].samples) == (20, 19)
    assert (found[LEG].usual_minutes, found[LEG].slow_minutes) == (24, 33)
    never = found["1216-1215-M"]
    assert (never.planned_minutes, never.usual_minutes, never.slow_minutes, never.samples) == (30, None, None, 0)
    learned = learn(connection, learning, NIGHT + timedelta(days=40))
    assert {leg.leg_id: leg for leg in learned.legs}[LEG].samples < 10
    assert {leg.leg_id: leg for leg in learned.legs}[LEG].usual_minutes is None


def test_what_was_taken_back_never_arrived_or_was_told_by_a_stopped_clock_teaches_nothing(
    connection: Connection, past: Past, learning: Facts
) -> None:
    past.ride(number(1), 0, late=50)
    mistaken = past.scans[0]
    past.scan(
        number(1), Event.CORRECTED, mistaken.occurred_at + timedelta(hours=1), "office:1205", voids=mistaken.scan_id
    )
    past.scan(number(2), Event.DISPATCHED, DAY + timedelta(hours=9.5), f"vehicle:{LEG}")
    past.scan(number(3), Event.DISPATCHED, DAY + timedelta(hours=9.5), f"vehicle:{LEG}")
    past.scan(number(3), Event.RECEIVED_AT_HUB, DAY + timedelta(hours=10), "office:1000")
    past.scan(number(4), Event.DISPATCHED, DAY + timedelta(hours=9.5), f"vehicle:{LEG}")
    past.scan(number(4), Event.RECEIVED_AT_HUB, DAY + timedelta(hours=80), "office:1215")
    past.scan(number(5), Event.DISPATCHED, DAY + timedelta(hours=9.5), "vehicle:SPECIAL")
    past.scan(number(5), Event.RECEIVED_AT_HUB, DAY + timedelta(hours=10), "office:1215")
    past.keep()
    learn(connection, learning, NIGHT)
    assert connection.execute(text("select count(*) from leg_runs")).scalar() == 0


def test_a_clock_that_is_wrong_and_known_to_be_is_put_right(
    connection: Connection, past: Past, learning: Facts
) -> None:
    sent = DAY + timedelta(hours=9, minutes=20)
    slow: dict[str, Any] = {"recorded_at": sent + timedelta(hours=5), "clock_offset_s": 7200}
    past.scan(number(1), Event.DISPATCHED, sent - timedelta(hours=2), f"vehicle:{LEG}", **slow)
    past.scan(number(1), Event.RECEIVED_AT_HUB, sent - timedelta(hours=1.5), "office:1215", **slow)
    past.keep()
    learn(connection, learning, NIGHT)
    assert connection.execute(text("select depart_at, minutes, late_minutes from leg_runs")).one() == (sent, 30, 10)


def test_tries_are_counted_as_the_journey_counts_them(connection: Connection, past: Past, learning: Facts) -> None:
    past.tour(number(1), 0, "delivered_claimed")
    past.tour(number(2), 0, "attempt_failed recipient_absent", "delivered_claimed")
    past.tour(number(3), 0, "attempt_failed refused_by_recipient")
    past.tour(number(4), 0, "attempt_failed no_answer", "attempt_failed no_answer", "partially_delivered")
    again = past.scans[2]
    past.scan(number(2), Event.ATTEMPT_FAILED, DAY + timedelta(hours=15.1), "rider:1216-R01", Reason.RECIPIENT_ABSENT)
    past.scan(number(1), Event.DELIVERED_CONFIRMED, DAY + timedelta(hours=20), "recipient")
    past.scan(number(5), Event.AT_PICKUP_POINT, DAY + timedelta(hours=20), "agent:x")
    past.scan(number(5), Event.DELIVERED_CLAIMED, DAY + timedelta(hours=21), "agent:x")
    past.keep()
    assert again.event is Event.DELIVERED_CLAIMED
    learn(connection, learning, NIGHT)
    found = shares(connection)
    assert [found["1216", what] for what in ("try_1", "try_2", "try_3")] == [(4, 1), (2, 1), (1, 1)]
    assert found["1216", "refused"] == (7, 1)
    assert found["1216", "taken_out"] == (7, 7)


def test_a_parcel_that_stays_too_long_is_a_day_lost(connection: Connection, past: Past, learning: Facts) -> None:
    """Half an hour after it came it is sorted, by 12:30 or for the next day; what is not sent on in a day is left."""
    for n, hour in enumerate((12.0, 12.1)):
        past.scan(number(n), Event.AT_DELIVERY_OFFICE, DAY + timedelta(hours=hour), "office:1216")
        past.scan(number(n), Event.OUT_FOR_DELIVERY, DAY + timedelta(days=1, hours=12.5), "office:1216")
    for n, hours in enumerate((2, 23.9, 24, 49), 10):
        past.scan(number(n), Event.RECEIVED_AT_HUB, DAY, "office:1215")
        past.scan(number(n), Event.DISPATCHED, DAY + timedelta(hours=hours), "vehicle:X", office=Postcode("1215"))
    past.scan(number(20), Event.AT_DELIVERY_OFFICE, DAY, "office:1216")
    past.scan(number(20), Event.ON_HOLD, DAY + timedelta(hours=1), "office:1216")
    past.scan(number(20), Event.OUT_FOR_DELIVERY, DAY + timedelta(days=2, hours=12.5), "office:1216")
    past.keep()
    learn(connection, learning, NIGHT)
    found = shares(connection)
    assert found["1216", "taken_out"] == (3, 2)
    assert found["1215", "sent_on"] == (4 + 3, 4)


def test_learning_again_changes_nothing_and_what_came_late_is_counted_then(
    connection: Connection, past: Past, learning: Facts
) -> None:
    past.ride(number(1), 0, late=4)
    past.tour(number(1), 0, "delivered_claimed")
    past.keep()
    first = learn(connection, learning, NIGHT)
    counted = shares(connection)
    second = learn(connection, learning, NIGHT)
    assert (second.legs, second.shares, shares(connection)) == (first.legs, first.shares, counted)
    assert first.first_day == date(2026, 10, 12)
    assert second.first_day == date(2026, 11, 17)
    past.tour(number(2), 0, "attempt_failed no_answer")
    past.keep()
    learn(connection, learning, NIGHT)
    assert shares(connection)["1216", "try_1"] == (2, 1)
    learn(connection, learning, NIGHT + timedelta(weeks=7))
    assert shares(connection) == {}
    assert not load_lateness(connection, DAY - timedelta(weeks=99))


def test_what_is_learned_is_nobodys_name(connection: Connection, past: Past, learning: Facts) -> None:
    past.tour(number(1), 0, "attempt_failed refused_by_recipient")
    past.keep()
    learn(connection, learning, NIGHT)
    rows = connection.execute(text("select office_days::text from office_days")).scalars().all()
    assert rows
    assert not [row for row in rows if "R01" in row or "DP" in row]


def test_promises_follow_from_what_was_learned(connection: Connection, past: Past, learning: Facts) -> None:
    pair = (Postcode("1205"), Postcode("1216"))
    assumed = learning.experience.known(connection, NIGHT).booked(*pair, DAY, DAY)
    for n in range(200):
        past.tour(number(n), 0, "attempt_failed no_answer")
    past.keep()
    learn(connection, learning, NIGHT)
    learned = learning.experience.known(connection, NIGHT).booked(*pair, DAY, DAY)
    assert learned[0] < assumed[0] / 2
    elsewhere = learning.experience.known(connection, NIGHT).chances("1000").delivered[0]
    assert learning.experience.known(connection, NIGHT).chances("1216").delivered[0] < elsewhere < 0.88


HERE, THERE = Postcode("1205"), Postcode("1216")
LEGS = Timetable([Leg("A", HERE, THERE, 0, 60, "truck", 1), Leg("B", THERE, HERE, 0, 60, "truck", 1)])
ASSUMED = Delays((("truck", ((50, 0), (100, 100))), ("launch", ((100, 0),))))


def test_little_is_believed_of_little(settings: Settings) -> None:
    learning = load_assumptions(settings.facts_dir).learning
    nothing, delays = measured(LEGS, ASSUMED, [], learning)
    assert nothing is LEGS
    assert delays.chances("truck") == pytest.approx(ASSUMED.chances("truck"))
    previous = delays.chances("truck")[0]
    for runs in (1, 10, 1000):
        timetable, delays = measured(LEGS, ASSUMED, [Lateness("A", 300, runs), Lateness("gone", 5, 9)], learning)
        modes = {leg.leg_id: leg.mode for leg in timetable.legs}
        mine, others = delays.chances(modes["A"]), delays.chances(modes["B"])
        assert mine.sum() == pytest.approx(1)
        assert others.sum() == pytest.approx(1)
        assert mine[0] < others[0] < previous
        assert mine[300] > others[300] > 0
        previous = others[0]
        assert delays.chances("launch").tolist() == [1]
    assert mine[0] < 0.01
    assert np.isclose(mine[300], 1, atol=0.02)


def test_an_office_is_judged_by_its_own_parcels_beside_those_of_all(facts: Facts) -> None:
    assumed = facts.experience.assumed
    seen = [Share("1216", "try_1", 1000, 500), Share("1205", "try_1", 2, 0), Share("1216", "sent_on", 0, 0)]
    network, offices = shares_known(assumed.chances, seen, assumed.learning)
    assert network.delivered[0] == pytest.approx((500 + 44) / 1052)
    assert offices["1216"].delivered[0] == pytest.approx((500 + 50 * network.delivered[0]) / 1050)
    assert offices["1205"].delivered[0] == pytest.approx(50 * network.delivered[0] / 52)
    assert offices["1216"].sent_on == network.sent_on == assumed.chances.sent_on
    assert offices["1205"].delivered[1:] == assumed.chances.delivered[1:]
