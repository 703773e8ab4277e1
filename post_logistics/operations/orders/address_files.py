"""A CSV file with a column of addresses: the same file again, with the office of each and how sure that is."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from post_logistics.errors import Unacceptable
from post_logistics.network.offices import Offices
from post_logistics.network.questions import Question
from post_logistics.network.resolve import Hints, Resolution, Resolver, Unresolved
from post_logistics.units import Language

ADDED_COLUMNS = (
    "r_postcode",
    "r_office",
    "r_thana",
    "r_district",
    "r_confidence",
    "r_alternatives",
    "r_question",
)
_DELIMITERS = ",;\t"


def resolve_file(
    resolver: Resolver, source: Path, column: str, target: Path, language: Language = "en"
) -> Iterator[tuple[int, int]]:
    """Writes ``source`` to ``target`` with the `ADDED_COLUMNS`; yields rows done and rows in all after every row.

    Of the input only ``column`` is read; every other cell is passed on as it is. Columns of an earlier run are
    replaced. ``target`` appears when all is done, and may be the same file. Where no office is found ``r_postcode`` is
    empty and ``r_question`` asks for what is missing. Unacceptable if it is no UTF-8 CSV file or has no such column.
    """
    if not target.parent.is_dir():
        raise Unacceptable(
            f"there is no folder {target.parent}", field="--out", remedy="make it, or name another place"
        )
    header, rows, delimiter, line_end = _read(source)
    if header.count(column) != 1:
        raise Unacceptable(
            f"{source.name} has {'more than one' if column in header else 'no'} column {column!r}",
            field="--column",
            remedy=f"name one of: {', '.join(header)}",
        )
    at = header.index(column)
    kept = [i for i, name in enumerate(header) if name not in ADDED_COLUMNS]
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end)
            writer.writerow([*(header[i] for i in kept), *ADDED_COLUMNS])
            for done, row in enumerate(rows, start=1):
                cells = row + [""] * (len(header) - len(row))
                answer = resolved_cells(resolver, cells[at], language)
                writer.writerow([*(cells[i] for i in kept), *answer, *cells[len(header) :]])
                yield done, len(rows)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def resolved_cells(resolver: Resolver, address: str, language: Language) -> tuple[str, ...]:
    """The cells of `ADDED_COLUMNS` for one address."""
    try:
        found = resolver.resolve(address, Hints())
    except Unresolved as refused:
        return ("", "", "", refused.district, "0", "", _asked(refused.question, language))
    office = resolver.offices[found.postcode]
    return (
        found.postcode,
        office.name_bn if language == "bn" else office.name_en,
        found.thana,
        found.district,
        f"{found.confidence:.2f}",
        "; ".join(_alternatives(found, resolver.offices, language)),
        _asked(found.question, language),
    )


def _alternatives(found: Resolution, offices: Offices, language: Language) -> Iterator[str]:
    for code in dict.fromkeys(candidate.postcode for candidate in found.alternatives):
        office = offices[code]
        yield f"{code} {office.name_bn if language == 'bn' else office.name_en}"


def _asked(question: Question | None, language: Language) -> str:
    if question is None:
        return ""
    return question.bn if language == "bn" else question.en


def _read(source: Path) -> tuple[list[str], list[list[str]], str, str]:
    """The header, the rows, the delimiter and the line end of a CSV file."""
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unacceptable(
            f"{source.name} is not UTF-8 text",
            field="--in",
            remedy="in the spreadsheet program, save as 'CSV UTF-8'",
        ) from None
    first_line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    remedy = "give a CSV file with a header line"
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unacceptable(f"{source.name} is no table: {error}", field="--in", remedy=remedy) from None
    if not rows:
        raise Unacceptable(f"{source.name} is empty", field="--in", remedy=remedy)
    return rows[0], rows[1:], delimiter, "\r\n" if "\r" in text else "\n"
