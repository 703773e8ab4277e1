"""One-time codes, of which only keyed hashes are kept: one row for each item and purpose, held while it is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCode:
    """The last code issued for an item and purpose, and what was done in its day of 24 hours."""

    item_number: str
    purpose: str
    code_hash: str
    """Empty before the first issue."""
    made_at: datetime
    expires_at: datetime
    tries: int
    """Wrong ones with this code."""
    used_at: datetime | None
    day_began_at: datetime
    issues: int
    wrong: int
    """Wrong tries with all codes of the day."""


_SAVE = text(
    """
    update one_time_codes as old set code_hash = new.code_hash, made_at = new.made_at, expires_at = new.expires_at,
        tries = new.tries, used_at = new.used_at, day_began_at = new.day_began_at, issues = new.issues,
        wrong = new.wrong
    from unnest(
        cast(:item_number as text[]), cast(:purpose as text[]), cast(:code_hash as text[]),
        cast(:made_at as timestamptz[]), cast(:expires_at as timestamptz[]), cast(:tries as smallint[]),
        cast(:used_at as timestamptz[]), cast(:day_began_at as timestamptz[]), cast(:issues as smallint[]),
        cast(:wrong as smallint[])
    ) as new (
        item_number, purpose, code_hash, made_at, expires_at, tries, used_at, day_began_at, issues, wrong
    )
    where old.item_number = new.item_number and old.purpose = new.purpose
    """
)


def lock_codes(connection: Connection, item_numbers: Sequence[str], purpose: str) -> dict[str, KeptCode]:
    """The codes of those items that have any, by item, held until the transaction ends."""
    rows = connection.execute(
        text(
            "select * from one_time_codes where purpose = :purpose and item_number = any(:items) "
            "order by item_number for update"
        ),
        {"items": list(item_numbers), "purpose": purpose},
    )
    return {code.item_number: code for code in read(rows, KeptCode)}


def load_codes(connection: Connection, item_numbers: Sequence[str], purpose: str) -> dict[str, KeptCode]:
    """The same, held by nobody."""
    rows = connection.execute(
        text("select * from one_time_codes where purpose = :purpose and item_number = any(:items)"),
        {"items": list(item_numbers), "purpose": purpose},
    )
    return {code.item_number: code for code in read(rows, KeptCode)}


def open_codes(connection: Connection, item_numbers: Sequence[str], purpose: str, at: datetime) -> dict[str, KeptCode]:
    """As ``lock_codes``, with a row for every item that is booked: an empty one where nothing was issued yet."""
    connection.execute(
        text(
            "insert into one_time_codes (item_number, purpose, code_hash, made_at, expires_at, tries, day_began_at, "
            "issues, wrong) select item_number, :purpose, '', :at, :at, 0, :at, 0, 0 from consignments "
            "where item_number = any(:items) order by item_number on conflict do nothing"
        ),
        {"items": list(item_numbers), "purpose": purpose, "at": at},
    )
    return lock_codes(connection, item_numbers, purpose)


def save_codes(connection: Connection, codes: Sequence[KeptCode]) -> None:
    """Writes rows that are held."""
    if not codes:
        return
    names = [field.name for field in fields(KeptCode)]
    connection.execute(_SAVE, {name: [getattr(code, name) for code in codes] for name in names})
