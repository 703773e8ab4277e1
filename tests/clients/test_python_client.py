"""The Python client says what the API says, sends again without doing twice, and its README is true."""

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, get_type_hints

import pytest

from post_logistics.channels import webhooks
from post_logistics.settings import Settings
from tests.api.client import Api, running, taken
from tests.api.openapi import DOCUMENT, OPERATIONS

CLIENT = Path(__file__).resolve().parents[2] / "clients" / "python"
sys.path.insert(0, str(CLIENT))

from post_logistics_client import (  # noqa: E402
    Answer,
    Client,
    Forged,
    NoAnswer,
    Problem,
    Retries,
    client,
    types,
    verify_webhook,
)

SCHEMAS = DOCUMENT["components"]["schemas"]
SHAPES = {
    "Order": "ConsignmentIn",
    "Consignment": "ConsignmentOut",
    "ListedConsignment": "ListedConsignmentOut",
    "QuoteLine": "QuoteLineOut",
    "Quote": "QuoteOut",
    "Alternative": "AlternativeOut",
    "Address": "AddressOut",
    "FieldProblem": "ProblemOut",
    "Verdict": "VerdictOut",
    "Batch": "BulkOut",
    "BookedFile": "OrderFileOut",
    "Job": "JobOut",
    "Tracking": "TrackingOut",
    "Step": "ToldOut",
    "Journey": "JourneyOut",
    "Standing": "StandingOut",
    "PickupRequest": "PickupIn",
    "Pickup": "PickupOut",
    "Payout": "PayoutOut",
    "Endpoint": "EndpointOut",
    "NewEndpoint": "SecretOut",
}
"""A type of the client -> the schema that it is."""


@pytest.mark.parametrize(("name", "schema"), SHAPES.items())
def test_every_type_has_the_members_of_its_schema(name: str, schema: str) -> None:
    shape: Any = getattr(types, name)
    found = SCHEMAS[schema]
    assert set(get_type_hints(shape)) == found["properties"].keys()
    assert set(shape.__required_keys__) == set(found.get("required", ()))


@pytest.mark.parametrize(("name", "schema"), SHAPES.items())
def test_every_member_has_the_type_of_its_schema(name: str, schema: str) -> None:
    """As far as a plain type tells: what may be null is optional, texts are texts, integers integers."""
    plain = {"string": str, "integer": int, "boolean": bool, "number": float}
    for member, hint in get_type_hints(getattr(types, name)).items():
        said = SCHEMAS[schema]["properties"][member]
        choices = said.get("anyOf", [said])
        may_be_null = any(one.get("type") == "null" for one in choices)
        assert may_be_null == ("None" in str(hint)), member
        kinds = {one.get("type") for one in choices} & plain.keys()
        if len(kinds) == 1 and not may_be_null and "Literal" not in str(hint):
            assert hint is plain[kinds.pop()], member


def test_every_method_calls_an_operation_that_there_is() -> None:
    tree = ast.parse((CLIENT / "post_logistics_client" / "client.py").read_text(encoding="utf-8"))
    called = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            called.add("".join(map(str, texts)))
        elif isinstance(node, ast.Constant) and not str(node.value).endswith("/"):
            called.add(str(node.value))
    called = {text for text in called if text.startswith("/v1/") and text.count("/") > 1}
    known = {re.sub(r"{\w+}", "{}", operation.path) for operation in OPERATIONS}
    pieces = {path.partition("{}")[2] for path in known}
    assert len(called) > 15 and called - pieces <= known, called - known


# Sending again


class Line:
    """A transport that answers as it was told, and remembers what it was sent."""

    def __init__(self, *answers: Answer | OSError) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self.waited: list[float] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self.sent.append((method, url, dict(headers), body))
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def client(self) -> Client:
        retries = Retries(sleep=self.waited.append, chance=lambda: 1.0)
        return Client("https://post.example/", "pl_key", retries=retries, transport=self)


def said(status: int, facts: Any, **headers: str) -> Answer:
    return Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(facts).encode()
    )


ORDER: Any = {"order_ref": "A", "weight_g": 1}


