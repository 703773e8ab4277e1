"""The counter of a digital centre: a page that goes on without the network, what it knows, and whose computer it is."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Path, Query, Response

from api.context import InTransaction
from api.fields import Out
from api.pages.code import code, offline_worker
from api.pages.own_devices import code_of, device_page, make_known
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.slices import Slice
from post_logistics.cod.counting import VARIANCE_TEXTS
from post_logistics.errors import NotFound
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.centres.shifts import shift_account
from post_logistics.operations.centres.statements import centre_statement
from post_logistics.operations.custody.devices import devices_of
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import standing_of_agent
from post_logistics.storage.door.collecting import load_waiting
from post_logistics.storage.money.prices import load_due
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)
_AHEAD: Final = timedelta(minutes=2)
"""What a computer has just told may lie so far ahead of us: its page bears with a clock that is a minute wrong."""

_KEPT: Final = (
    *("style.css", "icon.svg", "station/station.css"),
    *("centre/centre.css", "centre/centre.webmanifest"),
)
_SMALLEST_POISHA: Final = 100
"""Coins below a taka are not asked for."""


async def centre_of(found: OurVisit) -> CollectionPoint:
    """The centre that the visitor keeps; 403 for those who keep none."""
    points = found.engine.facts.points
    kept = [one for one in points if one.is_agent and found.who.hands == one.holder]
    if not kept:
        raise HTTPException(403, "a digital centre is its agent's: sign in as one")
    return kept[0]


Centre = Annotated[CollectionPoint, Depends(centre_of)]
DeviceInPath = Annotated[str, Path(pattern=r"^centre-[A-Za-z0-9-]{1,40}-[0-9a-f]{10}$")]
KeyInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{86}$", description="x and y of the public key, base64url.")]


class PricesOut(Out):
    """What posting costs by weight: a started step is a whole one, and VAT comes on top."""

    first_g: int
    first_poisha: int
    step_g: int
    step_poisha: int
    max_weight_g: int
    vat_bps: int


class CentreFacts(Out):
    """What the page asks for again and again. ``form_key``: as in forms; ``due_poisha``: of what waits here."""

    at: datetime
    form_key: str
    office: str
    holder: str
    person: str
    is_known: bool
    acts_path: str
    services: list[CentreService]
    cash_poisha: int
    room_poisha: int
    earned_poisha: int
    is_open: bool
    expected_poisha: int
    due_poisha: dict[str, int]
    prices: PricesOut


@router.get("/centre")
def page_centre(found: OurVisit, centre: Centre) -> Response:
    """The page; whatever happens on it happens in the browser."""
    rules = found.engine.facts.cod_rules.on(found.at.astimezone(DHAKA).date())
    return page(
        found,
        "centre/centre.html",
        point=centre,
        name=centre.name_bn if found.language == "bn" else centre.name_en,
        worths=[worth for worth in rules.denominations_poisha if worth >= _SMALLEST_POISHA],
        reasons={one.value: texts[found.language == "bn"] for one, texts in VARIANCE_TEXTS.items()},
        code=code,
    )


@router.get("/centre/facts")
def page_centre_facts(
    found: OurVisit,
    centre: Centre,
    connection: InTransaction,
    response: Response,
    device: Annotated[str, Query(max_length=80)] = "",
) -> CentreFacts:
    """What there is to know at this counter now."""
    response.headers["Cache-Control"] = "private, no-store"
    on = found.at.astimezone(DHAKA).date()
    stood = standing_of_agent(connection, centre.point_id)
    shift = shift_account(connection, centre, found.at + _AHEAD)
    is_open = shift is not None and shift.close is None
    waiting = {one.item_number for one in load_waiting(connection, [centre.holder])}
    known = (one.device_id for one in devices_of(connection, centre.office) if one.retired_at is None)
    return CentreFacts(
        at=found.at,
        form_key=found.form_key,
        office=centre.office,
        holder=found.who.hands,
        person=found.who.actor,
        is_known=device in known,
        acts_path=f"/v1/centres/{centre.point_id}/acts",
        services=sorted(centre.services),
        cash_poisha=stood.cash_poisha,
        room_poisha=stood.room_poisha,
        earned_poisha=centre_statement(connection, centre, on, on).earned_poisha,
        is_open=is_open,
        expected_poisha=shift.expected_poisha if shift is not None and is_open else 0,
        due_poisha=load_due(connection, waiting),
        prices=_prices(found.engine.facts, found.at),
    )


def _prices(facts: Facts, at: datetime) -> PricesOut:
    tariff = facts.tariffs.on(at.astimezone(DHAKA).date())
    service = tariff.services[facts.tariffs.default_service]
    return PricesOut(
        first_g=service.first_g,
        first_poisha=service.first_poisha,
        step_g=service.step_g,
        step_poisha=service.step_poisha,
        max_weight_g=service.max_weight_g,
        vat_bps=tariff.fees.vat_bps,
    )


@router.get("/centre/worker.js")
def page_centre_worker() -> Response:
    """What opens the counter without a network."""
    return offline_worker("/centre", "centre", _KEPT)


# The computer


@router.get("/centre/devices/{device_id}/{key}/code.svg")
def page_centre_device_code(found: OurVisit, centre: Centre, device_id: DeviceInPath, key: KeyInPath) -> Response:
    """What a manager scans to make this computer known: the address of the page after this."""
    if _centre_of(device_id) != centre.point_id:
        raise NotFound(f"no device {device_id}", field="device_id", remedy="open the page of your own centre on it")
    drawing = code_of(found, f"/centre/devices/{device_id}/{key}")
    return Response(drawing, media_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})


@router.get("/centre/devices/{device_id}/{key}")
def page_centre_device(found: OurVisit, device_id: DeviceInPath, key: KeyInPath, connection: InTransaction) -> Response:
    """For a manager of the parent office: whose computer it is, the letters that it shows, and whether it is known."""
    point = _under(found, device_id)
    return device_page(found, connection, "centre/device.html", point.office, device_id, key, point=point)


@router.post("/centre/devices/{device_id}/{key}")
def page_centre_device_known(
    found: OurVisit, said: Form, device_id: DeviceInPath, key: KeyInPath, connection: InTransaction
) -> Response:
    """From now on what this computer signs is believed."""
    point = _under(found, device_id)
    make_known(found, connection, point.office, device_id, key, f"Counter of {point.point_id}")
    return go(f"/centre/devices/{device_id}/{key}", found, said="The computer is known. The centre may work.")


def _centre_of(device_id: str) -> str:
    return device_id.removeprefix("centre-").rpartition("-")[0]


def _under(found: Visit, device_id: str) -> CollectionPoint:
    """The centre of that computer; NotFound if it belongs to another office than the manager's."""
    if found.who.office is None:
        raise HTTPException(403, "a computer is made known at an office: sign in for one")
    return found.engine.facts.points.get(_centre_of(device_id), found.who.office)
