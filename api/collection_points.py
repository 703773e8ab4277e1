"""Collection points and lockers: what fits, what came, what was collected, what goes back."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from api.acting import Principal
from api.context import Anyone, Engine, InTransaction, Now, Staff, TheEngine, in_office
from api.delivering import Payments, digital
from api.fields import In, Line, OfficeCode, Out, Poisha
from api.problems import answers
from api.proofs import Known
from api.sending import DeviceRow, OrWhy, ScanBatchOut, Sending, Sent, Unread, judge
from api.slices import Slice
from post_logistics.network.collection_points import CentreService, CollectionPoint, PointKind
from post_logistics.operations.door.collecting import (
    OBSTACLE_TEXTS,
    Collection,
    Obstacle,
    PointLoad,
    bring,
    collect,
    confirm_collections,
    load_points,
    may_bring,
    send_back_uncollected,
    uncollected,
)
from post_logistics.operations.facts import Facts
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan
from post_logistics.units import DHAKA, ItemNumber

router = Slice(prefix="/v1/collection-points", tags=["collection points"], responses=answers(401, 403, 404))

PointId = Annotated[str, Path(max_length=60, examples=["dc-1216-01"])]
OfOffice = Annotated[str, Query(max_length=12, description="The office's postcode.", examples=["1216"])]


class PointOut(Out):
    """A collection point and how full it is."""

    point_id: str
    kind: PointKind
    name_en: str
    name_bn: str
    office: str
    lat_deg: float
    lon_deg: float
    hours: str
    takes_cash: bool
    capacity_parcels: int
    parcels: int
    room_parcels: int

    @classmethod
    def made(cls, load: PointLoad) -> "PointOut":
        """The answer about one point."""
        facts = {name: getattr(load.point, name) for name in cls.model_fields if hasattr(load.point, name)}
        return cls(**facts, parcels=load.parcels, room_parcels=load.room_parcels)


class NumbersIn(In):
    """Parcels that the office would bring, in this order."""

    item_numbers: Annotated[
        list[Annotated[Line, Field(max_length=40)]],
        Field(min_length=1, max_length=500, examples=[["DP473124829BD"]]),
    ]


class FitOut(Out):
    """Whether one parcel may be brought; ``obstacle`` null if it may."""

    item_number: str
    obstacle: Obstacle | None
    why_en: str
    why_bn: str


class PointScanIn(DeviceRow):
    """A scan at a collection point, which itself says where and by whom."""

    item_number: Annotated[Line, Field(min_length=1, max_length=40, examples=["DP473124829BD"])]

    def scan(self, sent: Sending, point: CollectionPoint) -> Scan:
        """The scan as a fact."""
        return self.seen(sent, ItemNumber(self.item_number), Event.AT_PICKUP_POINT, point.office, point.holder)


class ArrivalsIn(In):
    """1 to 500 parcels that came."""

    scans: Annotated[list[Annotated[PointScanIn | Unread, OrWhy]], Field(min_length=1, max_length=500)]


class CollectionIn(PointScanIn):
    """Somebody came with a code."""

    code: Annotated[str, Field(max_length=20, description="Six digits, as typed.", examples=["493027"])]
    collected_poisha: Annotated[Poisha, Field(description="Cash; 0 where none is taken.")] = 0
    payments: Annotated[Payments, Field(default_factory=list)]


class CollectionsIn(In):
    """1 to 500 collections."""

    collections: Annotated[list[Annotated[CollectionIn | Unread, OrWhy]], Field(min_length=1, max_length=500)]


class OfficeIn(In):
    """For which office."""

    office: OfficeCode


class ItemsOut(Out):
    """What it was done for."""

    item_numbers: list[str]


class WaitingOut(Out):
    """A parcel that has waited too long."""

    item_number: str
    holder: str
    since: datetime


def point_of(known: Facts, who: Principal, point_id: str) -> CollectionPoint:
    """The point, if the principal may act for its office and, being an agent, keeps it; NotFound if not, as if there
    were none."""
    return known.points.get(point_id, who.office, who.hands)


def _points_of(engine: Engine, known: Facts, who: Principal, office: str) -> tuple[CollectionPoint, ...]:
    return known.points.of_office(in_office(engine, who, office))


@router.get("", summary="The collection points")
def collection_points(who: Anyone, connection: InTransaction, known: Known) -> list[PointOut]:
    """Every point, and how full it is."""
    return [PointOut.made(load) for load in load_points(connection, list(known.points))]


@router.post("/{point_id}/checks", summary="Which parcels may be brought", responses=answers(400, 413))
def check_point(
    point_id: PointId, asked: NumbersIn, who: Staff, connection: InTransaction, known: Known
) -> list[FitOut]:
    """What stands against bringing each parcel: no room, or cash that is not taken there. Changes nothing."""
    found = may_bring(connection, point_of(known, who, point_id), asked.item_numbers)
    return [_fit(number, obstacle) for number, obstacle in found.items()]


def _fit(item_number: str, obstacle: Obstacle | None) -> FitOut:
    texts = OBSTACLE_TEXTS[obstacle] if obstacle else {"en": "", "bn": ""}
    return FitOut(item_number=item_number, obstacle=obstacle, why_en=texts["en"], why_bn=texts["bn"])


@router.post("/{point_id}/arrivals", summary="Parcels have come to a point", responses=answers(400, 413))
def arrivals(point_id: PointId, batch: ArrivalsIn, sent: Sent, connection: InTransaction, known: Known) -> ScanBatchOut:
    """From now on the point answers for them, and the recipients are told. A batch sent twice changes nothing."""
    point = point_of(known, sent.who, point_id)
    record = partial(bring, connection, point, upload=sent.upload)
    return judge(batch.scans, lambda row: row.scan(sent, point), record)


@router.post("/{point_id}/collections", summary="Recipients have come with their codes", responses=answers(400, 413))
def collections(
    point_id: PointId, batch: CollectionsIn, sent: Sent, connection: InTransaction, known: Known
) -> ScanBatchOut:
    """Hands over what comes with the right code; a wrong one is a row rejected, and counts as a try."""
    point, key = point_of(known, sent.who, point_id), sent.engine.facts.advice_key
    on = sent.at.astimezone(DHAKA).date()
    rules, commission = known.cod_rules.on(on), known.commissions.on(on)[CentreService.HAND_OVER]
    return judge(
        batch.collections,
        lambda row: Collection(row.scan(sent, point), row.code, row.collected_poisha, digital(row.payments)),
        partial(
            collect, connection, point, at=sent.at, key=key, rules=rules, commission=commission, upload=sent.upload
        ),
    )


@router.post("/confirmations", summary="Confirm what agents handed over", responses=answers(400, 413))
def confirm_agents(
    asked: OfficeIn, who: Staff, connection: InTransaction, engine: TheEngine, known: Known, at: Now
) -> ItemsOut:
    """The office confirms the collections at its agents and lockers that were made with a code."""
    points, office = _points_of(engine, known, who, asked.office), in_office(engine, who, asked.office)
    return ItemsOut(item_numbers=confirm_collections(connection, known.proof_rules, points, office, at))


@router.get("/uncollected", summary="What nobody came for")
def uncollected_parcels(
    office: OfOffice, who: Staff, connection: InTransaction, engine: TheEngine, known: Known, at: Now
) -> list[WaitingOut]:
    """What has waited at the office's points for longer than it is kept, the longest first."""
    points = _points_of(engine, known, who, office)
    return [WaitingOut.of(one) for one in uncollected(connection, known.proof_rules, points, at)]


@router.post("/returns", summary="Send back what nobody came for", responses=answers(400, 413))
def return_uncollected(
    asked: OfficeIn, who: Staff, connection: InTransaction, engine: TheEngine, known: Known, at: Now
) -> ItemsOut:
    """Decides that what has waited too long goes back to its sender. Again, it changes nothing more."""
    points = _points_of(engine, known, who, asked.office)
    return ItemsOut(item_numbers=send_back_uncollected(connection, known.proof_rules, points, at))
