"""Orders of every dialect become ours: the same rules as for an order file judge them."""

from collections.abc import Mapping
from datetime import datetime

from post_logistics.consignments.booking import BookingRules, Consignment, Order, parse_order
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import standing_of
from post_logistics.storage.access.stores import Store, load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.lifecycle import State
from post_logistics.units import MerchantId


def shop_and_store(
    connection: Connection, merchant_id: MerchantId, store_id: int | None = None, *, field: str = "store_id"
) -> tuple[Merchant, Store]:
    """The shop and that store of it, or its default one; Unacceptable if it has none of that number."""
    found = load_stores(connection, merchant_id)
    for store in found:
        if store_id in {None, store.store_id}:
            return load_merchant(connection, merchant_id), store
    if store_id is None:
        raise NotFound("the shop has no store", field=field, remedy="make one first")
    raise Unacceptable(f"there is no store {store_id}", field=field, remedy="look at the list of your stores")


def order_of(fields: Mapping[str, str], merchant: Merchant, store: Store, rules: BookingRules) -> Order:
    """The order of those fields, by the names of an order file; OrderRefused names all that is wrong with it."""
    return parse_order({**fields, "merchant": merchant.name, "store_address": store.address}, None, rules)


def state_after(connection: Connection, made: Consignment, at: datetime) -> State:
    """Booked, if that was now; for one that was booked before, where it stands: it may have been cancelled."""
    return State.BOOKED if made.booked_at == at else standing_of(connection, made.item_number).state
