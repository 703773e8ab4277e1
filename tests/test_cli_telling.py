"""The worker and the endpoints at a desk."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from post_logistics.cli import app
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.settings import OUR_SECRETS, Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import DHAKA, MerchantId
from tests.channels.servers import Shop, shop

SCHEMA = "t_cli_telling"
SHOP = ["--merchant", "shop"]


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            now = connection.execute(text("select now()")).scalar_one().astimezone(DHAKA)
            append_merchants(connection, [Merchant(MerchantId("shop"), "Shop", "New Market, Dhaka", "", now)])
        yield database


@pytest.fixture
def server(database: Database) -> Iterator[Shop]:
    with shop() as one:
        yield one
    with database.transaction() as connection:
        connection.execute(text("delete from webhook_endpoints"))


def run(settings: Settings, *words: str, columns: int = 200) -> Result:
    assert settings.database_url is not None
    env = {"POST_LOGISTICS_DATABASE_URL": settings.database_url.get_secret_value()}
    return CliRunner().invoke(app, [*words, "--schema", SCHEMA], env=env, terminal_width=columns)


def said(settings: Settings, *words: str) -> str:
    result = run(settings, *words)
    assert result.exit_code == 0, result.output
    return result.output


def error(settings: Settings, *words: str) -> PostError:
    found = run(settings, *words).exception
    assert isinstance(found, PostError)
    return found


def test_a_receiver_of_another_couriers_messages_keeps_its_token(settings: Settings, server: Shop) -> None:
    dialect = ("--dialect", "steadfast", "--token", "the-token-of-my-shop")
    made = json.loads(said(settings, "webhooks", "add", server.url, *SHOP, *dialect, "--json"))
    assert (made["dialect"], made["secret"]) == ("steadfast", "the-token-of-my-shop")
    assert error(settings, "webhooks", "add", server.url, *SHOP).field == "dialect"
    assert (
        error(settings, "webhooks", "add", f"{server.url}/2", *SHOP, "--token", "the-token-of-my-shop").field
        == "secret"
    )


def test_an_endpoint_is_made_tried_and_told_by_the_worker(settings: Settings, server: Shop) -> None:
    made = json.loads(said(settings, "webhooks", "add", server.url, *SHOP, "--event", "accepted", "--json"))
    endpoint = made["endpoint_id"]
    assert made["secret"].startswith("whsec_")
    said(settings, "webhooks", "ping", endpoint, *SHOP)
    said(settings, "worker", "--once")
    assert [json.loads(body)["type"] for body in server.bodies] == ["ping"]
    (message,) = json.loads(said(settings, "webhooks", "messages", endpoint, *SHOP, "--json"))
    assert (message["status"], message["last_answer"]) == ("sent", "HTTP 204")
    said(settings, "webhooks", "replay", endpoint, *SHOP, "--message", message["message_id"])
    assert "0 wait" in said(settings, "webhooks", "replay", endpoint, *SHOP, "--since", "2020-01-01", "--failed")
    said(settings, "worker", "--once", "--nightly")
    assert len({headers["webhook-id"] for headers in server.headers}) == 1
    assert len(server.bodies) == 2
    assert json.loads(said(settings, "webhooks", "rotate", endpoint, *SHOP, "--json"))["secret"] != made["secret"]
    said(settings, "webhooks", "resume", endpoint, *SHOP)
    assert "well" in said(settings, "webhooks", "list", *SHOP)
    assert "secret" not in said(settings, "webhooks", "list", *SHOP, "--json")
    for words in (("list",), ("messages", endpoint)):  # on a narrow screen, too, the ids can be read and copied
        named = message["message_id"] if len(words) > 1 else endpoint
        assert named in run(settings, "webhooks", *words, *SHOP, columns=80).output
    said(settings, "webhooks", "remove", endpoint, *SHOP)
    assert json.loads(said(settings, "webhooks", "list", *SHOP, "--json")) == []


def test_what_cannot_be_done_says_so(settings: Settings, server: Shop) -> None:
    absent = "00000000-0000-4000-8000-000000000000"
    assert isinstance(error(settings, "webhooks", "add", "https://10.0.0.1/", *SHOP), Unacceptable)
    assert isinstance(error(settings, "webhooks", "ping", absent, *SHOP), NotFound)
    assert isinstance(error(settings, "webhooks", "messages", absent, *SHOP), NotFound)
    assert error(settings, "webhooks", "replay", absent, *SHOP).field == "--message"


def test_in_production_no_text_is_shown_on_the_screen(settings: Settings, database: Database) -> None:
    assert settings.database_url is not None
    secrets = {f"POST_LOGISTICS_{n.upper()}": f"{n}, a long random text of its own" for n in OUR_SECRETS}
    env = {
        "POST_LOGISTICS_DATABASE_URL": settings.database_url.get_secret_value(),
        "POST_LOGISTICS_ENVIRONMENT": "production",
        **secrets,
    }
    found = CliRunner().invoke(app, ["worker", "--once", "--schema", SCHEMA], env=env).exception
    assert isinstance(found, Unacceptable)
    assert found.field == "--sms-file"
