"""Orders become consignments: placed, rated, numbered and booked, each with a verdict, nothing half-done."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache

from post_logistics.consignments.booking import Consignment, Order, OrderRefused, Problem, fingerprint
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.corrections import Learned
from post_logistics.network.offices import PostOffice
from post_logistics.network.questions import Question
from post_logistics.network.resolve import Hints, Resolution, Unresolved
from post_logistics.network.timetable import earliest_arrival
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.numbering import Numbers
from post_logistics.routing.assignment import Assignment, Demand, Office, assign
from post_logistics.storage.database import Connection
from post_logistics.storage.orders import consignments as store
from post_logistics.tracking.journey import fold
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import DHAKA, ItemNumber, Postcode


class Outcome(StrEnum):
    """What became of one order."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"
    TO_DECIDE = "to_decide"
    """The address could only be guessed at: somebody has to choose."""
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Settled:
    """Where an order goes and comes from, when whoever asks knows it: no address is looked up for it."""

    to: Resolution
    office: Postcode
    pickup_office: Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order of a merchant, and where it stood in its file. An empty ``service`` is the usual one; ``ready_on``: the
    day before which it is not in our hands."""

    order: Order
    merchant: Merchant
    hints: Hints = field(default_factory=Hints)
    row: int | None = None
    service: str = ""
    settled: Settled | None = None
    ready_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one order: booked (or booked before, with the same content), to be decided, or rejected and why."""

    row: int | None
    order_ref: str
    outcome: Outcome
    item_number: str = ""
    consignment: Consignment | None = None
    problems: tuple[Problem, ...] = ()
    question: Question | None = None
    """What to ask about the address: of one to decide, and of one booked that is not sure."""
    choices: tuple[Postcode, ...] = ()
    """The offices it might be, the likeliest first."""


class Undecided(OrderRefused):
    """An order whose address somebody has to decide. ``facts``: ``question_en``, ``question_bn``, ``choices``."""

    def __init__(self, verdict: Verdict, question: Question) -> None:
        super().__init__(verdict.problems, verdict.row)
        self.facts |= {"question_en": question.en, "question_bn": question.bn, "choices": list(verdict.choices)}


@dataclass(frozen=True, slots=True)
class _Placed:
    """An order with both its ends found."""

    asked: Asked
    to: Resolution
    pickup_office: Postcode
    responsible: Postcode
    promised_on: date


def book(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    asked: Sequence[Asked],
    at: datetime,
    *,
    dry_run: bool = False,
) -> list[Verdict]:
    """A verdict per order, in their order. The same reference with the same content is the same booking, told again;
    with other content it is refused. A dry run decides everything and books nothing."""
    place = _placing(facts, facts.lessons.known(connection, at), at)
    prints = [fingerprint(one.order, one.hints.postcode, one.service) for one in asked]
    earlier = store.load_references(connection, [(one.merchant.merchant_id, one.order.order_ref) for one in asked])
    verdicts: dict[int, Verdict] = {}
    placed: dict[int, _Placed] = {}
    seen: dict[tuple[str, str], int] = {}
    for i, one in enumerate(asked):
        reference = (one.merchant.merchant_id, one.order.order_ref)
        if reference in earlier:
            verdicts[i] = _booked_before(one, prints[i], *earlier[reference])
        elif reference in seen:
            verdicts[i] = _twice(one, prints[i] == prints[seen[reference]], asked[seen[reference]])
        else:
            seen[reference] = i
            found = place(one)
            if isinstance(found, _Placed):
                placed[i] = found
            else:
                verdicts[i] = found
    offices = _share_out(connection, facts, placed, at)
    verdicts |= _keep(connection, facts, numbers, placed, offices, prints, at, dry_run=dry_run)
    return [verdicts[i] for i in range(len(asked))]


def book_one(connection: Connection, facts: Facts, numbers: Numbers, asked: Asked, at: datetime) -> Consignment:
    """The consignment of one order, booked now or before with the same content.

    OrderRefused with every problem; Conflict if the reference is used for another order.
    """
    (verdict,) = book(connection, facts, numbers, [asked], at)
    if verdict.outcome is Outcome.TO_DECIDE and verdict.question is not None:
        raise Undecided(verdict, verdict.question)
    if verdict.outcome is Outcome.REJECTED:
        if any(problem.field == "order_ref" for problem in verdict.problems):
            problem = verdict.problems[0]
            raise Conflict(problem.reason, field=problem.field, remedy=problem.remedy)
        raise OrderRefused(verdict.problems)
    if verdict.consignment is not None:
        return replace(verdict.consignment, booked_at=at.astimezone(UTC))  # as it is read back
    return store.load_consignment(connection, verdict.item_number)


