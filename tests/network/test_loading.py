"""The resolver is made once and kept; what is kept is never trusted further than it fits."""

import csv
import pickle
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

from post_logistics.network import loading
from post_logistics.network.loading import load_resolver, open_resolver
from post_logistics.network.resolve import Resolution, Resolver, Unresolved

DATA = Path(__file__).resolve().parents[2] / "data"
TABLES = ("post_offices.csv", "places.csv", "unions.csv", "thanas.csv", "districts.csv")
ADDRESSES = (
    "House 5, Road 3, Mirpur-10, Dhaka",
    "মিরপুর-১০, ঢাকা",
    "Taltola",
    "Savar",
    "Dhaka-16",
    "Mirpur 10, Dhaka 1230",
)
NEW_PLACE = "Zebra Chattar"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of Dhaka alone, which load in a third of the time."""
    folder = tmp_path_factory.mktemp("tables")
    for name in TABLES:
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [row for row in reader if row.get("district", row["name_en"]) == "Dhaka"]
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, reader.fieldnames or [])
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def made(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Resolver, Path]:
    """A resolver, and the folder it was kept in."""
    cache = tmp_path_factory.mktemp("user") / "deep" / "cache"
    return open_resolver(tables, cache), cache


def answers(resolver: Resolver) -> list[Resolution]:
    return [resolver.resolve(address) for address in ADDRESSES]


def kept(cache: Path) -> list[str]:
    """Every file in the cache, hidden ones too."""
    return sorted(path.name for path in cache.iterdir())


def test_what_is_kept_answers_the_same_and_is_one_file(tables: Path, made: tuple[Resolver, Path]) -> None:
    first, cache = made
    before = [(name, (cache / name).stat().st_mtime_ns) for name in kept(cache)]
    again = open_resolver(tables, cache)
    assert again is not first
    assert answers(again) == answers(first)
    assert len(before) == 1
    assert [(name, (cache / name).stat().st_mtime_ns) for name in kept(cache)] == before


def test_nobody_else_may_write_where_it_is_kept(made: tuple[Resolver, Path]) -> None:
    assert made[1].stat().st_mode & 0o077 == 0


def test_a_changed_table_is_read_anew_and_the_old_state_is_forgotten(
    tables: Path, made: tuple[Resolver, Path], tmp_path: Path
) -> None:
    first, cache = made
    changed, own = tmp_path / "tables", tmp_path / "cache"
    changed.mkdir()
    own.mkdir()
    for name in TABLES:
        copy(tables / name, changed / name)
    (old,) = kept(cache)
    copy(cache / old, own / old)
    with (changed / "places.csv").open("a", encoding="utf-8", newline="") as file:
        file.write(
            f"zebra-chattar,{NEW_PLACE},জেব্রা চত্বর,,area,,Mirpur,Dhaka,1216,,23.8000,90.3700,500,public-knowledge\n"
        )
    with pytest.raises(Unresolved):
        first.resolve(NEW_PLACE)
    assert open_resolver(changed, own).resolve(NEW_PLACE).postcode == "1216"
    assert len(kept(own)) == 1
    assert kept(own) != [old]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"no pickle at all",
        lambda content: content[: len(content) // 2],
        lambda content: pickle.dumps({"a": "dictionary"}),
    ],
    ids=["corrupt", "truncated", "foreign"],
)
def test_a_file_that_is_none_of_ours_is_made_again(
    tables: Path, made: tuple[Resolver, Path], tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    first, cache = made
    (name,) = kept(cache)
    spoilt = tmp_path / name
    spoilt.write_bytes(spoil((cache / name).read_bytes()))
    assert answers(open_resolver(tables, tmp_path)) == answers(first)
    assert kept(tmp_path) == [name]
    assert isinstance(pickle.loads(spoilt.read_bytes()), Resolver)


@pytest.mark.parametrize("cache", ["a file", "a file/below", None], ids=str)
def test_without_a_place_to_keep_it_it_is_done_without(
    tables: Path, made: tuple[Resolver, Path], tmp_path: Path, cache: str | None
) -> None:
    (tmp_path / "a file").write_text("mine")
    before = sorted(tables.iterdir())
    assert answers(open_resolver(tables, tmp_path / cache if cache else None)) == answers(made[0])
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a file"]
    assert (tmp_path / "a file").read_text() == "mine"
    assert sorted(tables.iterdir()) == before


def test_a_process_that_began_before_an_upgrade_keeps_nothing_for_those_after_it(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, cache = loading._program(), tmp_path / "cache"
    open_resolver(tables, cache)
    ours = kept(cache)
    (tmp_path / "offices.py").write_text("another program")
    monkeypatch.setattr(loading, "__file__", str(tmp_path / "loading.py"))
    open_resolver(tables, cache)
    assert kept(cache) == ours
    assert loading._program() != before  # red control: from now on the program on the disk is another


def test_a_process_makes_it_once(tables: Path) -> None:
    assert load_resolver(tables) is load_resolver(tables)
