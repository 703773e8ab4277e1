"""The watch, the boards and the exceptions on the command line, against a database of the test's own."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from post_logistics.cli import app
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, bangla_digits
from tests.operations.conftest import Story

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def in_schema(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": "cli_custody"})) as database:
        yield database


@pytest.fixture(scope="module")
def items(in_schema: Database) -> list[str]:
    """A parcel that a rider has had for three days, one in a wrong rider's hands, and a device that owes scans."""
    with in_schema.transaction() as connection:
        story = Story(connection, datetime.now(DHAKA) - timedelta(days=3))
        kept, strayed = story.book(0, 0)
        story.out_for_delivery(kept, strayed)
        story.sequence += 5
        record_scans(connection, [story.scan(strayed, Event.ATTEMPT_FAILED, "rider:1230-R01")])
    return [kept, strayed]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, items: list[str]) -> Run:
    """Runs a command; what it refuses is raised."""
    assert settings.database_url and items
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", settings.database_url.get_secret_value())

    def command(*words: str) -> Result:
        done = CliRunner().invoke(app, [*words, "--schema", "cli_custody"])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done

    return command


def read(done: Result) -> Any:
    return json.loads(done.stdout)


def test_a_look_finds_what_is_overdue_and_another_finds_nothing_new(run: Run, items: list[str]) -> None:
    assert read(run("watch", "--once", "--json"))["open"] == 2
    again = read(run("watch", "--once", "--json"))
    assert (again["opened"], again["closed"], again["open"]) == (0, 0, 2)
    assert "0 opened, 0 closed, 2 open" in run("watch", "--once").stdout

    board = read(run("board", "rider", bangla_digits("1216-R01"), "--json"))
    assert (board["overdue"], board["items"], board["exceptions"]) == (
        1,
        {"out_for_delivery": 1},
        {"overdue": 1, "misfit": 1},
    )
    assert items[0] in run("board", "rider", "1216-R01").stdout
    (line,) = read(run("board", "--json"))
    assert (line["office"], line["items"], line["overdue"], line["exceptions"]) == ("1216", 2, 2, 1)
    assert "1216" in run("board").stdout
    assert run("board", "office", "১২১৬").stdout.startswith("office 1216")

    custody = read(run("custody", bangla_digits(items[0]), "--json"))
    assert custody["custody"]["holder"] == "rider:1216-R01"
    assert "concerns office 1216" in run("custody", items[0]).stdout


def test_the_watch_looks_again_and_again_until_it_is_stopped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise SystemExit(0)

    monkeypatch.setattr("time.sleep", wait)
    looks = [json.loads(line) for line in run("watch", "--every", "30", "--json").stdout.splitlines()]
    assert ([look["open"] for look in looks], waits) == ([2, 2, 2], [30, 30, 30])


def test_an_exception_is_taken_on_and_closed(run: Run, items: list[str]) -> None:
    (case,) = read(run("exceptions", "--office", "১২১৬", "--kind", "misfit", "--json"))
    assert (case["item_number"], case["owner"]) == (items[1], "")
    taken = read(run("exceptions", "take", str(case["exception_id"]), "--by", "rahima", "--json"))
    assert taken["exception"]["owner"] == "rahima"
    closing = ("exceptions", "close", str(case["exception_id"]), "--by", "[rahima]", "--note", "Devices [swapped]")
    assert "closed by [rahima]: Devices [swapped]" in run(*closing).stdout
    assert read(run("exceptions", "--kind", "misfit", "--json")) == []
    assert "no exceptions" in run("exceptions", "--older-than-hours", "1000", "--unowned").stdout


def test_a_device_that_owes_scans_is_listed(run: Run) -> None:
    (device,) = read(run("silent-devices", "--json"))
    assert (device["device_id"], device["missing_count"]) == ("device", 5)
    assert "device" in run("silent-devices").stdout
    assert read(run("silent-devices", "--office", "1216", "--json")) == []


def test_what_cannot_be_is_refused(run: Run) -> None:
    for words, error in (
        (("board", "office"), Unacceptable),
        (("board", "merchant", "x"), Unacceptable),
        (("board", "office", "9999"), NotFound),
        (("exceptions", "--kind", "late"), Unacceptable),
        (("exceptions", "take", "999999", "--by", "me"), NotFound),
        (("custody", "DP000000005BD"), NotFound),
    ):
        with pytest.raises(error):
            run(*words)
    overdue = read(run("exceptions", "--kind", "overdue", "--json"))
    for case in overdue:
        with pytest.raises(Conflict):
            run("exceptions", "close", str(case["exception_id"]), "--by", "me", "--note", "never mind")
