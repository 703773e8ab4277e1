"""The pages as a part of the application: the slices, the files they use, and errors that people can read."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from api.pages import (
    account,
    admin,
    agent_cash,
    centre,
    code,
    counter_bills,
    day_close,
    design,
    finance,
    hub,
    issuer,
    joining,
    kiosk,
    lessons,
    manifests,
    municipalities,
    paying,
    practice,
    recipient,
    rider,
    rider_paying,
    shop,
    signing,
    station,
)
from api.pages.maps import LIBRARY
from api.pages.shell import (
    PACKED,
    STATIC,
    NewPasswordFirst,
    SignInFirst,
    accepts_packed,
    packed,
    packed_code,
    page,
    plain_pattern,
    stranger,
    visit,
)
from api.problem_words import in_language
from api.problems import unexpected as unexpected_problem
from post_logistics.errors import PostError
from post_logistics.storage.errors import Unavailable
from post_logistics.units import DHAKA

SLICES: Final = (
    signing,
    recipient,
    paying,
    code,
    station,
    kiosk,
    agent_cash,
    counter_bills,
    day_close,
    rider,
    centre,
    rider_paying,
    *hub.SLICES,
    joining,
    issuer,
    manifests,
    municipalities,
    *shop.SLICES,
    *finance.SLICES,
    *admin.SLICES,
    account,
    design,
)
"""A new slice of pages needs a line here."""
_YEAR_S: Final = 365 * 86_400


_PACKED: Final = frozenset({".css", ".js", ".svg"})


class KeptFiles(StaticFiles):
    """Files that may be kept for ever: their address changes when they do."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Any, *given: Any, **more: Any) -> Response:
        """The file, packed where that saves anything, with how long it is good."""
        answer: Response = super().file_response(full_path, stat_result, scope, *given, **more)
        if accepts_packed(Headers(scope=scope)) and Path(full_path).suffix in _PACKED and answer.status_code == 200:
            kept = ("content-type", "last-modified", "etag")
            headers = {name: value for name, value in answer.headers.items() if name in kept} | PACKED
            answer = Response(_packed_file(str(full_path), stat_result.st_mtime_ns), headers=headers)
        answer.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        return answer


@lru_cache
def _packed_file(path: str, _changed_ns: int) -> bytes:
    file = Path(path)
    return packed_code(file) if file.is_relative_to(STATIC) else packed(file.read_bytes())


def install(app: FastAPI, *, is_practice: bool = False) -> None:
    """Puts the pages into the application, after the problems: what a person sees of one is a page."""
    slices = (*SLICES, practice, lessons) if is_practice else SLICES
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
    app.mount("/leaflet", KeptFiles(directory=LIBRARY), name="leaflet")
    for slice_ in slices:
        app.include_router(slice_.router)
    routes = (route for slice_ in slices for route in slice_.router.routes if isinstance(route, APIRoute))
    app.state.page_patterns = frozenset(plain_pattern(route.path) for route in routes if "GET" in (route.methods or ()))
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(NewPasswordFirst, lambda *_: RedirectResponse("/account", 303))
    for kind in (PostError, Unavailable, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _told_by(app.exception_handlers[kind]))


def _told_by(as_problem: Any) -> Callable[[Request, Exception], Awaitable[Response]]:
    """The handler that tells people by a page what it tells programs by a problem."""

    async def told(request: Request, error: Exception) -> Response:
        problem: Response = as_problem(request, error)
        if not _is_for_people(request):
            return problem
        engine, at = request.app.state.engine, datetime.now(DHAKA)
        try:
            found = await visit(request, engine, at)
        except Exception:  # who it is may be just what cannot be found out now
            found = stranger(request, engine, at)
        said = in_language(json.loads(bytes(problem.body)), found.language)
        answer = page(
            found,
            "error.html",
            problem.status_code,
            title=_TITLES.get(problem.status_code, "Something went wrong"),
            text=said["detail"],
            remedy=said["remedy"],
        )
        answer.headers.update({name: value for name, value in problem.headers.items() if name == "retry-after"})
        return answer

    return told


def for_people_too(as_problem: Callable[[], Response]) -> ASGIApp:
    """Answers whatever is asked with that problem, and people with a page that says it."""
    told = _told_by(lambda *_: as_problem())

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await (await told(Request(scope, receive), Exception()))(scope, receive, send)

    return answer


unexpected: Final = for_people_too(unexpected_problem)
"""The answer to a mistake of ours."""


def _is_for_people(request: Request) -> bool:
    route = request.scope.get("route")
    return getattr(route, "name", "").startswith("page_") or (
        route is None and "text/html" in request.headers.get("accept", "")
    )


_TITLES: Final = {
    403: "This is not for your role",
    404: "There is no such page",
    409: "Not now",
    422: "Something is missing or wrong",
    429: "That was often enough for now",
    500: "The mistake is ours and has been written down",
    503: "The service cannot answer just now",
}


def _sign_in_first(_: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    return RedirectResponse(f"/sign-in?next={quote(error.wanted)}", 303)
