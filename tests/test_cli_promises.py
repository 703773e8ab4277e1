"""Promises, punctuality and learning on the command line."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from post_logistics.settings import Settings
from tests.test_cli import run


@pytest.fixture(scope="module")
def here(settings: Settings) -> dict[str, str]:
    """The throw-away server, with a schema of its own."""
    assert settings.database_url
    return {
        "POST_LOGISTICS_DATABASE_URL": settings.database_url.get_secret_value(),
        "POST_LOGISTICS_SCHEMA_NAME": "cli_promises",
    }


def test_a_day_is_promised_for_any_digits(here: dict[str, str]) -> None:
    done = run("promise", "1205", "১২১৬", "--at", "2026-11-22T06:00", "--json", **here)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["promised_on"], found["booked_at"]) == ("2026-11-22", "2026-11-22T06:00:00+06:00")
    assert found["sure_probability"] >= found["at_least"] > found["probability"]


def test_learning_and_counting_begin_with_nothing(here: dict[str, str], tmp_path: Path) -> None:
    done = run("learn", "--json", **here)
    assert done.returncode == 0, done.stderr
    assert {leg["samples"] for leg in json.loads(done.stdout)["legs"]} == {0}
    table = tmp_path / "report.csv"
    done = run("punctuality", "--from", "2026-11-01", "--until", "2026-12-01", "--csv", str(table), "--json", **here)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"]["parcels"] == 0
    (row,) = csv.DictReader(StringIO(table.read_text(encoding="utf-8")))
    assert (row["by"], row["parcels"], row["on_time_percent"]) == ("total", "0", "")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["promise", "1205", "1216", "--at", "soon"], 2, "--at"),
        (["promise", "1205", "0000"], 1, "0000"),
        (["punctuality", "--from", "yesterday"], 2, "--from"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_answered_says_so(here: dict[str, str], words: list[str], code: int, says: str) -> None:
    done = run(*words, **here)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
