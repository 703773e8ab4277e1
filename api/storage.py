"""The tables over the years, for the post: which months are kept, and what is forgotten."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from api.context import InTransaction, Now, TheEngine, ThePost
from api.fields import In, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.keeping.archiving import overview
from post_logistics.operations.keeping.retention import load_retention_rules, pseudonym_key, pseudonymise

router = Slice(prefix="/v1/storage", tags=["storage"], responses=answers(401, 403))


class MonthOut(Out):
    """A month of a table: in the database, in an archive, or both."""

    table_name: Annotated[str, Field(examples=["scans"])]
    month: Annotated[date, Field(description="Its first day.")]
    rows: Annotated[int, Field(description="In the database, as the server estimates.")]
    size_bytes: Annotated[int, Field(description="In the database; 0 if the month is not there.")]
    archived_rows: int | None
    sha256: Annotated[str, Field(description="Of the archive; empty if there is none.")]
    archived_at: datetime | None
    detached: Annotated[bool, Field(description="The database has let go of what is finished.")]


class MonthsOut(Out):
    """Every month, by table and time."""

    months: list[MonthOut]


class ForgetIn(In):
    """Where to go on, as the last answer said; empty at first."""

    after: Annotated[str, Field(max_length=13, pattern=r"^[A-Z0-9]*$", examples=[""])]
    limit: Annotated[int, Field(ge=1, le=10_000, description="How many recipients to look at.")] = 10_000


class ForgottenOut(Out):
    """What was forgotten among the recipients looked at."""

    recipients: int
    proofs: int
    notes: int
    codes: int
    links: int
    next: Annotated[str | None, Field(description="Send it as `after`; null when there are no more.")]


@router.get("/months", summary="Months of scans and uploads")
def storage_months(who: ThePost, connection: InTransaction) -> MonthsOut:
    """Which months the database keeps, and which are archived."""
    return MonthsOut(months=[MonthOut.of(one) for one in overview(connection)])


@router.post("/forgettings", summary="Forget recipients that are no longer needed", responses=answers(400, 413))
def forget_recipients(
    asked: ForgetIn, who: ThePost, engine: TheEngine, connection: InTransaction, at: Now
) -> ForgottenOut:
    """Makes unreadable those of the next recipients whose time is over. Sent again, it changes nothing."""
    rules = load_retention_rules(engine.settings.facts_dir)
    key = pseudonym_key(engine.facts.number_key)
    done, last = pseudonymise(connection, rules, key, at, asked.after, asked.limit)
    return ForgottenOut(
        recipients=done.recipients,
        proofs=done.proofs,
        notes=done.notes,
        codes=done.codes,
        links=done.links,
        next=last,
    )
