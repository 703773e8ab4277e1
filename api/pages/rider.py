"""The rider's round: a page that goes on without the network, what it has to know for that, and whose phone it is."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Path, Query, Request, Response

from api.context import InTransaction
from api.fields import Out
from api.pages.code import code, offline_worker
from api.pages.maps import Mark, Way, drawn
from api.pages.own_devices import code_of, device_page, make_known
from api.pages.shell import PACKED, Form, OurVisit, Visit, accepts_packed, go, packed, page
from api.slices import Slice
from post_logistics.cod.tenders import SHORT_TEXTS, ShortReason
from post_logistics.consignments.labels import phone_text
from post_logistics.errors import NotFound
from post_logistics.operations.custody.devices import devices_of
from post_logistics.operations.money.receipts import room_of
from post_logistics.operations.tours.rounds import Round, RoundItem, RoundStop, round_of
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.texts import REASON_TEXTS
from post_logistics.units import DHAKA, Postcode

router = Slice(include_in_schema=False)

_KEPT: Final = ("style.css", "icon.svg", "rider/rider.css", "rider/rider.webmanifest")
_IN_VAIN: Final = (
    Reason.RECIPIENT_ABSENT,
    Reason.NO_ANSWER,
    Reason.ASKED_FOR_LATER,
    Reason.ASKED_FOR_ELSEWHERE,
    Reason.CANNOT_PAY,
    Reason.ADDRESS_INCOMPLETE,
    Reason.PHONE_WRONG,
    Reason.MOVED_AWAY,
    Reason.IDENTITY_NOT_PROVED,
    Reason.OUT_OF_TIME,
    Reason.ROAD_BLOCKED,
    Reason.AREA_CLOSED,
    Reason.WEATHER,
    Reason.UNREST,
    Reason.VEHICLE_BREAKDOWN,
    Reason.OTHER,
)
"""Why a door may be left with the parcel, what happens most often first."""
_REFUSED: Final = (Reason.REFUSED_BY_RECIPIENT, Reason.NOT_AS_ORDERED, Reason.AMOUNT_DISPUTED)
_SHORT: Final = (
    ShortReason.PAID_LESS,
    ShortReason.NO_CHANGE,
    ShortReason.AGREED_BY_MERCHANT,
    ShortReason.FALSE_NOTE,
)
_SMALLEST_POISHA: Final = 100
"""Coins below a taka are not asked for."""


async def holder_of(found: OurVisit) -> str:
    """The rider that the visitor is; 403 for those who are none."""
    if found.who.office is None or not found.who.holder:
        raise HTTPException(403, "a round is a rider's: sign in as one")
    return found.who.holder


Rider = Annotated[str, Depends(holder_of)]
DeviceInPath = Annotated[str, Path(pattern=r"^rider-[A-Za-z0-9-]{1,40}-[0-9a-f]{10}$")]
KeyInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{86}$", description="x and y of the public key, base64url.")]


class ItemOut(Out):
    """A parcel: ``is_open`` while the rider may hand it over, ``is_done`` once that was done.

    ``mark_key`` and ``mark`` tell most wrong codes; empty where there is no code. ``receivers``: of a document, in
    whose hands it may end; ``identity``: whether they show a card.
    """

    number: str
    state: str
    is_open: bool
    is_done: bool
    name: str
    phone: str
    phone_text: str
    address: str
    note: str
    what: str
    sender: str
    due_poisha: int
    mark_key: str
    mark: int | None
    receivers: list[str]
    identity: bool


class StopOut(Out):
    """A door. ``uncertain_m``: how far from the point it may lie."""

    arrive_at: datetime | None
    lat_deg: float
    lon_deg: float
    uncertain_m: int
    leg_m: int
    items: list[ItemOut]


class SheetOut(Out):
    """The round, for the rider's eyes. ``map``: drawn; a mark for the office and one for each stop, in their order."""

    digest: str
    on: date
    distance_m: int
    stops: list[StopOut]
    map: str


class RiderFacts(Out):
    """What the page asks for again and again. ``sheet``: changes when the round does; ``form_key``: as in forms."""

    at: datetime
    form_key: str
    office: str
    holder: str
    person: str
    is_known: bool
    sheet: str
    held_poisha: int
    cap_poisha: int
    worths: list[int]


@router.get("/rider")
def page_rider(found: OurVisit, rider: Rider) -> Response:
    """The page; whatever happens on it happens in the browser."""
    words = {
        "in_vain": {one.value: REASON_TEXTS[one][found.language] for one in _IN_VAIN},
        "refused": {one.value: REASON_TEXTS[one][found.language] for one in _REFUSED},
        "short": {one.value: SHORT_TEXTS[one][found.language] for one in _SHORT},
    }
    return page(found, "rider/rider.html", rider=rider, office=found.who.office, reasons=words, code=code)


@router.get("/rider/facts")
def page_rider_facts(
    found: OurVisit,
    rider: Rider,
    connection: InTransaction,
    response: Response,
    device: Annotated[str, Query(max_length=80)] = "",
) -> RiderFacts:
    """What there is to know now, but for people."""
    response.headers["Cache-Control"] = "private, no-store"
    office = _office(found)
    rules = found.engine.facts.cod_rules.on(found.at.astimezone(DHAKA).date())
    room = room_of(connection, rules, rider)
    known = (one.device_id for one in devices_of(connection, office) if one.retired_at is None)
    return RiderFacts(
        at=found.at,
        form_key=found.form_key,
        office=office,
        holder=found.who.hands,
        person=found.who.actor,
        is_known=device in known,
        sheet=_digest(found, round_of(connection, found.engine.facts, office, rider, found.at)),
        held_poisha=room.held_poisha,
        cap_poisha=room.cap_poisha,
        worths=[worth for worth in rules.denominations_poisha if worth >= _SMALLEST_POISHA],
    )


