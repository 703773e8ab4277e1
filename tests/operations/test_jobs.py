"""The worker: everything is passed on and sent, killed at any step nothing is lost and every message keeps its id."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.channels.calling import Line
from post_logistics.channels.destinations import destination
from post_logistics.channels.webhooks import TRIES_IN_ORDER, secret_of
from post_logistics.operations.jobs import ALL_DAY, NIGHTLY, run_once
from post_logistics.operations.keeping.retention import load_retention_rules, pseudonym_key, pseudonymise
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import Sending, add_endpoint, send_webhooks
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.jobs import defer
from post_logistics.storage.telling import webhooks as store
from post_logistics.storage.telling.webhooks import Tried
from post_logistics.units import DHAKA
from tests.channels.servers import Shop, shop
from tests.operations.conftest import SHOP, Story
from tests.operations.worker import ROOT, work

SCHEMA = "t_jobs"
TABLES = ("webhook_messages", "webhook_endpoints", "sms_messages", "outbox", "procrastinate_jobs")


@pytest.fixture(scope="module")
def committed(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        yield database


@pytest.fixture(scope="module")
def items(committed: Database) -> list[str]:
    """Parcels that are out for delivery since a minute ago, by the real clock, as the worker has it."""
    with committed.transaction() as connection:
        story = Story(connection, datetime.now(DHAKA) - timedelta(hours=1))
        booked = story.book(*[0] * 15)
        story.out_for_delivery(*booked)
        connection.execute(text("create table kept as select * from outbox"))
    return booked


@pytest.fixture
def server(committed: Database, items: list[str]) -> Iterator[Shop]:
    """A merchant's server, its endpoint, and the news of all parcels in the outbox."""
    with shop() as one:
        with committed.transaction() as connection:
            for table in TABLES:
                connection.execute(text(f"delete from {table}"))
            connection.execute(text("insert into outbox select * from kept"))
            add_endpoint(connection, SHOP, one.url, [], secret_of(bytes(32)), datetime.now(DHAKA), development=True)
            connection.execute(text("update outbox set occurred_at = now()"))
        yield one


def heard(server: Shop) -> list[str]:
    return [headers["webhook-id"] for headers in server.headers]


def statuses(database: Database) -> dict[str, str]:
    with database.transaction() as connection:
        return {row[0]: row[1] for row in connection.execute(text("select message_id, status from webhook_messages"))}


def lost(database: Database, server: Shop) -> list[str]:
    """Messages of which the database believes that they were taken, and the merchant never heard."""
    return [one for one, status in statuses(database).items() if status == "sent" and one not in heard(server)]


def test_once_passes_everything_on_and_sends_it(committed: Database, server: Shop, tmp_path: Path) -> None:
    sms = tmp_path / "sms.jsonl"
    run_once(work(committed, sms, Random(1)))
    assert len(heard(server)) == len(set(heard(server))) == 30
    assert set(statuses(committed).values()) == {"sent"}
    assert len(sms.read_text(encoding="utf-8").splitlines()) == 15
    parcels = [json.loads(body)["data"] for body in server.bodies]
    for item in {one["item_number"] for one in parcels}:
        assert [one["event"] for one in parcels if one["item_number"] == item] == ["accepted", "out_for_delivery"]
    with committed.transaction() as connection:
        for table in ("outbox", "procrastinate_jobs"):
            assert connection.execute(text(f"select count(*) from {table}")).scalar_one() == 0
    run_once(work(committed, sms, Random(1)))
    assert len(heard(server)) == 30


def test_the_nightly_work_gives_people_the_pseudonyms_that_everybody_else_gives_them(
    database: Database, tell: type[Story], morning: datetime, tmp_path: Path
) -> None:
    with database.transaction() as connection:
        items = tell(connection, morning).book(0, 0)  # both for the same person
        connection.execute(text("update journeys set state = 'cancelled'"))
    one, at = work(database, tmp_path / "sms", Random(1)), morning + timedelta(days=1_000)
    with database.transaction() as connection:
        pseudonymise(connection, load_retention_rules(one.facts_dir), pseudonym_key(b"another key"), at, "", 1)
    (tend,) = [duty for duty in NIGHTLY if duty.name == "tend"]
    tend.run(one, at)
    with database.transaction() as connection:
        names = connection.execute(text("select recipient_name from recipients")).scalars().all()
    assert len(names) == len(items) and len(set(names)) == 1 and names[0].startswith("person-")


def test_the_duties_have_names_of_their_own() -> None:
    names = [duty.name for duty in (*ALL_DAY, *NIGHTLY)]
    assert len(names) == len(set(names))


# Killed


class Killed(BaseException):
    """The power fails."""


