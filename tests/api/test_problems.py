"""Whatever is sent: an answer that says what is wrong, never a page of somebody else's and never a crash."""

import asyncio
import json
from time import monotonic
from typing import Any

import pytest

from post_logistics.consignments.order_files import MAX_FILE_BYTES
from tests.api.client import KEY, Api, refused, taken
from tests.api.openapi import OPERATIONS, PLACES, Operation, body_of, example_of, filled

_JSON = {"content-type": "application/json"}
JUNK: list[Any] = [
    None,
    "",
    "\x00",
    "\ud800",
    "x" * 2000,
    "১২১৬",
    "9999-99-99",
    "0001-01-01T00:00:00+14:00",
    -1,
    2**70,
    1e308,
    True,
    [],
    {},
    [{"\ud800": "\ud800"}],
]


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()  # ASCII, so that half a letter can be sent


def with_junk(example: dict[str, Any], *, every: int = 1, first: int = 0) -> list[dict[str, Any]]:
    """The example with every kind of junk in every one of its fields; or with one kind in ``every``."""
    return [example | {name: junk} for n, name in enumerate(example, first) for junk in JUNK[n % every :: every]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1", 404),
        ("POST", "/v1/quotes/", 404),
        ("GET", "/static-offline-docs/nothing.js", 404),
        ("GET", "/v1/quotes", 405),
        ("DELETE", "/v1/merchants/nobody", 405),
        ("PATCH", "/healthz", 405),
    ],
)
def test_where_there_is_nothing_the_answer_is_a_problem_too(api: Api, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)
    refused(answer, status)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 422),
        (b"", {}, 422),
        (b"\xff\xff", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"weight_g": 1}', {"content-type": "text/plain"}, 422),
        (b'{"weight_g": 1, "weight_g": 2, "x": NaN}', {}, 422),
    ],
    ids=["half", "none", "no text", "deep", "not announced", "not a number"],
)
def test_a_body_that_cannot_be_read_is_refused(api: Api, body: bytes, headers: dict[str, str], status: int) -> None:
    refused(api.post("/v1/quotes", content=body, headers=_JSON | headers), status)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if body_of(one)], ids=lambda one: one.name)
def test_junk_in_any_field_is_answered_with_a_documented_status(api: Api, operation: Operation) -> None:
    schema = body_of(operation)
    assert schema
    scope = {"merchant": "nobody"} if operation.name == "book" else {}
    for body in with_junk(example_of(schema), every=3, first=OPERATIONS.index(operation)):
        answer = api.request(operation.method, operation.url, content=_json(body), headers=_JSON, **scope)
        assert str(answer.status_code) in operation.facts["responses"], (body, answer.text)
        assert answer.status_code < 500, (body, answer.text)


@pytest.mark.parametrize(("path", "rows"), [("/v1/scans", "scans"), ("/v1/deliveries", "claims")])
def test_junk_in_any_row_is_answered_row_by_row(api: Api, path: str, rows: str) -> None:
    (schema,) = [body_of(operation) for operation in OPERATIONS if operation.path == path]
    assert schema
    batch = [*with_junk(example_of(schema)[rows][0]), *JUNK]
    verdicts = taken(api.post(path, content=_json({rows: batch}), headers=_JSON))["verdicts"]
    assert [verdict["row"] for verdict in verdicts] == list(range(1, len(batch) + 1))
    assert all(verdict["why"] for verdict in verdicts)


SOMETHING_AFTER_ALL = {
    ("office", "১২১৬"),
    ("provider", "0001-01-01"),
    *((place, name) for place in ("holder", "device_id") for name in ("১২১৬", "0001-01-01", "%2F", "%ED%A0%80")),
}
"""The office 1216 in Bangla digits; riders or vehicles of any name; devices that another test enrolled;
whoever calls in the name of a provider is answered alike."""


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if "{" in one.path], ids=lambda one: one.name)
def test_junk_in_a_path_is_answered_with_a_documented_status(api: Api, operation: Operation) -> None:
    for place in PLACES:
        for junk in ("%00", "%ED%A0%80", "x" * 3000, "১২১৬", "0001-01-01", "%2F"):
            path = operation.path.replace("{" + place + "}", junk)
            if path != operation.path:
                answer = api.request(operation.method, filled(path))
                found = {200, 202, 303} if (place, junk) in SOMETHING_AFTER_ALL else set()
                assert answer.status_code in {404, 422} | found, (path, answer.text)


def stream(api: Api, path: str, headers: dict[str, str], chunk: bytes) -> tuple[int, int]:
    """Status of the answer to a body without end, and the bytes that were read of it."""
    read, statuses = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (KEY | headers).items()],
    }
    asyncio.run(api.client.app(scope, receive, send))  # type: ignore[arg-type]
    return statuses[0], read


def test_a_body_without_end_is_stopped_at_the_cap_of_its_path(api: Api) -> None:
    started = monotonic()
    form = {"content-type": "multipart/form-data; boundary=x", "post-merchant": "nobody"}
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    status, read = stream(api, "/v1/consignments/files", form, head + bytes(2**20))
    assert status == 413 and MAX_FILE_BYTES < read < MAX_FILE_BYTES + 4 * 2**20
    status, read = stream(api, "/v1/scans", _JSON, bytes(2**20))
    assert status == 413 and read < 10 * 2**20
    assert monotonic() - started < 2


def test_a_giant_that_is_announced_is_not_read_at_all(api: Api) -> None:
    assert stream(api, "/v1/scans", _JSON | {"content-length": str(10**10)}, bytes(2**20)) == (413, 0)
