"""Serves the application: the parent keeps the embedded database running, workers come and go."""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from pydantic import SecretStr

from post_logistics.errors import Unacceptable
from post_logistics.logs import logging_config, set_up_logs
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.storage.embedded import embedded_server, ensure_running
from post_logistics.storage.errors import Unavailable

_WATCH_EVERY_S = 1.0
_STOP_WITHIN_S = 25
"""What is in hand has so long to be finished when the server is told to stop."""

_METRICS_DIR: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which the workers count together."""

_log = logging.getLogger(__name__)


class _Draining(MPServer):
    """A server that, told to stop by SIGTERM, answers new requests with 503 for a while before it listens no more.

    A second signal, or Ctrl-C, is not made to wait. Whatever is in hand is finished either way.
    """

    def __init__(self, *args: Any, drain_s: int, flag: Any, **kwargs: Any) -> None:
        """``flag``: a byte shared with the workers, 1 once the server drains."""
        super().__init__(*args, **kwargs)
        self._drain_s = drain_s
        self._flag = flag

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Begins to drain, and later stops."""
        stop = partial(super().signal_handler_interrupt, *args, **kwargs)
        if args[:1] == (signal.SIGTERM,) and self._drain_s and not self._flag.value:
            self._flag.value = 1
            _log.info("draining")
            threading.Timer(self._drain_s, stop).start()
        else:
            stop()


def _is_set(flag: Any) -> bool:
    return bool(flag.value)


def serve_http(
    settings: Settings,
    host: str,
    port: int,
    workers: int,
    world: Callable[[Settings, Facts, datetime], None] | None = None,
) -> None:
    """Answers on host and port until it is told to stop. An embedded database that dies is started again.

    ``world`` makes the world of practice anew; without it the work is real.

    Whatever would keep a worker from starting is found before the first one does: Unacceptable for an address that
    cannot be listened on and for facts that are wrong, Unavailable for a database that is not there.
    """
    _check_address(host, port)
    set_up_logs(settings.environment == "production")
    facts = load_facts(settings)
    with ExitStack() as stack:
        url = _running_database(settings, stack)
        reachable = settings.model_copy(update={"database_url": SecretStr(url)})
        with open_database(reachable):
            pass  # at today's schema before the first worker looks at it
        os.environ[_METRICS_DIR] = stack.enter_context(TemporaryDirectory(prefix="post-logistics-metrics-"))
        gc.disable()  # nothing that is imported goes away again
        from api.app import create_app  # noqa: PLC0415 - the library of metrics looks for that folder when it is loaded

        gc.enable()

        flag = RawValue("b", 0)
        server = _Draining(
            "api.app",
            host,
            port,
            drain_s=settings.drain_s,
            flag=flag,
            interface=Interfaces.ASGI,
            workers=workers,
            workers_kill_timeout=_STOP_WITHIN_S,
            respawn_failed_workers=True,
            log_level=LogLevels.warning,
            log_dictconfig=logging_config(settings.environment == "production"),
        )
        server.on_startup(lambda: _log.info("serving http://%s:%s, documentation at /docs", host, port))
        shared = facts if multiprocessing.get_start_method() == "fork" else None
        gc.freeze()  # the collector would write to what the workers share, and each would have its own
        server.serve(
            target_loader=partial(create_app, reachable, partial(_is_set, flag), shared, world), wrap_loader=False
        )


def _check_address(host: str, port: int) -> None:
    """Workers share their port, and so would a second server: it must not notice too late that there is another."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise Unacceptable(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            field="--port",
            remedy="stop the program that is using it, or choose another port",
        ) from error


def _running_database(settings: Settings, stack: ExitStack) -> str:
    """The URL of the database; the embedded one is kept running until the stack closes."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    url = stack.enter_context(embedded_server(settings.data_dir))
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(settings.data_dir, done), daemon=True)
    watcher.start()
    stack.callback(watcher.join)  # called last first: or it might start the database that is being stopped
    stack.callback(done.set)
    return url


def _watch(data_dir: Path, done: threading.Event) -> None:
    while not done.wait(_WATCH_EVERY_S):
        try:
            ensure_running(data_dir)
        except Unavailable:
            continue  # said by /healthz; tried again in a moment
