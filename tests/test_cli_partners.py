"""Partners at a desk."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from post_logistics.cli import app
from post_logistics.consignments.merchants import Merchant
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import DHAKA, MerchantId
from tests.standins.ekshop import LIST, EkShop
from tests.standins.serving import Fault, served

SCHEMA = "t_cli_partners"


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


def test_a_partner_is_connected_asked_compared_and_what_differs_is_settled(
    settings: Settings, database: Database
) -> None:
    today = datetime.now(DHAKA).date()
    day = ["--day", today.isoformat()]
    shop = EkShop()
    with served(shop) as address:
        call = ["partners", "connect", "ekshop", "--merchant", "shop", "--url", address, "--token", shop.token]
        made = json.loads(said(settings, *call, "--json"))
        partner = made["partner_id"]
        assert made["push_path"] == f"/v1/shops/{partner}/partner"
        assert made["secret"] in said(settings, "partners", "connect", "ekshop", "--merchant", "shop")
        shop.place("EK-1", today)
        assert "1 listed, 1 new, 0 unreadable" in said(settings, "partners", "pull", partner, *day)
        assert json.loads(said(settings, "partners", "compare", partner, *day, "--json"))["findings"] == []
        shop.orders["EK-1"].fields["total_amount"] = "99"
        assert "Tk 99.00" in said(settings, "partners", "compare", partner, *day)
        (finding,) = json.loads(said(settings, "partners", "findings", partner, "--json"))
        done = ["--by", "rahima", "--note", "they mend it"]
        assert "settled by rahima" in said(settings, "partners", "settle", partner, finding["finding_id"], *done)
        assert json.loads(said(settings, "partners", "findings", partner, "--json")) == []
        assert "they mend it" in said(settings, "partners", "findings", partner, "--all")
        (listed,) = json.loads(said(settings, "partners", "list", "--json"))
        assert listed["orders"] == {"waiting": 1} and listed["findings"] == 0
        assert "ekshop" in said(settings, "partners", "list")
        assert "1 parcels, 0 weighed" in said(settings, "partners", "weights", partner)
        shop.misbehave(Fault.BROKEN, on=LIST)
        broken = run(settings, "partners", "pull", partner, *day)
        assert broken.exit_code == 1 and "HTTP 500" in broken.output
        assert "disconnected" in said(settings, "partners", "disconnect", partner)
        assert run(settings, "partners", "pull", partner, "--day", str(today - timedelta(days=1))).exit_code != 0
