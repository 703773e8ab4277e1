"""What a checkout shows as the price and the days of a parcel: our tariff and our promise."""

from datetime import datetime

from post_logistics.channels.shops.news import COUNTRY
from post_logistics.channels.shops.shopify import RateAsked, rate_dialect, read_rate
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.resolve import Hints, Unresolved
from post_logistics.operations.access.stores import serving_office
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.shops import Message, sender
from post_logistics.operations.promises.promising import quote
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.orders.shops import Shop, ShopKind, find_shop
from post_logistics.units import DHAKA, Postcode


def rates(connection: Connection, facts: Facts, message: Message, at: datetime) -> list[dict[str, str]] | None:
    """The rates for what a checkout asks: one, or none where the service does not go. None: the signature is wrong.

    Prices are public, so a checkout that does not sign is answered as well; a signature that is there must be right.
    Unacceptable for what is no such question.
    """
    if message.signature and sender(connection, ShopKind.SHOPIFY, message) is None:
        return None
    asked, shop = read_rate(message.body), find_shop(connection, message.shop_id)
    if shop is None or shop.kind is not ShopKind.SHOPIFY or shop.closed_at or asked.country.upper() != COUNTRY:
        return []
    try:
        return [_rate(connection, facts, shop, asked, at)]
    except (Unacceptable, NotFound):  # outside the coverage, too heavy, an address that nobody can find
        return []


def _rate(connection: Connection, facts: Facts, shop: Shop, asked: RateAsked, at: datetime) -> dict[str, str]:
    """The one rate of a parcel: for e-commerce there is one service. What is collected is not known yet and costs
    nothing here; the merchant pays the COD fee."""
    store_address = shop.store_address or load_merchant(connection, shop.merchant_id).store_address
    pickup_office, service = serving_office(facts, store_address, at), facts.tariffs.default_service
    today = at.astimezone(DHAKA).date()
    price = facts.tariffs.quote(
        service, asked.weight_g or facts.booking_rules.assumed_weight_g, 0, 0, today, same_city=True
    )
    promised = quote(connection, facts, pickup_office, _postcode(connection, facts, asked, at), at)
    last_on = max(promised.promised_on, promised.sure_on or promised.promised_on)
    name = facts.tariffs.service(service, today).name_en
    return rate_dialect(service, name, price.total_poisha, promised.promised_on, last_on)


def _postcode(connection: Connection, facts: Facts, asked: RateAsked, at: datetime) -> Postcode:
    """Where the parcel goes; of an address that might be several, the likeliest: the price is the same."""
    hints = Hints(postcode=asked.postcode, district=asked.district)
    try:
        return facts.resolver.settle(asked.address, hints, facts.lessons.known(connection, at)).postcode
    except Unresolved as doubtful:
        if not doubtful.choices:
            raise
        return doubtful.choices[0]
