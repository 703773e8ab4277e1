"""Order files that are booked later: taken in at once, booked some hundred rows at a time, whatever interrupts it."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict
from post_logistics.operations.orders.order_intake import Checked, book_rows, in_their_order, read_orders
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.jobs import defer
from post_logistics.storage.orders import jobs as store
from post_logistics.storage.orders.jobs import UNFINISHED, Job, JobRow, JobState
from post_logistics.storage.orders.merchants import load_merchant

BOOK_ORDER_FILE: Final = "book_order_file"
"""The job of the worker that works on a file, its key."""
MOST_WAITING: Final = 20
"""So many files of a merchant may wait at once."""
CHUNK: Final = 500
"""Rows that are booked in one transaction: nobody waits long for a lock, and little is done again."""
KEPT_FOR: Final = timedelta(days=30)
_MOST_ATTEMPTS: Final = 5
"""So often a file may end its worker without a row booked in between."""
_NAMESPACE: Final = UUID("5f4b7c80-0a73-4d6f-a9de-6c7cf3a8d1b2")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A file as it was sent."""

    name: str
    content: bytes
    dry_run: bool


def read_file(facts: Facts, merchant: Merchant, file: OrderFile) -> Checked:
    """Every row of a merchant's file checked on its own; Unacceptable if it is no order file."""
    defaults = {"merchant": merchant.name, "store_address": merchant.store_address}
    return read_orders(facts, file.content, file.name, defaults)


def take_on(connection: Connection, merchant_id: str, file: OrderFile, at: datetime) -> Job:
    """The job that will book the file. The same file, sent again before it is finished, is the same job.

    Conflict if too many files of the merchant are waiting.
    """
    digest = hashlib.sha256(file.content).digest()
    cause = f"{merchant_id}/{digest.hex()}/{file.dry_run}/{at.isoformat()}"
    job = Job(
        job_id=uuid5(_NAMESPACE, cause),
        merchant_id=merchant_id,
        file_name=file.name,
        digest=digest,
        dry_run=file.dry_run,
        made_at=at,
    )
    return queue(connection, job, file.content)


def queue(connection: Connection, job: Job, content: bytes) -> Job:
    """The job, waiting for a worker; or the one that works on the same file already. Conflict if too many wait."""
    if not store.append_job(connection, job, content):
        return store.load_latest_of_file(connection, job)
    if len(store.load_unfinished(connection, job.merchant_id)) > MOST_WAITING:
        raise Conflict(
            f"{MOST_WAITING} of your files are waiting already",
            field="file",
            remedy="send it again when /v1/jobs shows that one is done",
        )
    defer(connection, BOOK_ORDER_FILE, {str(job.job_id): job.made_at})
    return job


Row = Asked | Verdict
"""A row of a file: to be booked, or refused already."""


@dataclass(frozen=True, slots=True)
class Trade:
    """How files of one kind are read, and their rows booked."""

    read: Callable[[Database, Facts, Job, Merchant, bytes], tuple[str, list[Row]]]
    """What kind of file it is, and its rows in their order; Unacceptable if it is none."""
    book: Callable[..., list[Verdict]]
    """As `book_rows` does."""


def _read_orders(
    database: Database, facts: Facts, job: Job, merchant: Merchant, content: bytes
) -> tuple[str, list[Row]]:
    checked = read_file(facts, merchant, OrderFile(job.file_name, content, job.dry_run))
    return checked.dialect, in_their_order(checked, {order.merchant: merchant for _, order, _ in checked.orders})


def work_off(
    database: Database,
    facts: Facts,
    numbers: Numbers,
    job_id: UUID,
    clock: Callable[[], datetime],
    trades: Mapping[str, Trade] = {},
) -> Job:
    """The job with every row booked or refused, from wherever it was left; one that is finished is left alone.

    ``trades``: what is done with files of other kinds than orders, by the dialect under which they were taken on.
    """
    job, content, merchant = _begun(database, job_id, clock())
    if job.state not in UNFINISHED:
        return job
    trade = trades.get(job.dialect)
    try:
        read = trade.read if trade else _read_orders
        dialect, rows = read(database, facts, job, merchant, content)
    except Unacceptable as error:
        problem = {"field": error.field or "file", "reason": error.message, "remedy": error.remedy or ""}
        return _failed(database, job_id, problem | ({"row": error.row} if error.row else {}), clock())
    while job.state in UNFINISHED:
        with database.transaction() as connection:
            job = _carried_on(connection, facts, numbers, job_id, trade, (dialect, rows), clock())
    return job


