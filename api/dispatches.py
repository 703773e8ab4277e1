"""What leaves an office by which vehicle, what is on its way, and vehicles that break down."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from api.bags import ActIn, LineOut, Numbers, NumberVerdictOut, verdicts_out
from api.context import InTransaction, Now, Staff, TheEngine, in_office
from api.fields import Day, In, Instant, Line, OfficeCode, Out, Pdf
from api.problems import answers
from api.slices import Slice
from post_logistics.consignments.manifests import Departure
from post_logistics.consignments.receptacles import parse_numbers
from post_logistics.operations.bags import bag_papers
from post_logistics.operations.bags.dispatches import (
    OnTheRoad,
    ad_hoc,
    departure_named,
    departure_of,
    fail,
    on_the_road,
    run_of,
    send,
    vehicle_manifest,
)
from post_logistics.operations.bags.dispatching import loading
from post_logistics.operations.facts import Facts

router = Slice(prefix="/v1/dispatches", tags=["dispatches"], responses=answers(401, 403))

VehicleInQuery = Annotated[
    Line, Query(description="As the dispatch was answered.", examples=["1205-1215-M/20261122T0320Z"])
]
LegInQuery = Annotated[str, Query(max_length=80, description="A leg of the timetable.", examples=["1205-1215-M"])]
OfficeInQuery = Annotated[str, Query(max_length=12, description="The office's postcode.", examples=["1216"])]


class RunIn(In):
    """A run of the timetable."""

    leg: Annotated[Line, Field(max_length=80, examples=["1205-1215-M"])]
    on: Annotated[Day, Field(description="The day in Dhaka on which it leaves.")]

    def departure(self, facts: Facts, _origin: str) -> Departure:
        """The departure; NotFound if the timetable has no such leg."""
        return departure_of(run_of(facts, self.leg, self.on))


class VehicleIn(In):
    """A vehicle that is not in the timetable."""

    vehicle: Annotated[Line, Field(max_length=40, description="Its number plate.", examples=["DM-TA-11-2345"])]
    destination: OfficeCode
    depart_at: Instant
    arrive_at: Instant | None = None

    def departure(self, facts: Facts, origin: str) -> Departure:
        """The departure from that office."""
        return ad_hoc(facts, origin, self.destination, self.vehicle, self.depart_at, self.arrive_at)


By = RunIn | VehicleIn


class DispatchIn(ActIn):
    """What leaves, and by what. Parts of a load can be told one after the other."""

    by: Annotated[By, Field(examples=[{"leg": "1205-1215-M", "on": "2026-11-22"}])]
    numbers: Numbers


class FailureIn(ActIn):
    """A vehicle that cannot go on, and what takes over: the next run to the same office, unless ``onto`` is given."""

    vehicle: Annotated[Line, Field(examples=["1205-1215-M/20261122T0320Z"])]
    onto: By | None = None

    def rescue(self, facts: Facts, origin: str) -> Departure | None:
        """The departure of what takes over, if it is named; a vehicle leaves where the broken one did."""
        return None if self.onto is None else self.onto.departure(facts, origin)


class DepartureOut(Out):
    """A vehicle that leaves one office for another."""

    vehicle: Annotated[str, Field(description="Names this run; a holder is vehicle: and this.")]
    origin: str
    destination: str
    depart_at: datetime
    arrive_at: datetime | None


class DispatchOut(Out):
    """A departure, and a verdict for each bag and loose item."""

    departure: DepartureOut
    verdicts: list[NumberVerdictOut]


class AboardOut(DepartureOut):
    """A departure and what is on it still."""

    bags: list[str]
    items: Annotated[list[str], Field(description="Loose ones.")]


class RoadOut(Out):
    """What is on its way to an office, and what has left it."""

    expected: list[AboardOut]
    outgoing: list[AboardOut]


class LoadingOut(Out):
    """What to load on a run."""

    vehicle: str
    bags: list[str]
    items: Annotated[list[str], Field(description="Loose ones.")]


class VehicleManifestOut(Out):
    """A departure and the lines of its list."""

    departure: DepartureOut
    lines: list[LineOut]


@router.post(
    "", status_code=201, summary="Send bags and loose items by a vehicle", responses=answers(400, 404, 409, 413)
)
def dispatch(told: DispatchIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> DispatchOut:
    """The vehicle answers for them from now on."""
    act = told.act(engine, who, at)
    departure = told.by.departure(engine.facts, act.office)
    done = send(connection, act, departure, parse_numbers(told.numbers))
    return DispatchOut(departure=DepartureOut.of(departure), verdicts=verdicts_out(done))


@router.get("", summary="What is on its way to and from an office", responses=answers(404))
def dispatches(office: OfficeInQuery, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> RoadOut:
    """The vehicles of the last week with what is on them still, and those that are yet to arrive."""
    here = in_office(engine, who, office)
    road = on_the_road(connection, engine.facts, here, at)
    return RoadOut(
        expected=[_aboard(one) for one in road if one.departure.destination == here],
        outgoing=[_aboard(one) for one in road if one.departure.origin == here],
    )


def _aboard(one: OnTheRoad) -> AboardOut:
    departure = DepartureOut.of(one.departure)
    return AboardOut(**departure.model_dump(), bags=list(one.bags), items=list(one.items))


@router.get("/loading", summary="What to load on a run", responses=answers(404))
def dispatch_loading(leg: LegInQuery, on: Day, who: Staff, connection: InTransaction, engine: TheEngine) -> LoadingOut:
    """The bags and loose items at its office for which that run is the first of the soonest way."""
    run = run_of(engine.facts, leg, on)
    in_office(engine, who, run.leg.origin)
    return LoadingOut.of(loading(connection, engine.facts, run))


@router.post("/failures", summary="Move everything off a broken-down vehicle", responses=answers(400, 404, 409, 413))
def dispatch_failure(told: FailureIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> DispatchOut:
    """Bags and loose items go on by the next run, or by the vehicle named, with the reason vehicle_breakdown."""
    act = told.act(engine, who, at)
    broken = departure_named(connection, engine.facts, told.vehicle)
    onto = told.rescue(engine.facts, broken.origin)
    departure, done = fail(connection, engine.facts, act, broken.vehicle, onto)
    return DispatchOut(departure=DepartureOut.of(departure), verdicts=verdicts_out(done))


@router.get("/manifest", summary="What is on a vehicle", responses=answers(404))
def dispatch_manifest(
    vehicle: VehicleInQuery, who: Staff, connection: InTransaction, engine: TheEngine
) -> VehicleManifestOut:
    """Its bags, and the items that are in none."""
    departure, lines = vehicle_manifest(connection, engine.facts, vehicle)
    return VehicleManifestOut(departure=DepartureOut.of(departure), lines=[LineOut.of(line) for line in lines])


@router.get("/manifest.pdf", summary="The dispatch list to print", response_class=Pdf, responses=answers(404))
def dispatch_list(vehicle: VehicleInQuery, who: Staff, connection: InTransaction, engine: TheEngine) -> Pdf:
    """The list of what is on a vehicle, A4."""
    return Pdf(bag_papers.dispatch_list(connection, engine.facts, vehicle))
