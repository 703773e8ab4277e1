"""The commands about claims, as a clerk types them; run in this process, for a new one takes its time to start."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from post_logistics.cli import main
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, bangla_digits
from tests.operations.conftest import Story

SCHEMA = "cli_claims"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture(scope="module")
def parcels(settings: Settings) -> Iterator[tuple[str, str]]:
    """A parcel that the post has had, and one that it has not."""
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        with database.transaction() as connection:
            story = Story(connection, datetime.now(DHAKA) - timedelta(days=2))
            had, not_had = story.book(0, 0)
            record_scans(connection, [story.scan(had, Event.ACCEPTED, "office:1216")])
        yield had, not_had


@pytest.fixture
def command(server_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """``post-logistics claims ...`` at the database with those parcels."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    monkeypatch.setenv("POST_LOGISTICS_SCHEMA_NAME", SCHEMA)
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["post-logistics", "claims", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    yield run
    signal.signal(signal.SIGTERM, before)


def test_a_claim_is_made_looked_at_and_decided(command: Command, parcels: tuple[str, str]) -> None:
    item, _ = parcels
    done = command("open", item.lower(), "damage", bangla_digits("750.50"), "--why", "the lamp is broken", "--json")
    (made,) = json.loads(done.stdout)
    assert (made["claimed_poisha"], made["standing"], made["claimed_by"]) == (75_050, "opened", "post")
    listed = json.loads(command("list", "--json").stdout)
    assert [one["claim_id"] for one in listed] == [made["claim_id"]]
    later = (datetime.now(DHAKA) + timedelta(days=40)).date().isoformat()
    assert json.loads(command("overdue", "--json").stdout) == []
    assert len(json.loads(command("overdue", "--date", later, "--json").stdout)) == 1
    decided = command(
        "step", made["claim_id"], "accepted", "--why", "it was", "--by", "desk", "--amount", "700", "--json"
    )
    assert json.loads(decided.stdout)[0]["steps"][-1]["amount_poisha"] == 70_000
    shown = command("show", made["claim_id"])
    assert "Tk 700.00" in shown.stdout and "it was" in shown.stdout
    assert json.loads(command("list", "--json").stdout) == []


def test_nothing_lost_opens_nothing(command: Command, parcels: tuple[str, str]) -> None:
    assert json.loads(command("lost", "--json").stdout) == {"claim_ids": []}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["open", "{not_had}", "loss", "10", "--why", "x"], 1, "not had"),
        (["open", "DP000000005BD", "loss", "10", "--why", "x"], 1, "DP000000005BD"),
        (["open", "{had}", "loss", "much", "--why", "x"], 2, "TAKA"),
        (["open", "{had}", "loss", "-5", "--why", "x"], 2, ""),
        (["open", "{had}", "boredom", "10", "--why", "x"], 2, "boredom"),
        (["show", "00000000-0000-4000-8000-000000000000"], 1, "no claim"),
        (["show", "rubbish"], 2, "UUID"),
        (["list", "--standing", "half"], 2, "--standing"),
    ],
    ids=str,
)
def test_a_mistake_is_one_clear_sentence(
    command: Command, parcels: tuple[str, str], words: list[str], code: int, says: str
) -> None:
    had, not_had = parcels
    done = command(*(word.format(had=had, not_had=not_had) for word in words))
    assert done.returncode == code, done.stderr
    assert says in done.stderr and "Traceback" not in done.stderr
