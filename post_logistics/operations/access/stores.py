"""Stores of a shop: added where the post picks up, closed when nobody posts there any more."""

from datetime import datetime

from post_logistics.consignments.entries import required_entry, required_words
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.storage.access.stores import Store, append_store, close_store, load_store
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, MerchantId


def add_store(
    connection: Connection,
    facts: Facts,
    merchant_id: MerchantId,
    *,
    name: str,
    contact_name: str,
    contact_phone: str,
    address: str,
    at: datetime,
) -> Store:
    """The shop's store of that name, added now or before. NotFound if there is no such shop; Unacceptable if nobody
    picks up there; Conflict if the store of that name is elsewhere."""
    load_merchant(connection, merchant_id)
    name, address = required_entry(name, 100), required_words(address, 300)
    postcode = serving_office(facts, address, at)
    store = append_store(
        connection,
        merchant_id,
        name=name,
        contact_name=contact_name.strip()[:100],
        contact_phone=parse_phones(contact_phone)[0] if contact_phone.strip() else "",
        address=address,
        postcode=postcode,
        at=at,
    )
    if store.address != address:
        raise Conflict(f"your store {name} is elsewhere", field="name", remedy="close it first, or choose another name")
    return store


def serving_office(facts: Facts, address: str, at: datetime) -> str:
    """The postcode of an address where the service picks up; Unacceptable otherwise."""
    try:
        found = facts.resolver.settle(address)
        facts.coverage(at.astimezone(DHAKA).date()).responsible(found.postcode)
    except Unacceptable as error:
        raise Unacceptable(error.message, field="store_address", remedy=error.remedy, **error.facts) from None
    return found.postcode


def shut_store(connection: Connection, merchant_id: MerchantId, store_id: int, at: datetime) -> None:
    """Closed. Conflict for the default store: parcels without a way to their recipient go back there."""
    if load_store(connection, merchant_id, store_id).is_default:
        raise Conflict(f"store {store_id} is the shop's first", field="store_id", remedy="it stays as long as the shop")
    close_store(connection, merchant_id, store_id, at)
