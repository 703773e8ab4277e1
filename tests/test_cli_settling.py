"""The commands of settling, as finance types them; run in this process."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from post_logistics.cli import main
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.units import DHAKA, bangla_digits
from tests.operations.money.paying import charged, parcels, shop

SCHEMA = "cli_settling"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture(scope="module")
def money(settings: Settings) -> Iterator[None]:
    """A shop whose money is in the bank, and one without an account."""
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            at = datetime.now(DHAKA) - timedelta(days=2)
            shop(connection, "nakshi", at)
            shop(connection, "chamak", at, payout_account="")
            parcels(connection, "nakshi", [300_000], at, first=7_100_000)
            shop(connection, "bhumi", at)
            charged(connection, "bhumi", 40_00, 6_00, at)
        yield


@pytest.fixture
def command(
    money: None, server_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """``post-logistics cod ...`` at the database with that money."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    monkeypatch.setenv("POST_LOGISTICS_SCHEMA_NAME", SCHEMA)
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["post-logistics", "cod", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    yield run
    signal.signal(signal.SIGTERM, before)


def test_a_merchant_is_agreed_with_advanced_to_settled_with_and_told(command: Command, tmp_path: Path) -> None:
    by = ("--by", "desk", "--why", "contract")
    (terms,) = json.loads(command("terms", "set", "nakshi", "--cycle", "daily", *by, "--json").stdout)
    assert (terms["version"], terms["cycle"]) == (1, "daily")
    assert "daily" in command("terms", "show", "nakshi").stdout
    bank = ("--kind", "bank", "--bank", "BRAC Bank", "--branch", "Gulshan", "--routing-number", "060261726")
    number = ("--number", bangla_digits("1501 2003 4455"), "--holder", "Nakshi Ghar")
    (kept,) = json.loads(command("accounts", "set", "nakshi", *bank, *number, *by, "--json").stdout)
    assert kept["number"] == "150120034455"
    assert command("accounts", "prove", "nakshi", "1", "--how", "a leaf", "--by", "desk").returncode == 2
    assert command("accounts", "prove", "nakshi", "1", "--how", "a leaf", "--by", "chief").returncode == 0
    (asked,) = json.loads(
        command("advances", "ask", "nakshi", bangla_digits("500.50"), *by, "--id", "adv-1", "--json").stdout
    )
    assert asked["amount_poisha"] == 50_050
    (payout,) = json.loads(command("advances", "approve", "adv-1", "--by", "chief", "--json").stdout)
    assert payout["state"] == "approved"
    left_out = command("payouts", "file", "f-1", "--layout", "settlement-bank", "--by", "desk", "--out", str(tmp_path))
    assert (left_out.returncode, "none of 1" in left_out.stderr) == (1, True)
    (cancelled,) = json.loads(command("payouts", "cancel", "adv-1", *by, "--json").stdout)
    assert cancelled["state"] == "cancelled"
    done = json.loads(command("settle", "--out", str(tmp_path), "--json").stdout)
    assert [one["merchant"] for one in done["settlements"]] == ["nakshi"]
    statement = tmp_path / "statement.pdf"
    since = (datetime.now(DHAKA) - timedelta(days=3)).date().isoformat()
    told = command("statement", "nakshi", "--from", since, "--out", str(statement))
    assert "Tk 3,000.00" in told.stdout and statement.read_bytes().startswith(b"%PDF")


def test_a_bill_is_drawn_withdrawn_drawn_anew_paid_and_printed(command: Command, tmp_path: Path) -> None:
    (first,) = json.loads(command("bills", "draw", "bhumi", "--by", "desk", "--json").stdout)
    assert (first["fees_poisha"], first["vat_poisha"], first["state"]) == (4000, 600, "open")
    assert command("bills", "draw", "bhumi", "--by", "desk").returncode == 1
    gone = command("bills", "withdraw", first["bill_id"], "--by", "desk", "--why", "wrong tariff", "--json")
    assert json.loads(gone.stdout)[0]["state"] == "withdrawn"
    (second,) = json.loads(command("bills", "draw", "bhumi", "--by", "desk", "--json").stdout)
    assert command("bills", "pay", second["bill_id"], "--office", "9999").returncode == 1
    (paid,) = json.loads(command("bills", "pay", second["bill_id"], "--office", "1216", "--json").stdout)
    assert (paid["state"], paid["paid_into"]) == ("paid", "1216")
    assert second["bill_id"] in command("bills", "list", "--state", "paid").stdout
    paper = tmp_path / "papers" / "bill.pdf"
    assert command("bills", "print", second["bill_id"], "--out", str(paper)).returncode == 0
    assert paper.read_bytes().startswith(b"%PDF")


def test_a_hold_is_placed_listed_and_lifted(command: Command) -> None:
    by = ("--by", "desk", "--why", "a court order")
    (hold,) = json.loads(command("holds", "place", "chamak", *by, "--json").stdout)
    assert [one["hold_id"] for one in json.loads(command("holds", "list", "--json").stdout)] == [hold["hold_id"]]
    assert command("holds", "lift", hold["hold_id"], *by).returncode == 0
    assert json.loads(command("holds", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["settle", "--date", "2099-01-01"], 2, "has not come"),
        (["settle", "--merchant", "nobody"], 1, "no merchant"),
        (["payouts", "approve", "nothing", "--by", "x"], 1, "no payout"),
        (["payouts", "code", "nothing", "--by", "x"], 1, "no payout"),
        (["payouts", "cash", "nothing", "--office", "1216", "--code", "x", "--by", "x"], 1, "no payout"),
        (["payouts", "file", "f", "--layout", "none", "--by", "x"], 2, "settlement-bank"),
        (["payouts", "sent", "nothing", "--by", "x"], 1, "no payout file"),
        (["terms", "set", "nakshi", "--cycle", "weekly", "--by", "x", "--why", "y"], 2, "weekday"),
        (["advances", "ask", "nakshi", "much", "--by", "x", "--why", "y"], 2, "TAKA"),
        (["statement", "nakshi", "--from", "2026-01-01", "--out", "x.doc"], 2, "neither PDF nor CSV"),
    ],
    ids=str,
)
def test_a_mistake_is_one_clear_sentence(command: Command, words: list[str], code: int, says: str) -> None:
    done = command(*words)
    assert done.returncode == code, done.stderr
    assert says in done.stderr and "Traceback" not in done.stderr
