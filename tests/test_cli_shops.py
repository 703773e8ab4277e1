"""Shops at a desk."""

import json
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from post_logistics.channels.shops.news import signature
from post_logistics.cli import app
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.orders.shops import Message, keep
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.storage.orders.shops import ShopKind
from post_logistics.units import DHAKA, MerchantId
from tests.channels.shops.messages import sent, woo_order

SCHEMA = "t_cli_shops"
OURS = ["--merchant", "shop"]


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            at = datetime.now(DHAKA)
            append_merchants(connection, [Merchant(MerchantId("shop"), "Shop", "New Market, Dhaka", "", at)])
        yield database


def run(settings: Settings, *words: str) -> Result:
    assert settings.database_url is not None
    env = {"POST_LOGISTICS_DATABASE_URL": settings.database_url.get_secret_value()}
    return CliRunner().invoke(app, [*words, "--schema", SCHEMA], env=env)


def said(settings: Settings, *words: str) -> str:
    result = run(settings, *words)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_shop_is_connected_heard_by_the_worker_and_answered(settings: Settings, database: Database) -> None:
    made = json.loads(said(settings, "shops", "connect", "woocommerce", "saree.example", *OURS, "--json"))
    assert made["webhook_path"] == f"/v1/shops/{made['shop_id']}/woocommerce"
    assert made["secret"] in said(settings, "shops", "connect", "woocommerce", "saree.example", *OURS)
    vague = {"first_name": "R", "address_1": "House 5, Road 3, Block C", "phone": "01712345678"}
    with database.transaction() as connection:
        for told in (woo_order(), woo_order(1002, billing=vague, shipping=vague)):
            body = sent(told)
            message = Message(
                shop_id=UUID(made["shop_id"]),
                body=body,
                signature=signature(body, made["secret"]),
                topic="order.created",
                delivery=str(told["id"]),
            )
            assert keep(connection, ShopKind.WOOCOMMERCE, message, datetime.now(DHAKA))
    said(settings, "worker", "--once")
    (listed,) = json.loads(said(settings, "shops", "list", *OURS, "--json"))
    assert listed["orders"] == {"booked": 1, "waiting": 1} and "secret" not in listed
    assert "1 booked, 1 waiting" in said(settings, "shops", "list", *OURS)
    table = said(settings, "shops", "waiting", *OURS, "--lang", "bn")
    assert "House 5" not in table and any("\u0980" <= letter <= "\u09ff" for letter in table)
    (waiting,) = json.loads(said(settings, "shops", "waiting", *OURS, "--json"))
    assert waiting["number"] == "1002" and "fields" not in waiting
    order = [made["shop_id"], waiting["order_id"], *OURS]
    assert "waiting" in said(settings, "shops", "answer", *order, "--weight-g", "500")
    assert "booked DP" in said(settings, "shops", "answer", *order, "--postcode", "1216")
    assert "booked" in said(settings, "shops", "leave", *order)
    assert json.loads(said(settings, "shops", "waiting", *OURS, "--json")) == []
    assert "disconnected" in said(settings, "shops", "disconnect", made["shop_id"], *OURS)
    assert "disconnected by the merchant" in said(settings, "shops", "list", *OURS)


def test_what_is_wrong_is_said_in_a_sentence(settings: Settings, database: Database) -> None:
    refused = run(settings, "shops", "connect", "shopify", "saree.myshopify.com", *OURS).exception
    assert isinstance(refused, Unacceptable) and refused.field == "secret"
    nobody = run(settings, "shops", "leave", "00000000-0000-4000-8000-000000000000", "1", *OURS).exception
    assert isinstance(nobody, NotFound)
