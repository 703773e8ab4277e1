"""Doors and riders of an office as a routing problem, and back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from math import ceil

import numpy as np

from post_logistics.network.fleet import Day, Rider
from post_logistics.network.offices import PostOffice
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.doors import Door
from post_logistics.routing.matrix import RoadDistances, door_distances
from post_logistics.routing.problem import DEPOT, Matrix, RoutingProblem, Stop, Vehicle
from post_logistics.units import DHAKA, Postcode


@dataclass(frozen=True, slots=True)
class TourProblem:
    """An office's doors for one kind of tour, and the routing problem made of them; stop ``n`` is door ``n``."""

    office: Postcode
    kind: str
    doors: tuple[Door, ...]
    riders: tuple[Rider, ...]
    routing: RoutingProblem

    def door(self, stop_id: str) -> Door:
        """The door of a stop."""
        return self.doors[int(stop_id)]

    def vehicle(self, rider_id: str) -> str:
        """What a rider rides, in English."""
        return next(rider.vehicle.name_en for rider in self.riders if rider.rider_id == rider_id)

    def limited_to(self, riders: Sequence[str], leave_at: datetime) -> "TourProblem":
        """The same for those riders alone, none of whom leaves the office earlier on that day."""
        leave_s = _seconds(leave_at.astimezone(DHAKA).time())
        vehicles = tuple(
            replace(one, shift_start_s=max(one.shift_start_s, leave_s))
            for one in self.routing.vehicles
            if one.vehicle_id in riders
        )
        return replace(self, routing=replace(self.routing, vehicles=vehicles))

    def distance_in_order_m(self, tours: int) -> int:
        """Metres of as many tours of equal length through the doors in the order of booking: a day nobody planned."""
        if not tours:
            return 0
        nodes = list(range(1, len(self.doors) + 1))
        size = ceil(len(nodes) / tours)
        return sum(_length_m(self.routing.distance_m, nodes[i : i + size]) for i in range(0, len(nodes), size))


def _length_m(distance_m: Matrix, nodes: Sequence[int]) -> int:
    way = [DEPOT, *nodes, DEPOT]
    return int(distance_m[way[:-1], way[1:]].sum())


def tour_problem(facts: Facts, office: Postcode, kind: str, doors: Sequence[Door], service_on: date) -> TourProblem:
    """The problem of those doors for the riders of the office. All doors must be visited if any rider can."""
    home, day = facts.offices.get(office), facts.fleet.day
    riders = facts.fleet.riders(office, kind)
    speeds = {rider.vehicle.kind: rider.vehicle.speed_m_per_h for rider in riders}
    slowest = min(speeds.values())
    roads = _roads(facts, home, doors)
    start, end = (day.pickup_start, day.pickup_end) if kind == "pickup" else (day.delivery_start, day.delivery_end)
    cap_poisha = facts.cod_rules.on(service_on).rider_cash_cap_poisha
    return TourProblem(
        office=office,
        kind=kind,
        doors=tuple(doors),
        riders=riders,
        routing=RoutingProblem(
            stops=tuple(_stop(n, door, day, kind) for n, door in enumerate(doors)),
            vehicles=tuple(_vehicle(rider, start, end, cap_poisha) for rider in riders),
            distance_m=roads.distance_m,
            duration_s=roads.ridden_s(slowest),
            kind_duration_s={kind: roads.ridden_s(speed) for kind, speed in speeds.items() if speed != slowest},
        ),
    )


def _roads(facts: Facts, home: PostOffice, doors: Sequence[Door]) -> RoadDistances:
    """Between office and doors, (n + 1, n + 1): by road where roads are known, else estimated. Doors of one area,
    whose place in it nobody knows, are always estimated."""
    lat_deg = [home.lat_deg, *(door.lat_deg for door in doors)]
    lon_deg = [home.lon_deg, *(door.lon_deg for door in doors)]
    areas = ["", *(door.area for door in doors)]
    estimate_m = door_distances(lat_deg, lon_deg, [0, *(door.precision_m for door in doors)], areas)
    same_area = np.array(areas)[:, np.newaxis] == np.array(areas)
    return facts.roads.distances(lat_deg, lon_deg, estimate_m).with_estimates(same_area, estimate_m)


def _stop(n: int, door: Door, day: Day, kind: str) -> Stop:
    first_s, more_s = (day.pickup_s, day.pickup_parcel_s) if kind == "pickup" else (day.stop_s, day.parcel_s)
    return Stop(
        stop_id=str(n),
        node=n + 1,
        parcels=len(door.items),
        weight_g=door.weight_g,
        cash_poisha=door.cash_poisha,
        service_s=first_s + more_s * (len(door.items) - 1),
    )


def _vehicle(rider: Rider, start: time, end: time, cap_poisha: int) -> Vehicle:
    return Vehicle(
        vehicle_id=rider.rider_id,
        kind=rider.vehicle.kind,
        capacity_g=rider.vehicle.capacity_g,
        capacity_parcels=rider.vehicle.capacity_parcels,
        cash_cap_poisha=cap_poisha,
        shift_start_s=_seconds(start),
        shift_end_s=_seconds(end),
        fixed_cost_m=rider.vehicle.fixed_cost_m,
    )


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
