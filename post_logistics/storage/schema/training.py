"""Who learns, what of it is done, and the certificates: beside the made-up world, for that is made anew."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, fact, metadata

learners = Table(
    "learners",
    metadata,
    Column("learner_id", Uuid, primary_key=True),  # drawn; whoever has it goes on as this learner
    fact("name", Text),  # personal, as is the number: both empty once they are no longer needed
    fact("number", Text),  # of the staff or the agent; a shop's telephone
    fact("begun_at", Instant),
    fact("last_seen_at", Instant),
    CheckConstraint("(name = '') = (number = '')", name="forgotten"),
    Index("uq_learners_number", "number", unique=True, postgresql_where=text("number <> ''")),
)

lesson_runs = Table(  # a learner in a lesson, from its beginning to its end or until it is left
    "lesson_runs",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    fact("learner_id", Uuid, ForeignKey("learners.learner_id")),
    fact("lesson", Text),
    fact("begun_at", Instant),
    Column("finished_at", Instant),
    Column("left_at", Instant),
    Column("tried", SmallInteger),  # the wrong choice that was made last in the question of the present step
    fact("mistakes", SmallInteger, server_default="0"),
    CheckConstraint("finished_at is null or left_at is null", name="one_end"),
    Index(
        "uq_lesson_runs_open",
        "learner_id",
        unique=True,
        postgresql_where=text("finished_at is null and left_at is null"),
    ),
    Index("ix_lesson_runs_learner_id", "learner_id", "lesson"),
)

lesson_steps = Table(  # a step that is done
    "lesson_steps",
    metadata,
    Column("run_id", Uuid, ForeignKey("lesson_runs.run_id"), primary_key=True),
    Column("step", SmallInteger, primary_key=True, autoincrement=False),
    fact("done_at", Instant),  # when that happened which the step asks for, or the question was answered
    fact("about", Text),  # the made-up parcel, bag or close with which it was done
    CheckConstraint("step > 0", name="step"),
)

lesson_certificates = Table(
    "lesson_certificates",
    metadata,
    Column("code", Text, CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{16}$'", name="code"), primary_key=True),
    fact("learner_id", Uuid, ForeignKey("learners.learner_id")),
    fact("role", Text),
    fact("lessons", JSONB),  # their names
    fact("made_at", Instant),
    UniqueConstraint("learner_id", "role"),
)
