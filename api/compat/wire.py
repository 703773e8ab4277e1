"""What the dialects have in common: how a path is found, how a body is read, and that errors speak the dialect, too."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits, poisha_from_taka

Answer = tuple[int, dict[str, Any]]
Translate = Callable[[Mapping[str, Any]], Answer]
"""A problem, as the rest of the API says it -> status and body as the dialect says it."""


class Dialects:
    """Finds a dialect's endpoints however many slashes are in the path, and lets their errors speak the dialect.

    ``dialects``: the prefix of a dialect's paths -> how it says a problem. Everything else goes through untouched.
    """

    def __init__(self, app: ASGIApp, dialects: Mapping[str, Translate]) -> None:
        self._app = app
        self._dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        prefix = dialect_of(scope["path"], self._dialects)
        if prefix is None:
            return await self._app(scope, receive, send)
        found = {**scope, "path": _single(scope["path"]).rstrip("/"), "raw_path": None}
        return await self._app(found, receive, _Translator(self._dialects[prefix], send))


def dialect_of(path: str, prefixes: Iterable[str]) -> str | None:
    """The prefix with which the path begins, however many slashes are in it; None if it is in no dialect."""
    whole = f"{_single(path)}/"
    return next((prefix for prefix in prefixes if whole.startswith(f"{prefix}/")), None)


def _single(path: str) -> str:
    return re.sub("/{2,}", "/", path)


class _Translator:
    """Passes an answer on; one that is a problem is held until it is whole, and said anew."""

    def __init__(self, translate: Translate, send: Send) -> None:
        self._translate = translate
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._say(self._start)

    async def _say(self, start: Message) -> None:
        status, content = self._translate(json.loads(self._body))
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"], headers["content-length"] = "application/json", str(len(body))
        await self._send({**start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith(problems.MEDIA_TYPE)


# Reading


async def body_sent(request: Request) -> Any:
    """The body, whatever it is said to be: JSON or a form; an empty object where there is none. 400 for neither."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
            return dict(form)
    try:
        body = (await request.body()).decode("utf-8-sig").strip()
        if body[:1] not in _JSON_BEGINS and "=" in body:
            return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        return read_json(body) if body else {}
    except ValueError as error:
        raise HTTPException(400, "the body is no JSON") from error


_JSON_BEGINS: Final = frozenset('{["')
_MOST_FIELDS: Final = 1000


Sent = Annotated[Any, Depends(body_sent)]


def read_json(text: str) -> Any:
    """What the text says; ValueError for what is no JSON, for numbers that are none, and for halves of letters."""
    try:
        found = json.loads(text, parse_constant=_refuse)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("too deep") from error
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


class Tolerant(BaseModel):
    """What a client of another courier sends: numbers as text and text as numbers, "" where nothing is meant, and
    fields that we have no use for."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_said(cls, sent: Any) -> Any:
        if not isinstance(sent, Mapping):
            raise ValueError("an object with named fields is expected")
        return {name: value for name, value in sent.items() if value is not None and value != ""}

    @classmethod
    def understood(cls, sent: Any) -> Self:
        """What was sent; OrderRefused names every field that cannot be understood."""
        try:
            return cls.model_validate(sent)
        except ValidationError as error:
            raise OrderRefused([_problem(one) for one in error.errors()]) from None


def _problem(error: Any) -> Problem:
    field = problems.printable(".".join(map(str, error["loc"]))) or "body"
    if error["type"] == "missing":
        return Problem(field, "is missing", "fill it in")
    return Problem(field, str(error["msg"]).removeprefix("Value error, "), "correct it")


_Number = TypeVar("_Number", int, Decimal)
_LARGEST: Final = 10**13
"""More nobody means, of whatever."""


def _poisha(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("an amount in taka is expected")
    return _bounded(poisha_from_taka(f"{value:.2f}" if isinstance(value, float) else str(value)))


def _whole(value: Any) -> int:
    written = latin_digits(value).strip() if isinstance(value, str) else value
    if isinstance(value, bool) or not isinstance(written, int | float | str):
        raise ValueError("a whole number is expected")
    try:
        number = _bounded(Decimal(written))
    except ArithmeticError:
        raise ValueError("a whole number is expected") from None
    if number != int(number):
        raise ValueError("a whole number is expected")
    return int(number)


def _bounded(number: _Number) -> _Number:
    if abs(number) > _LARGEST:
        raise ValueError("is too large")
    return number


Taka = Annotated[int, BeforeValidator(_poisha)]
"""Poisha, for an amount that was sent in taka: as a number, or as text in either script."""
Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number, sent as a number or as text in either script."""


def _phone(text: str) -> str:
    try:
        return parse_phones(text)[0]
    except Unacceptable as error:
        raise ValueError(f"{error.message}; {error.remedy}") from None


Phone = Annotated[str, AfterValidator(_phone)]
"""E.164, for a number as people write it."""


def problems_in(problem: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields that a problem names, each with what is wrong with it."""
    found = problem.get("problems") or [{"field": problem.get("field"), "reason": problem["detail"]}]
    return [(str(each["field"]), str(each["reason"])) for each in found if each.get("field")]


# Saying


def instant(at: datetime) -> str:
    """An instant as most dialects write it: UTC, with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def local_phone(e164: str) -> str:
    """A telephone number as it is dialled here: ``01712345678``."""
    return e164.replace("+880", "0", 1)
