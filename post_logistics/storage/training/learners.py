"""Learners, the lessons they are in, the steps that are done, their certificates."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, text, update

from post_logistics.access.roles import Role
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import learners, lesson_certificates, lesson_runs, lesson_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Somebody who learns. ``number``: of the staff or the agent. Both texts are empty once they are forgotten."""

    learner_id: UUID
    name: str = field(repr=False)
    number: str = field(repr=False)
    begun_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A learner in a lesson. ``tried``: the wrong choice made last in the question of the present step."""

    run_id: UUID
    learner_id: UUID
    lesson: str
    begun_at: datetime
    finished_at: datetime | None = None
    left_at: datetime | None = None
    tried: int | None = None
    mistakes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneStep:
    """A step that is done. ``about``: with which parcel, bag or close; empty for a question."""

    run_id: UUID
    step: int
    done_at: datetime
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """All lessons of a role, done."""

    code: str
    learner_id: UUID
    role: Role
    lessons: list[str]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a learner was in a lesson, and what came of it."""

    learner_id: UUID
    lesson: str
    runs: int
    finished_at: datetime | None
    mistakes: int


def append_learner(connection: Connection, learner: Learner) -> bool:
    """Keeps them; False if somebody has that number."""
    return bool(append(connection, learners, [learner], keep_first=True))


def find_learner(connection: Connection, learner_id: UUID, *, lock: bool = False) -> Learner | None:
    """Them, if they are known; ``lock``: what is decided about them is decided once."""
    wanted = select(learners).where(learners.c.learner_id == learner_id)
    return next(iter(read(connection.execute(wanted.with_for_update() if lock else wanted), Learner)), None)


def load_learner(connection: Connection, learner_id: UUID, *, lock: bool = False) -> Learner:
    """The same; NotFound for a stranger."""
    found = find_learner(connection, learner_id, lock=lock)
    if found is None:
        raise NotFound("no such learner", field="learner", remedy="say who you are on the page of the lessons")
    return found


def find_by_number(connection: Connection, number: str) -> Learner | None:
    """Whoever has that number."""
    return next(iter(read(connection.execute(select(learners).where(learners.c.number == number)), Learner)), None)


def load_learners(connection: Connection) -> list[Learner]:
    """All whose names are kept, the last seen first."""
    wanted = select(learners).where(learners.c.name != "").order_by(learners.c.last_seen_at.desc(), learners.c.number)
    return read(connection.execute(wanted), Learner)


def saw_learner(connection: Connection, learner_id: UUID, at: datetime) -> None:
    """They were here at that instant."""
    connection.execute(update(learners).where(learners.c.learner_id == learner_id).values(last_seen_at=at))


def forget_learners(connection: Connection, before: datetime) -> int:
    """Empties name and number of all who were not seen since then; how many it was. What they did is still counted."""
    old = (learners.c.last_seen_at < before) & (learners.c.name != "")
    return connection.execute(update(learners).where(old).values(name="", number="")).rowcount


def append_run(connection: Connection, run: Run) -> None:
    """A lesson begins."""
    append(connection, lesson_runs, [run])


def find_open_run(connection: Connection, learner_id: UUID, *, lock: bool = False) -> Run | None:
    """The lesson that the learner is in."""
    table = lesson_runs.c
    wanted = select(lesson_runs).where(
        table.learner_id == learner_id, table.finished_at.is_(None), table.left_at.is_(None)
    )
    return next(iter(read(connection.execute(wanted.with_for_update() if lock else wanted), Run)), None)


def find_last_run(connection: Connection, learner_id: UUID) -> Run | None:
    """The lesson that they began last, ended or not."""
    wanted = select(lesson_runs).where(lesson_runs.c.learner_id == learner_id).order_by(lesson_runs.c.begun_at.desc())
    return next(iter(read(connection.execute(wanted.limit(1)), Run)), None)


def change_run(connection: Connection, run_id: UUID, **changes: object) -> None:
    """Sets columns of one run."""
    connection.execute(update(lesson_runs).where(lesson_runs.c.run_id == run_id).values(**changes))


def append_steps(connection: Connection, steps: list[DoneStep]) -> None:
    """Keeps what is done; what was known of a step stays."""
    append(connection, lesson_steps, steps, keep_first=True)


def load_steps(connection: Connection, run_id: UUID) -> list[DoneStep]:
    """What is done of a run, in the order of the lesson."""
    wanted = select(lesson_steps).where(lesson_steps.c.run_id == run_id).order_by(lesson_steps.c.step)
    return read(connection.execute(wanted), DoneStep)


def load_tallies(connection: Connection, learner_id: UUID | None = None) -> list[Tally]:
    """For each learner, or for one, and each lesson that they began: what came of it."""
    rows = connection.execute(
        text(
            "select learner_id, lesson, count(*) as runs, min(finished_at) as finished_at, sum(mistakes) as mistakes "
            "from lesson_runs where cast(:learner_id as uuid) is null or learner_id = :learner_id "
            "group by learner_id, lesson"
        ),
        {"learner_id": learner_id},
    )
    return read(rows, Tally, mistakes=int)


def append_certificate(connection: Connection, certificate: Certificate) -> None:
    """Keeps it; the learner's first of that role stays."""
    append(connection, lesson_certificates, [certificate], keep_first=True)


def find_certificate(connection: Connection, code: str) -> Certificate | None:
    """The certificate of that code."""
    wanted = select(lesson_certificates).where(lesson_certificates.c.code == code)
    return next(iter(read(connection.execute(wanted), Certificate, role=Role)), None)


def load_certificates(connection: Connection, learner_id: UUID | None = None) -> list[Certificate]:
    """All of a learner, or of everybody."""
    wanted = select(lesson_certificates).order_by(lesson_certificates.c.made_at)
    if learner_id is not None:
        wanted = wanted.where(lesson_certificates.c.learner_id == learner_id)
    return read(connection.execute(wanted), Certificate, role=Role)
