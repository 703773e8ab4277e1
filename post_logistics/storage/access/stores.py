"""Stores: where a shop's parcels are picked up, and where they go back to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, text

from post_logistics.errors import NotFound
from post_logistics.storage.rows import read
from post_logistics.storage.schema import stores
from post_logistics.units import MerchantId, Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store of a shop. ``postcode`` is empty where nobody has resolved the address yet."""

    store_id: int
    merchant_id: MerchantId
    name: str
    contact_name: str
    contact_phone: str
    address: str
    postcode: Postcode | str
    is_default: bool
    made_at: datetime
    closed_at: datetime | None = None


def append_store(
    connection: Connection,
    merchant_id: str,
    *,
    name: str,
    contact_name: str,
    contact_phone: str,
    address: str,
    postcode: str,
    at: datetime,
) -> Store:
    """A new store, the shop's default if it is the first; the one that is there if it has one of that name."""
    connection.execute(text("select from merchants where merchant_id = :m for update"), {"m": merchant_id})
    known = {one.name: one for one in load_stores(connection, merchant_id)}
    if name in known:
        return known[name]
    values = {
        "merchant_id": merchant_id,
        "name": name,
        "contact_name": contact_name,
        "contact_phone": contact_phone,
        "address": address,
        "postcode": postcode,
        "is_default": not known,
        "made_at": at,
    }
    return read(connection.execute(insert(stores).values(**values).returning(*stores.c)), Store)[0]


def load_stores(connection: Connection, merchant_id: str) -> list[Store]:
    """The open stores of a shop, the default one first."""
    wanted = select(stores).where(stores.c.merchant_id == merchant_id, stores.c.closed_at.is_(None))
    return read(connection.execute(wanted.order_by(stores.c.is_default.desc(), stores.c.store_id)), Store)


def load_store(connection: Connection, merchant_id: str, store_id: int) -> Store:
    """One open store of a shop; NotFound if it has none of that number."""
    for one in load_stores(connection, merchant_id):
        if one.store_id == store_id:
            return one
    raise NotFound(f"no store {store_id}", field="store_id", remedy="look at the list of your stores")


def close_store(connection: Connection, merchant_id: str, store_id: int, at: datetime) -> None:
    """Nothing is picked up there any more."""
    connection.execute(
        text("update stores set closed_at = :at, is_default = false where merchant_id = :m and store_id = :s"),
        {"at": at, "m": merchant_id, "s": store_id},
    )
