"""Jobs for the workers, put into the library's table in the transaction of what they are about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

QUEUE: Final = "post"

_DEFER = text(
    "insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at) "
    "select :queue, :task, lock, lock, jsonb_build_object('key', key), at from ("
    "select key, at, cast(:task as text) || '/' || key as lock "
    "from unnest(cast(:keys as text[]), cast(:ats as timestamptz[])) as asked (key, at) order by key) jobs "
    "on conflict (queueing_lock) where status = 'todo' do update set scheduled_at = excluded.scheduled_at "
    "where procrastinate_jobs.scheduled_at > excluded.scheduled_at"
)


def defer(connection: Connection, task: str, due: Mapping[str, datetime]) -> None:
    """Sees to it that a job of that task waits for each key, to be run at its time at the latest.

    There is never more than one waiting for a key, nor more than one running: a job means "look what is to be done"
    and need not be asked for twice. (The library's own function refuses the second, and with it the transaction.)
    """
    if due:
        connection.execute(_DEFER, {"queue": QUEUE, "task": task, "keys": list(due), "ats": list(due.values())})


def schema_of(connection: Connection) -> str:
    """The schema in which this connection works, and so must the library."""
    return str(connection.execute(text("select current_schema()")).scalar_one())
