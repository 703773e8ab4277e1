"""Merchants are registered: a name, a store that can be served, an account to pay into."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from post_logistics.consignments.entries import entry, required_entry, required_words
from post_logistics.consignments.merchants import Merchant, merchant_id_of
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.access.stores import serving_office
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import append_merchants, load_merchant


def register(
    connection: Connection, facts: Facts, name: str, store_address: str, payout_account: str, at: datetime
) -> Merchant:
    """The merchant of that name, registered now or before with the same details.

    Conflict if it is registered with others; Unacceptable if its store is not where the service picks up.
    """
    name = _read("name", required_entry, name, 100)
    store_address = _read("store_address", required_words, store_address, 300)
    payout_account = _read("payout_account", entry, payout_account, 64)
    serving_office(facts, store_address, at)
    asked = Merchant(merchant_id_of(name), name, store_address, payout_account, at)
    append_merchants(connection, [asked])
    known = load_merchant(connection, asked.merchant_id)
    if replace(known, registered_at=at) != asked:
        raise Conflict(
            f"{known.name} is registered already as {known.merchant_id}, with other details",
            field="name",
            remedy="look at the merchant that is there, or register under another name",
            merchant_id=known.merchant_id,
        )
    return known


def _read(field: str, parse: Callable[[str, int], str], text: str, max_chars: int) -> str:
    try:
        return parse(text, max_chars)
    except Unacceptable as error:
        raise Unacceptable(error.message, field=field, remedy=error.remedy) from None
