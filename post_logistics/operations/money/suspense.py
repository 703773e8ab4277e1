"""The queue of lines that nobody has explained: taken on by a person, noted upon, and what to do next."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from post_logistics.cod.matching.columns import Reason
from post_logistics.cod.matching.sentences import NEXT_STEPS, REASON_TEXTS
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.storage.database import Connection
from post_logistics.storage.money import suspense as store
from post_logistics.storage.money.suspense import SuspenseStep, Waiting
from post_logistics.units import DHAKA


@dataclass(frozen=True, slots=True, kw_only=True)
class InWords:
    """A line in suspense as people look at it: why it waits, for how many days, and what to do next."""

    line_id: UUID
    source: str
    booked_on: date
    amount_poisha: int
    reference: str
    description: str
    file_id: str
    row: int
    reason: Reason
    text_en: str
    text_bn: str
    next_en: str
    next_bn: str
    age_days: int
    owner: str
    note: str
    candidates: tuple[dict[str, Any], ...]
    proposal: dict[str, Any] | None


def in_words(waiting: Waiting, at: datetime) -> InWords:
    """The line with the words for its reason; its age counts from the day it was booked."""
    reason = Reason(waiting.reason)
    return InWords(
        line_id=waiting.line_id,
        source=waiting.source,
        booked_on=waiting.booked_on,
        amount_poisha=waiting.amount_poisha,
        reference=waiting.reference,
        description=waiting.description,
        file_id=waiting.file_id,
        row=waiting.row,
        reason=reason,
        text_en=REASON_TEXTS[reason]["en"],
        text_bn=REASON_TEXTS[reason]["bn"],
        next_en=NEXT_STEPS[reason]["en"],
        next_bn=NEXT_STEPS[reason]["bn"],
        age_days=(at.astimezone(DHAKA).date() - waiting.booked_on).days,
        owner=waiting.owner,
        note=waiting.note,
        candidates=tuple(waiting.detail.get("candidates", ())),
        proposal=waiting.detail.get("proposal"),
    )


def take_line(connection: Connection, line_id: UUID, *, by: str, at: datetime) -> Waiting:
    """The line is that person's business from now on; taken again by the same, nothing changes."""
    name = _named(by)
    found = _held(connection, line_id)
    if found.owner != name:
        _step(connection, line_id, "taken", name, "", at)
        store.set_owner(connection, line_id, name)
    return _held(connection, line_id)


def note_line(connection: Connection, line_id: UUID, note: str, *, by: str, at: datetime) -> Waiting:
    """What somebody found out about the line is kept with it; the same note again changes nothing."""
    if not note.strip():
        raise Unacceptable("the note is empty", field="note", remedy="write what you found out")
    found = _held(connection, line_id)
    if found.note != note.strip():
        _step(connection, line_id, "noted", _named(by), note.strip(), at)
    return _held(connection, line_id)


def _held(connection: Connection, line_id: UUID) -> Waiting:
    found = store.load_one(connection, line_id) if store.lock_line(connection, line_id) else None
    if found is None:
        raise NotFound(f"line {line_id} is not in suspense", field="line_id", remedy="copy it from the queue")
    return found


def _step(connection: Connection, line_id: UUID, step: str, by: str, note: str, at: datetime) -> None:
    number = len(store.load_steps(connection, line_id)) + 1
    store.append_step(connection, SuspenseStep(line_id=line_id, number=number, step=step, by=by, note=note, at=at))


def _named(by: str) -> str:
    name = " ".join(by.split())
    if not name:
        raise Unacceptable("nobody is named", field="by", remedy="write who does this")
    return name