def _rejected(one: Asked, *problems: Problem) -> Verdict:
    return Verdict(row=one.row, order_ref=one.order.order_ref, outcome=Outcome.REJECTED, problems=problems)


def _to_decide(one: Asked, error: Unresolved) -> Verdict:
    return Verdict(
        row=one.row,
        order_ref=one.order.order_ref,
        outcome=Outcome.TO_DECIDE,
        problems=(Problem("recipient_address", error.message, error.remedy or "complete the address"),),
        question=error.question,
        choices=error.choices,
    )


def _booked_before(one: Asked, content: str, item_number: str, first_content: str) -> Verdict:
    if content == first_content:
        return Verdict(row=one.row, order_ref=one.order.order_ref, outcome=Outcome.DUPLICATE, item_number=item_number)
    return _rejected(
        one,
        Problem(
            "order_ref",
            f"{one.order.order_ref} is already booked as {item_number} with other content",
            "use a new reference for a new order",
        ),
    )


def _twice(one: Asked, same: bool, first: Asked) -> Verdict:
    what = "the same order" if same else "another order"
    return _rejected(
        one,
        Problem(
            "order_ref", f"row {first.row} is {what} with reference {one.order.order_ref}", "keep one of the two rows"
        ),
    )


def _placing(facts: Facts, learned: Learned, at: datetime) -> Callable[[Asked], _Placed | Verdict]:
    """What gives an order its two offices and its day, or the verdict on its addresses.

    A store that sends many orders is looked up once, and so is the way between two offices.
    """
    coverage = facts.coverage(at.astimezone(DHAKA).date())

    @cache
    def pickup_of(store_address: str) -> Postcode | Problem:
        try:
            return coverage.responsible(facts.resolver.settle(store_address, learned=learned).postcode).postcode
        except Unacceptable as error:
            return Problem("store_address", error.message, error.remedy or "correct the address")

    @cache
    def promised_on(pickup: Postcode, delivery: Postcode, ready_on: date | None) -> date:
        ready_at = at if ready_on is None else max(at, dhaka(ready_on, facts.fleet.day.pickup_start))
        return promise(facts, pickup, delivery, ready_at)

    def place(one: Asked) -> _Placed | Verdict:
        if one.settled is not None:
            to, office, from_office = one.settled.to, one.settled.office, one.settled.pickup_office
            return _Placed(one, to, from_office, office, promised_on(from_office, office, one.ready_on))
        pickup = pickup_of(one.order.store_address)
        if isinstance(pickup, Problem):
            return _rejected(one, pickup)
        try:
            to = facts.resolver.settle(one.order.recipient_address, one.hints, learned)
            delivery = coverage.responsible(to.postcode).postcode
        except Unresolved as error:
            return _to_decide(one, error)
        except Unacceptable as error:
            return _rejected(one, Problem("recipient_address", error.message, error.remedy or "correct the address"))
        return _Placed(one, to, pickup, delivery, promised_on(pickup, delivery, one.ready_on))

    return place


def promise(facts: Facts, pickup_office: Postcode, delivery_office: Postcode, at: datetime) -> date:
    """The day on which a parcel booked now goes out for delivery: picked up on the next round, carried by the
    timetable, on the first tour that leaves after it is in."""
    day = facts.fleet.day
    on = at.astimezone(DHAKA).date()
    if at > dhaka(on, day.pickup_start):
        on += timedelta(days=1)
    in_hand = dhaka(on, day.pickup_end)
    if pickup_office != delivery_office:
        journey = earliest_arrival(facts.timetable, pickup_office, delivery_office, in_hand)
        if journey is not None:
            in_hand = journey.arrive_at
    on = in_hand.astimezone(DHAKA).date()
    return on if in_hand <= dhaka(on, day.delivery_start) else on + timedelta(days=1)


