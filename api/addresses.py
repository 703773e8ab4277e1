"""Addresses and what is served."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.context import Anyone, Now, TheEngine
from api.fields import In, Out
from api.problems import answers
from post_logistics.network.resolve import Hints, Resolution
from post_logistics.units import DHAKA

router = APIRouter(prefix="/v1", tags=["addresses"], responses=answers(401))
Hint = Annotated[str, Field(max_length=100, examples=[""])]


class AddressIn(In):
    """An address as people write it, in Bangla, English or both; with whatever is known besides."""

    text: Annotated[str, Field(min_length=1, max_length=500, examples=["House 5, Road 3, Mirpur-10, Dhaka"])]
    postcode: Hint = ""
    thana: Hint = ""
    district: Hint = ""
    area: Hint = ""


class AlternativeOut(Out):
    """Another office the address might mean."""

    postcode: str
    place_en: str
    why: str
    score: float


class AddressOut(Out):
    """Where the address is and how sure that is, and the office that delivers there."""

    postcode: str
    place: str
    thana: str
    district: str
    lat_deg: float
    lon_deg: float
    precision_m: int
    confidence: float
    rule: str
    evidence: list[str]
    alternatives: list[AlternativeOut]
    delivery_office: str


class OfficeOut(Out):
    """An office that offers the service."""

    postcode: str
    name_en: str
    name_bn: str
    lat_deg: float
    lon_deg: float
    capacity_parcels: Annotated[int | None, Field(description="Parcels it can deliver on one day.")]


@router.post("/addresses/resolve", summary="The office of delivery of an address", responses=answers(400, 404, 413))
def resolve(address: AddressIn, who: Anyone, engine: TheEngine, at: Now) -> AddressOut:
    """Understands the address and names the office responsible; 422 if it is not recognised or not served."""
    hints = Hints(postcode=address.postcode, thana=address.thana, district=address.district, area=address.area)
    found = engine.facts.resolver.resolve(address.text, hints)
    office = engine.facts.coverage(at.astimezone(DHAKA).date()).responsible(found.postcode)
    return _out(found, office.postcode)


@router.get("/offices", summary="The offices in service")
def offices(who: Anyone, engine: TheEngine, at: Now) -> list[OfficeOut]:
    """The offices that offer the service today."""
    return [OfficeOut.of(office) for office in engine.facts.offices.pilot(at.astimezone(DHAKA).date())]


def _out(found: Resolution, office: str) -> AddressOut:
    return AddressOut(
        postcode=found.postcode,
        place=found.place.name_en if found.place else "",
        thana=found.thana,
        district=found.district,
        lat_deg=found.lat_deg,
        lon_deg=found.lon_deg,
        precision_m=found.precision_m,
        confidence=found.confidence,
        rule=found.rule,
        evidence=list(found.evidence),
        alternatives=[AlternativeOut.of(one) for one in found.alternatives],
        delivery_office=office,
    )
