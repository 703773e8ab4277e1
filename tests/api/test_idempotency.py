"""A request that is sent again under the same key is done once, and answered as it was."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx2 import Response

from api.app import create_app
from api.context import principal, transaction
from post_logistics.settings import Settings
from post_logistics.storage.access.answers import forget_answers
from tests.api.client import Api, order, refused, taken


def book(api: Api, merchant: str, key: str, order_ref: str = "R-1", **changes: Any) -> Response:
    headers = {"Idempotency-Key": key}
    return api.post("/v1/consignments", order(order_ref, **changes), merchant=merchant, headers=headers)


def test_the_same_request_is_answered_as_it_was_and_says_so(api: Api) -> None:
    shop = api.shop()
    first, again = book(api, shop, "k-1"), book(api, shop, "k-1")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]


def test_another_request_under_the_same_key_is_refused(api: Api) -> None:
    shop = api.shop()
    taken(book(api, shop, "k-1"), 201)
    assert refused(book(api, shop, "k-1", "R-2"), 422)["field"] == "Idempotency-Key"
    wrong = api.post("/v1/pickups", {"items": []}, merchant=shop, headers={"Idempotency-Key": "k-1"})
    assert wrong.status_code == 422


def test_another_shops_key_is_another_key(api: Api) -> None:
    one, two = (taken(book(api, api.shop(), "k-1"), 201) for _ in range(2))
    assert one["item_number"] != two["item_number"]


def test_what_was_refused_is_not_kept(api: Api) -> None:
    shop = api.shop()
    refused(book(api, shop, "k-1", weight_g=10**6), 422)
    taken(book(api, shop, "k-1"), 201)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    assert refused(book(api, api.shop(), key), 422)["field"] == "Idempotency-Key"


def test_a_key_is_kept_for_a_month(api: Api) -> None:
    shop = api.shop()
    book(api, shop, "k-1")
    with api.engine.database.transaction() as connection:
        forget_answers(connection, api.at + timedelta(days=30))
    assert book(api, shop, "k-1").headers["idempotent-replayed"]
    with api.engine.database.transaction() as connection:
        assert forget_answers(connection, api.at + timedelta(days=30, seconds=1))
    assert "idempotent-replayed" not in book(api, shop, "k-1").headers


def test_at_once_from_many_sides_it_is_done_once(api: Api) -> None:
    shop = api.shop()
    with ThreadPoolExecutor(16) as many:
        answers = list(many.map(lambda _: book(api, shop, "k-1"), range(32)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(taken(api.get("/v1/consignments", merchant=shop))["consignments"]) == 1


def test_what_a_client_has_already_is_not_sent_again(api: Api) -> None:
    shop = api.shop()
    path = f"/v1/consignments/{api.item(shop)}"
    first = api.get(path, merchant=shop)
    known = api.get(path, merchant=shop, headers={"If-None-Match": f'W/"other", {first.headers["etag"]}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", first.headers["etag"])
    assert api.get(path, merchant=shop, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def _called(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield from _called(one)
    yield dependant.call


def test_who_asks_is_known_before_the_transaction_begins() -> None:
    """Whose key it is has to be known when the key is claimed."""
    app = create_app(Settings(_env_file=None))  # type: ignore[call-arg]
    app.openapi()
    late, seen = [], 0
    stack = list(app.router.routes)
    while stack:
        route = stack.pop()
        stack += getattr(getattr(route, "original_router", None), "routes", [])
        if isinstance(route, APIRoute):
            called = list(_called(route.dependant))
            if principal in called and transaction in called:
                seen += 1
                late += [route.name] if called.index(transaction) < called.index(principal) else []
    assert seen > 100 and late == []
