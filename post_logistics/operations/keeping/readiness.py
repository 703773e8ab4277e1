"""Whether a server can take work now: its database answers, at the schema that this programme was written for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from post_logistics.storage.database import Database, load_revision, newest_revision
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.keeping.vitals import Queue, load_queues

STUCK_S: Final = 600
"""A job that has been due for so long is not merely waiting for its turn: no worker is running, or none gets on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was found. Late jobs are told and no reason to turn requests away: what is booked now is sent later."""

    database: bool
    schema_at_head: bool
    jobs_on_time: bool

    @property
    def ready(self) -> bool:
        """Whether requests can be answered."""
        return self.database and self.schema_at_head

    @property
    def missing(self) -> str:
        """Why they cannot."""
        if not self.database:
            return "the database does not answer"
        return "" if self.schema_at_head else "the schema of the database is not the one of this version"


def look(database: Database, at: datetime) -> Readiness:
    """Whether a server with this database can take work at that instant."""
    if not database.is_ready():
        return Readiness(database=False, schema_at_head=False, jobs_on_time=False)
    try:
        with database.transaction() as connection:
            at_head = load_revision(connection) == newest_revision()
            late = late_queues(load_queues(connection, at)) if at_head else {}
    except Unavailable:
        return Readiness(database=False, schema_at_head=False, jobs_on_time=False)
    return Readiness(database=True, schema_at_head=at_head, jobs_on_time=at_head and not late)


def late_queues(queues: Mapping[str, Queue]) -> dict[str, Queue]:
    """Those in which something has been due for too long."""
    return {name: queue for name, queue in queues.items() if queue.oldest_s > STUCK_S}
