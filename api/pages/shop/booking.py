"""Book one parcel: what was typed is understood while it is typed, and what is not sure is asked once."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from fastapi import Response

from api.context import InTransaction
from api.pages.forms import by_field
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop, store_choices
from api.slices import Slice
from post_logistics.consignments.booking import OrderRefused, parse_order
from post_logistics.consignments.merchants import Merchant
from post_logistics.network.resolve import Hints
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict, book
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import latin_digits

router = Slice(include_in_schema=False)

COLUMNS: Final = (
    "order_ref",
    "recipient_name",
    "recipient_phone",
    "recipient_address",
    "weight_kg",
    "cod_taka",
    "declared_value_taka",
    "description",
    "note",
    "store_address",
)
"""What a form and a row of a file say of an order."""
_GUESSED: Final = {"recipient_name": "Recipient", "recipient_phone": "01700000000", "weight_kg": "0.5", "draft": "-"}
"""Stands for what has not been typed yet, so that the address can be looked up."""


@router.get("/shop/book")
def page_shop_book(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """The empty form. Its draft makes a parcel without a reference of its own this one, however often it is sent."""
    draft = {"draft": f"P-{secrets.token_hex(5).upper()}"}
    return _form(found, connection, shop, draft, None)


@router.post("/shop/book")
def page_shop_booked(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """The parcel, booked; or the form again with office, price and day, the question, or what is wrong."""
    dry_run = said.get("do") != "book"
    verdict = judged(found, connection, load_merchant(connection, shop), said, dry_run=dry_run)
    if not dry_run and verdict.item_number:
        return go(f"/shop/orders/{verdict.item_number}", found, said="Booked. Print the label and stick it on.")
    return _form(found, connection, shop, said, verdict)


@router.post("/shop/book/look")
def page_shop_look(found: OurVisit, shop: Shop, said: Form) -> Response:
    """What is understood of a form that is being filled in: a part of a page. Nothing is kept of it."""
    typed = {name: value for name, value in said.items() if value.strip()}
    with found.engine.database.transaction() as connection:
        verdict = judged(found, connection, load_merchant(connection, shop), _GUESSED | typed, dry_run=True)
    return page(found, "shop/found.html", **_answer(found, verdict, typed))


def judged(
    found: Visit, connection: Connection, merchant: Merchant, said: Mapping[str, str], *, dry_run: bool
) -> Verdict:
    """The verdict on what was typed."""
    facts, numbers = found.engine.facts, found.engine.numbers
    row = {name: said.get(name, "").strip() for name in COLUMNS} | {"merchant": merchant.name}
    row["order_ref"] = row["order_ref"] or said.get("draft", "")[:64]
    row["store_address"] = row["store_address"] or merchant.store_address
    try:
        order = parse_order(row, None, facts.booking_rules)
    except OrderRefused as refused:
        return Verdict(
            row=None, order_ref=row["order_ref"][:64], outcome=Outcome.REJECTED, problems=tuple(refused.problems)
        )
    asked = Asked(order=order, merchant=merchant, hints=Hints(postcode=_postcode(said)))
    return book(connection, facts, numbers, [asked], found.at, dry_run=dry_run)[0]


def _postcode(said: Mapping[str, str]) -> str:
    typed = latin_digits(said.get("recipient_postcode", "").strip())
    return typed if len(typed) == 4 and typed.isdigit() else ""


def _form(
    found: Visit, connection: Connection, shop: str, said: Mapping[str, str], verdict: Verdict | None
) -> Response:
    refused = verdict is not None and verdict.outcome in {Outcome.REJECTED, Outcome.TO_DECIDE}
    return page(
        found,
        "shop/book.html",
        422 if refused else 200,
        typed={"draft": "", **dict.fromkeys(COLUMNS, ""), **said},
        stores=store_choices(load_stores(connection, shop)),
        **_answer(found, verdict, said),
    )


def _answer(found: Visit, verdict: Verdict | None, said: Mapping[str, str]) -> dict[str, Any]:
    """What the form shows of a verdict: by whom it is delivered, what it costs, what to ask, what is wrong."""
    problems = by_field(found, map(asdict, verdict.problems)) if verdict else {}
    if verdict and verdict.question:
        problems.pop("recipient_address", None)  # it is asked instead
    return {
        "verdict": verdict,
        "problems": problems,
        "wrong": lambda field: problems.get(field, ""),
        "priced": bool(said.get("weight_kg", "").strip()),
        "chosen": _postcode(said),
        "offices": found.engine.facts.offices,
    }
