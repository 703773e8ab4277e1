"""What a body may hold: nothing that was not asked for; and what an answer may hold: nothing that was not declared."""

import gzip
import io
import json
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import anyio
import pytest
from starlette.types import Message

from api.guards import BodyCap
from api.policy import POLICY
from post_logistics.access.roles import AT_AN_OFFICE, Role
from tests.api.client import KEY, Api, refused
from tests.api.openapi import DOCUMENT, OPERATIONS, Operation, body_of, example_of
from tests.api.test_proofs_api import proof, sent
from tests.security.world import OFFICE, World

READ_AS_THEY_COME = {"payment_callback", "woocommerce_order", "shopify_news", "shopify_rates"}
"""Messages of other systems, of which we read what we know."""
BODIES = [one for one in OPERATIONS if body_of(one) and one.name not in READ_AS_THEY_COME]


def models(schema: dict[str, Any], seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every model in a schema, by name."""
    for reference in set(_references(schema)) - seen:
        seen.add(reference)
        model = DOCUMENT["components"]["schemas"][reference]
        yield reference, model
        yield from models(model, seen)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


@pytest.mark.parametrize("operation", BODIES, ids=lambda one: one.name)
def test_a_field_that_nobody_asked_for_is_refused(world: World, operation: Operation) -> None:
    """Mass assignment: whatever somebody would like to set beside what they may."""
    schema = body_of(operation)
    assert schema
    wish = {"role": "administrator", "is_admin": True, "merchant_id": world.stranger, "approved": True, "state": "paid"}
    extra = {name: value for name, value in wish.items() if name not in schema.get("properties", {})}
    allowed = POLICY.get(operation.name, frozenset())
    for_shops = Role.MERCHANT in allowed <= {Role.MERCHANT, Role.ADMINISTRATOR}
    at_offices = {Role.COUNTER} < allowed <= AT_AN_OFFICE | {Role.ADMINISTRATOR}
    places = {"merchant": world.shop} if for_shops else {"office": OFFICE} if at_offices else {}
    answer = world.api.request(operation.method, operation.url, json=example_of(schema) | extra, **places)
    found = refused(answer, 422, "invalid-request")["problems"]
    assert {one["field"] for one in found} >= set(extra)


@pytest.mark.parametrize("operation", BODIES, ids=lambda one: one.name)
def test_the_post_acting_for_a_shop_that_is_not_there_is_told_so(world: World, operation: Operation) -> None:
    schema = body_of(operation)
    assert schema
    answer = world.api.request(operation.method, operation.url, json=example_of(schema), merchant="no-such-shop")
    assert answer.status_code < 500


def test_no_model_of_a_request_takes_more_than_it_names() -> None:
    seen: set[str] = set()
    for operation in BODIES:
        for content in operation.facts["requestBody"]["content"].values():
            for name, model in models(content["schema"], seen):
                if model.get("type") == "object" and "Body_" not in name:
                    assert model.get("additionalProperties") is False or "properties" not in model, name


def test_answers_are_models_that_name_their_fields() -> None:
    """An allow-list: whatever else a value knows, only what is declared is sent."""
    for operation in OPERATIONS:
        for status, answer in operation.facts["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            if status < "300" and schema:
                for name, model in models(schema, set()):
                    assert model.get("additionalProperties") is not True, (operation.name, name)


HOSTILE = {
    "deep lists": b"[" * 200_000 + b"]" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a deep field": b'{"order_ref": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a huge number": b'{"weight_g": ' + b"9" * 100_000 + b"}",
    "a huge exponent": b'{"weight_g": 1e999999999}',
    "no number": b'{"weight_g": NaN, "cod_poisha": Infinity}',
    "half a letter": b'{"order_ref": "\\ud800"}',
    "a zero byte": b'{"order_ref": "a\\u0000b"}',
    "not UTF-8": b'{"order_ref": "\xff\xfe"}',
    "a name twice": b'{"weight_g": 1, "weight_g": 1000000000}',
    "many names": json.dumps({f"n{n}": n for n in range(100_000)}).encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", ["/v1/consignments", "/v1/scans", "/api/v1/create_order", "/v1/sessions"])
def test_a_hostile_body_is_refused_in_good_time(world: World, path: str, body: bytes) -> None:
    headers = KEY | {"Content-Type": "application/json", "Post-Merchant": world.shop}
    if path == "/v1/scans":
        del headers["Post-Merchant"]
    started = perf_counter()
    answer = world.api.client.post(path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert perf_counter() - started < 5
    assert len(answer.content) < 10**7


def bomb(megabytes: int) -> bytes:
    return gzip.compress(b" " * (megabytes << 20), 9)


def test_what_is_packed_too_well_is_not_unpacked(api: Api) -> None:
    for body, status in (
        (bomb(200), 413),
        (bomb(1) * 100, 422),
        (b"\x1f\x8b\x08" + b"x" * 50, 400),
        (bomb(1)[:500], 400),
    ):
        headers = KEY | {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = api.client.post("/v1/scans", content=body, headers=headers)
        assert answer.status_code == status
    nested = gzip.compress(bomb(200))
    assert api.client.post("/v1/scans", content=nested, headers=headers).status_code == 400


def workbook_bomb(megabytes: int) -> bytes:
    """A workbook whose one sheet is a megabyte on disk and hundreds of them in memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(megabytes):
                sheet.write(b"<row><c><v>1</v></c></row>" * (2**20 // 26))
    return file.getvalue()


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(12)
    )
    entities = io.BytesIO()
    with zipfile.ZipFile(entities, "w") as book:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            book.writestr(name, laughs + b"]><x>&m;</x>")
    return {"sheet": workbook_bomb(300), "entities": entities.getvalue(), "no workbook": b"PK\x03\x04" + b"\0" * 1000}


@pytest.mark.parametrize("kind", ["sheet", "entities", "no workbook"])
@pytest.mark.parametrize("path", ["/v1/consignments/files", "/v1/statement-files/first-look"])
def test_a_workbook_that_would_fill_the_memory_is_refused(
    world: World, bombs: dict[str, bytes], path: str, kind: str
) -> None:
    scope = {"merchant": world.shop} if "consignments" in path else {}
    started = perf_counter()
    files = {"file": ("a.xlsx", bombs[kind], "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")}
    answer = world.api.post(path, files=files, data={"source": "bank"}, **scope)
    assert answer.status_code in {413, 422}, answer.text
    assert perf_counter() - started < 10


def flood(width: int, height: int) -> bytes:
    """A picture that says it is so large, in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x06\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10**6, 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(30_000, 30_000), (65_535, 65_535), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0)])
def test_a_picture_that_would_flood_the_memory_is_no_proof(world: World, size: tuple[int, int]) -> None:
    scan = world.api.scan(world.things["item_number"], "attempt_failed")
    started = perf_counter()
    (verdict,) = sent(world.api, proof(scan, "photo", body_base64=b64encode(flood(*size)).decode()))
    assert (verdict["outcome"], perf_counter() - started < 2) == ("rejected", True)


def slowly(patience_s: float, *messages: Message) -> list[Message]:
    """What is answered to a body that comes in those messages and then no further."""
    answered: list[Message] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await anyio.sleep(60)
        raise AssertionError

    async def send(message: Message) -> None:
        answered.append(message)

    waiting = list(messages)
    scope = {"type": "http", "path": "/", "headers": [], "method": "POST"}

    async def ask() -> None:
        try:
            await BodyCap(application, 1000, {}, patience_s=patience_s)(scope, receive, send)
        except Exception as error:
            answered.append({"type": "refused", "status": getattr(error, "status_code", 0)})

    anyio.run(ask)
    return answered


def test_a_body_that_stops_halfway_is_not_waited_for() -> None:
    part: Message = {"type": "http.request", "body": b"x", "more_body": True}
    assert slowly(0.05, part, part) == [{"type": "refused", "status": 400}]
    assert slowly(0.05, part, {**part, "more_body": False})[0]["status"] == 200
