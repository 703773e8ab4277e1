"""What stands between the network and the application: no body without end, no error without an answer."""

import asyncio
import logging
import traceback
import zlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)

_PATIENCE_S = 30.0
"""So long nothing may come of a body that is still to come."""


class BodyCap:
    """Reads no more of a body than its path takes, whatever length was announced: 413 for the rest.

    Nor does it wait for ever: 400 once nothing has come for ``patience_s``.
    """

    def __init__(
        self, app: ASGIApp, cap_bytes: int, by_path: Mapping[str, int], patience_s: float = _PATIENCE_S
    ) -> None:
        self._app = app
        self._cap_bytes = cap_bytes
        self._by_path = by_path
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        cap_bytes = self._by_path.get(scope["path"], self._cap_bytes)
        announced_bytes, read_bytes, whole = _announced_bytes(scope), 0, False

        def check(size_bytes: int) -> None:
            if size_bytes > cap_bytes:
                raise HTTPException(413, f"more than {cap_bytes >> 20} MB are not read")

        async def capped() -> Message:
            nonlocal read_bytes, whole
            check(announced_bytes)
            message = await (receive() if whole else self._in_time(receive))
            whole = not message.get("more_body")
            read_bytes += len(message.get("body", b""))
            check(read_bytes)
            return message

        return await self._app(scope, capped, send)

    async def _in_time(self, receive: Receive) -> Message:
        try:
            async with asyncio.timeout(self._patience_s):
                return await receive()
        except TimeoutError:
            raise HTTPException(400, "the rest of the body did not come") from None


class Unpack:
    """Unpacks a body sent with ``Content-Encoding: gzip``, and no more of it than a body may have: 413 for the rest."""

    def __init__(self, app: ASGIApp, cap_bytes: int) -> None:
        self._app = app
        self._cap_bytes = cap_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or Headers(scope=scope).get("content-encoding", "").lower() != "gzip":
            return await self._app(scope, receive, send)
        stream, room_bytes = zlib.decompressobj(wbits=31), self._cap_bytes

        async def unpacked() -> Message:
            nonlocal room_bytes
            message = await receive()
            if message["type"] != "http.request":
                return message
            try:
                body = stream.decompress(message.get("body", b""), room_bytes + 1)
            except zlib.error as error:
                raise HTTPException(400, "the body is announced as gzip and is none") from error
            room_bytes -= len(body)
            if room_bytes < 0:
                raise HTTPException(413, f"more than {self._cap_bytes >> 20} MB are not unpacked")
            if not message.get("more_body") and not stream.eof:
                raise HTTPException(400, "the packed body ends too early")
            return {**message, "body": body}

        scope["headers"] = [
            (name, value) for name, value in scope["headers"] if name not in {b"content-encoding", b"content-length"}
        ]
        return await self._app(scope, unpacked, send)


def _announced_bytes(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


class LastResort:
    """Answers what nobody foresaw with a problem, and writes down where it happened.

    Only the kind of error and the lines of code are written: an error's own words may hold a recipient's name.
    ``told``: what answers in its place.
    """

    def __init__(self, app: ASGIApp, told: ASGIApp) -> None:
        self._app = app
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            return await self._app(scope, receive, watched)
        except Exception as error:
            lines = "".join(traceback.format_tb(error.__traceback__))
            route = getattr(scope.get("route"), "path", "no route")  # a path itself may hold a recipient's secret link
            _log.error("%s %s: %s\n%s", scope["method"], route, type(error).__name__, lines)
            if not started:
                await self._told(scope, receive, send)
