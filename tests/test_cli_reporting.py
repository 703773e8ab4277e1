"""`post-logistics cod report`, as finance types it."""

import csv
import json
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from post_logistics.cli import main
from post_logistics.operations.facts import load_facts
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.units import DHAKA
from tests.operations.conftest import SHOP
from tests.operations.money.cash_days import PROVIDER, RIDERS, CashDays

SCHEMA = "cli_reporting"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def month(settings: Settings) -> Iterator[str]:
    """The month in which a rider collected Tk 600 and a wallet Tk 50: forty days ago."""
    at = datetime.now(DHAKA) - timedelta(days=40)
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            days = CashDays(connection, load_facts(settings), at, 2)
            days.collect(RIDERS[0], 600_00, days.items[0])
            days.collect(PROVIDER, 50_00, days.items[1])
        yield f"{days.at:%Y-%m}"


@pytest.fixture
def command(
    month: str, server_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """``post-logistics cod report ...`` at the database with that money."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    monkeypatch.setenv("POST_LOGISTICS_SCHEMA_NAME", SCHEMA)
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["post-logistics", "cod", "report", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    yield run
    signal.signal(signal.SIGTERM, before)


def test_a_report_is_shown_and_written_into_a_folder(command: Command, month: str, tmp_path: Path) -> None:
    code, told, _ = command("remittance", "--month", month, "--out", str(tmp_path))
    assert code == 0 and "Tk 650.00" in told
    folder = tmp_path / f"remittance-{month}"
    assert f"files: {folder}" in told
    (row,) = csv.DictReader((folder / "accounts.csv").read_text(encoding="utf-8").splitlines())
    assert (row["merchant"], row["collected_taka"]) == (SHOP, "650.00")
    assert (folder / f"{folder.name}.pdf").read_bytes().startswith(b"%PDF")
    assert command("remittance", "--month", month, "--out", str(tmp_path))[0] == 0


def test_a_script_reads_json_and_a_person_may_read_bangla(command: Command, month: str) -> None:
    code, told, _ = command("remittance", "--month", month, "--merchant", SHOP, "--json")
    assert code == 0
    (row,) = json.loads(told)["tables"]["speed"]["rows"]
    assert (row["late_poisha"], row["waiting_poisha"]) == (650_00, 650_00)
    code, told, _ = command("ageing", "--language", "bn")
    assert code == 0 and "৳৬৫০.০০" in told and "মার্চেন্টদের প্রাপ্য" in told


def test_few_rows_are_shown_unless_more_are_asked_for(command: Command) -> None:
    code, told, _ = command("ageing", "--rows", "1")
    assert code == 0 and "more rows" in told


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("weather",), "central-bank"),
        (("ageing", "--month", "2026-11"), "leave out the month"),
        (("remittance", "--month", "11/2026"), "2026-11"),
        (("profitability", "--merchant", SHOP), "remittance"),
        (("remittance", "--merchant", "nobody"), "register"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(command: Command, words: tuple[str, ...], remedy: str) -> None:
    code, _, told = command(*words)
    assert code != 0 and remedy in told and "Traceback" not in told
