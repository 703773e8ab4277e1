"""Shops of a simulated country and their orders: to every office, with addresses as people write them."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from post_logistics.consignments.booking import Order
from post_logistics.consignments.merchants import Merchant
from post_logistics.network.offices import PostOffice
from post_logistics.network.resolve import Hints
from post_logistics.operations.orders.booking import Asked
from post_logistics.simulation.country import Country
from post_logistics.storage.database import Database
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import MerchantId

_OFFICES_A_SHOP = 8


@dataclass(slots=True)
class Merchants:
    """Every eighth office has a shop that sells to the whole country; half of the orders are paid at the door."""

    country: Country
    seed: int
    opened_at: datetime
    shops: list[Merchant] = field(init=False)
    _chance: Random = field(init=False)
    _orders: int = 0

    def __post_init__(self) -> None:
        """Opens the shops."""
        self._chance = Random(f"{self.seed}/merchants")  # noqa: S311 - a story, no secret
        offices = self.country.offices
        at = [offices[0], *offices[1 :: max(1, min(_OFFICES_A_SHOP, len(offices) // 2))]]
        self.shops = [
            Merchant(
                MerchantId(f"shop-{o.postcode}"),
                f"Shop {o.postcode}",
                _place(o),
                f"account-{o.postcode}",
                self.opened_at,
            )
            for o in at
        ]

    def register(self, database: Database) -> None:
        """Registers the shops."""
        with database.transaction() as connection:
            append_merchants(connection, self.shops)

    def orders(self, count: int) -> list[Asked]:
        """So many new orders."""
        return [self._order() for _ in range(count)]

    def _order(self) -> Asked:
        self._orders += 1
        chance = self._chance
        shop, office = chance.choice(self.shops), chance.choice(self.country.offices)
        cod_poisha = chance.randint(200, 3000) * 100 if chance.random() < 0.5 else 0
        return Asked(
            order=Order(
                merchant=shop.name,
                order_ref=f"S-{self._orders}",
                store_address=shop.store_address,
                recipient_name=f"Recipient {self._orders}",
                recipient_phone=f"+88017{chance.randint(10_000_000, 99_999_999)}",
                recipient_address=f"House {chance.randint(1, 99)}, Road {chance.randint(1, 40)}, {_place(office)}",
                weight_g=chance.randint(200, 4000),
                weight_assumed=False,
                cod_poisha=cod_poisha,
                declared_value_poisha=0,
                description="",
                note="",
            ),
            merchant=shop,
            hints=Hints(postcode=office.postcode),
        )


def _place(office: PostOffice) -> str:
    return f"{office.name_en}, {office.thana}, {office.district} {office.postcode}"
