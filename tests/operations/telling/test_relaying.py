"""News is passed on: to every endpoint that wants it, to the recipient within reason, whole or not at all."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.channels.messages import MessageBook, load_messages
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import add_endpoint
from post_logistics.settings import Settings
from post_logistics.storage.database import Connection, Database
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from tests.operations.conftest import RIDER, SHOP, Story

URL = "https://shop.example/hooks"


@pytest.fixture(scope="session")
def book(settings: Settings) -> MessageBook:
    return load_messages(settings.facts_dir)


def listen(story: Story, *events: str, url: str = URL) -> str:
    made = add_endpoint(story.connection, SHOP, url, events, "whsec_" + "c2VjcmV0" * 4, story.at)
    return str(made.endpoint_id)


def rows(connection: Connection, what: str) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(text(what))]


def bodies(connection: Connection) -> list[dict[str, Any]]:
    return [json.loads(row["body"]) for row in rows(connection, "select body from webhook_messages order by number")]


def noon(story: Story) -> datetime:
    return story.at.replace(hour=12)


def test_a_merchant_is_told_everything_about_its_parcel_and_nothing_of_people(
    story: Story, facts: Facts, book: MessageBook
) -> None:
    (item,) = story.book(100_000)
    listen(story)
    story.out_for_delivery(item)
    failed = story.scan(item, Event.ATTEMPT_FAILED, f"rider:{RIDER}", Reason.NO_ANSWER)
    record_scans(story.connection, [failed])
    at = failed.recorded_at
    assert relay(story.connection, facts.offices, book, at) == 3
    told = bodies(story.connection)
    assert [one["type"] for one in told] == ["parcel.accepted", "parcel.out_for_delivery", "parcel.attempt_failed"]
    last = told[-1]
    assert last["timestamp"].endswith("Z")
    assert datetime.fromisoformat(last["timestamp"]) == at
    data = last["data"]
    assert data["sequence"] > told[0]["data"]["sequence"]
    office = facts.offices.get("1216")
    assert data == {
        "item_number": item,
        "order_ref": "REF-7000000",
        "event": "attempt_failed",
        "event_id": str(failed.scan_id),
        "occurred_at": at.isoformat(),
        "sequence": data["sequence"],
        "state": "attempt_failed",
        "state_en": "Delivery tried, not completed",
        "state_bn": "বিলির চেষ্টা হয়েছে, সম্পন্ন হয়নি",
        "office": "1216",
        "office_en": office.name_en,
        "office_bn": office.name_bn,
        "reason": "no_answer",
        "blame": "recipient",
        "attempts": 1,
        "text_en": "We tried to deliver it, but it could not be handed over. No answer on the telephone.",
        "text_bn": "পৌঁছে দেওয়ার চেষ্টা করা হয়েছে, তবে হস্তান্তর করা সম্ভব হয়নি। ফোনে সাড়া পাওয়া যায়নি।",
    }
    everything = json.dumps(told, ensure_ascii=False)
    for private in ("কৃষ্ণা", "1712345678", "Section 10", RIDER):
        assert private not in everything


def test_what_was_passed_on_is_gone_from_the_outbox_and_not_passed_on_again(
    story: Story, facts: Facts, book: MessageBook
) -> None:
    (item,) = story.book(0)
    listen(story)
    story.out_for_delivery(item)
    assert relay(story.connection, facts.offices, book, noon(story)) == 2
    assert relay(story.connection, facts.offices, book, noon(story)) == 0
    assert len(bodies(story.connection)) == 2


def test_the_same_news_twice_is_one_message(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    listen(story)
    story.out_for_delivery(item)
    again = text("create temp table kept on commit drop as select * from outbox")
    story.connection.execute(again)
    relay(story.connection, facts.offices, book, noon(story))
    before = rows(story.connection, "select * from webhook_messages order by 1")
    texts = rows(story.connection, "select * from sms_messages")
    story.connection.execute(text("insert into outbox select * from kept"))
    relay(story.connection, facts.offices, book, noon(story) + timedelta(hours=1))
    assert rows(story.connection, "select * from webhook_messages order by 1") == before
    assert rows(story.connection, "select * from sms_messages") == texts


def test_an_endpoint_hears_what_it_asked_for(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    picky = listen(story, "out_for_delivery")
    everything = listen(story, url=URL + "?all=1")
    stopped = listen(story, url=URL + "?stopped=1")
    story.connection.execute(
        text("update webhook_endpoints set stopped_at = now() where endpoint_id = :id"), {"id": stopped}
    )
    story.out_for_delivery(item)
    relay(story.connection, facts.offices, book, noon(story))
    heard = rows(story.connection, "select endpoint_id::text as who, event from webhook_messages order by number")
    assert [(one["who"], one["event"]) for one in heard if one["who"] == picky] == [(picky, "out_for_delivery")]
    assert [one["event"] for one in heard if one["who"] == everything] == ["accepted", "out_for_delivery"]
    assert not [one for one in heard if one["who"] == stopped]


def test_one_job_waits_for_each_endpoint_and_one_for_the_texts(story: Story, facts: Facts, book: MessageBook) -> None:
    items = story.book(0, 0)
    endpoint = listen(story)
    for item in items:
        story.out_for_delivery(item)
        relay(story.connection, facts.offices, book, noon(story))
    jobs = rows(story.connection, "select task_name, args, scheduled_at from procrastinate_jobs order by task_name")
    assert [(job["task_name"], job["args"]["key"]) for job in jobs] == [("send_sms", ""), ("send_webhooks", endpoint)]
    assert {job["scheduled_at"] for job in jobs} == {noon(story)}


def test_a_job_that_waits_for_later_is_called_forward_and_never_put_off(
    story: Story, facts: Facts, book: MessageBook
) -> None:
    first, second, third = story.book(0, 0, 0)
    listen(story)
    times = [noon(story), noon(story) - timedelta(hours=1), noon(story) + timedelta(hours=1)]
    for item, at in zip((first, second, third), times, strict=True):
        story.out_for_delivery(item)
        relay(story.connection, facts.offices, book, at)
    (job,) = rows(story.connection, "select scheduled_at from procrastinate_jobs where task_name = 'send_webhooks'")
    assert job["scheduled_at"] == min(times)


# Recipients


def texts(story: Story) -> list[tuple[str, str]]:
    found = rows(story.connection, "select event, status from sms_messages order by made_at, event")
    return [(one["event"], one["status"]) for one in found]


def test_a_recipient_is_told_when_the_parcel_is_out(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    relay(story.connection, facts.offices, book, story.at)
    (sms,) = rows(story.connection, "select * from sms_messages")
    assert (sms["item_number"], sms["event"], sms["language"]) == (item, "out_for_delivery", "bn")
    assert (sms["status"], sms["segments"], sms["not_before"]) == ("waiting", 2, story.at)  # urgent: at six, too
    assert "1712345678" not in str(sms)


def test_what_can_wait_is_put_off_to_the_morning(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    record_scans(story.connection, [story.scan(item, Event.ATTEMPT_FAILED, f"rider:{RIDER}", Reason.NO_ANSWER)])
    relay(story.connection, facts.offices, book, story.at.replace(hour=7, minute=59))
    (sms,) = rows(story.connection, "select * from sms_messages")
    assert (sms["event"], sms["not_before"]) == ("attempt_failed", story.at.replace(hour=8))
    (job,) = rows(story.connection, "select scheduled_at from procrastinate_jobs where task_name = 'send_sms'")
    assert job["scheduled_at"] == story.at.replace(hour=8)


def test_old_news_is_no_news(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    relay(story.connection, facts.offices, book, story.at + timedelta(hours=7))
    assert texts(story) == []


def test_what_has_been_overtaken_is_not_told(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    record_scans(story.connection, [story.scan(item, Event.DELIVERED_CLAIMED, f"rider:{RIDER}")])
    relay(story.connection, facts.offices, book, noon(story))
    assert texts(story) == [("delivered_claimed", "waiting")]


def test_a_budget_is_not_overrun(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    for _ in range(5):
        story.out_for_delivery(item)
        relay(story.connection, facts.offices, book, noon(story))
        record_scans(story.connection, [story.scan(item, Event.ATTEMPT_FAILED, f"rider:{RIDER}", Reason.NO_ANSWER)])
    found = rows(story.connection, "select status, segments from sms_messages order by made_at, sms_id")
    spent = sum(one["segments"] for one in found if one["status"] == "waiting")
    over = [one for one in found if one["status"] == "over_budget"]
    assert len(found) == 5
    assert spent <= book.at(noon(story)).segments_per_parcel < spent + 2
    assert over


def test_news_of_one_parcel_in_one_batch_share_its_budget(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    for _ in range(6):
        story.out_for_delivery(item)
    relay(story.connection, facts.offices, book, noon(story))
    assert sorted(status for _, status in texts(story)) == ["over_budget"] * 2 + ["waiting"] * 4


def test_two_relays_share_the_news_and_each_is_told_once(
    database: Database, tell: type[Story], facts: Facts, book: MessageBook, morning: datetime
) -> None:
    with database.transaction() as connection:
        story = Story(connection, morning)
        items = story.book(*[0] * 6)
        listen(story)
        story.out_for_delivery(*items)

    def pass_on(_: int) -> int:
        total = 0
        while True:
            with database.transaction() as connection:
                count = relay(connection, facts.offices, book, morning, limit=2)
            if not count:
                return total
            total += count

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(pass_on, range(3))) == 12
    with database.transaction() as connection:
        assert len(bodies(connection)) == 12
        assert len(rows(connection, "select * from procrastinate_jobs")) == 2


def test_a_second_relay_does_not_overtake_the_first_with_later_news_of_the_same_parcel(
    database: Database, facts: Facts, book: MessageBook, morning: datetime
) -> None:
    with database.transaction() as connection:
        story = Story(connection, morning)
        (item,) = story.book(0)
        listen(story)
        story.out_for_delivery(item)

    def told_by_the_second() -> list[str]:
        with database.transaction() as connection:
            relay(connection, facts.offices, book, morning)
            return [one["data"]["event"] for one in bodies(connection)]

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            assert relay(connection, facts.offices, book, morning, limit=1) == 1
            second = pool.submit(told_by_the_second)
            wait([second], timeout=0.5)
        assert second.result() == ["accepted", "out_for_delivery"]


def test_a_relay_that_fails_leaves_the_news_where_it_was(
    database: Database, facts: Facts, book: MessageBook, morning: datetime
) -> None:
    with database.transaction() as connection:
        story = Story(connection, morning)
        (item,) = story.book(0)
        listen(story)
        story.out_for_delivery(item)
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        relay(connection, facts.offices, book, morning)
        raise ZeroDivisionError
    with database.transaction() as connection:
        for table in ("webhook_messages", "sms_messages", "procrastinate_jobs"):
            assert rows(connection, f"select * from {table}") == []
        assert relay(connection, facts.offices, book, morning) == 2
