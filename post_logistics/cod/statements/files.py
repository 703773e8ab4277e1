"""The files that were imported of a source, and where one does not go on from another."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from post_logistics.cod.statements.layout import Layout, layout_of


@dataclass(frozen=True, slots=True)
class StatementSource:
    """One version of how a source's statements are read, and who said so. Version 1 is the first."""

    source: str
    version: int
    kind: str
    provider: str | None
    layout: dict[str, Any]
    made_by: str
    made_at: datetime

    @property
    def reads(self) -> Layout:
        """The layout to read with."""
        return layout_of(self.layout)


@dataclass(frozen=True, slots=True)
class StatementFile:
    """One imported file. ``new_rows``: those of its ``rows`` that no earlier file had."""

    file_id: str
    source: str
    version: int
    file_name: str
    rows: int
    new_rows: int
    first_on: date
    last_on: date
    opening_poisha: int | None
    closing_poisha: int | None
    imported_by: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing between two files: days without a statement, or a closing that is not the next opening.

    ``missing_poisha``: what the lines in between must come to; None where the files do not say their balances.
    """

    after_file: str
    before_file: str
    after_on: date
    before_on: date
    missing_poisha: int | None


def gaps(files: Iterable[StatementFile]) -> tuple[Gap, ...]:
    """Where the files of one source do not join, oldest first; a file inside another's days is part of it."""
    found = []
    last: StatementFile | None = None
    for file in sorted(files, key=lambda one: (one.first_on, one.last_on)):
        if last and file.last_on <= last.last_on:
            continue
        if last and (gap := _gap(last, file)):
            found.append(gap)
        last = file
    return tuple(found)


def _gap(last: StatementFile, file: StatementFile) -> Gap | None:
    """What is missing between two files of which the second ends later; None when nothing is."""
    if file.first_on < last.last_on:
        return None
    missing = None
    if last.closing_poisha is not None and file.opening_poisha is not None:
        missing = file.opening_poisha - last.closing_poisha
        share_lines = file.first_on == last.last_on and (file.new_rows < file.rows or last.new_rows < last.rows)
        if missing == 0 or share_lines:
            return None
    elif file.first_on <= last.last_on + timedelta(days=1):
        return None
    return Gap(last.file_name, file.file_name, last.last_on, file.first_on, missing)
