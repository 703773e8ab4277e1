"""Where too many wait, whoever else comes is told so as everybody is told things here, and nobody hears of another."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from api.door import Door
from api.turns import AT_ONCE, WAITING, Turns
from post_logistics.units import latin_digits
from tests.api.client import Api


@pytest.fixture(autouse=True)
def crowded(api: Api) -> Iterator[None]:
    """As many wait as may."""
    api.engine.turns._waiting += WAITING
    yield
    api.engine.turns._waiting -= WAITING


@pytest.mark.parametrize("path", ["/v1/consignments", "/v1/tracking/DP473124829BD", "/no/such/path"])
@pytest.mark.parametrize(("language", "detail"), [("en", "too many requests at once"), ("bn-BD", "একসঙ্গে")])
def test_a_program_is_told_a_problem_in_its_language(api: Api, path: str, language: str, detail: str) -> None:
    for _ in range(2):
        told = api.client.get(path, headers={"Accept-Language": language})
        assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
        assert told.headers["retry-after"] in latin_digits(told.json()["remedy"])
        assert detail in told.json()["detail"]
        assert told.json()["type"] == "urn:post-logistics:unavailable"
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/v1/create_order", {"status", "message"}),
        ("/api//v1/create_order", {"status", "message"}),
        ("/aladdin/api/v1/orders", {"type", "code", "message"}),
        ("/v1.0.0-beta/parcel", {"message"}),
    ],
)
def test_a_program_of_another_courier_is_told_so_in_its_dialect(api: Api, path: str, shape: set[str]) -> None:
    told = api.client.post(path, json={})
    assert told.status_code == 503
    assert told.headers["content-type"] == "application/json"
    assert shape <= told.json().keys(), told.json()


@pytest.mark.parametrize(
    ("headers", "language", "words"),
    [({"Accept-Language": "en"}, "en", "The service cannot answer just now"), ({}, "bn", "সেবা")],
)
def test_people_see_a_page_that_holds_nothing_of_anybodys_request(
    api: Api, headers: dict[str, str], language: str, words: str
) -> None:
    html = {"Accept": "text/html,*/*", **headers}
    first = api.client.get("/track?said=buy+here&item=DP473124829BD&look=dark", headers=html)
    second = api.client.get("/station", headers=html)
    assert first.status_code == 503 and first.headers["content-type"].startswith("text/html")
    assert first.text == second.text
    assert f'lang="{language}"' in first.text and words in first.text
    assert "buy here" not in first.text and "DP473124829BD" not in first.text and "/track?" not in first.text
    assert "set-cookie" not in first.headers and "unsafe" not in first.headers["content-security-policy"]


def test_health_is_always_told(api: Api) -> None:
    assert api.client.get("/healthz").status_code == 200
    assert api.get("/metrics").status_code == 200


def test_nothing_of_it_is_read_and_what_is_added_to_one_answer_is_not_in_the_next() -> None:
    async def at_the_door() -> list[Message]:
        door, sent = Door(nobody, Turns(at_once=AT_ONCE, waiting=0)), []

        async def told(message: Message) -> None:
            sent.append(message)
            if "headers" in message:
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = f"https://{len(sent)}.example"

        scope = {"type": "http", "method": "POST", "path": "/v1/consignments", "query_string": b"", "headers": []}
        for _ in range(2):
            await door(dict(scope), unread, told)
        return sent

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was let in")

    async def unread() -> Message:
        raise AssertionError("it was read")

    first, body, second, again = asyncio.run(at_the_door())
    assert first["status"] == second["status"] == 503 and body == again
    assert [Headers(raw=one["headers"])["access-control-allow-origin"] for one in (first, second)] == [
        "https://1.example",
        "https://3.example",
    ]
