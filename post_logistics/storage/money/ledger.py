"""The ledger: transfers appended, balances summed. The database refuses a reason that the postings table lacks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, text

from post_logistics.cod.accounts import Account
from post_logistics.cod.ledger import Transfer, distinct
from post_logistics.cod.postings import Code, kinds
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import transfers

_AT_ONCE = 10_000
_DECLARE_POSTINGS = text(
    "insert into postings (code, debit_kind, credit_kind, taken_back) "
    "select * from unnest(cast(:codes as text[]), cast(:debits as text[]), cast(:credits as text[]), "
    "cast(:backwards as boolean[])) on conflict do nothing"
)


def declare_postings(connection: Connection) -> None:
    """Tells the database the postings table of the code, each reason also read backwards; known rows stay."""
    rows = [
        (code.value, debit.value, credit.value, taken_back)
        for code in Code
        for from_kind, to_kind in kinds(code)
        for debit, credit, taken_back in ((from_kind, to_kind, False), (to_kind, from_kind, True))
    ]
    codes, debits, credits, backwards = map(list, zip(*rows, strict=True))
    values = {"codes": codes, "debits": debits, "credits": credits, "backwards": backwards}
    connection.execute(_DECLARE_POSTINGS, values)


def append_transfers(connection: Connection, values: Iterable[Transfer]) -> list[UUID]:
    """Posts those not yet posted; gives back the new ids. Conflict if an id is known with other content."""
    wanted = distinct(values)
    for value in wanted:
        if type(value.amount_poisha) is not int:  # the server would round it, and say nothing
            raise Unacceptable(f"{value.amount_poisha!r} is not in whole poisha", field="amount_poisha")
    causes = [value.item_number or None for value in wanted]
    new = append(connection, transfers, wanted, keep_first=True, item_number=causes) if wanted else []
    fresh = set(new)
    known = {value.transfer_id: value for value in wanted if value.transfer_id not in fresh}
    for value in load_transfers(connection, ids=list(known)) if known else []:
        known.pop(value.transfer_id, None) if _same(value, known[value.transfer_id]) else None
    for value in known.values():
        raise Conflict(
            f"{value.code} of {value.cause} stands in the ledger with other content",
            field="transfer_id",
            remedy="take the recorded one back with a reversal, then post again under a new cause",
        )
    return new


def _same(one: Transfer, other: Transfer) -> bool:
    """The same movement of money; the clock of a repeated call may differ."""
    return (one.code, one.debit, one.credit, one.amount_poisha, one.item_number, one.reverses) == (
        other.code,
        other.debit,
        other.credit,
        other.amount_poisha,
        other.item_number,
        other.reverses,
    )


def _read(rows: Iterable[Row[tuple[object, ...]]]) -> list[Transfer]:
    return read(rows, Transfer, code=Code, item_number=lambda value: value or "")


def load_transfers(connection: Connection, ids: Sequence[UUID] | None = None) -> list[Transfer]:
    """All transfers, or those of the ids, in the order of their instants."""
    wanted = select(transfers).order_by(transfers.c.at, transfers.c.code, transfers.c.transfer_id)
    if ids is not None:
        wanted = wanted.where(transfers.c.transfer_id == func.any(list(ids)))
    return _read(connection.execute(wanted))


def stream_transfers(connection: Connection) -> Iterator[Transfer]:
    """All transfers in the order of their instants and ids; however many there are, few are in memory."""
    wanted = select(transfers).order_by(transfers.c.at, transfers.c.transfer_id)
    rows = connection.execute(wanted, execution_options={"stream_results": True})
    for part in rows.partitions(_AT_ONCE):
        yield from _read(part)


_BALANCES = """
    with sealed as materialized (
        select max(on_day) as on_day from ledger_days
        where on_day < coalesce((cast(:until as timestamptz) at time zone 'Asia/Dhaka')::date, 'infinity')
    ), since as materialized (
        select coalesce((on_day + 1)::timestamp at time zone 'Asia/Dhaka', '-infinity') as at from sealed
    )
    select account, sum(amount) as balance_poisha from (
        (select distinct on (account) account, balance_poisha as amount from ledger_balances
         where on_day <= (select on_day from sealed) and {account} order by account, on_day desc)
        union all
        select debit, amount_poisha from transfers
        where at >= (select at from since) and at <= coalesce(cast(:until as timestamptz), 'infinity') and {debit}
        union all
        select credit, -amount_poisha from transfers
        where at >= (select at from since) and at <= coalesce(cast(:until as timestamptz), 'infinity') and {credit}
    ) as legs group by account order by account
"""
"""What the accounts stood at when the last day before was sealed, and what has moved since."""
BALANCES_OF_ACCOUNTS = _BALANCES.format(
    account="account = any(:accounts)", debit="debit = any(:accounts)", credit="credit = any(:accounts)"
)
"""For a statement that needs balances and something else of one instant; binds ``accounts`` and ``until``."""
_OF_KINDS = _BALANCES.format(
    account="split_part(account, ':', 1) = any(:kinds)",
    debit="debit_kind = any(:kinds)",
    credit="credit_kind = any(:kinds)",
)
_OF_ALL = _BALANCES.format(account="true", debit="true", credit="true")


def load_balances(
    connection: Connection, kinds: Sequence[str] = (), until: datetime | None = None
) -> dict[Account, int]:
    """Account -> poisha, debit positive, as of the instant ``until``, included, or now; only of those kinds, where any
    are named."""
    rows = connection.execute(
        text(_OF_KINDS if kinds else _OF_ALL), {"kinds": [str(kind) for kind in kinds], "until": until}
    )
    return {Account(row.account): int(row.balance_poisha) for row in rows}


def load_balances_of(
    connection: Connection, accounts: Sequence[Account], until: datetime | None = None
) -> dict[Account, int]:
    """Those of the accounts that have moved -> poisha, debit positive, as of ``until`` or now: as fast for one account
    among a million."""
    rows = connection.execute(text(BALANCES_OF_ACCOUNTS), {"accounts": list(accounts), "until": until})
    return {Account(row.account): int(row.balance_poisha) for row in rows}


def load_collected(connection: Connection, item_numbers: Sequence[str]) -> dict[str, int]:
    """Item number -> poisha collected for it, whatever was taken back subtracted."""
    rows = connection.execute(
        text(
            "select item_number, sum(case when reverses is null then amount_poisha else -amount_poisha end) as amount "
            "from transfers where code like 'collect%' and item_number = any(:items) group by item_number"
        ),
        {"items": list(item_numbers)},
    )
    return {row.item_number: int(row.amount) for row in rows}
