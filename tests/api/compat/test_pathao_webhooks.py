"""A shop's receiver that was written for Pathao hears of its parcels, whatever it answers to the greeting."""

import json
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from post_logistics.channels.messages import load_messages
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import Sending, add_endpoint, send_webhooks
from tests.api.client import Api
from tests.api.compat.pathao_shops import PathaoShop, pathao_shop
from tests.channels.servers import shop as receiver

SECRET = "f3b2a1c0-shared-secret"


def endpoint_of(shop: PathaoShop, url: str) -> UUID:
    with shop.api.engine.database.transaction() as connection:
        made = add_endpoint(
            connection, shop.merchant_id, url, [], SECRET, shop.api.at, dialect="pathao", development=True
        )
        return made.endpoint_id


def pass_on(shop: PathaoShop, endpoint_id: UUID) -> None:
    api = shop.api
    book = load_messages(api.engine.settings.facts_dir)
    with api.engine.database.transaction() as connection:
        relay(connection, api.engine.facts.offices, book, api.at)
    send_webhooks(api.engine.database, endpoint_id, Sending(lambda: api.at, Random(1), development=True))


@pytest.mark.parametrize("to_greeting", [202, 200, 400, 500])
def test_a_receiver_is_greeted_and_told_whatever_it_answered(api: Api, to_greeting: int) -> None:
    shop = pathao_shop(api)
    with receiver() as server:
        server.answer = lambda n: (to_greeting if b"webhook_integration" in server.bodies[n - 1] else 202, {})
        endpoint_id = endpoint_of(shop, server.url)
        item = shop.booked(merchant_order_id="WC-1001")
        api.with_rider(item, "1216-R01")
        pass_on(shop, endpoint_id)
        told = [json.loads(body) for body in server.bodies]
        assert told[0] == {"event": "webhook_integration"}
        assert [one["event"] for one in told[1:]] == ["order.picked", "order.assigned-for-delivery"]
        assert {(one["consignment_id"], one["merchant_order_id"], one["store_id"]) for one in told[1:]} == {
            (item, "WC-1001", shop.keys["store_id"])
        }
        assert {headers["x-pathao-signature"] for headers in server.headers} == {SECRET}
        assert b"Rahima" not in b"".join(server.bodies)
        api.at += timedelta(minutes=1)
        cancelled = shop.booked()
        api.at += timedelta(minutes=1)
        shop.send("POST", f"/orders/{cancelled}/cancel", [])
        pass_on(shop, endpoint_id)
        assert "order.pickup-cancelled" in [json.loads(body)["event"] for body in server.bodies[len(told) :]]
