"""Merchants: registered once, found by identifier."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import merchants


def append_merchants(connection: Connection, values: Sequence[Merchant]) -> list[str]:
    """Registers those not yet known; gives back the identifiers that are new."""
    return append(connection, merchants, values, keep_first=True)


def load_merchants(connection: Connection) -> dict[str, Merchant]:
    """Every merchant by identifier."""
    rows = connection.execute(select(merchants).order_by(merchants.c.merchant_id))
    return {m.merchant_id: m for m in read(rows, Merchant)}


def load_merchants_after(connection: Connection, after: str, limit: int) -> list[Merchant]:
    """At most that many merchants, in the order of their identifiers, from the one that follows ``after``."""
    page = select(merchants).where(merchants.c.merchant_id > after).order_by(merchants.c.merchant_id).limit(limit)
    return read(connection.execute(page), Merchant)


def load_merchant(connection: Connection, merchant_id: str) -> Merchant:
    """One merchant; NotFound if there is none."""
    rows = connection.execute(select(merchants).where(merchants.c.merchant_id == merchant_id))
    for merchant in read(rows, Merchant):
        return merchant
    raise NotFound(f"no merchant {merchant_id}", field="merchant_id", remedy="register the merchant first")
