"""Which office delivers what: the responsible one, and when that is full its neighbours, by minimum-cost flow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from post_logistics.errors import Unacceptable
from post_logistics.routing.matrix import road_estimate_between

Grid = npt.NDArray[np.int64]
"""(rows, offices) int64."""
Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Shares = tuple[Whole, Whole, Whole]
"""Row, number of the office and parcels of each share. The number after the last office stands for none."""


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
    responsible = np.array([index[demand.responsible] for demand in demands])
    lat_deg, lon_deg = _points(demands, offices, responsible)
    parcels = np.array([demand.parcels for demand in demands], dtype=np.int64)
    rows, numbers, shares = _share_out(responsible, lat_deg, lon_deg, parcels, offices, len(offices))
    flow = np.zeros((len(demands), len(offices) + 1), dtype=np.int64)
    flow[rows, numbers] = shares
    left = np.array([office.capacity_parcels for office in offices]) - flow[:, :-1].sum(axis=0)
    distance_m = _distances_m(lat_deg, lon_deg, offices)
    return [
        _explained(demand, offices, distance_m[row].tolist(), flow[row, :-1].tolist(), left.tolist())
        for row, demand in enumerate(demands)
    ]


def assign_parcels(
    responsible: Whole, lat_deg: Floats, lon_deg: Floats, offices: Sequence[Office], candidates: int = 12
) -> Whole:
    """The number of the office of each of n parcels: (n,) int64, -1 where none has room.

    ``responsible``: (n,) int64, the number of the office of its area; ``lat_deg``, ``lon_deg``: (n,) float64. As
    `assign` without its explanations, for the whole country's day. Parcels at one point count as one row, and only
    those whose office is too small for its own are routed, each to one of the nearest ``candidates`` offices with room
    to spare: the roads are the shortest over these. If they do not suffice, the candidates are doubled.

    Unacceptable if a responsible office is none of those given.
    """
    strange = np.flatnonzero((responsible < 0) | (responsible >= len(offices)))
    if len(strange):
        row = int(strange[0])
        message = f"there is no office number {responsible[row]}"
        raise Unacceptable(message, field="responsible", row=row + 1, remedy="number the offices from 0")
    order = np.lexsort((lon_deg, lat_deg, responsible))
    at_home, lat, lon = responsible[order], lat_deg[order], lon_deg[order]
    same = (np.diff(at_home) == 0) & (np.diff(lat) == 0) & (np.diff(lon) == 0)
    first = np.flatnonzero(np.append(np.ones(min(1, len(order)), dtype=np.bool_), ~same))
    parcels = np.diff(np.append(first, len(order)))
    _, numbers, shares = _share_out(at_home[first], lat[first], lon[first], parcels, offices, candidates)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.repeat(np.where(numbers < len(offices), numbers, -1), shares)
    return found


def _points(demands: Sequence[Demand], offices: Sequence[Office], responsible: Whole) -> tuple[Floats, Floats]:
    homes = [offices[number] for number in responsible]
    return (
        np.array([h.lat_deg if d.lat_deg is None else d.lat_deg for d, h in zip(demands, homes, strict=True)]),
        np.array([h.lon_deg if d.lon_deg is None else d.lon_deg for d, h in zip(demands, homes, strict=True)]),
    )


def _distances_m(lat_deg: Floats, lon_deg: Floats, offices: Sequence[Office]) -> Grid:
    return road_estimate_between(
        lat_deg, lon_deg, [office.lat_deg for office in offices], [office.lon_deg for office in offices]
    )


def _share_out(
    responsible: Whole, lat_deg: Floats, lon_deg: Floats, parcels: Whole, offices: Sequence[Office], candidates: int
) -> Shares:
    """The shares of every row, in their order and each row's best first.

    An office with room for its own keeps them all, and one without takes no others: were it otherwise, two parcels
    could change places and one of them would be at home. So only rows of full offices are routed.
    """
    capacity = np.array([office.capacity_parcels for office in offices], dtype=np.int64)
    spare = capacity - np.bincount(responsible, parcels, len(offices)).astype(np.int64)
    full = spare[responsible] < 0
    home, away = np.flatnonzero(~full), np.flatnonzero(full)
    if not len(away):
        return home, responsible, parcels
    point = lat_deg[away], lon_deg[away]
    home_m = np.empty(len(away), dtype=np.int64)
    for office in np.flatnonzero(spare < 0).tolist():
        own = responsible[away] == office
        home_m[own] = _distances_m(point[0][own], point[1][own], [offices[office]])[:, 0]
    other_m = _distances_m(*point, [offices[office] for office in np.flatnonzero(spare > 0).tolist()])
    row, number, share = _overflow(responsible[away], parcels[away], home_m, other_m, capacity, spare, candidates)
    rows = np.append(home, away[row])
    order = np.argsort(rows, kind="stable")
    numbers, shares = np.append(responsible[home], number), np.append(parcels[home], share)
    return rows[order], numbers[order], shares[order]


def _overflow(
    responsible: Whole, parcels: Whole, home_m: Whole, other_m: Grid, capacity: Whole, spare: Whole, candidates: int
) -> Shares:
    """The shares of rows whose offices are full, by minimum-cost flow.

    It is known how many parcels each full office keeps, as many as it can, and how many find room nowhere. So the flow
    has these as its demands and only metres as its costs. It exists unless the candidates are too few.
    """
    rows, nowhere, others = len(responsible), len(capacity), np.flatnonzero(spare > 0)
    kept = np.where(spare < 0, capacity, 0)
    overflow = int(parcels.sum() - kept.sum())
    short = max(0, overflow - int(spare[others].sum()))
    few = min(candidates, len(others))
    near = np.argpartition(other_m, few - 1)[:, :few] if few else np.empty((rows, 0), dtype=np.int64)
    ends = [responsible, others[near]] + ([np.full(rows, nowhere)] if short else [])
    lengths_m = [home_m, np.take_along_axis(other_m, near, axis=1)] + ([np.zeros_like(home_m)] if short else [])
    number, length_m = np.column_stack(ends), np.column_stack(lengths_m).ravel()
    row, number = np.repeat(np.arange(rows), number.shape[1]), number.ravel()
    sink = rows + nowhere + 1
    graph = min_cost_flow.SimpleMinCostFlow()
    arcs = graph.add_arcs_with_capacity_and_unit_cost(row, rows + number, parcels[row], length_m)
    graph.add_arcs_with_capacity_and_unit_cost(
        rows + others, np.full(len(others), sink), spare[others], np.zeros(len(others), dtype=np.int64)
    )
    graph.set_nodes_supplies(np.arange(sink + 1), np.concatenate([parcels, -kept, [-short, short - overflow]]))
    status = graph.solve()
    if status == graph.INFEASIBLE and few < len(others):
        return _overflow(responsible, parcels, home_m, other_m, capacity, spare, max(1, 2 * candidates))
    assert status == graph.OPTIMAL, f"a flow to all offices exists, but the solver says {status}"
    flow = np.asarray(graph.flows(arcs), dtype=np.int64)
    taken = np.flatnonzero(flow)
    away = number[taken] != responsible[row[taken]]
    taken = taken[np.lexsort((length_m[taken], number[taken] == nowhere, away, row[taken]))]
    return row[taken], number[taken], flow[taken]


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
