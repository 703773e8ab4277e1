"""Shops that book and a rider who collects over HTTP, while the processes that answer them are killed over and over.

    python -m tests.api.crash DATA_DIR SEED KILLS [red]

The program loads the application once and forks its workers, which share a port; killed ones are forked anew. Clients
of a process of their own send every request under an ``Idempotency-Key`` that stays the same, again and again until it
is answered with 2xx, and journal each answer on disk before the next request. ``red`` plants a bug: a key is committed
before its work, and a known key is taken for work done.
"""

import asyncio
import gc
import json
import logging
import mmap
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from shutil import rmtree
from threading import Thread
from typing import Any, Final

import psycopg
from fastapi import FastAPI, Request
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from pydantic import SecretStr
from sqlalchemy import Connection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.app import create_app
from api.context import Engine, Now, TheEngine, _claim, _idempotency_key, transaction
from api.keyring import Keyring
from post_logistics.access.roles import Place, Role
from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.access.keys import make_key, make_merchant_keys
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.storage.access.answers import keep_answer
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.embedded import embedded_server, ensure_running
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import DHAKA, MerchantId, Postcode
from tests.api.client import order
from tests.api.test_server import free_port
from tests.operations.crash import Journal, kill_database, settings_for

ROOT: Final = Path(__file__).resolve().parents[2]
WORKERS: Final = 2
SHOPS: Final = 3
COD_POISHA: Final = 100_000
IDLE, WORKING, HALF_DONE, ANSWERING = range(4)
"""What a worker was last at, in a byte that it shares with the killer. HALF_DONE occurs only with the planted bug."""
ANSWER_S: Final = 0.005
"""How long an answer travels to the client: long enough to be killed in."""
PATIENCE_S: Final = 60
STOP: Final = WORKERS
"""The byte that tells the clients to finish their parcels."""


# The application, as it is but for where it says what it is at


class Phased:
    """Says in a shared byte what the worker is at, and lets every answer travel for a while."""

    def __init__(self, app: ASGIApp, phases: mmap.mmap, slot: int) -> None:
        self._app = app
        self._phases = phases
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._phases[self._slot] = ANSWERING
                await asyncio.sleep(ANSWER_S)
            await send(message)

        self._phases[self._slot] = WORKING
        await self._app(scope, receive, told)
        self._phases[self._slot] = IDLE


def key_before_work(phases: mmap.mmap, slot: int) -> Any:
    """The planted bug, in the place of a request's transaction."""

    def bad(engine: TheEngine, request: Request, at: Now) -> Iterator[Connection]:
        key = _idempotency_key(request)
        assert key is not None
        with engine.database.transaction() as connection:
            _claim(connection, request, key, at)
            keep_answer(connection, str(request.state.who.place), key, 201, "application/json", b'{"item_number": ""}')
        phases[slot] = HALF_DONE
        time.sleep(ANSWER_S)
        with engine.database.transaction() as connection:
            yield connection

    return bad


@dataclass(frozen=True, slots=True)
class Loaded:
    """What every worker is forked with."""

    app: FastAPI
    url: str
    settings: Settings
    facts: Facts
    phases: mmap.mmap
    port: int
    red: bool

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        """The database, once it is there."""
        with ExitStack() as stack:
            while True:
                try:
                    database = stack.enter_context(open_database(self.settings))
                    break
                except Unavailable:
                    time.sleep(0.05)
            yield database

    def serve(self, slot: int) -> None:
        """Answers, in a process that was just forked, until it is killed."""
        with self._opened() as database:
            numbers = Numbers(database, self.facts.number_key)
            self.app.state.engine = Engine(self.settings, database, self.facts, numbers, Keyring(database))
            if self.red:
                self.app.dependency_overrides[transaction] = key_before_work(self.phases, slot)
            target = Phased(self.app, self.phases, slot)
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            server = Server(target, port=self.port, interface=Interfaces.ASGINL, log_level=LogLevels.critical)
            loop.run_until_complete(server.serve())


# The clients


@dataclass(frozen=True, slots=True)
class Keys:
    """What lets the clients in: a key for each shop, and one for the office."""

    shops: tuple[str, ...]
    office: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    path: str
    bearer: str
    body: dict[str, Any]


