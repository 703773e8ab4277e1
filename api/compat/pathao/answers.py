"""How Pathao answers: an envelope around everything, pages of lists, problems with their fields."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from fastapi import Query, Request
from pydantic import BeforeValidator, ConfigDict

from api.compat.wire import Answer
from api.fields import Out
from post_logistics.units import DHAKA, latin_digits

PREFIX: Final = "/aladdin/api/v1"

T = TypeVar("T")


class Ok(Out, Generic[T]):
    """What every answer looks like that is no problem."""

    message: str
    type: Literal["success"] = "success"
    code: int = 200
    data: T


class Listed(Out, Generic[T]):
    """A list: clients look for it one level further down."""

    data: list[T]


class Page(Listed[T], Generic[T]):
    """A page of a list. Numbered from 1; ``from`` and ``to`` are null on an empty one."""

    total: int
    current_page: int
    per_page: int
    total_in_page: int
    last_page: int
    path: str
    from_: int | None
    to: int | None
    first_page_url: str
    last_page_url: str
    next_page_url: str | None
    prev_page_url: str | None

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"), populate_by_name=True)


def page_of(rows: list[T], page: int, per_page: int, total: int, request: Request) -> Page[T]:
    """The rows as a page of the list that was asked for."""
    path = str(request.url.replace(query=""))
    last, before = max(1, -(-total // per_page)), (page - 1) * per_page

    def url(number: int) -> str:
        return f"{path}?page={number}"

    return Page(
        data=rows,
        total=total,
        current_page=page,
        per_page=per_page,
        total_in_page=len(rows),
        last_page=last,
        path=path,
        from_=before + 1 if rows else None,
        to=before + len(rows) if rows else None,
        first_page_url=url(1),
        last_page_url=url(last),
        next_page_url=url(page + 1) if page < last else None,
        prev_page_url=url(page - 1) if page > 1 else None,
    )


def _page(sent: Any) -> int:
    written = latin_digits(str(sent)).strip()
    return min(max(int(written), 1), 10**6) if written.isascii() and written.isdigit() else 1


PageNumber = Annotated[int, BeforeValidator(_page), Query()]
"""A page: whatever is no number is the first."""


def local_time(at: datetime) -> str:
    """A time as Pathao writes it: of Dhaka, without an offset."""
    return f"{at.astimezone(DHAKA):%Y-%m-%d %H:%M:%S}"


_NAMES: Final[Mapping[str, str]] = {
    "order_ref": "merchant_order_id",
    "weight_kg": "item_weight",
    "weight_g": "item_weight",
    "cod_taka": "amount_to_collect",
    "cod_poisha": "amount_to_collect",
    "description": "item_description",
    "note": "special_instruction",
    "store_address": "store_id",
}
"""Our fields -> Pathao's."""
_STATUS: Final[Mapping[int, int]] = {400: 422, 409: 422}
"""Clients know no other status for a request that cannot be done."""
_MESSAGES: Final[Mapping[int, str]] = {401: "Unauthenticated.", 422: "Please fix the given errors"}


def translate(problem: Mapping[str, Any]) -> Answer:
    """A problem in the dialect; every field says what is wrong and what to do about it."""
    status = _STATUS.get(problem["status"], problem["status"])
    errors = errors_of(problem.get("problems") or _only(problem))
    message = _MESSAGES.get(status) if errors or status == 401 else problem["detail"]
    return status, {"message": message or problem["detail"], "type": "error", "code": status, "errors": errors}


def _only(problem: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = {"field": problem.get("field"), "reason": problem["detail"], "remedy": problem["remedy"]}
    return [found] if found["field"] else []


def errors_of(problems: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Field, by Pathao's name -> what is wrong with it."""
    errors: dict[str, list[str]] = {}
    for one in problems:
        words = "; ".join(filter(None, [one["reason"], one.get("remedy")]))
        errors.setdefault(_NAMES.get(one["field"], one["field"]), []).append(words)
    return errors
