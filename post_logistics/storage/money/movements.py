"""What moved on some accounts in a span of time, for statements of account."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from post_logistics.cod.accounts import Account
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.postings import Code
from post_logistics.storage.rows import read
from post_logistics.storage.schema import consignments, transfers


def load_movements(
    connection: Connection, accounts: Sequence[Account], since: datetime, until: datetime, limit: int
) -> tuple[list[Transfer], dict[str, str]]:
    """At most that many transfers that touch the accounts, from ``since`` to before ``until``, in the order of their
    instants; and the merchant's reference of each parcel among them."""
    mine = func.any(list(accounts))
    rows = connection.execute(
        select(transfers, consignments.c.order_ref)
        .outerjoin(consignments, consignments.c.item_number == transfers.c.item_number)
        .where(or_(transfers.c.debit == mine, transfers.c.credit == mine))
        .where(transfers.c.at >= since, transfers.c.at < until)
        .order_by(transfers.c.at)
        .limit(limit)
    ).all()
    found = read(rows, Transfer, code=Code, item_number=lambda value: value or "")
    return found, {row.item_number: row.order_ref for row in rows if row.order_ref}
