"""Bags: numbered, filled, sealed, and what is in them.

Everything that happens to a bag is a scan like any other and comes in by ``record_scans``: scanning a bag moves what
is in it. A scan's identifier is made of what was done, to what and when, so that the same thing told twice counts once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from post_logistics.consignments.manifests import ManifestLine
from post_logistics.consignments.receptacles import (
    BAGS_A_SERIES,
    keys_of,
    lane_of,
    parse_receptacle,
    sealed,
    spaced,
)
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.bags.dispatching import bound_for
from post_logistics.operations.custody.scanning import ScanVerdict, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.bags import receptacles as store
from post_logistics.storage.bags.receptacles import Bag, Block
from post_logistics.storage.custody.scans import load_histories, load_own_numbers, load_scans
from post_logistics.storage.database import Connection
from post_logistics.tracking.bags import BAG, BagState, that_count
from post_logistics.tracking.journey import Walk
from post_logistics.tracking.lifecycle import ITEM, Event
from post_logistics.tracking.scans import Scan, in_order, is_receptacle, own_scan
from post_logistics.units import DHAKA, Postcode

LONGEST_SEAL: Final = 40
"""Characters of a seal's number that a label has room for."""


@dataclass(frozen=True, slots=True)
class Act:
    """When and for which office something was done, and when we heard of it."""

    office: Postcode
    occurred_at: datetime
    """By the clock of the office. What is told again is told with the same time."""
    recorded_at: datetime

    @property
    def here(self) -> str:
        """The office as a holder."""
        return f"office:{self.office}"

    def scan(self, what: str, number: str, event: Event, step: int = 0, **rest: object) -> Scan:
        """A scan of this act. ``what`` names the deed; ``step`` orders several scans of it; held by the office."""
        hand = f"{what}:{number}:{self.occurred_at.astimezone(UTC).isoformat()}"
        told = {"office": self.office, "holder": self.here, "occurred_at": self.occurred_at} | rest
        return own_scan(hand, step, number, event, self.recorded_at, **told)  # type: ignore[arg-type]


# Making bags


def make_bags(
    connection: Connection, facts: Facts, act: Act, destination: str, count: int, request_id: UUID
) -> list[str]:
    """The keys of so many new, open bags for an office. They may be used at once or later, with or without a network.

    Asked twice under one ``request_id``, the same keys. Conflict when a lane has used up the numbers of the year.
    """
    if not 1 <= count <= BAGS_A_SERIES:
        raise Unacceptable(f"{count} bags at once", field="count", remedy=f"ask for 1 to {BAGS_A_SERIES}")
    target = facts.offices.get(destination).postcode
    if target == act.office:
        raise Unacceptable("a bag goes to another office", field="destination", remedy="name the office to open it")
    day = act.recorded_at.astimezone(DHAKA).date()
    lane = lane_of(act.office, target, day)
    block = store.give_out(connection, lane, count, request_id, day, act.recorded_at)
    if block is None:
        raise Conflict(
            f"the numbers of {act.office} for {target} that end with {day.year % 10} are used up",
            field="destination",
            remedy="send by way of a sorting centre until the new year",
        )
    _same_request(block, lane, count)
    return keys_of(block.series, block.first_serial, block.last_serial)


def _same_request(block: Block, lane: str, count: int) -> None:
    """Conflict if the block was given out for something else. A lane's last character is the year's, which may turn."""
    if block.series[:15] != lane[:15] or block.last_serial - block.first_serial + 1 != count:
        raise Conflict(
            "other bags were asked for under this request_id",
            field="request_id",
            remedy="make a new one for each request",
        )


def bag_of(connection: Connection, key: str) -> Bag:
    """A bag and where it stands; NotFound if its number was neither given out nor scanned."""
    bag = store.load_bags(connection, [key]).get(key)
    if bag is None:
        raise NotFound(f"no bag {spaced(key)}", field="bag", remedy="check the number on the bag's label")
    return bag


def _own_bag(connection: Connection, act: Act, key: str) -> Bag:
    """A bag that this office made or holds, which nobody else changes meanwhile; NotFound if it is none."""
    store.hold_bag(connection, key)
    bag = store.load_bags(connection, [key]).get(key)
    if bag is None or act.office not in {bag.origin, bag.office}:
        raise NotFound(
            f"no bag {spaced(key)} at {act.office}", field="bag", remedy="check the number on the bag's label"
        )
    return bag


def _refuse_closed(connection: Connection, act: Act, key: str) -> None:
    """Returns if this office's bag was open at the time of the act; Conflict if not. What was done before it was closed
    and is told late is welcome."""
    bag = _own_bag(connection, act, key)
    if bag.state is not BagState.OPEN and bag.since <= act.occurred_at:
        raise Conflict(f"bag {spaced(key)} is {bag.state}", field="bag", remedy="unseal it first, or use another bag")


# Filling and sealing


def put_in(connection: Connection, act: Act, key: str, numbers: Iterable[str]) -> list[ScanVerdict]:
    """A verdict for each item or bag that is put into the bag. What was in another bag before is no longer in that."""
    _refuse_closed(connection, act, key)
    inside = list(dict.fromkeys(numbers))
    around = store.load_bags_around(connection, key) | {key}
    if wrong := around.intersection(inside):
        raise Unacceptable(
            f"bag {spaced(min(wrong))} cannot be inside itself",
            field="numbers",
            remedy="leave it out of what is put in",
        )
    unknown = {n for n in inside if is_receptacle(n)} - store.load_bags(connection, inside).keys()
    if unknown:
        raise NotFound(f"no bag {spaced(min(unknown))}", field="numbers", remedy="check the number on the bag's label")
    return record_scans(connection, [act.scan(f"put in {key}", n, Event.BAGGED, receptacle=key) for n in inside])


