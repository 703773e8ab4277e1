"""What arrives at an office: bags and loose items, and what is found in a bag against what should be in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from post_logistics.consignments.manifests import Reconciliation, reconcile
from post_logistics.consignments.receptacles import spaced
from post_logistics.errors import Conflict
from post_logistics.operations.bags.bagging import Act, Past, bag_of, past
from post_logistics.operations.bags.dispatching import bound_for, is_astray
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.bags import receptacles as store
from post_logistics.storage.bags.receptacles import Bag, Discrepancy
from post_logistics.storage.custody.scans import load_histories, load_own_numbers, load_scans
from post_logistics.storage.database import Connection
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, is_receptacle
from post_logistics.units import Postcode


class Things:
    """Bags and items by the numbers that were read from their labels."""

    def __init__(self, connection: Connection, numbers: Iterable[str]) -> None:
        read = list(dict.fromkeys(numbers))
        own = load_own_numbers(connection, read)
        self.numbers = list(dict.fromkeys(own.get(number, number) for number in read))
        """The things' own numbers, each once."""
        self._bags = store.load_bags(connection, [n for n in self.numbers if is_receptacle(n)])
        self._cargo = store.load_cargo(connection, self.numbers)

    def target(self, number: str) -> Postcode | None:
        """The office that a thing is bound for; None if nobody knows the thing."""
        if number in self._bags:
            return self._bags[number].destination
        return bound_for(self._cargo[number]) if number in self._cargo else None

    def arrival(self, number: str, office: Postcode) -> Event:
        """The event with which it arrives at the office."""
        at_home = number in self._cargo and self.target(number) == office
        return Event.AT_DELIVERY_OFFICE if at_home else Event.RECEIVED_AT_HUB

    def record(self, connection: Connection, scans: Sequence[Scan]) -> list[ScanVerdict]:
        """A verdict per scan; a bag whose number nobody gave out is rejected, for it was misread."""
        misread = {number for number in self.numbers if is_receptacle(number) and number not in self._bags}
        verdicts = iter(record_scans(connection, [scan for scan in scans if scan.item_number not in misread]))
        return [
            ScanVerdict(scan, ScanOutcome.REJECTED, f"no bag has the number {spaced(scan.item_number)}: read it again")
            if scan.item_number in misread
            else next(verdicts)
            for scan in scans
        ]


