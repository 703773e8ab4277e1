"""Serves the application: the parent keeps the embedded database running, workers come and go."""

import logging
import socket
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from pydantic import SecretStr

from api.app import create_app
from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import load_facts
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.storage.embedded import embedded_server, ensure_running
from post_logistics.storage.errors import Unavailable

_WATCH_EVERY_S = 1.0
_STOP_WITHIN_S = 8
_LOGGING = {
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"_granian": {}, "api": {"level": "INFO"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
"""Starting, stopping and what went wrong; no line per request, for who looked up what is nobody's business."""

_log = logging.getLogger(__name__)


def serve_http(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answers on host and port until it is told to stop. An embedded database that dies is started again.

    Whatever would keep a worker from starting is found before the first one does: Unacceptable for an address that
    cannot be listened on and for facts that are wrong, Unavailable for a database that is not there.
    """
    _check_address(host, port)
    load_facts(settings)
    with ExitStack() as stack:
        url = _running_database(settings, stack)
        reachable = settings.model_copy(update={"database_url": SecretStr(url)})
        with open_database(reachable):
            pass  # at today's schema before the first worker looks at it
        server = Server(
            "api.app",
            host,
            port,
            interface=Interfaces.ASGI,
            workers=workers,
            workers_kill_timeout=_STOP_WITHIN_S,
            respawn_failed_workers=True,
            log_level=LogLevels.warning,
            log_dictconfig=_LOGGING,
        )
        server.on_startup(lambda: _log.info("serving http://%s:%s, documentation at /docs", host, port))
        server.serve(target_loader=partial(create_app, reachable), wrap_loader=False)


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
    stack.callback(done.set)
    threading.Thread(target=_watch, args=(settings.data_dir, done), daemon=True).start()
    return url


def _watch(data_dir: Path, done: threading.Event) -> None:
    while not done.wait(_WATCH_EVERY_S):
        try:
            ensure_running(data_dir)
        except Unavailable:
            continue  # said by /healthz; tried again in a moment
