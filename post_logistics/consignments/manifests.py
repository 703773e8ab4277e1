"""What should be in a bag or on a vehicle, and what is found there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One thing in a bag or on a vehicle: an item, or a bag with ``items`` in it. Nothing personal."""

    number: str
    destination: Postcode
    weight_g: int | None
    """As booked, or as the bag was weighed; None for a bag that was not."""
    registered: bool
    items: int = 1


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A manifest against what was found. ``matched``, ``short`` and ``excess`` share no number and leave none out."""

    matched: frozenset[str]
    """Expected and found."""
    short: frozenset[str]
    """Expected and not found."""
    excess: frozenset[str]
    """Found and not expected."""
    missent: frozenset[str]
    """Found, and should not have come here."""
    damaged: frozenset[str]
    """Found, and not whole."""

    @property
    def is_clean(self) -> bool:
        """Whether nobody has to look into anything."""
        return not (self.short or self.excess or self.missent or self.damaged)


def reconcile(
    expected: Iterable[str], found: Iterable[str], damaged: Iterable[str] = (), astray: Iterable[str] = ()
) -> Reconciliation:
    """What is matched, short, excess, missent and damaged. However often a number is named, it counts once.

    ``damaged`` things were found, whether ``found`` names them or not. ``astray`` are numbers that should not come
    here; they are missent if they did.
    """
    should, broken = frozenset(expected), frozenset(damaged)
    there = frozenset(found) | broken
    return Reconciliation(
        matched=should & there,
        short=should - there,
        excess=there - should,
        missent=there & frozenset(astray),
        damaged=broken,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A vehicle that leaves one office for another. ``vehicle`` names this run of it and no other."""

    vehicle: str
    """As in a scan's holder, without ``vehicle:``: the leg or the vehicle, and when it leaves in UTC,
    ``1205-1215-M/20261122T0320Z``."""
    origin: Postcode
    destination: Postcode
    depart_at: datetime
    arrive_at: datetime | None
    """None where nobody can say."""


def vehicle_of(name: str, depart_at: datetime) -> str:
    """What a run is called: the leg or the vehicle, and the minute in which it leaves."""
    return f"{name}/{depart_at.astimezone(UTC):%Y%m%dT%H%MZ}"
