"""Made-up delivery days of real Dhaka offices, with everything a postal problem has, or with what the peers know."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from post_logistics.network.fleet import VehicleKind, load_fleet
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import PostOffice, load_offices
from post_logistics.network.places import Place, load_places
from post_logistics.routing.matrix import door_distances, durations
from post_logistics.routing.problem import Break, RoutingProblem, Stop, Vehicle, Window
from post_logistics.settings import Settings

OFFICES = {60: "1213", 120: "1212", 300: "1216", 450: "1230", 800: "1205"}
"""Most stops of a day -> office of delivery; more than that go from the last."""
FACTS = Settings().facts_dir
HOUR_S = 3_600
SHIFT_S = (10 * HOUR_S, 18 * HOUR_S + 1_800)
LUNCH = Break(earliest_s=12 * HOUR_S, latest_s=14 * HOUR_S, duration_s=1_800)
BEAT_M = 4_000
"""How far from the office doors are."""
VAN = frozenset({"van"})
CASH_CAPS_POISHA = {"motorcycle": 5_000_000, "van": 10_000_000}
CAPACITIES_ML = {"motorcycle": 140_000, "van": 4_000_000}
OFFICE_HOURS = (Window(9 * HOUR_S, 17 * HOUR_S),)
SHOP_HOURS = (Window(10 * HOUR_S, 13 * HOUR_S), Window(15 * HOUR_S, 17 * HOUR_S))


def postal_day(stops: int, seed: int) -> RoutingProblem:
    """A day with weight, room and parcels, cash, windows, a lunch break, pickups, vans for what is bulky, and prizes.

    An eighth of the stops are merchants who hand over, a third offices that close at five, a tenth promised for two
    hours; a fifth of the deliveries may wait. Motorcycles and a few vans, each at its own speed.
    """
    chance = np.random.default_rng([stops, seed])
    postcode = next((office for most, office in OFFICES.items() if stops <= most), OFFICES[max(OFFICES)])
    home, near = _surroundings(postcode)
    places = [near[i] for i in chance.integers(0, len(near), stops)]
    distance_m = door_distances(
        [home.lat_deg, *(place.lat_deg for place in places)],
        [home.lon_deg, *(place.lon_deg for place in places)],
        [0, *(place.precision_m for place in places)],
        ["", *(place.place_id for place in places)],
    )
    kinds = _kinds()
    return RoutingProblem(
        stops=tuple(_call(chance, node) for node in range(1, stops + 1)),
        vehicles=(
            *(_rider(postcode, kinds["motorcycle"], number) for number in range(stops // 25 + 2)),
            *(_rider(postcode, kinds["van"], number) for number in range(stops // 150 + 1)),
        ),
        distance_m=distance_m,
        duration_s=durations(distance_m, kinds["motorcycle"].speed_m_per_h),
        kind_duration_s={"van": durations(distance_m, kinds["van"].speed_m_per_h)},
    )


def shared_day(stops: int, seed: int) -> RoutingProblem:
    """The same day without prizes, breaks, skills and second windows: what PyVRP and VROOM can be told as well."""
    day = postal_day(stops, seed)
    return replace(
        day,
        stops=tuple(replace(stop, prize_m=None, skills=frozenset(), windows=stop.windows[-1:]) for stop in day.stops),
        vehicles=tuple(replace(vehicle, pause=None, skills=frozenset()) for vehicle in day.vehicles),
    )


def plain_day(stops: int, seed: int) -> RoutingProblem:
    """The same day with deliveries by motorcycle only, and nothing but parcels, windows and the shift."""
    day = shared_day(stops, seed)
    return replace(
        day,
        stops=tuple(
            replace(stop, weight_g=0, volume_ml=0, cash_poisha=0, parcels=min(stop.parcels, 5), pickup=False)
            for stop in day.stops
        ),
        vehicles=tuple(vehicle for vehicle in day.vehicles if vehicle.kind == "motorcycle"),
        kind_duration_s={},
    )


@lru_cache
def _surroundings(postcode: str) -> tuple[PostOffice, tuple[Place, ...]]:
    """An office and the places in reach of its postmen."""
    home = load_offices(FACTS).get(postcode)
    near = tuple(
        place
        for place in load_places(FACTS)
        if place.kind in ("area", "road", "landmark")
        and great_circle_m(home.lat_deg, home.lon_deg, place.lat_deg, place.lon_deg) < BEAT_M
    )
    return home, near


def _kinds() -> dict[str, VehicleKind]:
    """The kinds of vehicle that somebody rides in the pilot."""
    fleet = load_fleet(FACTS)
    riders = (*fleet.deliveries.values(), *fleet.pickups.values())
    return {rider.vehicle.kind: rider.vehicle for office in riders for rider in office}


def _rider(postcode: str, kind: VehicleKind, number: int) -> Vehicle:
    return Vehicle(
        vehicle_id=f"{postcode}-{kind.kind}-{number:02d}",
        kind=kind.kind,
        capacity_g=kind.capacity_g,
        capacity_parcels=kind.capacity_parcels,
        capacity_ml=CAPACITIES_ML[kind.kind],
        cash_cap_poisha=CASH_CAPS_POISHA[kind.kind],
        shift_start_s=SHIFT_S[0],
        shift_end_s=SHIFT_S[1],
        pause=LUNCH,
        fixed_cost_m=kind.fixed_cost_m,
        skills=VAN if kind.kind == "van" else frozenset(),
    )


def _call(chance: np.random.Generator, node: int) -> Stop:
    """A stop by lot. The lots are drawn in the same order whatever comes out."""
    pickup, bulky = bool(chance.random() < 1 / 8), bool(chance.random() < 0.03)
    office, promised, waits = chance.random(3) < (1 / 3, 1 / 10, 1 / 5)
    slot_s = int(chance.integers(5, 9)) * 2 * HOUR_S
    parcels = int(chance.integers(5, 21)) if pickup else int(chance.choice([1, 1, 1, 2, 2, 3]))
    weight_g, cash_poisha, prize_m = (int(chance.integers(*bounds)) for bounds in _BOUNDS)
    if pickup:
        return Stop(
            stop_id=str(node),
            node=node,
            pickup=True,
            parcels=parcels,
            weight_g=weight_g * parcels // 3,
            volume_ml=weight_g * parcels,
            service_s=300 + 5 * parcels,
            windows=SHOP_HOURS,
        )
    return Stop(
        stop_id=str(node),
        node=node,
        parcels=parcels,
        weight_g=weight_g + (20_000 if bulky else 0),
        volume_ml=2 * weight_g + (100_000 if bulky else 0),
        cash_poisha=0 if office else cash_poisha,
        service_s=(240 if office else 180) + 30 * (parcels - 1),
        windows=OFFICE_HOURS if office else (Window(slot_s, slot_s + 2 * HOUR_S),) if promised else (),
        prize_m=prize_m if waits else None,
        skills=VAN if bulky else frozenset(),
    )


_BOUNDS = ((200, 3_000), (0, 300_000), (200, 3_000))
"""From, up to but not including: grams, poisha, and the metres that a delivery is worth which may wait."""
