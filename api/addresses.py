"""Addresses and what is served."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.context import Now, TheEngine
from post_logistics.network.resolve import Hints, Resolution
from post_logistics.units import DHAKA

router = APIRouter(prefix="/v1", tags=["addresses"])


class AddressIn(BaseModel):
    """An address as people write it, in Bangla, English or both."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: Annotated[str, Field(min_length=1, max_length=500, examples=["House 5, Road 3, Mirpur-10, Dhaka"])]
    postcode: Annotated[str, Field(max_length=10)] = ""
    thana: Annotated[str, Field(max_length=100)] = ""
    district: Annotated[str, Field(max_length=100)] = ""
    area: Annotated[str, Field(max_length=100)] = ""


class AlternativeOut(BaseModel):
    """Another office the address might mean."""

    postcode: str
    place: str
    why: str
    score: float


class AddressOut(BaseModel):
    """Where the address is and how sure that is; the office that delivers there, where the service reaches it."""

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


class OfficeOut(BaseModel):
    """A pilot office."""

    postcode: str
    name_en: str
    name_bn: str
    lat_deg: float
    lon_deg: float
    capacity_parcels: int | None


@router.post("/addresses/resolve", summary="The office of delivery of an address")
def resolve(address: AddressIn, engine: TheEngine, at: Now) -> AddressOut:
    """Resolves the address and names the pilot office responsible; 422 if it is not recognised or not served."""
    hints = Hints(postcode=address.postcode, thana=address.thana, district=address.district, area=address.area)
    found = engine.facts.resolver.resolve(address.text, hints)
    office = engine.facts.coverage(at.astimezone(DHAKA).date()).responsible(found.postcode)
    return _out(found, office.postcode)


@router.get("/offices", summary="The offices in service")
def offices(engine: TheEngine, at: Now) -> list[OfficeOut]:
    """The pilot offices in service today."""
    return [OfficeOut.model_validate(o, from_attributes=True) for o in engine.facts.offices.pilot(at.date())]


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
        alternatives=[
            AlternativeOut(postcode=c.postcode, place=c.place_en, why=c.why, score=c.score) for c in found.alternatives
        ],
        delivery_office=office,
    )
