"""Servers of merchants, on this machine: one that answers as it is told, one that says whatever bytes it is given."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Reply = tuple[int, dict[str, str]]


@dataclass
class Shop:
    """A merchant's server: what it was told, and how it answers the n-th message."""

    url: str = ""
    answer: Callable[[int], Reply] = lambda n: (204, {})
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    connections: int = 0


@contextmanager
def shop() -> Iterator[Shop]:
    """A merchant's server for as long as the block lasts."""
    one = Shop()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            one.connections += 1
            super().setup()

        def do_POST(self) -> None:
            one.paths.append(self.path)
            one.headers.append({name.lower(): value for name, value in self.headers.items()})
            one.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers = one.answer(len(one.bodies))
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one.url = f"http://127.0.0.1:{server.server_port}/hooks"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


def hear(caller: socket.socket, end: bytes = b"{}") -> None:
    """Returns when the whole request has come, of which that is the end."""
    heard = b""
    while not heard.endswith(end):
        part = caller.recv(65536)
        if not part:
            return
        heard += part


@contextmanager
def speaking(say: Callable[[socket.socket], None], end: bytes = b"{}") -> Iterator[str]:
    """The URL of a server that hears a request to its end and then says what it likes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                with caller, suppress(OSError):
                    hear(caller, end)
                    say(caller)

    Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hooks"
    finally:
        listening.close()
