"""Areas to offices: the responsible one first, the fewest elsewhere, the shortest ways, against every possibility."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.routing.assignment import Assignment, Demand, Office, assign, assign_parcels

SOUTH, MIDDLE, NORTH = (23.70, 90.40), (23.75, 90.40), (23.80, 90.40)


def offices(south: int, middle: int, north: int) -> list[Office]:
    return [Office("S", south, *SOUTH), Office("M", middle, *MIDDLE), Office("N", north, *NORTH)]


def given_to(assignment: Assignment) -> dict[str, int]:
    return {share.office: share.parcels for share in assignment.shares}


def test_what_the_responsible_office_can_deliver_it_delivers() -> None:
    (only,) = assign([Demand("M", 5)], offices(9, 5, 9))
    assert given_to(only) == {"M": 5}
    assert only.shares[0].why == "M is responsible and has room"
    assert [(other.office, other.distance_m, other.left_parcels) for other in only.alternatives] == [
        ("N", 6_950, 9),
        ("S", 6_950, 9),
    ]


def test_one_parcel_too_many_goes_to_a_neighbour_and_says_why() -> None:
    (only,) = assign([Demand("S", 6)], offices(5, 9, 9))
    assert given_to(only) == {"S": 5, "M": 1}
    assert only.shares[1].why == "S is full that day; M has room, 7.0 km away"
    assert only.unassigned == 0


def test_what_finds_no_room_anywhere_is_told() -> None:
    (only,) = assign([Demand("S", 30)], offices(5, 9, 9))
    assert only.unassigned == 7
    assert sum(share.parcels for share in only.shares) == 23


def test_of_two_areas_the_one_nearer_to_the_neighbour_overflows() -> None:
    far, near = assign([Demand("S", 3, 23.69, 90.40), Demand("S", 3, 23.72, 90.40)], offices(3, 9, 9))
    assert (given_to(far), given_to(near)) == ({"S": 3}, {"M": 3})


def test_a_neighbours_own_parcels_are_not_driven_out_to_save_metres() -> None:
    south, middle = assign([Demand("S", 2), Demand("M", 9)], offices(1, 9, 9))
    assert given_to(south) == {"S": 1, "N": 1}
    assert given_to(middle) == {"M": 9}


def test_an_area_nearer_to_another_office_stays_with_the_responsible_one() -> None:
    (only,) = assign([Demand("S", 5, *NORTH)], offices(9, 9, 9))
    assert given_to(only) == {"S": 5}


def test_nothing_to_assign_is_no_assignment_and_an_unknown_office_is_refused() -> None:
    assert assign([], offices(1, 1, 1)) == []
    with pytest.raises(Unacceptable) as caught:
        assign([Demand("S", 1), Demand("Mars", 1)], offices(1, 1, 1))
    assert caught.value.row == 2


def splits(parcels: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to divide parcels among that many takers."""
    if parts == 1:
        yield (parcels,)
        return
    for first in range(parcels + 1):
        for rest in splits(parcels - first, parts - 1):
            yield (first, *rest)


def best_by_hand(demands: list[Demand], room: list[Office]) -> tuple[int, int, int]:
    """(unassigned, away from home, metres) of the best assignment there is, by trying every one."""
    ways = {
        (row, alternative.office): alternative.distance_m
        for row, demand in enumerate(demands)
        for one in assign([Demand(demand.responsible, 0, demand.lat_deg, demand.lon_deg)], room)
        for alternative in one.alternatives
    }

    def search(row: int, left: tuple[int, ...]) -> tuple[int, int, int]:
        if row == len(demands):
            return 0, 0, 0
        return min(
            (
                split[-1] + rest[0],
                sum(n for n, o in zip(split, room, strict=False) if o.office != demands[row].responsible) + rest[1],
                sum(n * ways[row, o.office] for n, o in zip(split, room, strict=False)) + rest[2],
            )
            for split in splits(demands[row].parcels, len(room) + 1)
            if all(n <= free for n, free in zip(split, left, strict=False))
            for rest in [search(row + 1, tuple(free - n for n, free in zip(split, left, strict=False)))]
        )

    return search(0, tuple(office.capacity_parcels for office in room))


points = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: (23.7 + p[0] / 50, 90.3 + p[1] / 50))
worlds = st.tuples(
    st.lists(st.tuples(st.sampled_from("SMN"), st.integers(0, 3), points), min_size=1, max_size=3),
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
)


