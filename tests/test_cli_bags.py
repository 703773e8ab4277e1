"""Bags and dispatches by the command line: the same main things, in words for people and JSON for scripts."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.main import get_command
from typer.testing import CliRunner

from post_logistics.cli import app
from post_logistics.cli.console import out
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.bags.bagging import Act
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.settings import Settings
from post_logistics.storage.database import Database
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import Postcode
from tests.operations.conftest import Story

Run = Callable[..., Any]


@pytest.fixture
def run(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on the test's own database; gives back what it printed, read if it is JSON."""
    return _runner(database, settings, monkeypatch)


@pytest.fixture
def run_in_vain(shared_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command that changes nothing."""
    return _runner(shared_database, settings, monkeypatch)


def _runner(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    assert settings.database_url is not None
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", settings.database_url.get_secret_value())
    with database.transaction() as connection:
        schema = str(connection.execute(text("select current_schema()")).scalar_one())

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, [*words, "--schema", schema], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if "--json" in words else done.stdout

    return run


@pytest.fixture
def items(database: Database, morning: datetime) -> list[str]:
    """Parcels accepted at New Market."""
    with database.transaction() as connection:
        story = Story(connection, morning)
        found = story.book(100_000, 100_000)
        act = Act(Postcode("1205"), morning, morning)
        record_scans(connection, [act.scan("accept", item, Event.ACCEPTED) for item in found])
    return found


def at(minute: int) -> str:
    return f"2026-11-22T07:{minute:02d}+06:00"


def test_a_bag_from_one_office_to_another(run: Run, items: list[str], tmp_path: Path) -> None:
    a, b = items
    home, hub = ("--office", "1205"), ("--office", "1215")
    (key,) = run("bag", "make", *home, "--to", "1215", "--json")["bags"]
    put = run("bag", "put", key, a, b, *home, "--at", at(1), "--json")["verdicts"]
    assert [one["outcome"] for one in put] == ["accepted", "accepted"]
    run("bag", "take-out", key, b, *home, "--at", at(2))
    sealed = run("bag", "seal", key, *home, "--seal", "S-1", "--weight-kg", "১২.৩", "--last", "--at", at(3), "--json")
    assert (sealed["state"], sealed["printed_number"]) == ("sealed", f"{key}110123")
    assert run("bag", "unseal", key, *home, "--at", at(4), "--json")["state"] == "open"
    run("bag", "seal", key, *home, "--seal", "S-2", "--weight-kg", "12", "--at", at(5))
    due = run("dispatch", "loading", "1205-1215-M", "--date", "2026-11-22", "--json")
    assert (due["bags"], due["items"]) == ([key], [b])
    label, manifest, paper = (tmp_path / name for name in ("label.pdf", "manifest.pdf", "list.pdf"))
    run("bag", "label", key, "--out", str(label))
    lines = run("bag", "manifest", key, "--out", str(manifest), "--json")["lines"]
    assert [line["number"] for line in lines] == [a]
    sent = run("dispatch", "send", *home, "--leg", "1205-1215-M", "--date", "2026-11-22", "--at", at(6), "--json")
    assert {one["number"] for one in sent["verdicts"]} == {key, b}
    run("dispatch", "manifest", sent["vehicle"], "--out", str(paper))
    assert all(file.read_bytes().startswith(b"%PDF") for file in (label, manifest, paper))
    road = [one for one in run("dispatch", "list", *hub, "--json") if one["bags"]]
    assert [(one["vehicle"], one["bags"], one["items"]) for one in road] == [(sent["vehicle"], [key], [b])]
    moved = run(
        "dispatch", "fail", sent["vehicle"], *hub, "--vehicle", "DM 11", "--to", "1215", "--at", at(7), "--json"
    )
    assert moved["vehicle"].startswith("DM-11/") and len(moved["verdicts"]) == 2
    run("bag", "receive", key, b, *hub, "--at", at(8))
    opened = run("bag", "open", key, *hub, "--damaged", a, "--at", at(9), "--json")
    assert (opened["matched"], opened["damaged"], opened["short"]) == ([a], [a], [])
    assert run("bag", "show", key, "--json")["state"] == "opened"


def test_people_read_tables(run: Run, items: list[str]) -> None:
    key = run("bag", "make", "--office", "1205", "--to", "1216").strip()
    assert key.startswith("BD1205 BD1216 CCC") and key.endswith("0001 001")
    assert items[0] in run("bag", "put", key, items[0], "--office", "1205")
    assert items[0] in run("bag", "manifest", key)
    assert "office:1205" in run("bag", "show", key)
    assert "vehicle" in run("dispatch", "list", "--office", "1205")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["bag", "show", "BD1205BD1216CCC69999001"], NotFound),
        (["bag", "show", "BD1205"], Unacceptable),
        (["bag", "make", "--office", "1205", "--to", "1205"], Unacceptable),
        (["bag", "make", "--office", "9999", "--to", "1205"], NotFound),
        (
            ["bag", "seal", "BD1205BD1216CCC69999001", "--office", "1205", "--seal", "S", "--weight-kg", "heavy"],
            Unacceptable,
        ),
        (["bag", "receive", "DP473124828BD", "--office", "1205"], Unacceptable),
        (["bag", "unseal", "BD1205BD1216CCC69999001", "--office", "1205", "--at", "yesterday"], Unacceptable),
        (["dispatch", "send", "--office", "1205"], Unacceptable),
        (["dispatch", "send", "--office", "1205", "--vehicle", "DM"], Unacceptable),
        (["dispatch", "loading", "none"], NotFound),
        (["dispatch", "fail", "none", "--office", "1205"], NotFound),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said(run_in_vain: Run, words: list[str], error: type[Exception]) -> None:
    with pytest.raises(error) as said:
        run_in_vain(*words)
    assert getattr(said.value, "remedy", "")


def test_the_guide_names_every_command_and_no_other() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "guides" / "bags.md").read_text(encoding="utf-8")
    groups = get_command(app).commands  # type: ignore[attr-defined]
    for group in ("bag", "dispatch"):
        named = set(re.findall(rf"(?:post-logistics |`){group} ([a-z-]+)", guide))
        assert named <= groups[group].commands.keys()
        assert groups[group].commands.keys() - named <= {"show"}


def test_a_number_that_is_typed_again_is_never_cut_off(
    run: Run, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "_width", 80)  # set by its name, the width would stay when the test is over
    home = ("--office", "1205")
    (key,) = run("bag", "make", *home, "--to", "1216", "--json")["bags"]
    assert items[0] in run("bag", "put", key, *items, *home, "--at", at(1))
    run("bag", "seal", key, *home, "--seal", "S-1042", "--weight-kg", "12.34", "--at", at(2))
    assert f"{key}010123" in run("bag", "show", key)
    assert key in run("bag", "receive", key, *home, "--at", at(3))
