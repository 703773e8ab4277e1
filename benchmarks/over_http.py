"""Bookings over HTTP, with all that goes with them, in turns with what the database itself takes for the same rows.

python -m benchmarks.over_http [--rounds 7] [--singles 60] [--half-load SECONDS] [--overload SECONDS]

A booking is sent by a shop under a key of its own (``pl_...``) and an ``Idempotency-Key``, and passes validation,
policy, address, tariff, numbering, scan, journey, kept answer and audit in one transaction. Processor milliseconds are
those of the server's process; what PostgreSQL spends is on either side of the ratio.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import count
from random import Random
from statistics import median, quantiles
from time import perf_counter, sleep

from benchmarks.__main__ import machine
from benchmarks.operations import AT, World, world
from benchmarks.raw import Rows, connect, insert_one_by_one
from benchmarks.serving import CLIENTS, Request, Serving, get, post, serving, together
from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.access.keys import make_merchant_keys
from post_logistics.settings import Settings
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import MerchantId

SHOP = Merchant(MerchantId("http-shop"), "HTTP Shop", "New Market, Dhaka 1205", "", AT)
ADDRESSES = (
    "House 5, Road 3, Mirpur-10, Dhaka 1216",
    "H# 12, Dhanmondi 27, Dhaka",
    "বাসা ৭, উত্তরা সেক্টর ১১, ঢাকা",
    "Flat 4B, House 22, Road 11, Banani, Dhaka",
)
OVERLOADING = 160
_MARKS = {"booking": ">= .60", "the same again": ">= 1.5", "tracking": ">= .20"}


class Asker:
    """A shop that has requests without end."""

    def __init__(self, key: str) -> None:
        self._headers = {"Authorization": f"Bearer {key}"}
        self._numbers = count()
        self.items: list[str] = []

    def orders(self, number: int) -> list[Request]:
        """That many bookings that were never asked for."""
        return [partial(self.book, n=next(self._numbers)) for _ in range(number)]

    def book(self, connection: HTTPConnection, n: int) -> None:
        """Books it; the same number is the same request."""
        asked = {
            "order_ref": f"H{n}",
            "recipient_name": "কৃষ্ণা ক্ষত্রী",
            "recipient_phone": "01712345678",
            "recipient_address": ADDRESSES[n % len(ADDRESSES)],
            "weight_g": 1500,
            "cod_poisha": 100_000 + n % 1000,
        }
        headers = {**self._headers, "Idempotency-Key": f"key-{n}"}
        self.items.append(post(connection, "/v1/consignments", json.dumps(asked).encode(), headers)["item_number"])


@dataclass(frozen=True, slots=True)
class Round:
    """What one side did in one round: how many a second, and the server's processor seconds each."""

    per_s: float
    cpu_s: float


def _round(number: int, work: Callable[[], object], served: Serving | None) -> Round:
    cpu_s, began = served.cpu_s() if served else 0.0, perf_counter()
    work()
    return Round(number / (perf_counter() - began), ((served.cpu_s() if served else 0.0) - cpu_s) / number)


