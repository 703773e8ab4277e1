"""A network cable that can be pulled: what a browser says to the application goes through it, or nowhere."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Cable:
    """Carries bytes from a port of its own to the application; pulled, it breaks every connection and takes none."""

    def __init__(self, to: str) -> None:
        target = urlsplit(to)
        self._to = (target.hostname or "", target.port or 0)
        self._in = self._one_way = False
        self._ends: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def plug_in(self, *, one_way: bool = False) -> None:
        """From now on there is a network; ``one_way``: what is asked arrives, and no answer comes back."""
        self._in, self._one_way = True, one_way

    def pull(self) -> None:
        """From now on there is none, not even for what was under way."""
        self._in = False
        for end in list(self._ends):
            _close(end)

    def serve(self) -> None:
        """Takes connections until the door is closed."""
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._door.accept()
                if self._in:
                    self._connect(here)
                else:
                    _close(here)

    def close(self) -> None:
        """Ends it."""
        self.pull()
        _close(self._door)

    def _connect(self, here: socket.socket) -> None:
        there = socket.create_connection(self._to)
        self._ends |= {here, there}
        for one, other, is_answer in ((here, there, False), (there, here, True)):
            threading.Thread(target=self._carry, args=(one, other, is_answer), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while (data := one.recv(65536)) and not (is_answer and self._one_way):
                other.sendall(data)
        for end in (one, other):
            self._ends.discard(end)
            _close(end)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextlib.contextmanager
def cable(to: str) -> Iterator[Cable]:
    """A cable to that address, plugged in."""
    made = Cable(to)
    made.plug_in()
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(5)
