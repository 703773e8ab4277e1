"""What every answer tells a browser: take it for what it is, show it in no frame, tell nobody of it, keep it not.

An answer that says something of its own about one of these is left as it is.
"""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.policy import SHOWS_PEOPLE

NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what is no page: it may load and run nothing, wherever it is opened."""
DOCUMENTATION: Final = frozenset({"/docs", "/redoc"})
_OF_THE_DOCUMENTATION: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'{scripts}; "
    "worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_YEAR_S: Final = 365 * 86_400
_STRICT_TRANSPORT: Final = f"max-age={_YEAR_S}; includeSubDomains"
_SECRET: Final = frozenset({"access", "sessions"})
"""Groups of operations whose answers hold secrets."""


class Guarded:
    """Puts the headers on every answer. ``https_only``: browsers are told to come back over TLS and no other way."""

    def __init__(self, app: ASGIApp, https_only: bool) -> None:
        self._app = app
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"] in DOCUMENTATION:
            send = _with_known_scripts(send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(MutableHeaders(scope=message), scope)
            await send(message)

        return await self._app(scope, receive, guarded)

    def _tell(self, headers: MutableHeaders, scope: Scope) -> None:
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        if scope["path"] not in DOCUMENTATION:
            headers.setdefault("Content-Security-Policy", NOTHING)
        headers.setdefault("Cache-Control", _how_long(headers, scope))
        if self._https_only:
            headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)


def _how_long(headers: MutableHeaders, scope: Scope) -> str:
    """Kept nowhere; where the answer has a tag and shows neither people nor secrets, asked about each time."""
    route = scope.get("route")
    private = getattr(route, "name", "") in SHOWS_PEOPLE or not _SECRET.isdisjoint(getattr(route, "tags", ()))
    return "private, no-cache" if "etag" in headers and not private else "no-store"


def _with_known_scripts(send: Send) -> Send:
    """Sends a page of the documentation with a policy that names the scripts standing in it, and lets no other run."""
    held: list[Message] = []

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
            return
        for start in held:
            hashes = [b64encode(sha256(one).digest()).decode() for one in _INLINE.findall(message.get("body", b""))]
            scripts = "".join(f" 'sha256-{one}'" for one in hashes)
            policy = _OF_THE_DOCUMENTATION.format(scripts=scripts)
            MutableHeaders(scope=start).setdefault("Content-Security-Policy", policy)
            await send(start)
        held.clear()
        await send(message)

    return sending