class Client:
    """One shop and its rider: books, hands out and collects parcel after parcel."""

    def __init__(self, shop: int, keys: Keys, port: int, journal: Journal) -> None:
        self.shop = shop
        self.keys = keys
        self.port = port
        self.journal = journal
        self.connection = HTTPConnection("127.0.0.1", port, timeout=10)
        self.asked: dict[str, Ask] = {}
        self.answers: dict[str, str] = {}

    def one_parcel(self, n: int) -> None:
        """From the order to the cash."""
        name = f"{self.shop}.{n}"
        booked = Ask("/v1/consignments", self.keys.shops[self.shop], order(f"K{name}", cod_poisha=COD_POISHA))
        item = json.loads(self.until_acknowledged(f"book {name}", booked))["item_number"]
        out = [_scan(item, f"counter-{self.shop}", 2 * n, "at_delivery_office", "office:1216")]
        out += [_scan(item, f"counter-{self.shop}", 2 * n + 1, "out_for_delivery", "rider:1216-R01")]
        self.until_acknowledged(f"hand out {name}", Ask("/v1/scans", self.keys.office, {"scans": out}))
        claim = _scan(item, f"rider-{self.shop}", n, "delivered_claimed", "rider:1216-R01")
        claim = {**claim, "collected_poisha": COD_POISHA}
        self.until_acknowledged(f"collect {name}", Ask("/v1/deliveries", self.keys.office, {"claims": [claim]}))

    def until_acknowledged(self, key: str, ask: Ask) -> str:
        """The answer, kept on disk; whatever happens on the way, the same request is sent until there is one."""
        self.asked[key] = ask
        while key not in self.answers:
            self.journal.write("try", key)
            told = self.send(key, ask)
            if told is not None:
                self.journal.write("ack", key, *told)
                self.answers[key] = told[0]
        return self.answers[key]

    def send(self, key: str, ask: Ask) -> tuple[str, bool] | None:
        """Body, and whether it was done before; None without a 2xx. AssertionError for what must not be answered."""
        headers = {"Authorization": f"Bearer {ask.bearer}", "Content-Type": "application/json", "Idempotency-Key": key}
        try:
            self.connection.request("POST", ask.path, json.dumps(ask.body).encode(), headers)
            answer = self.connection.getresponse()
            body = answer.read().decode()
        except (OSError, HTTPException):
            self.connection.close()
            time.sleep(0.02)
            return None
        if answer.status == 503:
            assert answer.headers["Retry-After"], "503 without Retry-After"
            time.sleep(0.05)
            return None
        assert answer.status in {200, 201}, f"{answer.status}: {body}"
        return body, answer.headers.get("Idempotent-Replayed") == "true"

    def say_everything_again(self) -> None:
        """Every acknowledged request once more, as a client does that has lost its memory."""
        for key, ask in self.asked.items():
            told = None
            while told is None:
                told = self.send(key, ask)
            self.journal.write("again", key, *told)


def _scan(item: str, device: str, sequence: int, event: str, holder: str) -> dict[str, Any]:
    return {
        "item_number": item,
        "event": event,
        "occurred_at": datetime.now(DHAKA).isoformat(),
        "device_id": device,
        "sequence": sequence,
        "office": "1216",
        "holder": holder,
    }


