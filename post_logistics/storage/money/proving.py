"""What the proof of the books reads, past the ledger: every transfer as it lies there, and the papers behind them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from post_logistics.cod.proof import MOST_EXAMPLES, Check
from post_logistics.storage.money.papers import PAPERS, STANDING

_AT_ONCE = 20_000


class Moved(NamedTuple):
    """A transfer as it lies in the table."""

    transfer_id: str
    code: str
    debit: str
    credit: str
    amount_poisha: int
    at: datetime
    item_number: str
    cause: str
    reverses: str | None


class KeptBalance(NamedTuple):
    """What was kept of an account when a day was sealed; debit positive."""

    on_day: date
    account: str
    balance_poisha: int


_MOVED = """
    select transfer_id::text, code, debit, credit, amount_poisha, at, coalesce(item_number, ''), cause, reverses::text
    from transfers order by at, transfers.transfer_id
"""
_KEPT = "select on_day, account, balance_poisha from ledger_balances order by on_day, account"


def as_of_one_moment(connection: Connection) -> None:
    """All that this transaction reads is as of one moment, whatever is posted meanwhile; its first statement."""
    connection.execute(text("set transaction isolation level repeatable read, read only"))


def stream_moved(connection: Connection) -> Iterator[Moved]:
    """Every transfer, in the order of instants and ids; however many there are, few are in memory."""
    for part in _stream(connection, _MOVED):
        yield from map(Moved._make, part)


def stream_kept(connection: Connection) -> Iterator[KeptBalance]:
    """Every balance that was kept at a seal, by day."""
    for part in _stream(connection, _KEPT):
        yield from map(KeptBalance._make, part)


def _stream(connection: Connection, statement: str) -> Iterator[list[tuple[object, ...]]]:
    options = {"stream_results": True, "max_row_buffer": _AT_ONCE}
    rows = connection.execute(text(statement), execution_options=options)
    for part in rows.partitions(_AT_ONCE):
        yield [tuple(row) for row in part]


def ask(connection: Connection, name: str) -> Check:
    """How often a question was asked of the papers, how often the answer was wrong, and the first things it was."""
    found = connection.execute(
        text(
            f"with {STANDING}, found as materialized ({PAPERS[name]}), "  # noqa: S608 - only the text of this package
            "wrong as (select what from found where holds is not true) select (select count(*) from found) as checked, "
            "(select count(*) from wrong) as violated, "
            "array(select what from wrong order by what limit :most) as examples"
        ),
        {"most": MOST_EXAMPLES},
    ).one()
    return Check(name, found.checked, found.violated, tuple(found.examples))
