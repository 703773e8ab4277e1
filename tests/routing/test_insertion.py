"""What one more stop costs: every answer against all places tried one by one, with everything a problem can ask."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.routing.assemble import cost_of
from post_logistics.routing.check import check_plan
from post_logistics.routing.doors import call_at
from post_logistics.routing.insertion import Insertion, RunningTours
from post_logistics.routing.plan import Reason, RoutePlan, Tour, Unserved, Visit
from post_logistics.routing.problem import Break, Budget, RoutingProblem, Stop, Vehicle, Window
from post_logistics.routing.solve import solve
from post_logistics.routing.timing import time_tour
from tests.routing.worlds import NOON_S, stop, straight, street, vehicle

NODES = 9


def any_stop(chance: Random, name: str) -> Stop:
    """A stop that asks for whatever there is to ask, now and then."""
    opens = [NOON_S + chance.randint(0, 2_000) for _ in range(chance.choice([0, 0, 1, 2]))]
    windows = [Window(at, at + chance.randint(1, 1_500)) for at in sorted(opens)]
    node = chance.randint(1, NODES - 1)
    return stop(
        name,
        node,
        parcels=chance.randint(1, 4),
        weight_g=chance.randint(0, 4_000),
        volume_ml=chance.randint(0, 3_000),
        pickup=chance.random() < 0.3,
        cash_poisha=chance.randint(0, 4_000),
        service_s=chance.randint(0, 120),
        windows=tuple(one for i, one in enumerate(windows) if not i or windows[i - 1].close_s <= one.open_s),
        prize_m=chance.choice([None, 9_000]),
        skills=frozenset(chance.sample(["van"], chance.random() < 0.1)),
        door=f"D{node}" if chance.random() < 0.2 else None,
        beat=chance.choice([None, "north", "south"]),
    )


def any_vehicle(chance: Random, name: str) -> Vehicle:
    noon = NOON_S + 300
    pauses = [None, Break(earliest_s=noon, latest_s=noon + chance.randint(0, 1_500), duration_s=chance.randint(1, 300))]
    return vehicle(
        name,
        kind=chance.choice(["bicycle", "van"]),
        capacity_g=chance.choice([6_000, 12_000]),
        capacity_ml=chance.choice([None, 6_000]),
        capacity_parcels=chance.choice([5, 12]),
        cash_cap_poisha=chance.choice([6_000, 12_000]),
        shift_end_s=NOON_S + chance.choice([1_500, 4_000]),
        max_stops=chance.choice([None, None, 2, 4]),
        max_returns=chance.choice([0, 0, 1, 2]),
        reload_s=chance.randint(0, 90),
        pause=chance.choice(pauses),
        start_node=chance.choice([0, 0, 1]),
        end_node=chance.choice([0, 0, 2]),
        fixed_cost_m=chance.randint(0, 900),
        distance_cost_pct=chance.choice([100, 130]),
        hour_cost_m=chance.choice([0, 4_000]),
        speed_pct=chance.choice([(), tuple(chance.choice([40, 100, 150]) for _ in range(24))]),
        skills=frozenset({"van"}) if chance.random() < 0.7 else frozenset(),
        beats=frozenset(chance.sample(["north", "south"], 1)),
    )


def any_matrix(chance: Random) -> np.ndarray:  # type: ignore[type-arg]
    at_m = np.array([[chance.randint(-300, 300), chance.randint(-300, 300)] for _ in range(NODES)])
    there_m = straight(at_m)
    return there_m + np.where(there_m > 0, np.array([[chance.randint(0, 40)] for _ in range(NODES)]), 0)


def any_day(seed: int, stops: int = 7) -> tuple[RoutingProblem, RoutePlan]:
    """A small problem with its plan; half of the time the tours have begun: what comes first in them is frozen."""
    chance = Random(seed)
    van_s = any_matrix(chance)
    problem = RoutingProblem(
        stops=tuple(any_stop(chance, f"S{number}") for number in range(stops)),
        vehicles=tuple(any_vehicle(chance, f"R{number}") for number in range(3)),
        distance_m=any_matrix(chance),
        duration_s=any_matrix(chance),
        kind_distance_m={"van": any_matrix(chance)} if chance.random() < 0.5 else {},
        kind_duration_s={"van": van_s} if chance.random() < 0.5 else {},
        off_beat_m=chance.choice([0, 70]),
        fairness_m=chance.choice([0, 5_000]),
    )
    plan = solve(problem, Budget(iterations=10), seed)
    if chance.random() < 0.5:
        return problem, plan
    begun = {tour.vehicle_id: begun_of(problem, tour) for tour in plan.tours if not tour.returns}
    rolling = replace(
        problem,
        vehicles=tuple(
            replace(one, frozen=begun.get(one.vehicle_id, ()), pause=None) if begun.get(one.vehicle_id) else one
            for one in problem.vehicles
        ),
    )
    return rolling, solve(rolling, Budget(iterations=10), seed)


def begun_of(problem: RoutingProblem, tour: Tour) -> tuple[Visit, ...]:
    """The first visit, with the others of its door."""
    doors = {one.stop_id: one.door or one.stop_id for one in problem.stops}
    return tuple(visit for visit in tour.visits if doors[visit.stop_id] == doors[tour.visits[0].stop_id])


def with_one_more(problem: RoutingProblem, plan: RoutePlan, new: Stop) -> Iterator[tuple[int, str]]:
    """The extra cost of every plan that is the old one with the stop somewhere in it, and the vehicle.

    At a door deliveries come first, as everywhere.
    """
    done = {visit.stop_id for rider in problem.vehicles for visit in rider.frozen}
    together = [one for one in problem.stops if new.door and one.door == new.door and one.stop_id not in done]
    at_door = [one.stop_id for one in call_at([*together, new]).stops] if new.door else []
    problem = replace(problem, stops=(*problem.stops, new))
    running = {tour.vehicle_id: tour for tour in plan.tours}
    for rider in problem.vehicles:
        old, first = running.get(rider.vehicle_id), len(rider.frozen)
        names = [visit.stop_id for visit in old.visits] if old else []
        backs = [back.visits for back in old.returns] if old else []
        for at in range(first, len(names) + 1):
            before = [back + (back > at) for back in backs]
            after = [back + (back >= at) for back in backs]
            for returns in {
                tuple(sorted({*some, *more})) for some in (before, after) for more in ((), (at,), (at + 1,))
            }:
                order = [*names[:at], new.stop_id, *names[at:]]
                longer = time_tour(problem, rider, order[first:], returns)
                if longer is not None and [name for name in order[first:] if name in at_door] in ([], at_door):
                    tours = tuple({**running, rider.vehicle_id: longer}.values())
                    cost = cost_of(problem, tours, plan.unserved)
                    if not check_plan(problem, RoutePlan(tours, plan.unserved, cost)):
                        yield cost.total_m - plan.cost.total_m, rider.vehicle_id


ROUNDING_M = 1
"""Of costs at a percentage or by the hour the search knows sixteenths of a metre, the judge whole metres by tour."""


@pytest.mark.parametrize("seed", range(80))
def test_no_place_is_cheaper_than_the_one_found_and_it_costs_what_is_said(seed: int) -> None:
    problem, plan = any_day(seed)
    running, chance = RunningTours(problem, plan), Random(seed)
    for number in range(4):
        new = any_stop(chance, f"N{number}")
        costs = sorted(with_one_more(problem, plan, new))
        found = running.insert(new)
        if isinstance(found, Unserved):
            assert not costs, found.reason
            continue
        assert (found.extra_m, found.vehicle_id) in costs
        assert found.extra_m <= costs[0][0] + ROUNDING_M
        problem, plan = running.now()
        assert check_plan(problem, plan) == ()


@pytest.mark.parametrize("seed", range(40))
def test_what_is_taken_out_leaves_the_tours_right_and_may_come_back(seed: int) -> None:
    problem, plan = any_day(seed)
    running, chance = RunningTours(problem, plan), Random(seed)
    frozen = {visit.stop_id for rider in problem.vehicles for visit in rider.frozen}
    served = [visit.stop_id for tour in plan.tours for visit in tour.visits if visit.stop_id not in frozen]
    stops = {one.stop_id: one for one in problem.stops}
    left_out = {one.stop_id for one in plan.unserved}
    for name in chance.sample(served, min(3, len(served))):
        try:
            running.remove(name)
        except Conflict:
            continue  # one-way streets: the way without it is longer
        now, after = running.now()
        late = {one.subject for one in check_plan(now, after)}
        assert late <= left_out, "only that now somebody could serve what was left out"
        back = running.insert(stops[name])
        assert isinstance(back, Insertion), "where it was there is room"


def test_more_stops_than_there_was_room_for_come_and_go() -> None:
    facts = {"shift_end_s": NOON_S + 90_000, "capacity_parcels": 1_000}
    problem = street([stop("A", 1)], [vehicle(**facts), vehicle("R02", **facts)])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    for number in range(150):
        found = running.insert(stop(f"N{number}", number % 4 + 1, service_s=10))
        assert isinstance(found, Insertion)
        if number % 3 == 0:
            running.remove(f"N{number}")
    now, plan = running.now()
    assert check_plan(now, plan) == ()
    assert sum(len(tour.visits) for tour in plan.tours) == 101


def test_to_ask_changes_nothing() -> None:
    problem = street([stop("A", 1), stop("C", 3)], [vehicle()])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    before = running.now()[1]
    first = running.cheapest(stop("N", 4))
    assert running.cheapest(stop("M", 2)) != first
    assert running.cheapest(stop("N", 4)) == first
    assert running.now()[1] == before


def test_a_stop_on_the_way_costs_no_metre_and_one_beyond_the_way_there_and_back() -> None:
    problem = street([stop("A", 1), stop("C", 3)], [vehicle()])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    on_the_way, beyond = running.cheapest(stop("B", 2)), running.cheapest(stop("D", 4))
    assert isinstance(on_the_way, Insertion)
    assert isinstance(beyond, Insertion)
    assert (on_the_way.extra_m, beyond.extra_m) == (0, 200)
    assert on_the_way.tour.visits[on_the_way.position].stop_id == "B"
    assert on_the_way.tour.visits[on_the_way.position].departure_s == on_the_way.begins_s


def test_sending_out_another_rider_costs_what_he_costs() -> None:
    problem = street([stop("A", 1)], [vehicle(max_stops=1), vehicle("R02", max_stops=1)])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    found = running.insert(stop("B", 2))
    assert isinstance(found, Insertion)
    assert found.extra_m == 1_000 + 400
    assert running.cheapest(stop("C", 3)) == Unserved("C", Reason.LOADS_FULL)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"skills": frozenset({"van"})}, Reason.NO_SKILL),
        ({"weight_g": 10_001}, Reason.TOO_HEAVY),
        ({"parcels": 11}, Reason.TOO_MANY_PARCELS),
        ({"cash_poisha": 10_001}, Reason.OVER_CASH_CAP),
        ({"windows": (Window(NOON_S - 9, NOON_S),)}, Reason.WINDOW_CLOSED),
        ({"service_s": 900}, Reason.SHIFT_TOO_SHORT),
        ({"weight_g": 5_001}, Reason.LOADS_FULL),
        ({"cash_poisha": 4_001}, Reason.CASH_CAPS_REACHED),
        ({"service_s": 650}, Reason.NO_TIME_LEFT),
    ],
)
def test_a_stop_that_finds_no_place_says_why(facts: dict[str, object], reason: Reason) -> None:
    one = stop("A", 1, weight_g=5_000, cash_poisha=6_000, service_s=60)
    problem = street([one], [vehicle()])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    assert running.insert(stop("N", 1, **facts)) == Unserved("N", reason)


def test_where_nobody_is_on_duty_nothing_is_taken() -> None:
    problem = street([stop("A", 1)], [])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    assert running.cheapest(stop("N", 1)) == Unserved("N", Reason.NO_VEHICLE)
    running.remove("A")
    assert running.now()[1] == solve(street([], []), Budget(iterations=0))


def test_a_stop_joins_the_others_of_its_door() -> None:
    problem = street([stop("A", 1, door="D"), stop("C", 3)], [vehicle()])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    assert running.insert(stop("N", 1, door="D", service_s=30)) != Unserved("N", Reason.DOOR_REFUSED)
    now, plan = running.now()
    assert check_plan(now, plan) == ()
    running.remove("A")
    assert check_plan(*running.now()) == ()
    assert running.cheapest(stop("M", 1, door="D", weight_g=10_001)) == Unserved("M", Reason.DOOR_REFUSED)


def test_what_cannot_be_is_refused() -> None:
    problem = street([stop("A", 1), stop("B", 2, door="D")], [vehicle()])
    plan = solve(problem, Budget(iterations=0))
    running = RunningTours(problem, plan)
    for wrong, said in (
        (stop("A", 3), "is there already"),
        (stop("N", 0), "there is no node 0"),
        (stop("N", 5), "there is no node 5"),
        (stop("N", 3, door="D"), "door D is at several nodes"),
        (stop("N", 3, weight_g=-1), "weight_g -1"),
    ):
        with pytest.raises(Unacceptable, match=said):
            running.cheapest(wrong)
    with pytest.raises(NotFound, match="there is no stop N"):
        running.remove("N")
    under_way = replace(problem, vehicles=(vehicle(frozen=plan.tours[0].visits[:1]),))
    with pytest.raises(Conflict, match="is frozen"):
        RunningTours(under_way, plan).remove(plan.tours[0].visits[0].stop_id)
    with pytest.raises(Unacceptable, match="the plan breaks a rule"):
        RunningTours(problem, replace(plan, tours=()))


def test_the_stops_of_a_door_count_one_by_one() -> None:
    problem = street([stop("A", 1, door="D"), stop("B", 1, door="D")], [vehicle(max_stops=4)])
    running = RunningTours(problem, solve(problem, Budget(iterations=0)))
    assert isinstance(running.insert(stop("M", 1, door="D")), Insertion)
    assert isinstance(running.insert(stop("N", 2)), Insertion)
    assert running.insert(stop("O", 2)) == Unserved("O", Reason.LOADS_FULL)
