"""Item-number ranges: who may give out which serials, and how many of them are given out."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from post_logistics.consignments.numbers import NumberRange
from post_logistics.errors import Conflict
from post_logistics.storage.schema import number_ranges as ranges


def allot(connection: Connection, number_range: NumberRange, at: datetime) -> None:
    """Allots a range once; the table itself refuses one that overlaps another, so no serial is issued twice, ever."""
    connection.execute(
        insert(ranges)
        .values(
            indicator=number_range.indicator,
            first_serial=number_range.first_serial,
            last_serial=number_range.last_serial,
            allotted_to=number_range.allotted_to,
            allotted_at=at,
        )
        .on_conflict_do_nothing()
    )


def reserve(connection: Connection, allotted_to: str, count: int) -> tuple[NumberRange, int]:
    """The range of that holder and the first of ``count`` places in it that are spoken for from now on.

    Conflict when the range is used up or there is none.
    """
    size = ranges.c.last_serial - ranges.c.first_serial + 1
    row = connection.execute(
        update(ranges)
        .where(ranges.c.allotted_to == allotted_to, ranges.c.issued + count <= size)
        .values(issued=ranges.c.issued + count)
        .returning(ranges.c.indicator, ranges.c.first_serial, ranges.c.last_serial, ranges.c.issued)
    ).first()
    if row is None:
        left = connection.execute(
            select(func.sum(size - ranges.c.issued)).where(ranges.c.allotted_to == allotted_to)
        ).scalar()
        raise Conflict(
            f"{left or 0} item numbers are left for {allotted_to}, {count} are needed", remedy="allot another range"
        )
    return NumberRange(row.indicator, row.first_serial, row.last_serial, allotted_to), row.issued - count
