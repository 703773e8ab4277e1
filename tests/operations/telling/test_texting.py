"""Texts are sent: to the number known now, if they are still true; again if that failed, with a code that holds."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.channels.messages import MessageBook, load_messages
from post_logistics.channels.sms import Sms, segments
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.codes import check_code
from post_logistics.operations.facts import Facts
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.texting import Texting, send_sms
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.telling.sms import load_spent
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from tests.operations.conftest import RIDER, Story

KEY = b"key"


@dataclass
class Gateway:
    """Somebody else's machine: takes what it is given, or says why not."""

    why: str = ""
    taken: list[Sms] = field(default_factory=list)

    def send(self, batch: Sequence[Sms]) -> list[str]:
        if not self.why:
            self.taken += batch
        return [self.why] * len(batch)


class OneConnection(Database):
    """A database whose transactions are savepoints of one connection, so that the test leaves nothing behind."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:  # type: ignore[override]
        with self.connection.begin_nested():
            yield self.connection


@dataclass
class World:
    story: Story
    facts: Facts
    book: MessageBook
    gateway: Gateway
    at: datetime
    chance: Random = field(default_factory=lambda: Random(1))

    @property
    def texting(self) -> Texting:
        return Texting(
            offices=self.facts.offices,
            book=self.book,
            gateway=self.gateway,
            clock=lambda: self.at,
            chance=self.chance,
            code_key=KEY,
        )

    def send(self, texting: Texting | None = None) -> int:
        return send_sms(OneConnection(self.story.connection), texting or self.texting)

    def out(self, *items: str) -> None:
        self.story.out_for_delivery(*items)
        relay(self.story.connection, self.facts.offices, self.book, self.at)

    def rows(self) -> list[dict[str, Any]]:
        found = self.story.connection.execute(text("select * from sms_messages order by made_at, event"))
        return [dict(row._mapping) for row in found]


@pytest.fixture
def world(story: Story, facts: Facts, settings: Settings, morning: datetime) -> Iterator[World]:
    yield World(story, facts, load_messages(settings.facts_dir), Gateway(), morning.replace(hour=9))


def code_in(sms: Sms) -> str:
    (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", sms.text)
    return str(code)


def test_a_text_goes_to_the_recipients_number_with_a_code_that_opens(world: World) -> None:
    (item,) = world.story.book(125_000)
    world.out(item)
    assert world.send() == 1
    (sms,) = world.gateway.taken
    assert sms.phone == "+8801712345678"
    assert "৳১,২৫০.০০" in sms.text
    assert check_code(world.story.connection, item, "delivery", code_in(sms), world.at, key=KEY)
    (row,) = world.rows()
    assert (row["status"], row["sent_at"], row["tries"]) == ("sent", world.at, 1)
    assert code_in(sms) not in str(row)
    assert world.send() == 0


def test_nothing_is_sent_before_its_time(world: World) -> None:
    (item,) = world.story.book(0)
    world.out(item)
    world.story.connection.execute(text("update sms_messages set not_before = not_before + interval '1 minute'"))
    assert world.send() == 0
    world.at += timedelta(minutes=1)
    assert world.send() == 1


def test_what_is_no_longer_true_is_not_sent(world: World) -> None:
    (item,) = world.story.book(0)
    world.out(item)
    record_scans(world.story.connection, [world.story.scan(item, Event.DELIVERED_CLAIMED, f"rider:{RIDER}")])
    assert world.send() == 0
    assert [row["status"] for row in world.rows()] == ["outdated"]
    assert world.gateway.taken == []


def test_an_erased_number_is_not_asked_for_again(world: World) -> None:
    (item,) = world.story.book(0)
    world.out(item)
    world.story.connection.execute(text("update recipients set erased_at = now()"))
    assert world.send() == 0
    assert [(row["status"], row["last_answer"]) for row in world.rows()] == [("failed", "no telephone number is kept")]


def test_a_gateway_that_fails_is_tried_again_and_then_given_up(world: World) -> None:
    (item,) = world.story.book(0)
    world.out(item)
    world.gateway.why = "busy"
    began, tries = world.at, 0
    while world.rows()[0]["status"] == "waiting":
        world.at = world.rows()[0]["not_before"]
        world.send()
        tries += 1
    assert tries == 6
    assert timedelta(hours=3) < world.at - began < timedelta(hours=6)
    assert (world.rows()[0]["status"], world.rows()[0]["last_answer"]) == ("failed", "busy")


def test_sent_again_after_a_failure_it_has_a_code_that_holds(world: World) -> None:
    (item,) = world.story.book(0)
    world.out(item)
    world.gateway.why = "busy"
    world.send()
    world.gateway.why = ""
    world.at += timedelta(minutes=1)
    assert world.send() == 1
    (sms,) = world.gateway.taken
    assert sms.reference.endswith("/2")  # another text than the first, for a gateway that drops what it knows
    assert check_code(world.story.connection, item, "delivery", code_in(sms), world.at, key=KEY)


def test_who_was_killed_while_sending_has_its_texts_sent_again_after_a_while(world: World) -> None:
    (item,) = world.story.book(0)
    world.out(item)

    class Killed(Gateway):
        def send(self, batch: Sequence[Sms]) -> list[str]:
            super().send(batch)
            raise KeyboardInterrupt

    killed = Killed()
    with pytest.raises(KeyboardInterrupt):
        world.send(replace(world.texting, gateway=killed))
    assert world.send() == 0  # whoever claimed it may still be alive
    world.at += timedelta(minutes=5)
    assert world.send() == 1
    first, second = killed.taken[0], world.gateway.taken[0]
    assert code_in(first) != code_in(second)
    assert check_code(world.story.connection, item, "delivery", code_in(second), world.at, key=KEY)


def test_a_link_is_sent_where_there_is_a_page(world: World) -> None:
    (item,) = world.story.book(0)
    ((day, rules),) = world.book.rules.versions
    with_page = replace(rules, link_base="https://post.example/t/")
    world.book = replace(world.book, rules=RuleBook(((day, with_page),), ""))
    world.out(item)
    made = replace(world.texting, make_links=lambda connection, items, at: dict.fromkeys(items, "t" * 22))
    assert world.send(made) == 1
    (sms,) = world.gateway.taken
    assert f"https://post.example/t/{'t' * 22} " in sms.text
    assert world.rows()[0]["segments"] == segments(sms.text)  # counted before there were link and code


def test_a_hundred_and_more_are_sent_in_one_go(world: World) -> None:
    items = world.story.book(*[0] * 120)
    world.out(*items)
    assert world.send() == 120
    assert len({sms.reference for sms in world.gateway.taken}) == 120


def ask_for_view_code(world: World, item: str, n: int = 1) -> None:
    world.story.connection.execute(
        text(
            "insert into sms_messages values "
            "(:id, :item, 'view_code', 'bn', '1216', 1, 'waiting', :at, :at, 0, null, '')"
        ),
        {"id": f"view_code:{n}", "item": item, "at": world.at},
    )


def test_a_code_for_the_page_is_sent_whatever_the_state_and_costs_the_parcel_nothing(world: World) -> None:
    (item,) = world.story.book(0)
    ask_for_view_code(world, item)
    assert world.send() == 1
    assert check_code(world.story.connection, item, "view", code_in(world.gateway.taken[0]), world.at, key=KEY)
    assert load_spent(world.story.connection, [item]) == {}


def test_a_code_for_the_page_that_may_not_be_issued_now_is_not_sent_later(world: World) -> None:
    (item,) = world.story.book(0)
    for n in range(2):
        ask_for_view_code(world, item, n)
        world.send()
    assert sorted(row["status"] for row in world.rows()) == ["failed", "sent"]