class Sides:
    """Everything that is measured, by name; each gives the work of one round, made ready."""

    def __init__(self, made: World, served: Serving, asker: Asker, settings: Settings, number: int) -> None:
        self._made = made
        self._served = served
        self._asker = asker
        self._number = number
        self._chance = Random(1)
        self._raw = [connect(made.database.url, settings.schema_name) for _ in range(CLIENTS)]
        self._last: list[Request] = []
        days = "generate_series(now(), now() + interval '1 year', interval '1 month')"
        made.raw.execute(f"select ensure_months(array(select {days}))")  # each round of the loops is another day

    def all(self) -> dict[str, Callable[[], Round]]:
        """In the order in which they take turns."""
        return {
            "booking": self.booking,
            "the same again": self.again,
            "psycopg, 5 statements, one loop": self.one_loop,
            f"psycopg, 5 statements, {CLIENTS} loops": self.loops,
            "tracking": self.tracking,
            "no-op": self.nothing,
        }

    def booking(self) -> Round:
        self._last = self._asker.orders(self._number)
        return self._over_http(self._last)

    def again(self) -> Round:
        return self._over_http(self._last)

    def tracking(self) -> Round:
        items = self._chance.choices(self._asker.items, k=self._number)
        return self._over_http([partial(get, path=f"/v1/tracking/{item}") for item in items])

    def nothing(self) -> Round:
        return self._over_http([partial(get, path="/noop")] * self._number)

    def one_loop(self) -> Round:
        rows = self._made.booked_rows(self._number)
        return _round(self._number, lambda: insert_one_by_one(self._raw[0], rows), None)

    def loops(self) -> Round:
        shares = [self._made.booked_rows(self._number // CLIENTS) for _ in range(CLIENTS)]
        return _round(self._number // CLIENTS * CLIENTS, lambda: self._at_once(shares), None)

    def _at_once(self, shares: Sequence[Rows]) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(insert_one_by_one, self._raw, shares))

    def _over_http(self, requests: Sequence[Request]) -> Round:
        return _round(len(requests), lambda: together(self._served.port, requests), self._served)


def compared(rounds: dict[str, list[Round]]) -> str:
    """A Markdown table of ratios."""
    pairs = [
        ("booking", "psycopg, 5 statements, one loop"),
        ("booking", f"psycopg, 5 statements, {CLIENTS} loops"),
        ("the same again", "booking"),
        ("tracking", "no-op"),
        ("booking", "no-op"),
    ]
    lines = ["| what | per second | CPU ms | against | per second | ratio (quartiles) | mark |", "|" + "---|" * 7]
    for ours, theirs in pairs:
        ratios = [a.per_s / b.per_s for a, b in zip(rounds[ours], rounds[theirs], strict=True)]
        low, _, high = quantiles(ratios, n=4, method="inclusive")
        rate, reference = (median(one.per_s for one in rounds[name]) for name in (ours, theirs))
        cpu_ms = 1000 * median(one.cpu_s for one in rounds[ours])
        mark = _MARKS.get(ours, "-") if theirs != "no-op" or ours == "tracking" else "-"
        lines.append(
            f"| {ours} | {rate:,.0f} | {cpu_ms:.2f} | {theirs} | {reference:,.0f} "
            f"| {median(ratios):.2f} ({low:.2f}-{high:.2f}) | {mark} |"
        )
    return "\n".join(lines)


def at_a_rate(port: int, requests: Sequence[Request], per_s: float, clients: int) -> tuple[list[float], Counter[str]]:
    """Seconds that each took from when it was due, and how each was answered: requests come whether or not the one
    before is done, to as many clients as there are."""
    began, took, seen = perf_counter(), [], Counter[str]()

    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for n in range(number, len(requests), clients):
            due = began + n / per_s
            sleep(max(0.0, due - perf_counter()))
            try:
                requests[n](connection)
                took.append(perf_counter() - due)
                seen["taken"] += 1
            except AssertionError as error:
                seen[str(error)[:60]] += 1
            except (OSError, HTTPException) as error:
                connection.close()
                seen[type(error).__name__] += 1

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return took, seen


def half_load(served: Serving, asker: Asker, per_s: float, seconds: float) -> str:
    """How long bookings and tracking take when half as many are asked for as can be done."""
    lines = []
    bookings = asker.orders(int(per_s / 2 * seconds))
    for name, requests in (
        ("booking", bookings),
        ("tracking", [partial(get, path=f"/v1/tracking/{item}") for item in asker.items[: len(bookings)]]),
    ):
        took, seen = at_a_rate(served.port, requests, per_s / 2, 32)
        cuts = quantiles(took, n=100, method="inclusive")
        lines.append(f"{name} at {per_s / 2:.0f}/s: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, {seen}")
    return "\n".join(lines)


def overload(served: Serving, asker: Asker, per_s: float, seconds: float) -> str:
    """What is still done when ten times as much is asked for as can be."""
    requests = asker.orders(int(10 * per_s * seconds))
    began = perf_counter()
    deadline = began + seconds

    def until_then(connection: HTTPConnection, request: Request) -> None:
        assert perf_counter() < deadline, "not sent: the time was over"
        request(connection)

    cpu_s = served.cpu_s()
    _, seen = at_a_rate(served.port, [partial(until_then, request=one) for one in requests], 10 * per_s, OVERLOADING)
    took_s, cpu_s = perf_counter() - began, served.cpu_s() - cpu_s
    taken = f"{seen['taken'] / took_s:.0f}/s taken, {seen['taken'] / cpu_s:.0f} a processor second"
    return f"10 x {per_s:.0f}/s for {seconds:.0f} s: {taken}; {dict(seen)}"


def _asker(made: World) -> Asker:
    with made.database.transaction() as connection:
        append_merchants(connection, [SHOP])
        return Asker(make_merchant_keys(connection, SHOP.merchant_id, AT, Random(1), by="bench").api_key)


def main() -> None:
    """Measures and prints, with commits that wait for the disk and with commits that do not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.over_http", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count, after one that does not (7)")
    parser.add_argument("--singles", type=int, default=60, help="requests of each kind in a round (60)")
    parser.add_argument("--half-load", type=float, default=0, help="seconds of bookings at half of what can be done")
    parser.add_argument("--overload", type=float, default=0, help="seconds of ten times as many as can be done")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        made = stack.enter_context(world())
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        served = stack.enter_context(serving(settings, made.database.url))
        asker = _asker(made)
        sides = Sides(made, served, asker, settings, arguments.singles).all()
        print(f"{machine(made.database)}\n{arguments.rounds} rounds", flush=True)
        rate = 0.0
        for synchronous in ("on", "off"):
            made.raw.execute(f"alter system set synchronous_commit = {synchronous}")
            made.raw.execute("select pg_reload_conf()")
            rounds: dict[str, list[Round]] = {name: [] for name in sides}
            for number in range(arguments.rounds + 1):
                for name, side in sides.items():
                    one = side()
                    rounds[name] += [one] if number else []
            rate = median(one.per_s for one in rounds["booking"])
            print(f"\nsynchronous_commit = {synchronous}\n\n{compared(rounds)}", flush=True)
        if arguments.half_load:
            print(half_load(served, asker, rate, arguments.half_load), flush=True)
        if arguments.overload:
            print(overload(served, asker, rate, arguments.overload), flush=True)


if __name__ == "__main__":
    main()
