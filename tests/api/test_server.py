"""`post-logistics serve` as it is run: its own processes, its own database, a real network."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest

from api.server import serve_http
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from tests.api.client import KEY, order

ROOT = Path(__file__).resolve().parent.parent.parent
SAID = {"request_id", "operation", "method", "status", "duration_ms"}
"""All that a line about a request says."""


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "post_logistics", *words]


def settings_of_nobody() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("POST_LOGISTICS_")}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that was started from the command line."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def postmaster_file(self) -> Path:
        """Names the process of the database as long as that has not stopped in good order."""
        return self.folder / "data" / "postgresql" / "postmaster.pid"

    def request(self, method: str, path: str, **options: object) -> httpx2.Response:
        headers = KEY | {"Post-Merchant": "nakshi-ghar"} if path == "/v1/consignments" else KEY
        return httpx2.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10, **options)  # type: ignore[arg-type]

    def wait_until_well(self, seconds: float) -> set[int]:
        """Asks until all is well; gives back what else was answered meanwhile."""
        seen, until = set(), monotonic() + seconds
        while monotonic() < until and self.process.poll() is None:
            with suppress(httpx2.TransportError):
                seen.add(self.request("GET", "/healthz").status_code)
            if 200 in seen:
                return seen
            sleep(0.1)
        raise AssertionError(f"not well after {seconds} s: {self.log}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(*words: str, **env: str) -> Iterator[Served]:
    """A server with an empty database, stopped at the end if it still runs."""
    folder, port = Path(tempfile.mkdtemp(prefix="post-logistics-serve-")), free_port()
    with (folder / "log").open("wb") as log:
        start = command("serve", "--port", str(port), "--data-dir", str(folder / "data"), *words)
        process = subprocess.Popen(start, cwd=ROOT, env=settings_of_nobody() | env, stdout=log, stderr=log)
        try:
            yield Served(process, port, folder)
        finally:
            process.terminate()
            process.wait(60)
            shutil.rmtree(folder, ignore_errors=True)


def test_a_server_serves_a_day_outlives_its_database_and_stops_when_told() -> None:
    with served() as server:
        server.wait_until_well(240)
        it_books_and_tracks(server)
        a_second_one_on_its_port_is_told_so(server)
        a_giant_upload_is_refused_while_it_is_still_being_sent(server)
        a_database_that_is_killed_is_started_again(server)
        told_to_stop_it_stops_and_its_database_with_it(server)
        its_log_is_short_and_names_nobody(server)


def it_books_and_tracks(server: Served) -> None:
    assert server.request("GET", "/docs").status_code == 200
    shop = {"name": "Nakshi Ghar", "store_address": "Shop 12, New Market, Dhaka 1205"}
    assert server.request("POST", "/v1/merchants", json=shop).status_code == 201
    booked = server.request("POST", "/v1/consignments", json=order("R-1", recipient_name="Canaria Zzyzx"))
    assert booked.status_code == 201
    page = server.request("GET", f"/v1/tracking/{booked.json()['item_number']}")
    assert page.status_code == 200 and "Zzyzx" not in page.text


def a_second_one_on_its_port_is_told_so(server: Served) -> None:
    second = command("serve", "--port", str(server.port), "--data-dir", str(server.folder / "other"))
    answer = subprocess.run(second, cwd=ROOT, env=settings_of_nobody(), capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert f"cannot listen on 127.0.0.1:{server.port}: Address already in use" in answer.stderr
    assert "choose another port" in answer.stderr
    assert not (server.folder / "other").exists()


def a_giant_upload_is_refused_while_it_is_still_being_sent(server: Served) -> None:
    started = monotonic()
    head = (
        "POST /v1/consignments/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer development\r\nPost-Merchant: x\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 10000000000\r\n\r\n--x\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as client:
        client.sendall(head.encode())
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer
    assert monotonic() - started < 2


def a_database_that_is_killed_is_started_again(server: Served) -> None:
    os.kill(int(server.postmaster_file.read_text().splitlines()[0]), signal.SIGKILL)
    assert server.request("GET", "/v1/merchants").status_code == 503
    assert server.wait_until_well(20) <= {503, 200}
    (shop,) = server.request("GET", "/v1/merchants").json()["merchants"]
    assert shop["merchant_id"] == "nakshi-ghar"


def told_to_stop_it_stops_and_its_database_with_it(server: Served) -> None:
    assert server.postmaster_file.exists()
    server.process.terminate()
    assert server.process.wait(60) == 0
    assert not server.postmaster_file.exists()
    with pytest.raises(httpx2.ConnectError):
        server.request("GET", "/healthz")


def its_log_is_short_and_names_nobody(server: Served) -> None:
    log = server.log
    assert f"serving http://127.0.0.1:{server.port}" in log and "ready" in log
    assert "Zzyzx" not in log and "Traceback" not in log
    of_requests = [line for line in log.splitlines() if " request " in line]
    assert of_requests and all(set(re.findall(r"(\w+)=", line)) == SAID for line in of_requests)
    assert len([line for line in log.splitlines() if "does not answer" not in line]) - len(of_requests) <= 4


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_others_share_is_taken_all_the_same(host: str) -> None:
    other = socket.create_server(("127.0.0.1", 0), reuse_port=True)
    with other, pytest.raises(Unacceptable, match="Address already in use"):
        serve_http(Settings(_env_file=None), host, other.getsockname()[1], workers=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host", "::2"])
def test_an_address_that_is_not_ours_cannot_be_served(host: str) -> None:
    with pytest.raises(Unacceptable, match="cannot listen on"):
        serve_http(Settings(_env_file=None), host, free_port(), workers=1)  # type: ignore[call-arg]