def receive(connection: Connection, facts: Facts, act: Act, numbers: Iterable[str]) -> list[ScanVerdict]:
    """A verdict for each bag or loose item that arrived at the office. What should not have come here is an exception
    of this office from now on."""
    things = Things(connection, numbers)
    scans = [act.scan("receive", number, things.arrival(number, act.office)) for number in things.numbers]
    verdicts = things.record(connection, scans)
    arrived: dict[str, Scan] = {v.scan.item_number: v.scan for v in verdicts if v.outcome is not ScanOutcome.REJECTED}
    histories = load_histories(connection, list(arrived))
    pasts = {number: past(histories[number], scan) for number, scan in arrived.items()}
    new = [v.scan.item_number for v in verdicts if v.outcome is not ScanOutcome.DUPLICATE]
    missent = [
        _discrepancy(act, "missent", arrived[number], pasts[number], Event.DISPATCHED)
        for number in sorted(_strays(facts, act, things, pasts).intersection(new))
    ]
    store.open_discrepancies(connection, missent, act.recorded_at)
    store.close_settled(connection, act.recorded_at, list(arrived))
    return verdicts


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of opening a bag."""

    bag: Bag
    result: Reconciliation
    verdicts: tuple[ScanVerdict, ...]
    """One for each thing found."""


def open_bag(
    connection: Connection, facts: Facts, act: Act, key: str, found: Iterable[str], damaged: Iterable[str] = ()
) -> Opening:
    """The bag, opened at its end, and what was found in it against what was put in.

    What is found is at this office from now on, under a scan of its own. What is missing stays in the bag's journey,
    this office's to find. Short, excess, missent and damaged things are exceptions of this office, each with the one
    who had it last; a short one closes when the thing turns up. Told twice, the answer is the same.

    Conflict if the bag never left (unseal it) or was opened before (receive what else is found).
    """
    store.hold_bag(connection, key)
    bag = bag_of(connection, key)
    opened = act.scan("open", key, Event.OPENED, 1)
    _refuse(connection, act, bag, opened)
    broken = Things(connection, damaged).numbers
    things = Things(connection, [*found, *broken])
    known = {number for number in things.numbers if things.target(number) is not None}
    histories = load_histories(connection, [*store.load_ever_inside(connection, key), *known])
    pasts = {number: past(history, opened) for number, history in histories.items()}
    result = reconcile(
        expected=(number for number, one in pasts.items() if one.receptacle == key),
        found=known,
        damaged=known.intersection(broken),
        astray=_strays(facts, act, things, pasts),
    )
    before = [] if bag.holder == act.here else [act.scan("open", key, Event.RECEIVED_AT_HUB)]
    arrivals = [_arrival(act, key, number, things, result) for number in things.numbers]
    damages = [
        act.scan(f"damaged in {key}", number, Event.DAMAGED, 3, reason=Reason.DAMAGED_IN_POST)
        for number in sorted(result.damaged)
        if not is_receptacle(number)
    ]
    verdicts = things.record(connection, [*before, opened, *arrivals, *damages])[len(before) + 1 :][: len(arrivals)]
    new: set[str] = {v.scan.item_number for v in verdicts if v.outcome is not ScanOutcome.DUPLICATE}
    new |= result.short if bag.state is not BagState.OPENED else set()
    wrong = [one for one in _discrepancies(act, opened, result, pasts) if one.item_number in new]
    store.open_discrepancies(connection, wrong, act.recorded_at)
    store.close_settled(connection, act.recorded_at, known)
    return Opening(bag_of(connection, key), result, tuple(verdicts))


def _refuse(connection: Connection, act: Act, bag: Bag, opened: Scan) -> None:
    """Returns if the bag may be opened; Conflict if it never left, or was opened before by another act."""
    name = spaced(bag.receptacle)
    if bag.state in {BagState.OPEN, BagState.SEALED} and bag.holder == act.here:
        raise Conflict(f"bag {name} has not left {act.office}", field="bag", remedy="unseal it to change what is in it")
    told = bag.state is BagState.OPENED and {scan.scan_id for scan in load_scans(connection, [bag.receptacle])}
    if told and opened.scan_id not in told:
        raise Conflict(f"bag {name} was opened before", field="bag", remedy="receive what else is found")


def _arrival(act: Act, key: str, number: str, things: Things, result: Reconciliation) -> Scan:
    reason = Reason.MISSENT if number in result.missent else None
    return act.scan(f"found in {key}", number, things.arrival(number, act.office), 2, reason=reason)


def _discrepancies(act: Act, opened: Scan, result: Reconciliation, pasts: Mapping[str, Past]) -> list[Discrepancy]:
    nobody = Past(None, (), ())
    return [
        _discrepancy(act, kind, opened, pasts.get(number, nobody), expected, number)
        for kind, numbers, expected in (
            ("short", result.short, Event.RECEIVED_AT_HUB),
            ("excess", result.excess, Event.BAGGED),
            ("missent", result.missent, Event.DISPATCHED),
            ("damaged", result.damaged, Event.ON_HOLD),
        )
        for number in sorted(numbers)
    ]


def _discrepancy(act: Act, kind: str, scan: Scan, before: Past, expected: Event, number: str = "") -> Discrepancy:
    """What a person has to look into; ``scan`` is of the thing itself, or of the bag in which it was noticed."""
    others = [holder for holder in before.holders if holder != act.here]
    return Discrepancy(
        item_number=number or scan.item_number,
        kind=kind,
        office=act.office,
        custodian=others[-1] if others else act.here,
        scan_id=scan.scan_id,
        expected=expected.value,
        detail=scan.item_number if number else "",
    )


def _strays(facts: Facts, act: Act, things: Things, pasts: Mapping[str, Past]) -> set[str]:
    """Those of the things that were at another office before and should not have come here from there."""
    ways: dict[str, tuple[Postcode, Postcode]] = {}
    for number in things.numbers:
        target = things.target(number)
        elsewhere = [office for office in pasts[number].offices if office != act.office] if number in pasts else []
        if target is not None and elsewhere:
            ways[number] = elsewhere[-1], target
    wrong = {
        (came_from, target)
        for came_from, target in set(ways.values())
        if is_astray(facts, came_from, act.office, target, act.occurred_at)
    }
    return {number for number, way in ways.items() if way in wrong}
