"""Sealed days and closed months: a day's transfers hashed by the server, and what each account then stood at."""

from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, select, text

from post_logistics.cod.chain import FIRST, SealedDay, day_hash
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import ledger_days

_LOCK = "select pg_advisory_xact_lock(1818584935)"
"""The lock that ``refuse_sealed`` shares: sealing waits for everything that is being posted."""
_FIRST_DAY = "select min((at at time zone 'Asia/Dhaka')::date) from transfers"
_IN_SPAN = """
    at >= cast(:first as timestamp) at time zone 'Asia/Dhaka'
    and at < cast(:next as timestamp) at time zone 'Asia/Dhaka'
"""
_WHAT_MOVED = f"""
    select on_day, count(*) as transfers, sum(amount_poisha) as moved_poisha,
        encode(sha256(string_agg(written, '' order by at, transfer_id)), 'hex') as transfers_hash
    from (
        select (at at time zone 'Asia/Dhaka')::date as on_day, at, transfer_id, amount_poisha,
            sha256(convert_to(json_build_array(
                transfer_id, code, debit, credit, amount_poisha,
                to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                coalesce(item_number, ''), cause, reverses
            )::text, 'UTF8')) as written
        from transfers where {_IN_SPAN} offset 0
    ) as each group by on_day
"""  # noqa: S608 - only the text above
"""What each day moved. The hash of a transfer is made before they are sorted (``offset 0``): it is a tenth of a row."""
_KEEP_BALANCES = f"""
    insert into ledger_balances (account, on_day, balance_poisha)
    select account, on_day,
        sum(net_poisha) over (partition by account order by on_day) + coalesce(before.balance_poisha, 0)
    from (
        select leg.account, (at at time zone 'Asia/Dhaka')::date as on_day, sum(leg.amount_poisha) as net_poisha
        from transfers
        cross join lateral (values (debit, amount_poisha), (credit, -amount_poisha)) as leg (account, amount_poisha)
        where {_IN_SPAN} group by 1, 2
    ) as moved
    left join lateral (
        select balance_poisha from ledger_balances as kept where kept.account = moved.account
        order by kept.on_day desc limit 1
    ) as before on true
"""  # noqa: S608
_OF_NOTHING = sha256(b"").hexdigest()


def lock_books(connection: Connection) -> None:
    """Until the transaction ends nothing is posted, and everything posted before is seen."""
    connection.execute(text(_LOCK))


def first_day(connection: Connection) -> date | None:
    """The local day of the first transfer; None while there is none."""
    found: date | None = connection.execute(text(_FIRST_DAY)).scalar_one()
    return found


def last_sealed(connection: Connection) -> SealedDay | None:
    """The latest sealed day; None while there is none."""
    rows = connection.execute(select(ledger_days).order_by(ledger_days.c.on_day.desc()).limit(1))
    return next(iter(read(rows, SealedDay)), None)


def load_sealed(connection: Connection, since_on: date | None = None, until_on: date | None = None) -> list[SealedDay]:
    """The sealed days of a span, both ends included, oldest first."""
    wanted = select(ledger_days).order_by(ledger_days.c.on_day)
    if since_on is not None:
        wanted = wanted.where(ledger_days.c.on_day >= since_on)
    if until_on is not None:
        wanted = wanted.where(ledger_days.c.on_day <= until_on)
    return read(connection.execute(wanted), SealedDay)


def seal_days(
    connection: Connection, first_on: date, through: date, previous: SealedDay | None, at: datetime
) -> list[SealedDay]:
    """Seals every day from the one after ``previous`` through that one, in two looks at their transfers; gives them
    back, oldest first. The caller holds the books (``lock_books``)."""
    span = {"first": first_on, "next": through + timedelta(days=1)}
    moved = {row.on_day: row for row in connection.execute(text(_WHAT_MOVED), span)}
    sealed: list[SealedDay] = []
    before = previous.hash if previous else FIRST
    for day in (first_on + timedelta(days=n) for n in range((through - first_on).days + 1)):
        found = moved.get(day)
        count, moved_poisha, transfers_hash = (
            (found.transfers, int(found.moved_poisha), found.transfers_hash) if found else (0, 0, _OF_NOTHING)
        )
        sealed.append(
            SealedDay(
                on_day=day,
                transfers=count,
                moved_poisha=moved_poisha,
                previous_hash=before,
                hash=day_hash(before, day, count, moved_poisha, transfers_hash),
                sealed_at=at,
            )
        )
        before = sealed[-1].hash
    append(connection, ledger_days, sealed)
    connection.execute(text(_KEEP_BALANCES), span)
    return sealed
