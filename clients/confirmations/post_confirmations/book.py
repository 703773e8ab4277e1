"""What was read, what follows from it, and what was done: one SQLite file, in which each step is whole or not there.

A confirmation and the instruction that follows from it are written together, and an instruction is struck off after it
was carried out. Whatever is interrupted is found again: the same instruction under the same number.
"""

import fcntl
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal, Self

from post_confirmations.checking import Distrust, Key, Place, Told, check, key_of

_TABLES = """
create table if not exists start (
    only integer primary key check (only = 1), number integer not null, digest text not null
);
create table if not exists keys (
    kid text primary key, jwk text not null, retired_at integer  -- the first number that another key signed
);
create table if not exists told (
    number integer primary key, item_number text not null, merchant_id text not null, corrects integer unique,
    digest text not null, signed text not null, kid text not null
);
create index if not exists told_by_item on told (item_number, number);
create index if not exists told_by_kid on told (kid);
create table if not exists instructions (
    number integer primary key references told (number), act text not null check (act in ('release', 'take_back')),
    item_number text not null, merchant_id text not null, outcome text not null, about integer not null,
    done integer not null
);
create index if not exists due on instructions (number) where done = 0;
"""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What follows from a confirmation. ``number`` is its own for ever: whoever pays does each number once.

    ``about``: the number of the delivery, which is its own for a release and an earlier one for a take-back.
    """

    number: int
    act: Literal["release", "take_back"]
    item_number: str
    merchant_id: str
    outcome: str
    about: int


class Book:
    """The file, open for one reader at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = path.with_name(path.name + ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise BlockingIOError(f"{path} is being used by another reader") from None
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = full")
        self._file.execute("pragma foreign_keys = on")
        self._file.executescript(_TABLES)

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._file.execute("begin immediate")
        try:
            yield
        except Distrust:
            self._file.execute("commit")  # what came before it is true, and of itself nothing was written
            raise
        except BaseException:
            self._file.execute("rollback")
            raise
        self._file.execute("commit")

    # Where to begin, and whom to believe

    def begin_after(self, place: Place) -> None:
        """Has the book begin after that place; ValueError once something was read."""
        if self.place() != place and self.place() != self._start():
            raise ValueError("the book has begun already")
        with self._whole():
            self._file.execute("insert or replace into start values (1, ?, ?)", (place.number, place.digest))

    def _start(self) -> Place:
        found = self._file.execute("select number, digest from start").fetchone()
        return Place(*found) if found else Place()

    def place(self) -> Place:
        """How far the book has read."""
        found = self._file.execute("select number, digest from told order by number desc limit 1").fetchone()
        return Place(*found) if found else self._start()

    def trust(self, jwk: dict[str, object]) -> Key:
        """Believes the key from now on, also one that another had replaced."""
        key = key_of(jwk)
        with self._whole():
            self._file.execute("insert or replace into keys values (?, ?, null)", (key.kid, json.dumps(jwk)))
        return key

    def keys(self) -> dict[str, Key]:
        """Every key that was ever trusted, by its id."""
        with closing(self._file.execute("select jwk from keys")) as rows:
            found = [key_of(json.loads(jwk)) for (jwk,) in rows]
        return {key.kid: key for key in found}

    # What was told

    def keep(self, tellings: Iterable[Told]) -> None:
        """Keeps confirmations together with what follows from them; Distrust for the first that contradicts an earlier
        one, when those before it are kept."""
        with self._whole():
            for told in tellings:
                instruction = self._follows(told)
                self._retire_others(told)
                self._file.execute(
                    "insert into told values (?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(told.number, told.item_number, told.merchant_id, told.corrects),
                        *(told.place.digest, told.signed, told.kid),
                    ),
                )
                if instruction:
                    values = (*astuple(instruction), 0)
                    self._file.execute("insert into instructions values (?, ?, ?, ?, ?, ?, ?)", values)

    def _retire_others(self, told: Told) -> None:
        """A key that another has followed signs nothing more: whoever finds an old one cannot use it."""
        self._file.execute(
            "update keys set retired_at = ? where kid <> ? and retired_at is null and kid in (select kid from told)",
            (told.number, told.kid),
        )

    def _follows(self, told: Told) -> Instruction | None:
        retired = self._file.execute("select retired_at from keys where kid = ?", (told.kid,)).fetchone()
        if retired and retired[0] is not None:
            raise Distrust(told.number, f"key {told.kid} was replaced by another at {retired[0]}")
        standing = self._standing(told.item_number)
        if told.corrects is None:
            if standing is not None:
                raise Distrust(told.number, f"{told.item_number} was confirmed by {standing} already")
            return self._instruct(told, "release", told.number)
        if told.corrects <= self._start().number:
            return None  # that delivery was never released from this book
        if standing != told.corrects:
            raise Distrust(told.number, f"it corrects {told.corrects}, which does not stand for {told.item_number}")
        return self._instruct(told, "take_back", told.corrects)

    def _standing(self, item_number: str) -> int | None:
        """The number by which the item stands delivered."""
        found = self._file.execute(
            "select number, corrects from told where item_number = ? order by number desc limit 1", (item_number,)
        ).fetchone()
        return int(found[0]) if found and found[1] is None else None

    @staticmethod
    def _instruct(told: Told, act: Literal["release", "take_back"], about: int) -> Instruction:
        return Instruction(told.number, act, told.item_number, told.merchant_id, told.outcome, about)

    # What is to be done

    def due(self) -> Sequence[Instruction]:
        """What was not carried out, or of which that is not known, in order."""
        with closing(
            self._file.execute(
                "select number, act, item_number, merchant_id, outcome, about from instructions "
                "where done = 0 order by number limit 1000"
            )
        ) as rows:
            return [Instruction(*row) for row in rows]

    def strike_off(self, instruction: Instruction) -> None:
        """That one was carried out."""
        self._file.execute("update instructions set done = 1 where number = ?", (instruction.number,))

    def texts(self) -> Iterator[str]:
        """Every signed text, in order: the proof, for whoever asks."""
        with closing(self._file.execute("select signed from told order by number")) as rows:
            yield from (text for (text,) in rows)

    def count(self) -> dict[str, int]:
        """How many confirmations were read, and how many instructions are done and due."""
        (told,) = self._file.execute("select count(*) from told").fetchone()
        (done,) = self._file.execute("select count(*) from instructions where done = 1").fetchone()
        (due,) = self._file.execute("select count(*) from instructions where done = 0").fetchone()
        return {"told": told, "done": done, "due": due}

    def prove(self) -> Place:
        """Reads every text again and gives the place it leads to; Distrust if any is not as it was."""
        keys, place = self.keys(), self._start()
        for text in self.texts():
            place = check({"signed": text}, place, keys).place
        return place
