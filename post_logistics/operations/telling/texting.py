"""The job that sends the text messages that are due: written now, from what is true now, to the number known now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, cast

from post_logistics.channels.messages import MessageBook, Template
from post_logistics.channels.sms import Sms, SmsGateway
from post_logistics.cod.tenders import receipt_number
from post_logistics.network.offices import Offices
from post_logistics.operations.centres.receipts import receipts_by_text
from post_logistics.operations.door.codes import Purpose, issue_codes
from post_logistics.operations.telling.relaying import SEND_SMS, names_of, parcel_of
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.jobs import defer
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.telling import sms as store
from post_logistics.storage.telling.sms import Claimed, SmsResult

_BATCH = 100
_LEASE: Final = timedelta(minutes=5)
"""Whoever took texts to send and was killed is given up after this; then they are sent again."""
_WAITS: Final = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60, 180))
"""Between one try and the next; after the last the text is given up."""

MakeLinks = Callable[[Connection, Sequence[str], datetime], Mapping[str, str]]
"""Item numbers -> new links to the recipients' own pages, without the part that all have."""


@dataclass(frozen=True, slots=True)
class Texting:
    """What texting needs besides the database."""

    offices: Offices
    book: MessageBook
    gateway: SmsGateway
    clock: Callable[[], datetime]
    chance: Random
    code_key: bytes
    make_links: MakeLinks | None = None


def send_sms(database: Database, texting: Texting) -> int:
    """Sends what is due; gives back how many texts the gateway took.

    A text that is no longer true is dropped. One-time codes are made here and kept nowhere but in the text: sent again
    after a failure or a kill, a text has a new code, and the last one sent counts. No transaction is open meanwhile.
    """
    taken = 0
    while True:
        at = texting.clock()
        with database.transaction() as connection:
            claimed = store.claim_due_sms(connection, at, at + _LEASE, _BATCH)
            if not claimed:
                due_at = store.next_sms_at(connection)
                if due_at is not None:
                    defer(connection, SEND_SMS, {"": max(due_at, at)})
                return taken
            written, settled = _write(connection, claimed, texting, at)
        answers = texting.gateway.send(list(written.values())) if written else []
        tries = {one.sms_id: one.tries for one in claimed}
        settled += (_result(sms_id, why, tries[sms_id], at) for sms_id, why in zip(written, answers, strict=True))
        with database.transaction() as connection:
            store.save_sms_results(connection, settled, texting.clock())
        taken += sum(one.status == "sent" for one in settled)


def _write(
    connection: Connection, claimed: Sequence[Claimed], texting: Texting, at: datetime
) -> tuple[dict[str, Sms], list[SmsResult]]:
    """The texts to send, by id, and what is settled without sending."""
    book = texting.book
    rules = book.at(at)
    true = [one for one in claimed if one.event in book.templates and book.templates[one.event].is_true(one.state)]
    settled = [SmsResult(one.sms_id, "outdated", at, "") for one in claimed if one not in true]
    settled += (SmsResult(one.sms_id, "failed", at, "no telephone number is kept") for one in true if not one.phone)
    reachable = [one for one in true if one.phone]
    codes = _codes(connection, reachable, texting, at)
    links = _links(connection, reachable, texting, rules.link_base, at)
    due_poisha = load_due(connection, {one.item_number for one in reachable})
    receipts = receipts_by_text(connection, [one.sms_id for one in reachable])
    written = {}
    for one in reachable:
        purpose, code = book.templates[one.event].code, codes.get(one.sms_id, "")
        if purpose and not code:  # a code for a view is wanted now or not at all
            tries = one.tries if purpose == "delivery" else len(_WAITS) + 1
            settled.append(_result(one.sms_id, "no new code may be issued yet", tries, at))
            continue
        parcel = parcel_of(one, names_of(texting.offices, one.office), due_poisha[one.item_number])
        if given := receipts.get(one.sms_id):
            parcel = replace(parcel, paid_poisha=given.cash_poisha, receipt=receipt_number(given.service_id))
        text = book.render(one.event, one.language, parcel, code=code, link=links.get(one.item_number, ""))
        # A text with a code is another text each time: a gateway that drops what it knows must not drop the new code.
        reference = f"{one.sms_id}/{one.tries}" if purpose else one.sms_id
        written[one.sms_id] = Sms(reference, one.phone, text)
    return written, settled


def _codes(connection: Connection, claimed: Sequence[Claimed], texting: Texting, at: datetime) -> dict[str, str]:
    """A new one-time code for each text that brings one, by the text's id; none where it has to wait."""
    codes: dict[str, str] = {}
    kind_of = {one.sms_id: _code_kind(texting.book.templates[one.event]) for one in claimed}
    for purpose, hours in sorted({kind for kind in kind_of.values() if kind is not None}):
        numbers = {one.sms_id: one.item_number for one in claimed if kind_of[one.sms_id] == (purpose, hours)}
        issued = issue_codes(
            connection,
            sorted(set(numbers.values())),
            purpose,
            at,
            texting.chance,
            key=texting.code_key,
            good_for=timedelta(hours=hours) if hours else None,
        )
        codes |= {sms_id: issued[number] for sms_id, number in numbers.items() if number in issued}
    return codes


def _code_kind(template: Template) -> tuple[Purpose, int] | None:
    """What its code is for and for how many hours; None if it has none."""
    return (cast(Purpose, template.code), template.code_hours) if template.code else None


def _links(
    connection: Connection, claimed: Sequence[Claimed], texting: Texting, base: str, at: datetime
) -> dict[str, str]:
    if not base or texting.make_links is None:
        return {}
    made = texting.make_links(connection, [one.item_number for one in claimed], at)
    return {item_number: base + token for item_number, token in made.items()}


def _result(sms_id: str, why: str, tries: int, at: datetime) -> SmsResult:
    """Sent, or to be tried again, or given up after the last try."""
    if not why:
        return SmsResult(sms_id, "sent", at, "")
    if tries > len(_WAITS):
        return SmsResult(sms_id, "failed", at, why)
    return SmsResult(sms_id, "waiting", at + _WAITS[tries - 1], why)


def catch_up(connection: Connection, at: datetime) -> None:
    """Sees to it that a job waits if a text does."""
    due_at = store.next_sms_at(connection)
    if due_at is not None:
        defer(connection, SEND_SMS, {"": max(due_at, at)})
