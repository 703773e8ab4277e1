"""Order files: read, checked row by row, and booked in one transaction, with a verdict for every row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from post_logistics.consignments.booking import Order, OrderRefused, parse_order
from post_logistics.consignments.merchants import Merchant, merchant_id_of
from post_logistics.consignments.order_files import OrderFile
from post_logistics.network.resolve import Hints
from post_logistics.operations.booking import Asked, Outcome, Verdict, book
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.storage.database import Connection
from post_logistics.storage.merchants import append_merchants, load_merchants


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of a file as orders, and the verdicts of those that are none."""

    orders: tuple[tuple[int, Order, Hints], ...]
    refused: tuple[Verdict, ...]


def check_rows(file: OrderFile) -> Checked:
    """Every row parsed on its own: a bad row takes no other with it."""
    orders, refused = [], []
    for row in file.rows:
        try:
            orders.append((row.row, parse_order(row.fields, row.row), _hints(row.fields)))
        except OrderRefused as error:
            reference = row.fields.get("order_ref", "")
            refused.append(Verdict(row=row.row, order_ref=reference, outcome=Outcome.REJECTED, problems=error.problems))
    return Checked(tuple(orders), tuple(refused))


def _hints(fields: dict[str, str]) -> Hints:
    """The city, zone and area columns of couriers' sheets."""
    area = " ".join(fields[name] for name in ("recipient_area", "recipient_zone") if fields.get(name))
    return Hints(
        postcode=fields.get("recipient_postcode", ""), district=fields.get("recipient_city", ""), area=area
    )


def intake(
    connection: Connection, facts: Facts, numbers: Numbers, checked: Checked, at: datetime, *, dry_run: bool = False
) -> list[Verdict]:
    """A verdict per row of the file, in its order. Merchants the post does not know yet are registered."""
    merchants = _merchants(connection, [order for _, order, _ in checked.orders], at, keep=not dry_run)
    asked = [
        Asked(order=order, merchant=merchants[merchant_id_of(order.merchant)], hints=hints, row=row)
        for row, order, hints in checked.orders
    ]
    verdicts = [*book(connection, facts, numbers, asked, at, dry_run=dry_run), *checked.refused]
    return sorted(verdicts, key=lambda verdict: verdict.row or 0)


def _merchants(
    connection: Connection, orders: Sequence[Order], at: datetime, *, keep: bool
) -> dict[str, Merchant]:
    named: dict[str, Merchant] = {}
    for order in orders:
        merchant_id = merchant_id_of(order.merchant)
        named.setdefault(merchant_id, Merchant(merchant_id, order.merchant, order.store_address, "", at))
    if keep:
        append_merchants(connection, list(named.values()))
    return named | load_merchants(connection)


def rejected_rows(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """A line per problem of a rejected row: row, order_ref, field, reason, remedy."""
    return [
        {"row": verdict.row, "order_ref": verdict.order_ref, **asdict(problem)}
        for verdict in verdicts
        if verdict.outcome is Outcome.REJECTED
        for problem in verdict.problems
    ]
