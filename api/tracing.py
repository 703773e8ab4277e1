"""Traces over OpenTelemetry, where the settings name a place to send them: one span a request, one a statement."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from time import time_ns
from typing import TYPE_CHECKING, Any, Final, Protocol

from post_logistics import __version__
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.storage.database import Database

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_NANOSECONDS: Final = 10**9
_MOST_TEXT: Final = 2000


class Tracing(Protocol):
    """How a request is followed."""

    def span(self, headers: Mapping[str, str]) -> AbstractContextManager["Span | None"]:
        """A span for a request with these headers, part of the caller's trace if they name one."""

    def finish(self, span: "Span | None", facts: Mapping[str, str | int]) -> None:
        """Says of the request what it turned out to be; ``operation`` names the span."""

    def follow(self, database: Database) -> None:
        """Makes each statement a span of the request that it is for."""

    def close(self) -> None:
        """Sends what has not been sent yet."""


class NoTracing:
    """Follows nothing."""

    def span(self, headers: Mapping[str, str]) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def finish(self, span: "Span | None", facts: Mapping[str, str | int]) -> None:
        """Nothing."""

    def follow(self, database: Database) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Telemetry:
    """Sends spans to an OTLP endpoint, in batches and from a thread of its own: no request waits for it."""

    def __init__(self, endpoint: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        resource = Resource.create({"service.name": "post-logistics", "service.version": __version__})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("post_logistics", __version__)

    def span(self, headers: Mapping[str, str]) -> AbstractContextManager["Span"]:
        """A span that covers the block."""
        from opentelemetry.trace import SpanKind  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        caller = TraceContextTextMapPropagator().extract(dict(headers))
        return self._tracer.start_as_current_span("request", caller, SpanKind.SERVER, record_exception=False)

    def finish(self, span: "Span | None", facts: Mapping[str, str | int]) -> None:
        """Names it after its operation, and says how it was answered."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        if span is not None:
            span.update_name(str(facts["operation"]))
            span.set_attribute("http.request.method", facts["method"])
            span.set_attribute("http.response.status_code", facts["status"])
            span.set_attribute("request_id", facts["request_id"])
            if int(facts["status"]) >= 500:
                span.set_status(StatusCode.ERROR)

    def follow(self, database: Database) -> None:
        """A statement's text holds no values; how long it took is known when it is done."""
        database.watch_statements(self._statement)

    def close(self) -> None:
        """Sends what has not been sent yet; an endpoint that does not answer is not waited for long."""
        self._provider.shutdown()

    def _statement(self, statement: str, seconds: float) -> None:
        ended = time_ns()
        attributes: dict[str, Any] = {"db.system.name": "postgresql", "db.query.text": statement[:_MOST_TEXT]}
        name = statement.split(maxsplit=1)[0].lower()
        started = ended - int(seconds * _NANOSECONDS)
        self._tracer.start_span(name, attributes=attributes, start_time=started).end(ended)


def tracing_of(settings: Settings) -> Tracing:
    """What the settings ask for; Unacceptable if it is not installed."""
    if settings.telemetry_endpoint is None:
        return NoTracing()
    try:
        return Telemetry(settings.telemetry_endpoint)
    except ImportError as error:
        raise Unacceptable(
            "traces are asked for and cannot be sent: OpenTelemetry is not installed",
            field="telemetry_endpoint",
            remedy="pip install 'post-logistics[telemetry]', or leave POST_LOGISTICS_TELEMETRY_ENDPOINT empty",
        ) from error
