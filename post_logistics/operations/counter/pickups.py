"""Pickups: a merchant asks, the round of an office takes it on, the rider collects or says why not."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor, tell
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.tours.planning import OfficePlan, plan_day
from post_logistics.storage.counter import pickups as store
from post_logistics.storage.counter.lifecycle import load_heard_of
from post_logistics.storage.counter.pickups import PickupRequest
from post_logistics.storage.custody.scans import ItemStanding, load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import DHAKA, MerchantId, Postcode, local_day

_NAMESPACE = UUID("4c6f0b0a-0f5a-4a3e-9d0c-6a2f3b1f7d58")


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupAsked:
    """What a merchant asks for. ``request_ref`` makes it this request, however often it is sent.

    An empty ``store_address`` is the merchant's own; no ``item_numbers``: all that is booked there and not asked for.
    """

    request_ref: str
    ready_from: datetime
    ready_until: datetime
    store_address: str = ""
    item_numbers: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """A request and how far it has come. Of its parcels so many are ``collected``; ``to_collect`` are still there."""

    request_id: UUID
    merchant_id: MerchantId
    store_address: str
    office: Postcode
    ready_from: datetime
    ready_until: datetime
    note: str
    asked_at: datetime
    to_collect: tuple[str, ...]
    assigned: int
    collected: int
    cancelled: int


def ask_for_pickup(
    connection: Connection, facts: Facts, merchant: Merchant, asked: PickupAsked, at: datetime
) -> Pickup:
    """The pickup, asked for now or before; its parcels wait to be collected.

    Conflict if the reference is used for another, or a parcel is not waiting any more; Unacceptable for a window that
    cannot be; NotFound for a parcel that is not the merchant's.
    """
    request_id = uuid5(_NAMESPACE, f"{merchant.merchant_id}/{asked.request_ref}")
    items: list[str] = sorted({parse_item_number(number) for number in asked.item_numbers})
    store_address = asked.store_address or merchant.store_address
    earlier = store.find_request(connection, request_id)
    if earlier is None:
        _refuse_window(facts, asked, at)
        items = items or store.load_waiting_at(connection, merchant.merchant_id, store_address)
        earlier = _keep(connection, merchant, asked, request_id, store_address, items, at)
    if not _same(earlier, asked, store_address, items):
        raise Conflict(
            f"{asked.request_ref} is another pickup already, from {earlier.ready_from.astimezone(DHAKA):%H:%M} on",
            field="request_ref",
            remedy="use a new reference for a new pickup",
        )
    return _told(connection, [earlier])[0]


def _same(earlier: PickupRequest, asked: PickupAsked, store_address: str, items: Sequence[str]) -> bool:
    said = (earlier.store_address, earlier.ready_from, earlier.ready_until, earlier.note)
    return said == (store_address, asked.ready_from, asked.ready_until, asked.note) and (
        not asked.item_numbers or earlier.item_numbers == list(items)
    )


def _refuse_window(facts: Facts, asked: PickupAsked, at: datetime) -> None:
    """Returns if somebody can come in that window."""
    last = at + timedelta(days=facts.lifecycle_rules.longest_pickup_wait_days)
    if asked.ready_from >= asked.ready_until:
        raise Unacceptable("the window ends before it begins", field="ready_until", remedy="exchange the two")
    if asked.ready_until <= at:
        raise Unacceptable("the window is over", field="ready_until", remedy="ask for a later one")
    if asked.ready_from > last:
        raise Unacceptable(
            "that is too far ahead", field="ready_from", remedy=f"ask for {local_day(last.date())} at the latest"
        )


def _keep(
    connection: Connection,
    merchant: Merchant,
    asked: PickupAsked,
    request_id: UUID,
    store_address: str,
    items: Sequence[str],
    at: datetime,
) -> PickupRequest:
    office = _office_of(connection, merchant, store_address, items)
    standings = load_standings(connection, items)
    for one in standings:
        if one.state not in BEFORE_ACCEPTANCE:
            raise Conflict(
                f"{one.item_number} is {one.state.value} already", field="item_numbers", remedy="leave it out"
            )
    request = PickupRequest(
        request_id=request_id,
        merchant_id=merchant.merchant_id,
        store_address=store_address,
        office=office,
        ready_from=asked.ready_from,
        ready_until=asked.ready_until,
        item_numbers=list(items),
        note=asked.note,
        asked_at=at,
    )
    if store.append_request(connection, request):  # else it was sent twice at once, and the first stands
        asked_for = [one for one in standings if one.state is State.BOOKED]
        tell(connection, _scans(f"pickup:{request_id}", items, asked_for, Event.PICKUP_REQUESTED, office, at))
    return store.load_request(connection, request_id)


def _office_of(connection: Connection, merchant: Merchant, store_address: str, items: Sequence[str]) -> Postcode:
    """The office whose round takes all of those items; NotFound or Unacceptable where one is not there to be taken."""
    if not items:
        raise Conflict(
            "no parcel waits at that store", field="store_address", remedy="book parcels first, or name their store"
        )
    stores = store.load_stores(connection, items)
    for item in items:
        merchant_id, at_store, _ = stores.get(item, ("", "", ""))
        if merchant_id != merchant.merchant_id:
            raise NotFound(f"no item {item}", field="item_numbers", remedy="check the number on the label or receipt")
        if at_store != store_address:
            raise Unacceptable(
                f"{item} is to be fetched elsewhere", field="store_address", remedy="ask for each store by itself"
            )
    offices = sorted({office for _, _, office in stores.values()})
    if len(offices) > 1:
        raise Unacceptable(
            f"offices {' and '.join(offices)} pick these up", field="item_numbers", remedy="ask for each by itself"
        )
    return Postcode(offices[0])


def _scans(
    device: str,
    items: Sequence[str],
    standings: Iterable[ItemStanding],
    event: Event,
    office: Postcode,
    at: datetime,
    *,
    notes: dict[str, str] | None = None,
    reason: Reason | None = None,
) -> list[Scan]:
    """The decision about each of the standings; its number is the item's place among ``items``."""
    place = {item: n for n, item in enumerate(items)}
    notes = notes or {}
    return [
        own_scan(
            device,
            place[one.item_number],
            one.item_number,
            event,
            at,
            office=office,
            holder=one.holder,
            reason=reason,
            note=notes.get(one.item_number, ""),
        )
        for one in standings
    ]


