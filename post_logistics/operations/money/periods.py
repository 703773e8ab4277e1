"""Months are closed: by two people, once every day of the month is sealed and the books are proven."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from post_logistics.cod.ledger import TrialBalance, trial_balance
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.money.checking import prove_books
from post_logistics.operations.money.opening import two_people
from post_logistics.storage.database import Connection
from post_logistics.storage.money import sealing
from post_logistics.storage.money.books import ClosedPeriod, append_period, load_periods
from post_logistics.storage.money.ledger import load_balances
from post_logistics.units import DHAKA


def close_month(connection: Connection, month: str, *, by: str, countersigned_by: str, at: datetime) -> ClosedPeriod:
    """The closed month (``2026-11``): closed now, or as it was closed before. Nothing can be posted into it any more.

    Conflict if a day of it is not sealed, the month before is open, or the books are not proven.
    """
    two_people(by, countersigned_by)
    first = _first_of(month)
    last_day = first.replace(day=monthrange(first.year, first.month)[1])
    closed = load_periods(connection)
    for period in closed:
        if period.period == month:
            return period
    _refuse_open_before(connection, first, closed[-1] if closed else None)
    sealed = sealing.load_sealed(connection, last_day, last_day)
    if not sealed:
        raise Conflict(f"{last_day} is not sealed", field="month", remedy="seal the days of the month first")
    violated = [check for check in prove_books(connection) if check.violated]
    if violated:
        raise Conflict(
            f"the books are not proven: {violated[0].name.replace('_', ' ')}",
            field="month",
            remedy="look at every problem with: post-logistics cod check",
            examples=violated[0].examples,
        )
    return append_period(
        connection,
        ClosedPeriod(
            period=month,
            last_day=last_day,
            hash=sealed[0].hash,
            closed_by=by,
            countersigned_by=countersigned_by,
            closed_at=at,
        ),
    )


def _first_of(month: str) -> date:
    try:
        if len(month) != 7:
            raise ValueError
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Unacceptable(f"{month!r} is not a month", field="month", remedy="write it as 2026-11") from None


def _refuse_open_before(connection: Connection, first: date, latest: ClosedPeriod | None) -> None:
    """Months are closed one after the other, from that of the first transfer on."""
    begun = sealing.first_day(connection)
    due = latest.last_day + timedelta(days=1) if latest else begun
    if due is not None and f"{due:%Y-%m}" != f"{first:%Y-%m}":
        raise Conflict(f"the next month to close is {due:%Y-%m}", field="month", remedy=f"close {due:%Y-%m}")


def trial_balance_on(connection: Connection, on_day: date) -> TrialBalance:
    """The trial balance as that local day ended."""
    end = datetime.combine(on_day + timedelta(days=1), time(), DHAKA) - timedelta(microseconds=1)
    return trial_balance(load_balances(connection, until=end))
