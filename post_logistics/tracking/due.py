"""What scan is due next and by when, for every state in which somebody answers: ``data/custody.toml``.

A thing is in one kind of hands: those of its ``destination`` (the office that it is bound for), of another ``office``,
of a ``rider``, ``vehicle`` or ``agent``, or, by a slip, of a ``merchant`` or the ``recipient``. Every state in custody
has a rule for all of them, so that nothing can be kept in silence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Final

from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.errors import Unacceptable
from post_logistics.tracking.bags import BAG, BagState
from post_logistics.tracking.lifecycle import IN_CUSTODY, ITEM, Event
from post_logistics.units import latin_digits

HANDS: Final = ("destination", "office", "rider", "vehicle", "agent", "merchant", "recipient")
"""Whoever may have a thing: the holder ``office:1216`` of what is bound for 1216 is its ``destination``; every other
holder is what stands before its colon. The view ``custody_due`` reads it so."""

QUIET_AFTER: Final = timedelta(days=3)
"""An enrolled device that is silent for longer is asked about: two days are a weekend."""

_MAY_COME: Final[dict[str, frozenset[Event]]] = {
    state: frozenset.intersection(*(frozenset(one.due[state]) for one in (ITEM, BAG) if state in one.table))
    for state in [*IN_CUSTODY, *BAG.table]
    if state not in {BagState.OPEN, BagState.OPENED}
}

STATES: Final = frozenset(_MAY_COME)
"""Every state of an item or a bag in which somebody answers for it. ``dispatched`` and ``lost`` are states of both,
with one rule for both. Of a bag that is not sealed yet, or opened, nothing is due: what is in it answers for itself."""

_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LONGEST_MINUTES: Final = 366 * 24 * 60


@dataclass(frozen=True, slots=True)
class DueRule:
    """The scan that is due from those hands in that state, and how long it may take."""

    state: str
    holder_kind: str
    event: Event
    minutes: int
    """From when holder and state began; of a vehicle, after the time of its leg."""
    until: time | None
    """And then until that time of day in Dhaka."""
    leg_minutes: int
    """The time of a vehicle's leg that is not in the timetable."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A table of the file."""

    event: str
    minutes: int
    until: str = ""
    leg_minutes: int = 0


def load_due_rules(facts_dir: Path) -> tuple[DueRule, ...]:
    """A rule for every state of ``STATES`` in all ``HANDS``; Unacceptable names the table and key that is wrong."""
    raw = read_facts(facts_dir / "custody.toml")
    for state in sorted(STATES ^ raw.keys()):
        if state in STATES:
            raise _wrong(state, f"nothing is said of {state}", "say what is due in every state")
        raise _wrong(state, "this is no state in which somebody answers", f"use only: {', '.join(sorted(STATES))}")
    return tuple(rule for state, table in raw.items() for rule in _rules(state, table))


def _rules(state: str, table: Any) -> Iterator[DueRule]:
    """The state's own rule for all hands, but for those that have a table below it."""
    if not isinstance(table, Mapping):
        raise _wrong(state, f"{state} is no table", f"write [{state}] and its keys below")
    below = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    for key in below.keys() - set(HANDS):
        raise _wrong(f"{state}.{key}", f"{key} is nobody's hands", f"use only: {', '.join(HANDS)}")
    general = _due(state, state, {key: value for key, value in table.items() if key not in below})
    special = {hands: _due(state, f"{state}.{hands}", table) for hands, table in below.items()}
    for hands in HANDS:
        due = special.get(hands) or (special.get("office") if hands == "destination" else None) or general
        until = time.fromisoformat(due.until) if due.until else None
        yield DueRule(state, hands, Event(due.event), due.minutes, until, due.leg_minutes)


def _due(state: str, where: str, table: Mapping[str, Any]) -> _Due:
    """The table as a rule that can be kept: its event may come in that state, its time is a time of day."""
    due = fact_of(_Due, table, f"custody.toml: {where}")
    if due.event not in _MAY_COME[state]:
        events = ", ".join(sorted(_MAY_COME[state]))
        raise _wrong(f"{where}.event", f"{due.event!r} is not due in {state}", f"write one of: {events}")
    for key, minutes in (("minutes", due.minutes), ("leg_minutes", due.leg_minutes)):
        if minutes > _LONGEST_MINUTES:
            raise _wrong(f"{where}.{key}", f"{minutes} minutes are more than a year", "write less")
    until = latin_digits(due.until)
    if until and not _TIME_OF_DAY.fullmatch(until):
        raise _wrong(f"{where}.until", f"{due.until!r} is no time of day", 'write hours and minutes: "09:15"')
    return replace(due, until=until)


def _wrong(field: str, message: str, remedy: str) -> Unacceptable:
    return Unacceptable(f"custody.toml: {message}", field=field, remedy=remedy)
