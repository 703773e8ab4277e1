"""Municipalities: where papers are delivered and since when, what became of them, and what was taken at the doors."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from api.context import Anyone, InTransaction, Now, Staff, TheEngine, ThePost, Trader, in_office
from api.documents import DocumentOut
from api.fields import Csv, Day, In, Instant, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.network.municipalities import IN_VIEW
from post_logistics.operations.documents.admitting import admit, admitted
from post_logistics.operations.documents.municipal_reports import (
    MOST_LINES,
    loop_of,
    remittance_of,
    remittance_table,
    status_table,
)
from post_logistics.storage.documents.documents import WantedDocuments, load_documents
from post_logistics.units import DHAKA

router = Slice(prefix="/v1/municipalities", tags=["documents"], responses=answers(401, 403))

Code = Annotated[str, Path(alias="municipality", max_length=40, examples=["gopalganj"])]
FirstOn = Annotated[Day, Query(description="The first day on which papers were handed in.")]
LastOn = Annotated[Day, Query(description="The last; within a year.")]


class MunicipalityOut(Out):
    """A municipality. ``service_from``: the first day of delivery; null where it is not decided."""

    municipality_code: str
    name_en: str
    name_bn: str
    kind: str
    district: str
    office: str
    wards: int | None
    lat_deg: float
    lon_deg: float
    phase: int
    service_from: date | None


class MunicipalitiesOut(Out):
    """The municipalities of the table. ``in_view``: so many are to be served in the end."""

    in_view: int
    municipalities: list[MunicipalityOut]


class AdmissionIn(In):
    """Where the fees go that are taken at the doors."""

    payout_account: Annotated[
        str, Field(max_length=64, description="Bank or wallet account.", examples=["Sonali 4010 2003 4455"])
    ] = ""


class AdmissionOut(Out):
    """A municipality that hands in papers. ``merchant_id``: under which it has keys, people and money."""

    merchant_id: str
    code: str
    office: str
    made_at: datetime


class NumbersIn(In):
    """The application numbers that are asked about."""

    application_numbers: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]],
        Field(min_length=1, max_length=1000, examples=[["HT-2026-0001", "TL-2026-0002"]]),
    ]


class StatusesOut(Out):
    """Where each paper stands whose number is known; ``unknown``: numbers that were never booked."""

    documents: list[DocumentOut]
    unknown: list[str]


class RemittanceRowOut(Out):
    """The papers of one service for one ward; of the sum, service and ward are empty."""

    service: str
    ward: int | None
    handed_in: int
    served: int
    affixed: int
    on_the_way: int
    returned: int
    fees_poisha: int
    collected_poisha: int
    settled_poisha: int
    paid_poisha: int


class RemittanceOut(Out):
    """What became of the papers handed in on those days, and of their fees."""

    first_on: date
    last_on: date
    rows: list[RemittanceRowOut]
    total: RemittanceRowOut


class WardCallOut(Out):
    """A ward as a postman comes through it."""

    rider: str
    place: str
    from_at: datetime
    doors: int
    papers: int


class LoopOut(Out):
    """The day's papers of a town as they are walked, and why so. ``distance_before_m``: in the order of the lists."""

    service_on: date
    revision: int
    riders: int
    papers: int
    doors: int
    own_points: int
    ward_points: int
    wards_only: int
    others: int
    left: int
    distance_m: int
    distance_before_m: int
    calls: list[WardCallOut]
    why_en: list[str]
    why_bn: list[str]


@router.get("", summary="The municipalities by phase")
def municipalities(
    who: Anyone, engine: TheEngine, phase: Annotated[int | None, Query(ge=1, le=99)] = None
) -> MunicipalitiesOut:
    """Those of one phase, or all that are listed."""
    found = [one for one in engine.facts.municipalities if phase in {None, one.phase}]
    return MunicipalitiesOut(in_view=IN_VIEW, municipalities=[MunicipalityOut.of(one) for one in found])


@router.put("/{municipality}", summary="Admit a municipality", responses=answers(400, 404, 409, 413))
def admit_municipality(
    code: Code, asked: AdmissionIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> AdmissionOut:
    """Makes it a merchant and an issuer. Told again it answers the same."""
    return AdmissionOut.of(admit(connection, engine.facts, code, asked.payout_account, at))


@router.post("/{municipality}/statuses", summary="Where papers are, by number", responses=answers(400, 404, 413))
def municipal_statuses(code: Code, asked: NumbersIn, who: Trader, connection: InTransaction) -> StatusesOut:
    """Up to 1,000 at once, by application number."""
    issuer = admitted(connection, code, who.merchant_id)
    found = load_documents(connection, issuer.merchant_id, asked.application_numbers)
    known = {one.application_number for one in found}
    unknown = [number for number in dict.fromkeys(asked.application_numbers) if number not in known]
    return StatusesOut(documents=[DocumentOut.made(one) for one in found], unknown=unknown)


@router.get("/{municipality}/statuses.csv", summary="Where all papers are", responses=answers(404), response_class=Csv)
def municipal_status_table(
    code: Code,
    who: Trader,
    connection: InTransaction,
    changed_since: Annotated[Instant | None, Query(description="Only those to which something happened since.")] = None,
    after: Annotated[str, Query(max_length=64, description="The last number of a full file.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_LINES, description="Lines at most.")] = MOST_LINES,
) -> Csv:
    """A file by application number, amounts in taka. One that has as many lines as were asked for is followed by
    another."""
    issuer = admitted(connection, code, who.merchant_id)
    return Csv(status_table(connection, issuer, WantedDocuments(changed_since=changed_since), after, limit))


@router.get("/{municipality}/remittance", summary="What was taken at the doors", responses=answers(404))
def municipal_remittance(
    code: Code, first_on: FirstOn, last_on: LastOn, who: Trader, connection: InTransaction
) -> RemittanceOut:
    """By service and ward: papers handed in, served, affixed and returned; fees asked, taken, settled and paid."""
    return RemittanceOut.of(remittance_of(connection, admitted(connection, code, who.merchant_id), first_on, last_on))


@router.get(
    "/{municipality}/remittance.csv",
    summary="The same as a table",
    responses=answers(404),
    response_class=Csv,
)
def municipal_remittance_table(
    code: Code, first_on: FirstOn, last_on: LastOn, who: Trader, connection: InTransaction, engine: TheEngine, at: Now
) -> Csv:
    """For a spreadsheet, amounts in taka, the sum last."""
    found = remittance_of(connection, admitted(connection, code, who.merchant_id), first_on, last_on)
    return Csv(remittance_table(found, engine.facts.documents.on(at.astimezone(DHAKA).date())))


@router.get("/{municipality}/loops/{service_on}", summary="How the day's papers are walked", responses=answers(404))
def municipal_loop(code: Code, service_on: Day, who: Staff, connection: InTransaction, engine: TheEngine) -> LoopOut:
    """The plan in force of the town's office, explained: the wards in their order, and how well its doors are known."""
    town = engine.facts.municipalities[code]
    in_office(engine, who, town.office)
    return LoopOut.of(loop_of(connection, engine.facts, town, service_on))
