"""The shifts of digital centres, and the cash that passed through a drawer meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, text

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Variance
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import centre_shift_closes, centre_shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A centre at work from ``opened_at`` on, with that much in the drawer."""

    shift_id: UUID
    centre: str
    opened_by: str
    device_id: str
    opening_poisha: int
    pieces: Mapping[int, int]
    opened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftClose:
    """The end of a shift: what should have been in the drawer as far as was known then, and what was counted."""

    shift_id: UUID
    close_id: UUID
    closed_by: str
    device_id: str
    expected_poisha: int
    counted_poisha: int
    pieces: Mapping[int, int]
    reason: Variance | None
    from_float_poisha: int
    """Of what was missing, so much was taken from the float; the rest is owed at the next hand-in."""
    closed_at: datetime
    recorded_at: datetime


def append_shift(connection: Connection, shift: Shift) -> None:
    """Keeps that a shift has begun."""
    append(connection, centre_shifts, [shift], pieces=[_written(shift.pieces)])


def append_shift_close(connection: Connection, close: ShiftClose) -> None:
    """Keeps that a shift has ended."""
    pieces, reason = [_written(close.pieces)], [close.reason or ""]
    append(connection, centre_shift_closes, [close], pieces=pieces, reason=reason)


def load_shift(connection: Connection, shift_id: UUID) -> Shift | None:
    """One shift."""
    rows = connection.execute(select(centre_shifts).where(centre_shifts.c.shift_id == shift_id))
    return next(iter(read(rows, Shift, pieces=_pieces)), None)


def load_shift_at(connection: Connection, centre: str, at: datetime) -> Shift | None:
    """The centre's last shift that had begun at that instant, whether it has ended or not."""
    c = centre_shifts.c
    wanted = (
        select(centre_shifts)
        .where(c.centre == centre, c.opened_at <= at)
        .order_by(c.opened_at.desc(), c.shift_id)
        .limit(1)
    )
    return next(iter(read(connection.execute(wanted), Shift, pieces=_pieces)), None)


def load_shifts(connection: Connection, centre: str, since: datetime, until: datetime) -> list[Shift]:
    """The centre's shifts that began from ``since`` until before ``until``, the earliest first."""
    c = centre_shifts.c
    wanted = select(centre_shifts).where(c.centre == centre, c.opened_at >= since, c.opened_at < until)
    return read(connection.execute(wanted.order_by(c.opened_at)), Shift, pieces=_pieces)


def load_shift_close(
    connection: Connection, *, shift_id: UUID | None = None, close_id: UUID | None = None
) -> ShiftClose | None:
    """The close of that shift, or of that id; None while there is none."""
    c = centre_shift_closes.c
    wanted = select(centre_shift_closes).where(c.shift_id == shift_id if shift_id else c.close_id == close_id)
    rows = connection.execute(wanted)
    return next(
        iter(read(rows, ShiftClose, pieces=_pieces, reason=lambda said: Variance(said) if said else None)), None
    )


_PASSED = text(
    """
    with moved as (
        select t.amount_poisha, t.cause, t.at from transfers t where t.debit = :cash
        union all
        select -t.amount_poisha, t.cause, t.at from transfers t where t.credit = :cash
    )
    select coalesce(sum(amount_poisha) filter (where amount_poisha > 0), 0)::bigint as came,
        coalesce(-sum(amount_poisha) filter (where amount_poisha < 0), 0)::bigint as went
    from moved left join centre_services s on s.service_id::text = moved.cause
    where coalesce(s.happened_at, moved.at) >= :since and coalesce(s.happened_at, moved.at) <= :until
        and cause is distinct from :but
    """
)


def load_passed(
    connection: Connection, centre: str, since: datetime, until: datetime, but: UUID | None = None
) -> tuple[int, int]:
    """Poisha that came into a centre's drawer and that left it between two instants, both included.

    Cash counts when the service was given, however much later it was told. ``but``: what that close posted is left out.
    """
    asked = {"cash": account(AccountKind.AGENT_CASH, centre), "since": since, "until": until}
    row = connection.execute(_PASSED, asked | {"but": None if but is None else str(but)}).one()
    return row.came, row.went


def _written(pieces: Mapping[int, int]) -> dict[str, int]:
    return {str(worth): many for worth, many in pieces.items()}


def _pieces(kept: Mapping[str, int]) -> dict[int, int]:
    return {int(worth): many for worth, many in kept.items()}
