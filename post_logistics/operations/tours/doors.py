"""Doors: all the parcels for one address are one stop, at an office's recipients or at its merchants' stores."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from post_logistics.consignments.booking import Consignment
from post_logistics.network.fleet import Rider
from post_logistics.network.holdings import WalkingOrder, Written
from post_logistics.network.municipalities import Ward
from post_logistics.network.resolve import Resolution
from post_logistics.network.text import plain
from post_logistics.operations.counter.redirecting import as_redirected
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.scans import load_items_held
from post_logistics.storage.database import Connection
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.orders.consignments import load_consignments, load_waiting_for_pickup
from post_logistics.storage.tours.ward_points import WardPoint, load_ward_points
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode

READY = (State.AT_DELIVERY_OFFICE,)
"""At the office and due to go out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One stop: where, within how many metres that is known, and what is for it. ``area`` joins doors of one place.

    ``walk``: how the doors of an area follow one another on foot, where nothing tells their places; None elsewhere.
    """

    items: tuple[str, ...]
    place: str
    area: str
    lat_deg: float
    lon_deg: float
    precision_m: int
    weight_g: int
    cash_poisha: int
    walk: WalkingOrder | None = None


def ready_items(connection: Connection, office: Postcode) -> list[str]:
    """What lies at the office and is due to go out."""
    return load_items_held(connection, f"office:{office}", READY)


def delivery_doors(
    connection: Connection, facts: Facts, office: Postcode, service_on: date, items: Sequence[str] | None = None
) -> list[Door]:
    """The doors for what the office has to deliver, in the order of booking, with the cash that is still due there.

    ``items``: the doors of these, wherever they are now."""
    booked = load_consignments(connection, ready_items(connection, office) if items is None else items).values()
    parcels = [c for c in as_redirected(connection, booked) if c.delivery_office == office]
    by_door: dict[tuple[str, str], list[Consignment]] = defaultdict(list)
    for parcel in sorted(parcels, key=lambda c: (c.booked_at, c.merchant_id, c.order_ref)):
        by_door[parcel.place_id, plain(parcel.recipient_address)].append(parcel)
    riders = facts.fleet.riders(office, "delivery")
    cap_poisha = facts.cod_rules.on(service_on).rider_cash_cap_poisha
    due_poisha = load_due(connection, [parcel.item_number for parcel in parcels])
    learned = load_ward_points(
        connection, {parcel.place_id for parcel in parcels if facts.municipalities.ward(parcel.place_id)}
    )
    return [
        _delivery_door(facts, load, sum(due_poisha[one.item_number] for one in load), learned)
        for parcels in by_door.values()
        for load in _loads(parcels, riders, due_poisha, cap_poisha)
    ]


def _loads(
    parcels: Sequence[Consignment], riders: Sequence[Rider], due_poisha: Mapping[str, int], cap_poisha: int
) -> Iterator[list[Consignment]]:
    """The parcels of one door in loads that one rider can take: by number, weight and cash, so that a big customer is
    called at several times. ``due_poisha``: what is to be taken for each, where anything is."""
    most = max((rider.vehicle for rider in riders), key=lambda vehicle: vehicle.capacity_g)
    load: list[Consignment] = []
    for parcel in parcels:
        cash_poisha = sum(due_poisha.get(one.item_number, 0) for one in (*load, parcel))
        full = (
            len(load) == most.capacity_parcels
            or sum(one.weight_g for one in load) + parcel.weight_g > most.capacity_g
            or cash_poisha > cap_poisha
        )
        if load and full:
            yield load
            load = []
        load.append(parcel)
    yield load


def _delivery_door(
    facts: Facts, parcels: list[Consignment], cash_poisha: int, learned: Mapping[str, WardPoint]
) -> Door:
    first = parcels[0]
    place = facts.places.get(first.place_id)
    door = Door(
        items=tuple(parcel.item_number for parcel in parcels),
        place=place.name_en if place else facts.offices.get(first.delivery_postcode).name_en,
        area=first.place_id or first.delivery_postcode,
        lat_deg=first.lat_deg,
        lon_deg=first.lon_deg,
        precision_m=first.precision_m,
        weight_g=sum(parcel.weight_g for parcel in parcels),
        cash_poisha=cash_poisha,
    )
    ward = facts.municipalities.ward(first.place_id)
    return _in_ward(door, ward, first.recipient_address, learned.get(first.place_id)) if ward else door


def _in_ward(door: Door, ward: Ward, address: str, learned: WardPoint | None) -> Door:
    """The door of a paper of a municipality: at its own point if it has one, else somewhere on the ground of its ward,
    which lies where earlier deliveries showed it."""
    ground_m = ward.municipality.ward_radius_m
    if door.precision_m < ground_m:
        return replace(door, place=ward.name_en, area="")
    at = learned or WardPoint(door.area, door.lat_deg, door.lon_deg, ground_m)
    return replace(
        door,
        place=ward.name_en,
        lat_deg=at.lat_deg,
        lon_deg=at.lon_deg,
        precision_m=at.precision_m,
        walk=Written(address).door.in_walking_order,
    )


def pickup_doors(connection: Connection, facts: Facts, office: Postcode, _service_on: date) -> list[Door]:
    """The merchants' stores where the office has parcels to pick up."""
    by_store: dict[tuple[str, str], list[Consignment]] = defaultdict(list)
    for parcel in load_waiting_for_pickup(connection, office):
        by_store[parcel.merchant_id, parcel.store_address].append(parcel)
    vans = facts.fleet.riders(office, "pickup")
    return [
        _store(load, facts.resolver.resolve(store))
        for (_, store), parcels in sorted(by_store.items())
        for load in _loads(parcels, vans, {}, 0)
    ]


def _store(parcels: Iterable[Consignment], at: Resolution) -> Door:
    waiting = list(parcels)
    return Door(
        items=tuple(parcel.item_number for parcel in waiting),
        place=at.place.name_en if at.place else at.thana,
        area=at.place.place_id if at.place else at.postcode,
        lat_deg=at.lat_deg,
        lon_deg=at.lon_deg,
        precision_m=at.precision_m,
        weight_g=sum(parcel.weight_g for parcel in waiting),
        cash_poisha=0,
    )
