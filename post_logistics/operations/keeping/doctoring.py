"""What stands between an installation and its work: everything is looked at, nothing is changed."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from post_logistics.errors import PostError
from post_logistics.operations.facts import load_facts
from post_logistics.operations.keeping.backing_up import newest_backup
from post_logistics.operations.keeping.readiness import late_queues
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, load_revision, newest_revision, open_as_it_is
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.keeping.vitals import ServerState, Vitals, load_server_state, load_vitals

OLDEST_SERVER: Final = 16
"""The tables use ``pg_input_is_valid``, which PostgreSQL has since then."""
_GB: Final = 2**30
_CLOCK_MAY_DIFFER: Final = timedelta(seconds=2)
_BACKUP_EVERY: Final = timedelta(hours=26)
_SEAL_EVERY: Final = timedelta(days=2)


class Verdict(StrEnum):
    """How grave a finding is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    """It does not work so, or what is acknowledged may be lost."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do about it."""

    what: str
    verdict: Verdict
    said: str
    remedy: str = ""


Findings = Iterator[Finding]
Clock = Callable[[], datetime]


def examine(settings: Settings, clock: Clock, without: Collection[str] = ()) -> list[Finding]:
    """Everything that was looked at, in the order in which to put it right. ``clock`` is this machine's; ``without``
    names the ``LOOKS`` that are not wanted."""
    return [one for name, look in LOOKS.items() if name not in without for one in look(settings, clock)]


def _judge(what: str, said: str, problem: str = "", remedy: str = "", grave: Verdict = Verdict.BAD) -> Finding:
    """Good as it is said; or, if there is a problem, as grave as that is."""
    return Finding(what, grave, problem, remedy) if problem else Finding(what, Verdict.GOOD, said)


def _python(_: Settings, __: Clock) -> Findings:
    said = sys.version.split()[0]
    old = sys.version_info < (3, 11)
    yield _judge("python", said, f"{said} is too old" if old else "", "install Python 3.11 or newer")


def _packages(_: Settings, __: Clock) -> Findings:
    missing = []
    for needed in requires("post-logistics") or ():
        name = needed.split(";")[0].split("[")[0].strip()
        try:
            version(name)
        except PackageNotFoundError:
            if "extra ==" not in needed:
                missing.append(name)
    problem = f"not installed: {', '.join(missing)}" if missing else ""
    remedy = "pip install --require-hashes --requirement requirements.lock"
    yield _judge("packages", f"post-logistics {version('post-logistics')} and all it needs", problem, remedy)


def _secrets(settings: Settings, _: Clock) -> Findings:
    grave = Verdict.BAD if settings.environment == "production" else Verdict.WARNING
    found = list(settings.unfit())
    for name, said, remedy in found:
        yield Finding(f"setting {name}", grave, said, remedy)
    if not found:
        yield Finding("settings", Verdict.GOOD, f"fit for production; this is {settings.environment}")


def _disk(settings: Settings, _: Clock) -> Findings:
    places = {"data": settings.data_dir if settings.database_url is None else None, "backups": settings.backup_dir}
    for name, folder in places.items():
        if folder is None:
            continue
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free
        writable = os.access(there, os.W_OK)
        problem = (
            f"{folder} cannot be written to" if not writable else f"{free / _GB:.1f} GB free" if free < _GB else ""
        )
        yield _judge(f"disk of {name}", f"{free / _GB:.0f} GB free", problem, "make room, or name another place")


def _facts(settings: Settings, _: Clock) -> Findings:
    try:
        facts = load_facts(settings)
    except PostError as error:
        yield Finding("facts", Verdict.BAD, error.message, error.remedy or f"put it right in {settings.facts_dir}")
    else:
        yield Finding("facts", Verdict.GOOD, f"{len(facts.offices):,} offices, {len(facts.places):,} places")


def _database(settings: Settings, clock: Clock) -> Findings:
    cluster = settings.data_dir / "postgresql"
    if settings.database_url is None and not cluster.exists():
        yield Finding("database", Verdict.GOOD, f"none yet; the first command makes it in {cluster}")
        return
    try:
        with open_as_it_is(settings) as database, database.transaction() as connection:
            yield from _server(settings, load_server_state(connection), clock())
            yield from _schema(settings, connection, clock())
    except Unavailable as error:
        yield Finding("database", Verdict.BAD, error.message, error.remedy)
    except PostError as error:
        yield Finding("database", Verdict.BAD, error.message, error.remedy or "")


