"""Areas: those of the hierarchy, each in one of RedX's four zones."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.compat.access import RedxMerchant
from api.context import TheEngine
from api.fields import Out
from post_logistics.errors import Unacceptable
from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.hierarchy import Area, Hierarchy
from post_logistics.operations.facts import Facts
from post_logistics.units import Postcode, latin_digits

router = APIRouter(tags=["redx"])

DHAKA_CITY, SUBURBS, SYLHET, ELSEWHERE = 1, 2, 3, 7
_SUBURBAN: Final = frozenset({"Dhaka", "Gazipur", "Narayanganj"})


class AreaOut(Out):
    """An area."""

    id: int
    name: str
    name_bn: str
    post_code: int
    district_name: str
    division_name: str
    zone_id: int


class AreasOut(Out):
    """Areas, by district, thana and name."""

    areas: list[AreaOut]


@router.get("/areas", name="redx_areas")
def areas(
    merchant_id: RedxMerchant,
    engine: TheEngine,
    post_code: str = "",
    district_name: str = "",
    zone_id: str = "",
    name: str = "",
) -> Response:
    """The areas that are asked for, or all of them."""
    post_code, zone_id = latin_digits(post_code).strip(), latin_digits(zone_id).strip()
    district, words = district_name.strip().casefold(), name.strip().casefold()
    found = _rows(engine.facts.hierarchy())
    chosen = [
        one
        for one in found
        if post_code in {"", str(one.post_code)}
        and zone_id in {"", str(one.zone_id)}
        and district in {"", one.district_name.casefold()}
        and words in f"{one.name} {one.name_bn}".casefold()
    ]
    return Response(AreasOut(areas=chosen).model_dump_json(), media_type="application/json")


@lru_cache(maxsize=2)
def _rows(hierarchy: Hierarchy) -> tuple[AreaOut, ...]:
    return tuple(
        AreaOut(
            id=one.number,
            name=one.name_en,
            name_bn=one.name_bn,
            post_code=int(one.postcode),
            district_name=one.thana.district.name_en,
            division_name=one.thana.district.division.name_en,
            zone_id=zone_of(one),
        )
        for one in hierarchy.areas.values()
    )


def zone_of(area: Area) -> int:
    """The zone by which RedX would price it: the city, what is around it, Sylhet, or elsewhere."""
    district = area.thana.district.name_en
    if district == METROPOLITAN.district and METROPOLITAN.first <= area.postcode <= METROPOLITAN.last:
        return DHAKA_CITY
    if district in _SUBURBAN:
        return SUBURBS
    return SYLHET if district == "Sylhet" else ELSEWHERE


class AreaNameOut(BaseModel):
    """An area by its number and name."""

    area_id: int
    area_name: str


def area_of(facts: Facts, postcode: str, place_id: str = "") -> AreaNameOut:
    """The area in which a place lies, or the first that its office delivers; 0 and no name if there is none."""
    found = _by_postcode(facts.hierarchy()).get(Postcode(postcode), [])
    place = facts.places.get(place_id)
    names = {place.name_en, place.within} if place else set()
    here = next((one for one in found if one.name_en in names), None) or next(iter(found), None)
    return AreaNameOut(area_id=here.number, area_name=here.name_en) if here else AreaNameOut(area_id=0, area_name="")


def area_of_address(facts: Facts, address: str) -> AreaNameOut:
    """The area in which an address lies."""
    try:
        found = facts.resolver.settle(address)
    except Unacceptable:
        return area_of(facts, "")
    return area_of(facts, found.postcode, found.place.place_id if found.place else "")


@lru_cache(maxsize=2)
def _by_postcode(hierarchy: Hierarchy) -> Mapping[Postcode, list[Area]]:
    by_postcode: dict[Postcode, list[Area]] = {}
    for one in hierarchy.areas.values():
        by_postcode.setdefault(one.postcode, []).append(one)
    return by_postcode
