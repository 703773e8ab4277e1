"""Addresses: to the office that delivers there, what is served, and what people corrected."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.acting import Principal
from api.context import Anyone, Engine, InTransaction, Now, TheEngine
from api.fields import In, OfficeCode, Out, QuestionOut
from api.problems import answers
from api.slices import Slice
from post_logistics.network.corrections import Correction, Learned, learned, phrase_of
from post_logistics.network.coverage import Coverage, OutsideCoverage
from post_logistics.network.resolve import Hints, Resolution, Unresolved
from post_logistics.operations.orders import correcting
from post_logistics.storage.orders.corrections import load_corrections
from post_logistics.units import DHAKA, Postcode

router = Slice(prefix="/v1", tags=["addresses"], responses=answers(401))
Hint = Annotated[str, Field(max_length=100, examples=[""])]
BATCH = 1_000
"""Addresses at most in one request."""


class AddressIn(In):
    """An address as people write it, in Bangla, English or both; with whatever is known besides."""

    text: Annotated[str, Field(min_length=1, max_length=500, examples=["House 5, Road 3, Mirpur-10, Dhaka"])]
    postcode: Hint = ""
    thana: Hint = ""
    district: Hint = ""
    area: Hint = ""
    lat_deg: Annotated[float | None, Field(ge=-90, le=90, description="Of a pin on a map, with lon_deg.")] = None
    lon_deg: Annotated[float | None, Field(ge=-180, le=180)] = None

    def hints(self) -> Hints:
        """What is known besides the text."""
        return Hints(**self.model_dump(exclude={"text"}))


class AddressesIn(In):
    """Many addresses."""

    addresses: Annotated[list[AddressIn], Field(min_length=1, max_length=BATCH)]


class AlternativeOut(Out):
    """Another office the address might mean."""

    postcode: str
    place_en: str
    why: str
    score: float


class PartsOut(Out):
    """What the address says beside its town; empty where it does not say."""

    house: str
    flat: str
    floor: str
    road: str
    lane: str
    block: str
    sector: str
    section: str
    area: str
    landmark: str


class AddressOut(Out):
    """Where the address is and how sure that is, and the office that delivers there."""

    postcode: str
    office_en: str
    office_bn: str
    place: str
    thana: str
    district: str
    division: str
    parts: PartsOut
    lat_deg: float
    lon_deg: float
    precision_m: int
    confidence: Annotated[float, Field(description="The share of such answers that are right, 0 to 1.")]
    rule: str
    evidence: list[str]
    alternatives: list[AlternativeOut]
    question: Annotated[QuestionOut | None, Field(description="What to ask where the answer is not sure.")]
    delivery_office: Annotated[
        str | None, Field(description="The office of the service that delivers there; null where it does not reach.")
    ]


class UnresolvedOut(Out):
    """What is missing in an address that tells no office."""

    reason: str
    question: QuestionOut


class ResultOut(Out):
    """One of the two."""

    resolved: AddressOut | None = None
    unresolved: UnresolvedOut | None = None


class ResultsOut(Out):
    """A result per address, in their order."""

    results: list[ResultOut]


class OfficeOut(Out):
    """An office that offers the service."""

    postcode: str
    name_en: str
    name_bn: str
    lat_deg: float
    lon_deg: float
    capacity_parcels: Annotated[int | None, Field(description="Parcels it can deliver on one day.")]


class CorrectionIn(In):
    """What the words of an address mean. Numbers of houses and roads are passed over."""

    phrase: Annotated[str, Field(min_length=3, max_length=300, examples=["Kabir Nagar, Mirpur"])]
    postcode: OfficeCode


class CorrectionOut(Out):
    """A correction, as it was kept."""

    correction_id: UUID
    phrase: str
    postcode: str
    said_by: str
    said_at: datetime
    withdraws: UUID | None
    in_use: Annotated[bool, Field(description="Enough people say so: addresses with this phrase go to this office.")]


@router.post("/addresses/resolve", summary="The office of delivery of an address", responses=answers(400, 404, 413))
def resolve(address: AddressIn, who: Anyone, engine: TheEngine, connection: InTransaction, at: Now) -> AddressOut:
    """Understands the address, says how sure that is and what to ask; 422 if it tells nothing."""
    found = engine.facts.resolver.resolve(address.text, address.hints(), engine.facts.lessons.known(connection, at))
    return _out(found, engine, engine.facts.coverage(at.astimezone(DHAKA).date()))


@router.post("/addresses/resolve/batch", summary="Up to 1,000 addresses at once", responses=answers(400, 413))
def resolve_many(asked: AddressesIn, who: Anyone, engine: TheEngine, connection: InTransaction, at: Now) -> ResultsOut:
    """A result for every address, in their order; one that tells nothing takes no other with it."""
    known = engine.facts.lessons.known(connection, at)
    coverage = engine.facts.coverage(at.astimezone(DHAKA).date())
    return ResultsOut(results=[_result(one, known, engine, coverage) for one in asked.addresses])


@router.get("/offices", summary="The offices in service")
def offices(who: Anyone, engine: TheEngine, at: Now) -> list[OfficeOut]:
    """The offices that offer the service today."""
    return [OfficeOut.of(office) for office in engine.facts.offices.pilot(at.astimezone(DHAKA).date())]


@router.post(
    "/addresses/corrections", status_code=201, summary="Correct what a phrase means", responses=answers(400, 404, 413)
)
def correct(asked: CorrectionIn, who: Anyone, engine: TheEngine, connection: InTransaction, at: Now) -> CorrectionOut:
    """Keeps who said it and when. Used as soon as two different people say the same; the same again changes nothing."""
    facts = engine.facts
    made = correcting.correct(connection, facts.resolver, facts.lessons, asked.phrase, asked.postcode, _name(who), at)
    return _correction(made.correction_id, load_corrections(connection, made.phrase))


@router.get("/addresses/corrections", summary="What was said about a phrase")
def corrections(
    who: Anyone, connection: InTransaction, phrase: Annotated[str, Query(min_length=3, max_length=300)]
) -> list[CorrectionOut]:
    """Every correction of the phrase, the oldest first, those taken back as well."""
    said = load_corrections(connection, phrase_of(phrase))
    return [_correction(one.correction_id, said) for one in said]


@router.post(
    "/addresses/corrections/{correction_id}/withdraw", summary="Take a correction back", responses=answers(404, 409)
)
def withdraw(correction_id: UUID, who: Anyone, engine: TheEngine, connection: InTransaction, at: Now) -> CorrectionOut:
    """One's own; the post itself may take back anybody's. Twice is once."""
    lessons, others_too = engine.facts.lessons, who.merchant_id is None and who.office is None
    made = correcting.withdraw(connection, lessons, correction_id, _name(who), at, others_too=others_too)
    return _correction(made.correction_id, load_corrections(connection, made.phrase))


def _name(who: Principal) -> str:
    if who.merchant_id:
        return f"merchant:{who.merchant_id}"
    return f"office:{who.office}" if who.office else "post"


def _correction(correction_id: UUID, said: list[Correction]) -> CorrectionOut:
    one = next(one for one in said if one.correction_id == correction_id)
    used = learned(said).get(one.phrase) == one.postcode and one.withdraws is None
    return CorrectionOut(
        correction_id=one.correction_id,
        phrase=one.phrase,
        postcode=one.postcode,
        said_by=one.said_by,
        said_at=one.said_at,
        withdraws=one.withdraws,
        in_use=used,
    )


def _result(address: AddressIn, known: Learned, engine: Engine, coverage: Coverage) -> ResultOut:
    try:
        found = engine.facts.resolver.resolve(address.text, address.hints(), known)
    except Unresolved as refused:
        return ResultOut(unresolved=UnresolvedOut(reason=refused.message, question=QuestionOut.of(refused.question)))
    return ResultOut(resolved=_out(found, engine, coverage))


def _out(found: Resolution, engine: Engine, coverage: Coverage) -> AddressOut:
    office = engine.facts.offices[found.postcode]
    return AddressOut(
        postcode=found.postcode,
        office_en=office.name_en,
        office_bn=office.name_bn,
        place=found.place.name_en if found.place else "",
        thana=found.thana,
        district=found.district,
        division=found.division,
        parts=PartsOut.of(found.parts),
        lat_deg=found.lat_deg,
        lon_deg=found.lon_deg,
        precision_m=found.precision_m,
        confidence=found.confidence,
        rule=found.rule,
        evidence=list(found.evidence),
        alternatives=[AlternativeOut.of(one) for one in found.alternatives],
        question=QuestionOut.of(found.question) if found.question else None,
        delivery_office=_delivery_office(found.postcode, coverage),
    )


def _delivery_office(postcode: Postcode, coverage: Coverage) -> str | None:
    try:
        return coverage.responsible(postcode).postcode
    except OutsideCoverage:
        return None
