"""Every request has a number and one line, which say nothing of anyone; and a trace, where one is asked for."""

import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from api.app import create_app
from api.tracing import NoTracing, tracing_of
from post_logistics.settings import Settings
from tests.api.client import KEY, Api

GIVEN = "0190a4b8-7c1d-7f00-8a3b-1f2e3d4c5b6a"
HEX = "4bf92f3577b34da6a3ce929d0e0e4736"
CANARIES = ("Canaria", "Zzyzx", "01712345678", "DP473124829BD", "secret-link", "Bearer")


@pytest.mark.parametrize("given", [GIVEN, GIVEN.upper(), HEX])
def test_a_number_that_a_proxy_gave_is_kept(api: Api, given: str) -> None:
    assert api.client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "01712345678", "Canaria Zzyzx", f"{GIVEN}\tx", "x" * 5000, f"{GIVEN}{GIVEN}"])
def test_anything_else_is_replaced(api: Api, given: str) -> None:
    answer = api.client.get("/healthz", headers={"X-Request-ID": given})
    assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]


def test_every_answer_has_one_mistakes_and_refusals_too(api: Api) -> None:
    numbers = [
        api.client.request(method, path).headers["x-request-id"]
        for method, path in (("GET", "/v1/offices"), ("GET", "/no/such"), ("PATCH", "/healthz"), ("POST", "/v1/scans"))
    ]
    assert len(set(numbers)) == 4


def test_a_request_is_one_line_with_its_operation_status_and_duration(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "api.observing"):
        api.get("/v1/tracking/DP473124829BD?phone=01712345678", headers={"X-Request-ID": GIVEN})
        api.client.get("/healthz")
        api.client.get("/readyz")
        api.client.get("/metrics")
    (line,) = (record for record in caplog.records if record.name == "api.observing")
    assert (line.message, line.operation, line.method) == ("request", "track", "GET")  # type: ignore[attr-defined]
    assert line.status in {404, 422} and line.duration_ms >= 0  # type: ignore[attr-defined]


def test_whatever_is_sent_nothing_of_it_is_written_down(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        body = {"recipient_name": "Canaria Zzyzx", "recipient_phone": "01712345678"}
        api.post("/v1/consignments?note=Zzyzx", body, merchant="canaria", headers={"X-Request-ID": "Canaria"})
        api.get("/v1/recipients/secret-link")
        api.client.get("/v1/tracking/DP473124829BD?phone=01712345678")
        api.client.request("Zzyzx", "/v1/offices")
    facts = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("api"))
    assert "operation" in facts
    assert [canary for canary in CANARIES if canary in facts] == []


def test_red_control_a_path_in_the_line_would_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("api.other").info("request", extra={"path": "/v1/recipients/secret-link"})
    assert any(canary in str(vars(record)) for record in caplog.records for canary in CANARIES)


class Collector(ThreadingHTTPServer):
    """Takes traces as a collector does, and keeps them."""

    spans: list[Span]


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Take(BaseHTTPRequestHandler):
        server: Collector

        def do_POST(self) -> None:
            import gzip

            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            found = ExportTraceServiceRequest.FromString(body)
            self.server.spans += [
                span for one in found.resource_spans for scope in one.scope_spans for span in scope.spans
            ]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with Collector(("127.0.0.1", 0), Take) as server:
        server.spans = []
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def facts(span: Span) -> dict[str, str]:
    return {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}


def test_a_request_and_its_statements_are_one_trace_of_the_caller_s(
    settings: Settings, api: Api, collector: Collector
) -> None:
    shop = api.shop()
    endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    own = settings.model_copy(update={"schema_name": "api", "telemetry_endpoint": endpoint})
    headers = KEY | {"traceparent": f"00-{HEX}-00f067aa0ba902b7-01", "X-Request-ID": GIVEN, "Post-Merchant": shop}
    with TestClient(create_app(own)) as client:
        assert client.get("/v1/consignments?limit=1", headers=headers).status_code == 200
    ours = [span for span in collector.spans if span.trace_id.hex() == HEX]
    (request,) = (span for span in ours if span.name == "consignments")
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert facts(request) == {
        "http.request.method": "GET",
        "http.response.status_code": "200",
        "request_id": GIVEN,
    }
    statements = [span for span in ours if span is not request]
    assert statements and all(span.parent_span_id == request.span_id for span in statements)
    assert all(facts(span)["db.system.name"] == "postgresql" for span in statements)
    assert not any(shop in str(facts(span)) for span in statements)  # a statement's text holds no values


def test_nothing_is_traced_unless_it_is_asked_for(settings: Settings) -> None:
    assert isinstance(tracing_of(settings), NoTracing)
