"""What stands between the network and the application: no body without end, no error without an answer."""

import logging
import traceback
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems

_log = logging.getLogger(__name__)


class BodyCap:
    """Reads no more of a body than its path takes, whatever length was announced: 413 for the rest."""

    def __init__(self, app: ASGIApp, cap_bytes: int, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._cap_bytes = cap_bytes
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        cap_bytes = self._by_path.get(scope["path"], self._cap_bytes)
        announced_bytes, read_bytes = _announced_bytes(scope), 0

        def check(size_bytes: int) -> None:
            if size_bytes > cap_bytes:
                raise HTTPException(413, f"more than {cap_bytes >> 20} MB are not read")

        async def capped() -> Message:
            nonlocal read_bytes
            check(announced_bytes)
            message = await receive()
            read_bytes += len(message.get("body", b""))
            check(read_bytes)
            return message

        return await self._app(scope, capped, send)


def _announced_bytes(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


class LastResort:
    """Answers what nobody foresaw with a problem, and writes down where it happened.

    Only the kind of error and the lines of code are written: an error's own words may hold a recipient's name.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
            _log.error("%s %s: %s\n%s", scope["method"], scope["path"], type(error).__name__, lines)
            if not started:
                await problems.unexpected()(scope, receive, send)
