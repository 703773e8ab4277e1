"""What the columns of an unknown statement look like: days, amounts, numbers, words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from post_logistics.cod.statements.cells import amount_in, day_in
from post_logistics.cod.statements.layout import FIELDS, WORDS
from post_logistics.consignments.facts import read_facts, table_of, texts_of
from post_logistics.consignments.order_files.layout import header_key
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits

_ORDERS = (("DD", "MM", "YYYY"), ("MM", "DD", "YYYY"), ("DD", "MM", "YY"), ("MM", "DD", "YY"))
_OTHERS = ("YYYY/MM/DD", "YYYY-MM-DD", "DD-MMM-YYYY", "DD-MMM-YY", "MMM-DD-YYYY", "YYYYMMDD", "DDMMYYYY")
DATE_FORMATS = (*(between.join(order) for order in _ORDERS for between in "/-."), *_OTHERS)
"""The ways of writing a day that are tried."""

_DAY_LIKE = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[^\W\d_][\w\u0980-\u09ff]*)[-/. ,]{1,2}\d{2,4}\b.*|20\d{6}")


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """Header names and words of statements as people write them: ``data/statement_columns.toml``."""

    columns: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]

    def field_of(self, header: str) -> str | None:
        """The field that a header is known to name; None if it is not known."""
        key = header_key(header)
        return next((f for f, names in self.columns.items() if key and key in map(header_key, names)), None)


def load_known_columns(facts_dir: Path) -> KnownColumns:
    """The names and words of the file; Unacceptable names what is wrong in it."""
    path = facts_dir / "statement_columns.toml"
    facts = read_facts(path)
    columns, words = (table_of(facts, key, path.name) for key in ("columns", "words"))
    for key in [*(columns.keys() - FIELDS.keys()), *(words.keys() - set(WORDS))]:
        raise Unacceptable(f"{path.name}: {key} is not known here", field=key, remedy="see data/README.md")
    return KnownColumns(
        columns={name: texts_of(columns, name, path.name) for name in columns},
        words={name: texts_of(words, name, path.name) for name in words},
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """One column of the rows looked at: its header, its cells, and those that are not empty."""

    position: int
    header: str
    cells: tuple[str, ...]
    filled: tuple[str, ...]

    def date_formats(self) -> tuple[str, ...]:
        """The formats in which every day of the column can be read; none when it is no column of days."""
        formats = [one for one in DATE_FORMATS if all(_in_format(cell, one) for cell in self.filled)]
        return tuple(formats) if self.filled else ()

    def holds_amounts(self) -> bool:
        """Whether every cell with something in it is an amount."""
        return bool(self.filled) and all(amount_in(cell) is not None for cell in self.filled)

    def is_unique(self) -> bool:
        """Whether every row has its own text here."""
        return len(self.filled) == len(self.cells) == len(set(self.filled))

    def says_only(self, words: Sequence[str]) -> bool:
        """Whether it holds nothing but these words."""
        keys = {header_key(word) for word in words}
        return bool(self.filled) and {header_key(cell) for cell in self.filled} <= keys

    def mean_chars(self) -> float:
        """How long its texts are."""
        return sum(map(len, self.filled)) / max(len(self.filled), 1)


def looks_like_day(cell: str) -> bool:
    """Whether the cell is written like a day, in whatever format."""
    return bool(_DAY_LIKE.fullmatch(latin_digits(cell).strip()))


def profiles(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Profile]:
    """The columns of the rows, by position; headerless ones are left out."""
    found = []
    for position, name in enumerate(header):
        cells = tuple(row[position].strip() if position < len(row) else "" for row in rows)
        filled = tuple(cell for cell in cells if cell not in {"", "-", "--"})
        if name.strip():
            found.append(Profile(position, name.strip(), cells, filled))
    return found


def _in_format(cell: str, format_: str) -> bool:
    found = day_in(cell, (format_,))
    return found is not None and found[1] == format_
