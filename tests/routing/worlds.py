"""Small worlds to route in: a street on which everything can be worked out by hand, and random towns."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from post_logistics.routing.problem import Matrix, RoutingProblem, Stop, Vehicle, Window

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
