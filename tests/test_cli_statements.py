"""The commands about statements, as an accountant types them; run in this process, for a new one takes its time."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from post_logistics.cli import main
from post_logistics.cod.statements.layout import layout_from_toml, layout_to_toml
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from tests.cod.statements.banks import BANK, HEADER, LINES, STATEMENT, table

SCHEMA = "cli_statements"
PAST = STATEMENT.replace("/11/2026", "/11/2025")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture(scope="module", autouse=True)
def books(settings: Settings) -> Iterator[None]:
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})):
        yield


@pytest.fixture
def command(server_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """``post-logistics cod ...`` at an empty database."""
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


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a statement and its layout."""
    (tmp_path / "november.csv").write_text(PAST, encoding="utf-8")
    (tmp_path / "bank.toml").write_text(layout_to_toml(BANK.table()), encoding="utf-8")
    return tmp_path


def test_an_unknown_source_is_looked_at_and_not_imported(command: Command, files: Path) -> None:
    look = command("import-statement", str(files / "november.csv"), "--source", "unknown-bank", "--preview")
    assert (look.returncode, "3 lines" in look.stdout) == (0, True)
    refused = command("import-statement", str(files / "november.csv"), "--source", "unknown-bank", "--by", "Rahim")
    assert refused.returncode == 1
    assert "sources guess november.csv" in " ".join(refused.stderr.split())
    as_json = command(
        "import-statement", str(files / "november.csv"), "--source", "unknown-bank", "--preview", "--json"
    )
    assert json.loads(as_json.stdout)["preview"]["summary"]["rows"] == 3


def test_what_guess_prints_is_a_layout_to_keep(command: Command, files: Path) -> None:
    guessed = command("sources", "guess", str(files / "november.csv"))
    assert layout_from_toml(guessed.stdout).columns["balance"] == ("Balance",)
    (files / "guessed.toml").write_text(guessed.stdout, encoding="utf-8")
    kept = command("sources", "keep", "guessed-bank", str(files / "guessed.toml"), "--by", "Karim", "--json")
    assert json.loads(kept.stdout)["version"] == 1
    shown = command("sources", "show", "guessed-bank")
    assert layout_from_toml(shown.stdout) == layout_from_toml(guessed.stdout)


def test_a_statement_is_imported_once_and_listed(command: Command, files: Path) -> None:
    words = ("import-statement", str(files / "november.csv"), "--source", "my-bank", "--by", "Rahim")
    done = command(*words, "--layout", str(files / "bank.toml"), "--json")
    assert json.loads(done.stdout)["file"]["new_rows"] == 3
    again = command(*words)
    assert (again.returncode, "nothing was done" in again.stdout) == (0, True)
    (files / "next.csv").write_text(
        table(HEADER, LINES[2], '24/11/2026,SB-4,x,,1.00,"1,32,807.50"').replace("/2026", "/2025"), encoding="utf-8"
    )
    following = command("import-statement", str(files / "next.csv"), "--source", "my-bank", "--by", "Rahim")
    assert "1 new lines of 2; 1 known" in following.stdout
    listed = json.loads(command("statements", "--json").stdout)
    assert [one["rows"] for one in listed["my-bank"]["files"]] == [3, 2]
    assert "my-bank" in command("sources", "list").stdout


def test_a_gap_is_named(command: Command, files: Path) -> None:
    words = ("--source", "gap-bank", "--by", "Rahim", "--layout", str(files / "bank.toml"))
    for name, line in (("first.csv", LINES[0]), ("third.csv", LINES[2])):
        (files / name).write_text(table(HEADER, line).replace("/2026", "/2025"), encoding="utf-8")
        done = command("import-statement", str(files / name), *words)
    assert "Missing: lines of Tk 500.00" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("import-statement", "nothing.csv", "--source", "x1", "--by", "y"), 2),
        (("sources", "show", "nobody"), 1),
        (("sources", "keep", "x1", "nothing.toml", "--by", "y"), 2),
    ],
)
def test_what_is_not_there_is_one_sentence(command: Command, words: tuple[str, ...], code: int) -> None:
    done = command(*words)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_wrong_row_is_named_and_nothing_is_kept(command: Command, files: Path) -> None:
    (files / "wrong.csv").write_text(PAST.replace("500.00", "5OO.00"), encoding="utf-8")
    words = ("--source", "wrong-bank", "--by", "Rahim", "--layout", str(files / "bank.toml"))
    done = command("import-statement", str(files / "wrong.csv"), *words)
    assert done.returncode == 2
    assert "row 5, field Credit" in done.stderr
    assert "wrong-bank" not in command("sources", "list").stdout
