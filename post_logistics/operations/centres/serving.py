"""A digital centre at work: each act is kept once, its cash stays within the float, its commission is earned.

Whoever asks before an act is told what stands against it. An act that was done offline is a fact: the parcel lies
there, and the cash is in the drawer. It is kept, and what is wrong with it is said.
"""

from collections.abc import Sequence
from dataclasses import replace

from post_logistics.errors import Conflict, PostError, Unacceptable
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.centres.acts import (
    SERVICE_OF,
    Act,
    Closed,
    Counter,
    DroppedOff,
    HandedOver,
    Opened,
    PaidFor,
    Posted,
    Served,
    Service,
)
from post_logistics.operations.centres.commissions import Commission, earned
from post_logistics.operations.centres.paying import pay
from post_logistics.operations.centres.posting import post
from post_logistics.operations.centres.receipts import send_receipt
from post_logistics.operations.centres.shifts import close_shift, open_at, open_shift
from post_logistics.operations.counter.accepting import Weighed, accept
from post_logistics.operations.counter.at_hand import item_of
from post_logistics.operations.custody.devices import distrusted
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.door.collecting import Collection, collect
from post_logistics.operations.money.agents import standing_of_agent, uncovered_float
from post_logistics.storage.centres.services import Given, append_given, load_given, taken_in
from post_logistics.storage.custody.devices import keep_told
from post_logistics.storage.database import Connection
from post_logistics.storage.door.collecting import hold_point
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, ItemNumber, taka


def serve(connection: Connection, counter: Counter, acts: Sequence[Act]) -> list[Served]:
    """What became of each act, in their order; they are taken in the order in which they happened.

    Told twice, an act counts once. Rejected, and nothing of it kept: what is not authentic; what cannot be at all, such
    as a parcel too heavy; and, unless it was done offline, what the centre does not offer, what falls into no shift,
    and cash beyond the float. Two at once are served one after the other, so that no two pass the float together.
    """
    point = counter.point
    if not point.is_agent:
        raise Unacceptable(f"{point.point_id} is no digital centre", field="point_id", remedy="see GET /v1/centres")
    hold_point(connection, point.point_id)
    uncovered_float(connection, point.point_id)
    why = distrusted(connection, {act.scan.device_id for act in acts}, counter.upload)
    told = load_given(connection, [act.act_id for act in acts])
    answers: dict[int, Served] = {}
    for n in sorted(range(len(acts)), key=lambda n: acts[n].scan.order_key):
        act = acts[n]
        if act.scan.device_id in why:
            answers[n] = Served(act_id=act.act_id, outcome=ScanOutcome.REJECTED, why=why[act.scan.device_id])
        elif act.act_id in told:
            answers[n] = _told_before(connection, counter, act, told[act.act_id])
        else:
            answers[n] = _try(connection, counter, act)
    fresh = [acts[n].scan for n, one in answers.items() if one.outcome is not ScanOutcome.REJECTED]
    keep_told(connection, [(scan.device_id, scan.sequence) for scan in fresh], counter.upload)
    return [answers[n] for n in range(len(acts))]


def _try(connection: Connection, counter: Counter, act: Act) -> Served:
    try:
        with connection.begin_nested():
            return _serve(connection, counter, act)
    except PostError as error:
        why = f"{error.message}: {error.remedy}" if error.remedy else error.message
        return Served(act_id=act.act_id, outcome=ScanOutcome.REJECTED, why=why, field=error.field or "")


def _serve(connection: Connection, counter: Counter, act: Act) -> Served:
    if isinstance(act, Opened):
        shift = open_shift(connection, counter.facts, counter.point, act)
        return _of_shift(act, shift.opening_poisha)
    if isinstance(act, Closed):
        close = close_shift(connection, counter.facts, counter.point, act)
        return _of_shift(act, close.counted_poisha)
    assert isinstance(act, Service)
    if isinstance(act, HandedOver):
        return _hand_over(connection, counter, act)
    flags = _objections(connection, counter, act)
    if isinstance(act, Posted):
        item, cash_poisha, more = post(connection, counter, act)
        return _keep(connection, counter, act, item, cash_poisha, [*flags, *more])
    if isinstance(act, DroppedOff):
        return _drop_off(connection, counter, act, flags)
    assert isinstance(act, PaidFor)
    item, cash_poisha, more = pay(connection, counter, act)
    return _keep(connection, counter, act, item, cash_poisha, [*flags, *more])


def _of_shift(act: Act, cash_poisha: int) -> Served:
    return Served(act_id=act.act_id, outcome=ScanOutcome.ACCEPTED, cash_poisha=cash_poisha)


def _told_before(connection: Connection, counter: Counter, act: Act, given: Given) -> Served:
    """The same answer as before; rejected if it is another act under the same number."""
    number = act.scan.item_number
    same = isinstance(act, Service) and SERVICE_OF[type(act)] is given.service
    if not same or (number and item_of(connection, number) != given.item_number):
        why = f"this number was a {given.service} of {given.item_number}: number each act once"
        return Served(act_id=act.act_id, outcome=ScanOutcome.REJECTED, why=why)
    return replace(_kept(counter, act, given), outcome=ScanOutcome.DUPLICATE)


