"""The books on the command line, each command as a process of its own."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from post_logistics.cli import app
from post_logistics.cli.cod.books import app as cod_books
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.units import DHAKA
from tests.cod.hledger_reader import read

Command = Callable[..., "subprocess.CompletedProcess[str]"]
SCHEMA = "books_cli"
PEOPLE = ("--by", "Rahima Khatun", "--countersigned-by", "Jashim Uddin")
TABLE = "account,balance\noffice_till:1215,৩০০.৫০\nopening_balances,-300.50\n"


@pytest.fixture(scope="module")
def books(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The command ``post-logistics cod`` on books that were opened."""
    url = settings.database_url
    assert url is not None
    environment = {"POST_LOGISTICS_DATABASE_URL": url.get_secret_value(), "PATH": "/usr/bin:/bin"}
    script = Path(sys.executable).with_name("post-logistics")

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [script, "cod", *words, "--schema", SCHEMA]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)

    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})):
        file = tmp_path_factory.mktemp("books") / "opening.csv"
        file.write_text(TABLE, encoding="utf-8")
        done = run("open", str(file), *PEOPLE, "--json")
        assert json.loads(done.stdout)["accounts"] == 2, done.stderr
        yield run


def test_the_books_are_proven(books: Command) -> None:
    done = books("check", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["proven"]
    assert told["checks"]["every_transfer_is_lawful"]["checked"] == 1
    assert "The books are proven." in books("check").stdout


def test_the_trial_balance_is_shown_for_now_and_for_any_day(books: Command) -> None:
    assert "300.50" in books("balance").stdout
    told = json.loads(books("balance", "office_till", "--json").stdout)
    assert told["accounts"] == [{"account": "office_till:1215", "debit_poisha": 300_50, "credit_poisha": 0}]
    assert json.loads(books("balance", "--at", "2020-01-01", "--json").stdout)["accounts"] == []


def test_the_journals_are_written(books: Command, tmp_path: Path) -> None:
    file = tmp_path / "new" / "books.journal"
    assert books("export", "--to", "hledger", "--out", str(file)).returncode == 0
    assert read(file.read_text(encoding="utf-8")) == read(books("export", "--to", "hledger").stdout)
    assert [one.name for one in file.parent.iterdir()] == ["books.journal"]
    assert books("export", "--to", "beancount").stdout.startswith("option")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["seal", "--through", "2999-01-01"], 2, "not over"),
        (["seal", "--through", "soon"], 2, "not a day"),
        (["close-month", "2020-01", *PEOPLE], 1, "the next month to close"),
        (["close-month", "soon", *PEOPLE], 2, "not a month"),
        (["take-back", "00000000-0000-4000-8000-000000000000", "--why", "x", "--by", "y"], 1, "no transfer"),
        (["open", "/nowhere.csv", *PEOPLE], 2, "nowhere.csv"),
        (["export", "--to", "gnucash"], 2, "gnucash"),
        (["balance", "--at", "soon"], 2, "not a day"),
    ],
    ids=str,
)
def test_a_mistake_is_one_clear_sentence(books: Command, words: list[str], code: int, says: str) -> None:
    done = books(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert says in done.stderr


def test_what_is_taken_back_is_told_and_the_books_are_still_proven(books: Command, settings: Settings) -> None:
    from post_logistics.storage.database import open_database

    with (
        open_database(settings.model_copy(update={"schema_name": SCHEMA})) as database,
        database.transaction() as connection,
    ):
        (opened,) = load_transfers(connection)
    done = books("take-back", str(opened.transfer_id), "--why", "counted again", "--by", "Rahima Khatun")
    assert "Tk 300.50 went back from office_till:1215 to opening_balances" in done.stdout, done.stderr
    assert books("check").returncode == 0
    assert datetime.now(DHAKA) > opened.at


def test_the_guide_says_what_can_be_typed() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "guides" / "books.md").read_text(encoding="utf-8")
    typed = [
        shlex.split(line.split("&&")[0], comments=True) for line in re.findall("^post-logistics (.*)", guide, re.M)
    ]
    assert {words[1] for words in typed} >= {one.name for one in cod_books.registered_commands if one.name} - {"check"}
    for words in typed:
        command: Any = get_command(app)
        rest = list(words)
        while hasattr(command, "commands"):
            command = command.commands[rest.pop(0)]
        command.make_context("post-logistics", rest).close()
