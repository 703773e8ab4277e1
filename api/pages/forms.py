"""What forms of pages share: steps that may fail, what stands against them beside its field, and files to keep."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from fastapi import Response

from api.pages.shell import Visit
from api.problem_words import in_language
from post_logistics.errors import PostError, Unacceptable
from post_logistics.storage.database import Connection
from post_logistics.units import latin_digits, poisha_from_taka

Done = TypeVar("Done")
PAGE: Final = 50
"""Rows of a table on one page."""
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was filled in, and what is wrong by field; under "" what no field is to blame for."""

    texts: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """How the page is answered."""
        return 422 if self.wrong else 200


NOTHING: Final = Typed()


def refused(found: Visit, said: Mapping[str, str], error: PostError, fields: Collection[str]) -> Typed:
    """The form that this problem stood against; ``fields``: those beside which something can be said."""
    beside = error.field if error.field in fields else None
    texts = {name: text[:_LONGEST] for name, text in said.items() if name != "form_key"}
    return Typed(texts, {beside or "": told(found, error)})


def attempt(connection: Connection, act: Callable[[], Done]) -> Done | PostError:
    """What the act gives back, or the problem that stood against it; then nothing of it stays."""
    try:
        with connection.begin_nested():
            return act()
    except PostError as error:
        return error


def told(found: Visit, error: PostError) -> str:
    """The problem in a sentence or two, in the visitor's language."""
    return sentence(found, error.message, error.remedy or "")


def sentence(found: Visit, reason: str, remedy: str = "") -> str:
    """What is wrong and what to do about it, in the visitor's language."""
    said = in_language({"reason": reason, "remedy": remedy}, found.language)
    return ". ".join(one[:1].upper() + one[1:].rstrip(".।") for one in (said["reason"], said["remedy"]) if one) + "."


def by_field(found: Visit, problems: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What is wrong with each field."""
    return {one["field"]: sentence(found, one["reason"], one["remedy"]) for one in problems}


def day_of(text: str, field: str) -> date | None:
    """The day that a date field says; None where it is empty."""
    try:
        return date.fromisoformat(latin_digits(text)) if text else None
    except ValueError:
        raise Unacceptable(f"{text!r} is no day", field=field, remedy="write it as 2026-11-22") from None


def amount_of(text: str, field: str) -> int:
    """What was typed in taka, in poisha; Unacceptable if it is no amount above zero."""
    try:
        amount_poisha = poisha_from_taka(text)
    except ValueError:
        amount_poisha = 0
    if amount_poisha <= 0:
        raise Unacceptable("that is no amount", field=field, remedy="write taka in figures, for example 1250")
    return amount_poisha


def id_of(said: Mapping[str, str], name: str) -> UUID:
    """The id that a form was made with: sent twice, it is one."""
    try:
        return UUID(said.get(name, ""))
    except ValueError:
        raise Unacceptable("the form is incomplete", remedy="open the page again") from None


def picked(said: Mapping[str, str]) -> list[str]:
    """The rows of a table that were ticked: boxes are named ``pick_`` and the row's key."""
    return [name.removeprefix("pick_") for name in said if name.startswith("pick_")]


def kept(body: bytes, media_type: str, name: str) -> Response:
    """A file to print or to keep, for this visitor alone."""
    disposition = "inline" if media_type == "application/pdf" else "attachment"
    headers = {
        "Content-Disposition": f'{disposition}; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type=media_type, headers=headers)
