"""The commands of matching, as a script calls them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from post_logistics.cli import app
from post_logistics.errors import Unacceptable
from post_logistics.storage.database import Database
from tests.operations.money.bank import Bank, deposit


@pytest.fixture
def say(database: Database, server_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command on this test's database; gives back what it printed."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    with database.transaction() as connection:
        schema = connection.exec_driver_sql("select current_schema()").scalar_one()

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["cod", *words, "--schema", schema], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_match_suspense_and_report(say: Any, database: Database, tmp_path: Path) -> None:
    bank = Bank(database)
    deposit(database, 1_000_00, "SB-004217")
    close = deposit(database, 2_000_00, "SB-008811")
    bank.shows(1_000_00, "SB-004217")
    line = bank.shows(1_990_00, "SB-008811")
    figures = json.loads(say("match", "--json"))
    (run,) = figures["sources"]
    assert figures["seconds"] < 60
    assert (run["lines"], run["by_rule"], run["by_reason"]) == (2, {"reference": 1}, {"to_confirm": 1})
    (waiting,) = json.loads(say("suspense", "--json"))
    assert (waiting["line_id"], waiting["reason"]) == (str(line), "to_confirm")
    assert "SB-008811" in say("suspense").replace("\n", "").replace(" ", "")
    assert json.loads(say("suspense", "take", str(line), "--by", "rahima", "--json"))["owner"] == "rahima"
    assert "counted" in say("suspense", "note", str(line), "counted", "--by", "rahima")
    made = json.loads(say("match", "confirm", str(line), "--by", "rahima", "--json"))
    say("match", "undo", made["match_id"], "--why", "wrong", "--by", "karim")
    again = ["--line", str(line), "--entry", f"deposit:{close}", "--why", "the slip", "--by", "rahima"]
    assert "the slip" in say("match", "hand", *again)
    say("match")
    table = tmp_path / "quarter.csv"
    reports = json.loads(say("match", "report", "--quarter", "2026-Q4", "--csv", str(table), "--json"))
    assert len(reports) == 3 and table.read_text(encoding="utf-8-sig").startswith("month,")
    assert "Lines matched" in say("match", "report", "--month", "2026-11")
    with pytest.raises(Unacceptable, match="names no entry"):
        say("match", "hand", *again[:2], "--entry", "gift:1", *again[4:])
