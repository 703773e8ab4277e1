"""Offices: found by name, and one with its area, its people, its devices, its riders and its legs."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Annotated, Final

from fastapi import Path, Query, Response

from api.context import InTransaction, in_office
from api.pages.admin.frame import office_name, shown
from api.pages.forms import PAGE
from api.pages.maps import Mark, Way, drawn
from api.pages.shell import OurVisit, Visit
from api.slices import Slice
from post_logistics.errors import PostError
from post_logistics.network.areas import DeliveryAreas, ServiceArea
from post_logistics.network.coverage import Coverage
from post_logistics.network.offices import Offices, PostOffice
from post_logistics.network.timetable import Leg
from post_logistics.operations.custody.devices import devices_of
from post_logistics.storage.access.people import load_members, load_people
from post_logistics.units import DHAKA, Postcode, latin_digits

router = Slice(include_in_schema=False)

_Words = Annotated[str, Query(max_length=60)]
_NAMES_ON_MAP: Final = 12
"""With more, the names would stand on each other."""


@router.get("/admin/offices")
def page_admin_offices(
    found: OurVisit, words: _Words = "", which: Annotated[str, Query(max_length=4)] = "open", after: _Words = ""
) -> Response:
    """The offices of the service with their areas, or all offices of the country; by postcode."""
    facts, today = found.engine.facts, found.at.astimezone(DHAKA).date()
    everywhere = which == "all" or bool(words)
    known = facts.offices.values() if everywhere else facts.offices.pilot(today)
    rows = [one for one in sorted(known, key=_postcode) if one.postcode > after and _is_like(one, words)]
    return shown(
        found,
        "offices.html",
        rows=rows[:PAGE],
        more=rows[PAGE - 1].postcode if len(rows) > PAGE else "",
        asked={"words": words, "which": "all" if everywhere else "open"},
        today=today,
        map="" if everywhere or after else _map_of_all(found, today),
    )


def _postcode(office: PostOffice) -> Postcode:
    return office.postcode


def _is_like(office: PostOffice, words: str) -> bool:
    """Whether the words stand in its code, name or place."""
    wanted = latin_digits(words.strip()).casefold()
    texts = (office.postcode, office.name_en, office.name_bn, *office.spellings)
    places = (office.district, office.district_bn, office.thana, office.thana_bn)
    return any(wanted in text.casefold() for text in (*texts, *places))


@lru_cache(maxsize=2)
def _areas(areas: DeliveryAreas, offices: Offices, on: date) -> dict[Postcode, ServiceArea]:
    """Drawn once a day: the first time takes seconds."""
    return areas.service(Coverage(offices, on))


def _ways(area: ServiceArea | None, kind: str) -> list[Way]:
    return [Way(ring, kind) for polygon in area.polygons for ring in polygon] if area else []


def _map_of_all(found: Visit, on: date) -> str:
    """The areas of all offices at work on that day."""
    facts = found.engine.facts
    areas = _areas(facts.resolver.areas, facts.offices, on)
    ways = [way for area in areas.values() for way in _ways(area, "area")]
    return drawn(facts, found.say("Who delivers where"), _marks(found, facts.offices.pilot(on), "office"), ways)


def _marks(found: Visit, offices: Sequence[PostOffice], kind: str) -> list[Mark]:
    named = len(offices) <= _NAMES_ON_MAP
    return [
        Mark((one.lat_deg, one.lon_deg), office_name(found, one.postcode) if named else "", kind) for one in offices
    ]


@router.get("/admin/offices/{office}")
def page_admin_office(
    office: Annotated[str, Path(max_length=12)], found: OurVisit, connection: InTransaction
) -> Response:
    """One office: where it delivers, who works there, what it has."""
    facts, today = found.engine.facts, found.at.astimezone(DHAKA).date()
    code = in_office(found.engine, found.who, office)
    one, members = facts.offices[code], load_members(connection, office=code, limit=500)
    answering = _answering(facts.offices, today)
    return shown(
        found,
        "office.html",
        office=one,
        answers=answering.get(code, ""),
        postcodes=sorted(one for one, by in answering.items() if by == code),
        map=drawn(facts, found.say("Where the office delivers"), *_map_of(found, one, today)),
        members=members,
        people={person.person_id: person for person in load_people(connection, [m.person_id for m in members])},
        devices=devices_of(connection, code),
        riders=facts.fleet.deliveries.get(code, ()),
        points=facts.points.of_office(code),
        legs=sorted((leg for leg in facts.timetable.legs if code in {leg.origin, leg.destination}), key=_departure),
        today=today,
    )


def _departure(leg: Leg) -> tuple[int, str]:
    return leg.depart_minute, leg.leg_id


def _map_of(found: Visit, office: PostOffice, on: date) -> tuple[list[Mark], list[Way]]:
    facts = found.engine.facts
    area = _areas(facts.resolver.areas, facts.offices, on).get(office.postcode)
    points = [
        Mark((one.lat_deg, one.lon_deg), found.named(one), "next") for one in facts.points.of_office(office.postcode)
    ]
    return [*_marks(found, [office], "now"), *points], _ways(area, "area")


@lru_cache(maxsize=2)
def _answering(offices: Offices, on: date) -> dict[Postcode, Postcode]:
    """Postcode -> the office that answers for it on that day, for all that the service reaches."""
    coverage, found = Coverage(offices, on), {}
    for code in offices:
        with suppress(PostError):
            found[code] = coverage.responsible(code).postcode
    return found
