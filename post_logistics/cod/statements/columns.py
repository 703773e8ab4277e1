"""Lines of statements as columns: a million lines are twelve arrays, not a million objects."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

NO_DAY = np.iinfo(np.int32).min
"""What stands in a column of days where there is none."""
NO_AMOUNT = np.iinfo(np.int64).min
"""What stands in a column of amounts where there is none."""

_EPOCH = date(1970, 1, 1).toordinal()

Texts = NDArray[np.object_]


def day_number(day: date) -> int:
    """The day as the columns keep it: days since 1 January 1970."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """The day of such a number."""
    return date.fromordinal(int(number) + _EPOCH)


def texts(values: Iterable[Any]) -> Texts:
    """The values as a column of objects, whatever they are."""
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


class Columns:
    """Columns of equal length that are cut and joined as one."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def take(self, rows: NDArray[Any] | slice) -> Self:
        """Only these rows: positions, a mask, or a slice."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))  # type: ignore[arg-type]

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """All parts one after the other; at least one is needed."""
        listed = list(parts)
        return cls(*(np.concatenate([getattr(one, f.name) for one in listed]) for f in fields(cls)))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class LineColumns(Columns):
    """What matching asks of lines.

    line: (n,) object or int64, the line's id, or its row where there is no database; row: (n,) int32, as a spreadsheet
    numbers it; booked_on: (n,) int32, days since 1970; amount_poisha: (n,) int64, credit > 0; reference, description,
    source: (n,) object, str.
    """

    line: NDArray[Any]
    row: NDArray[np.int32]
    booked_on: NDArray[np.int32]
    amount_poisha: NDArray[np.int64]
    reference: Texts
    description: Texts
    source: Texts


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement, for people; ``row`` as a spreadsheet numbers it."""

    row: int
    booked_on: date
    value_on: date | None
    amount_poisha: int
    reference: str
    description: str
    counterparty: str
    bank_id: str
    balance_poisha: int | None


@dataclass(frozen=True, slots=True)
class Lines(Columns):
    """Lines of a statement as they are kept.

    line_id: (n,) object, str, the UUID's 32 digits; row: (n,) int32, as a spreadsheet numbers it; booked_on, value_on:
    (n,) int32, days since 1970, ``NO_DAY`` where none is given; amount_poisha: (n,) int64, credit > 0, never 0;
    balance_poisha: (n,) int64 after the line, or ``NO_AMOUNT``; the others (n,) object, str, perhaps empty.
    """

    line_id: Texts
    row: NDArray[np.int32]
    booked_on: NDArray[np.int32]
    value_on: NDArray[np.int32]
    amount_poisha: NDArray[np.int64]
    reference: Texts
    description: Texts
    counterparty: Texts
    bank_id: Texts
    balance_poisha: NDArray[np.int64]

    def each(self) -> list[Line]:
        """The lines one by one: for a handful that is shown."""
        return [
            Line(
                row=int(self.row[at]),
                booked_on=day_of(self.booked_on[at]),
                value_on=None if self.value_on[at] == NO_DAY else day_of(self.value_on[at]),
                amount_poisha=int(self.amount_poisha[at]),
                reference=self.reference[at],
                description=self.description[at],
                counterparty=self.counterparty[at],
                bank_id=self.bank_id[at],
                balance_poisha=None if self.balance_poisha[at] == NO_AMOUNT else int(self.balance_poisha[at]),
            )
            for at in range(len(self))
        ]

    def columns(self, source: str) -> LineColumns:
        """What matching asks of these lines, each called by its row."""
        return LineColumns(
            line=self.row.astype(np.int64),
            row=self.row,
            booked_on=self.booked_on,
            amount_poisha=self.amount_poisha,
            reference=self.reference,
            description=self.description,
            source=texts([source] * len(self)),
        )
