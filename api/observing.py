"""Every request seen from outside: its number, a line in the log, a count, a span; and 503 while the server drains.

What is written of a request is its operation, its status and how long it took: neither path nor query, neither headers
nor bodies, for those may hold people.
"""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api import problems
from api.metrics import count_request, in_hand
from api.tracing import Tracing

_HEADER: Final = "x-request-id"
_GIVEN: Final = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
"""A number that a proxy or a caller gave: a UUID, with or without its dashes. Anything else could say anything."""
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: counted, and not written down."""
_TO_THE_END: Final = frozenset({"/healthz", "/metrics"})
"""Answered while the server drains."""
_NO_ANSWER: Final = 499
"""Counted for a caller who left before the answer."""

_log = logging.getLogger(__name__)


class Observed:
    """Sees every request from outside all else."""

    def __init__(self, app: ASGIApp, tracing: Tracing, draining: Callable[[], bool]) -> None:
        self._app = app
        self._tracing = tracing
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers, started, status = Headers(scope=scope), perf_counter(), _NO_ANSWER
        given = headers.get(_HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else str(uuid4())

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id), in_hand(), self._tracing.span(headers) as span:
            try:
                await self._answer(scope, receive, told)
            finally:
                seconds, operation = perf_counter() - started, getattr(scope.get("route"), "name", "none")
                count_request(operation, status, seconds)
                facts = {"operation": operation, "method": scope["method"], "status": status}
                self._tracing.finish(span, {**facts, "request_id": request_id})
                if scope["path"] not in _QUIET:
                    _log.info("request", extra={**facts, "duration_ms": round(seconds * 1000, 1)})
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._draining() and scope["path"] not in _TO_THE_END:
            await problems.draining()(scope, receive, send)
        else:
            await self._app(scope, receive, send)