@settings(max_examples=60, deadline=None)
@given(worlds)
def test_a_small_world_is_assigned_as_well_as_can_be(
    world: tuple[list[tuple[str, int, tuple[float, float]]], tuple[int, int, int]],
) -> None:
    demands = [Demand(home, parcels, *point) for home, parcels, point in world[0]]
    room = offices(*world[1])
    found = assign(demands, room)
    assert found == assign(demands, room)
    away = sum(share.parcels for one in found for share in one.shares if share.office != one.responsible)
    metres = sum(share.parcels * share.distance_m for one in found for share in one.shares)
    assert (sum(one.unassigned for one in found), away, metres) == best_by_hand(demands, room)
    carried = Counter({office.office: 0 for office in room})
    for one in found:
        carried.update(given_to(one))
        assert sum(given_to(one).values()) + one.unassigned == one.parcels
    free = {office.office: office.capacity_parcels - carried[office.office] for office in room}
    assert min(free.values()) >= 0
    for one in found:
        assert set(given_to(one)) <= {one.responsible} or free[one.responsible] == 0, "overflow only where it is full"
        assert not one.unassigned or not any(free.values())
        assert all(other.left_parcels == free[other.office] for other in one.alternatives)


def one_by_one(demands: list[Demand], room: list[Office], candidates: int = 12) -> list[tuple[Demand, str | None]]:
    """Each parcel's demand, and the office that `assign_parcels` gives it to."""
    index = {office.office: number for number, office in enumerate(room)}
    each = [demand for demand in demands for _ in range(demand.parcels)]
    found = assign_parcels(
        np.array([index[demand.responsible] for demand in each], dtype=np.int64),
        np.array([demand.lat_deg for demand in each], dtype=np.float64),
        np.array([demand.lon_deg for demand in each], dtype=np.float64),
        room,
        candidates,
    )
    return [(d, None if n < 0 else room[n].office) for d, n in zip(each, found.tolist(), strict=True)]


@settings(max_examples=60, deadline=None)
@given(worlds)
def test_parcels_one_by_one_are_assigned_as_areas_are(
    world: tuple[list[tuple[str, int, tuple[float, float]]], tuple[int, int, int]],
) -> None:
    demands = [Demand(home, parcels, *point) for home, parcels, point in world[0]]
    room = offices(*world[1])
    found = one_by_one(demands, room)
    lengths_m = {
        (demand, alternative.office): alternative.distance_m
        for demand in demands
        for (one,) in [assign([Demand(demand.responsible, 0, demand.lat_deg, demand.lon_deg)], room)]
        for alternative in one.alternatives
    }
    carried = Counter(office for _, office in found if office)
    assert all(carried[office.office] <= office.capacity_parcels for office in room)
    assert best_by_hand(demands, room) == (
        sum(office is None for _, office in found),
        sum(office not in {None, demand.responsible} for demand, office in found),
        sum(lengths_m[demand, office] for demand, office in found if office),
    )


def test_when_the_nearest_candidates_are_too_small_more_are_asked() -> None:
    found = one_by_one([Demand("S", 5, *SOUTH)], offices(1, 1, 9), candidates=1)
    assert [office for _, office in found] == ["S", "M", "N", "N", "N"]


def test_the_parcels_of_a_whole_country_are_assigned_at_once() -> None:
    chance = np.random.default_rng(1)
    points = chance.uniform((22.5, 89), (25, 91.5), (30, 2)).tolist()
    room = [Office(str(number), 70, *point) for number, point in enumerate(points)]
    home, where = chance.integers(0, 30, 2_000), chance.uniform((22.5, 89), (25, 91.5), (2_000, 2))
    found = assign_parcels(home, where[:, 0], where[:, 1], room)
    wanted, given = np.bincount(home, minlength=30), np.bincount(found, minlength=30)
    assert given.sum() == 2_000
    assert given.max() <= 70
    assert (found == home).sum() == np.minimum(wanted, 70).sum(), "each office keeps as many of its own as it can"


def test_no_parcels_are_assigned_to_nobody_and_a_number_that_is_no_office_is_refused() -> None:
    none = np.empty(0)
    assert assign_parcels(none.astype(np.int64), none, none, offices(1, 1, 1)).tolist() == []
    with pytest.raises(Unacceptable) as caught:
        assign_parcels(np.array([0, 3]), np.zeros(2), np.zeros(2), offices(1, 1, 1))
    assert (caught.value.field, caught.value.row) == ("responsible", 2)
