"""What a parcel costs, and how often a recipient took the shop's parcels."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field

from api.compat.access import PathaoMerchant
from api.compat.orders import shop_and_store
from api.compat.pathao.answers import Ok
from api.compat.pathao.asked import NORMAL, DeliveryType, ItemType, Weight
from api.compat.wire import Phone, Sent, Tolerant, Whole
from api.context import InTransaction, Now, TheEngine
from api.fields import Out
from post_logistics.consignments.tariffs import Tariffs
from post_logistics.operations.facts import Facts
from post_logistics.storage.orders.listed_orders import count_by_state
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, taka_number

router = APIRouter()

TAKEN: Final = (State.DELIVERED, State.PARTIALLY_DELIVERED)


class PriceIn(Tolerant):
    """What a price is asked for."""

    store_id: Whole
    item_type: ItemType = 2
    delivery_type: DeliveryType = NORMAL
    weight_g: Annotated[Weight, Field(alias="item_weight")]
    recipient_city: Whole = 0
    recipient_zone: Whole = 0


class PriceOut(Out):
    """What carriage costs, VAT included; of an amount to collect ``cod_percentage`` comes on top."""

    price: int | float
    discount: int = 0
    promo_discount: int = 0
    plan_id: int
    cod_enabled: int = 1
    cod_percentage: float
    cod_minimum: int | float
    additional_charge: int = 0
    final_price: int | float


class RecipientIn(Tolerant):
    """A recipient, by telephone number."""

    phone: Phone


class CountsOut(Out):
    """Parcels of this shop alone."""

    total_delivery: int
    successful_delivery: int


class SuccessOut(Out):
    """How a recipient took this shop's parcels; ``success_rate`` is null before the first has come to its end."""

    customer: CountsOut
    success_rate: float | None


@router.post("/merchant/price-plan", name="pathao_price")
def price(
    sent: Sent, merchant_id: PathaoMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> Ok[PriceOut]:
    """The price of today; nothing is booked. Refused where the service does not deliver."""
    asked, on = PriceIn.understood(sent), at.astimezone(DHAKA).date()
    shop_and_store(connection, merchant_id, asked.store_id)
    _check_served(engine.facts, asked, on)
    return Ok(message="price", data=_price(engine.facts.tariffs, asked.weight_g, on))


def _check_served(facts: Facts, asked: PriceIn, on: date) -> None:
    """Returns if the service delivers in the zone, or if none of ours was named; OutsideCoverage otherwise."""
    hierarchy = facts.hierarchy()
    if hierarchy.hints(asked.recipient_city, asked.recipient_zone).thana:
        facts.coverage(on).responsible(hierarchy.thanas[asked.recipient_zone].postcode)


def _price(tariffs: Tariffs, weight_g: int, on: date) -> PriceOut:
    version = tariffs.on(on)
    carriage = tariffs.quote(tariffs.default_service, weight_g, 0, 0, on, same_city=True)
    return PriceOut(
        price=taka_number(carriage.total_poisha),
        plan_id=int(f"{version.valid_from:%Y%m%d}"),
        cod_percentage=version.fees.cod_fee_bps / 10_000,
        cod_minimum=taka_number(version.fees.cod_fee_min_poisha),
        final_price=taka_number(carriage.total_poisha),
    )


@router.post("/user/success", name="pathao_success")
def success(sent: Sent, merchant_id: PathaoMerchant, connection: InTransaction) -> Ok[SuccessOut]:
    """How many of the shop's own parcels a recipient took; what other shops sent them is nobody's business."""
    states = count_by_state(connection, merchant_id, RecipientIn.understood(sent).phone)
    taken = sum(states.get(state, 0) for state in TAKEN)
    total = taken + states.get(State.RETURNED, 0)
    rate = round(100 * taken / total, 1) if total else None
    counts = CountsOut(total_delivery=total, successful_delivery=taken)
    return Ok(message="success", data=SuccessOut(customer=counts, success_rate=rate))
