"""The commands about collecting, as a clerk types them; run in this process, for a new one takes its time to start."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from post_logistics.cli import main
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA
from tests.operations.conftest import SHOP, Story

SCHEMA = "cli_collecting"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def parcels(settings: Settings) -> Iterator[list[str]]:
    """Parcels at the door, the first two paid at the counter of 1216."""
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            story = Story(connection, datetime.now(DHAKA) - timedelta(days=1))
            items = story.book(100_000, 100_000, 100_000)
            story.out_for_delivery(*items)
            scans = [story.scan(item, Event.DELIVERED_CLAIMED, "office:1216") for item in items[:2]]
            deliver(connection, [Claim(scan, 100_000) for scan in scans])
        yield items


@pytest.fixture
def command(
    server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """``post-logistics cod ...`` at the database with those parcels: exit code, output, errors."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    monkeypatch.setenv("POST_LOGISTICS_SCHEMA_NAME", SCHEMA)
    monkeypatch.setenv("POST_LOGISTICS_DATA_DIR", str(tmp_path))
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["post-logistics", "cod", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    signal.signal(signal.SIGTERM, before)


BANGLA = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


def done(answer: tuple[int, str, str]) -> Any:
    assert answer[0] == 0, answer[2]
    return json.loads(answer[1])


def test_a_receipt_is_shown_taken_back_and_gone(command: Command, parcels: list[str]) -> None:
    (receipt,) = done(command("receipts", parcels[0], "--json"))
    code, table, _ = command("receipts", parcels[0])
    assert code == 0 and receipt["number"] in table
    said = ("--why", "the wrong parcel", "--by", "clerk")
    assert not done(command("take-back-receipt", parcels[0], *said, "--json"))["standing"]
    code, _, problem = command("take-back-receipt", parcels[0], *said)
    assert code == 1 and "stands" in problem


def test_a_refund_typed_twice_is_given_once(command: Command, parcels: list[str]) -> None:
    words = ("refund", parcels[1], "৩০০", "--office", "1216", "--why", "torn", "--by", "clerk", "--ref", "1", "--json")
    assert len({done(command(*words))["refund_id"] for _ in range(2)}) == 1
    spelt = f"{parcels[1][:2].lower()} {parcels[1][2:6]} {parcels[1][6:]}".translate(BANGLA)
    again = ("refund", spelt, "300.00", "--office", "১২১৬", *words[5:-2], " ১", "--json")
    assert done(command(*again)) == done(command(*words)), "however it is spelt, it is the same refund"
    assert done(command("receipts", parcels[1], "--json"))[0]["standing"]
    code, _, problem = command("refund", parcels[1], "lots", *words[3:])
    assert code == 2 and "taka" in problem
    code, _, _ = command("refund", parcels[1], "700.01", *words[3:-2], "2")
    assert code == 1


def test_a_price_is_asked_and_decided_and_the_rest_paid_by_wallet(command: Command, parcels: list[str]) -> None:
    item = parcels[2]
    asked = done(command("price", item, "800", "--why", "a dent", "--by", "clerk", "--ref", "1", "--json"))
    decided = done(command("decide-price", asked["change_id"], "--merchant", SHOP, "--by", "owner", "--json"))
    assert decided["state"] == "approved"
    payment = done(command("ask-payment", item, "--by", "rider", "--ref", "1", "--json"))
    assert payment["amount_poisha"] == 80_000
    assert command("practise-paying", payment["payment_id"], "--amount", "800.01")[0] == 0
    heard = done(command("payment", payment["payment_id"], "--json"))
    assert (heard["collected_poisha"], heard["held_poisha"]) == (80_000, 1)
    assert [one["payment_id"] for one in done(command("held-payments", "--json"))] == [payment["payment_id"]]
    assert command("practise-paying", "pay-none")[0] == 2


def test_postage_is_asked_for_and_a_providers_day_is_compared(
    command: Command, parcels: list[str], tmp_path: Path
) -> None:
    words = ("ask-payment", parcels[2], "--by", "counter", "--ref", "booking", "--postage", "--provider", "practice")
    payment = done(command(*words, "--json"))
    assert (payment["purpose"], payment["amount_poisha"]) == ("postage", 1_725)
    assert command("practise-paying", payment["payment_id"])[0] == 0
    today = str(datetime.now(DHAKA).date())
    day = done(command("provider-file", "practice", today, "--json"))
    assert day["source"] == "file" and payment["payment_id"] in day["heard"]
    file = tmp_path / "portal.csv"
    file.write_text(f"payment_id,provider_ref,amount\n{payment['payment_id']},X,১৭.২৬\n,Y,5\n", encoding="utf-8")
    code, table, _ = command("provider-file", "practice", today, "--file", str(file), "--language", "bn")
    assert code == 0 and "টাকার অঙ্ক মেলে না" in table and "2 lines" in table
    file.write_text("provider_ref,amount\nX,five\n", encoding="utf-8")
    code, _, errors = command("provider-file", "practice", today, "--file", str(file))
    assert code == 2 and "row 2" in errors and "amount" in errors
    file.write_text("reference,amount\nX,5\n", encoding="utf-8")
    assert "provider_ref" in command("provider-file", "practice", today, "--file", str(file))[2]
    assert command("provider-file", "nobody", today)[0] != 0


def test_an_agent_pays_in_and_takes_out(command: Command, parcels: list[str]) -> None:
    words = ("agent-float", "dc-1230-01", "20,000", "--ref", "1")
    assert done(command(*words, "--json"))["float_poisha"] == 2_000_000
    assert done(command(*words, "--json"))["float_poisha"] == 2_000_000
    people = ("--handed-by", "agent", "--counted-by", "clerk", "--ref", "1", "--json")
    assert done(command("agent-hand-in", "dc-1230-01", "0", "--pieces", "", *people))["expected_poisha"] == 0
    assert command("agent-hand-in", "dc-1230-01", "5", "--pieces", "2x2", *people)[0] == 2
    assert done(command("agent-float", "dc-1230-01", "5,000", "--ref", "1", "--back", "--json"))["float_poisha"]
    told = done(command("agent", "dc-1230-01", "--json"))
    assert told["closing"]["float_poisha"] == 1_500_000 and len(told["movements"]) == 2
    code, table, _ = command("agent", "dc-1230-01")
    assert code == 0 and "agent float in" in table
