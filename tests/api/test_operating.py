"""A real server with two workers: what it counts together, a worker that dies, its database restarted under load, and a
stop in good order. One server for all of it, because starting one takes longest."""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import monotonic, sleep

import httpx2
import psutil
import psycopg

from post_logistics.settings import OUR_SECRETS
from tests.api.client import KEY, order
from tests.api.test_server import SAID, Served, served

SLOW_S = 30
"""A database that was restarted has to be back within this."""


def test_two_workers_count_together_outlive_trouble_and_stop_in_good_order() -> None:
    secrets = {f"POST_LOGISTICS_{name}": f"{name}-of-a-test-{'x' * 32}" for name in ("METRICS_KEY",)}
    with served("--workers", "2", POST_LOGISTICS_DRAIN_S="3", **secrets) as server:
        server.wait_until_well(240)
        shop = {"name": "Nakshi Ghar", "store_address": "Shop 12, New Market, Dhaka 1205"}
        assert server.request("POST", "/v1/merchants", json=shop).status_code == 201
        what_the_workers_count_is_added_up(server)
        a_worker_that_is_killed_is_replaced_and_counts_no_more(server)
        a_database_restarted_under_load_is_answered_with_503_and_nothing_is_lost(server)
        told_to_stop_it_finishes_what_it_has_in_hand_and_turns_new_requests_away(server)
        assert "Traceback" not in server.log, server.log


def metrics(server: Served) -> dict[str, float]:
    """Sample -> value, as Prometheus reads them."""
    key = {"Authorization": f"Bearer METRICS_KEY-of-a-test-{'x' * 32}"}
    answer = httpx2.get(f"http://127.0.0.1:{server.port}/metrics", headers=key, timeout=10)
    assert answer.status_code == 200, answer.text
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def workers(server: Served) -> list[psutil.Process]:
    """The processes that answer."""
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if child.name().startswith(("python", "granian"))]


def offices(server: Served, times: int) -> set[int]:
    with ThreadPoolExecutor(4) as pool:
        return set(pool.map(lambda _: server.request("GET", "/v1/offices").status_code, range(times)))


def what_the_workers_count_is_added_up(server: Served) -> None:
    assert offices(server, 40) == {200}
    seen = metrics(server)
    assert seen['post_logistics_requests_total{operation="offices",status="2xx"}'] == 40
    assert seen['post_logistics_request_seconds_count{operation="offices"}'] == 40
    assert seen["post_logistics_requests_in_hand"] == 1  # this one
    assert seen["post_logistics_database_up"] == 1
    assert server.request("GET", "/metrics").status_code == 401  # the API key does not open it once it has its own


def a_worker_that_is_killed_is_replaced_and_counts_no_more(server: Served) -> None:
    first, _ = workers(server)
    with holding_up_bookings(server), ThreadPoolExecutor(1) as pool:
        held_up = pool.submit(book, server, "R-held-up")
        until = monotonic() + 10
        while metrics(server)["post_logistics_requests_in_hand"] < 2 and monotonic() < until:
            sleep(0.05)
        for one in (first, _):
            one.kill()
        with suppress(httpx2.TransportError):
            held_up.result()
    until = monotonic() + 30
    while monotonic() < until and (len(workers(server)) < 2 or first.pid in {one.pid for one in workers(server)}):
        sleep(0.1)
    server.wait_until_well(30)
    assert metrics(server)["post_logistics_requests_in_hand"] == 1


def a_database_restarted_under_load_is_answered_with_503_and_nothing_is_lost(server: Served) -> None:
    begun, stop, seen = threading.Event(), threading.Event(), Counter[int | str]()
    acked: dict[str, str] = {}

    def shop(number: int) -> None:
        for n in range(10_000):
            while not stop.is_set():
                status, item = book(server, f"L-{number}-{n}")
                seen[status] += 1
                if item:
                    acked[f"L-{number}-{n}"] = item
                    begun.set()
                    break
                sleep(0.05)
            if stop.is_set():
                return

    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(shop, number) for number in range(4)]
        assert begun.wait(20)
        before = len(acked)
        os.kill(int(server.postmaster_file.read_text().splitlines()[0]), signal.SIGKILL)
        killed = monotonic()
        while seen[503] == 0 and monotonic() < killed + 10:
            sleep(0.02)
        server.wait_until_well(SLOW_S)
        away_s = monotonic() - killed
        well = len(acked)
        while len(acked) < well + 8 and monotonic() < killed + SLOW_S:
            sleep(0.05)
        stop.set()
        for load in loads:
            load.result()
    print(f"the database was away for {away_s:.1f} s; answers: {dict(seen)}")
    assert set(seen) <= {201, 503} and seen[503] > 0, seen
    assert away_s < SLOW_S and len(acked) >= well + 8 > before
    with database(server) as connection:
        kept = dict(connection.execute("select order_ref, item_number from consignments").fetchall())
        repeated = connection.execute("select count(*) - count(distinct order_ref) from consignments").fetchone()
    assert acked.items() <= kept.items()
    assert repeated == (0,)


