"""Files of orders booked later: once, in whatever pieces, by however many workers, for their merchant alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.facts import Facts
from post_logistics.operations.jobs import run_once
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders import order_jobs
from post_logistics.operations.orders.order_jobs import (
    BOOK_ORDER_FILE,
    KEPT_FOR,
    MOST_WAITING,
    OrderFile,
    catch_up,
    forget,
    take_on,
    work_off,
)
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.orders.jobs import Job, JobState, load_job, load_jobs_after, load_rows_after
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.units import DHAKA, MerchantId
from tests.operations.worker import work

HEADER = "order_ref,recipient_name,recipient_phone,recipient_address,weight_kg,cod_taka"


def file_of(*references: str, wrong: int = 0, dry_run: bool = False, **changes: str) -> OrderFile:
    """Orders for Mirpur, after them some whose telephone number is none."""
    phones = [*["০১৭১২৩৪৫৬৭৮"] * len(references), *["12"] * wrong]
    names = [*references, *(f"WRONG-{n}" for n in range(wrong))]
    weight = changes.get("weight", "1.2")
    rows = [
        f'{name},Rahima,{phone},"House 5, Road 3, Mirpur-10, Dhaka",{weight},500'
        for name, phone in zip(names, phones, strict=True)
    ]
    return OrderFile("orders.csv", "\n".join([HEADER, *rows]).encode(), dry_run)


@pytest.fixture(scope="module")
def committed(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": "t_order_jobs"})) as database:
        yield database


class Office:
    """A merchant who sends files, and a worker whose clock stands still."""

    def __init__(self, database: Database, facts: Facts, at: datetime) -> None:
        self.database, self.facts, self.at = database, facts, at
        self.numbers = Numbers(database, facts.number_key)
        with database.transaction() as connection:
            connection.execute(text("truncate job_rows, jobs; delete from procrastinate_jobs"))
            self.owner = f"owner-{connection.execute(text('select count(*) from merchants')).scalar_one()}"
            owner = Merchant(MerchantId(self.owner), self.owner, "New Market, Dhaka", "", at)
            append_merchants(connection, [owner])

    def take_on(self, file: OrderFile) -> Job:
        with self.database.transaction() as connection:
            return take_on(connection, self.owner, file, self.at)

    def work_off(self, job_id: UUID) -> Job:
        return work_off(self.database, self.facts, self.numbers, job_id, lambda: self.at)

    def ask(self, question: str) -> Any:
        with self.database.transaction() as connection:
            return connection.execute(text(question)).scalar_one()

    def booked(self) -> int:
        return int(self.ask(f"select count(*) from consignments where merchant_id = '{self.owner}'"))


@pytest.fixture
def office(committed: Database, facts: Facts, morning: datetime) -> Office:
    """A merchant's for each test, so that none finds what another left."""
    return Office(committed, facts, morning)


def test_every_row_gets_its_verdict_and_the_file_is_forgotten(office: Office) -> None:
    job = office.take_on(file_of("A", "B", wrong=1))
    assert (job.state, job.rows_total, job.rows_done) == (JobState.QUEUED, None, 0)
    done = office.work_off(job.job_id)
    assert (done.state, done.rows_total, done.booked, done.rejected) == (JobState.DONE, 3, 2, 1)
    assert done.started_at == done.finished_at == office.at
    with office.database.transaction() as connection:
        rows = load_rows_after(connection, job.job_id, 0, 10)
        assert [(row.row, row.order_ref, row.outcome) for row in rows] == [
            (1, "A", "booked"),
            (2, "B", "booked"),
            (3, "WRONG-0", "rejected"),
        ]
        assert rows[2].problems[0]["field"] == "recipient_phone" and rows[2].problems[0]["remedy"]
        assert [row.row for row in load_rows_after(connection, job.job_id, 1, 1)] == [2]
        assert [row.row for row in load_rows_after(connection, job.job_id, 0, 10, "rejected")] == [3]
    assert office.ask("select content is null from jobs")


def test_the_same_file_while_it_is_worked_on_is_the_same_job_and_afterwards_books_nothing_more(office: Office) -> None:
    first = office.take_on(file_of("A", "B"))
    office.at += timedelta(seconds=1)
    assert office.take_on(file_of("A", "B")).job_id == first.job_id
    assert office.take_on(file_of("A", "B", dry_run=True)).job_id != first.job_id
    office.work_off(first.job_id)
    again = office.take_on(file_of("A", "B"))
    assert again.job_id != first.job_id
    assert office.work_off(again.job_id).duplicate == office.booked() == 2


def test_a_finished_job_is_left_alone(office: Office) -> None:
    job = office.take_on(file_of("A"))
    done = office.work_off(job.job_id)
    office.at += timedelta(days=1)
    assert office.work_off(job.job_id) == done


def test_a_dry_run_books_nothing(office: Office) -> None:
    done = office.work_off(office.take_on(file_of("A", "B", wrong=1, dry_run=True)).job_id)
    assert (done.booked, done.rejected, office.booked()) == (2, 1, 0)


