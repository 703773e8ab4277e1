"""A shop that books and a rider who collects, killed over and over; then everything acknowledged is looked for.

    python -m tests.operations.crash DATA_DIR SEED KILLS [red]

The program forks a client, which is also the server's process, and kills it or its database at seeded points. The
client journals every acknowledgement on disk, retries until it has one, and when it is born again goes on with the
request that has none. ``red`` plants a bug: the scan, by which a claim is known again, is committed before its cash.
"""

import json
import mmap
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, text

from post_logistics.cod.proof import check_books
from post_logistics.consignments.booking import Order
from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, book
from post_logistics.settings import Settings
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.journey import fold_many
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, MerchantId, Postcode

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 22, 6, tzinfo=DHAKA)
SHOP = Merchant(MerchantId("shop"), "Shop", "New Market, Dhaka", "", AT)
ADDRESSES = ("House 5, Road 3, Mirpur-10, Dhaka", "H# 12, Dhanmondi 27", "বাসা ৭, উত্তরা সেক্টর ১১, ঢাকা")
IDLE, WORKING, HALF_DONE, ANSWERING = range(4)
"""What the client is at, in a byte that it shares with the killer. HALF_DONE occurs only with the planted bug."""
ANSWER_S = 0.01
"""How long an answer travels to the client: long enough to be killed in."""
PATIENCE_S = 60


def settings_for(data_dir: Path) -> Settings:
    """Settings of the database that is crashed."""
    return Settings(_env_file=None, data_dir=data_dir, facts_dir=ROOT / "data")  # type: ignore[call-arg]


# The client: what it asks for

Answer = tuple[str, bool]
"""What was answered, and whether that had been done before."""


def order(n: int) -> Order:
    return Order(
        merchant=SHOP.name,
        store_address=SHOP.store_address,
        order_ref=f"K{n}",
        recipient_name="কৃষ্ণা",
        recipient_phone="+8801712345678",
        recipient_address=ADDRESSES[n % len(ADDRESSES)],
        weight_g=1000,
        cod_poisha=100_000 + n,
        declared_value_poisha=0,
        description="",
        note="",
        weight_assumed=False,
    )


def scan(device: str, sequence: int, item: str, event: Event, holder: str, minute: int) -> Scan:
    at = AT + timedelta(minutes=minute)
    return Scan(
        scan_id=scan_id_of(device, sequence),
        item_number=ItemNumber(item),
        event=event,
        occurred_at=at,
        recorded_at=at,
        device_id=device,
        sequence=sequence,
        office=Postcode("1216"),
        holder=holder,
    )


def out_scans(n: int, item: str) -> list[Scan]:
    arrived = scan("counter", 2 * n, item, Event.AT_DELIVERY_OFFICE, "office:1216", 1)
    return [arrived, scan("counter", 2 * n + 1, item, Event.OUT_FOR_DELIVERY, "rider:1216-R01", 2)]


def claim(n: int, item: str) -> Claim:
    return Claim(scan("rider", n, item, Event.DELIVERED_CLAIMED, "rider:1216-R01", 3), order(n).cod_poisha)


