"""The commands about where money is, as a clerk types them."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from post_logistics.cli import main
from post_logistics.operations.facts import load_facts
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.units import DHAKA, bangla_digits
from tests.operations.conftest import SHOP
from tests.operations.money.cash_days import PROVIDER, RIDERS, TILL, CashDays

SCHEMA = "cli_taka"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def item(settings: Settings) -> Iterator[str]:
    """A parcel whose Tk 600 a rider has had for two days; another's money is with a provider, a third's in the till."""
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            days = CashDays(connection, load_facts(settings), datetime.now(DHAKA) - timedelta(days=2), 3)
            days.collect(RIDERS[0], 600_00, days.items[0])
            days.collect(PROVIDER, 50_00, days.items[1])
            days.collect(TILL, 700_00, days.items[2])
            days.close_rider(RIDERS[1])
        yield days.items[0]


@pytest.fixture
def command(
    item: str, server_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """``post-logistics cod ...`` at the database with that money."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    monkeypatch.setenv("POST_LOGISTICS_SCHEMA_NAME", SCHEMA)
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["post-logistics", "cod", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    yield run
    signal.signal(signal.SIGTERM, before)


def test_a_parcels_money_is_told_in_a_sentence(command: Command, item: str) -> None:
    code, told, _ = command("taka", bangla_digits(item).lower())
    assert code == 0
    assert told.startswith("Tk 600.00 is with a rider of Mirpur") and told.strip().endswith("this is late.")
    code, told, _ = command("taka", item, "--language", "bn")
    assert code == 0 and "৳৬০০.০০" in told
    code, told, _ = command("taka", item, "--json")
    (one,) = json.loads(told)["money"]
    assert (one["stage"], one["amount_poisha"], one["late"]) == ("rider", 60_000, True)


@pytest.mark.parametrize(
    ("words", "poisha"),
    [
        (("--merchant", SHOP), 1_350_00),
        (("--rider", "1216-R01"), 600_00),
        (("--rider", "1216-R02"), 0),
        (("--agent", "dc-1216-01"), 0),
        (("--office", "১২১৬"), 1_300_00),
        (("--provider", "bkash"), 50_00),
    ],
)
def test_all_money_of_somebody_is_told(command: Command, words: tuple[str, ...], poisha: int) -> None:
    code, told, _ = command("taka", *words, "--json")
    assert (code, json.loads(told)["amount_poisha"]) == (0, poisha)
    assert command("taka", *words)[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("--rider", "1216-R01", "--merchant", SHOP), 2),
        (("DP000000006BD",), 2),
        (("DP000000005BD",), 1),
        (("--merchant", "nobody"), 1),
        (("--office", "9999"), 1),
        (("--agent", "nobody"), 1),
    ],
)
def test_what_is_wrong_is_a_sentence_and_a_code(command: Command, words: tuple[str, ...], code: int) -> None:
    ended, _, error = command("taka", *words)
    assert ended == code and "Traceback" not in error


def test_ageing_is_a_table_that_adds_up(command: Command) -> None:
    for words in ((), ("--by", "merchant"), ("--office", "1216")):
        code, told, _ = command("ageing", *words, "--json")
        lines = json.loads(told)
        assert code == 0 and lines
        assert all(x["balance_poisha"] == sum(x["aged_poisha"]) + x["other_poisha"] for x in lines)
    code, told, _ = command("ageing")
    assert code == 0 and "rider_cash:1216-R01" in told
    assert command("ageing", "--by", "merchant", "--office", "1216")[0] == 2


def test_alarms_are_looked_for_listed_and_taken_on(command: Command) -> None:
    code, told, _ = command("alarms", "watch", "--json")
    assert code == 0 and json.loads(told)["opened"] >= 1
    assert json.loads(command("alarms", "watch", "--json")[1])["opened"] == 0
    (one,) = json.loads(command("alarms", "--kind", "rider_not_closed", "--json")[1])
    assert (one["subject"], one["office"]) == ("rider:1216-R01", "1216")
    code, told, _ = command("alarms", "take", one["alarm_id"], "--by", "rahima", "--json")
    assert (code, json.loads(told)[0]["owner"]) == (0, "rahima")
    assert "rider_not_closed" not in {x["kind"] for x in json.loads(command("alarms", "--unowned", "--json")[1])}
    assert json.loads(command("alarms", "--office", "1230", "--json")[1]) == []
    assert "জমা দেননি" in command("alarms", "--language", "bn")[1]
    assert command("alarms", "take", "00000000-0000-4000-8000-000000000000", "--by", "x")[0] == 1