def dying(n: int) -> Callable[[], datetime]:
    """A clock that is looked at ``n`` times, and then the power fails. Every step of sending looks at it."""
    looks = iter(range(n))

    def clock() -> datetime:
        if next(looks, None) is None:
            raise Killed
        return datetime.now(DHAKA)

    return clock


Send = Callable[[Database, UUID, Sending], int]


def killed_at(database: Database, n: int, send: Send = send_webhooks) -> bool:
    """Whether the power failed, at the ``n``-th step of sending what the relay has passed on."""
    with database.transaction() as connection:
        (endpoint,) = store.load_endpoints(connection, SHOP)
    try:
        send(database, endpoint.endpoint_id, Sending(clock=dying(n), chance=Random(1), development=True))
    except Killed:
        return True
    return False


def passed_on(database: Database) -> None:
    job = work(database, Path("/dev/null"), Random(1))
    with database.transaction() as connection:
        connection.execute(text("delete from outbox where number > (select min(number) + 4 from outbox)"))
        relay(connection, job.facts.offices, job.book, job.clock())


def test_killed_at_any_step_nothing_is_lost_and_every_message_keeps_its_id(committed: Database, server: Shop) -> None:
    passed_on(committed)
    waiting, steps = set(statuses(committed)), 0
    while killed_at(committed, steps):
        assert lost(committed, server) == []
        with committed.transaction() as connection:  # from the beginning, to be killed one step later
            connection.execute(text("update webhook_messages set status = 'waiting', tries = 0, next_try_at = now()"))
            connection.execute(text("update webhook_endpoints set failures = 0, paused_until = null"))
        steps += 1
    assert steps > 10
    assert set(statuses(committed).values()) == {"sent"}
    assert set(heard(server)) == waiting == set(statuses(committed))
    assert len(heard(server)) > len(waiting)  # told again, under the same ids
    assert len(
        {(headers["webhook-id"], body) for headers, body in zip(server.headers, server.bodies, strict=True)}
    ) == (len(waiting))


def marks_first(database: Database, endpoint_id: UUID, sending: Sending) -> int:
    """The planted bug: writes down that messages were taken, and then sends them."""
    with database.transaction() as connection:
        endpoint = store.lock_endpoint(connection, endpoint_id)
        due = store.load_due_messages(connection, endpoint_id, sending.clock(), TRIES_IN_ORDER, 20)
        at = sending.clock()
        store.save_tried(connection, [Tried(one.message_id, "sent", at, at, "") for one in due])
    with Line(destination(endpoint.url, development=True)) as line:
        for one in due:
            sending.clock()
            line.post(one.body.encode(), {"webhook-id": one.message_id})
    return len(due)


def test_red_control_writing_down_before_sending_loses_messages(committed: Database, server: Shop) -> None:
    passed_on(committed)
    assert killed_at(committed, 3, marks_first)
    assert lost(committed, server)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def test_a_worker_killed_over_and_over_tells_everything_at_least_once(
    committed: Database, server: Shop, server_url: str, tmp_path: Path
) -> None:
    def slowly(n: int) -> tuple[int, dict[str, str]]:
        time.sleep(0.03)
        return 204, {}

    server.answer = slowly
    command = [sys.executable, "-m", "tests.operations.worker", server_url, SCHEMA, str(tmp_path / "sms.jsonl")]
    for kills in range(2):
        with (tmp_path / "log").open("ab") as log:
            worker = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        wait_until(lambda target=7 * (kills + 1): len(server.bodies) >= target)  # type: ignore[misc]
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        assert lost(committed, server) == []
        with committed.transaction() as connection:  # as if half a minute had gone by
            connection.execute(text("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'"))
            doing = text("select count(*) from procrastinate_jobs where status = 'doing'")
            assert connection.execute(doing).scalar_one() > 0, "killed at rest: nothing was tested"
    run_once(work(committed, tmp_path / "sms.jsonl", Random(1)))
    found = statuses(committed)
    assert len(found) == 30
    assert set(found.values()) == {"sent"}
    assert set(heard(server)) == set(found)


def test_a_worker_ends_when_it_is_told_to(committed: Database, server: Shop, server_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.operations.worker", server_url, SCHEMA, str(tmp_path / "sms.jsonl")]
    worker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(server.bodies) == 30)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert set(statuses(committed).values()) == {"sent"}


def test_two_jobs_for_one_key_never_wait_at_once(committed: Database, server: Shop) -> None:
    at = datetime.now(DHAKA)
    with committed.transaction() as connection:
        for minutes in (5, 1, 9):
            defer(connection, "send_webhooks", {"b": at + timedelta(minutes=minutes), "a": at})
        jobs = connection.execute(text("select args ->> 'key', scheduled_at from procrastinate_jobs order by 1"))
        assert [tuple(job) for job in jobs] == [("a", at), ("b", at + timedelta(minutes=1))]
