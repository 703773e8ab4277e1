"""The first page of a shop: what waits for it, where its money is, and what it booked last."""

from fastapi import Response

from api.context import InTransaction
from api.pages.shell import OurVisit, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.cod.whereabouts import Stage
from post_logistics.operations.money.taka import money_of_merchant
from post_logistics.storage.documents.issuers import find_issuer
from post_logistics.storage.money.prices import load_changes
from post_logistics.storage.orders.consignments import load_consignments_after
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.orders.shops import load_waiting_orders
from post_logistics.tracking.texts import STATE_TEXTS

router = Slice(include_in_schema=False)


@router.get("/shop")
def page_shop(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """What a shop looks at first in the morning."""
    money = money_of_merchant(connection, found.engine.facts, shop, found.at).money
    waiting = len(load_changes(connection, merchant=shop)) + len(load_waiting_orders(connection, shop))
    return page(
        found,
        "shop/overview.html",
        shop=load_merchant(connection, shop),
        latest=load_consignments_after(connection, shop, None, 10),
        states=STATE_TEXTS,
        waiting=waiting,
        issues=bool(find_issuer(connection, shop)),
        open_poisha=sum(one.amount_poisha for one in money if one.stage is not Stage.PAID),
        late=sum(one.parcels for one in money if one.late),
    )
