"""What the scales said of each parcel, and what it costs by that. The latest that was not taken back counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import weighings
from post_logistics.units import ItemNumber, Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """One weighing; ``weighing_id`` is the id of its acceptance scan.

    ``difference_poisha``: what the parcel costs more than booked, VAT included; below zero, less.
    """

    weighing_id: UUID
    item_number: ItemNumber
    weight_g: int
    booked_weight_g: int
    tariff_version: str
    postage_poisha: int
    vat_poisha: int
    difference_poisha: int
    office: Postcode
    device_id: str
    weighed_at: datetime


def append_weighings(connection: Connection, values: Sequence[Weighing]) -> None:
    """Keeps those not yet known by their scan."""
    append(connection, weighings, values, keep_first=True)


def load_weighings(connection: Connection, item_numbers: Sequence[str]) -> list[Weighing]:
    """Every weighing of those items, taken back or not, in the order in which they were made."""
    rows = connection.execute(
        select(weighings)
        .where(weighings.c.item_number == func.any(list(item_numbers)))
        .order_by(weighings.c.weighed_at, weighings.c.weighing_id)
    )
    return read(rows, Weighing)


def load_weighings_by_id(connection: Connection, weighing_ids: Sequence[UUID]) -> dict[UUID, Weighing]:
    """The weighings of those scans, where there were any."""
    rows = connection.execute(select(weighings).where(weighings.c.weighing_id == func.any(list(weighing_ids))))
    return {one.weighing_id: one for one in read(rows, Weighing)}


def load_weighings_that_count(connection: Connection, item_numbers: Sequence[str]) -> dict[str, Weighing]:
    """Item number -> its latest weighing whose scan was not taken back as a mistake, for the items that have one."""
    rows = connection.execute(
        text(
            "select distinct on (item_number) weighings.* from weighings "
            "where item_number = any(:items) and not exists (select from scans "
            " where scans.item_number = weighings.item_number and scans.voids = weighings.weighing_id) "
            "order by item_number, weighed_at desc, weighing_id"
        ),
        {"items": list(item_numbers)},
    )
    return {one.item_number: one for one in read(rows, Weighing)}
