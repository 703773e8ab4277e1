"""How the whole engine is doing: what waits and since when, what is open, what is sealed, and the server beneath it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from post_logistics.storage.jobs import QUEUE


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be done and is due."""

    waiting: int
    oldest_s: int
    """For so many seconds the one that has waited longest has been due; 0 if none waits."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the engine is doing at an instant."""

    queues: Mapping[str, Queue]
    """``jobs`` for the workers, ``outbox`` of news to pass on, ``webhooks`` and ``sms`` to send."""
    stalled_jobs: int
    """Jobs in hand of a worker that has not been heard of for a minute."""
    open_exceptions: Mapping[str, int]
    """Kind -> how many a person has to look into."""
    open_money_alarms: Mapping[str, int]
    """Kind -> how many sums are not where they should be by now."""
    sealed_through: date | None
    """The last day of the books that is sealed."""
    size_bytes: int
    """Of the database."""
    connections: int
    max_connections: int
    """Of the server: in use, and how many it takes."""


_QUEUES = """
    select 'jobs', count(*), min(greatest(job.scheduled_at, first.at)) from procrastinate_jobs as job
    cross join lateral (select min(at) as at from procrastinate_events where job_id = job.id) as first
    where job.queue_name = :queue and job.status = 'todo' and coalesce(job.scheduled_at, :at) <= :at
    union all select 'outbox', count(*), min(written_at) from outbox where written_at <= :at
    union all select 'webhooks', count(*), min(message.next_try_at) from webhook_messages as message
    join webhook_endpoints as endpoint using (endpoint_id)
    where message.status = 'waiting' and message.next_try_at <= :at
    and endpoint.stopped_at is null and coalesce(endpoint.paused_until, :at) <= :at
    union all select 'sms', count(*), min(not_before) from sms_messages where status = 'waiting' and not_before <= :at
"""
_STALLED = """
    select count(*) from procrastinate_jobs as job
    left join procrastinate_workers as worker on worker.id = job.worker_id
    where job.queue_name = :queue and job.status = 'doing'
    and coalesce(worker.last_heartbeat < cast(:at as timestamptz) - interval '1 minute', true)
"""
_EXCEPTIONS = "select kind, count(*) from exceptions where closed_at is null group by kind order by kind"
_ALARMS = "select kind, count(*) from money_alarms where closed_at is null group by kind order by kind"
_SERVER = """
    select (select max(on_day) from ledger_days) as sealed_through, pg_database_size(current_database()) as size_bytes,
    (select coalesce(sum(numbackends), 0)::int from pg_stat_database) as connections,
    current_setting('max_connections')::int as max_connections
"""


def load_queues(connection: Connection, at: datetime) -> dict[str, Queue]:
    """What waits at that instant, by name."""
    rows = connection.execute(text(_QUEUES), {"queue": QUEUE, "at": at})
    return {
        name: Queue(waiting, max(0, int((at - since).total_seconds())) if since else 0) for name, waiting, since in rows
    }


def load_vitals(connection: Connection, at: datetime) -> Vitals:
    """How the engine is doing at that instant."""
    server = connection.execute(text(_SERVER)).one()
    return Vitals(
        queues=load_queues(connection, at),
        stalled_jobs=connection.execute(text(_STALLED), {"queue": QUEUE, "at": at}).scalar_one(),
        open_exceptions=dict(connection.execute(text(_EXCEPTIONS)).all()),
        open_money_alarms=dict(connection.execute(text(_ALARMS)).all()),
        sealed_through=server.sealed_through,
        size_bytes=server.size_bytes,
        connections=server.connections,
        max_connections=server.max_connections,
    )


@dataclass(frozen=True, slots=True)
class ServerState:
    """What a PostgreSQL server is and how it is set, as far as it matters to us."""

    version: int
    """``server_version_num``: 180001."""
    clock: datetime
    settings: Mapping[str, str]
    user: str
    is_superuser: bool
    may_create: bool
    """Whether this user can make tables in the schema."""
    owns_tables: bool
    """Whether this user could switch off what protects facts; not so of an application's login."""
    encrypted: bool
    """Whether this connection is."""
    is_local: bool
    """Whether it runs over this machine alone."""


SETTINGS = (
    "archive_mode",
    "data_checksums",
    "fsync",
    "full_page_writes",
    "password_encryption",
    "server_encoding",
    "synchronous_commit",
)
"""The settings that keep what was acknowledged."""

_STATE = """
    select current_setting('server_version_num')::int as version, clock_timestamp() as clock, current_user as user,
    (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
    coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
    exists (select from pg_class where oid = to_regclass('transfers')
            and pg_has_role(current_user, relowner, 'member')) as owns_tables,
    coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as encrypted,
    coalesce(inet_client_addr() = inet_server_addr(), true) as is_local
"""


def load_server_state(connection: Connection) -> ServerState:
    """What the server says of itself."""
    row = connection.execute(text(_STATE)).one()
    told = connection.execute(
        text("select name, setting from pg_settings where name = any(:names)"), {"names": list(SETTINGS)}
    )
    return ServerState(settings=dict(told.all()), **row._mapping)
