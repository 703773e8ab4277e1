"""Endpoints over HTTP: made, listed, tried, asked again; a merchant's own, and nobody else's."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.api.client import Api, refused, taken

URL = "https://shop.example/webhooks/post"


def add(api: Api, merchant: str, url: str = URL, **more: Any) -> dict[str, Any]:
    return dict(taken(api.post("/v1/webhooks", {"url": url, **more}, merchant=merchant), 201))


def test_an_endpoint_is_made_once_and_shows_its_secret_only_then(api: Api) -> None:
    merchant = api.shop()
    made = add(api, merchant, events=["out_for_delivery", "accepted"])
    assert made["secret"].startswith("whsec_")
    assert add(api, merchant, events=["accepted", "out_for_delivery"]) == made
    refused(api.post("/v1/webhooks", {"url": URL}, merchant=merchant), 409)
    (listed,) = taken(api.get("/v1/webhooks", merchant=merchant))["endpoints"]
    assert listed["endpoint_id"] == made["endpoint_id"]
    assert listed["events"] == ["accepted", "out_for_delivery"]
    assert "secret" not in str(listed)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"url": "http://shop.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://shop.example:8443/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://shop.example/" + "a" * 1000}, "url"),
        ({"url": URL, "events": ["bagged"]}, "events"),
        ({"url": URL, "events": ["no such event"]}, "events.0"),
        ({"url": URL, "events": "accepted"}, "events"),
        ({"url": URL, "colour": "red"}, "colour"),
        ({}, "url"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(api: Api, asked: dict[str, Any], field: str) -> None:
    assert refused(api.post("/v1/webhooks", asked, merchant=api.shop()), 422)["field"] == field


def test_an_event_of_which_nobody_is_told_is_named_as_it_was_asked_for(api: Api) -> None:
    problem = refused(api.post("/v1/webhooks", {"url": URL, "events": ["booked"]}, merchant=api.shop()), 422)
    assert problem["detail"] == "nobody is told of 'booked'"


def test_a_message_that_cannot_be_named_is_refused(api: Api) -> None:
    merchant = api.shop()
    path = f"/v1/webhooks/{add(api, merchant)['endpoint_id']}/messages"
    assert refused(api.get(f"{path}?after=%00", merchant=merchant), 422)["field"] == "after"
    assert refused(api.post(f"{path}/%00/replay", merchant=merchant), 422)["field"] == "message_id"
    refused(api.post(f"{path}/msg_of_nobody/replay", merchant=merchant), 404)


def test_a_merchant_must_be_named_and_registered(api: Api) -> None:
    refused(api.post("/v1/webhooks", {"url": URL}), 422)
    refused(api.post("/v1/webhooks", {"url": URL}, merchant="nobody"), 404)


def test_a_ping_waits_in_the_list_and_can_be_replayed(api: Api) -> None:
    merchant = api.shop()
    path = f"/v1/webhooks/{add(api, merchant)['endpoint_id']}"
    message = taken(api.post(f"{path}/ping", merchant=merchant), 202)
    assert (message["event"], message["status"], message["tries"]) == ("ping", "waiting", 0)
    listed = taken(api.get(f"{path}/messages?status=waiting", merchant=merchant))
    assert listed == {"messages": [message], "next": None}
    assert taken(api.get(f"{path}/messages?limit=1", merchant=merchant))["next"] == message["message_id"]
    assert taken(api.get(f"{path}/messages?after={message['message_id']}", merchant=merchant))["messages"] == []
    with api.engine.database.transaction() as connection:
        connection.execute(text("update webhook_messages set status = 'failed', tries = 11, last_answer = 'HTTP 500'"))
    again = taken(api.post(f"{path}/messages/{message['message_id']}/replay", merchant=merchant), 202)
    assert (again["message_id"], again["status"], again["tries"]) == (message["message_id"], "waiting", 0)
    assert taken(api.post(f"{path}/replay", {"since": api.at.isoformat()}, merchant=merchant), 202) == {"replayed": 0}
    refused(api.post(f"{path}/messages/msg_absent/replay", merchant=merchant), 404)


def test_a_receiver_of_another_couriers_messages_keeps_its_token(api: Api) -> None:
    merchant, token = api.shop(), "the-token-of-my-shop"
    made = add(api, merchant, dialect="steadfast", secret=token)
    assert (made["dialect"], made["secret"]) == ("steadfast", token)
    assert add(api, merchant, dialect="steadfast")["secret"] == token
    refused(api.post("/v1/webhooks", {"url": URL}, merchant=merchant), 409)
    unknown = {"url": URL, "dialect": "dhl"}
    assert refused(api.post("/v1/webhooks", unknown, merchant=merchant), 422)["field"] == "dialect"
    for secret in ("short", "with a space in it, too", token):
        asked = {"url": f"{URL}/2", "secret": secret}
        assert refused(api.post("/v1/webhooks", asked, merchant=merchant), 422)["field"] == "secret"


def test_a_changed_secret_is_shown_and_the_same_when_asked_again(api: Api) -> None:
    merchant = api.shop()
    made = add(api, merchant)
    path = f"/v1/webhooks/{made['endpoint_id']}/secret"
    changed = taken(api.post(path, merchant=merchant))
    assert changed["secret"] != made["secret"]
    assert changed["previous_until"]
    assert taken(api.post(path, merchant=merchant))["secret"] == changed["secret"]


def test_a_stopped_endpoint_says_why_and_is_resumed(api: Api) -> None:
    merchant = api.shop()
    path = f"/v1/webhooks/{add(api, merchant)['endpoint_id']}"
    with api.engine.database.transaction() as connection:
        connection.execute(text("update webhook_endpoints set stopped_at = now(), stopped_why = 'gone'"))
    assert taken(api.get("/v1/webhooks", merchant=merchant))["endpoints"][0]["stopped_why"] == "gone"
    refused(api.post(f"{path}/ping", merchant=merchant), 409)
    assert taken(api.post(f"{path}/resume", merchant=merchant))["stopped_at"] is None


def test_a_removed_endpoint_is_gone(api: Api) -> None:
    merchant = api.shop()
    path = f"/v1/webhooks/{add(api, merchant)['endpoint_id']}"
    assert api.request("DELETE", path, merchant=merchant).status_code == 204
    refused(api.request("DELETE", path, merchant=merchant), 404)
    assert taken(api.get("/v1/webhooks", merchant=merchant)) == {"endpoints": []}


def test_a_strangers_endpoint_is_answered_like_an_absent_one(api: Api) -> None:
    owner, stranger = api.shop(), api.shop()
    theirs, absent = add(api, owner)["endpoint_id"], "00000000-0000-4000-8000-000000000000"
    for method, rest, body in (
        ("DELETE", "", None),
        ("POST", "/secret", None),
        ("POST", "/resume", None),
        ("POST", "/ping", None),
        ("GET", "/messages", None),
        ("POST", "/messages/msg_1/replay", None),
        ("POST", "/replay", {"since": api.at.isoformat()}),
    ):
        answers = [
            refused(api.request(method, f"/v1/webhooks/{one}{rest}", merchant=stranger, json=body), 404)
            for one in (theirs, absent)
        ]
        assert answers[0]["detail"].replace(theirs, absent) == answers[1]["detail"]


def test_the_news_of_a_parcel_leave_with_its_scan(api: Api) -> None:
    merchant = api.shop()
    item = api.item(merchant)
    api.at_the_office(item)
    with api.engine.database.transaction() as connection:
        waiting = connection.execute(text("select event from outbox where item_number = :item"), {"item": item})
        assert list(waiting.scalars()) == ["accepted"]
