"""Which office delivers what: the responsible one, and when that is full its neighbours, by minimum-cost flow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from post_logistics.errors import Unacceptable
from post_logistics.routing.matrix import road_estimate_between

Grid = npt.NDArray[np.int64]
"""(demands, offices) int64."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The parcels of one area on one day, and the office responsible for it.

    Distances are taken from the area's point, or if it has none from its responsible office.
    """

    responsible: str
    parcels: int
    lat_deg: float | None = None
    lon_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """An office of delivery and how many parcels more it can deliver that day."""

    office: str
    capacity_parcels: int
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class Share:
    """The parcels of an area that one office delivers, and why it does."""

    office: str
    parcels: int
    distance_m: int
    why: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another office that could have delivered: how far from the area, and the room it has left in the end."""

    office: str
    distance_m: int
    left_parcels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Where an area's parcels go. ``unassigned`` of them find no room at any office."""

    responsible: str
    parcels: int
    shares: tuple[Share, ...]
    alternatives: tuple[Alternative, ...]
    unassigned: int


def assign(demands: Sequence[Demand], offices: Sequence[Office]) -> list[Assignment]:
    """An assignment per demand, in their order: as many parcels as possible find an office, of these as few as
    possible another than the responsible one, and those by the shortest roads all told (estimated).

    So an area overflows only if its responsible office is full, and parcels stay unassigned only if all are. Shares
    and alternatives are in the order of distance. Unacceptable if a demand names an office that is not given.
    """
    index = {office.office: number for number, office in enumerate(offices)}
    for row, demand in enumerate(demands, start=1):
        if demand.responsible not in index:
            raise Unacceptable(
                f"office {demand.responsible} is not among the offices of that day", field="responsible", row=row
            )
    if not demands:
        return []
    at_home = np.array([index[demand.responsible] for demand in demands])
    distance_m = _distances(demands, offices, at_home)
    flow = _cheapest_flow(demands, offices, distance_m, at_home)
    left = np.array([office.capacity_parcels for office in offices]) - flow.sum(axis=0)
    return [
        _explained(demand, offices, distance_m[row].tolist(), flow[row].tolist(), left.tolist())
        for row, demand in enumerate(demands)
    ]


def _distances(demands: Sequence[Demand], offices: Sequence[Office], at_home: npt.NDArray[np.int64]) -> Grid:
    homes = [offices[number] for number in at_home]
    return road_estimate_between(
        [h.lat_deg if d.lat_deg is None else d.lat_deg for d, h in zip(demands, homes, strict=True)],
        [h.lon_deg if d.lon_deg is None else d.lon_deg for d, h in zip(demands, homes, strict=True)],
        [office.lat_deg for office in offices],
        [office.lon_deg for office in offices],
    )


def _cheapest_flow(
    demands: Sequence[Demand], offices: Sequence[Office], distance_m: Grid, at_home: npt.NDArray[np.int64]
) -> Grid:
    """Parcels from each demand to each office.

    Sending one parcel elsewhere moves at most one other at each office in turn, so a charge above the number of offices
    times the longest distance is never worth saving metres for; and likewise once more for leaving a parcel out.
    """
    areas, count = distance_m.shape
    longest_m = int(distance_m.max()) + 1
    elsewhere_m = (count + 1) * longest_m
    nowhere_m = (count + 1) * (elsewhere_m + longest_m)
    cost_m = distance_m + np.where(np.arange(count) == at_home[:, np.newaxis], 0, elsewhere_m)
    parcels = np.array([demand.parcels for demand in demands], dtype=np.int64)
    capacity = np.array([office.capacity_parcels for office in offices], dtype=np.int64)
    nowhere, sink = areas + count, areas + count + 1
    area_nodes, office_nodes = np.arange(areas), np.arange(areas, areas + count)
    graph = min_cost_flow.SimpleMinCostFlow()
    arcs = graph.add_arcs_with_capacity_and_unit_cost(
        np.repeat(area_nodes, count), np.tile(office_nodes, areas), np.repeat(parcels, count), cost_m.ravel()
    )
    graph.add_arcs_with_capacity_and_unit_cost(area_nodes, np.full(areas, nowhere), parcels, np.full(areas, nowhere_m))
    graph.add_arcs_with_capacity_and_unit_cost(
        np.append(office_nodes, nowhere),
        np.full(count + 1, sink),
        np.append(capacity, parcels.sum()),
        np.zeros(count + 1),
    )
    graph.set_nodes_supplies(np.append(area_nodes, sink), np.append(parcels, -parcels.sum()))
    status = graph.solve()
    assert status == graph.OPTIMAL, f"a flow over {nowhere} always exists, but the solver says {status}"
    return np.asarray(graph.flows(arcs), dtype=np.int64).reshape(areas, count)


def _explained(
    demand: Demand, offices: Sequence[Office], distance_m: Sequence[int], flow: Sequence[int], left: Sequence[int]
) -> Assignment:
    nearest_first = sorted(range(len(offices)), key=lambda number: (distance_m[number], offices[number].office))
    return Assignment(
        responsible=demand.responsible,
        parcels=demand.parcels,
        shares=tuple(
            Share(offices[n].office, flow[n], distance_m[n], _why(demand, offices[n], distance_m[n]))
            for n in nearest_first
            if flow[n]
        ),
        alternatives=tuple(
            Alternative(offices[n].office, distance_m[n], left[n]) for n in nearest_first if not flow[n]
        ),
        unassigned=demand.parcels - sum(flow),
    )


def _why(demand: Demand, office: Office, distance_m: int) -> str:
    if office.office == demand.responsible:
        return f"{office.office} is responsible and has room"
    return f"{demand.responsible} is full that day; {office.office} has room, {distance_m / 1000:.1f} km away"