def _server(settings: Settings, state: ServerState, at: datetime) -> Findings:
    major = state.version // 10_000
    old = f"PostgreSQL {major} is too old" if major < OLDEST_SERVER else ""
    yield _judge("database", f"PostgreSQL {major}", old, f"use PostgreSQL {OLDEST_SERVER} or newer")
    apart = abs(state.clock - at)
    problem = f"this machine's and the server's are {apart.total_seconds():.0f} s apart"
    remedy = "let both machines follow the same time servers (chrony, systemd-timesyncd)"
    yield _judge("clock", "as the server's", problem if apart > _CLOCK_MAY_DIFFER else "", remedy)
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if state.settings.get(name) == "off"]
    problem = f"a power cut loses what was acknowledged: {', '.join(off)} off" if off else ""
    yield _judge("durability", "what is acknowledged is on the disk", problem, "switch them on in postgresql.conf")
    yield _judge(
        "encoding",
        "UTF8",
        f"{state.settings['server_encoding']} cannot hold Bangla"
        if state.settings["server_encoding"] != "UTF8"
        else "",
        "make the database anew: createdb --encoding UTF8 --template template0",
    )
    if settings.environment == "production":
        yield from _server_in_production(state)


def _server_in_production(state: ServerState) -> Findings:
    powers = "is a superuser" if state.is_superuser else "owns the tables" if state.owns_tables else ""
    yield _judge(
        "rights",
        f"{state.user} adds facts, and can change or remove none",
        f"{state.user} {powers} and could remove facts" if powers else "",
        "run `post-logistics storage roles ROLE` as the owner, and let the servers sign in as a member of ROLE",
        Verdict.WARNING,
    )
    yield _judge(
        "connection",
        "on this machine" if state.is_local else "encrypted",
        "" if state.encrypted or state.is_local else "goes over the network in the clear",
        "add ?sslmode=verify-full to POST_LOGISTICS_DATABASE_URL",
    )
    yield _judge(
        "archiving",
        "the server archives its log: it can be brought back to any moment",
        ""
        if state.settings["archive_mode"] != "off"
        else "what came after the last backup would be lost with the disk",
        "set archive_mode; see docs/guides/operating.md, point in time",
        Verdict.WARNING,
    )
    yield _judge(
        "checksums",
        "pages are checked as they are read",
        "" if state.settings["data_checksums"] == "on" else "a disk that rots would not be noticed",
        "stop the server and run pg_checksums --enable",
        Verdict.WARNING,
    )


def _schema(settings: Settings, connection: Connection, at: datetime) -> Findings:
    has, wanted = load_revision(connection), newest_revision()
    if has is None:
        yield Finding("schema", Verdict.GOOD, f"{settings.schema_name} is empty; the first command makes it")
        return
    if has != wanted:
        newer = has > wanted
        remedy = "install the version that it is of" if newer else "run any command as the owner of the tables"
        grave = Verdict.BAD if newer else Verdict.WARNING
        yield Finding("schema", grave, f"at {has}, this version is of {wanted}", remedy)
        return
    yield Finding("schema", Verdict.GOOD, f"{settings.schema_name} is at {has}")
    yield from _work(load_vitals(connection, at), at)


def _work(vitals: Vitals, at: datetime) -> Findings:
    late = [f"{name}: {one.waiting:,}, {one.oldest_s:,} s" for name, one in late_queues(vitals.queues).items()]
    problem = f"late: {'; '.join(late)}" if late else ""
    yield _judge(
        "jobs", "none is late", problem, "start `post-logistics worker`, or look at what it says", Verdict.WARNING
    )
    sealed = vitals.sealed_through
    behind = sealed is not None and at.date() - sealed > _SEAL_EVERY
    problem = f"no day is sealed after {sealed}" if behind else ""
    said = "no day is sealed yet" if sealed is None else f"sealed through {sealed}"
    yield _judge(
        "books", said, problem, "start `post-logistics worker`, or run `post-logistics cod seal`", Verdict.WARNING
    )
    full = vitals.connections > 0.9 * vitals.max_connections
    said = f"{vitals.connections} of {vitals.max_connections} in use"
    yield _judge(
        "connections", said, said if full else "", "raise max_connections, or run fewer workers", Verdict.WARNING
    )


def _backups(settings: Settings, clock: Clock) -> Findings:
    folder, at = settings.backup_dir, clock()
    if folder is None:
        grave = Verdict.WARNING if settings.environment == "production" else Verdict.GOOD
        yield Finding("backups", grave, "nobody watches them", "set POST_LOGISTICS_BACKUP_DIR to where they lie")
        return
    newest = newest_backup(folder) if Path(folder).is_dir() else None
    hours = (at - newest).total_seconds() / 3600 if newest else 0
    late = newest is None or at - newest > _BACKUP_EVERY
    problem = f"the newest is {hours:.0f} hours old" if newest else f"there is none in {folder}"
    remedy = "run `post-logistics backup`, and let a timer run it every night"
    yield _judge("backups", f"the newest is {hours:.0f} hours old", problem if late else "", remedy, Verdict.WARNING)


LOOKS: Final[Mapping[str, Callable[[Settings, Clock], Findings]]] = {
    "python": _python,
    "packages": _packages,
    "secrets": _secrets,
    "disk": _disk,
    "facts": _facts,
    "database": _database,
    "backups": _backups,
}
"""What is looked at, by name."""