def _share_out(
    connection: Connection, facts: Facts, placed: Mapping[int, _Placed], at: datetime
) -> dict[int, tuple[Postcode, str]]:
    """The office that delivers each order and why: the responsible one, or a neighbour when that is full that day."""
    chosen: dict[int, tuple[Postcode, str]] = {}
    by_day: dict[date, dict[Postcode, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, one in placed.items():
        if one.asked.settled is not None:
            chosen[i] = (one.responsible, "the sender says where it is")
            continue
        by_day[one.promised_on][one.responsible].append(i)
    pilots = facts.offices.pilot(at.astimezone(DHAKA).date())
    for on, groups in by_day.items():
        demands = [Demand(responsible, len(members)) for responsible, members in sorted(groups.items())]
        offices = _with_room(connection, [office for office in pilots if office.postcode in groups], on)
        if any(len(groups[Postcode(one.office)]) > one.capacity_parcels for one in offices):
            offices = _with_room(connection, pilots, on)
        for result in assign(demands, offices):
            chosen |= _dealt(result, groups[Postcode(result.responsible)])
    return chosen


def _with_room(connection: Connection, offices: Sequence[PostOffice], on: date) -> list[Office]:
    """The offices with what each can still deliver on that day."""
    taken = store.load_office_load(connection, on, [office.postcode for office in offices])
    return [
        Office(o.postcode, max(0, (o.capacity_parcels or 0) - taken.get(o.postcode, 0)), o.lat_deg, o.lon_deg)
        for o in offices
    ]


def _dealt(result: Assignment, members: Sequence[int]) -> dict[int, tuple[Postcode, str]]:
    """The shares of one group dealt to its members in their order; what finds no room stays where it belongs."""
    queue = iter(members)
    dealt = {next(queue): (Postcode(share.office), share.why) for share in result.shares for _ in range(share.parcels)}
    late = f"every office is full that day: {result.responsible} keeps it, later than promised"
    return dealt | {i: (Postcode(result.responsible), late) for i in queue}


def _keep(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    placed: Mapping[int, _Placed],
    offices: Mapping[int, tuple[Postcode, str]],
    prints: Sequence[str],
    at: datetime,
    *,
    dry_run: bool,
) -> dict[int, Verdict]:
    """Rates, numbers and books what was placed."""
    order = sorted(placed)
    free = [ItemNumber("")] * len(order) if dry_run else numbers.take(len(order), at)
    consignments = {
        i: _consignment(facts, placed[i], *offices[i], number, at) for i, number in zip(order, free, strict=True)
    }
    if dry_run:
        return {i: _booked(placed[i], c) for i, c in consignments.items()}
    scans = [_booked_scan(consignments[i], at) for i in order]
    journeys = [fold(scan.item_number, [scan]) for scan in scans]
    values = [consignments[i] for i in order]
    booked = store.append_bookings(connection, values, [prints[i] for i in order], scans, journeys)
    lost = [i for i in order if consignments[i].item_number not in booked]
    verdicts = {i: _booked(placed[i], consignments[i]) for i in order if i not in lost}
    if lost:  # somebody booked the same reference while we were at it
        references = {i: (placed[i].asked.merchant.merchant_id, placed[i].asked.order.order_ref) for i in lost}
        earlier = store.load_references(connection, list(references.values()))
        verdicts |= {i: _booked_before(placed[i].asked, prints[i], *earlier[references[i]]) for i in lost}
    return verdicts


def _booked(placed: _Placed, consignment: Consignment) -> Verdict:
    others = (candidate.postcode for candidate in placed.to.alternatives)
    return Verdict(
        row=placed.asked.row,
        order_ref=placed.asked.order.order_ref,
        outcome=Outcome.BOOKED,
        item_number=consignment.item_number,
        consignment=consignment,
        question=placed.to.question,
        choices=tuple(dict.fromkeys([placed.to.postcode, *others])) if placed.to.question else (),
    )


def _consignment(
    facts: Facts, placed: _Placed, office: Postcode, why: str, number: ItemNumber, at: datetime
) -> Consignment:
    order, to = placed.asked.order, placed.to
    quote = facts.tariffs.quote(
        placed.asked.service or facts.tariffs.default_service,
        order.weight_g,
        order.cod_poisha,
        order.declared_value_poisha,
        at.astimezone(DHAKA).date(),
        same_city=True,
    )
    return Consignment(
        item_number=number,
        merchant_id=placed.asked.merchant.merchant_id,
        store_address=order.store_address,
        order_ref=order.order_ref,
        recipient_name=order.recipient_name,
        recipient_phone=order.recipient_phone,
        recipient_address=order.recipient_address,
        weight_g=order.weight_g,
        cod_poisha=order.cod_poisha,
        declared_value_poisha=order.declared_value_poisha,
        description=order.description,
        note=order.note,
        service=quote.service,
        tariff_version=quote.version,
        postage_poisha=quote.postage_poisha,
        cod_fee_poisha=quote.cod_fee_poisha,
        vat_poisha=quote.vat_poisha,
        pickup_office=placed.pickup_office,
        delivery_office=office,
        delivery_postcode=to.postcode,
        place_id=to.place.place_id if to.place else "",
        lat_deg=to.lat_deg,
        lon_deg=to.lon_deg,
        precision_m=to.precision_m,
        resolved_by="; ".join((*to.evidence, why)),
        promised_on=placed.promised_on,
        booked_at=at,
    )


def _booked_scan(consignment: Consignment, at: datetime) -> Scan:
    hand, merchant = f"booking:{consignment.item_number}", f"merchant:{consignment.merchant_id}"
    return own_scan(
        hand, 0, consignment.item_number, Event.BOOKED, at, office=consignment.pickup_office, holder=merchant
    )