class Broken(Exception):
    """The worker is gone."""


def test_interrupted_after_any_piece_it_goes_on_from_there(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_jobs, "CHUNK", 2)
    job = office.take_on(file_of(*"ABCDE", wrong=2))
    book = order_jobs.book_rows
    calls = iter(range(100))

    def book_or_die(*given: Any, **more: Any) -> Any:
        verdicts = book(*given, **more)
        if next(calls) % 2:
            raise Broken  # with the bookings of this piece in hand
        return verdicts

    monkeypatch.setattr(order_jobs, "book_rows", book_or_die)
    progress = []
    for _ in range(10):
        try:
            done = office.work_off(job.job_id)
            break
        except Broken:
            progress.append(office.ask("select booked + rejected from jobs"))
    assert progress == [2, 4, 6]
    assert (done.state, done.booked, done.duplicate, done.rejected) == (JobState.DONE, 5, 0, 2)
    assert office.booked() == 5
    assert office.ask("select count(*) from job_rows") == 7


def test_what_ends_its_worker_again_and_again_has_failed_at_last(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = office.take_on(file_of("A"))

    def die(*_: Any, **__: Any) -> Any:
        raise Broken

    monkeypatch.setattr(order_jobs, "book_rows", die)
    for _ in range(5):
        with pytest.raises(Broken):
            office.work_off(job.job_id)
    failed = office.work_off(job.job_id)
    assert failed.state is JobState.FAILED and failed.problem and failed.problem["remedy"]
    assert office.ask("select content is null from jobs")


def test_several_workers_at_once_book_every_row_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_jobs, "CHUNK", 3)
    job = office.take_on(file_of(*(f"R-{n}" for n in range(20))))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: office.work_off(job.job_id), range(4)))
    assert {(one.state, one.booked, one.duplicate) for one in found} == {(JobState.DONE, 20, 0)}
    assert office.booked() == office.ask("select count(*) from job_rows") == 20


def test_a_file_that_cannot_be_read_has_failed_and_says_why(office: Office) -> None:
    failed = office.work_off(office.take_on(OrderFile("x.csv", b"<html>", False)).job_id)
    assert failed.state is JobState.FAILED and failed.problem
    assert failed.problem["field"] == "file" and failed.problem["remedy"]


def test_too_many_files_have_to_wait(office: Office) -> None:
    for n in range(MOST_WAITING):
        office.take_on(file_of(f"R-{n}"))
    with pytest.raises(Conflict):
        office.take_on(file_of("one more"))
    assert office.ask("select count(*) from jobs") == MOST_WAITING


def test_a_stranger_finds_nothing(office: Office) -> None:
    job = office.take_on(file_of("A"))
    with office.database.transaction() as connection:
        assert load_job(connection, job.job_id, office.owner).job_id == job.job_id
        with pytest.raises(NotFound):
            load_job(connection, job.job_id, "stranger")
        assert load_jobs_after(connection, "stranger", None, 10) == []
        assert load_jobs_after(connection, "stranger", job.job_id, 10) == []


def test_a_lost_alarm_is_set_again_and_old_jobs_are_forgotten(office: Office) -> None:
    waiting, done = office.take_on(file_of("A")), office.take_on(file_of("B"))
    office.work_off(done.job_id)
    with office.database.transaction() as connection:
        connection.execute(text("delete from procrastinate_jobs"))
        catch_up(connection, office.at)
        alarms = connection.execute(text("select task_name, args ->> 'key' from procrastinate_jobs")).all()
        assert [tuple(one) for one in alarms] == [(BOOK_ORDER_FILE, str(waiting.job_id))]
        assert forget(connection, office.at + KEPT_FOR) == 0
        assert forget(connection, office.at + KEPT_FOR + timedelta(seconds=1)) == 1
        assert connection.execute(text("select count(*) from job_rows")).scalar_one() == 0
    assert office.booked() == 1


def test_pages_of_jobs_lead_through_all_of_them_the_latest_first(office: Office) -> None:
    made = []
    for n in range(5):
        office.at += timedelta(seconds=n % 2)
        made.append(office.take_on(file_of(f"R-{n}")).job_id)
    found: list[UUID] = []
    with office.database.transaction() as connection:
        while page := load_jobs_after(connection, office.owner, found[-1] if found else None, 2):
            found += [job.job_id for job in page]
    assert len(found) == 5 and set(found) == set(made)


def test_the_worker_books_what_was_taken_in(office: Office, tmp_path: Path) -> None:
    office.at = datetime.now(DHAKA)  # the worker's clock goes
    job = office.take_on(file_of("A", "B"))
    run_once(replace(work(office.database, tmp_path / "sms", Random(1)), facts=office.facts))
    with office.database.transaction() as connection:
        assert load_job(connection, job.job_id).state is JobState.DONE
    assert office.booked() == 2
