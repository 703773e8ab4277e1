"""What is known of people is forgotten when it is no longer needed (Personal Data Protection Ordinance 2025)."""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path

from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.keeping import retention as store
from post_logistics.storage.keeping.archives import let_go, mark_detached
from post_logistics.storage.keeping.partitions import begins_at, load_months, month_after, prepare_months
from post_logistics.storage.keeping.retention import Deadlines, Ends, Forgotten
from post_logistics.tracking.claims import NEXT_STEPS
from post_logistics.tracking.lifecycle import TERMINAL, State

_log = logging.getLogger(__name__)

BATCH = 10_000
"""Recipients looked at in one transaction: short enough that nobody waits for it."""
_CODES_LINGER = timedelta(days=1)
_ENDS = Ends(
    finished=sorted(state.value for state in TERMINAL),
    never_settled=[State.CANCELLED.value],
    claims=[step.value for step, after in NEXT_STEPS.items() if not after],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """How long things are kept; see ``data/retention.toml``."""

    recipients_days: int
    silent_days: int
    messages_days: int
    view_cards_days: int
    uploads_months: int
    scans_months: int
    learners_days: int = 730

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise Unacceptable(
                    "retention.toml: nothing is kept for less than one day or month",
                    field=field.name,
                    remedy="write a whole number above zero",
                )
        if self.silent_days < self.recipients_days:
            raise Unacceptable(
                "retention.toml: a parcel without an end would be forgotten before one that is finished",
                field="silent_days",
                remedy="write at least as many days as recipients_days",
            )

    def deadlines(self, at: datetime) -> Deadlines:
        """What is older than this is no longer needed at that instant."""
        return Deadlines(
            finished_before=at - timedelta(days=self.recipients_days),
            silent_before=at - timedelta(days=self.silent_days),
            messages_before=at - timedelta(days=self.messages_days),
            codes_before=at - _CODES_LINGER,
        )


def load_retention_rules(facts_dir: Path) -> RetentionRules:
    """The rules in ``retention.toml``; Unacceptable names the key that is wrong."""
    return fact_of(RetentionRules, read_facts(facts_dir / "retention.toml"), "retention.toml")


def pseudonym_key(number_key: bytes) -> bytes:
    """The key of pseudonyms, made from the key of item numbers; from neither can anybody work out the other."""
    return hmac.digest(number_key, b"pseudonyms of recipients", "sha256")


def pseudonymise(
    connection: Connection, rules: RetentionRules, key: bytes, at: datetime, after: str = "", size: int = BATCH
) -> tuple[Forgotten, str | None]:
    """Makes unreadable those of the next ``size`` recipients after an item number who are no longer needed.

    What was done, and the last item number looked at; None when there are no more. A recipient is needed until
    ``recipients_days`` after the parcel was finished and settled and nothing about it is disputed, and in any case no
    longer than ``silent_days`` after anything was heard. Name, telephone, address and note go, the point is rounded,
    bodies of proofs, notes of scans, codes and links are removed; custody and money stay. Again, it changes nothing.
    """
    if not key:
        raise Unacceptable("pseudonyms need a key", field="key", remedy="give a long random text, and keep it")
    return store.forget_recipients(connection, rules.deadlines(at), key, at, _ENDS, after, size)


def forget(
    database: Database,
    rules: RetentionRules,
    key: bytes,
    at: datetime,
    advance: Callable[[Forgotten], object] = lambda done: None,
    size: int = BATCH,
) -> Forgotten:
    """Forgets everything that is no longer needed, batch by batch, each in a transaction of its own; how much it was.

    ``advance`` is told after every batch how much has been forgotten so far. Stopped half-way it goes on the next time.
    """
    with database.transaction() as connection:
        total = store.forget_leftovers(connection, rules.deadlines(at))
    last: str | None = ""
    while last is not None:
        with database.transaction() as connection:
            done, last = pseudonymise(connection, rules, key, at, last, size)
        total += done
        advance(total)
    return total


def count_forgettable(connection: Connection, rules: RetentionRules, at: datetime) -> int:
    """How many recipients `forget` would make unreadable now."""
    return store.count_due(connection, rules.deadlines(at), _ENDS)


def drop_old_uploads(database: Database, rules: RetentionRules, at: datetime) -> list[date]:
    """The months of signed batches that are gone because the rules say so, archived or not.

    They can hold notes about people. What they said is kept as scans; only the devices' signatures can no longer be
    checked. A month that others are using now stays until the next time.
    """
    with database.transaction() as connection:
        old = [
            one.month
            for one in load_months(connection)
            if one.table_name == "uploads" and at >= begins_at(month_after(one.month, rules.uploads_months + 1))
        ]
    return [month for month in old if _dropped(database, month)]


def _dropped(database: Database, month: date) -> bool:
    try:
        with database.transaction() as connection:
            let_go(connection, "uploads", month, (), ())
            mark_detached(connection, "uploads", month, True)
    except Conflict as error:
        _log.warning("uploads of %s stay for now: %s", month, error.message)
        return False
    return True


@dataclass(frozen=True, slots=True)
class Night:
    """What a night's work on the tables came to."""

    months: list[date]
    """These are ready to be written into."""
    forgotten: Forgotten
    uploads_dropped: list[date]


def tend(
    database: Database,
    rules: RetentionRules,
    key: bytes,
    at: datetime,
    advance: Callable[[Forgotten], object] = lambda done: None,
) -> Night:
    """The nightly work: the months ahead are ready, and what is no longer needed is forgotten."""
    with database.transaction() as connection:
        months = prepare_months(connection, at)
    return Night(months, forget(database, rules, key, at, advance), drop_old_uploads(database, rules, at))
