"""Consignments: what was booked, each with the personal data of its recipient kept in a table of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Select, func, select, tuple_

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import NotFound
from post_logistics.storage.custody.scans import ensure_months, opened
from post_logistics.storage.rows import Rows, append, append_together, driver_of, read
from post_logistics.storage.schema import consignments, journeys, recipients, scans, settlement_lines
from post_logistics.tracking.journey import Journey
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, State
from post_logistics.tracking.scans import Scan
from post_logistics.units import DHAKA

_WHOLE = consignments.join(recipients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Consignment):
    """A consignment, and where it stands."""

    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which consignments; what is None does not matter. Days are of booking, in Dhaka, both included."""

    state: State | None = None
    booked_from: date | None = None
    booked_to: date | None = None
    order_ref: str | None = None
    delivery_office: str | None = None


def _whole() -> Select[tuple[object, ...]]:
    return select(consignments, *(c for c in recipients.c if c.name != "item_number")).select_from(_WHOLE)


def append_consignments(connection: Connection, values: Sequence[Consignment], fingerprints: Sequence[str]) -> set[str]:
    """Books those whose merchant has not used the reference before; gives back the item numbers that are booked."""
    booked = set(append(connection, consignments, values, keep_first=True, fingerprint=fingerprints))
    append(connection, recipients, [v for v in values if v.item_number in booked])
    return booked


def append_bookings(
    connection: Connection,
    values: Sequence[Consignment],
    fingerprints: Sequence[str],
    first: Sequence[Scan],
    begun: Sequence[Journey],
) -> set[str]:
    """The same, each with its first scan and the beginning of its journey, in one statement."""
    ensure_months(connection, {scan.recorded_at for scan in first})
    booked = append_together(
        connection,
        Rows(consignments, values, {"fingerprint": fingerprints}),
        Rows(recipients, values),
        Rows(scans, first),
        opened(begun, [value.delivery_office for value in values]),
    )
    return set(booked)


def load_references(connection: Connection, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Item number and fingerprint of what is booked under each (merchant, reference) that has been used."""
    found = driver_of(connection).execute(
        "select merchant_id, order_ref, item_number, fingerprint from consignments join "
        "unnest(%s::text[], %s::text[]) as asked (merchant_id, order_ref) using (merchant_id, order_ref)",
        [[merchant for merchant, _ in pairs], [reference for _, reference in pairs]],
    )
    return {(merchant, reference): (number, content) for merchant, reference, number, content in found}


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
    connection: Connection, merchant_id: str, after: str | None, limit: int, wanted: Wanted = Wanted()
) -> list[Standing]:
    """At most that many of a merchant's consignments, the latest booked first, from the one that follows ``after``."""
    booked = (consignments.c.booked_at, consignments.c.item_number)
    page = _whole().add_columns(journeys.c.state).join(journeys, journeys.c.item_number == consignments.c.item_number)
    page = page.where(consignments.c.merchant_id == merchant_id)
    if after is not None:
        last = select(*booked).where(consignments.c.item_number == after, consignments.c.merchant_id == merchant_id)
        page = page.where(tuple_(*booked) < last.scalar_subquery())
    if wanted.state is not None:
        page = page.where(journeys.c.state == wanted.state.value)
    if wanted.booked_from is not None:
        page = page.where(consignments.c.booked_at >= _midnight(wanted.booked_from))
    if wanted.booked_to is not None:
        page = page.where(consignments.c.booked_at < _midnight(wanted.booked_to + timedelta(days=1)))
    if wanted.order_ref is not None:
        page = page.where(consignments.c.order_ref == wanted.order_ref)
    if wanted.delivery_office is not None:
        page = page.where(consignments.c.delivery_office == wanted.delivery_office)
    page = page.order_by(*(column.desc() for column in booked)).limit(limit)
    return read(connection.execute(page), Standing, state=State)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), DHAKA)


def load_waiting_for_pickup(connection: Connection, office: str) -> list[Consignment]:
    """Booked with that pickup office and still with their merchants, in the order of booking."""
    waiting = (
        _whole()
        .join(journeys, journeys.c.item_number == consignments.c.item_number)
        .where(
            consignments.c.pickup_office == office,
            journeys.c.state.in_([state.value for state in BEFORE_ACCEPTANCE]),
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
    counted = driver_of(connection).execute(
        "select delivery_office, count(*) from consignments "
        "where promised_on = %s and delivery_office = any(%s::text[]) group by delivery_office",
        [on, list(offices)],
    )
    return dict(counted.fetchall())
