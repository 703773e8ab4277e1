"""Corrections of addresses: said, taken back, never changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from post_logistics.errors import NotFound
from post_logistics.network.corrections import Correction
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import address_corrections as table


def append_corrections(connection: Connection, values: Sequence[Correction]) -> list[UUID]:
    """Adds those not yet known by their id; gives back the ids that are new."""
    return append(connection, table, values, keep_first=True)


def load_corrections(connection: Connection, phrase: str | None = None) -> list[Correction]:
    """Every correction, or those of one phrase, in the order in which they were said."""
    asked = select(table).order_by(table.c.said_at, table.c.correction_id)
    return read(connection.execute(asked if phrase is None else asked.where(table.c.phrase == phrase)), Correction)


def load_correction(connection: Connection, correction_id: UUID) -> Correction:
    """One correction; NotFound if there is none of that id."""
    for one in read(connection.execute(select(table).where(table.c.correction_id == correction_id)), Correction):
        return one
    raise NotFound(f"no correction {correction_id}", field="correction_id", remedy="look it up in the list")