def clients(keys: Keys, port: int, phases: mmap.mmap, folder: Path, red: bool) -> int:
    """Lives of all the clients, until they are told to stop; gives back the exit status of their process."""
    failed: list[str] = []

    def live(shop: int) -> None:
        client = Client(shop, keys, port, Journal(folder / f"journal-{shop}"))
        try:
            for n in count():
                client.one_parcel(n)
                if phases[STOP]:
                    break
            if not red:
                client.say_everything_again()
        except Exception as error:
            if red and isinstance(error, KeyError | AssertionError):  # the lie has been found out by the next step
                return
            failed.append(f"shop {shop}: {error!r}")

    threads = [Thread(target=live, args=(shop,)) for shop in range(SHOPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.stderr.write("\n".join(failed) + "\n")
    return int(bool(failed))


# The killer


@dataclass(frozen=True, slots=True)
class Kill:
    """Who dies, and when: ``delay_s`` after the last kill, and then as soon as it is in that phase, if any."""

    target: str
    phase: int | None
    delay_s: float


_KINDS: Final = (
    *[("worker", ANSWERING)] * 6,  # the work is committed, nobody has been told
    *[("worker", WORKING)] * 6,
    *[("workers", None)] * 2,
    ("worker", IDLE),
    ("cluster", None),  # the database with all its processes, as when a machine stops
)


def plan_kills(seed: int, kills: int) -> list[Kill]:
    """That many kills of every kind, in an order and with delays that the seed decides."""
    chance = random.Random(seed)
    kinds = [_KINDS[n % len(_KINDS)] for n in range(kills)]
    chance.shuffle(kinds)
    return [Kill(target, phase, chance.uniform(0.1, 0.6)) for target, phase in kinds]


def prepared(settings: Settings, draw: random.Random) -> Keys:
    """Shops and an office, each with a key of its own."""
    at = datetime.now(DHAKA)
    shops = [Merchant(MerchantId(f"shop-{n}"), f"Shop {n}", "New Market, Dhaka", "", at) for n in range(SHOPS)]
    with open_database(settings) as database, database.transaction() as connection:
        append_merchants(connection, shops)
        made = [make_merchant_keys(connection, shop.merchant_id, at, draw, by="test").api_key for shop in shops]
        place = Place(office=Postcode("1216"))
        office = make_key(connection, draw, at, name="scanner", by="test", place=place, role=Role.MANAGER)
    return Keys(tuple(made), office.halves.text)


def run(data_dir: Path, kills: list[Kill], red: bool) -> int:
    """Workers that are killed and forked anew, and clients that never notice more than a pause; their exit status."""
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        url = stack.enter_context(embedded_server(data_dir))
        settings = settings_for(data_dir).model_copy(
            update={"database_url": SecretStr(url), "requests_per_minute": 0, "api_key": SecretStr("x" * 40)}
        )
        keys = prepared(settings, random.Random(1))
        phases = mmap.mmap(-1, WORKERS + 1)
        loaded = Loaded(create_app(settings), url, settings, load_facts(settings), phases, free_port(), red)
        gc.freeze()
        workers = {slot: _forked(loaded.serve, slot) for slot in range(WORKERS)}
        customers = _forked(clients, keys, loaded.port, phases, data_dir, red)
        try:
            for kill in kills:
                time.sleep(kill.delay_s)
                _kill(kill, workers, loaded, data_dir)
            phases[STOP] = 1
            _, status = os.waitpid(customers, 0)
            return os.waitstatus_to_exitcode(status)
        finally:
            for child in (*workers.values(), customers):
                with suppress(ProcessLookupError, ChildProcessError):
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)


def _forked(act: Any, *given: Any) -> int:
    child = os.fork()
    if not child:
        try:
            os._exit(act(*given) or 0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return child


def _kill(kill: Kill, workers: dict[int, int], loaded: Loaded, data_dir: Path) -> None:
    if kill.target == "cluster":
        kill_database(data_dir, whole_cluster=True)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(Unavailable, psycopg.OperationalError):
                ensure_running(data_dir)
                psycopg.connect(loaded.url).close()
                return
            time.sleep(0.05)
        raise RuntimeError("the database does not come back")
    slot = _in_phase(loaded.phases, kill.phase)
    for each in workers if kill.target == "workers" else (slot,):
        os.kill(workers[each], signal.SIGKILL)
        os.waitpid(workers[each], 0)
        loaded.phases[each] = IDLE
        workers[each] = _forked(loaded.serve, each)


def _in_phase(phases: mmap.mmap, phase: int | None) -> int:
    """A worker that is at that; any after a while, if none gets there."""
    until = time.monotonic() + 5
    while phase is not None and time.monotonic() < until:
        for slot in range(WORKERS):
            if phases[slot] == phase:
                return slot
        time.sleep(0.0002)
    return 0


@contextmanager
def after_crashes(seed: int, kills: int, *, red: bool = False) -> Iterator[tuple[Database, list[Journal]]]:
    """The database as the crashes of a run have left it, and the journals of its clients."""
    data_dir = Path(tempfile.mkdtemp(prefix="post-logistics-api-crash-"))
    command = [sys.executable, "-m", "tests.api.crash", str(data_dir), str(seed), str(kills)]
    try:
        done = subprocess.run(
            [*command, "red"] if red else command, cwd=ROOT, capture_output=True, text=True, timeout=7_200, check=False
        )
        with open_database(settings_for(data_dir)) as database:
            assert done.returncode == 0, done.stderr
            yield database, [Journal(data_dir / f"journal-{shop}") for shop in range(SHOPS)]
    finally:
        rmtree(data_dir, ignore_errors=True)


def main() -> None:
    data_dir, seed, kills, *red = sys.argv[1:]
    half_done = [Kill("worker", HALF_DONE, 0.0)] * int(kills)
    sys.exit(run(Path(data_dir), half_done if red else plan_kills(int(seed), int(kills)), bool(red)))


if __name__ == "__main__":
    main()
