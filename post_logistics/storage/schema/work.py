"""Work that is done later: files of orders that were taken in, and plans of tours that nobody has approved yet."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, fact, metadata

DRAFT_STATES = "'searching', 'ready', 'failed', 'approved'"
JOB_STATES = "'queued', 'running', 'done', 'failed'"
UNFINISHED = "state in ('queued', 'running')"


def _count(name: str) -> Column[int]:
    return Column(name, Integer, CheckConstraint(f"{name} >= 0", name=name), nullable=False)


jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    fact("file_name", Text),
    fact("digest", LargeBinary),  # of the file
    Column("content", LargeBinary),  # the file itself, until every row has its verdict
    fact("dry_run", Boolean),
    Column("state", Text, CheckConstraint(f"state in ({JOB_STATES})", name="state"), nullable=False),
    fact("dialect", Text),
    Column("rows_total", Integer),  # unknown until the file has been read
    _count("booked"),
    _count("duplicate"),
    _count("to_decide"),
    _count("rejected"),
    fact("attempts", SmallInteger),  # since the last progress
    Column("problem", JSONB(none_as_null=True)),  # why it failed: field, reason, remedy
    fact("made_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    CheckConstraint(f"(content is not null) = ({UNFINISHED})", name="content"),
    CheckConstraint(f"(finished_at is null) = ({UNFINISHED})", name="finished"),
    CheckConstraint("(problem is not null) = (state = 'failed')", name="problem"),
    CheckConstraint("booked + duplicate + to_decide + rejected <= coalesce(rows_total, 0)", name="progress"),
    Index(
        "ux_jobs_unfinished", "merchant_id", "digest", "dry_run", unique=True, postgresql_where=text(UNFINISHED)
    ),  # a file that is sent again while it is worked on is the same job
    Index(None, "merchant_id", "made_at", "job_id"),
    Index(None, "made_at"),
)

job_rows = Table(
    "job_rows",
    metadata,
    Column("job_id", Uuid, ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True),
    fact("order_ref", Text),
    fact("outcome", Text),
    fact("item_number", Text),
    fact("problems", JSONB),
    Column("question", JSONB(none_as_null=True)),
    fact("choices", JSONB),
)

plan_drafts = Table(  # what a manager looks at, compares and changes; approved, it becomes a revision of `plans`
    "plan_drafts",
    metadata,
    Column("draft_id", Uuid, primary_key=True),  # made by who asks: asked twice, the same draft
    fact("office", Text),
    fact("service_on", Date),
    fact("number", SmallInteger, CheckConstraint("number > 0", name="number")),
    fact("made_by", Text),
    fact("made_at", Instant),
    fact("method", Text, CheckConstraint("method in ('anew', 'kept')", name="method")),
    fact("riders", JSONB),  # who may be sent out
    fact("leave_at", Instant),  # nobody leaves before
    fact("seconds", SmallInteger),  # how long is searched
    fact("state", Text, CheckConstraint(f"state in ({DRAFT_STATES})", name="state")),
    Column("problem", JSONB(none_as_null=True)),  # why it failed: field, reason, remedy
    fact("distance_before_m", BigInteger),
    fact("sheets", JSONB),
    fact("unserved", JSONB),
    fact("edits", SmallInteger),  # counts the stops that were moved by hand
    UniqueConstraint("office", "service_on", "number"),
    CheckConstraint("(problem is not null) = (state = 'failed')", name="problem"),
    Index(None, "service_on"),
)
