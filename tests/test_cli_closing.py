"""The day close as it is typed, with Bangla digits as well."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from post_logistics.cli import main
from post_logistics.cli.cod.closing import pieces_of
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch

SCHEMA = "cli_closing"
TWO = ("--by", "Rahima", "--countersigned-by", "[Postmaster]")

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def empty(settings: Settings) -> Iterator[None]:
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})):
        yield


@pytest.fixture
def cod(
    empty: None, server_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """``post-logistics cod ...``: the exit code, and what was said."""
    monkeypatch.setenv("POST_LOGISTICS_DATABASE_URL", server_url)
    monkeypatch.setenv("POST_LOGISTICS_SCHEMA_NAME", SCHEMA)
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


def told(answer: tuple[int, str, str]) -> Any:
    assert answer[0] == 0, answer
    return json.loads(answer[1])


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("1000x4, 500x1", {100_000: 4, 50_000: 1}),
        ("১০০০×৪,0.50x2", {100_000: 4, 50: 2}),
        ("10x1,10x2", {1_000: 3}),
        ("", {}),
    ],
)
def test_pieces_are_read_as_they_are_typed(written: str, pieces: dict[int, int]) -> None:
    assert pieces_of(written) == pieces


@pytest.mark.parametrize("written", ["1000", "x4", "1000x", "1000x-1", "1000 4", "1.2.3x1"])
def test_pieces_that_cannot_be_read_are_refused(written: str) -> None:
    with pytest.raises(Unacceptable) as wrong:
        pieces_of(written)
    assert wrong.value.field == "--pieces"


def test_an_office_counts_closes_opens_again_and_pays_in(cod: Command, tmp_path: Path) -> None:
    count = ("--counted", "৭০০", "--pieces", "৫০০x১, 100x2", *TWO, "--reason", "not_known", "--json")
    (close,) = told(cod("close", "১২১৬", *count))
    assert (close["excess_poisha"], close["to_deposit_poisha"]) == (70_000, 70_000)
    assert told(cod("close", "1216", *count)) == [close]
    assert "not_known" not in cod("closes", "1216")[1] and "Not known yet" in cod("closes", "1216")[1]
    opened = told(cod("reopen", close["close_id"], "--why", "counted twice", *TWO, "--json"))
    assert opened[0]["close_id"] == close["close_id"]
    code, _, said = cod("close", "1216", *count[:-1], "--turn", "3")
    assert code == 1 and "turn 2" in said
    (again,) = told(cod("close", "1216", *count, "--turn", "2"))
    slip = ("--slip", "SB-১", "--bank", "Sonali", "--branch", "Mirpur", "--by", "Postmaster", "--json")
    assert told(cod("pay-in", again["close_id"], *slip))[0]["slip_number"] == "SB-1"
    assert told(cod("pay-in", again["close_id"], *slip))[0]["slip_number"] == "SB-1", "typed again, it is the same"
    mended = ("--slip", "SB-২", "--why", "a digit was wrong", "--by", "Postmaster", "--json")
    assert told(cod("correct-slip", again["close_id"], *mended))[0]["slip_number"] == "SB-2"
    assert cod("correct-slip", "no-such-close", *mended)[0] == 1
    sheet = tmp_path / "close.pdf"
    assert cod("close-sheet", again["close_id"], "--out", str(sheet))[0] == 0
    assert sheet.read_bytes().startswith(b"%PDF")
    listed = told(cod("closes", "1216", "--json"))
    assert [(one["stands"], one["slip_number"]) for one in listed] == [(False, ""), (True, "SB-2")]
    assert told(cod("to-count", "1216", "--json"))[-1] == {"holder": "office:1216", "held_poisha": 0, "turn": 3}


def test_an_excess_is_cleared_and_what_is_open_is_listed(cod: Command) -> None:
    count = ("--counted", "5", "--pieces", "5x1", *TWO, "--reason", "miscounted", "--json")
    told(cod("close", "1205", *count))
    assert told(cod("shortages", "1205", "--json")) == [{"kind": "suspense", "owner": "1205", "open_poisha": 500}]
    for ref in ("7", " ৭"):  # typed twice, it is cleared once
        told(cod("clear", "returned", "1205", "3", "--why", "asked for it", "--by", "Rahima", "--ref", ref, "--json"))
    assert told(cod("shortages", "1205", "--json"))[0]["open_poisha"] == 200
    code, _, said = cod("clear", "returned", "1205", "3", "--why", "again", "--by", "Rahima", "--ref", "8")
    assert code == 1 and "Tk 2.00 are open" in said
    assert told(cod("overdue", "1205", "--json")) == []
    assert told(cod("shortages", "1205", "--rider", "1205-R01", "--json")) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("to-count", "9999"), 1, "9999"),
        (("close", "1216", "--counted", "x", "--pieces", "", *TWO), 2, "--counted"),
        (("close", "1216", "--counted", "5", "--pieces", "", *TWO), 2, "pieces"),
        (("close", "1216", "--rider", "1216-R99", "--counted", "0", "--pieces", "", *TWO), 1, "no rider"),
        (("reopen", "nothing", "--why", "x", *TWO), 1, "no day close"),
        (
            ("pay-in", "nothing", *["--slip", "1", "--bank", "b", "--branch", "b", "--by", "x", "--at", "noon"]),
            2,
            "--at",
        ),
    ],
)
def test_what_cannot_be_is_one_clear_sentence(cod: Command, words: tuple[str, ...], code: int, said: str) -> None:
    ended, _, error = cod(*words)
    assert ended == code and said in error and "Traceback" not in error
