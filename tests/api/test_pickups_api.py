"""Pickups over HTTP: a merchant asks, an office plans, collects and says what was not there."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.api.client import Api, refused, taken


@pytest.fixture(autouse=True)
def clock(api: Api) -> Iterator[None]:
    """The clock as it was, once a test has moved it."""
    at = api.at
    yield
    api.at = at


def later(api: Api) -> Api:
    """A minute later."""
    api.at += timedelta(minutes=1)
    return api


def asked(ref: str = "P-1", **changes: Any) -> dict[str, Any]:
    return {
        "request_ref": ref,
        "ready_from": "2026-11-22T10:00:00+06:00",
        "ready_until": "2026-11-22T14:00:00+06:00",
        **changes,
    }


def test_a_pickup_from_its_request_to_its_end(api: Api) -> None:
    shop = api.shop()
    items = [api.item(shop, f"R-{n}") for n in range(2)]
    made = taken(later(api).post("/v1/pickups", asked(), merchant=shop), 201)
    assert taken(api.post("/v1/pickups", asked(), merchant=shop), 201) == made
    assert (made["office"], sorted(made["to_collect"])) == ("1205", sorted(items))
    assert made in taken(api.get("/v1/pickups/offices/1205/2026-11-22", office="1205"))
    asked_for = {"office": "1205", "service_on": "2026-11-22"}
    rounds = taken(later(api).post("/v1/pickups/rounds", asked_for, office="1205"), 201)
    assert set(items) <= {item for one in rounds for sheet in one["sheets"] for item in sheet["items"]}
    one = f"/v1/pickups/{made['request_id']}"
    assert taken(api.get(one, merchant=shop))["assigned"] == 2
    later(api).at_the_office(items[0])
    left = taken(later(api).post(f"{one}/failure", {"reason": "not_ready"}, office="1205"))
    assert (left["collected"], left["to_collect"], left["assigned"]) == (1, [items[1]], 0)
    assert taken(api.post(f"{one}/failure", {"reason": "not_ready"}, office="1205")) == left
    assert taken(api.get("/v1/pickups", merchant=shop)) == [left]


def test_a_strangers_pickup_is_not_found(api: Api) -> None:
    shop = api.shop()
    api.item(shop)
    one = f"/v1/pickups/{taken(api.post('/v1/pickups', asked(), merchant=shop), 201)['request_id']}"
    refused(api.get(one, merchant=api.shop()), 404)
    refused(api.get(one, office="1216"), 404)
    refused(api.post(f"{one}/failure", {"reason": "not_ready"}, office="1216"), 404)
    refused(api.get("/v1/pickups/offices/1205/2026-11-22", office="1216"), 404)
    taken(api.get(one, office="1205"))


def test_what_cannot_be_fetched_is_refused_with_its_field(api: Api) -> None:
    shop = api.shop()
    mine, theirs = api.item(shop), api.item(api.shop())
    refused(api.post("/v1/pickups", asked(item_numbers=[mine, theirs]), merchant=shop), 404)
    over = asked(ready_from="2026-11-20T10:00:00+06:00", ready_until="2026-11-20T14:00:00+06:00")
    assert refused(api.post("/v1/pickups", over, merchant=shop), 422)["field"] == "ready_until"
    assert refused(api.post("/v1/pickups", asked(store_address="Gulshan 2, Dhaka"), merchant=shop), 409)["remedy"]
    taken(api.post("/v1/pickups", asked(), merchant=shop), 201)
    assert refused(api.post("/v1/pickups", asked(note="other"), merchant=shop), 409)["field"] == "request_ref"
