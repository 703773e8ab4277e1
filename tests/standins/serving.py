"""What every stand-in is: a server on this machine that answers as a system would, and misbehaves when told to."""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit


class Fault(StrEnum):
    """How a system can fail those who ask it, or whom it calls."""

    SILENT = "silent"
    """Does nothing, and never answers."""
    LOST = "lost"
    """Does what was asked; its answer never arrives."""
    LATE = "late"
    """Does what was asked; the answer takes `LATE_S`."""
    BROKEN = "broken"
    """Answers 500 and does nothing."""
    GARBLED = "garbled"
    """Does what was asked; the answer is cut off in the middle."""
    TWICE = "twice"
    """Tells everything twice."""
    OUT_OF_ORDER = "out_of_order"
    """Tells what came later first."""
    WRONG_AMOUNT = "wrong_amount"
    """Names another amount than was paid."""
    WRONG_SIGNATURE = "wrong_signature"
    """Signs what it tells with another key."""


LATE_S: Final = 0.3
_SILENT_S: Final = 30.0
_IN_THE_ANSWER: Final = {Fault.SILENT, Fault.LOST, Fault.LATE, Fault.BROKEN, Fault.GARBLED}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def form(self) -> dict[str, str]:
        """The body as an HTML form sends it."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: a text or bytes as they are, anything else as JSON."""

    body: Any = ""
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes that are sent."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)).encode()


class Standin:
    """A system of its own: subclasses answer in its format. ``heard``: every request, for tests to look at."""

    name = ""

    def __init__(self) -> None:
        self.heard: list[Asked] = []
        self._faults: deque[tuple[Fault, str]] = deque()

    def answer(self, asked: Asked) -> Answer:
        """What the system answers."""
        raise NotImplementedError

    def misbehave(self, fault: Fault, *, on: str = "", times: int = 1) -> None:
        """The next requests whose path contains ``on`` meet with the fault."""
        self._faults.extend([(fault, on)] * times)

    def fault_for(self, path: str, among: frozenset[Fault] | set[Fault]) -> Fault | None:
        """The next of those faults that is meant for that path, which is then used up."""
        for fault, on in self._faults:
            if fault in among and on in path:
                self._faults.remove((fault, on))
                return fault
        return None


@contextmanager
def served(standin: Standin, port: int = 0) -> Iterator[str]:
    """The stand-in on a port of this machine; gives its address, ``http://127.0.0.1:PORT``."""
    ended = Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            address = urlsplit(self.path)
            asked = Asked(
                self.command,
                address.path,
                dict(parse_qsl(address.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )
            standin.heard.append(asked)
            fault = standin.fault_for(asked.path, _IN_THE_ANSWER)
            if fault is Fault.SILENT:
                ended.wait(_SILENT_S)
            answer = Answer("", 500) if fault in {Fault.SILENT, Fault.BROKEN} else standin.answer(asked)
            if fault is Fault.LATE:
                time.sleep(LATE_S)
            self.close_connection = fault in {Fault.SILENT, Fault.LOST, Fault.GARBLED}
            if fault not in {Fault.SILENT, Fault.LOST}:
                self._send(answer, cut=fault is Fault.GARBLED)

        def _send(self, answer: Answer, *, cut: bool) -> None:
            content = answer.content()
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.media_type, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 the server's own names

        def log_message(self, *_: object) -> None:
            """Nothing: a test says what it saw."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
