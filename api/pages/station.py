"""The counter's station: a page that goes on without the network, what it has to know for that, and its papers."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import Depends, HTTPException, Path, Query, Response

from api.context import InTransaction, Now
from api.fields import Out
from api.pages.code import code, offline_worker
from api.pages.forms import kept
from api.pages.shell import OurVisit, Visit, page
from api.policy import may
from api.slices import Slice
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.operations.counter.posting import posted
from post_logistics.operations.custody.knowing import Known, known_at
from post_logistics.operations.papers import labels_for
from post_logistics.units import DHAKA, Postcode, local_time

router = Slice(include_in_schema=False)

_KEPT: Final = ("style.css", "icon.svg", "station/station.css", "station/station.webmanifest")


async def station_office(found: OurVisit) -> Postcode:
    """The office at whose counter the visitor stands; 403 for those who stand at none."""
    if found.who.office is None:
        raise HTTPException(403, "a station belongs to an office: sign in for one")
    return found.who.office


Here = Annotated[Postcode, Depends(station_office)]


_Items = Annotated[str, Query(max_length=14 * 300, description="Item numbers with commas between them.")]


class ThingOut(Out):
    """An item or a bag that is here or comes here."""

    state: str
    destination: str
    is_here: bool


class RunOut(Out):
    """What leaves. ``vehicle``: as its parcels are held by it."""

    vehicle: str
    destination: str
    leaves: str


class StationFacts(Out):
    """What the station keeps for when there is no network. ``form_key``: what its requests of this session carry."""

    at: datetime
    form_key: str
    office: str
    person: str
    may_enrol: bool
    is_hub: bool
    offices: dict[str, str]
    riders: list[str]
    runs: list[RunOut]
    things: dict[str, ThingOut]
    due_poisha: dict[str, int]


@router.get("/station")
def page_station(found: OurVisit, office: Here) -> Response:
    """The page; whatever happens on it happens in the browser."""
    here = found.engine.facts.offices[office]
    name = found.named(here)
    return page(found, "station/station.html", office=office, office_name=name, code=code)


@router.get("/station/facts")
def page_station_facts(
    found: OurVisit, office: Here, connection: InTransaction, response: Response, at: Now
) -> StationFacts:
    """What there is to know at this counter now."""
    response.headers["Cache-Control"] = "private, no-store"
    return _facts(found, known_at(connection, found.engine.facts, office, at))


def _facts(found: Visit, known: Known) -> StationFacts:
    offices = found.engine.facts.offices
    named = {one.destination for one in known.things} | {one.destination for one in known.departures}
    return StationFacts(
        at=found.at,
        form_key=found.form_key,
        office=known.office,
        person=found.who.actor,
        may_enrol=may("enrol_device", "POST", found.who.roles),
        is_hub=known.is_hub,
        offices={code_: found.named(offices[code_]) for code_ in sorted(named) if code_ in offices},
        riders=list(known.riders),
        runs=[
            RunOut(
                vehicle=one.vehicle,
                destination=one.destination,
                leaves=local_time(one.depart_at.astimezone(DHAKA), found.language),
            )
            for one in known.departures
        ],
        things={one.number: ThingOut.of(one) for one in known.things},
        due_poisha=dict(known.due_poisha),
    )


@router.get("/station/receipt")
def page_station_receipt(found: OurVisit, office: Here, connection: InTransaction, items: _Items = "") -> Response:
    """What one customer has posted, for both to sign; names of recipients are not on it."""
    rows = posted(connection, office, _numbers(items))
    offices = found.engine.facts.offices
    return page(
        found, "station/receipt.html", code=code, rows=rows, items=items, at_office=offices[office], offices=offices
    )


def _numbers(items: str) -> list[str]:
    return [parse_item_number(one) for one in items.split(",") if one.strip()]


@router.get("/station/labels-{paper}.pdf")
def page_station_labels(
    paper: Annotated[Literal["a6", "sheet"], Path()],
    found: OurVisit,
    office: Here,
    connection: InTransaction,
    items: _Items,
) -> Response:
    """The labels of the same parcels."""
    parcels = [one.consignment for one in posted(connection, office, _numbers(items))]
    return kept(
        labels_for(connection, found.engine.facts, parcels, sheet=paper == "sheet"), "application/pdf", "labels.pdf"
    )


@router.get("/station/worker.js")
def page_station_worker() -> Response:
    """What opens the station without a network."""
    return offline_worker("/station", "station", _KEPT)