def plan_round(database: Database, facts: Facts, office: Postcode, service_on: date, at: datetime) -> list[OfficePlan]:
    """The office's round to its merchants, planned now and taken on; none if there is nothing to collect."""
    plans = plan_day(database, facts, "pickup", service_on, at, office=office)
    with database.transaction() as connection:
        for plan in plans:
            take_on(connection, plan, at)
    return plans


def take_on(connection: Connection, plan: OfficePlan, at: datetime) -> None:
    """Every parcel of a pickup plan is assigned to its rider; told twice, once."""
    riders = {item: f"rider:{sheet.rider_id}" for sheet in plan.sheets for item in sheet.items}
    device = f"pickup-round:{plan.office}/{plan.service_on}/{plan.revision}"
    waiting = {State.BOOKED, State.PICKUP_REQUESTED, State.PICKUP_ASSIGNED}
    standings = _not_yet_told(connection, riders, device, waiting)
    scans = _scans(device, sorted(riders), standings, Event.PICKUP_ASSIGNED, Postcode(plan.office), at, notes=riders)
    tell(connection, scans)


def fail_pickup(
    connection: Connection, request_id: UUID, actor: Actor, reason: Reason, note: str, at: datetime
) -> Pickup:
    """The pickup, what is left of it not collected this time and why: it waits for the next round.

    Once a day: told again, it changes nothing. What the rider did collect has been scanned at the door.
    """
    request = store.load_request(connection, request_id, office=actor.office)
    device = f"pickup-failed:{request_id}/{at.astimezone(DHAKA).date()}"
    left = _not_yet_told(connection, request.item_numbers, device, {State.PICKUP_REQUESTED, State.PICKUP_ASSIGNED})
    notes = dict.fromkeys(request.item_numbers, note)
    tell(
        connection,
        _scans(device, request.item_numbers, left, Event.PICKUP_FAILED, request.office, at, notes=notes, reason=reason),
    )
    return _told(connection, [request])[0]


def _not_yet_told(
    connection: Connection, items: Collection[str], device: str, states: Container[State]
) -> list[ItemStanding]:
    """Those of the items that stand in one of the states and of which that hand has said nothing."""
    told = load_heard_of(connection, list(items), device)
    return [one for one in load_standings(connection, list(set(items) - told)) if one.state in states]


def pickups_of_office(connection: Connection, office: Postcode, on: date) -> list[Pickup]:
    """What the office has to collect on that day, and what is left of the weeks before."""
    start = dhaka(on, time.min)
    return _told(connection, store.load_requests_of_office(connection, office, start, start + timedelta(days=1)))


def pickups_of_merchant(connection: Connection, merchant_id: MerchantId, since: datetime) -> list[Pickup]:
    """The merchant's pickups whose window ends after that instant."""
    return _told(connection, store.load_requests_of_merchant(connection, merchant_id, since))


def pickup_of(connection: Connection, request_id: UUID, actor: Actor) -> Pickup:
    """One pickup; NotFound if there is none, or it is another merchant's or office's."""
    request = store.load_request(connection, request_id, merchant_id=actor.merchant_id, office=actor.office)
    return _told(connection, [request])[0]


def _told(connection: Connection, requests: Sequence[PickupRequest]) -> list[Pickup]:
    """The requests with how far each has come."""
    numbers = [item for request in requests for item in request.item_numbers]
    states = {one.item_number: one.state for one in load_standings(connection, numbers)}
    return [_pickup(request, [states[item] for item in request.item_numbers]) for request in requests]


def _pickup(request: PickupRequest, states: Sequence[State]) -> Pickup:
    count = Counter(states)
    waiting = [item for item, state in zip(request.item_numbers, states, strict=True) if state in BEFORE_ACCEPTANCE]
    return Pickup(
        request_id=request.request_id,
        merchant_id=request.merchant_id,
        store_address=request.store_address,
        office=request.office,
        ready_from=request.ready_from,
        ready_until=request.ready_until,
        note=request.note,
        asked_at=request.asked_at,
        to_collect=tuple(waiting),
        assigned=count[State.PICKUP_ASSIGNED],
        collected=len(states) - len(waiting) - count[State.CANCELLED],
        cancelled=count[State.CANCELLED],
    )
