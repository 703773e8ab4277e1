"""Errors as ``application/problem+json`` (RFC 9457): what the domain says, in the form that HTTP wants."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.storage.errors import Unavailable

_STATUS = {NotFound: HTTPStatus.NOT_FOUND, Conflict: HTTPStatus.CONFLICT, Unacceptable: HTTPStatus.UNPROCESSABLE_ENTITY}
_RETRY_AFTER_S = 5

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "A stable name of the kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, for a person."},
        "field": {"type": "string", "description": "Where in the input."},
        "row": {"type": "integer", "description": "The row of the file or batch, the first being 1."},
        "remedy": {"type": "string", "description": "What to do about it."},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Each field that is wrong."},
    },
}
_MEANINGS = {
    401: "No valid key was given.",
    403: "The key may not do this.",
    404: "There is no such thing, or it is not yours to see.",
    409: "Not now: what is there stands against it.",
    422: "The request is wrong and stays wrong until it is changed.",
    503: "The database is not there; try again after Retry-After seconds.",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": {"application/problem+json": {"schema": PROBLEM}}}
    for status, meaning in _MEANINGS.items()
}
"""What every route may answer besides its own."""


def problem(
    status: int, detail: str, *, kind: str | None = None, headers: dict[str, str] | None = None, **members: Any
) -> JSONResponse:
    """A problem response; members that are None are left out."""
    title = HTTPStatus(status).phrase
    body = {
        "type": f"urn:post-logistics:{kind or title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    body |= {name: value for name, value in members.items() if value is not None}
    return JSONResponse(jsonable_encoder(body), status, headers, media_type="application/problem+json")


def _kind(error: PostError) -> str:
    name = type(error).__name__
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).strip("-")


def _post_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PostError)
    status = next(status for cls, status in _STATUS.items() if isinstance(error, cls))
    where = {"field": error.field, "row": error.row, "remedy": error.remedy}
    return problem(status, error.message, kind=_kind(error), **where | error.facts)


def _unavailable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the database is not there just now; nothing was changed",
        kind="unavailable",
        remedy=f"send the same request again in {_RETRY_AFTER_S} seconds",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [
        {"field": ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), "reason": one["msg"]}
        for one in error.errors()
    ]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "; ".join(f"{one['field']}: {one['reason']}" for one in found),
        kind="invalid-request",
        field=found[0]["field"],
        errors=found,
        remedy="see /docs for what the request must look like",
    )


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


def install(app: FastAPI) -> None:
    """Makes every error that can be foreseen a problem response."""
    app.add_exception_handler(PostError, _post_error)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
