"""Files of orders that are booked while nobody waits: how far they are, and what became of each row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Path, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from api.context import ForMerchant, InLanguage, InTransaction, TheEngine
from api.fields import Limit, Out
from api.problems import answers
from api.slices import Slice
from api.verdicts import ProblemOut, VerdictOut
from post_logistics.operations.orders.booking import Outcome
from post_logistics.printing.tables import table_text
from post_logistics.storage.database import Database
from post_logistics.storage.orders.jobs import Job, JobState, load_job, load_jobs_after, load_rows_after
from post_logistics.units import Language

router = Slice(prefix="/v1", tags=["booking"], responses=answers(401, 403))

_PAGE: Final = 5_000
_COLUMNS: Final = ("row", "order_ref", "outcome", "item_number", "field", "reason", "remedy", "question", "choices")


class JobProblemOut(ProblemOut):
    """Why a file could not be booked."""

    row: int | None = None


class JobOut(Out):
    """A file of orders, and how far it has come."""

    job_id: UUID
    state: JobState
    file_name: str
    dry_run: bool
    dialect: Annotated[str, Field(description="What kind of file it is, once it has been read.")]
    rows_total: Annotated[int | None, Field(description="Unknown until the file has been read.")]
    rows_done: int
    booked: int
    duplicate: int
    to_decide: int
    rejected: int
    problem: Annotated[JobProblemOut | None, Field(description="Why it has failed.")]
    made_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    url: Annotated[str, Field(description="Where to ask how far it is.")]
    rows_url: Annotated[str, Field(description="The verdicts as pages of JSON; they come as the work goes on.")]
    table_url: Annotated[str, Field(description="The verdicts as CSV.")]

    @classmethod
    def made_of(cls, job: Job) -> "JobOut":
        """The answer about a job."""
        url = f"/v1/jobs/{job.job_id}"
        links = {"url": url, "rows_url": f"{url}/rows", "table_url": f"{url}/rows.csv"}
        facts = {name: getattr(job, name) for name in cls.model_fields if name not in links}
        return cls.model_validate(facts | links)


class JobPage(Out):
    """Jobs, the latest first. ``next``: send it as ``after`` for the next page; null on the last."""

    jobs: list[JobOut]
    next: str | None


class JobRowPage(Out):
    """Verdicts by row. ``next``: send it as ``after`` for the next page; null where no more have a verdict."""

    rows: list[VerdictOut]
    next: int | None


JobId = Annotated[UUID, Path(description="From the answer to the file.")]


async def respond_async(
    prefer: Annotated[
        str, Header(description="`respond-async`: take the file in, answer 202 at once and book it meanwhile.")
    ] = "",
) -> bool:
    """Whether the caller does not want to wait (RFC 7240)."""
    return "respond-async" in {one.split(";")[0].strip().lower() for one in prefer.split(",")}


def taken_on(job: Job) -> Response:
    """The answer to a file that will be booked: where to ask for it."""
    told = JobOut.made_of(job)
    headers = {"Location": told.url, "Preference-Applied": "respond-async"}
    return JSONResponse(told.model_dump(mode="json"), 202, headers)


@router.get("/jobs", summary="Files that were taken in")
def jobs(
    merchant_id: ForMerchant,
    connection: InTransaction,
    after: Annotated[UUID | None, Query(description="The `next` of a page.")] = None,
    limit: Limit = 50,
) -> JobPage:
    """A page of the merchant's jobs of the last 30 days."""
    found = load_jobs_after(connection, merchant_id, after, limit)
    return JobPage(
        jobs=[JobOut.made_of(job) for job in found], next=str(found[-1].job_id) if len(found) == limit else None
    )


@router.get("/jobs/{job_id}", summary="How far a file is", responses=answers(404))
def job(job_id: JobId, merchant_id: ForMerchant, connection: InTransaction) -> JobOut:
    """Queued, running, done or failed, and how many rows have their verdict."""
    return JobOut.made_of(load_job(connection, job_id, merchant_id))


@router.get("/jobs/{job_id}/rows", summary="What became of the rows of a file", responses=answers(404))
def job_rows(
    job_id: JobId,
    merchant_id: ForMerchant,
    connection: InTransaction,
    language: InLanguage,
    outcome: Annotated[Outcome | None, Query(description="Only those.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The `next` of a page.")] = 0,
    limit: Limit = 100,
) -> JobRowPage:
    """A page of verdicts."""
    load_job(connection, job_id, merchant_id)
    found = load_rows_after(connection, job_id, after, limit, outcome.value if outcome else "")
    told = [VerdictOut.said(row, language) for row in found]
    return JobRowPage(rows=told, next=found[-1].row if len(found) == limit else None)


class CsvResponse(StreamingResponse):
    """A table to open in a spreadsheet."""

    media_type = "text/csv"


@router.get(
    "/jobs/{job_id}/rows.csv",
    summary="What became of the rows of a file, as a table",
    response_class=CsvResponse,
    responses=answers(404),
)
def job_table(
    job_id: JobId,
    merchant_id: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    language: InLanguage,
) -> CsvResponse:
    """A line for every row of the file, and one more for every further problem of it."""
    load_job(connection, job_id, merchant_id)
    return CsvResponse(_table(engine.database, job_id, language))


def _table(database: Database, job_id: UUID, language: Language) -> Iterator[str]:
    """The table piece by piece: a file may have very many rows."""
    yield table_text(_COLUMNS, [])
    after, full = 0, True
    while full:
        with database.transaction() as connection:
            found = load_rows_after(connection, job_id, after, _PAGE)
        told = [VerdictOut.said(row, language) for row in found]
        lines = [[line[name] for name in _COLUMNS] for one in told for line in one.lines(language)]
        yield table_text(_COLUMNS, lines).split("\r\n", 1)[1]
        after, full = (found[-1].row if found else after), len(found) == _PAGE
