"""The three ways in which what was asked cannot be done, raised where they arise; ``api`` puts them into HTTP."""

from typing import Any


class PostError(Exception):
    """Something a person can put right: says what is wrong, where, and what to do about it.

    ``field`` and ``row`` name the place in the input (row 1 is the first row under the header), ``remedy`` says what to
    do, and ``facts`` carries whatever else a program would want to read.
    """

    def __init__(
        self, message: str, *, field: str | None = None, row: int | None = None, remedy: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.row = row
        self.remedy = remedy
        self.facts = facts

    def __str__(self) -> str:
        where = ", ".join(
            f"{name} {value}" for name, value in (("row", self.row), ("field", self.field)) if value is not None
        )
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}\nRemedy: {self.remedy}" if self.remedy else text


class NotFound(PostError):
    """There is no such thing, or it is not yours to see: the two answer alike."""


class Conflict(PostError):
    """Not now: what is there stands against it (same id with other content, already closed, busy)."""


class Unacceptable(PostError):
    """Never: the request itself is wrong and stays wrong until it is changed."""