def test_what_gets_no_answer_is_sent_again_as_it_was() -> None:
    line = Line(ConnectionError("broken"), said(503, {}), said(429, {}, retry_after="7"), said(201, {"a": 1}))
    assert line.client().book(ORDER) == {"a": 1}
    assert len(line.sent) == 4 and all(one == line.sent[0] for one in line.sent)
    method, url, headers, body = line.sent[0]
    assert (method, url) == ("POST", "https://post.example/v1/consignments")
    assert len(headers["Idempotency-Key"]) == 36 and json.loads(body or b"") == ORDER
    assert line.waited == [0.5, 1.0, 7.0]


def test_each_call_has_a_key_of_its_own_and_looking_has_none() -> None:
    line = Line(*[said(200, {})] * 3)
    post = line.client()
    post.quote(1)
    post.quote(1)
    post.consignment("a/b")
    keys = [headers.get("Idempotency-Key") for _, _, headers, _ in line.sent]
    assert keys[0] != keys[1] and keys[2] is None
    assert line.sent[2][1].endswith("/v1/consignments/a%2Fb")


def test_a_refusal_is_not_tried_again() -> None:
    facts = {"type": "urn:post-logistics:order-refused", "detail": "no", "remedy": "yes", "field": "weight_g"}
    line = Line(said(422, facts, x_request_id="r-1"))
    with pytest.raises(Problem) as refused:
        line.client().book(ORDER)
    problem = refused.value
    assert (problem.status, problem.kind, problem.field) == (422, "order-refused", "weight_g")
    assert problem.request_id == "r-1" and line.waited == []


def test_at_last_it_gives_up() -> None:
    line = Line(*[TimeoutError("nobody")] * 5)
    with pytest.raises(NoAnswer):
        line.client().quote(1)
    line = Line(*[Answer(502, {}, b"<html>")] * 5)
    with pytest.raises(Problem) as refused:
        line.client().quote(1)
    assert refused.value.status == 502 and len(line.sent) == 5


@pytest.mark.parametrize(
    ("asked", "waits"),
    [("0", 0.0), ("9999", 60.0), ("soon", 0.5), ("Sun, 22 Nov 2020 00:00:00 GMT", 0.0), ("", 0.5), ("-5", 0.5)],
)
def test_it_waits_as_long_as_it_is_told_but_not_for_ever(asked: str, waits: float) -> None:
    assert Retries(chance=lambda: 1.0).wait_s(0, Answer(429, {"retry-after": asked}, b"")) == waits


def test_pages_are_fetched_as_they_are_needed() -> None:
    line = Line(
        said(200, {"consignments": [{"a": 1}, {"a": 2}], "next": "N"}), said(200, {"consignments": [], "next": None})
    )
    found = line.client().consignments(state="booked", fields=["a"])
    assert line.sent == []
    assert next(found) == {"a": 1} and len(line.sent) == 1
    assert list(found) == [{"a": 2}]
    assert line.sent[1][1].endswith("?state=booked&fields=a&after=N&limit=500")


class _Once(BaseHTTPRequestHandler):
    """Closes the line in the middle of every second request."""

    protocol_version = "HTTP/1.1"
    heard: list[str] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(self.headers["Idempotency-Key"])
        if len(self.heard) % 2:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


def test_over_a_real_line_that_breaks() -> None:
    with HTTPServer(("127.0.0.1", 0), _Once) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        post = Client(f"http://127.0.0.1:{server.server_port}", "key", retries=Retries(sleep=lambda _: None))
        assert post.quote(1) == post.quote(1) == {}
        post.close()
        server.shutdown()
    assert len(_Once.heard) == 4 and _Once.heard[0] == _Once.heard[1] != _Once.heard[2] == _Once.heard[3]


# Webhooks

SECRET = webhooks.secret_of(bytes(32))
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
BODY = '{"type": "parcel.booked", "data": {"state_bn": "বুকিং"}}'


def test_what_the_post_signs_is_recognised() -> None:
    headers = webhooks.headers("msg_1", BODY, [webhooks.secret_of(b"1" * 32), SECRET], AT)
    message = verify_webhook(SECRET, headers, BODY.encode(), AT.timestamp())
    assert message["type"] == "parcel.booked"