def _begun(database: Database, job_id: UUID, at: datetime) -> tuple[Job, bytes, Merchant]:
    """The job as running, its file and its merchant. One that ended its worker too often has failed."""
    with database.transaction() as connection:
        job = store.load_job(connection, job_id, lock=True)
        merchant = load_merchant(connection, job.merchant_id)
        if job.state not in UNFINISHED:
            return job, b"", merchant
        if job.attempts >= _MOST_ATTEMPTS:
            _log.error("job %s ended its worker %s times", job_id, job.attempts)
            reason = "something went wrong that should not, again and again"
            job = _finished(
                job, at, {"field": "file", "reason": reason, "remedy": "tell the post the number of the job"}
            )
        else:
            job = replace(job, state=JobState.RUNNING, attempts=job.attempts + 1, started_at=job.started_at or at)
        content = store.load_content(connection, job_id)
        store.save_job(connection, job)
        return job, content, merchant


def _carried_on(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    job_id: UUID,
    trade: Trade | None,
    file: tuple[str, Sequence[Row]],
    at: datetime,
) -> Job:
    """The job with some hundred rows more, or finished. Its row is held meanwhile: no two workers do the same."""
    dialect, rows = file
    job = store.load_job(connection, job_id, lock=True)
    if job.state not in UNFINISHED:
        return job
    part = rows[job.rows_done : job.rows_done + CHUNK]
    book = trade.book if trade else book_rows
    verdicts = book(connection, facts, numbers, part, at, dry_run=job.dry_run)
    store.append_rows(connection, [_kept(job_id, verdict) for verdict in verdicts])
    job = replace(_counted(job, verdicts), dialect=dialect, rows_total=len(rows), attempts=0)
    if job.rows_done == len(rows):
        job = _finished(job, at)
    store.save_job(connection, job)
    return job


def _kept(job_id: UUID, verdict: Verdict) -> JobRow:
    return JobRow(
        job_id=job_id,
        row=verdict.row or 0,
        order_ref=verdict.order_ref,
        outcome=verdict.outcome.value,
        item_number=verdict.item_number,
        problems=[asdict(problem) for problem in verdict.problems],
        question={"en": verdict.question.en, "bn": verdict.question.bn} if verdict.question else None,
        choices=list(verdict.choices),
    )


def _counted(job: Job, verdicts: Sequence[Verdict]) -> Job:
    def more(outcome: Outcome) -> int:
        return sum(verdict.outcome is outcome for verdict in verdicts)

    return replace(
        job,
        booked=job.booked + more(Outcome.BOOKED),
        duplicate=job.duplicate + more(Outcome.DUPLICATE),
        to_decide=job.to_decide + more(Outcome.TO_DECIDE),
        rejected=job.rejected + more(Outcome.REJECTED),
    )


def _finished(job: Job, at: datetime, problem: Mapping[str, object] | None = None) -> Job:
    return replace(job, state=JobState.FAILED if problem else JobState.DONE, problem=problem, finished_at=at)


def _failed(database: Database, job_id: UUID, problem: Mapping[str, object], at: datetime) -> Job:
    with database.transaction() as connection:
        job = store.load_job(connection, job_id, lock=True)
        if job.state in UNFINISHED:
            job = _finished(job, at, problem)
            store.save_job(connection, job)
        return job


def catch_up(connection: Connection, at: datetime) -> None:
    """Sees to it that a worker looks at every file that is not finished."""
    defer(connection, BOOK_ORDER_FILE, {str(one): at for one in store.load_unfinished(connection)})


def forget(connection: Connection, at: datetime) -> int:
    """Forgets what became of files a month ago; how many it was. The bookings stay."""
    return store.forget_jobs(connection, at - KEPT_FOR)
