"""Which kind of order file a header belongs to, and which column holds which field: ``data/order_columns.toml``."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from post_logistics.consignments.facts import read_facts, table_of, texts_of
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of order file: its fields with their headers, the preferred one first.

    Each entry of ``required`` is a group of fields of which one must be there.
    """

    code: str
    title: str
    required: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ShopWords:
    """What the words in a shop's own export mean, casefolded."""

    cash_on_delivery: tuple[str, ...]
    not_to_send: tuple[str, ...]
    currency: tuple[str, ...]
    districts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """All kinds of order file, and the words of shops' exports."""

    dialects: tuple[Dialect, ...]
    shop: ShopWords


@dataclass(frozen=True, slots=True)
class OrderRow:
    """The texts of one order by field name. Row 1 is the first row under the header."""

    row: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of one file stand: position in the row by field. ``unread``: headers nothing is taken from."""

    dialect: Dialect
    positions: Mapping[str, int]
    unread: tuple[str, ...]

    def fields(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells of a row by field name, trimmed."""
        return {field: _cell(cells[position]) for field, position in self.positions.items()}


def _cell(text: str) -> str:
    """The text without the apostrophe by which spreadsheets mark digits and formulas as text."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:2] and text[1:2] in "=+-@0123456789" else text


def header_key(header: str) -> str:
    """A header as it is compared: letters, their signs and digits, in lower case."""
    folded = unicodedata.normalize("NFC", latin_digits(header)).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LMN")


def recognise(header: Sequence[str], known: OrderColumns) -> Layout:
    """The layout of the dialect that finds the most of its columns; Unacceptable when none has all it requires."""
    keys = [header_key(text) for text in header]
    layouts = [_layout(dialect, header, keys) for dialect in known.dialects]
    fitting = [layout for layout in layouts if not _missing(layout)]
    if not fitting:
        raise _unrecognised(max(layouts, key=lambda layout: len(layout.positions)), header)
    layout = max(fitting, key=lambda layout: len(layout.positions))
    uses = Counter(keys)
    for field, position in layout.positions.items():
        if uses[keys[position]] > 1:
            raise Unacceptable(
                f"the column {header[position]!r} is there more than once",
                field=field,
                remedy="delete or rename all but one of them",
            )
    return layout


def _layout(dialect: Dialect, header: Sequence[str], keys: Sequence[str]) -> Layout:
    positions: dict[str, int] = {}
    for field, names in dialect.columns.items():
        found = [key for name in names if (key := header_key(name)) in keys]
        if found:
            positions[field] = keys.index(found[0])
    unread = [text for i, text in enumerate(header) if text.strip() and i not in positions.values()]
    return Layout(dialect, positions, tuple(unread))


def _missing(layout: Layout) -> list[str]:
    """The required columns that are not there, by the header one would write."""
    return [
        " or ".join(layout.dialect.columns[field][0] for field in group)
        for group in layout.dialect.required
        if not any(field in layout.positions for field in group)
    ]


def _unrecognised(nearest: Layout, header: Sequence[str]) -> Unacceptable:
    missing, found = _missing(nearest), [text for text in header if text.strip()]
    return Unacceptable(
        f"the columns are of no known order file. Nearest is the {nearest.dialect.title}; "
        f"it lacks: {', '.join(missing)}. The file has: {', '.join(found)[:500]}",
        field="header",
        remedy="add or rename the missing columns; the headers we know stand in data/order_columns.toml",
        missing=missing,
        found=found,
    )


def load_order_columns(facts_dir: Path) -> OrderColumns:
    """The kinds of order file in ``order_columns.toml``; Unacceptable names the block and the key that is wrong."""
    file = read_facts(facts_dir / "order_columns.toml")
    where = "order_columns.toml"
    shop = table_of(file, "shop", where)

    def words(key: str) -> tuple[str, ...]:
        return tuple(text.casefold() for text in texts_of(shop, key, f"{where}, shop"))

    codes = [key for key in file if key not in {"shop", "districts"}]
    return OrderColumns(
        tuple(dialect_of(code, table_of(file, code, where), f"{where}, {code}") for code in codes),
        ShopWords(
            words("cash_on_delivery"), words("not_to_send"), words("currency"), table_of(file, "districts", where)
        ),
    )


def dialect_of(code: str, block: Mapping[str, Any], where: str) -> Dialect:
    """The kind of file that a block of facts describes; Unacceptable names the key that is wrong."""
    columns = table_of(block, "columns", where)
    dialect = Dialect(
        code=code,
        title=str(block.get("title", code)),
        required=tuple(tuple(group.split("|")) for group in texts_of(block, "required", where)),
        columns={field: texts_of(columns, field, f"{where}, columns") for field in columns},
    )
    for field in (field for group in dialect.required for field in group if field not in columns):
        raise Unacceptable(f"{where}: required field {field} has no columns", field=field, remedy="name its headers")
    uses = Counter(header_key(name) for names in dialect.columns.values() for name in names)
    for name in (name for names in dialect.columns.values() for name in names if uses[header_key(name)] > 1):
        raise Unacceptable(f"{where}: {name!r} is named more than once", field=name, remedy="leave it where it belongs")
    return dialect