def _kept(counter: Counter, act: Act, given: Given) -> Served:
    clean = given.service is not CentreService.DROP_OFF or not given.why
    commission = _commission(counter, act, given.service).poisha_of(given.cash_poisha) if clean else 0
    return Served(
        act_id=act.act_id,
        outcome=ScanOutcome.MISFIT if given.why else ScanOutcome.ACCEPTED,
        why=given.why,
        item_number=given.item_number,
        cash_poisha=given.cash_poisha,
        commission_poisha=commission,
    )


def _commission(counter: Counter, act: Act, service: CentreService) -> Commission:
    return counter.facts.commissions.on(act.scan.recorded_at.astimezone(DHAKA).date())[service]


# What stands against an act


def _objections(connection: Connection, counter: Counter, act: Service) -> list[str]:
    """What is wrong with an act that was done offline; of another, the first thing wrong is raised."""
    found = [
        *_not_here(counter, act),
        *_beyond_float(connection, counter.point, act),
        *(() if act.offline else _outside_shift(connection, counter.point, act)),
    ]
    if found and not act.offline:
        raise found[0]
    return [error.message for error in found]


def _not_here(counter: Counter, act: Service) -> list[Conflict]:
    service = SERVICE_OF[type(act)]
    if service in counter.point.services:
        return []
    return [
        Conflict(f"{counter.point.point_id} offers no {service}", field="service", remedy="send the customer elsewhere")
    ]


def _outside_shift(connection: Connection, point: CollectionPoint, act: Service) -> list[Conflict]:
    if open_at(connection, point, act.happened_at) is not None:
        return []
    return [Conflict("no shift is open", field="occurred_at", remedy="count the drawer and open a shift first")]


def _beyond_float(connection: Connection, point: CollectionPoint, act: Service) -> list[Conflict]:
    room_poisha = standing_of_agent(connection, point.point_id).room_poisha
    if act.cash_poisha <= room_poisha:
        return []
    return [
        Conflict(
            f"the float covers {taka(room_poisha)} more, and this is {taka(act.cash_poisha)}",
            field="cash_poisha",
            remedy="hand in cash at the parent office, or pay in more float",
        )
    ]


# The services


def _hand_over(connection: Connection, counter: Counter, act: HandedOver) -> Served:
    """To whoever came with the code; the tries at a code count, so nothing is raised here."""
    point, facts, at = counter.point, counter.facts, act.scan.recorded_at
    if not act.offline:
        for error in (*_not_here(counter, act), *_outside_shift(connection, point, act)):
            raise error
    row = Collection(act.scan, act.code, act.cash_poisha, act.digital, act.by, act.offline)
    (verdict,) = collect(
        connection,
        point,
        [row],
        at,
        key=facts.advice_key,
        rules=facts.cod_rules.on(at.astimezone(DHAKA).date()),
        commission=_commission(counter, act, CentreService.HAND_OVER),
        upload=counter.upload,
    )
    given = load_given(connection, [act.act_id]).get(act.act_id)
    if given is None:
        return Served(act_id=act.act_id, outcome=verdict.outcome, why=verdict.why, item_number=act.scan.item_number)
    return _kept(counter, act, given)


def _drop_off(connection: Connection, counter: Counter, act: DroppedOff, flags: Sequence[str]) -> Served:
    """In the post's hands, at the price of the scales. No commission for what does not fit, or comes a second time."""
    if act.cash_poisha:
        raise Unacceptable("a shop's parcel is not paid in cash", field="cash_poisha", remedy="take nothing for it")
    scan = replace(act.scan, event=Event.ACCEPTED, holder=counter.point.holder)
    (taken,) = accept(connection, counter.facts, [Weighed(scan, act.weight_g)], counter.upload)
    verdict = taken.verdict
    if verdict.outcome in {ScanOutcome.REJECTED, ScanOutcome.DUPLICATE}:
        number = verdict.scan.item_number
        return Served(act_id=act.act_id, outcome=verdict.outcome, why=verdict.why, item_number=number)
    item = verdict.scan.item_number
    again = "it was taken in before" if taken_in(connection, item) else ""
    return _keep(connection, counter, act, item, 0, [*flags, again, verdict.why])


def _keep(
    connection: Connection, counter: Counter, act: Service, item: str, cash_poisha: int, flags: Sequence[str]
) -> Served:
    given = Given(
        service_id=act.act_id,
        centre=counter.point.point_id,
        service=SERVICE_OF[type(act)],
        item_number=item,
        cash_poisha=cash_poisha,
        by=act.by,
        device_id=act.scan.device_id,
        happened_at=act.happened_at,
        recorded_at=act.scan.recorded_at,
        why="; ".join(filter(None, flags)),
    )
    append_given(connection, [given])
    send_receipt(connection, counter.point, given, act.language)
    served = _kept(counter, act, given)
    if served.commission_poisha:
        scan = replace(act.scan, item_number=ItemNumber(item))
        commission = _commission(counter, act, given.service)
        append_transfers(connection, earned(counter.point.point_id, scan, commission, cash_poisha))
    return served
