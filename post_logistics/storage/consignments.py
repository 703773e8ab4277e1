"""Consignments: what was booked, each with the personal data of its recipient kept in a table of its own."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Select, func, select, text, tuple_

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import consignments, journeys, recipients, settlement_lines
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode

_WHOLE = consignments.join(recipients)


def _whole() -> Select[tuple[object, ...]]:
    return select(consignments, *(c for c in recipients.c if c.name != "item_number")).select_from(_WHOLE)


def append_consignments(connection: Connection, values: Sequence[Consignment], fingerprints: Sequence[str]) -> set[str]:
    """Books those whose merchant has not used the reference before; gives back the item numbers that are booked."""
    booked = set(append(connection, consignments, values, keep_first=True, fingerprint=fingerprints))
    append(connection, recipients, [v for v in values if v.item_number in booked])
    return booked


def load_references(connection: Connection, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Item number and fingerprint of what is booked under each (merchant, reference) that has been used."""
    found = connection.execute(
        text(
            "select merchant_id, order_ref, item_number, fingerprint from consignments join "
            "unnest(cast(:merchants as text[]), cast(:refs as text[])) as asked (merchant_id, order_ref) "
            "using (merchant_id, order_ref)"
        ),
        {"merchants": [m for m, _ in pairs], "refs": [r for _, r in pairs]},
    )
    return {(row.merchant_id, row.order_ref): (row.item_number, row.fingerprint) for row in found}


def load_consignments(connection: Connection, item_numbers: Sequence[str]) -> dict[str, Consignment]:
    """The consignments of those numbers that are booked, by number."""
    wanted = _whole().where(consignments.c.item_number == func.any(list(item_numbers)))
    return {c.item_number: c for c in read(connection.execute(wanted), Consignment)}


def load_consignment(connection: Connection, item_number: str, merchant_id: str | None = None) -> Consignment:
    """One consignment; NotFound if there is none, or it is another merchant's: the two answer alike."""
    found = load_consignments(connection, [item_number]).get(item_number)
    if found is None or merchant_id not in {None, found.merchant_id}:
        raise NotFound(f"no item {item_number}", field="item_number", remedy="check the number on the label or receipt")
    return found


def load_booked(connection: Connection, merchant_id: str | None = None) -> list[Consignment]:
    """All consignments in the order of booking, of one merchant or of all."""
    wanted = _whole().order_by(consignments.c.booked_at, consignments.c.item_number)
    if merchant_id is not None:
        wanted = wanted.where(consignments.c.merchant_id == merchant_id)
    return read(connection.execute(wanted), Consignment)


def load_consignments_after(
    connection: Connection, merchant_id: str, after: str | None, limit: int
) -> list[Consignment]:
    """At most that many of a merchant's consignments, the latest booked first, from the one that follows ``after``."""
    booked = (consignments.c.booked_at, consignments.c.item_number)
    page = _whole().where(consignments.c.merchant_id == merchant_id)
    if after is not None:
        last = select(*booked).where(consignments.c.item_number == after, consignments.c.merchant_id == merchant_id)
        page = page.where(tuple_(*booked) < last.scalar_subquery())
    page = page.order_by(*(column.desc() for column in booked)).limit(limit)
    return read(connection.execute(page), Consignment)


def load_promise(connection: Connection, item_number: str) -> tuple[Postcode, date] | None:
    """Office of delivery and promised day of an item, which the public may know; None if there is no such item."""
    row = connection.execute(
        select(consignments.c.delivery_office, consignments.c.promised_on).where(
            consignments.c.item_number == item_number
        )
    ).first()
    return None if row is None else (Postcode(row.delivery_office), row.promised_on)


def load_waiting_for_pickup(connection: Connection, office: str) -> list[Consignment]:
    """Booked with that pickup office and still with their merchants, in the order of booking."""
    waiting = (
        _whole()
        .join(journeys, journeys.c.item_number == consignments.c.item_number)
        .where(
            consignments.c.pickup_office == office,
            journeys.c.state.in_([State.BOOKED.value, State.PICKUP_REQUESTED.value]),
        )
        .order_by(consignments.c.booked_at, consignments.c.merchant_id, consignments.c.order_ref)
    )
    return read(connection.execute(waiting), Consignment)


def load_unsettled(connection: Connection, merchant_id: str) -> list[Consignment]:
    """A merchant's consignments that no settlement has listed."""
    open_ones = _whole().where(
        consignments.c.merchant_id == merchant_id,
        ~select(settlement_lines.c.item_number)
        .where(settlement_lines.c.item_number == consignments.c.item_number)
        .exists(),
    )
    return read(connection.execute(open_ones.order_by(consignments.c.item_number)), Consignment)


def load_office_load(connection: Connection, on: date, offices: Sequence[str]) -> dict[str, int]:
    """Parcels already promised for that day at those of the offices of delivery that have any."""
    counted = connection.execute(
        text(
            "select delivery_office, count(*) as n from consignments "
            "where promised_on = :day and delivery_office = any(:offices) group by delivery_office"
        ),
        {"day": on, "offices": list(offices)},
    )
    return {row.delivery_office: row.n for row in counted}
