"""Endpoints and what is sent to them: in order, again and again, the one that is down alone, nobody else held up."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from post_logistics.channels.webhooks import GIVEN_UP_AFTER, STOPPED_AFTER, secret_of
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.telling.webhooks import (
    MAX_ENDPOINTS,
    Sending,
    add_endpoint,
    catch_up,
    change_secret,
    ping,
    remove_endpoint,
    replay_message,
    replay_since,
    resume_endpoint,
    send_webhooks,
    waiting_message,
)
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database, open_scratch
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.storage.telling.webhooks import append_messages, load_endpoints, load_messages_after
from post_logistics.units import MerchantId
from tests.channels.servers import Shop, shop

SHOP, OTHER = "test-shop", "other-shop"
URL = "https://shop.example/hooks"
SECRET, SECOND, THIRD = (secret_of(bytes([n]) * 32) for n in (1, 2, 3))


@dataclass
class World:
    """A merchant with servers, and a clock that is set by hand."""

    database: Database
    at: datetime
    servers: ExitStack = field(default_factory=ExitStack)

    @property
    def sending(self) -> Sending:
        return Sending(clock=lambda: self.at, chance=Random(1), development=True)

    def server(self) -> tuple[Shop, UUID]:
        """A server and its endpoint."""
        one = self.servers.enter_context(shop())
        with self.database.transaction() as connection:
            made = add_endpoint(connection, SHOP, one.url, [], SECRET, self.at, development=True)
        return one, made.endpoint_id

    def write(self, endpoint: UUID, *messages: tuple[str, int]) -> None:
        """Messages that wait: (parcel, number)."""
        with self.database.transaction() as connection:
            append_messages(
                connection,
                [
                    waiting_message(
                        endpoint,
                        f"{parcel}/{n}",
                        {"parcel": parcel, "n": n},
                        self.at,
                        item_number=parcel,
                        number=n,
                        event="accepted",
                    )
                    for parcel, n in messages
                ],
            )

    def send(self, endpoint: UUID) -> int:
        """Does what the worker does: takes the job that waits, and runs it."""
        with self.database.transaction() as connection:
            connection.execute(text("delete from procrastinate_jobs"))
        return send_webhooks(self.database, endpoint, self.sending)

    def rows(self, what: str) -> list[dict[str, Any]]:
        with self.database.transaction() as connection:
            return [dict(row._mapping) for row in connection.execute(text(what))]

    def endpoint(self) -> dict[str, Any]:
        return self.rows("select * from webhook_endpoints")[0]

    def statuses(self) -> list[tuple[str, int]]:
        found = self.rows("select status, tries from webhook_messages order by number")
        return [(one["status"], one["tries"]) for one in found]

    def job_at(self) -> datetime | None:
        jobs = self.rows("select scheduled_at from procrastinate_jobs")
        return jobs[0]["scheduled_at"] if jobs else None


def merchants(connection: Connection, at: datetime) -> None:
    append_merchants(connection, [Merchant(MerchantId(one), one, "New Market, Dhaka", "", at) for one in (SHOP, OTHER)])


@pytest.fixture(scope="module")
def committed(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": "t_webhooks"})) as database:
        yield database


@pytest.fixture
def world(committed: Database, morning: datetime) -> Iterator[World]:
    with committed.transaction() as connection:
        connection.execute(text("delete from webhook_endpoints"))
        connection.execute(text("delete from procrastinate_jobs"))
        merchants(connection, morning)
    one = World(committed, morning)
    with one.servers:
        yield one


def heard(server: Shop) -> list[tuple[str, int]]:
    return [(body["parcel"], body["n"]) for body in map(json.loads, server.bodies)]


# Endpoints


@pytest.fixture
def mine(connection: Connection, morning: datetime) -> UUID:
    merchants(connection, morning)
    return add_endpoint(connection, SHOP, URL, ["returned", "accepted"], SECRET, morning).endpoint_id


def test_the_same_endpoint_asked_for_twice_is_one_with_its_first_secret(
    connection: Connection, mine: UUID, morning: datetime
) -> None:
    again = add_endpoint(connection, SHOP, URL, ["accepted", "returned"], SECOND, morning)
    assert (again.endpoint_id, again.secret, list(again.events)) == (mine, SECRET, ["accepted", "returned"])
    assert add_endpoint(connection, OTHER, URL, [], SECOND, morning).endpoint_id != mine
    with pytest.raises(Conflict):
        add_endpoint(connection, SHOP, URL, [], SECRET, morning)


def test_what_cannot_be_an_endpoint_is_refused(connection: Connection, mine: UUID, morning: datetime) -> None:
    for url in ("http://shop.example/", "https://127.0.0.1/", "http://localhost:80/"):
        with pytest.raises(Unacceptable):
            add_endpoint(connection, SHOP, url, [], SECRET, morning)
    with pytest.raises(Unacceptable, match="nobody is told"):
        add_endpoint(connection, SHOP, URL + "?2", ["bagged"], SECRET, morning)
    with pytest.raises(NotFound):
        add_endpoint(connection, "nobody", URL, [], SECRET, morning)
    for n in range(MAX_ENDPOINTS - 1):
        add_endpoint(connection, SHOP, f"{URL}?n={n}", [], SECRET, morning)
    with pytest.raises(Conflict):
        add_endpoint(connection, SHOP, f"{URL}?n=many", [], SECRET, morning)


def test_a_strangers_endpoint_does_not_exist(connection: Connection, mine: UUID, morning: datetime) -> None:
    message = ping(connection, SHOP, mine, morning)
    for ask in (
        lambda: remove_endpoint(connection, OTHER, mine),
        lambda: change_secret(connection, OTHER, mine, SECOND, morning),
        lambda: resume_endpoint(connection, OTHER, mine, morning),
        lambda: ping(connection, OTHER, mine, morning),
        lambda: replay_message(connection, OTHER, mine, message.message_id, morning),
        lambda: replay_since(connection, OTHER, mine, morning, morning, failed_only=False),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_removed_endpoint_takes_its_messages_with_it(connection: Connection, mine: UUID, morning: datetime) -> None:
    ping(connection, SHOP, mine, morning)
    remove_endpoint(connection, SHOP, mine)
    assert load_endpoints(connection, SHOP) == []
    assert load_messages_after(connection, mine, None, 10) == []
    with pytest.raises(NotFound):
        remove_endpoint(connection, SHOP, mine)


def test_a_changed_secret_signs_beside_the_old_one_for_a_day(
    connection: Connection, mine: UUID, morning: datetime
) -> None:
    changed = change_secret(connection, SHOP, mine, SECOND, morning)
    assert changed.secrets(morning) == (SECOND, SECRET)
    assert changed.secrets(morning + timedelta(hours=23, minutes=59)) == (SECOND, SECRET)
    assert changed.secrets(morning + timedelta(hours=24)) == (SECOND,)
    at_once = change_secret(connection, SHOP, mine, THIRD, morning + timedelta(minutes=9))
    assert at_once.secrets(morning) == (SECOND, SECRET)  # the answer was lost, and it was asked for again
    later = change_secret(connection, SHOP, mine, THIRD, morning + timedelta(minutes=10))
    assert later.secrets(morning) == (THIRD, SECOND)


def test_pages_of_messages_are_the_latest_first(connection: Connection, mine: UUID, morning: datetime) -> None:
    made = [ping(connection, SHOP, mine, morning + timedelta(seconds=n)).message_id for n in range(5)]
    first = load_messages_after(connection, mine, None, 3)
    rest = load_messages_after(connection, mine, first[-1].message_id, 3)
    assert [one.message_id for one in (*first, *rest)] == made[::-1]
    assert load_messages_after(connection, mine, None, 3, status="failed") == []


# Sending


def test_a_message_is_signed_sent_and_done(world: World) -> None:
    server, endpoint = world.server()
    world.at = datetime.now(world.at.tzinfo)  # the receiver compares with its own clock
    world.write(endpoint, ("A", 1), ("B", 2), ("A", 3))
    assert world.send(endpoint) == 3
    assert heard(server) == [("A", 1), ("B", 2), ("A", 3)]
    assert world.statuses() == [("sent", 1)] * 3
    assert server.connections == 1
    for body, headers in zip(server.bodies, server.headers, strict=True):
        Webhook(SECRET).verify(body, dict(headers))
    assert world.send(endpoint) == 0
    assert world.job_at() is None


def test_an_endpoint_that_is_down_is_told_everything_in_order_when_it_is_well_again(world: World) -> None:
    server, endpoint = world.server()
    server.answer = lambda n: (500, {})
    world.write(endpoint, *((parcel, n) for n in range(1, 4) for parcel in "ABCD"))
    for _ in range(90):  # an hour of failures
        world.send(endpoint)
        world.at += timedelta(seconds=40)
    down = len(server.bodies)
    assert down < 40  # left alone for longer and longer, not knocked at for every message
    assert world.endpoint()["failures"] == down
    server.answer = lambda n: (204, {})
    world.at += timedelta(minutes=15)
    world.send(endpoint)
    told = heard(server)[down:]
    assert len(told) == 12
    in_order = [[n for parcel, n in told if parcel == one] == [1, 2, 3] for one in "ABCD"]
    assert in_order.count(False) <= 1  # the one that found out that the endpoint is well again
    assert world.statuses() == [("sent", tries) for _, tries in world.statuses()]
    assert (world.endpoint()["failures"], world.endpoint()["failing_since"]) == (0, None)


def test_a_message_that_cannot_be_digested_holds_up_its_parcel_for_a_while_and_no_other(world: World) -> None:
    server, endpoint = world.server()
    server.answer = lambda n: (500 if b'"n":1}' in server.bodies[-1] else 204, {})
    world.write(endpoint, ("A", 1), ("A", 2), ("B", 3))
    world.send(endpoint)
    assert heard(server) == [("A", 1), ("B", 3)]
    began = world.at
    while ("A", 2) not in heard(server):
        world.at = world.job_at() or world.at
        world.send(endpoint)
        assert world.at - began < timedelta(hours=1)
    assert world.at - began > timedelta(minutes=20)
    assert [status for status, _ in world.statuses()] == ["waiting", "sent", "sent"]
    assert world.endpoint()["paused_until"] is None


def test_a_message_is_given_up_after_three_days_and_can_be_asked_for_again(world: World) -> None:
    server, endpoint = world.server()
    server.answer = lambda n: (500 if n % 2 else 204, {})  # the endpoint is well, only this message is not taken
    world.write(endpoint, ("A", 1))
    began, tries = world.at, 0
    while world.statuses()[0][0] == "waiting":
        server.answer = lambda n: (418, {})
        world.send(endpoint)
        with world.database.transaction() as connection:
            connection.execute(text("update webhook_endpoints set failures = 0, paused_until = null"))
        tries += 1
        world.at = world.job_at() or world.at
    assert 10 <= tries <= 12
    assert world.at - began <= GIVEN_UP_AFTER
    (failed,) = world.rows("select * from webhook_messages")
    assert (failed["status"], failed["last_answer"]) == ("failed", "HTTP 418")

    server.answer = lambda n: (200, {})
    with world.database.transaction() as connection:
        waiting = replay_message(connection, SHOP, endpoint, failed["message_id"], world.at)
    assert (waiting.message_id, waiting.status) == (failed["message_id"], "waiting")
    assert world.send(endpoint) == 1
    assert {one["webhook-id"] for one in server.headers} == {failed["message_id"]}


def test_replay_since_a_time_sends_everything_or_only_what_failed(world: World) -> None:
    server, endpoint = world.server()
    for n in range(1, 4):
        world.write(endpoint, (f"P{n}", n))
        world.at += timedelta(hours=1)
    world.send(endpoint)
    with world.database.transaction() as connection:
        connection.execute(text("update webhook_messages set status = 'failed' where number = 3"))
        since = world.at - timedelta(hours=2)
        assert replay_since(connection, SHOP, endpoint, since, world.at, failed_only=True) == 1
        assert replay_since(connection, SHOP, endpoint, since, world.at, failed_only=False) == 1
        assert replay_since(connection, SHOP, endpoint, since, world.at, failed_only=False) == 0  # they wait already
    world.send(endpoint)
    assert sorted(heard(server)) == [("P1", 1), ("P2", 2), ("P2", 2), ("P3", 3), ("P3", 3)]


def test_410_stops_the_endpoint_until_it_is_resumed(world: World) -> None:
    server, endpoint = world.server()
    server.answer = lambda n: (410, {})
    world.write(endpoint, ("A", 1), ("B", 2))
    assert world.send(endpoint) == 0
    assert "410" in world.endpoint()["stopped_why"]
    assert len(server.bodies) == 1
    assert world.send(endpoint) == 0
    assert world.job_at() is None
    with world.database.transaction() as connection:
        with pytest.raises(Conflict):
            ping(connection, SHOP, endpoint, world.at)
        assert resume_endpoint(connection, SHOP, endpoint, world.at).stopped_at is None
    server.answer = lambda n: (204, {})
    assert world.send(endpoint) == 2


def test_an_endpoint_that_takes_nothing_for_days_is_stopped_with_the_reason(world: World) -> None:
    server, endpoint = world.server()
    server.answer = lambda n: (502, {})
    began = world.at
    while not (world.endpoint()["stopped_at"]):
        world.write(endpoint, ("A", int(world.at.timestamp())))
        world.send(endpoint)
        world.at += timedelta(hours=6)
    assert STOPPED_AFTER <= world.at - began <= STOPPED_AFTER + timedelta(hours=12)
    assert world.endpoint()["stopped_why"] == "it took nothing for 5 days; at last: HTTP 502"


def test_who_asks_to_be_left_alone_is_left_alone(world: World) -> None:
    server, endpoint = world.server()
    server.answer = lambda n: (429, {"Retry-After": "600"})
    world.write(endpoint, ("A", 1), ("B", 2))
    world.send(endpoint)
    world.at += timedelta(minutes=9, seconds=59)
    world.send(endpoint)
    assert len(server.bodies) == 1
    assert world.job_at() == world.at + timedelta(seconds=1)


def test_one_that_is_down_holds_up_no_other(world: World) -> None:
    down, first = world.server()
    well, second = world.server()
    down.answer = lambda n: (500, {})
    world.write(first, ("A", 1))
    world.write(second, ("A", 2))
    world.send(first)
    world.send(second)
    assert heard(well) == [("A", 2)]


def test_a_slow_one_makes_room_for_others_after_a_minute(world: World) -> None:
    server, endpoint = world.server()

    def slowly(_: int) -> tuple[int, dict[str, str]]:
        world.at += timedelta(seconds=14)
        return 204, {}

    server.answer = slowly
    world.write(endpoint, *((f"P{n}", n) for n in range(10)))
    assert world.send(endpoint) == 5
    assert world.job_at() == world.at
    assert world.send(endpoint) == 5


def test_a_url_that_is_no_longer_allowed_is_stopped(world: World) -> None:
    _, endpoint = world.server()
    world.write(endpoint, ("A", 1))
    strict = Sending(clock=lambda: world.at, chance=Random(1), development=False)
    assert send_webhooks(world.database, endpoint, strict) == 0
    assert "127.0.0.1" in world.endpoint()["stopped_why"]


def test_a_secret_changed_while_a_message_is_under_way_is_kept(world: World) -> None:
    server, endpoint = world.server()

    def change(_: int) -> tuple[int, dict[str, str]]:
        with world.database.transaction() as connection:
            change_secret(connection, SHOP, endpoint, SECOND, world.at)
        return 204, {}

    server.answer = change
    world.write(endpoint, ("A", 1))
    world.send(endpoint)
    assert (world.endpoint()["secret"], world.endpoint()["previous_secret"]) == (SECOND, SECRET)


def test_an_endpoint_removed_while_a_message_is_under_way_is_no_error(world: World) -> None:
    server, endpoint = world.server()

    def remove(_: int) -> tuple[int, dict[str, str]]:
        with world.database.transaction() as connection:
            remove_endpoint(connection, SHOP, endpoint)
        return 204, {}

    server.answer = remove
    world.write(endpoint, ("A", 1))
    assert world.send(endpoint) == 1
    assert world.send(endpoint) == 0


def test_catching_up_finds_what_no_job_is_waiting_for(world: World) -> None:
    _, endpoint = world.server()
    world.write(endpoint, ("A", 1))
    assert world.job_at() is None
    with world.database.transaction() as connection:
        assert catch_up(connection, world.at) == 0
    assert world.job_at() == world.at
    with world.database.transaction() as connection:
        assert catch_up(connection, world.at + GIVEN_UP_AFTER) == 1
    assert world.statuses() == [("failed", 0)]
