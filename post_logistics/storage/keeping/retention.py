"""Forgetting: recipients made unreadable, what hangs on them removed, every fact of custody and money left as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, text

_BLOCK_BYTES = 64


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What is older than these instants is no longer needed."""

    finished_before: datetime
    silent_before: datetime
    messages_before: datetime
    codes_before: datetime


@dataclass(frozen=True, slots=True)
class Ends:
    """The words for an end: of a parcel, of one for which no money is due to anybody, and of a claim."""

    finished: Sequence[str]
    never_settled: Sequence[str]
    claims: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much was made unreadable or removed."""

    recipients: int = 0
    proofs: int = 0
    notes: int = 0
    codes: int = 0
    links: int = 0
    messages: int = 0
    plans: int = 0

    def __add__(self, other: "Forgotten") -> "Forgotten":
        return Forgotten(
            recipients=self.recipients + other.recipients,
            proofs=self.proofs + other.proofs,
            notes=self.notes + other.notes,
            codes=self.codes + other.codes,
            links=self.links + other.links,
            messages=self.messages + other.messages,
            plans=self.plans + other.plans,
        )


_DUE = """
    batch as (
        select item_number from recipients
        where erased_at is null and item_number > :after order by item_number limit :size
    ),
    due as (
        select item_number
        from batch
        join journeys j using (item_number)
        join consignments c using (item_number)
        left join settlement_lines l using (item_number)
        left join settlements s using (settlement_id)
        left join lateral (
            select max(greatest(claims.claimed_at, last.at)) as at,
                   bool_or(last.step is null or last.step <> all(:ends)) as open
            from claims left join lateral (
                select steps.step, steps.at from claim_steps steps
                where steps.claim_id = claims.claim_id order by steps.number desc limit 1
            ) last on true
            where claims.item_number = batch.item_number
        ) claimed on true
        where greatest(j.last_at, claimed.at) < :silent_before
           or j.state = any(:finished)
              and (s.settled_at is not null or j.state = any(:never_settled))
              and greatest(j.last_at, s.settled_at, claimed.at, c.promised_on) < :finished_before
              and claimed.open is not true
              and not exists (
                  select from exceptions e where e.item_number = batch.item_number and e.closed_at is null
              )
    )
"""
"""The next so many recipients that are still readable, and those of them who need not be any more. What is still
disputed is kept, unless nobody has touched it for years."""

_FORGET = f"""
    with {_DUE},
    erased as (
        update recipients set
            recipient_name = 'person-' || left(encode(sha256(cast(:outer as bytea) ||
                sha256(cast(:inner as bytea) || convert_to(recipient_phone, 'UTF8'))), 'hex'), 32),
            recipient_phone = '', recipient_address = '', note = '',
            lat_deg = round(cast(lat_deg as numeric), 2), lon_deg = round(cast(lon_deg as numeric), 2),
            precision_m = precision_m + {{coarser_m}}, erased_at = :at
        where item_number in (select item_number from due) and erased_at is null
        returning 1
    ),
    bodies as (
        delete from proof_bodies where proof_id in (select proof_id from proofs join due using (item_number))
        returning 1
    ),
    notes as (
        update scans set note = '' where item_number = any(array(select item_number from due)) and note <> ''
        returning 1
    ),
    claim_notes as (
        update claim_steps set note = '' where note <> ''
        and claim_id in (select claim_id from claims join due using (item_number)) returning 1
    ),
    exception_notes as (
        update exceptions set closing_note = '', detail = case when {{people_said}} then '' else detail end
        where item_number = any(array(select item_number from due)) and (closing_note <> '' or {{people_said}})
        returning 1
    ),
    exception_step_notes as (
        update exception_steps set note = '' where note <> ''
        and exception_id in (select exception_id from exceptions join due using (item_number)) returning 1
    ),
    return_reasons as (
        update return_requests set reason = '' where reason <> '' and item_number in (select item_number from due)
        returning 1
    ),
    senders as (delete from walk_in_senders where item_number in (select item_number from due) returning 1),
    codes as (delete from one_time_codes where item_number in (select item_number from due) returning 1),
    links as (delete from recipient_links where item_number in (select item_number from due) returning 1)
    select (select max(item_number) from batch) as last, (select count(*) from erased) as recipients,
           (select count(*) from bodies) as proofs,
           (select count(*) from notes) + (select count(*) from claim_notes) + (select count(*) from exception_notes)
               + (select count(*) from exception_step_notes) + (select count(*) from return_reasons) as notes,
           (select count(*) from codes) as codes, (select count(*) from links) as links
""".format(coarser_m=800, people_said="kind in ('contested', 'damaged') and detail <> ''")  # noqa: S608  no value goes into the text
"""A hundredth of a degree is about a kilometre: a point so rounded is at most 800 m off. What recipients and staff
wrote is emptied, wherever it is."""


def forget_recipients(
    connection: Connection,
    deadlines: Deadlines,
    key: bytes,
    at: datetime,
    ends: Ends,
    after: str,
    size: int,
) -> tuple[Forgotten, str | None]:
    """What was forgotten among the next ``size`` recipients after an item number, and the last number looked at; None
    at the end.

    The name becomes a pseudonym, HMAC-SHA256 (RFC 2104) of the telephone number: the same person has the same one for
    as long as the key lives, and without the key nobody can tell whose it is. The point is rounded.
    """
    inner, outer = _pads(key)
    row = connection.execute(
        text(_FORGET),
        {
            **_asked(deadlines, ends, after, size),
            "inner": inner,
            "outer": outer,
            "at": at,
        },
    ).one()
    done = Forgotten(recipients=row.recipients, proofs=row.proofs, notes=row.notes, codes=row.codes, links=row.links)
    return done, row.last


def _pads(key: bytes) -> tuple[bytes, bytes]:
    """The two keys of HMAC-SHA256, so that the server can work it out with no more than SHA-256."""
    block = (sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def _asked(deadlines: Deadlines, ends: Ends, after: str, size: int | None) -> dict[str, object]:
    """What the statement about the recipients that are due wants to know."""
    return {
        "finished": list(ends.finished),
        "never_settled": list(ends.never_settled),
        "ends": list(ends.claims),
        "finished_before": deadlines.finished_before,
        "silent_before": deadlines.silent_before,
        "after": after,
        "size": size,
    }


def count_due(connection: Connection, deadlines: Deadlines, ends: Ends) -> int:
    """How many recipients could be forgotten now."""
    counted = text(f"with {_DUE} select count(*) from due")  # noqa: S608
    found: int = connection.execute(counted, _asked(deadlines, ends, "", None)).scalar_one()
    return found


def forget_leftovers(connection: Connection, deadlines: Deadlines) -> Forgotten:
    """Codes and links that have expired, old messages and the points on old run sheets are gone; how many."""
    plans = text("update plans set sheets = '[]' where service_on < :before and sheets <> '[]'")
    return Forgotten(
        codes=_delete(connection, "one_time_codes where expires_at < :before", deadlines.codes_before),
        links=_delete(connection, "recipient_links where expires_at < :before", deadlines.codes_before),
        messages=sum(
            _delete(connection, f"{table} where made_at < :before and status <> 'waiting'", deadlines.messages_before)
            for table in ("webhook_messages", "sms_messages")
        ),
        plans=connection.execute(plans, {"before": deadlines.finished_before}).rowcount,
    )


def _delete(connection: Connection, what: str, before: datetime) -> int:
    return connection.execute(text(f"delete from {what}"), {"before": before}).rowcount  # noqa: S608
