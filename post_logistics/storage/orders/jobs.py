"""Files of orders that are booked later: how far each has come, and the verdict on every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, delete, select, tuple_, update

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import job_rows, jobs


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """The file could not be read; what was booked before stays booked."""


UNFINISHED: Final = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A file of orders, and how far it has come. ``rows_total`` is None until the file has been read."""

    job_id: UUID
    merchant_id: str
    file_name: str
    digest: bytes = field(repr=False)
    dry_run: bool
    state: JobState = JobState.QUEUED
    dialect: str = ""
    rows_total: int | None = None
    booked: int = 0
    duplicate: int = 0
    to_decide: int = 0
    rejected: int = 0
    attempts: int = 0
    problem: Mapping[str, Any] | None = None
    made_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def rows_done(self) -> int:
        """How many rows have their verdict."""
        return self.booked + self.duplicate + self.to_decide + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """The verdict on one row of the file."""

    job_id: UUID
    row: int
    order_ref: str
    outcome: str
    item_number: str
    problems: Sequence[Mapping[str, str]]
    question: Mapping[str, str] | None
    choices: Sequence[str]


_WITHOUT_CONTENT: Final = [jobs.c[one.name] for one in fields(Job)]


def append_job(connection: Connection, job: Job, content: bytes) -> bool:
    """Keeps a job with its file; False if that very file is being worked on already."""
    return bool(append(connection, jobs, [job], keep_first=True, content=[content]))


def load_job(connection: Connection, job_id: UUID, merchant_id: str | None = None, *, lock: bool = False) -> Job:
    """One job, held until the transaction ends if asked to; NotFound for none, and for another merchant's: alike."""
    wanted = select(*_WITHOUT_CONTENT).where(jobs.c.job_id == job_id)
    if merchant_id is not None:
        wanted = wanted.where(jobs.c.merchant_id == merchant_id)
    found = _read(connection, wanted.with_for_update() if lock else wanted)
    if not found:
        raise NotFound(f"no job {job_id}", field="job_id", remedy="look for it in /v1/jobs; jobs are kept for 30 days")
    return found[0]


def load_latest_of_file(connection: Connection, job: Job) -> Job:
    """The latest job of the merchant about the same file."""
    same = select(*_WITHOUT_CONTENT).where(
        jobs.c.merchant_id == job.merchant_id, jobs.c.digest == job.digest, jobs.c.dry_run == job.dry_run
    )
    return _read(connection, same.order_by(jobs.c.made_at.desc()).limit(1))[0]


def load_jobs_after(connection: Connection, merchant_id: str, after: UUID | None, limit: int) -> list[Job]:
    """At most that many of a merchant's jobs, the latest first, from the one that follows ``after``."""
    key = (jobs.c.made_at, jobs.c.job_id)
    page = select(*_WITHOUT_CONTENT).where(jobs.c.merchant_id == merchant_id)
    if after is not None:
        last = select(*key).where(jobs.c.job_id == after, jobs.c.merchant_id == merchant_id)
        page = page.where(tuple_(*key) < last.scalar_subquery())
    return _read(connection, page.order_by(*(column.desc() for column in key)).limit(limit))


def load_content(connection: Connection, job_id: UUID) -> bytes:
    """The file of a job that is not finished."""
    return bytes(connection.execute(select(jobs.c.content).where(jobs.c.job_id == job_id)).scalar_one())


def load_unfinished(connection: Connection, merchant_id: str | None = None) -> list[UUID]:
    """The jobs that wait or run, of a merchant or of all."""
    wanted = select(jobs.c.job_id).where(jobs.c.state.in_(UNFINISHED))
    if merchant_id is not None:
        wanted = wanted.where(jobs.c.merchant_id == merchant_id)
    return list(connection.execute(wanted.order_by(jobs.c.made_at)).scalars())


def save_job(connection: Connection, job: Job) -> None:
    """The row is what the value says; the file of a finished job is forgotten."""
    values = {one.name: getattr(job, one.name) for one in fields(job) if one.name != "job_id"}
    forgotten = {} if job.state in UNFINISHED else {"content": None}
    connection.execute(update(jobs).where(jobs.c.job_id == job.job_id).values(values | forgotten))


def append_rows(connection: Connection, rows: Sequence[JobRow]) -> None:
    """Keeps the verdicts on rows that had none."""
    append(connection, job_rows, rows)


def load_rows_after(connection: Connection, job_id: UUID, after: int, limit: int, outcome: str = "") -> list[JobRow]:
    """At most that many verdicts of a job from the row after that one, of one outcome or of all."""
    page = select(job_rows).where(job_rows.c.job_id == job_id, job_rows.c.row > after)
    if outcome:
        page = page.where(job_rows.c.outcome == outcome)
    return read(connection.execute(page.order_by(job_rows.c.row).limit(limit)), JobRow)


def forget_jobs(connection: Connection, made_before: datetime) -> int:
    """Lets go finished jobs that are older, with their rows; gives back how many."""
    old = delete(jobs).where(jobs.c.made_at < made_before, jobs.c.state.not_in(UNFINISHED))
    return int(connection.execute(old).rowcount)


def _read(connection: Connection, wanted: Any) -> list[Job]:
    return read(connection.execute(wanted), Job, state=JobState)
