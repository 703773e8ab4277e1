"""Merchants: registered once, found by identifier."""

from collections.abc import Sequence
from dataclasses import fields

from psycopg.rows import class_row
from sqlalchemy import Connection, select, text

from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, driver_of, read
from post_logistics.storage.schema import merchants

_FIRST_STORES = text(
    "insert into stores (merchant_id, name, contact_name, contact_phone, address, postcode, is_default, made_at) "
    "select merchant_id, name, name, '', store_address, '', true, registered_at from merchants "
    "where merchant_id = any(:new) order by merchant_id"
)
_ONE = f"select {', '.join(field.name for field in fields(Merchant))} from merchants where merchant_id = %s"  # noqa: S608


def append_merchants(connection: Connection, values: Sequence[Merchant]) -> list[str]:
    """Registers those not yet known, each with its first store; gives back the identifiers that are new."""
    new = append(connection, merchants, values, keep_first=True)
    if new:
        connection.execute(_FIRST_STORES, {"new": new})
    return new


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
    found = driver_of(connection).cursor(row_factory=class_row(Merchant)).execute(_ONE, [merchant_id]).fetchone()
    if found is None:
        raise NotFound(f"no merchant {merchant_id}", field="merchant_id", remedy="register the merchant first")
    return found
