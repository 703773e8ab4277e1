"""The counter on the command line, against a database of the test's own."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from post_logistics.cli import app
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.settings import Settings
from post_logistics.storage.custody.scans import load_scans
from post_logistics.storage.database import Database, open_scratch
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.units import DHAKA, bangla_digits
from tests.operations.conftest import Story

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def open_database(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": "cli_counter"})) as database:
        yield database


@pytest.fixture(scope="module")
def items(open_database: Database) -> list[str]:
    """Four parcels booked an hour ago."""
    with open_database.transaction() as connection:
        return Story(connection, datetime.now(DHAKA) - timedelta(hours=1)).book(0, 0, 0, 0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Run:
    """Runs ``counter …`` and gives back what it says as JSON; what it refuses is raised."""
    assert settings.database_url
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", settings.database_url.get_secret_value())

    def command(*words: str) -> Any:
        done = CliRunner().invoke(app, ["counter", *words, "--json", "--schema", "cli_counter"])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return command


def test_a_parcel_is_weighed_held_sent_elsewhere_and_back(run: Run, items: list[str]) -> None:
    item = items[0]
    taken = run("accept", bangla_digits(item), "--office", "১২১৬", "--weight-kg", "২.৫ কেজি")
    assert (taken["outcome"], taken["weighing"]["weight_g"]) == ("accepted", 2500)
    tomorrow = f"{datetime.now(DHAKA).date() + timedelta(days=1)}"
    assert run("hold", item, "--office", "1216", "--reason", "weather", "--until", tomorrow)["state"] == "on_hold"
    assert run("redirect", item, "--address", "House 12, Road 11, Banani, Dhaka 1213")["destination"] == "1213"
    assert run("return", item, "--office", "1216")["state"] == "return_requested"


def test_a_booking_is_cancelled_and_that_is_taken_back(run: Run, items: list[str], open_database: Database) -> None:
    item = items[1]
    assert run("cancel", item)["state"] == "cancelled"
    with open_database.transaction() as connection:
        (said,) = (scan for scan in load_scans(connection, [item]) if scan.event is Event.CANCELLED)
    back = run("correct", item, str(said.scan_id), "--why", "the wrong one", "--by", "Rahim")
    assert back["state"] == "booked"


def test_what_was_refused_is_sent_back_at_once(run: Run, items: list[str], open_database: Database) -> None:
    item = items[2]
    with open_database.transaction() as connection:
        story = Story(connection, datetime.now(DHAKA) - timedelta(minutes=50))
        story.out_for_delivery(item)
        refused = Reason.REFUSED_BY_RECIPIENT
        record_scans(connection, [story.scan(item, Event.ATTEMPT_FAILED, "rider:1216-R01", refused)])
    assert run("returns") == [item]
    assert run("returns") == []


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["cancel", "DP000000005BD"], NotFound),
        (["cancel", "DP00000000"], Unacceptable),
        (["accept", "{item}", "--office", "9999", "--weight-kg", "1"], NotFound),
        (["accept", "{item}", "--office", "1216", "--weight-kg", "heavy"], Unacceptable),
        (["accept", "{item}", "--office", "1216", "--weight-kg", "25"], Conflict),
        (["return", "{item}"], Conflict),
        (["hold", "{item}", "--office", "1216", "--reason", "weather", "--until", "2020-01-01"], Unacceptable),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    run: Run, items: list[str], open_database: Database, words: list[str], error: type[Exception]
) -> None:
    with open_database.transaction() as connection:
        before = load_scans(connection, items)
    with pytest.raises(error):
        run(*(word.format(item=items[3]) for word in words))
    with open_database.transaction() as connection:
        assert load_scans(connection, items) == before