@dataclass(frozen=True, slots=True)
class Journal:
    """Lines that outlive the process that wrote them: requests tried, answers had."""

    path: Path

    def write(self, what: str, key: str, answer: str = "", replayed: bool = False) -> None:
        line = json.dumps({"what": what, "key": key, "answer": answer, "replayed": replayed}) + "\n"
        with self.path.open("a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def lines(self, what: str) -> list[dict[str, Any]]:
        whole = self.path.read_text().splitlines(keepends=True) if self.path.exists() else []
        return [one for line in whole if line.endswith("\n") and (one := json.loads(line))["what"] == what]

    def acknowledged(self) -> dict[str, str]:
        """Request -> its answer."""
        return {line["key"]: line["answer"] for line in self.lines("ack")}


class Client:
    """Books, scans and collects parcel after parcel, each request under a key that stays the same."""

    def __init__(self, database: Database, facts: Facts, journal: Journal, phase: mmap.mmap, red: bool) -> None:
        self.database = database
        self.facts = facts
        self.numbers = Numbers(database, facts.number_key)
        self.journal = journal
        self.phase = phase
        self.red = red
        self.known = journal.acknowledged()

    def one_parcel(self, n: int) -> None:
        self.until_acknowledged(f"book {n}", lambda: self.book(n))
        item = self.known[f"book {n}"]
        self.until_acknowledged(f"hand out {n}", lambda: self.hand_out(n, item))
        self.until_acknowledged(f"collect {n}", lambda: (self.collect_badly if self.red else self.collect)(n, item))

    def until_acknowledged(self, key: str, act: Callable[[], Answer]) -> None:
        while key not in self.known:
            self.journal.write("try", key)
            self.phase[0] = WORKING
            try:
                answer, replayed = act()
            except Unavailable:
                while not self.database.is_ready():
                    time.sleep(0.05)
                continue
            self.phase[0] = ANSWERING
            time.sleep(ANSWER_S)
            self.journal.write("ack", key, answer, replayed)
            self.known[key] = answer

    def book(self, n: int) -> Answer:
        with self.database.transaction() as connection:
            append_merchants(connection, [SHOP])
            (verdict,) = book(connection, self.facts, self.numbers, [Asked(order=order(n), merchant=SHOP)], AT)
        assert verdict.outcome is not Outcome.REJECTED, verdict.problems
        return verdict.item_number, verdict.outcome is Outcome.DUPLICATE

    def hand_out(self, n: int, item: str) -> Answer:
        with self.database.transaction() as connection:
            verdicts = record_scans(connection, out_scans(n, item))
        return item, all(verdict.outcome is ScanOutcome.DUPLICATE for verdict in verdicts)

    def collect(self, n: int, item: str) -> Answer:
        with self.database.transaction() as connection:
            (verdict,) = deliver(connection, [claim(n, item)])
        assert verdict.outcome in {ScanOutcome.ACCEPTED, ScanOutcome.DUPLICATE}, verdict
        return item, verdict.outcome is ScanOutcome.DUPLICATE

    def collect_badly(self, n: int, item: str) -> Answer:
        """The planted bug: key and work in two transactions, and a known key taken for work done."""
        with self.database.transaction() as connection:
            (verdict,) = record_scans(connection, [claim(n, item).scan])
        if verdict.outcome is ScanOutcome.DUPLICATE:
            return item, True
        self.phase[0] = HALF_DONE
        time.sleep(ANSWER_S)
        return self.collect(n, item)

    def say_everything_again(self) -> None:
        """Every acknowledged request once more, as a client does that has lost its memory."""
        done = [key.removeprefix("collect ") for key in self.known if key.startswith("collect ")]
        parcels = {int(n): self.known[f"book {n}"] for n in done}
        asked = [Asked(order=order(n), merchant=SHOP) for n in parcels]
        with self.database.transaction() as connection:
            booked = book(connection, self.facts, self.numbers, asked, AT)
            collected = deliver(connection, [claim(n, item) for n, item in parcels.items()])
        for n, first, second in zip(parcels, booked, collected, strict=True):
            self.journal.write("again", f"book {n}", first.item_number, first.outcome is Outcome.DUPLICATE)
            known = second.outcome is ScanOutcome.DUPLICATE
            self.journal.write("again", f"collect {n}", second.scan.item_number, known)


# The killer


@dataclass(frozen=True, slots=True)
class Kill:
    """Who dies, and when: ``delay_s`` after the client is at work, and then as soon as it is in that phase, if any."""

    target: str
    phase: int | None
    delay_s: float


_KINDS = (
    *[("client", ANSWERING)] * 4,  # the work is committed, nobody has been told
    *[("client", None)] * 4,
    ("client", IDLE),  # while it opens the database
    *[("postmaster", None)] * 2,
    ("cluster", None),  # the postmaster with all its processes, as when a machine stops
)


def plan_kills(seed: int, kills: int) -> list[Kill]:
    """That many kills of every kind, in an order and with delays that the seed decides."""
    chance = random.Random(seed)
    kinds = [_KINDS[n % len(_KINDS)] for n in range(kills)]
    chance.shuffle(kinds)
    return [Kill(target, phase, chance.uniform(0, 0.3)) for target, phase in kinds]


def live(data_dir: Path, facts: Facts, phase: mmap.mmap, killer: int, red: bool) -> None:
    """One life of the client; when it is told to stop it finishes its parcel and says everything again."""
    journal = Journal(data_dir / "journal")
    while True:
        try:
            with open_database(settings_for(data_dir)) as database:
                client = Client(database, facts, journal, phase, red)
                for n in count(sum(key.startswith("collect ") for key in client.known)):
                    client.one_parcel(n)
                    if phase[1] or os.getppid() != killer:
                        break
                if not red:  # which would heal what the bug has broken
                    client.say_everything_again()
                return
        except Unavailable:
            time.sleep(0.05)


def wait_for(child: int, what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        if time.monotonic() > deadline or os.waitpid(child, os.WNOHANG)[0]:
            raise RuntimeError("the client died by itself, or does not get there")
        time.sleep(0.0002)


def kill_database(data_dir: Path, whole_cluster: bool) -> None:
    """Kills a server that runs."""
    postmaster = psutil.Process(int((data_dir / "postgresql" / "postmaster.pid").read_text().split()[0]))
    others = postmaster.children() if whole_cluster else []
    for process in (postmaster, *others):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def run(data_dir: Path, kills: list[Kill], red: bool) -> None:
    """Lives of a client, each ended by a kill, but for the last."""
    facts, phase, killer = load_facts(settings_for(data_dir)), mmap.mmap(-1, 2), os.getpid()

    def born() -> int:
        phase[0] = IDLE
        child = os.fork()
        if not child:
            live(data_dir, facts, phase, killer, red)
            os._exit(0)
        return child

    child = born()
    for kill in kills:
        wait_for(child, lambda: phase[0] != IDLE or kill.phase == IDLE)  # noqa: B023
        time.sleep(kill.delay_s)
        wait_for(child, lambda: kill.phase in {None, IDLE, phase[0]})  # noqa: B023
        if kill.target == "client":
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            child = born()
        else:
            kill_database(data_dir, whole_cluster=kill.target == "cluster")
            wait_for(child, lambda: phase[0] == WORKING)
            wait_for(child, lambda: phase[0] == ANSWERING)
    phase[1] = True
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


@contextmanager
def after_crashes(seed: int, kills: int, *, red: bool = False) -> Iterator[tuple[Database, Journal]]:
    """The database as the crashes of a run have left it, and the journal of its client."""
    data_dir = Path(tempfile.mkdtemp(prefix="post-logistics-crash-"))
    command = [sys.executable, "-m", "tests.operations.crash", str(data_dir), str(seed), str(kills)]
    try:
        done = subprocess.run(
            [*command, "red"] if red else command, cwd=ROOT, capture_output=True, text=True, timeout=1_800, check=False
        )
        with open_database(settings_for(data_dir)) as database:
            assert done.returncode == 0, done.stderr
            yield database, Journal(data_dir / "journal")
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


# What must be true afterwards

_NEVER = {
    "one key, several consignments": "select order_ref from consignments group by merchant_id, order_ref "
    "having count(*) > 1",
    "a consignment without its recipient, journey and one booked scan": "select item_number from consignments c "
    "where not exists (select from recipients r where r.item_number = c.item_number) "
    "or not exists (select from journeys j where j.item_number = c.item_number) "
    "or 1 <> (select count(*) from scans s where s.item_number = c.item_number and event = 'booked')",
    "one key, several scans": "select device_id, sequence from scans group by device_id, sequence having count(*) > 1",
    "cash without its claim": "select cause from transfers t where not exists (select from scans s "
    "where s.scan_id::text = t.cause and s.item_number = t.item_number and event = 'delivered_claimed')",
    "a claim without its cash": "select item_number from scans s join consignments c using (item_number) "
    "where event = 'delivered_claimed' and c.cod_poisha <> coalesce("
    "(select sum(amount_poisha) from transfers t where t.cause = s.scan_id::text), 0)",
    "a parcel paid twice": "select item_number from transfers group by item_number having count(*) > 1",
}


def findings(connection: Connection, journal: Journal) -> list[str]:
    """Everything that is wrong in the database, given what its client was told."""
    wrong = [f"{what}: {list(rows)}" for what, sql in _NEVER.items() if (rows := connection.execute(text(sql)).all())]
    acknowledged = journal.acknowledged()
    stored = {row.order_ref: row.item_number for row in connection.execute(text("select * from consignments"))}
    scanned = {row.scan_id for row in connection.execute(text("select scan_id from scans"))}
    paid = {row.cause for row in connection.execute(text("select cause from transfers"))}
    for key, item in acknowledged.items():
        what, _, n = key.rpartition(" ")
        claimed = claim(int(n), item).scan.scan_id
        kept = {
            "book": lambda n=n, item=item: stored.get(f"K{n}") == item,
            "hand out": lambda n=n, item=item: {one.scan_id for one in out_scans(int(n), item)} <= scanned,
            "collect": lambda claimed=claimed: claimed in scanned and str(claimed) in paid,
        }[what]()
        if not kept:
            wrong.append(f"{key} was acknowledged as {item} and is not there")
    tried = {line["key"] for line in journal.lines("try")}
    wrong += [f"{reference} was never asked for" for reference in stored if f"book {reference[1:]}" not in tried]
    for line in journal.lines("again"):
        if line["answer"] != acknowledged[line["key"]] or not line["replayed"]:
            wrong.append(f"{line['key']} told again was answered {line}")
    folded = fold_many(load_scans(connection, list(stored.values())))
    for one in load_standings(connection):
        journey = folded[ItemNumber(one.item_number)]
        if (one.state, one.holder, one.since) != (journey.state, journey.holder, journey.since):
            wrong.append(f"{one.item_number} stands as {one.state}, its scans say {journey.state}")
    return [*wrong, *check_books(load_transfers(connection))]


@dataclass(frozen=True, slots=True)
class Tally:
    """How much a run has tested."""

    acknowledged: int
    retries: int
    replays: int


def tally(journal: Journal) -> Tally:
    """Requests acknowledged, tries beyond the first, and answers to what had been done before."""
    tries = Counter(line["key"] for line in journal.lines("try"))
    acks = journal.lines("ack")
    return Tally(len(acks), sum(tries.values()) - len(tries), sum(line["replayed"] for line in acks))


def main() -> None:
    data_dir, seed, kills, *red = sys.argv[1:]
    half_done = [Kill("client", HALF_DONE, 0.0)] * int(kills)
    run(Path(data_dir), half_done if red else plan_kills(int(seed), int(kills)), bool(red))


if __name__ == "__main__":
    main()
