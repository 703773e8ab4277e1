"""ekShop, served, and the merchant of ours that it is."""

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from post_logistics.channels.calling import Line
from post_logistics.channels.messages import load_messages
from post_logistics.operations.orders.shop_orders import take_in_all
from post_logistics.operations.telling.partner_calls import send_calls
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import Dial, Sending
from post_logistics.storage.orders.consignments import load_consignment
from tests.api.client import Api, taken
from tests.standins.ekshop import EkShop

TODAY = date(2026, 11, 22)
SECRET = "ekshop-push-secret"
NOBODYS = "00000000-0000-4000-8000-000000000000"


class World:
    """ekShop, served, and a merchant of ours that it is."""

    def __init__(self, api: Api, server: str, address: str, shop: EkShop) -> None:
        self.api, self.shop, self.merchant = api, shop, api.shop()
        asked = {"merchant_id": self.merchant, "partner": "ekshop", "url": address}
        made = taken(api.post("/v1/partners", asked | {"secret": SECRET, "token": shop.token}), 201)
        self.shop_id, self.path = UUID(made["partner_id"]), made["push_path"]
        shop.push_url = server + self.path

    def work(self) -> None:
        """What the worker's job does with what was sent."""
        engine = self.api.engine
        take_in_all(engine.database, engine.facts, engine.numbers, self.shop_id, lambda: self.api.at)

    def tell(self, dial: Dial = Line) -> int:
        """What the worker does with the news; how many calls were taken."""
        self.pass_on()
        engine = self.api.engine
        return send_calls(engine.database, engine.facts.partners, self.shop_id, self.sending(dial))

    def pass_on(self) -> None:
        engine = self.api.engine
        facts, book = engine.facts, load_messages(engine.facts.facts_dir)
        with engine.database.transaction() as connection:
            relay(connection, facts.offices, book, self.api.at, partners=facts.partners)

    def sending(self, dial: Dial = Line) -> Sending:
        return Sending(clock=lambda: self.api.at, chance=Random(1), development=True, dial=dial)

    def later(self, **by: float) -> None:
        self.api.at += timedelta(**by)

    def orders(self, state: str = "") -> dict[str, Any]:
        path, query = f"/v1/shops/{self.shop_id}/orders", {"state": state} if state else {}
        found = taken(self.api.get(path, merchant=self.merchant, params=query))["orders"]
        return {one["order_id"]: one for one in found}

    def item(self, code: str) -> str:
        return str(self.orders()[code]["item_number"])

    def parcel(self, code: str) -> dict[str, Any]:
        return dict(taken(self.api.get(f"/v1/consignments/{self.item(code)}", merchant=self.merchant)))

    def address(self, code: str) -> str:
        with self.api.engine.database.transaction() as connection:
            return load_consignment(connection, self.item(code)).recipient_address

    def booked(self, code: str, **fields: str) -> str:
        """The parcel of an order that is placed, pushed and booked."""
        self.shop.place(code, TODAY, **fields)
        assert self.shop.push(code) == [200]
        self.work()
        return self.item(code)

    def on_the_way(self, item: str) -> None:
        self.api.at_the_office(item)
        self.api.scans(self.api.scan(item, "out_for_delivery", holder="rider:1216-R01"))

    def get(self, what: str, **options: Any) -> Any:
        return taken(self.api.get(f"/v1/partners/{self.shop_id}/{what}", **options))

    def post(self, what: str, day: date = TODAY) -> Any:
        return taken(self.api.post(f"/v1/partners/{self.shop_id}/{what}", {"day": day.isoformat()}))

    def stands(self) -> Any:
        (one,) = taken(self.api.get("/v1/partners", merchant=self.merchant))["partners"]
        return one
