"""The log and the confirmations over HTTP: in their own media types, page by page, each merchant its own."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from httpx2 import Response
from jwt import PyJWK
from jwt.api_jws import decode, get_unverified_header

from post_logistics.operations.faces.confirmations import confirm_deliveries, signer
from tests.api.client import Api, refused, taken
from tests.closes import counted
from tests.tracking.epcis_rules import DOCUMENT

LATER = timedelta(hours=2)


def following(answer: Response) -> str:
    """The address in the header Link."""
    address, _, rel = answer.headers["link"].partition(">; ")
    assert rel == 'rel="next"'
    return str(address[1:])


@pytest.fixture
def shop(api: Api) -> Any:
    """A merchant with one parcel at the office of delivery; the clock goes on two hours."""
    before = api.at
    merchant = api.shop()
    item = api.item(merchant)
    api.at_the_office(item)
    api.at += LATER
    yield merchant, item
    api.at = before


def events(answer: Response) -> list[dict[str, Any]]:
    document = taken(answer)
    from jsonschema import Draft7Validator

    Draft7Validator(DOCUMENT).validate(document)
    return list(document["epcisBody"]["eventList"])


def test_epcis_is_told_page_by_page(api: Api, shop: tuple[str, str]) -> None:
    merchant, item = shop
    first = api.get("/v1/feeds/epcis?limit=2", merchant=merchant)
    assert first.headers["content-type"] == "application/ld+json"
    second = api.get(following(first), merchant=merchant)
    third = api.get(following(second), merchant=merchant)
    told = [event["post:event"] for page in (first, second, third) for event in events(page)]
    assert told == ["booked", "accepted", "at_delivery_office"]
    assert all(event["epcList"] == [f"urn:post-logistics:obj:{item}"] for event in events(first))
    assert following(third) == following(api.get(following(third), merchant=merchant))


def test_cloud_events_are_a_batch(api: Api, shop: tuple[str, str]) -> None:
    merchant, item = shop
    answer = api.get("/v1/feeds/cloudevents", merchant=merchant)
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    assert [event["type"] for event in answer.json()] == [
        "bd.post.parcel.booked",
        "bd.post.parcel.accepted",
        "bd.post.parcel.at_delivery_office",
    ]
    assert {event["subject"] for event in answer.json()} == {item}
    assert taken(api.get(following(answer), merchant=merchant)) == []


def test_emsevt_is_json_and_csv(api: Api, shop: tuple[str, str]) -> None:
    merchant, _ = shop
    page = taken(api.get("/v1/feeds/emsevt", merchant=merchant))
    assert [event["event_code"] for event in page["events"]] == ["EMA", "EMG"]
    assert page["more"] is False
    assert taken(api.get("/v1/feeds/emsevt", params={"after": page["next"]}, merchant=merchant))["events"] == []
    table = api.get("/v1/feeds/emsevt.csv", merchant=merchant)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.DictReader(StringIO(table.text))) == page["events"]
    assert following(table).startswith("/v1/feeds/emsevt.csv?after=")


def test_the_post_gets_everybodys_and_a_merchant_its_own(api: Api, shop: tuple[str, str]) -> None:
    merchant, item = shop
    other = api.item(api.shop())
    api.at += LATER
    mine = taken(api.get("/v1/feeds/cloudevents?limit=500", merchant=merchant))
    assert {event["subject"] for event in mine} == {item}
    everything, page = [], api.get("/v1/feeds/cloudevents?limit=500")
    while taken(page):
        everything += page.json()
        page = api.get(following(page))
    assert {item, other} <= {event["subject"] for event in everything}
    ids = [event["id"] for event in everything]
    assert len(ids) == len(set(ids))


def test_what_is_younger_than_the_margin_waits(api: Api) -> None:
    merchant = api.shop()
    api.item(merchant)
    assert taken(api.get("/v1/feeds/cloudevents", merchant=merchant)) == []
    api.at += LATER
    assert len(taken(api.get("/v1/feeds/cloudevents", merchant=merchant))) == 1
    api.at -= LATER


@pytest.mark.parametrize("query", ["after=x", "after=১", "limit=0", "limit=501", "limit=ten"])
def test_a_page_that_cannot_be_is_refused(api: Api, query: str) -> None:
    assert refused(api.get(f"/v1/feeds/epcis?{query}"), 422)["field"] in {"after", "limit", "query.limit"}


@pytest.mark.parametrize("after", [-1, 2**63, 10**22])
def test_a_number_that_no_confirmation_can_have_is_refused(api: Api, after: int) -> None:
    assert refused(api.get("/v1/confirmations", params={"after": after}), 422)["field"] == "after"


def test_confirmations_are_numbered_signed_and_checked_by_the_key_that_is_given(api: Api) -> None:
    merchant, rider = api.shop(), "1216-R18"
    item = api.item(merchant, cod_poisha=0)
    api.with_rider(item, rider)
    api.claims(api.scan(item, "delivered_claimed", holder=f"rider:{rider}"))
    count = {"office": "1216", "rider": rider, "closed_on": "2026-11-22", **counted(0)}
    taken(api.post("/v1/day-closes/riders", count))
    with api.engine.database.transaction() as connection:
        assert confirm_deliveries(connection, signer(api.engine.facts.advice_key), api.at) >= 1
    page = taken(api.get("/v1/confirmations?limit=500"))
    assert [one["number"] for one in page["confirmations"]] == list(range(1, len(page["confirmations"]) + 1))
    (mine,) = [one for one in page["confirmations"] if one["item_number"] == item]
    key = taken(api.get("/v1/confirmations/key"))
    assert get_unverified_header(mine["signed"])["kid"] == key["kid"] and "d" not in key
    assert taken(api.get("/v1/confirmations/keys"))["keys"][-1] == key
    facts = json.loads(decode(mine["signed"], PyJWK(key), algorithms=["ES256"]))
    assert (facts["item_number"], facts["kind"], facts["merchant_id"]) == (item, "delivered", merchant)
    after = taken(api.get("/v1/confirmations", params={"after": mine["number"]}))
    assert all(one["number"] > mine["number"] for one in after["confirmations"])
