"""What a shop has booked: found again, printed, cancelled, sent back; and one order with all that is known of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction, Item
from api.pages.forms import PAGE, attempt, day_of, kept, picked, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop, actor
from api.slices import Slice
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.returning import cancel, request_return
from post_logistics.operations.door.contesting import contests_of
from post_logistics.operations.door.proving import evidence_of_item
from post_logistics.operations.faces.views import merchant_view
from post_logistics.operations.money.prices import ask_price
from post_logistics.operations.money.taka import money_of_parcel
from post_logistics.operations.papers import labels_for, zpl_for
from post_logistics.operations.promises.promising import expected_on
from post_logistics.storage.custody.scans import ItemStanding, load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.money.prices import load_changes, load_due
from post_logistics.storage.orders.consignments import (
    Wanted,
    load_consignment,
    load_consignments,
    load_consignments_after,
)
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, TRANSITIONS, Event, State
from post_logistics.tracking.proofs import LACK_TEXTS, Evidence, ProofKind
from post_logistics.tracking.texts import STATE_TEXTS
from post_logistics.units import poisha_from_taka

router = Slice(include_in_schema=False)

_SHOWN: Final = tuple(state for state in State if state is not State.ISSUED)
_PROOFS: Final = {
    ProofKind.OTP: "the recipient's code",
    ProofKind.SIGNATURE: "a signature",
    ProofKind.PHOTO: "a photograph",
    ProofKind.CALL: "a call",
    ProofKind.PLACE: "the place",
    ProofKind.IDENTITY: "a check of who received it",
}
_DECISIONS: Final[Mapping[str, Callable[[Connection, str, Actor, datetime], ItemStanding]]] = {
    "cancel": cancel,
    "return": request_return,
}
_DONE: Final = {"cancel": "Cancelled.", "return": "On the way back to you."}


@router.get("/shop/orders")
def page_shop_orders(
    found: OurVisit,
    shop: Shop,
    connection: InTransaction,
    state: Annotated[str, Query(max_length=40)] = "",
    ref: Annotated[str, Query(max_length=64)] = "",
    from_on: Annotated[str, Query(max_length=10)] = "",
    to_on: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[str, Query(max_length=13)] = "",
) -> Response:
    """A page of orders, the latest first; a number that is one of ours leads straight to it."""
    number = _number_in(ref)
    if number:
        return RedirectResponse(f"/shop/orders/{number}", 303)
    wanted = Wanted(
        state=State(state) if state in _SHOWN else None,
        order_ref=ref.strip() or None,
        booked_from=day_of(from_on, "from_on"),
        booked_to=day_of(to_on, "to_on"),
    )
    rows = load_consignments_after(connection, shop, after or None, PAGE, wanted)
    asked = {"state": state, "ref": ref, "from_on": from_on, "to_on": to_on}
    return page(
        found,
        "shop/orders.html",
        rows=rows,
        asked=asked,
        more=rows[-1].item_number if len(rows) == PAGE else "",
        states=STATE_TEXTS,
        choices=[("", found.say("All"))] + [(one.value, STATE_TEXTS[one][found.language]) for one in _SHOWN],
    )


def _number_in(text: str) -> str:
    try:
        return parse_item_number(text) if text.strip() else ""
    except Unacceptable:
        return ""


@router.post("/shop/orders/labels")
def page_shop_labels(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """The labels of the orders that were ticked, in their order on the page."""
    parcels = _own(connection, shop, picked(said))
    return _printed(found, connection, parcels, said.get("paper", "a6"), "labels")


def _printed(found: Visit, connection: Connection, parcels: Sequence[Consignment], paper: str, name: str) -> Response:
    if paper == "zpl":
        return kept(zpl_for(connection, found.engine.facts, parcels), "text/plain; charset=utf-8", f"{name}.zpl")
    sheet = paper == "sheet"
    return kept(labels_for(connection, found.engine.facts, parcels, sheet=sheet), "application/pdf", f"{name}.pdf")


@router.post("/shop/orders/decisions")
def page_shop_decided(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """The orders that were ticked, cancelled or called back: asked once whether that is meant, then told one by one."""
    decision = said.get("decision", "")
    parcels = _own(connection, shop, picked(said))
    decide = _DECISIONS.get(decision)
    if decide is None:
        raise Unacceptable("that is no decision", field="decision", remedy="cancel the orders, or call them back")
    if not said.get("sure"):
        return page(found, "shop/sure.html", decision=decision, parcels=parcels, failed=[])
    by = actor(found.who)
    outcomes = [
        (one, attempt(connection, partial(decide, connection, one.item_number, by, found.at))) for one in parcels
    ]
    failed = [(one, told(found, outcome)) for one, outcome in outcomes if isinstance(outcome, PostError)]
    if failed:
        return page(found, "shop/sure.html", 409, decision=decision, parcels=parcels, failed=failed)
    back = f"/shop/orders/{parcels[0].item_number}" if len(parcels) == 1 else "/shop/orders"
    return go(back, found, said=_DONE[decision])


def _own(connection: Connection, shop: str, numbers: Sequence[str]) -> list[Consignment]:
    """The shop's consignments of those numbers, in their order; NotFound if one is not the shop's."""
    if not numbers:
        raise Unacceptable("no order is ticked", field="item_number", remedy="tick the orders first")
    known = load_consignments(connection, numbers[:PAGE])
    strangers = [one for one in numbers[:PAGE] if one not in known or known[one].merchant_id != shop]
    if strangers:
        raise NotFound(
            f"no item {strangers[0]}", field="item_number", remedy="check the number on the label or receipt"
        )
    return [known[one] for one in numbers[:PAGE]]


@router.get("/shop/orders/{item_number}")
def page_shop_order(item: Item, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """One order: where it is, where its money is, and what shows that it was so."""
    return _order(found, connection, shop, item)


def _order(
    found: Visit, connection: Connection, shop: str, number: str, problem: str = "", price: str = ""
) -> Response:
    facts, at = found.engine.facts, found.at
    view = merchant_view(connection, facts.offices, number, found.who.merchant_id, found.language, at)
    item = view.public.item_number
    (standing,) = load_standings(connection, [item])
    return page(
        found,
        "shop/order.html",
        422 if problem else 200,
        view=view,
        parcel=load_consignment(connection, item, shop),
        expected=expected_on(connection, facts, item, at),
        money=money_of_parcel(connection, facts, item, at, merchant=found.who.merchant_id),
        due_poisha=load_due(connection, [item])[item],
        shown=_shown(found, evidence_of_item(connection, facts.proof_rules, item)),
        contests=contests_of(connection, facts.proof_rules, item),
        prices=load_changes(connection, item_number=item),
        may_cancel=standing.state in BEFORE_ACCEPTANCE and Event.CANCELLED in TRANSITIONS[standing.state],
        may_return=standing.state not in BEFORE_ACCEPTANCE and Event.RETURN_REQUESTED in TRANSITIONS[standing.state],
        change_id=uuid4(),
        problem=problem,
        price=price,
    )


def _shown(found: Visit, evidence: Iterable[Evidence]) -> dict[UUID, tuple[str, str]]:
    """Of each scan that needs it, what shows that it was so, or what is missing, and the kind of badge."""
    told = {}
    for one in evidence:
        by = ", ".join(found.say(_PROOFS[proof.kind]) for proof in one.proofs)
        lacking = " ".join(LACK_TEXTS[lack][found.language] for lack in one.lacks)
        if by or lacking:
            told[one.scan.scan_id] = (lacking, "warn") if lacking else (found.say("Shown by {what}", what=by), "good")
    return told


@router.get("/shop/orders/{item_number}/label.{paper}")
def page_shop_label(paper: str, item: Item, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """The label of one order, as PDF or ZPL."""
    parcel = load_consignment(connection, item, shop)
    return _printed(found, connection, [parcel], "zpl" if paper == "zpl" else "a6", parcel.item_number)


@router.post("/shop/orders/{item_number}/price")
def page_shop_priced(item: Item, found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """The shop lets the parcel cost something else: in force at once, also for a rider who is at the door."""
    outcome = attempt(connection, lambda: _priced(found, connection, item, said))
    if isinstance(outcome, PostError):
        return _order(found, connection, shop, item, told(found, outcome), said.get("price_taka", ""))
    return go(f"/shop/orders/{item}", found, said="The new price is in force.")


def _priced(found: Visit, connection: Connection, item: str, said: Mapping[str, str]) -> object:
    try:
        change_id, price = UUID(said.get("change_id", "")), poisha_from_taka(said.get("price_taka", ""))
    except ValueError:
        raise Unacceptable(
            "that is no amount", field="price_taka", remedy="write taka in figures, for example 1250"
        ) from None
    return ask_price(
        connection,
        found.engine.facts.booking_rules,
        change_id=change_id,
        number=item,
        price_poisha=price,
        why=said.get("why", "").strip()[:200] or "changed by the shop",
        by=found.who.actor,
        actor=actor(found.who),
        at=found.at,
    )
