"""Small worlds to route in: a street on which everything can be worked out by hand, and random towns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import strategies as st

from post_logistics.routing.plan import Cost, DepotReturn, Reason, Rest, RoutePlan, Tour, Unserved, Visit
from post_logistics.routing.problem import Break, Matrix, RoutingProblem, Stop, Vehicle, Window

NOON_S = 43_200


def stop(name: str, node: int, **facts: object) -> Stop:
    return Stop(stop_id=name, node=node, **facts)  # type: ignore[arg-type]


def vehicle(name: str = "R01", **facts: object) -> Vehicle:
    """A rider with room for anything, on duty from noon for a quarter of an hour."""
    roomy = {
        "kind": "bicycle",
        "capacity_g": 10_000,
        "capacity_parcels": 10,
        "cash_cap_poisha": 10_000,
        "shift_start_s": NOON_S,
        "shift_end_s": NOON_S + 900,
        "fixed_cost_m": 1_000,
    }
    return Vehicle(vehicle_id=name, **(roomy | facts))  # type: ignore[arg-type]


def street(
    stops: Sequence[Stop], vehicles: Sequence[Vehicle], doors_m: Sequence[int] = (100, 200, 300, 400)
) -> RoutingProblem:
    """A straight street, ridden at a metre a second: the office at 0, node i at ``doors_m[i - 1]`` metres."""
    at_m = np.array([0, *doors_m], dtype=np.int64)
    distance_m = abs(at_m[:, np.newaxis] - at_m)
    return RoutingProblem(stops=tuple(stops), vehicles=tuple(vehicles), distance_m=distance_m, duration_s=distance_m)


def town(doors: int, riders: int, seed: int) -> RoutingProblem:
    """An office-day: doors in clusters around the office, motorcycles with loads and a cap on cash that bind."""
    chance = np.random.default_rng(seed)
    clusters = chance.normal(0, 1_500, (max(3, doors // 12), 2))
    at_m = np.vstack([[[0, 0]], clusters[chance.integers(0, len(clusters), doors)] + chance.normal(0, 200, (doors, 2))])
    distance_m = straight(at_m)
    stops = [
        stop(
            f"S{node:03d}",
            node,
            weight_g=int(chance.integers(100, 3_000)),
            cash_poisha=int(chance.integers(30_000, 400_000)),
            service_s=int(chance.integers(120, 360)),
        )
        for node in range(1, doors + 1)
    ]
    load = {"capacity_g": 60_000, "capacity_parcels": 45, "cash_cap_poisha": 8_000_000}
    shift = {"shift_start_s": 45_000, "shift_end_s": 70_200, "fixed_cost_m": 50_000}
    return RoutingProblem(
        stops=tuple(stops),
        vehicles=tuple(vehicle(f"R{n:02d}", **load, **shift) for n in range(riders)),
        distance_m=distance_m,
        duration_s=distance_m * 2 // 7,
    )


def straight(at_m: np.ndarray) -> Matrix:  # type: ignore[type-arg]
    """Straight-line distances, rounded up so that no way round is shorter: (n, n) int64, metres."""
    return np.ceil(np.hypot(*(at_m[:, np.newaxis] - at_m).transpose(2, 0, 1))).astype(np.int64)


@st.composite
def problems(draw: st.DrawFn, doors: int = 5) -> RoutingProblem:
    """Small towns in which every limit is tight enough to bind now and then."""
    at_m = np.array([[0, 0], *(draw(st.tuples(st.integers(-300, 300), st.integers(-300, 300))) for _ in range(doors))])
    distance_m = straight(at_m)
    windows = st.tuples(st.integers(0, 800), st.integers(1, 600)).map(
        lambda w: (Window(NOON_S + w[0], NOON_S + w[0] + w[1]),)
    )
    stops = [
        stop(
            f"S{node}",
            node,
            parcels=draw(st.integers(1, 4)),
            weight_g=draw(st.integers(0, 4_000)),
            cash_poisha=draw(st.integers(0, 4_000)),
            service_s=draw(st.integers(0, 120)),
            windows=draw(st.one_of(st.just(()), windows)),
            prize_m=draw(st.one_of(st.none(), st.integers(0, 3_000))),
        )
        for node in range(1, draw(st.integers(0, doors)) + 1)
    ]
    riders = [
        vehicle(
            f"R{n}",
            kind=draw(st.sampled_from(["bicycle", "van"])),
            capacity_g=draw(st.sampled_from([2_000, 6_000, 10_000])),
            capacity_parcels=draw(st.sampled_from([2, 5, 10])),
            cash_cap_poisha=draw(st.sampled_from([2_000, 6_000, 10_000])),
            shift_end_s=NOON_S + draw(st.sampled_from([300, 900, 1_500])),
            max_stops=draw(st.sampled_from([None, 1, 2])),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    return RoutingProblem(
        stops=tuple(stops),
        vehicles=tuple(riders),
        distance_m=distance_m,
        duration_s=distance_m,
        kind_duration_s={"van": distance_m // 2},
    )


def ridden(
    problem: RoutingProblem,
    depart: int,
    calls: Sequence[tuple[str, int, int]],
    back: int,
    *,
    rest: tuple[int, int] | None = None,
    left: Sequence[Unserved] = (),
) -> RoutePlan:
    """The plan in which the first vehicle calls at those stops, from when to when in seconds after noon.

    A call at "office" is a return. Totals, and the cost at 1 a metre, are right; the times are what is to be judged.
    """
    mine, stops = problem.vehicles[0], {one.stop_id: one for one in problem.stops}
    at = [mine.start_node, *(stops[name].node if name in stops else mine.start_node for name, _, _ in calls)]
    legs = list(pairwise([*at, mine.end_node]))
    served = [stops[name] for name, _, _ in calls if name in stops]
    made, returns = [], []
    for name, arrival, departure in calls:
        if name in stops:
            made.append(Visit(name, NOON_S + arrival, NOON_S + departure))
        else:
            returns.append(DepotReturn(len(made), NOON_S + arrival, NOON_S + departure))
    one = Tour(
        vehicle_id=mine.vehicle_id,
        depart_s=NOON_S + depart,
        visits=tuple(made),
        return_s=NOON_S + back,
        distance_m=sum(int(problem.distance_m[leg]) for leg in legs),
        work_s=sum(int(problem.duration_s[leg]) for leg in legs)
        + sum(it.service_s for it in served)
        + mine.reload_s * len(returns),
        parcels=sum(it.parcels for it in served),
        weight_g=sum(it.weight_g for it in served),
        cash_poisha=sum(it.cash_poisha for it in served),
        returns=tuple(returns),
        rest=None if rest is None else Rest(NOON_S + rest[0], NOON_S + rest[1]),
    )
    behind = sum(stops[it.stop_id].prize_m is None for it in left)
    missed_m = sum(stops[it.stop_id].prize_m or 0 for it in left)
    cost = Cost(left_behind=behind, distance_m=one.distance_m, fixed_m=mine.fixed_cost_m, prizes_missed_m=missed_m)
    return RoutePlan((one,), tuple(left), cost)


def driven(speed_pct: Sequence[int], leave_s: int, travel_s: int) -> int:
    """When one who leaves then arrives, second by second; ``speed_pct`` as a vehicle has it."""
    clock_s, left = leave_s, 100 * travel_s
    while left > 0:
        left -= speed_pct[clock_s // 3_600 % 24] if speed_pct else 100
        clock_s += 1
    return clock_s


def right_plan(chance: Random) -> tuple[RoutingProblem, RoutePlan]:
    """A tour made by riding it, with a problem all of whose limits are exactly what it needs: right by construction."""
    way_m, travel_s = _random_matrix(chance), _random_matrix(chance)
    count = chance.randint(1, 5)
    frozen = chance.choice([0, 0, chance.randint(0, count)])
    after = [number for number in range(max(1, frozen), count) if chance.random() < 0.3]
    stops = [_random_stop(chance, f"S{number}") for number in range(1, count + 1)]
    behind = {number for number in range(frozen + 1, count) if number not in after and chance.random() < 0.3}
    for number in sorted(behind):
        door = {"node": stops[number - 1].node, "door": stops[number - 1].door or f"D{number}"}
        stops[number - 1 : number + 1] = [replace(one, **door) for one in stops[number - 1 : number + 1]]
    rider = vehicle(
        kind="van",
        start_node=chance.randint(0, 3),
        end_node=chance.randint(0, 3),
        reload_s=chance.randint(0, 90),
        speed_pct=chance.choice([(), tuple(chance.choice([20, 50, 100, 150]) for _ in range(24))]),
        shift_start_s=NOON_S - chance.randint(0, 4_000),
        fixed_cost_m=chance.randint(0, 900),
        distance_cost_pct=chance.randint(0, 300),
        hour_cost_m=chance.randint(0, 9_000),
        beats=frozenset({"north"}),
        skills=frozenset({"van"}),
    )
    rider, stops, tour = _ridden(chance, travel_s, rider, stops, frozen, after, behind)
    nodes = [rider.start_node, *_nodes(rider, stops, after), rider.end_node]
    tour = replace(
        tour,
        distance_m=sum(int(way_m[leg]) for leg in pairwise(nodes)),
        work_s=sum(int(travel_s[leg]) for leg in pairwise(nodes))
        + sum(one.service_s for one in stops)
        + rider.reload_s * len(after),
        parcels=sum(one.parcels for one in stops),
        weight_g=sum(one.weight_g for one in stops),
        cash_poisha=sum(one.cash_poisha for one in stops),
    )
    fairness_m, off_beat_m = chance.randint(0, 9_000), chance.randint(0, 50)
    problem = RoutingProblem(
        stops=(*stops, stop("heavy", 1, weight_g=10**6), stop("waits", 2, prize_m=7)),
        vehicles=(replace(rider, **_needed(rider, stops, after)), vehicle("idle", capacity_g=0)),
        distance_m=travel_s,
        duration_s=way_m,
        kind_distance_m={"van": way_m},
        kind_duration_s={"van": travel_s},
        off_beat_m=off_beat_m,
        fairness_m=fairness_m,
    )
    cost = Cost(
        left_behind=1,
        distance_m=tour.distance_m * rider.distance_cost_pct // 100,
        time_m=tour.work_s * rider.hour_cost_m // 3_600,
        fixed_m=rider.fixed_cost_m,
        prizes_missed_m=7,
        off_beat_m=off_beat_m * sum(one.beat == "south" for one in stops),
        fairness_m=fairness_m * tour.work_s * tour.work_s // (3_600 * 3_600),
    )
    left = (Unserved("heavy", Reason.TOO_HEAVY), Unserved("waits", Reason.NOT_WORTH_THE_WAY))
    return problem, RoutePlan((tour,), left, cost)


def _random_matrix(chance: Random) -> Matrix:
    matrix = np.array([[chance.randint(0, 400) for _ in range(4)] for _ in range(4)], dtype=np.int64)
    np.fill_diagonal(matrix, 0)
    return matrix


def _random_stop(chance: Random, name: str) -> Stop:
    return stop(
        name,
        chance.randint(1, 3),
        parcels=chance.randint(0, 3),
        weight_g=chance.randint(0, 9),
        volume_ml=chance.randint(0, 9),
        cash_poisha=chance.randint(0, 9),
        pickup=chance.random() < 0.4,
        service_s=chance.choice([0, chance.randint(1, 60)]),
        skills=frozenset(chance.choice([(), ("van",)])),
        beat=chance.choice([None, "north", "south"]),
    )


def _ridden(
    chance: Random,
    travel_s: Matrix,
    rider: Vehicle,
    stops: list[Stop],
    frozen: int,
    after: list[int],
    behind: set[int],
) -> tuple[Vehicle, list[Stop], Tour]:
    """The tour with its times; the stops with windows of the very second of service; rider, shift and break to fit.

    Visits up to ``frozen`` are facts, the office is called at ``after`` so many visits, and the stops numbered
    ``behind`` follow at the same door.
    """
    length_s = chance.randint(2, 400)
    places = ["none", "depot", "back", *(f"{when}{n}" for when in ("waiting", "done") for n in range(len(stops)))]
    places += [f"{when} office{n}" for when in ("waiting", "done") for n in after]
    spoilt = {f"waiting{n}" for n in behind} | {f"done{n - 1}" for n in behind}
    place, rest = chance.choice([one for one in places if one not in spoilt]), None

    def rested_s(here: str, now_s: int) -> int:
        nonlocal rest
        if here != place:
            return now_s
        start_s = now_s + chance.choice([0, chance.randint(1, 60)])
        rest = Rest(start_s, start_s + length_s)
        return rest.end_s

    depart_s = clock_s = rested_s("depot", rider.shift_start_s) + chance.randint(0, 60)
    node, visits, returns, kept = rider.start_node, [], [], []
    for number, one in enumerate(stops):
        if number in after:
            arrival_s = driven(rider.speed_pct, clock_s, int(travel_s[node, rider.start_node]))
            departure_s = rested_s(f"waiting office{number}", arrival_s) + rider.reload_s
            returns.append(DepotReturn(number, arrival_s, departure_s))
            node, clock_s = rider.start_node, rested_s(f"done office{number}", departure_s)
        if number < frozen:
            arrival_s = clock_s + chance.randint(0, 60)
            kept.append(replace(one, windows=(Window(0, 1),), skills=frozenset({"none has it"})))
        else:
            arrival_s = driven(rider.speed_pct, clock_s, int(travel_s[node, one.node]))
        start_s = rested_s(f"waiting{number}", arrival_s)
        start_s += 0 if number in behind else chance.choice([0, chance.randint(1, 60)])
        if number >= frozen:
            kept.append(replace(one, windows=chance.choice([(), (Window(5, 6), Window(start_s, start_s + 1))])))
        visits.append(Visit(one.stop_id, arrival_s, start_s + one.service_s))
        node, clock_s = one.node, rested_s(f"done{number}", visits[-1].departure_s)
    return_s = driven(rider.speed_pct, clock_s, int(travel_s[node, rider.end_node]))
    done_s = rested_s("back", return_s)
    late = frozen == len(stops) and place not in {"back", f"done{frozen - 1}"} and chance.random() < 0.5
    rider = replace(
        rider,
        shift_end_s=max(rider.shift_start_s + 1, 0 if late else done_s),
        frozen=tuple(visits[:frozen]),
        pause=rest and Break(earliest_s=rest.start_s, latest_s=rest.start_s, duration_s=length_s),
    )
    way = {"depart_s": depart_s, "visits": tuple(visits), "return_s": return_s, "returns": tuple(returns), "rest": rest}
    totals = dict.fromkeys(("distance_m", "work_s", "parcels", "weight_g", "cash_poisha"), 0)
    return rider, kept, Tour(vehicle_id=rider.vehicle_id, **way, **totals)  # type: ignore[arg-type]


def _nodes(rider: Vehicle, stops: Sequence[Stop], after: Sequence[int]) -> Iterator[int]:
    for number, one in enumerate(stops):
        yield from [rider.start_node] * (number in after)
        yield one.node


def _needed(rider: Vehicle, stops: Sequence[Stop], after: Sequence[int]) -> dict[str, int]:
    """The limits that a tour just keeps, leg by leg."""
    trips = [stops[start:end] for start, end in pairwise([0, *after, len(stops)])]

    def on_board(load: str) -> int:
        legs = [(trip[:place], trip[place:]) for trip in trips for place in range(len(trip) + 1)]
        return max(
            sum(getattr(one, load) for one in behind if one.pickup)
            + sum(getattr(one, load) for one in ahead if not one.pickup)
            for behind, ahead in legs
        )

    return {
        "capacity_g": on_board("weight_g"),
        "capacity_ml": on_board("volume_ml"),
        "capacity_parcels": on_board("parcels"),
        "cash_cap_poisha": max(sum(one.cash_poisha for one in trip) for trip in trips),
        "max_stops": len(stops),
        "max_returns": len(after),
    }
