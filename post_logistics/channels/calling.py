"""One request after another to a destination: to addresses that were checked, within a time, and no further.

The socket is opened here, to the very address that was found public, and http.client only speaks over it. So there is
nothing that could look the name up again, follow a redirect or ask the environment for a proxy.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Timer
from types import TracebackType
from typing import Final, Self

from post_logistics.channels.destinations import Destination, Resolve, public_addresses, system_addresses
from post_logistics.errors import Unacceptable

CONNECT_S: Final = 5.0
DEADLINE_S: Final = 15.0
"""So long a whole exchange may take, from the first packet to the last, whatever drips in between."""
READ_BYTES: Final = 4096
"""So much of an answer's body is read, to keep the line, unless a line is told otherwise. After more it is closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or why there was none."""

    status: int | None
    why: str
    """For the merchant's eyes: it tells nothing of our side."""
    retry_after: str = ""
    """The header of that name, as it came."""
    body: bytes = field(default=b"", compare=False)
    """The first bytes of it, as many as the line reads; only who asked a question looks at it."""


class Line:
    """A line to one destination: opened for the first message, kept for the next, closed at the end of a block."""

    def __init__(
        self,
        to: Destination,
        *,
        resolve: Resolve = system_addresses,
        trust: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
        read_bytes: int = READ_BYTES,
    ) -> None:
        self._to = to
        self._resolve = resolve
        self._trust = (trust or ssl.create_default_context()) if to.secure else None
        self._deadline_s = deadline_s
        self._read_bytes = read_bytes
        self._http: http.client.HTTPConnection | None = None
        self._handle: socket.socket | None = None
        self._out_of_time = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; the next message opens the line again."""
        for one in (self._http, self._handle):
            if one is not None:
                one.close()
        self._http = self._handle = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer to a POST. Never raises for what the other side or the network does."""
        return self._ask("POST", body, headers)

    def get(self, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET. Never raises for what the other side or the network does."""
        return self._ask("GET", None, headers)

    def _ask(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        kept = self._http is not None
        answer = self._try(method, body, headers)
        if kept and answer.status is None and not self._out_of_time:
            answer = self._try(method, body, headers)  # the other side had hung up meanwhile
        return answer

    def _try(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        self._out_of_time = False
        watch = Timer(self._deadline_s, self._hang_up)
        watch.daemon = True
        try:
            if self._http is None:
                plain = self._connect()
                watch.start()
                self._http = self._speak(plain)
            else:
                watch.start()
            return self._exchange(self._http, method, body, headers)
        except (Unacceptable, OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return Answer(None, "no answer in time" if self._out_of_time else _why(error))
        finally:
            watch.cancel()

    def _connect(self) -> socket.socket:
        """A connection to the first address that takes one."""
        refused: OSError | None = None
        for address in public_addresses(self._to, self._resolve):
            try:
                plain = socket.create_connection((address, self._to.port), timeout=CONNECT_S)
            except OSError as error:
                refused = error
                continue
            plain.settimeout(self._deadline_s)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body are two packets
            self._handle = plain.dup()  # stays with the connection when TLS takes the socket over
            return plain
        raise refused or OSError("no address")

    def _speak(self, plain: socket.socket) -> http.client.HTTPConnection:
        to, sock = self._to, plain
        spoken = http.client.HTTPConnection(to.host, to.port)
        if self._trust is not None:
            spoken = http.client.HTTPSConnection(to.host, to.port, context=self._trust)
            try:
                sock = self._trust.wrap_socket(plain, server_hostname=to.host)
            except BaseException:
                plain.close()
                raise
        spoken.sock = sock
        spoken.auto_open = 0  # left to itself it would look the name up again
        return spoken

    def _exchange(
        self, http_: http.client.HTTPConnection, method: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        http_.request(method, self._to.target, body, dict(headers))
        response = http_.getresponse()
        if self._out_of_time:  # hung up among the headers, which then look complete
            raise TimeoutError
        content = b""
        with suppress(OSError, http.client.HTTPException, ValueError):  # the status may have said all
            content = response.read(self._read_bytes)
        if not response.isclosed() or response.will_close:
            self.close()
        retry_after = response.headers.get("Retry-After") or ""
        return Answer(response.status, f"HTTP {response.status}", retry_after, content)

    def _hang_up(self) -> None:
        self._out_of_time = True
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)


_WHY: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ssl.SSLCertVerificationError, "the certificate of the host is not valid"),
    (ssl.SSLError, "no secure connection could be made"),
    (socket.gaierror, "the name of the host leads nowhere"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "the connection was refused"),
)


def _why(error: Exception) -> str:
    """What went wrong, in words for the merchant."""
    if isinstance(error, Unacceptable):
        return error.message
    return next((why for kind, why in _WHY if isinstance(error, kind)), "the connection failed")
