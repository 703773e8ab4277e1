"""The end of the day: the office confirms what riders claim, counts their cash and its own till, and pays it in."""

from datetime import date, datetime
from typing import TypeVar

from post_logistics.cod.accounts import AccountKind, account, parse
from post_logistics.cod.day_close import (
    Deposit,
    OfficeClose,
    RiderClose,
    close_office,
    close_rider,
    confirm_deposit,
    deposit,
)
from post_logistics.cod.ledger import standing
from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts, refuse_future
from post_logistics.operations.scanning import record_scans
from post_logistics.storage import money as store
from post_logistics.storage.database import Connection
from post_logistics.storage.ledger import append_transfers, load_balances
from post_logistics.storage.scans import load_items_held
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode, RiderId, taka


def close_rider_day(
    connection: Connection,
    *,
    rider: RiderId,
    office: Postcode,
    closed_on: date,
    counted_poisha: int,
    counted_by: str,
    at: datetime,
) -> RiderClose:
    """The rider's close: what was claimed is confirmed, the cash counted is in the till, any difference is named.

    Told again with the same count it answers the same; with another count it is a Conflict. A close that took money
    into account is not reopened: what comes to light later is a new fact.
    """
    refuse_future(closed_on, at, "closed_on")
    expected_poisha = standing(
        load_balances(connection, [AccountKind.RIDER_CASH]), account(AccountKind.RIDER_CASH, rider)
    )
    close, transfers = close_rider(
        rider=rider,
        office=office,
        closed_on=closed_on,
        expected_poisha=expected_poisha,
        counted_poisha=counted_poisha,
        at=at,
    )
    if not store.append_close(connection, close, counted_by, at):
        earlier = store.load_close(connection, close.close_id)
        assert isinstance(earlier, RiderClose)
        return _told_before(earlier, counted_poisha)
    append_transfers(connection, transfers)
    _confirm(connection, f"rider:{rider}", office, at)
    return close


def _confirm(connection: Connection, holder: str, office: Postcode, at: datetime) -> None:
    """The office has the cash and the proof for what that rider, or its own counter, says was handed over."""
    claimed = (State.DELIVERED_CLAIMED, State.PARTIALLY_CLAIMED)
    record_scans(
        connection,
        [
            Scan(
                scan_id=scan_id_of(f"close:{item}", 0),
                item_number=ItemNumber(item),
                event=Event.DELIVERED_CONFIRMED,
                occurred_at=at,
                recorded_at=at,
                device_id=f"close:{item}",
                sequence=0,
                office=office,
                holder="recipient",
            )
            for item in load_items_held(connection, holder, claimed)
        ],
    )


def close_office_day(
    connection: Connection,
    facts: Facts,
    *,
    office: Postcode,
    closed_on: date,
    counted_poisha: int,
    counted_by: str,
    at: datetime,
) -> OfficeClose:
    """The office's close, once all its riders hold nothing; what is to be paid in at the bank is decided with it.

    What the counter itself handed over is confirmed."""
    refuse_future(closed_on, at, "closed_on")
    sums = load_balances(connection, [AccountKind.RIDER_CASH, AccountKind.OFFICE_TILL])
    riders = {
        RiderId(owner): standing(sums, held)
        for held in sums
        for kind, owner in [parse(held)]
        if kind is AccountKind.RIDER_CASH and owner.startswith(f"{office}-")
    }
    close, transfers = close_office(
        office=office,
        closed_on=closed_on,
        expected_poisha=standing(sums, account(AccountKind.OFFICE_TILL, office)),
        counted_poisha=counted_poisha,
        riders_hold_poisha=riders,
        rules=facts.cod_rules.on(closed_on),
        at=at,
    )
    if not store.append_close(connection, close, counted_by, at):
        earlier = store.load_close(connection, close.close_id)
        assert isinstance(earlier, OfficeClose)
        return _told_before(earlier, counted_poisha)
    append_transfers(connection, transfers)
    _confirm(connection, f"office:{office}", office, at)
    return close


_Close = TypeVar("_Close", RiderClose, OfficeClose)


def _told_before(earlier: _Close, counted_poisha: int) -> _Close:
    if earlier.counted_poisha != counted_poisha:
        raise Conflict(
            f"the day is closed already, with {taka(earlier.counted_poisha)} counted",
            field="counted_poisha",
            remedy="record what came to light since as a new fact, on the next day",
            close_id=earlier.close_id,
        )
    return earlier


def pay_in(
    connection: Connection, close_id: str, slip_number: str, at: datetime, office: Postcode | None = None
) -> Deposit:
    """The deposit of an office's close: its cash is on the way to the bank. Told again it answers the same.

    ``office``: only that office's closes are known; NotFound for another's."""
    close = store.load_close(connection, close_id, office)
    if not isinstance(close, OfficeClose):
        raise Conflict(f"{close_id} is a rider's close: only an office pays in", field="close_id")
    paid_in, moved = deposit(close, slip_number=slip_number, at=at)
    store.append_deposit(connection, paid_in)
    earlier = store.load_deposits(connection, [close_id]).get(close_id)
    if earlier is None or earlier.slip_number != paid_in.slip_number:
        raise Conflict(
            f"slip {slip_number} does not go with {close_id}",
            field="slip_number",
            remedy="a slip is used once, and a close is paid in with one slip",
        )
    append_transfers(connection, [moved])
    return earlier


def confirm(
    connection: Connection, close_id: str, confirmed_poisha: int, at: datetime, office: Postcode | None = None
) -> None:
    """The bank has the money of that close: it is in the settlement account."""
    store.load_close(connection, close_id, office)
    paid_in = store.load_deposits(connection, [close_id]).get(close_id)
    if paid_in is None:
        raise Conflict(f"{close_id} has not been paid in", field="close_id", remedy="record the deposit first")
    append_transfers(connection, [confirm_deposit(paid_in, confirmed_poisha=confirmed_poisha, at=at)])
