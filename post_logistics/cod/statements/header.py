"""Where the table of a statement begins, and in which of its columns the facts of a layout stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from post_logistics.cod.statements.layout import FIELDS, Layout
from post_logistics.cod.statements.table import TableFile
from post_logistics.consignments.order_files.layout import header_key
from post_logistics.errors import Unacceptable

HEADER_ROWS = 100
"""The header is looked for no further down."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: its number, its cells, and the position of each field of the layout."""

    delimiter: str
    row: int
    cells: tuple[str, ...]
    positions: Mapping[str, int]

    def name(self, field: str) -> str:
        """The column of a field as the file calls it."""
        return self.cells[self.positions[field]].strip()


def find_header(table: TableFile, layout: Layout) -> Header:
    """The first row that has all columns of the layout; Unacceptable names those missing from the best one."""
    best: Header | None = None
    for delimiter in table.delimiters:
        for header in _candidates(table, delimiter, layout):
            if best is None or len(header.positions) > len(best.positions):
                best = header
    missing = [field for field in layout.columns if best is None or field not in best.positions]
    if best is None or missing:
        raise _not_found(layout, missing, best)
    keys = [header_key(cell) for cell in best.cells]
    for field, position in best.positions.items():
        if keys.count(keys[position]) > 1:
            raise Unacceptable(
                f"the column {best.name(field)!r} is there more than once",
                field=best.name(field),
                row=best.row,
                remedy="delete or rename all but one of them",
            )
    return best


def _candidates(table: TableFile, delimiter: str, layout: Layout) -> Iterator[Header]:
    names = {field: layout.keys(field) for field in layout.columns}
    for row, cells in enumerate(beginning(table, delimiter, HEADER_ROWS), start=1):
        keys = [header_key(cell) for cell in cells]
        found = {
            field: keys.index(key)
            for field, wanted in names.items()
            if (key := next((one for one in wanted if one in keys), None)) is not None
        }
        if found:
            yield Header(delimiter, row, tuple(cells), found)


def beginning(table: TableFile, delimiter: str, rows: int) -> list[list[str]]:
    """The first rows of a table; fewer when it cannot be read to there with this delimiter."""
    found: list[list[str]] = []
    try:
        found.extend(islice(table.rows(delimiter), rows))
    except Unacceptable:
        if not table.encoding:
            raise
    return found


def _not_found(layout: Layout, missing: Sequence[str], best: Header | None) -> Unacceptable:
    wanted = "; ".join(
        f"{FIELDS[field]} ({' or '.join(repr(name) for name in layout.columns[field])})" for field in missing
    )
    return Unacceptable(
        f"the file does not fit its layout: no column for {wanted}",
        field=layout.columns[missing[0]][0],
        row=best.row if best else None,
        remedy="check that it is a statement of that source; if its columns have new names, keep a new layout",
        columns=[cell.strip() for cell in best.cells if cell.strip()] if best else [],
    )
