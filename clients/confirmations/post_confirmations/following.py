"""Read, check, keep, carry out: in this order, so that whatever is interrupted goes on where it was."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from post_confirmations.book import Book, Instruction
from post_confirmations.checking import Distrust, Key, Place, Told, check
from post_confirmations.sources import Source

CarryOut = Callable[[Instruction], object]
"""Pays, or takes back. It may be asked for the same number twice, after a crash: it does each number once. It raises
if it is not done."""


def follow(book: Book, source: Source, carry_out: CarryOut) -> int:
    """Reads all there is and carries out all that follows; how many confirmations were new.

    Distrust stops it before what is not as it should be: all before that is done, and nothing of it or after it.
    Unreachable, and whatever ``carry_out`` raises, stop it as well; called again, it goes on.
    """
    _do(book, carry_out)
    first = book.place().number
    while rows := source.after(book.place().number):
        checked, trouble = _checked(rows, book.place(), book.keys())
        try:
            book.keep(checked)
        finally:
            _do(book, carry_out)
        if trouble:
            raise trouble
    return book.place().number - first


def _checked(
    rows: Sequence[Mapping[str, Any]], place: Place, keys: Mapping[str, Key]
) -> tuple[list[Told], Distrust | None]:
    """The rows that are as they should be, up to the first that is not, and what is wrong with that."""
    checked: list[Told] = []
    for row in rows:
        try:
            checked.append(check(row, place, keys))
        except Distrust as error:
            return checked, error
        place = checked[-1].place
    return checked, None


def _do(book: Book, carry_out: CarryOut) -> None:
    while due := book.due():
        for one in due:
            carry_out(one)
            book.strike_off(one)