def take_out(connection: Connection, act: Act, key: str, numbers: Iterable[str]) -> list[ScanVerdict]:
    """A verdict for each item or bag taken out of the open bag: that it was put in is taken back as a mistake, so that
    it stands again where it stood before. Unacceptable if one never was in the bag."""
    _refuse_closed(connection, act, key)
    wanted = list(dict.fromkeys(numbers))
    own = load_own_numbers(connection, wanted)
    put: dict[str, Scan] = {}
    for scan in sorted(load_scans(connection, [own.get(n, n) for n in wanted]), key=lambda scan: scan.order_key):
        if scan.receptacle == key:
            put[scan.item_number] = scan
    if strangers := [n for n in wanted if own.get(n, n) not in put]:
        raise Unacceptable(
            f"{', '.join(strangers)} never was in bag {spaced(key)}",
            field="numbers",
            remedy="take out only what was put in",
        )
    scans = [
        act.scan(f"take out of {key}", number, Event.CORRECTED, voids=put[number].scan_id)
        for number in (own.get(n, n) for n in wanted)
    ]
    return record_scans(connection, scans)


def seal(
    connection: Connection, facts: Facts, act: Act, key: str, seal_number: str, weight_g: int, *, is_last: bool = False
) -> Bag:
    """The bag, sealed: with its seal, its weight and all 29 characters of its number.

    Told twice, nothing changes; Conflict if it was sealed with another seal, weight or flag and not unsealed since.
    """
    if not 1 <= len(seal_number) <= LONGEST_SEAL:
        raise Unacceptable(
            "this is no seal's number", field="seal", remedy=f"copy it from the seal, at most {LONGEST_SEAL} characters"
        )
    bag = _own_bag(connection, act, key)
    is_open = bag.state is BagState.OPEN
    if bag.printed_number is not None and not is_open:
        before = parse_receptacle(bag.printed_number)
        if (bag.seal, bag.weight_g, before.is_last) != (seal_number, weight_g, is_last):
            raise Conflict(
                f"bag {spaced(key)} is {bag.state} with seal {bag.seal}",
                field="seal",
                remedy="unseal it to seal it anew",
            )
        return bag
    is_registered = any(line.registered for line in contents(connection, facts, key))
    number = sealed(key, weight_g, is_last=is_last, is_registered=is_registered)
    if is_open:  # else a device said so already, which knew neither seal nor weight
        record_scans(connection, [act.scan("seal", key, Event.SEALED)])
    store.save_seal(connection, number, seal_number, weight_g)
    return bag_of(connection, key)


def unseal(connection: Connection, act: Act, key: str) -> Bag:
    """The bag, open again at the office that sealed it, with everything still in it. Conflict once it has left."""
    bag = _own_bag(connection, act, key)
    if bag.holder != act.here or bag.state not in {BagState.OPEN, BagState.SEALED}:
        raise Conflict(
            f"bag {spaced(key)} is {bag.state} at {bag.holder}", field="bag", remedy="open it where it arrives"
        )
    if bag.state is BagState.SEALED:
        record_scans(connection, [act.scan("unseal", key, Event.OPENED)])
    return bag_of(connection, key)


# What is in a bag


def contents(connection: Connection, facts: Facts, key: str) -> list[ManifestLine]:
    """What is in a bag, or was in it when it was opened at its end; bags first, then items, by number."""
    opened = [scan for scan in that_count(in_order(load_scans(connection, [key]))) if scan.event is Event.OPENED]
    until = opened[-1] if bag_of(connection, key).state is BagState.OPENED else None
    histories = load_histories(connection, store.load_ever_inside(connection, key))
    inside = {number for number, history in histories.items() if past(history, until).receptacle == key}
    return manifest_lines(connection, facts, inside)


@dataclass(frozen=True, slots=True)
class Past:
    """How a thing stood at one moment."""

    receptacle: str | None
    """The bag that it was in."""
    holders: tuple[str, ...]
    """Everybody who had it until then, one after the other."""
    offices: tuple[Postcode, ...]
    """The offices for which they had it."""


def past(history: Sequence[Scan], until: Scan | None = None) -> Past:
    """How a thing stood just before that scan, or stands after everything that is known."""
    walk = Walk(BAG if is_receptacle(history[0].item_number) else ITEM)
    hands: list[tuple[str, Postcode]] = []
    for scan in that_count([scan for scan in history if until is None or scan.order_key < until.order_key]):
        walk.take(scan)
        hands.append((walk.holder, walk.office or scan.office))
    return Past(walk.receptacle, tuple(holder for holder, _ in hands), tuple(office for _, office in hands))


def manifest_lines(connection: Connection, facts: Facts, numbers: Collection[str]) -> list[ManifestLine]:
    """The lines of a manifest for those bags and items, bags first, by number; nothing of a person."""
    bags, cargo = store.load_bags(connection, numbers), store.load_cargo(connection, numbers)
    inside = store.count_inside(connection, list(bags))
    lines = [
        ManifestLine(
            key,
            bag.destination,
            bag.weight_g,
            parse_receptacle(bag.printed_number or key).is_registered,
            inside.get(key, 0),
        )
        for key, bag in sorted(bags.items())
    ]
    for number, one in sorted(cargo.items()):
        service = facts.tariffs.service(one.service, one.booked_at.astimezone(DHAKA).date())
        lines.append(ManifestLine(number, bound_for(one), one.weight_g, service.registered))
    return lines
