"""The codes against which payouts are handed out in cash: keyed hashes, and how often somebody guessed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import payout_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class CashCode:
    """The ``number``-th code of a payout. ``wrong_tries``: with this code and those before it, since the post itself
    issued one."""

    payout_id: str
    number: int
    code_hash: str
    made_by: str
    made_at: datetime
    wrong_tries: int = 0


def append_code(connection: Connection, code: CashCode) -> bool:
    """Keeps the code, which is the payout's from now on; False if somebody else has just made one."""
    return bool(append(connection, payout_codes, [code], keep_first=True))


def lock_code(connection: Connection, payout_id: str) -> CashCode | None:
    """The payout's code, held until the transaction ends so that tries are counted one by one; None if it has none."""
    rows = connection.execute(
        text("select * from payout_codes where payout_id = :id order by number desc limit 1 for update"),
        {"id": payout_id},
    )
    return next(iter(read(rows, CashCode)), None)


def count_wrong_try(connection: Connection, code: CashCode) -> None:
    """Somebody gave another code."""
    connection.execute(
        text("update payout_codes set wrong_tries = wrong_tries + 1 where payout_id = :id and number = :number"),
        {"id": code.payout_id, "number": code.number},
    )
