"""What every slice of the API has in common: answers kept under a key, and answers that need not be sent again."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from api.acting import held_to_their_names
from api.deprecation import notice

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_MOST_BYTES: Final = 2**20
"""Larger answers are neither kept nor compared."""


class KeptRoute(APIRoute):
    """A route whose answer can be kept in the transaction that made it, and which knows what a client has already.

    Whoever has signed in acts on it in their own name.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, held_to_their_names(endpoint), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the digest of the request before it and the answer beside it."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            if IDEMPOTENCY_KEY in request.headers:
                request.state.digest = _digest(request, await request.body())
            response: Response = await handle(request)
            response.headers.update(notice(self.openapi_extra))
            request.state.answer = response
            return _unless_known(request, response) if request.method == "GET" else response

        return handler


class Slice(APIRouter):
    """A router of such routes, which looks through them only for a path that begins as one of them does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=KeptRoute, **options)
        self._heads: set[str] = set()

    def add_api_route(self, path: str, *given: Any, **options: Any) -> None:
        """Adds the route."""
        self._heads.add(_head(self.prefix + path))
        super().add_api_route(path, *given, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a route is for that request. Of hundreds of routes a handful is looked at."""
        return super().matches(scope) if self.may_have(scope["path"]) else (Match.NONE, {})

    def may_have(self, path: str) -> bool:
        """Whether any route begins like that."""
        return not self._heads.isdisjoint({_head(path), _ANY})


_ANY: Final = "{"


def _head(path: str) -> str:
    """The first two parts of a path, or what there is of them; of a route that has a parameter there, any."""
    head = "/".join(path.split("/", 3)[:3])
    return _ANY if _ANY in head else head


def _digest(request: Request, body: bytes) -> bytes:
    return hashlib.sha256(b"\n".join([request.method.encode(), str(request.url).encode(), body])).digest()


def _unless_known(request: Request, response: Response) -> Response:
    """304 where the client has that very answer."""
    body = getattr(response, "body", None)
    if response.status_code != 200 or not body or len(body) > _MOST_BYTES:
        return response
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if tag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


def body_to_keep(response: Response) -> bytes | None:
    """The body of an answer, if it is one that is kept."""
    body = getattr(response, "body", None)
    return bytes(body) if body is not None and len(body) <= _MOST_BYTES else None