@pytest.mark.parametrize("wrong", ["body", "id", "time", "secret", "late", "early", "none", "version"])
def test_red_control_what_it_does_not_sign_is_not(wrong: str) -> None:
    headers, body, secret, now = webhooks.headers("msg_1", BODY, [SECRET], AT), BODY.encode(), SECRET, AT.timestamp()
    if wrong == "body":
        body += b" "
    elif wrong == "id":
        headers["webhook-id"] = "msg_2"
    elif wrong == "time":
        headers["webhook-timestamp"] = str(int(now) + 1)
    elif wrong == "secret":
        secret = webhooks.secret_of(b"2" * 32)
    elif wrong in {"late", "early"}:
        now += 301 if wrong == "late" else -301
    elif wrong == "version":
        headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v1a,")
    else:
        del headers["webhook-signature"]
    with pytest.raises(Forged):
        verify_webhook(secret, headers, body, now)


# Against the application


@pytest.fixture(scope="module")
def world(settings: Settings) -> Iterator[Api]:
    with running(settings.model_copy(update={"schema_name": "python_client"})) as api:
        asked = {"name": "Nakshi Ghar", "store_address": "Shop 12, New Market, Dhaka 1205", "payout_account": "B 1"}
        taken(api.post("/v1/merchants", asked), 201)
        yield api


class Wire:
    """A transport to the application without a network."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        path = url.removeprefix("http://127.0.0.1:8000")
        answer = self.api.client.request(method, path, headers=dict(headers), content=body)
        return Answer(answer.status_code, dict(answer.headers), answer.content)


def test_the_readme_is_true(world: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "Connection", lambda: Wire(world))
    monkeypatch.chdir(CLIENT.parents[1])
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", (CLIENT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 7


def test_every_method_reaches_its_operation(world: Api) -> None:
    post = Client("http://127.0.0.1:8000", "development", merchant="nakshi-ghar", language="bn", transport=Wire(world))
    order: Any = {"order_ref": "M-1", "recipient_name": "R", "recipient_phone": "01712345678", "weight_g": 900}
    order |= {"recipient_name": "Rahima", "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216"}
    item = post.book(order)["item_number"]
    assert post.resolve("Mirpur-10, Dhaka")["postcode"] == "1216"
    assert post.label_zpl(item).startswith("^XA")
    assert post.journey(item)["order_ref"] == "M-1"
    assert [one["order_ref"] for one in post.consignments(order_ref="M-1")] == ["M-1"]
    asked: Any = {
        "request_ref": "P-1",
        "ready_from": "2026-11-22T15:00:00+06:00",
        "ready_until": "2026-11-22T18:00:00+06:00",
    }
    world.at += timedelta(minutes=1)
    pickup = post.request_pickup(asked)
    assert post.pickup(pickup["request_id"])["office"] == "1205"
    other = post.book({**order, "order_ref": "M-2"})["item_number"]
    world.at += timedelta(minutes=1)
    assert post.cancel(other)["state"] == "cancelled"
    assert list(post.payouts()) == []
    endpoint = post.add_webhook("https://shop.example.com/hook", ["delivered_confirmed"])
    assert endpoint["secret"].startswith("whsec_")
    assert [one["endpoint_id"] for one in post.webhooks()] == [endpoint["endpoint_id"]]
    post.remove_webhook(endpoint["endpoint_id"])
    file = CLIENT.parents[1] / "data" / "samples" / "pathao_bulk.csv"
    assert post.book_file(file, dry_run=True)["dialect"] == "Pathao bulk sheet"
    job = post.book_file_later(file)
    assert next(post.jobs())["job_id"] == job["job_id"]
    assert list(post.job_rows(job["job_id"])) == []
    with pytest.raises(TimeoutError):
        post.wait_for(job["job_id"], every_s=0.01, at_most_s=0.0)
    with pytest.raises(Problem) as refused:
        post.send_back(item)
    assert refused.value.status == 409
    with pytest.raises(Problem) as missing:
        post.consignment("DP000000005BD")
    assert "পার্সেল নেই" in missing.value.detail
