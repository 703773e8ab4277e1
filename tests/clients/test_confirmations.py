"""The reference reader of confirmations: whatever happens to it or to what it reads, each delivery is paid once.

Signed texts are made here by hand, as the guide describes them; at the end the reader meets the application itself.
"""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from post_logistics.operations.faces.confirmation_files import write_confirmations
from post_logistics.operations.faces.confirmations import Signer, confirm_deliveries, signer
from post_logistics.settings import Settings
from tests.api.client import Api, running, taken
from tests.closes import counted
from tests.standins.serving import Answer, Asked, Fault, Standin, served

CLIENT = Path(__file__).resolve().parents[2] / "clients" / "confirmations"
sys.path.insert(0, str(CLIENT))

from post_confirmations import Book, Distrust, FromFile, Instruction, OverHttp, Place, Unreachable, follow  # noqa: E402
from post_confirmations.__main__ import AGAIN, BUSY, DONE, LOOK, main  # noqa: E402

OURS, NEXT, STRANGER = (signer(secret) for secret in (b"ours", b"the next one", b"a stranger"))
Row = dict[str, Any]


class Feed(Standin):
    """The post's feed, row by row; ``spoil`` changes a page on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.public = [OURS.jwk]
        self.page = 7
        self.spoil: Callable[[list[Row]], list[Row]] = lambda rows: rows

    def tell(self, item: str, corrects: int | None = None, by: Signer = OURS, **changes: Any) -> Row:
        """One more confirmation."""
        number = len(self.rows) + 1
        before = sha256(self.rows[-1]["signed"].encode()).hexdigest() if self.rows else "0" * 64
        kind = "delivered" if corrects is None else "corrected"
        facts: Row = {"number": number, "kind": kind, "item_number": item, "merchant_id": "shop", "previous": before}
        facts |= {"outcome": "delivered"} if corrects is None else {"corrects": corrects}
        row = {"number": number, "kind": kind, "item_number": item, "corrects": corrects}
        self.rows.append(row | {"signed": by.sign(facts | changes)})
        return self.rows[-1]

    def answer(self, asked: Asked) -> Answer:
        """A page, or the keys."""
        if asked.path.endswith("/keys"):
            return Answer({"keys": self.public})
        after = int(asked.query["after"])
        return Answer({"confirmations": self.spoil(self.rows[after : after + self.page]), "next": None})


@dataclass(slots=True)
class Payer:
    """Pays what it is told, each number once; keeps every time it was told."""

    told: list[int] = field(default_factory=list)
    done: dict[int, Instruction] = field(default_factory=dict)

    def __call__(self, instruction: Instruction) -> None:
        self.told.append(instruction.number)
        self.done.setdefault(instruction.number, instruction)

    @property
    def paid(self) -> set[str]:
        """The items whose money is released now."""
        return paid(self.done)


def paid(done: Mapping[int, Instruction]) -> set[str]:
    released: dict[str, int] = {}
    for number in sorted(done):
        one = done[number]
        assert (one.item_number in released) == (one.act == "take_back"), f"{one} twice"
        if one.act == "release":
            released[one.item_number] = number
        else:
            assert released.pop(one.item_number) == one.about
    return set(released)


@pytest.fixture
def feed() -> Iterator[tuple[Feed, OverHttp]]:
    feed = Feed()
    with served(feed) as url:
        yield feed, OverHttp(url, "key")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book(tmp_path / "book.db") as book:
        book.trust(OURS.jwk)
        yield book


def story(feed: Feed, many: int = 40, seed: int = 3) -> set[str]:
    """Deliveries, mistakes taken back, and some delivered after all; gives the items that stand in the end."""
    draw, standing = random.Random(seed), dict[str, int]()
    for n in range(many):
        if standing and draw.random() < 0.3:
            item = draw.choice(sorted(standing))
            feed.tell(item, corrects=standing.pop(item))
        else:
            item = f"DP{draw.randrange(many) if draw.random() < 0.3 else n + 1000}"
            if item in standing:
                feed.tell(item, corrects=standing.pop(item))
            standing[item] = feed.tell(item)["number"]
    return set(standing)


def test_every_delivery_is_paid_and_every_mistake_taken_back(feed: tuple[Feed, OverHttp], book: Book) -> None:
    server, source = feed
    standing, pay = story(server), Payer()
    assert follow(book, source, pay) == len(server.rows)
    assert pay.paid == standing and pay.told == sorted(pay.done) == list(range(1, len(server.rows) + 1))
    last = server.rows[-1]
    assert book.place() == book.prove() == Place(last["number"], sha256(last["signed"].encode()).hexdigest())
    assert follow(book, source, pay) == 0
    assert len(pay.told) == len(server.rows), "nothing twice"
    server.tell("DP-new")
    assert follow(book, source, pay) == 1 and "DP-new" in pay.paid


def up_to(last: int, rows: list[Row]) -> list[Row]:
    """What of the page is there so far."""
    return [row for row in rows if row["number"] <= last]


@pytest.mark.parametrize("fault", [Fault.GARBLED, Fault.LOST, Fault.BROKEN])
def test_a_page_that_does_not_come_whole_is_asked_for_again(
    feed: tuple[Feed, OverHttp], book: Book, fault: Fault
) -> None:
    server, source = feed
    standing, pay = story(server), Payer()
    missed = 0
    while book.place().number < len(server.rows):
        server.misbehave(fault)
        with pytest.raises(Unreachable):
            follow(book, source, pay)
        missed += 1
        last = book.place().number + 7
        server.spoil = partial(up_to, last)
        follow(book, source, pay)
        server.spoil = lambda page: page
    assert missed > 3 and pay.paid == standing and pay.told == sorted(pay.done)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_any_length_lead_to_the_same(feed: tuple[Feed, OverHttp], book: Book, size: int) -> None:
    server, source = feed
    standing, pay = story(server), Payer()
    server.page = size
    follow(book, source, pay)
    assert pay.paid == standing


def resigned(row: Row, by: Signer, **changes: Any) -> Row:
    return row | {"signed": by.sign(payload(row) | changes)}


def payload(row: Row) -> Row:
    body = row["signed"].split(".")[1]
    return dict(json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def repacked(row: Row, part: int, change: Callable[[Any], Any]) -> Row:
    """The row with a part of its signed text changed, and the signature left."""
    parts = row["signed"].split(".")
    old = json.loads(urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    parts[part] = urlsafe_b64encode(json.dumps(change(old)).encode()).rstrip(b"=").decode()
    return row | {"signed": ".".join(parts)}


TAMPERED: dict[str, tuple[Callable[[Row], Row], str]] = {
    "another parcel": (lambda r: repacked(r, 1, lambda f: f | {"item_number": "DP-mine"}), "signature is wrong"),
    "another merchant": (lambda r: repacked(r, 1, lambda f: f | {"merchant_id": "thief"}), "signature is wrong"),
    "a spoilt signature": (lambda r: r | {"signed": r["signed"][:-8] + "AAAAAAAA"}, "signature is wrong"),
    "no signature": (lambda r: r | {"signed": r["signed"].rpartition(".")[0] + "."}, "signature is wrong"),
    "no algorithm": (lambda r: repacked(r, 0, lambda h: h | {"alg": "none"}), "not agreed"),
    "another algorithm": (lambda r: repacked(r, 0, lambda h: h | {"alg": "HS256"}), "not agreed"),
    "a text of another kind": (lambda r: repacked(r, 0, lambda h: h | {"typ": "JWT"}), "not agreed"),
    "a foreign key": (lambda r: resigned(r, STRANGER), "is not trusted"),
    "a foreign key that names ours": (
        lambda r: repacked(resigned(r, STRANGER), 0, lambda h: h | {"kid": OURS.jwk["kid"]}),
        "signature is wrong",
    ),
    "a foreign key brought along": (
        lambda r: repacked(resigned(r, STRANGER), 0, lambda h: h | {"jwk": STRANGER.jwk}),
        "is not trusted",
    ),
    "another number": (lambda r: resigned(r, OURS, number=r["number"] + 1), "came in its place"),
    "a number that is a text": (lambda r: resigned(r, OURS, number=str(r["number"])), "came in its place"),
    "another text before it": (lambda r: resigned(r, OURS, previous="1" * 64), "not the one that was read"),
    "another kind": (lambda r: resigned(r, OURS, kind="paid"), "neither confirms nor corrects"),
    "a row put together": (lambda r: r | {"item_number": "DP-mine"}, "says something else"),
    "a row with another number beside": (lambda r: r | {"number": 99}, "says something else"),
    "no text": (lambda r: {"number": r["number"]}, "cannot be read"),
    "no JSON in it": (lambda r: r | {"signed": "e30.AAAA.AAAA"}, "cannot be read"),
    "letters that are none": (lambda r: r | {"signed": "ক.খ.গ"}, "cannot be read"),
}


@pytest.mark.parametrize("how", sorted(TAMPERED))
def test_what_was_tampered_with_stops_the_reader_before_it(feed: tuple[Feed, OverHttp], book: Book, how: str) -> None:
    server, source = feed
    standing, pay = story(server, 20), Payer()
    change, why = TAMPERED[how]
    server.spoil = lambda rows: [change(row) if row["number"] == 11 else row for row in rows]
    for _ in range(2):
        with pytest.raises(Distrust, match=why) as found:
            follow(book, source, pay)
        assert found.value.number == 11
        assert pay.told == list(range(1, 11)) and book.place().number == 10, "what came before is done, and no more"
    server.spoil = lambda rows: rows
    follow(book, source, pay)
    assert pay.paid == standing and len(pay.told) == len(server.rows)


@pytest.mark.parametrize(
    "mix",
    [
        lambda rows: [row for row in rows if row["number"] != 4],
        lambda rows: sorted(rows, key=lambda row: (row["number"] == 4, row["number"])),
        lambda rows: [one for row in rows for one in ([row, row] if row["number"] == 4 else [row])],
        lambda rows: rows[::-1],
    ],
    ids=["a hole", "late", "twice", "backwards"],
)
def test_a_sequence_with_a_hole_or_a_double_is_not_followed(
    feed: tuple[Feed, OverHttp], book: Book, mix: Callable[[list[Row]], list[Row]]
) -> None:
    server, source = feed
    standing, pay = story(server, 9), Payer()
    server.spoil = mix
    with pytest.raises(Distrust):
        follow(book, source, pay)
    assert pay.told == list(range(1, book.place().number + 1))
    server.spoil = lambda rows: rows
    follow(book, source, pay)
    assert pay.paid == standing and len(pay.told) == len(server.rows)


def test_what_the_post_itself_contradicts_is_not_followed(feed: tuple[Feed, OverHttp], book: Book) -> None:
    """Signed, numbered, chained, and wrong: the same parcel confirmed twice, or corrected where nothing stands."""
    server, source = feed
    pay = Payer()
    server.tell("DP1")
    server.tell("DP1")
    with pytest.raises(Distrust, match="was confirmed by 1 already"):
        follow(book, source, pay)
    del server.rows[1]
    server.tell("DP2", corrects=1)
    with pytest.raises(Distrust, match="does not stand for DP2"):
        follow(book, source, pay)
    del server.rows[1]
    server.tell("DP1", corrects=1)
    follow(book, source, pay)
    server.tell("DP1", corrects=1)
    with pytest.raises(Distrust, match="does not stand"):
        follow(book, source, pay)
    assert pay.paid == set() and pay.told == [1, 2]


def test_a_new_key_is_believed_when_somebody_says_so_and_the_old_one_signs_no_more(
    feed: tuple[Feed, OverHttp], book: Book
) -> None:
    server, source = feed
    pay = Payer()
    server.tell("DP1")
    server.tell("DP2", by=NEXT)
    server.tell("DP3", by=NEXT)
    with pytest.raises(Distrust, match=f"key {NEXT.jwk['kid']} is not trusted"):
        follow(book, source, pay)
    assert pay.told == [1]
    book.trust(NEXT.jwk)
    follow(book, source, pay)
    server.tell("DP4", by=OURS)
    with pytest.raises(Distrust, match="was replaced by another at 2"):
        follow(book, source, pay)
    book.trust(OURS.jwk)  # somebody has asked the post, and it went back to the old one
    follow(book, source, pay)
    assert pay.told == [1, 2, 3, 4] and book.prove().number == 4


def test_two_keys_that_take_turns_in_one_page_are_noticed(feed: tuple[Feed, OverHttp], book: Book) -> None:
    server, source = feed
    book.trust(NEXT.jwk)
    for n, by in enumerate((OURS, NEXT, OURS)):
        server.tell(f"DP{n}", by=by)
    with pytest.raises(Distrust, match="was replaced"):
        follow(book, source, Payer())
    assert book.place().number == 2


def test_reading_may_begin_anywhere_with_the_hash_of_the_text_before(feed: tuple[Feed, OverHttp], book: Book) -> None:
    server, source = feed
    for n in range(5):
        server.tell(f"DP{n}")
    server.tell("DP1", corrects=2)  # paid by somebody else, before this book began
    server.tell("DP4", corrects=5)
    wrong = Place(3, "1" * 64)
    book.begin_after(wrong)
    with pytest.raises(Distrust, match="not the one that was read"):
        follow(book, source, Payer())
    pay = Payer()
    book.begin_after(Place(3, sha256(server.rows[2]["signed"].encode()).hexdigest()))
    follow(book, source, pay)
    assert pay.told == [4, 5, 7] and pay.paid == {"DP3"}
    with pytest.raises(ValueError, match="begun already"):
        book.begin_after(Place())


class Killed(BaseException):
    """The power went."""


def test_stopped_anywhere_nothing_is_paid_twice_and_nothing_is_left_out(
    feed: tuple[Feed, OverHttp], tmp_path: Path
) -> None:
    server, source = feed
    standing, pay, draw, kills = story(server, 60), Payer(), random.Random(5), 0
    with Book(tmp_path / "book.db") as book:
        book.trust(OURS.jwk)

    def pay_and_perhaps_die(instruction: Instruction) -> None:
        if draw.random() < 0.1:
            raise Killed
        pay(instruction)
        if draw.random() < 0.1:
            raise Killed  # paid, and not struck off

    while True:
        book = Book(tmp_path / "book.db")
        try:
            follow(book, source, pay_and_perhaps_die)
            break
        except Killed:
            kills += 1
        finally:
            book.close()
    assert kills > 5 and len(pay.told) > len(set(pay.told)), "nothing was tested"
    assert pay.paid == standing and sorted(pay.done) == list(range(1, len(server.rows) + 1))


_PROGRAM = """#!/bin/sh
told=$(cat)
number=${told#*number\\": }
number=${number%%,*}
sleep 0.01
printf %s "$told" > "FOLDER/.$$"
ln "FOLDER/.$$" "FOLDER/$number" 2> /dev/null || echo "$number" >> FOLDER/.again
sleep 0.01
"""


def payer(folder: Path) -> Path:
    """A program that pays: a file for each number, which is there once or not at all."""
    (folder / "paid").mkdir()
    program = folder / "pay"
    program.write_text(_PROGRAM.replace("FOLDER", str(folder / "paid")))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def paid_by(folder: Path) -> dict[int, Instruction]:
    files = [file for file in (folder / "paid").iterdir() if not file.name.startswith(".")]
    return {int(file.name): Instruction(**json.loads(file.read_text())) for file in files}


def test_the_program_killed_again_and_again_pays_each_delivery_once(
    feed: tuple[Feed, OverHttp], tmp_path: Path
) -> None:
    server, source = feed
    server.page = 5
    standing, draw = story(server, 40), random.Random(2)
    program, book = payer(tmp_path), tmp_path / "book.db"
    with Book(book) as one:
        one.trust(OURS.jwk)
    run = [sys.executable, "-m", "post_confirmations", "follow", str(book), "--url", source.url, "--pay", str(program)]
    environment = os.environ | {"PYTHONPATH": str(CLIENT)}
    for _ in range(7):
        before = len(paid_by(tmp_path))
        reader = subprocess.Popen(run, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        while len(paid_by(tmp_path)) == before and reader.poll() is None:
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.05))
        assert reader.poll() is None, "it was too quick to be killed"
        os.killpg(reader.pid, signal.SIGKILL)
        reader.wait()
    assert subprocess.run(run, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == DONE
    with Book(book) as one:
        assert one.prove().number == len(server.rows) and one.count()["due"] == 0
    done = paid_by(tmp_path)
    assert sorted(done) == list(range(1, len(server.rows) + 1)) and paid(done) == standing


def test_two_readers_do_not_share_a_book(feed: tuple[Feed, OverHttp], book: Book, tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError):
        Book(tmp_path / "book.db")
    assert main(["prove", str(tmp_path / "book.db")]) == BUSY


def test_the_program_says_how_it_ended(
    feed: tuple[Feed, OverHttp], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server, source = feed
    url, book, program = source.url, str(tmp_path / "b.db"), str(payer(tmp_path))
    server.tell("DP1")
    reading = ["follow", book, "--url", url, "--pay", program]
    assert main(reading) == LOOK and "is not trusted" in capsys.readouterr().err
    assert main(["trust", book, "--url", url, STRANGER.jwk["kid"]]) == LOOK
    server.public = [STRANGER.jwk | {"kid": OURS.jwk["kid"]}]
    assert main(["trust", book, "--url", url, OURS.jwk["kid"]]) == LOOK, "a key is what it is, whatever it is called"
    server.public = [OURS.jwk]
    assert main(["trust", book, "--url", url, OURS.jwk["kid"]]) == DONE
    server.misbehave(Fault.BROKEN)
    assert main(reading) == AGAIN
    assert main(reading) == DONE
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "new": 1,
        "number": 1,
        "told": 1,
        "done": 1,
        "due": 0,
    }
    assert main(["prove", book]) == DONE
    Path(program).write_text("#!/bin/sh\nexit 1\n")
    server.tell("DP2")
    assert main(reading) == AGAIN
    with Book(Path(book)) as one:
        assert one.count() == {"told": 2, "done": 1, "due": 1}, "it is read, and still to be paid"


# With the application


class Relay(Standin):
    """Brings requests over the network to the application."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self.api = api

    def answer(self, asked: Asked) -> Answer:
        """The application's."""
        sent = {"Authorization": asked.headers["authorization"]}
        found = self.api.client.get(asked.path, params=dict(asked.query), headers=sent)
        return Answer(found.content, found.status_code)


@pytest.fixture(scope="module")
def api(settings: Settings) -> Iterator[Api]:
    with running(settings.model_copy(update={"schema_name": "confirmed"})) as api:
        yield api


def delivered(api: Api, merchant: str, ref: str, turn: int) -> tuple[str, str]:
    """A parcel handed over, and confirmed by its office; gives it and the scan that confirmed it."""
    item, rider = api.item(merchant, ref, cod_poisha=0), f"1216-R{turn:02}"
    api.with_rider(item, rider)
    api.claims(api.scan(item, "delivered_claimed", holder=f"rider:{rider}"))
    count = {"office": "1216", "rider": rider, "closed_on": "2026-11-22", **counted(0)}
    taken(api.post("/v1/day-closes/riders", count))
    scans = taken(api.get(f"/v1/items/{item}"))["scans"]
    return item, next(one["scan_id"] for one in scans if one["event"] == "delivered_confirmed")


def confirm(api: Api, by: Signer) -> int:
    with api.engine.database.transaction() as connection:
        return confirm_deliveries(connection, by, api.at)


def test_the_reader_and_the_application_agree(api: Api, tmp_path: Path) -> None:
    ours, pay, merchant = signer(api.engine.facts.advice_key), Payer(), api.shop()
    first, scan = delivered(api, merchant, "R-1", 1)
    second, _ = delivered(api, merchant, "R-2", 2)
    assert confirm(api, ours) == 2
    relay = Relay(api)
    with served(relay) as url, Book(tmp_path / "book.db") as book:
        source = OverHttp(url, "development")
        (jwk,) = source.public_keys()
        assert book.trust(dict(jwk)).kid == ours.jwk["kid"]
        relay.misbehave(Fault.GARBLED)
        with pytest.raises(Unreachable):
            follow(book, source, pay)
        assert follow(book, source, pay) == 2 and pay.paid == {first, second}

        said = {"scan_id": scan, "why": "handed to the neighbour by mistake", "by": "postmaster"}
        taken(api.post(f"/v1/items/{first}/corrections", said))
        assert confirm(api, ours) == 1
        assert follow(book, source, pay) == 1 and pay.paid == {second}

        api.at += timedelta(minutes=30)
        third, _ = delivered(api, merchant, "R-3", 3)
        assert confirm(api, NEXT) == 1, "the secret was changed"
        with pytest.raises(Distrust, match="is not trusted"):
            follow(book, source, pay)
        assert {one["kid"] for one in source.public_keys()} == {ours.jwk["kid"], NEXT.jwk["kid"]}
        book.trust(next(dict(one) for one in source.public_keys() if one["kid"] == NEXT.jwk["kid"]))
        assert follow(book, source, pay) == 1 and pay.paid == {second, third}
        whole = book.prove()

    file = tmp_path / "confirmations.ndjson"
    with api.engine.database.transaction() as connection:
        assert write_confirmations(connection, file, ours) == 4
    with file.open("ab") as torn:
        torn.write(b'{"number": 5, "signed": "ha')
    with api.engine.database.transaction() as connection:
        assert write_confirmations(connection, file, ours) == 0
    other, again = Payer(), FromFile(file)
    with Book(tmp_path / "other.db") as book:
        for one in again.public_keys():
            book.trust(dict(one))
        assert follow(book, again, other) == 4
        assert (book.prove(), other.paid) == (whole, pay.paid)
