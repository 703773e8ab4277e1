"""Order files: read, checked row by row, and booked in one transaction, with a verdict for every row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from post_logistics.consignments.booking import Order, OrderRefused, parse_order
from post_logistics.consignments.merchants import Merchant, merchant_id_of
from post_logistics.consignments.order_files import read_order_file, write_table
from post_logistics.network.offices import Offices
from post_logistics.network.resolve import Hints
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict, book
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import append_merchants, load_merchants


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of a file as orders, and the verdicts of those that are none."""

    dialect: str
    orders: tuple[tuple[int, Order, Hints], ...]
    refused: tuple[Verdict, ...]
    fields: Mapping[int, Mapping[str, str]]
    """The texts of every row by field name, as they were in the file."""


def read_orders(facts: Facts, source: Path | bytes, name: str, defaults: Mapping[str, str] = {}) -> Checked:
    """Every row of the file checked on its own: a bad row takes no other with it.

    ``defaults`` fill fields that the file leaves empty (the merchant, its store). Unacceptable if it is no order file.
    """
    file = read_order_file(source, name, defaults, facts.order_columns)
    orders, refused = [], [_refused(error, "") for error in file.refused]
    for row in file.rows:
        try:
            orders.append((row.row, parse_order(row.fields, row.row, facts.booking_rules), hints_of(row.fields)))
        except OrderRefused as error:
            refused.append(_refused(error, row.fields.get("order_ref", "")))
    return Checked(file.dialect, tuple(orders), tuple(refused), {row.row: row.fields for row in file.rows})


def _refused(error: OrderRefused, order_ref: str) -> Verdict:
    return Verdict(row=error.row, order_ref=order_ref, outcome=Outcome.REJECTED, problems=error.problems)


def hints_of(fields: Mapping[str, str]) -> Hints:
    """What the postcode, city, zone and area columns of shops' and couriers' sheets say of the place."""
    return Hints(
        postcode=fields.get("recipient_postcode", ""),
        district=fields.get("recipient_district", "") or fields.get("recipient_city", ""),
        thana=fields.get("recipient_zone", ""),
        area=fields.get("recipient_area", ""),
    )


def intake(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    checked: Checked,
    merchants: Mapping[str, Merchant],
    at: datetime,
    *,
    dry_run: bool = False,
) -> list[Verdict]:
    """A verdict per row of the file, in its order. ``merchants``: whose the orders are, by the name in the file."""
    return book_rows(connection, facts, numbers, in_their_order(checked, merchants), at, dry_run=dry_run)


def in_their_order(checked: Checked, merchants: Mapping[str, Merchant]) -> list[Asked | Verdict]:
    """Every row of the file as an order to book or a refusal, in the order of the file."""
    asked = [
        Asked(order=order, merchant=merchants[order.merchant], hints=hints, row=row)
        for row, order, hints in checked.orders
    ]
    return sorted([*asked, *checked.refused], key=lambda one: one.row or 0)


def book_rows(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    rows: Sequence[Asked | Verdict],
    at: datetime,
    *,
    dry_run: bool = False,
) -> list[Verdict]:
    """A verdict per row, in their order: orders are booked together, what was refused before stays refused."""
    asked = [row for row in rows if isinstance(row, Asked)]
    verdicts = iter(book(connection, facts, numbers, asked, at, dry_run=dry_run))
    return [next(verdicts) if isinstance(row, Asked) else row for row in rows]


def merchants_of(
    connection: Connection, orders: Iterable[Order], at: datetime, *, register: bool, payout_account: str = ""
) -> dict[str, Merchant]:
    """The merchants that the orders name, by that name; those the post does not know yet are registered if asked to."""
    named: dict[str, Merchant] = {}
    for order in orders:
        merchant_id = merchant_id_of(order.merchant)
        account = payout_account.format(merchant_id=merchant_id)
        named.setdefault(order.merchant, Merchant(merchant_id, order.merchant, order.store_address, account, at))
    if register:
        append_merchants(connection, list({one.merchant_id: one for one in named.values()}.values()))
    known = load_merchants(connection)
    return {name: known.get(one.merchant_id, one) for name, one in named.items()}


REJECTED_COLUMNS = ("row", "order_ref", "field", "reason", "remedy")


def rejected_rows(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A line per problem of a row that was not booked, rejected or to be decided, by `REJECTED_COLUMNS`."""
    return [
        {"row": verdict.row, "order_ref": verdict.order_ref, **asdict(problem)}
        for verdict in verdicts
        for problem in verdict.problems
    ]


def write_rejected(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes the lines of `rejected_rows` as CSV that a spreadsheet opens."""
    write_table(path, REJECTED_COLUMNS, ([row[name] for name in REJECTED_COLUMNS] for row in rows), for_excel=True)


def write_to_decide(path: Path, checked: Checked, verdicts: Sequence[Verdict], offices: Offices) -> int:
    """Writes the rows whose address is to be decided as an order file; gives back how many there are.

    Whoever writes the right postcode into ``recipient_postcode`` and imports the file has decided. The columns
    ``question_en``, ``question_bn`` and ``choices`` say between which offices; an import passes over them.
    """
    open_rows = [verdict for verdict in verdicts if verdict.outcome is Outcome.TO_DECIDE and verdict.row is not None]
    names = dict.fromkeys(name for verdict in open_rows for name in checked.fields[verdict.row or 0])
    columns = list(names | dict.fromkeys(["recipient_postcode"]))
    rows = []
    for verdict in open_rows:
        fields, question = checked.fields[verdict.row or 0], verdict.question
        choices = "; ".join(f"{code} {offices[code].name_en}" for code in verdict.choices)
        asked = [question.en, question.bn] if question else ["", ""]
        rows.append([*(fields.get(name, "") for name in columns), *asked, choices])
    write_table(path, [*columns, "question_en", "question_bn", "choices"], rows, for_excel=True)
    return len(rows)
