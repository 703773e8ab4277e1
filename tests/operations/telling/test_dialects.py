"""Endpoints that are told in other couriers' words: each in its own, whatever the others hear."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.channels.messages import MessageBook, load_messages
from post_logistics.channels.webhooks import secret_of
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.short_numbers import short_number
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.terms import tell_merchant
from post_logistics.operations.telling.relaying import relay
from post_logistics.operations.telling.webhooks import Sending, add_endpoint, change_secret, ping, send_webhooks
from post_logistics.settings import Settings
from post_logistics.storage.access.stores import append_store, load_stores
from post_logistics.storage.database import Database
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.storage.telling.outbox import load_concerned
from post_logistics.storage.telling.webhooks import DialectName, load_messages_after
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import ItemNumber, MerchantId
from tests.channels.servers import shop
from tests.operations.conftest import SHOP, Story

TOKEN = "the-token-of-my-shop"
NATIVE_SECRET = secret_of(bytes(32))
URL = "https://shop.example/hooks"


@pytest.fixture(scope="session")
def book(settings: Settings) -> MessageBook:
    return load_messages(settings.facts_dir)


def listen(story: Story, dialect: DialectName, *events: str, secret: str = TOKEN, url: str = "") -> UUID:
    where = url or f"{URL}/{dialect}"
    return add_endpoint(story.connection, SHOP, where, events, secret, story.at, dialect=dialect).endpoint_id


def told(story: Story, endpoint: UUID) -> list[dict[str, Any]]:
    found = load_messages_after(story.connection, endpoint, None, 100)
    return [json.loads(one.body) for one in sorted(found, key=lambda one: one.number)]


def test_one_parcel_is_told_of_in_every_dialect_at_once(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(106_000)
    native = listen(story, "native", secret=NATIVE_SECRET)
    steadfast, redx = listen(story, "steadfast"), listen(story, "redx")
    story.out_for_delivery(item)
    relay(story.connection, facts.offices, book, story.at + timedelta(hours=6))
    assert [one["type"] for one in told(story, native)] == ["parcel.accepted", "parcel.out_for_delivery"]
    first, second = told(story, steadfast)
    assert (first["notification_type"], first["status"]) == ("delivery_status", "pending")
    assert second["notification_type"] == "tracking_update"
    assert first["consignment_id"] == short_number(ItemNumber(item))
    assert [one["status"] for one in told(story, redx)] == ["delivery-in-progress"] * 2
    everything = json.dumps([first, second, told(story, redx)], ensure_ascii=False)
    assert not [one for one in ("কৃষ্ণা", "1712345678", "Section 10") if one in everything]


def test_news_without_a_word_wait_for_nobody(story: Story, facts: Facts, book: MessageBook) -> None:
    (item,) = story.book(0)
    redx = listen(story, "redx")
    record_scans(story.connection, [story.scan(item, Event.CANCELLED, f"merchant:{SHOP}")])
    assert relay(story.connection, facts.offices, book, story.at + timedelta(hours=6)) == 1
    assert told(story, redx) == []


def test_a_message_knows_what_the_parcel_costs_and_where_it_comes_from(story: Story) -> None:
    (item,) = story.book(100_000)
    before = load_concerned(story.connection, [item])[item]
    (store,) = load_stores(story.connection, SHOP)
    assert (before.charge_poisha, before.collected_poisha, before.store_id) == (1500 + 1000 + 375, 0, store.store_id)
    asked: Any = {"contact_name": "", "contact_phone": "", "postcode": "1205", "at": story.at}
    append_store(story.connection, SHOP, name="Second", address="Elsewhere, Dhaka", **asked)
    story.connection.execute(
        text(
            "insert into weighings values (gen_random_uuid(), :item, 2500, 1500, 'v', 2000, 450, 0, '1216', 'd', now())"
        ),
        {"item": item},
    )
    story.connection.execute(
        text(
            "insert into receipts values "
            "(gen_random_uuid(), :item, 100000, 60000, 40000, 0, '', 'h', '1216', now(), now())"
        ),
        {"item": item},
    )
    after = load_concerned(story.connection, [item])[item]
    assert (after.charge_poisha, after.collected_poisha, after.store_id) == (2000 + 1000 + 450, 100_000, store.store_id)


def test_a_receiver_gets_its_token_and_its_words(database: Database, facts: Facts, morning: datetime) -> None:
    with database.transaction() as connection:
        append_merchants(connection, [Merchant(MerchantId(SHOP), "Test Shop", "New Market, Dhaka", "a", morning)])
    with shop() as server:
        for n, dialect in enumerate(("steadfast", "redx")):
            url = f"{server.url}/{n}"
            with database.transaction() as connection:
                made = add_endpoint(connection, SHOP, url, [], TOKEN, morning, dialect=dialect, development=True)  # type: ignore[arg-type]
                connection.execute(
                    text(
                        "insert into webhook_messages values ('msg_' || :d, :id, '', 0, 'x', '{}', :at, 'waiting', 0, "
                        ":at, :until, null, '')"
                    ),
                    {"d": dialect, "id": made.endpoint_id, "at": morning, "until": morning + timedelta(days=1)},
                )
            sending = Sending(clock=lambda: morning, chance=Random(1), development=True)
            assert send_webhooks(database, made.endpoint_id, sending) == 1
    assert server.headers[0]["authorization"] == f"Bearer {TOKEN}"
    assert server.headers[1]["api-access-token"] == f"Bearer {TOKEN}"
    assert [one["webhook-id"] for one in server.headers] == ["msg_steadfast", "msg_redx"]


def test_an_endpoint_keeps_its_dialect(story: Story) -> None:
    story.book()
    first = listen(story, "steadfast", url=URL)
    assert listen(story, "steadfast", url=URL, secret="another-token-of-mine") == first
    with pytest.raises(Conflict, match="dialect steadfast"):
        listen(story, "redx", url=URL)
    changed = change_secret(story.connection, SHOP, first, "a-new-token-for-it", story.at)
    assert changed.secrets(story.at)[0] == "a-new-token-for-it"


@pytest.mark.parametrize(
    ("dialect", "secret"),
    [
        ("native", TOKEN),
        ("steadfast", "short"),
        ("steadfast", "x" * 201),
        ("steadfast", "টোকেন-আমার-দোকানের"),
        ("redx", "two words of a token"),
        ("redx", "header: injected\r\nX: y"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_refused(story: Story, dialect: DialectName, secret: str) -> None:
    story.book()
    with pytest.raises(Unacceptable) as refused:
        listen(story, dialect, secret=secret)
    assert refused.value.field == "secret"


def test_who_knows_no_ping_is_sent_none(story: Story) -> None:
    story.book()
    with pytest.raises(Conflict, match="no ping"):
        ping(story.connection, SHOP, listen(story, "steadfast"), story.at)
    pathao = listen(story, "pathao")
    (greeting,) = told(story, pathao)
    assert greeting == {"event": "webhook_integration"}
    listen(story, "pathao")
    assert len(told(story, pathao)) == 1
    ping(story.connection, SHOP, pathao, story.at)
    assert told(story, pathao) == [greeting] * 2


def test_news_of_money_are_in_our_own_words_only(story: Story) -> None:
    story.book()
    native, steadfast = listen(story, "native", secret=NATIVE_SECRET), listen(story, "steadfast")
    tell_merchant(story.connection, MerchantId(SHOP), "payout.ordered", "p-1", {}, story.at)
    assert [one["type"] for one in told(story, native)] == ["payout.ordered"]
    assert told(story, steadfast) == []
