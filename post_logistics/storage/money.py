"""Day closes, deposits and settlements: the papers behind the transfers, each written once."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from post_logistics.cod.day_close import Deposit, OfficeClose, RiderClose
from post_logistics.cod.settlement import Settlement, SettlementLine, Waiting, WaitReason
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import day_closes, deposits, settlement_lines, settlements
from post_logistics.units import Postcode, RiderId


def append_close(connection: Connection, close: RiderClose | OfficeClose, counted_by: str, at: datetime) -> bool:
    """Keeps the close; False if the holder's day is closed already."""
    rider = isinstance(close, RiderClose)
    extra: dict[str, Sequence[Any]] = {
        "holder": [f"rider:{close.rider}" if isinstance(close, RiderClose) else f"office:{close.office}"],
        "counted_by": [counted_by],
        "closed_at": [at],
    }
    if rider:
        extra["to_deposit_poisha"] = [0]
    return bool(append(connection, day_closes, [close], keep_first=True, **extra))


def _close(row: Row[Any]) -> RiderClose | OfficeClose:
    shared = {
        name: getattr(row, name)
        for name in ("close_id", "closed_on", "expected_poisha", "counted_poisha", "shortage_poisha", "excess_poisha")
    }
    kind, _, owner = row.holder.partition(":")
    if kind == "rider":
        return RiderClose(rider=RiderId(owner), office=Postcode(row.office), **shared)
    return OfficeClose(
        office=Postcode(row.office),
        to_deposit_poisha=row.to_deposit_poisha,
        kept_poisha=row.counted_poisha - row.to_deposit_poisha,
        **shared,
    )


def load_closes(connection: Connection, closed_on: date, office: str | None = None) -> list[RiderClose | OfficeClose]:
    """The closes of a day, riders before their office."""
    wanted = select(day_closes).where(day_closes.c.closed_on == closed_on)
    if office is not None:
        wanted = wanted.where(day_closes.c.office == office)
    rows = connection.execute(wanted.order_by(day_closes.c.office, day_closes.c.holder.desc()))
    return [_close(row) for row in rows]


def load_close(connection: Connection, close_id: str, office: str | None = None) -> RiderClose | OfficeClose:
    """One close; NotFound if there is none, or it is another office's: the two answer alike."""
    row = connection.execute(select(day_closes).where(day_closes.c.close_id == close_id)).first()
    if row is None or office not in {None, row.office}:
        raise NotFound(f"no day close {close_id}", field="close_id", remedy="close the day first")
    return _close(row)


def append_deposit(connection: Connection, deposit: Deposit) -> None:
    """Keeps the slip; the same close is paid in once."""
    append(connection, deposits, [deposit], keep_first=True)


def load_deposits(connection: Connection, close_ids: Sequence[str]) -> dict[str, Deposit]:
    """The deposits of those closes that were paid in, by close."""
    rows = connection.execute(select(deposits).where(deposits.c.close_id == func.any(list(close_ids))))
    return {deposit.close_id: deposit for deposit in read(rows, Deposit)}


def append_settlement(connection: Connection, settlement: Settlement, at: datetime) -> bool:
    """Keeps a settlement and its lines; False if the merchant has one of that day. A parcel is settled once, whatever
    happens: the key of its line is its number."""
    new = append(
        connection,
        settlements,
        [settlement],
        keep_first=True,
        waiting=[_waiting_json(settlement.waiting)],
        settled_at=[at],
    )
    if new:
        ids = [settlement.settlement_id] * len(settlement.lines)
        append(connection, settlement_lines, settlement.lines, settlement_id=ids)
    return bool(new)


def _waiting_json(waiting: Iterable[Waiting]) -> list[dict[str, Any]]:
    return [asdict(one) | {"reason": one.reason.value} for one in waiting]


def load_settlement(connection: Connection, settlement_id: str, merchant: str | None = None) -> Settlement:
    """One settlement; NotFound if there is none, or it is another merchant's: the two answer alike."""
    for settlement in load_settlements(connection, merchant=merchant, settlement_id=settlement_id):
        return settlement
    raise NotFound(f"no settlement {settlement_id}", field="settlement_id", remedy="copy it from the payout advice")


def load_settlements(
    connection: Connection,
    settled_on: date | None = None,
    merchant: str | None = None,
    settlement_id: str | None = None,
) -> list[Settlement]:
    """Settlements of a day, of a merchant, of an id, or all, oldest first, with their lines."""
    wanted = select(settlements).order_by(settlements.c.settled_on, settlements.c.merchant)
    if settled_on is not None:
        wanted = wanted.where(settlements.c.settled_on == settled_on)
    if merchant is not None:
        wanted = wanted.where(settlements.c.merchant == merchant)
    if settlement_id is not None:
        wanted = wanted.where(settlements.c.settlement_id == settlement_id)
    found = [row._mapping for row in connection.execute(wanted)]
    lines: dict[str, list[SettlementLine]] = {row["settlement_id"]: [] for row in found}
    rows = connection.execute(
        select(settlement_lines)
        .where(settlement_lines.c.settlement_id == func.any(list(lines)))
        .order_by(settlement_lines.c.item_number)
    ).all()
    for row, line in zip(rows, read(rows, SettlementLine), strict=True):
        lines[row.settlement_id].append(line)
    names = [name for name in Settlement.__dataclass_fields__ if name not in {"lines", "waiting"}]
    return [
        Settlement(
            **{name: row[name] for name in names},
            lines=tuple(lines[row["settlement_id"]]),
            waiting=tuple(Waiting(**one | {"reason": WaitReason(one["reason"])}) for one in row["waiting"]),
        )
        for row in found
    ]
