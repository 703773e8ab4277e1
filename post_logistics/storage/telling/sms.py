"""Text messages to recipients: what waits, what was sent, what they cost. Neither number nor text is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import sms_messages
from post_logistics.tracking.lifecycle import TOLD, State
from post_logistics.units import Language


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One text about an event of an item, written when it is sent."""

    sms_id: str
    item_number: str
    event: str
    language: Language
    office: str
    segments: int
    status: str
    made_at: datetime
    not_before: datetime
    tries: int
    last_answer: str


def append_sms(connection: Connection, messages: Sequence[SmsMessage]) -> set[str]:
    """Keeps those not yet known; gives back the ids that are new."""
    return set(append(connection, sms_messages, messages, keep_first=True))


def load_spent(connection: Connection, item_numbers: Sequence[str]) -> dict[str, int]:
    """Segments sent and about to be sent about events of the items; the items are held until the transaction ends.

    Held, so that two relays that pass on news of one item do not spend its budget twice. Codes that somebody asked for
    do not count: nobody shall use up a parcel's budget by asking for codes.
    """
    numbers = {"items": sorted(set(item_numbers))}
    connection.execute(
        text("select from consignments where item_number = any(:items) order by item_number for no key update"), numbers
    )
    rows = connection.execute(
        text(
            "select item_number, sum(segments) as n from sms_messages "
            "where item_number = any(:items) and status in ('waiting', 'sent') and event = any(:events) "
            "group by item_number"
        ),
        numbers | {"events": [event.value for event in TOLD]},
    )
    return {row.item_number: row.n for row in rows}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A text to be sent now, with what it is written from. ``phone`` is empty once it has been erased."""

    sms_id: str
    item_number: str
    event: str
    language: Language
    office: str
    tries: int
    phone: str
    shop: str
    state: State


_CLAIM = text(
    "with due as (select sms_id from sms_messages where status = 'waiting' and not_before <= :at "
    "order by not_before limit :limit for update skip locked), "
    "claimed as (update sms_messages s set not_before = :again_at, tries = tries + 1 from due "
    "where s.sms_id = due.sms_id returning s.*) "
    "select claimed.*, case when claimed.event = 'receipt_posted' then coalesce(w.phone, '') "
    "when r.erased_at is null then r.recipient_phone else '' end as phone, m.name as shop, "
    "j.state from claimed join consignments c using (item_number) join merchants m using (merchant_id) "
    "join recipients r using (item_number) join journeys j using (item_number) "
    "left join walk_in_senders w using (item_number) order by claimed.made_at, claimed.sms_id"
)


def claim_due_sms(connection: Connection, at: datetime, again_at: datetime, limit: int) -> list[Claimed]:
    """Texts to be sent now. Whoever claims them has until ``again_at`` to say what came of it."""
    rows = connection.execute(_CLAIM, {"at": at, "again_at": again_at, "limit": limit})
    return read(rows, Claimed, state=State)


@dataclass(frozen=True, slots=True)
class SmsResult:
    """What came of a text: sent, failed, outdated, or waiting until ``not_before``."""

    sms_id: str
    status: str
    not_before: datetime
    last_answer: str


def save_sms_results(connection: Connection, results: Sequence[SmsResult], at: datetime) -> None:
    """Writes what came of texts."""
    if results:
        connection.execute(
            text(
                "update sms_messages s set status = new.status, not_before = new.not_before, "
                "last_answer = new.last_answer, sent_at = case when new.status = 'sent' then :at end from unnest("
                "cast(:ids as text[]), cast(:statuses as text[]), cast(:not_before as timestamptz[]), "
                "cast(:answers as text[])) as new (sms_id, status, not_before, last_answer) "
                "where s.sms_id = new.sms_id and s.status = 'waiting'"
            ),
            {
                "at": at,
                "ids": [one.sms_id for one in results],
                "statuses": [one.status for one in results],
                "not_before": [one.not_before for one in results],
                "answers": [one.last_answer for one in results],
            },
        )


def next_sms_at(connection: Connection) -> datetime | None:
    """When the next text is to be sent; None if none waits."""
    found: datetime | None = connection.execute(
        text("select min(not_before) from sms_messages where status = 'waiting'")
    ).scalar()
    return found
