"""Digital centres at a desk."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from post_logistics.cli import app
from post_logistics.network.collection_points import COLUMNS
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch

SCHEMA = "t_cli_centres"


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        yield database


def run(settings: Settings, *words: str) -> Result:
    assert settings.database_url is not None
    env = {"POST_LOGISTICS_DATABASE_URL": settings.database_url.get_secret_value()}
    return CliRunner().invoke(app, ["centres", *words], env=env)


def test_a_first_table_of_centres_is_proposed(settings: Settings) -> None:
    header, *rows = run(settings, "propose").stdout.splitlines()
    assert header == ",".join(COLUMNS)
    assert len(rows) > 5_000 and all(row.endswith(",assumed") for row in rows)


def test_commissions_are_those_of_the_day(settings: Settings) -> None:
    found = json.loads(run(settings, "commissions", "--json").stdout)
    assert found["hand_over"] == {"fixed_poisha": 0, "bps": 50}
    assert run(settings, "commissions", "--on", "2020-01-01").exception is not None


def test_centres_are_listed_with_their_money(settings: Settings, database: Database) -> None:
    listed = json.loads(run(settings, "list", "--office", "1230", "--json", "--schema", SCHEMA).stdout)
    assert [(one["agent"], one["cash_poisha"]) for one in listed] == [("dc-1230-01", 0)]
    told = run(settings, "statement", "dc-1230-01", "--schema", SCHEMA)
    assert "earned Tk 0.00, settled Tk 0.00" in told.stdout
