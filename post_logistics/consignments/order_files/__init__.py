"""Order files as merchants have them: CSV and Excel, our own template and the exports of shops and couriers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.order_files.csv_text import csv_records
from post_logistics.consignments.order_files.layout import (
    Layout,
    OrderColumns,
    OrderRow,
    load_order_columns,
    recognise,
)
from post_logistics.consignments.order_files.woocommerce import orders_of
from post_logistics.consignments.order_files.workbook import workbook_records
from post_logistics.errors import Unacceptable
from post_logistics.printing.tables import write_table

__all__ = ["OrderColumns", "OrderFile", "OrderRow", "load_order_columns", "read_order_file", "write_table"]

MAX_FILE_BYTES = 64 * 2**20
MAX_ROWS = 200_000

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""Old .xls workbooks and password-protected .xlsx begin alike."""
_ZIP = b"PK"


@dataclass(frozen=True, slots=True)
class OrderFile:
    """What an order file holds: the rows that could be taken apart, and those that could not, with the reason.

    ``dialect`` is what people call this kind of file; ``unread`` are the columns nothing was taken from.
    """

    dialect: str
    rows: tuple[OrderRow, ...]
    refused: tuple[OrderRefused, ...]
    unread: tuple[str, ...]


def read_order_file(source: Path | bytes, name: str, defaults: Mapping[str, str], columns: OrderColumns) -> OrderFile:
    """The orders of a file, by content and not by its name's ending; Unacceptable when it cannot be read to its end.

    ``defaults`` fill what the file leaves empty (a merchant's own name, its store). Rows are numbered from the first
    under the header, empty ones counted but left out; several lines of one order bear the number of the first.
    """
    records = _records(_content(source, name), name)
    header = next((cells for cells in records if any(map(str.strip, cells))), None)
    if header is None:
        raise Unacceptable(f"{name} is empty", field="file", remedy="send the file with a header and the orders")
    layout = recognise(header, columns)
    lines, refused = _lines(records, layout, len(header), name)
    if not lines and not refused:
        raise Unacceptable(
            f"{name} has a header but no orders", field="file", remedy="write one order per row under it"
        )
    if layout.dialect.code == "woocommerce":
        orders = list(orders_of(lines, columns.shop))
        lines = [order for order in orders if isinstance(order, OrderRow)]
        refused += [order for order in orders if isinstance(order, OrderRefused)]
    for line in lines:
        line.fields.update({field: text for field, text in defaults.items() if not line.fields.get(field)})
    repeated = _repeated(lines)
    refused += repeated.values()
    return OrderFile(
        dialect=layout.dialect.title,
        rows=tuple(line for line in lines if line.row not in repeated),
        refused=tuple(sorted(refused, key=lambda one: one.row or 0)),
        unread=layout.unread,
    )


def _content(source: Path | bytes, name: str) -> bytes:
    """The bytes of the file, when they are not too many."""
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_FILE_BYTES:
            raise Unacceptable(
                f"{name} is larger than {MAX_FILE_BYTES >> 20} MB",
                field="file",
                remedy="send the orders in several files",
            )
        return source if isinstance(source, bytes) else source.read_bytes()
    except FileNotFoundError:
        raise Unacceptable(f"there is no file {name}", field="file", remedy="check its name and folder") from None
    except OSError as error:
        raise Unacceptable(f"{name} cannot be read: {error.strerror}", field="file", remedy="choose a file") from None


def _records(raw: bytes, name: str) -> Iterator[list[str]]:
    """The rows of the file as texts, header first."""
    if raw.startswith(_OLD_EXCEL):
        raise Unacceptable(
            f"{name} is an old .xls workbook or locked with a password",
            field="file",
            remedy="open it in the spreadsheet and save it as .xlsx without a password, or as 'CSV UTF-8'",
        )
    return workbook_records(raw) if raw.startswith(_ZIP) else csv_records(raw)


def _lines(
    records: Iterator[list[str]], layout: Layout, width: int, name: str
) -> tuple[list[OrderRow], list[OrderRefused]]:
    """The rows that are not empty by field name, and those with cells missing or too many."""
    lines, refused = [], []
    for row, cells in enumerate(records, start=1):
        if row > MAX_ROWS:
            raise Unacceptable(
                f"{name} has more than {MAX_ROWS} rows", field="file", remedy="send the orders in several files"
            )
        if len(cells) == width:
            fields = layout.fields(cells)
            if any(fields.values()):
                lines.append(OrderRow(row, fields))
        elif any(map(str.strip, cells)):
            reason = f"the row has {len(cells)} cells, the header {width}"
            remedy = 'put a cell that holds a comma or a line break between quotation marks ("...")'
            refused.append(OrderRefused([Problem("file", reason, remedy)], row))
    return lines, refused


def _repeated(lines: Iterable[OrderRow]) -> dict[int, OrderRefused]:
    """By row, a refusal for every row whose reference stands in another row of the same merchant as well.

    Of rows that are alike to the letter the first is the order and the others are its repetitions.
    """
    by_reference: dict[tuple[str, str], list[OrderRow]] = {}
    for line in lines:
        reference = " ".join(line.fields.get("order_ref", "").split())
        if reference:
            merchant = " ".join(line.fields.get("merchant", "").casefold().split())
            by_reference.setdefault((merchant, reference), []).append(line)
    refused = {}
    for first, *others in by_reference.values():
        if not others:
            continue
        if all(other.fields == first.fields for other in others):
            problem = Problem("order_ref", f"row {first.row} is the same order", "delete the repeated row")
            wrong = others
        else:
            rows = ", ".join(str(line.row) for line in [first, *others][:10])
            reason = f"rows {rows} have the same reference"
            problem = Problem("order_ref", reason, "give each order its own reference, or delete the repeated rows")
            wrong = [first, *others]
        refused.update({line.row: OrderRefused([problem], line.row) for line in wrong})
    return refused
