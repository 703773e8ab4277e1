"""The month through the real operations: what it leaves in the books is what the bank says, and every proof holds."""

import json
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from typer.testing import CliRunner

from post_logistics.cli import app
from post_logistics.operations.money import match_keeping
from post_logistics.settings import Settings
from post_logistics.simulation.cod.month import Noise, Recipe
from post_logistics.simulation.cod.proving import Lived, live


def lived(settings: Settings, out: Path, seed: int = 1, noise: Noise | None = None) -> Lived:
    chosen = settings.model_copy(update={"schema_name": f"simulation_cod_{seed}"})
    return live(chosen, Recipe(parcels=60, seed=seed, noise=noise or Noise()), 3, out)


def test_the_books_of_a_month_agree_with_the_bank_and_with_themselves(settings: Settings, tmp_path: Path) -> None:
    report = lived(settings, tmp_path)
    assert report.holds, (report.as_json(), report.verdict.examples)
    assert report.facts["pairs_matched"] > 50
    assert all(report.facts[name] for name in ("payouts_returned", "handed_over_by_agents", "prices_changed"))
    assert all(report.truths[name][0] for name in ("every_deposit_is_posted", "every_settlement_is_posted"))
    _, errors, _ = loader.load_file(str(tmp_path / "books.beancount"))
    assert not errors
    assert (tmp_path / "books.hledger").stat().st_size


def test_red_control_a_posting_left_out_is_seen(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matches that are kept, and the last of each lot is not posted."""
    post = match_keeping.append_transfers
    monkeypatch.setattr(match_keeping, "append_transfers", lambda c, moved: post(c, list(moved)[:-1]))
    report = lived(settings, tmp_path, seed=2)
    assert not report.holds and report.truths["the_bank_account_is_what_the_bank_says"][1]


def test_the_command_prints_the_figures_and_leaves_the_files(tmp_path: Path) -> None:
    words = ["cod", "simulate", "--parcels", "500", "--seed", "7", "--out", str(tmp_path), "--no-books"]
    figures: dict[str, Any] = json.loads(CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False).stdout)
    assert figures["parcels"] == 500 and figures["pairs_wrongly_matched"] == figures["lines_wrongly_matched"] == 0
    for name in ("made_s", "read_s", "match_s", "peak_memory_mb", "by_trouble", "by_reason", "pairs_matched_share"):
        assert name in figures
    assert {path.name for path in tmp_path.iterdir()} == {"statement.csv", "truth.csv", "matches.csv", "README.txt"}
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0 and "pairs matched share" in told.stdout


def test_the_command_refuses_a_month_without_parcels(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["cod", "simulate", "--parcels", "0", "--out", str(tmp_path)])
    assert done.exit_code