@router.get("/rider/sheet", response_model=SheetOut)
def page_rider_sheet(found: OurVisit, rider: Rider, connection: InTransaction) -> Response:
    """The round with the people of it: who looks is on record. No key of the session is in it: it may be packed."""
    made = round_of(connection, found.engine.facts, _office(found), rider, found.at)
    senders = {str(one.merchant_id): one.name for one in load_merchants(connection).values()}
    sheet = SheetOut(
        digest=_digest(found, made),
        on=found.at.astimezone(DHAKA).date(),
        distance_m=made.tour.distance_m if made.tour else 0,
        stops=[_stop(stop, senders) for stop in made.stops],
        map=_map(found, made),
    )
    return _small(found, sheet.model_dump_json().encode(), "application/json")


def _small(found: Visit, body: bytes, media_type: str) -> Response:
    """The body as an answer that nobody keeps, packed for whoever can unpack it."""
    headers = {"Cache-Control": "private, no-store"}
    if accepts_packed(found.request.headers):
        return Response(packed(body), media_type=media_type, headers=headers | PACKED)
    return Response(body, media_type=media_type, headers=headers)


def _office(found: Visit) -> Postcode:
    assert found.who.office is not None
    return found.who.office


def _digest(found: Visit, made: Round) -> str:
    """A few letters that change when the round, the day or the language does."""
    told = f"{found.language}{found.at.astimezone(DHAKA).date()}{made}"
    return blake2b(told.encode(), digest_size=8).hexdigest()


def _stop(stop: RoundStop, senders: dict[str, str]) -> StopOut:
    return StopOut(
        arrive_at=stop.arrive_at,
        lat_deg=stop.lat_deg,
        lon_deg=stop.lon_deg,
        uncertain_m=max(one.parcel.precision_m for one in stop.items),
        leg_m=stop.leg_m,
        items=[_item(one, senders) for one in stop.items],
    )


def _item(one: RoundItem, senders: dict[str, str]) -> ItemOut:
    parcel = one.parcel
    return ItemOut(
        number=parcel.item_number,
        state=one.state,
        is_open=one.is_open,
        is_done=one.is_done,
        name=parcel.recipient_name,
        phone=parcel.recipient_phone,
        phone_text=phone_text(parcel.recipient_phone),
        address=parcel.recipient_address,
        note=parcel.note,
        what=parcel.description,
        sender=senders.get(parcel.merchant_id, ""),
        due_poisha=one.due_poisha,
        mark_key=one.mark.key.hex() if one.mark else "",
        mark=one.mark.mark if one.mark else None,
        receivers=sorted(one.demand.receivers) if one.demand else [],
        identity=one.demand.identity if one.demand else False,
    )


def _map(found: Visit, made: Round) -> str:
    here = found.engine.facts.offices[made.office]
    home = here.lat_deg, here.lon_deg
    points = [(stop.lat_deg, stop.lon_deg) for stop in made.stops]
    marks = [Mark(point, f"{n}", "stop", found.digits(n)) for n, point in enumerate(points, 1)]
    name = found.named(here)
    title = found.say("Map of the round")
    return drawn(found.engine.facts, title, [Mark(home, name), *marks], _ways(made, home, points))


def _ways(made: Round, home: tuple[float, float], points: Sequence[tuple[float, float]]) -> Iterator[Way]:
    planned = [point for stop, point in zip(made.stops, points, strict=True) if stop.arrive_at]
    if planned:
        yield Way([home, *planned, home])


@router.get("/rider/worker.js")
def page_rider_worker(request: Request) -> Response:
    """What opens the round without a network."""
    answer = offline_worker("/rider", "rider", _KEPT)
    if not accepts_packed(request.headers):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(packed(bytes(answer.body)), headers=headers | PACKED)


# The phone


@router.get("/rider/phones/{device_id}/{key}/code.svg")
def page_rider_phone_code(found: OurVisit, rider: Rider, device_id: DeviceInPath, key: KeyInPath) -> Response:
    """What a manager scans to make this phone known: the address of the page after this."""
    if _rider_of(device_id) != rider:
        raise NotFound(f"no phone {device_id}", field="device_id", remedy="open your own round on your phone")
    return _small(found, code_of(found, f"/rider/phones/{device_id}/{key}"), "image/svg+xml")


@router.get("/rider/phones/{device_id}/{key}")
def page_rider_phone(found: OurVisit, device_id: DeviceInPath, key: KeyInPath, connection: InTransaction) -> Response:
    """For a manager: whose phone it is, the letters that it shows as well, and whether it is known."""
    office, rider = _riding_here(found, device_id)
    return device_page(found, connection, "rider/phone.html", office, device_id, key, rider=rider)


@router.post("/rider/phones/{device_id}/{key}")
def page_rider_phone_known(
    found: OurVisit, said: Form, device_id: DeviceInPath, key: KeyInPath, connection: InTransaction
) -> Response:
    """From now on what this phone signs is believed."""
    office, rider = _riding_here(found, device_id)
    make_known(found, connection, office, device_id, key, f"Phone of {rider}")
    return go(f"/rider/phones/{device_id}/{key}", found, said="The phone is known. The rider may ride.")


def _rider_of(device_id: str) -> str:
    return device_id.removeprefix("rider-").rpartition("-")[0]


def _riding_here(found: Visit, device_id: str) -> tuple[Postcode, str]:
    """Office of the manager and rider of the phone; NotFound if that rider rides for another."""
    office = found.who.office
    if office is None:
        raise HTTPException(403, "a phone is made known at an office: sign in for one")
    return office, found.engine.facts.fleet.rider(office, _rider_of(device_id)).rider_id
