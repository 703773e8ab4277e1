"""The application on a port of its own with one worker, and clients that ask it things."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from multiprocessing import get_context
from socket import socket
from time import perf_counter, sleep
from typing import Any

import psutil
from fastapi import FastAPI
from granian.constants import Interfaces
from granian.server import Server
from pydantic import SecretStr

from api.app import create_app
from post_logistics.settings import Settings

CLIENTS = 4
READY_WITHIN_S = 240
Request = Callable[[HTTPConnection], None]


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Processor seconds of its processes until now."""
        own = psutil.Process(self.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (own, *own.children(recursive=True)))


def app(settings: Settings) -> FastAPI:
    """The application, with one route more that does nothing."""
    made = create_app(settings)

    @made.get("/noop", include_in_schema=False)
    def noop() -> dict[str, str]:
        return {}

    return made


def _serve(settings: Settings, port: int) -> None:
    server = Server("bench", "127.0.0.1", port, interface=Interfaces.ASGI, workers=1)
    server.serve(target_loader=partial(_loaded, settings), wrap_loader=False)


def _loaded(settings: Settings) -> FastAPI:
    return app(settings)


@contextmanager
def serving(settings: Settings, url: str) -> Iterator[Serving]:
    """A server with one worker for that schema, which asks nobody to be patient."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    unlimited = {"requests_per_minute": 0, "requests_per_minute_of_a_network": 0}
    reachable = settings.model_copy(update={"database_url": SecretStr(url), **unlimited})
    process = get_context("spawn").Process(target=_serve, args=(reachable, port))
    process.start()
    try:
        _wait(port)
        assert process.pid is not None
        yield Serving(port, process.pid)
    finally:
        process.terminate()
        process.join()


def _wait(port: int) -> None:
    until = perf_counter() + READY_WITHIN_S
    while True:
        try:
            return get(HTTPConnection("127.0.0.1", port, timeout=5), path="/noop")
        except OSError:
            if perf_counter() > until:
                raise
            sleep(0.2)


def get(connection: HTTPConnection, path: str) -> None:
    """Asks for a path, which must be there."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, path


def post(connection: HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """What is answered to a body, which must be taken."""
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    told = answer.read()
    assert answer.status in {200, 201}, told
    return json.loads(told)


def together(port: int, requests: Sequence[Request]) -> None:
    """The requests, dealt to clients that each keep a connection."""

    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for request in requests[number::CLIENTS]:
            request(connection)
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
