"""The door: whoever comes while too many wait is told so at once, and at little cost, for there is much to do then."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import compat, problems
from api.compat.wire import Dialects, dialect_of
from api.headers import Guarded
from api.metrics import count_request
from api.pages.shell import language_of
from api.pages.site import for_people_too
from api.problem_words import InBangla
from api.turns import CROWDED, Turns

_ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a refusal depends on. ``prefix``: of the dialect that is spoken, "" for none."""

    prefix: str
    language: str
    is_page: bool

    def scope(self, app: Any) -> dict[str, Any]:
        """A request of this kind that says nothing besides: nobody's words get into what others are told."""
        accept = b"text/html" if self.is_page else b"*/*"
        headers = [(b"accept", accept), (b"accept-language", self.language.encode())]
        path = self.prefix or "/"
        return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "app": app}


def _kind_of(scope: Scope) -> _Kind:
    request = Request(scope)
    accept, language = (request.headers.get(name, "") for name in ("accept", "accept-language"))
    if "text/html" in accept:
        return _Kind("", language_of(request), is_page=True)
    return _Kind(
        dialect_of(scope["path"], compat.DIALECTS) or "",
        "bn" if language.lower().startswith("bn") else "en",
        is_page=False,
    )


class Door:
    """Lets nobody in while too many wait. Nothing of such a request is read or written down; it is counted.

    A refusal is made once for each kind of request, as the application says such things, and sent to all of that kind.
    """

    def __init__(self, app: ASGIApp, turns: Turns, https_only: bool = False) -> None:
        self._app = app
        self._turns = turns
        refusal = for_people_too(lambda: problems.problem(503, CROWDED))
        self._refusal = Guarded(InBangla(Dialects(refusal, compat.DIALECTS)), https_only)
        self._said: dict[_Kind, list[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._turns.crowded or scope["path"] in _ALWAYS:
            return await self._app(scope, receive, send)
        count_request("turned_away", 503, 0)
        kind = _kind_of(scope)
        if kind not in self._said:
            self._said[kind] = await self._refused(kind.scope(scope.get("app")), receive)
        for message in _copies(self._said[kind]):
            await send(message)
        return None

    async def _refused(self, scope: Scope, receive: Receive) -> list[Message]:
        said: list[Message] = []

        async def keep(message: Message) -> None:
            said.append(message)

        await self._refusal(scope, receive, keep)
        return said


def _copies(said: list[Message]) -> Iterator[Message]:
    """The messages, with headers to which whoever sends them on may add."""
    return ({**one, "headers": [*one["headers"]]} if "headers" in one else one for one in said)
