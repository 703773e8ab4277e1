"""Errors as ``application/problem+json`` (RFC 9457): what the domain says, in the form that HTTP wants."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.storage.errors import Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

_URN = "urn:post-logistics:"

_log = logging.getLogger(__name__)

_MOST_PROBLEMS = 100
"""So many are named of all that is wrong with a request."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of problem: its stable name, its title, and what to do when nothing better is known."""

    name: str
    title: str
    remedy: str


_KINDS = {
    400: _Kind("unreadable", "The body cannot be read", "send what its Content-Type announces"),
    401: _Kind("unauthorized", "No valid key was given", "send the header Authorization: Bearer KEY"),
    403: _Kind("forbidden", "The key may not do this", "see /docs for who may do what"),
    404: _Kind("not-found", "There is no such thing, or it is not yours to see", "see /docs for what there is"),
    405: _Kind("method-not-allowed", "The method is not for this resource", "see /docs for what may be done with it"),
    409: _Kind("conflict", "Not now: what is there stands against it", "look at what is there, then decide"),
    413: _Kind("too-large", "The body is too large", "send it in several requests"),
    422: _Kind("unacceptable", "The request is wrong until it is changed", "see /docs for what it must look like"),
    429: _Kind("too-many", "That was often enough for now", "wait as long as Retry-After says"),
    500: _Kind("unexpected", "The mistake is ours and has been written down", "tell the post what you were doing"),
    503: _Kind("unavailable", "The service cannot answer just now", f"send it again in {RETRY_AFTER_S} seconds"),
}
_HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}
_STATUS = {NotFound: 404, Conflict: 409, Unacceptable: 422}


class Problem(BaseModel):
    """What every error looks like. Some kinds carry facts of their own besides these members."""

    type: str = Field(description="The kind of problem, a stable name.", examples=["urn:post-logistics:not-found"])
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What is wrong, for a person.", examples=["no item DP473124829BD"])
    remedy: str = Field(description="What to do about it.", examples=["check the number on the label or receipt"])
    field: str | None = Field(None, description="Where in the request.", examples=["item_number"])
    row: int | None = Field(None, description="The row of the file; the first under the header is 1.")
    problems: list[dict[str, str]] | None = Field(None, description="All that is wrong: field, reason, remedy.")


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer, for its OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _KINDS[status].title, "content": content, "headers": _headers(status)}
        for status in statuses
    }


def _headers(status: int) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}, "example": value} for name, value in _HEADERS.get(status, {}).items()}


def kinds() -> Mapping[int, _Kind]:
    """The kind of problem of each status, when nothing more is known."""
    return _KINDS


def example(status: int) -> dict[str, Any]:
    """What a problem of that status may look like."""
    known = _KINDS[status]
    told = {"title": known.title, "status": status, "detail": known.title.lower(), "remedy": known.remedy}
    return {"type": f"{_URN}{known.name}"} | told


def describe(document: dict[str, Any]) -> None:
    """Puts the schema of a problem, to which every route refers, into the OpenAPI."""
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()


def problem(
    status: int,
    detail: str,
    *,
    kind: str | None = None,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response; facts become members of their own, those that are None are left out."""
    known = _KINDS[status]
    told = {name: fact for name, fact in (facts or {}).items() if fact is not None}
    body = {
        "type": f"{_URN}{kind or known.name}",
        "title": known.title,
        "status": status,
        "detail": detail,
        "remedy": told.get("remedy", known.remedy),
    }
    content = body | jsonable_encoder({name: fact for name, fact in told.items() if name not in body})
    return JSONResponse(content, status, {**_HEADERS.get(status, {}), **(headers or {})}, media_type=MEDIA_TYPE)


def unexpected() -> JSONResponse:
    """What the caller learns of a mistake of ours."""
    return problem(500, "something went wrong that should not; nothing was changed")


def draining() -> JSONResponse:
    """What a caller learns of a server that is being stopped: to come again, over another connection."""
    return problem(
        503, "this server is being stopped; another one answers in a moment", headers={"Connection": "close"}
    )


def name_of(kind: type[PostError]) -> str:
    """The stable name of a kind of problem: ``OrderRefused`` is ``order-refused``."""
    name = kind.__name__
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).strip("-")


def _post_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PostError)
    status = next(status for cls, status in _STATUS.items() if isinstance(error, cls))
    where = {"field": error.field, "row": error.row, "remedy": error.remedy}
    return problem(status, error.message, kind=name_of(type(error)), facts=error.facts | where)


def _unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)
    route = getattr(request.scope.get("route"), "path", "no route")  # a path itself may hold a recipient's secret link
    _log.warning("%s %s: %s", request.method, route, error.message)
    return problem(503, "the database is not there just now; whether this was done, the same request will tell")


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()[:_MOST_PROBLEMS]
    found = [_no_json(one) if one["type"] == "json_invalid" else reason(one, skip=1) for one in errors]
    detail = "; ".join(f"{one['field']}: {one['reason']}" for one in found)
    return problem(422, detail, kind="invalid-request", facts={"field": found[0]["field"], "problems": found})


def reason(error: Mapping[str, Any], *, skip: int) -> dict[str, str]:
    """Field and reason of an error that pydantic found, ``skip`` leading parts of its place left out."""
    place = ".".join(map(str, error["loc"][skip:] or error["loc"]))
    return {"field": printable(place), "reason": error["msg"]}


def printable(text: str) -> str:
    """The text without halves of letters, which JSON can bring in and UTF-8 cannot carry back."""
    return text.encode("utf-8", "replace").decode()


def _no_json(error: Mapping[str, Any]) -> dict[str, str]:
    return {"field": "body", "reason": f"no JSON from character {error['loc'][-1]}: {error['ctx']['error']}"}


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)


def install(app: FastAPI) -> None:
    """Makes every error that can be foreseen a problem response."""
    app.add_exception_handler(PostError, _post_error)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