def told_to_stop_it_finishes_what_it_has_in_hand_and_turns_new_requests_away(server: Served) -> None:
    with holding_up_bookings(server) as let_go, ThreadPoolExecutor(1) as pool:
        in_hand = pool.submit(book, server, "R-last")
        until = monotonic() + 10
        while metrics(server)["post_logistics_requests_in_hand"] < 2 and monotonic() < until:
            sleep(0.02)
        told = monotonic()
        server.process.terminate()
        sleep(0.5)
        refused = server.request("GET", "/v1/offices")
        assert refused.status_code == 503 and refused.json()["detail"].startswith("this server is being stopped")
        assert int(refused.headers["retry-after"]) > 0 and refused.headers["connection"] == "close"
        assert server.request("GET", "/readyz").status_code == 503
        assert server.request("GET", "/healthz").status_code == 200
        assert not in_hand.done()
        sleep(3)  # it listens no more, and still the one that it has in hand is not given up
        assert not in_hand.done()
        let_go.set()
        assert in_hand.result()[0] == 201
    assert server.process.wait(60) == 0
    print(f"stopped {monotonic() - told:.1f} s after it was told")
    assert not server.postmaster_file.exists()


def book(server: Served, order_ref: str) -> tuple[int | str, str]:
    """What a booking was answered, and its item number if it was taken."""
    answer = server.request("POST", "/v1/consignments", json=order(order_ref))
    return answer.status_code, answer.json().get("item_number", "")


@contextmanager
def database(server: Served) -> Iterator[psycopg.Connection]:
    """A connection of the test's own to the server's database."""
    folder = server.folder / "data" / "postgresql"
    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres") as connection:
        yield connection


@contextmanager
def holding_up_bookings(server: Served) -> Iterator[threading.Event]:
    """Nothing can be booked until the block ends, or until the event is set."""
    let_go, held = threading.Event(), threading.Event()

    def hold() -> None:
        with database(server) as connection:
            connection.execute("lock table consignments in access exclusive mode")
            held.set()
            let_go.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        yield let_go
    finally:
        let_go.set()
        thread.join()


def test_in_production_every_line_is_json_and_says_no_more_than_it_may(server_url: str) -> None:
    names = [name.upper() for name in OUR_SECRETS]
    env = {f"POST_LOGISTICS_{name}": f"{name} {'x' * 40}" for name in names} | {
        "POST_LOGISTICS_ENVIRONMENT": "production",
        "POST_LOGISTICS_DATABASE_URL": server_url,
        "POST_LOGISTICS_DRAIN_S": "0",
    }
    with served("--schema", "json_lines", **env) as server:
        server.wait_until_well(240)
        canary = {"recipient_phone": "01712345678", "recipient_name": "Canaria Zzyzx"}
        path = f"http://127.0.0.1:{server.port}/v1/tracking/DP473124829BD?phone=01712345678"
        answer = httpx2.get(path, headers={"X-Request-ID": "Canaria-01712345678"}, timeout=10)
        httpx2.post(path, json=canary, headers=KEY, timeout=10)
        server.process.terminate()
        assert server.process.wait(60) == 0
        log = server.log
    lines = [json.loads(line) for line in log.splitlines()]
    assert len(answer.headers["x-request-id"]) == 36
    assert {"ready", "request"} <= {line["event"] for line in lines}
    of_requests = [line for line in lines if line["event"] == "request"]
    assert all(set(line) == SAID | {"event", "timestamp", "level", "logger"} for line in of_requests)
    assert of_requests[0]["request_id"] == answer.headers["x-request-id"]
    assert "Zzyzx" not in log and "01712345678" not in log and "473124829" not in log
