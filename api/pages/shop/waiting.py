"""Questions that wait for the shop: other prices, orders of its web shop in doubt, claims without evidence."""

from uuid import UUID

from fastapi import Response

from api.context import InTransaction
from api.pages.forms import attempt, by_field, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.errors import PostError
from post_logistics.operations.money.prices import decide_price
from post_logistics.operations.orders import shop_orders
from post_logistics.storage.database import Connection
from post_logistics.storage.door.claims import load_claims
from post_logistics.storage.money.prices import load_changes
from post_logistics.storage.orders.jobs import load_jobs_after
from post_logistics.storage.orders.shops import OrderState, load_waiting_orders
from post_logistics.tracking.claims import Step
from post_logistics.units import MerchantId

router = Slice(include_in_schema=False)
_ANSWERS = ("recipient_name", "recipient_phone", "recipient_address", "recipient_postcode", "weight_kg", "cod_taka")


@router.get("/shop/waiting")
def page_shop_waiting(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """Everything that waits for a word of the shop, the longest first."""
    return _waiting(found, connection, shop, "")


@router.post("/shop/waiting/prices/{change_id}")
def page_shop_price_decided(
    change_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """The shop's word on another price, in force at once."""
    approved, by = said.get("decision") == "yes", found.who.actor
    outcome = attempt(
        connection,
        lambda: decide_price(connection, change_id, approved=approved, by=by, merchant=shop, at=found.at),
    )
    if isinstance(outcome, PostError):
        return _waiting(found, connection, shop, told(found, outcome))
    return go("/shop/waiting", found, said="The post knows your decision.")


@router.post("/shop/waiting/orders/{shop_id}/{order_id}")
def page_shop_order_answered(
    shop_id: UUID, order_id: str, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """An order of the web shop, booked with what is right instead; or left alone."""
    answers = {name: said[name].strip() for name in _ANSWERS if said.get(name, "").strip()}
    facts, numbers = found.engine.facts, found.engine.numbers
    if said.get("do") == "leave":
        outcome = attempt(connection, lambda: shop_orders.leave(connection, shop, shop_id, order_id, found.at))
    else:
        outcome = attempt(
            connection,
            lambda: shop_orders.answer(connection, facts, numbers, shop, shop_id, order_id, answers, found.at),
        )
    if isinstance(outcome, PostError):
        return _waiting(found, connection, shop, told(found, outcome))
    if outcome.state is OrderState.WAITING:
        return _waiting(found, connection, shop, found.say("Order {n} still waits: see below.", n=outcome.number))
    return go("/shop/waiting", found, said="Done.")


def _waiting(found: Visit, connection: Connection, shop: MerchantId, problem: str) -> Response:
    orders = load_waiting_orders(connection, shop)
    files = load_jobs_after(connection, shop, None, 20)
    return page(
        found,
        "shop/waiting.html",
        422 if problem else 200,
        prices=load_changes(connection, merchant=shop),
        orders=[(one, by_field(found, one.problems)) for one in orders],
        claims=load_claims(connection, merchant_id=shop, standing=[Step.ASKED_FOR_EVIDENCE], after=None, limit=100),
        files=[one for one in files if one.to_decide or one.rejected],
        offices=found.engine.facts.offices,
        problem=problem,
    )
