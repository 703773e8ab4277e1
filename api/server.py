"""Serves the application: the embedded database is kept running by the parent, workers come and go."""

import os
import threading
from contextlib import ExitStack
from pathlib import Path

from granian.constants import Interfaces
from granian.server import Server
from pydantic import SecretStr

from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.storage.embedded import embedded_server, ensure_running
from post_logistics.storage.errors import Unavailable

_WATCH_EVERY_S = 1.0


def serve_http(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answers on host and port until it is stopped. An embedded database that dies is started again."""
    done = threading.Event()
    with ExitStack() as stack:
        stack.callback(done.set)
        if settings.database_url is None:
            url = stack.enter_context(embedded_server(settings.data_dir))
            threading.Thread(target=_watch, args=(settings.data_dir, done), daemon=True).start()
        else:
            url = settings.database_url.get_secret_value()
        with open_database(settings.model_copy(update={"database_url": SecretStr(url)})):
            pass  # brought to today's schema, and known to answer, before the first worker starts
        os.environ["POST_LOGISTICS_DATABASE_URL"] = url
        os.environ["POST_LOGISTICS_SCHEMA_NAME"] = settings.schema_name
        try:
            Server(
                "api.app:create_app",
                host,
                port,
                interface=Interfaces.ASGI,
                workers=workers,
                factory=True,
                respawn_failed_workers=True,
            ).serve()
        except OSError as error:
            raise Unacceptable(
                f"cannot listen on {host}:{port}: {error.strerror or error}",
                field="--port",
                remedy="choose another port",
            ) from error


def _watch(data_dir: Path, done: threading.Event) -> None:
    while not done.wait(_WATCH_EVERY_S):
        try:
            ensure_running(data_dir)
        except Unavailable:
            continue  # said by /healthz; tried again in a moment
