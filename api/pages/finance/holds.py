"""Who is not paid for now, and why; advances that somebody has to decide on; payments held for nobody."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Path, Response

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, day_of, id_of, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.terms import Hold
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.money.advances import approve_advance, refuse_advance
from post_logistics.operations.money.held import place_held
from post_logistics.operations.money.terms import lift_hold, place_hold
from post_logistics.storage.database import Connection
from post_logistics.storage.money.payments import load_held
from post_logistics.storage.money.payouts import load_advances
from post_logistics.storage.money.terms import load_holds
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

_AdvanceId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
_PaymentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,60}$")]


@router.get("/finance/holds")
def page_finance_holds(found: OurVisit, connection: InTransaction) -> Response:
    """Holds in force, advances asked for, payments that are due to nobody."""
    return _holds(found, connection)


def _holds(found: Visit, connection: Connection, typed: Typed = NOTHING) -> Response:
    return shown(
        found,
        "holds.html",
        typed,
        holds=load_holds(connection, found.at.astimezone(DHAKA).date()),
        advances=load_advances(connection, undecided=True),
        payments=load_held(connection, PAGE),
        hold_id=typed.texts.get("hold_id") or str(uuid4()),
        me=found.who.actor,
    )


def _done(found: Visit, connection: Connection, said: Mapping[str, str], outcome: object, done: str) -> Response:
    if isinstance(outcome, PostError):
        fields = ("merchant_id", "item_number", "reason", "until_on")
        return _holds(found, connection, refused(found, said, outcome, fields))
    return go("/finance/holds", found, said=done)


@router.post("/finance/holds")
def page_finance_hold_placed(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The merchant, or one of its parcels, is not paid for until that day, or until the hold is lifted."""
    placed = attempt(connection, lambda: _placed(found, connection, said))
    return _done(found, connection, said, placed, "Held: nothing is paid until it is lifted or ends.")


def _placed(found: Visit, connection: Connection, said: Mapping[str, str]) -> Hold:
    hold_id = id_of(said, "hold_id")
    merchant, item = said.get("merchant_id", "").strip()[:60], said.get("item_number", "").strip()[:60]
    if not merchant:
        raise Unacceptable("no merchant is named", field="merchant_id", remedy="write the merchant's id")
    return place_hold(
        connection,
        merchant,
        hold_id=hold_id,
        item_number=parse_item_number(item) if item else None,
        reason=said.get("reason", "")[:500],
        until_on=day_of(said.get("until_on", ""), "until_on"),
        by=found.who.actor,
        at=found.at,
    )


@router.post("/finance/holds/{hold_id}/lift")
def page_finance_hold_lifted(hold_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """From the next settlement on it is paid again."""
    why = said.get("why", "")[:500]
    lifted = attempt(connection, lambda: lift_hold(connection, hold_id, why=why, by=found.who.actor, at=found.at))
    return _done(found, connection, said, lifted, "Lifted. It is paid with the next settlement.")


@router.post("/finance/advances/{advance_id}")
def page_finance_advance_decided(
    advance_id: _AdvanceId, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """The advance is granted, and its payout ordered; or refused, with a reason."""

    def act() -> object:
        if said.get("do") == "grant":
            return approve_advance(connection, found.engine.facts, advance_id, by=found.who.actor, at=found.at)
        return refuse_advance(connection, advance_id, why=said.get("why", "")[:500], by=found.who.actor, at=found.at)

    return _done(found, connection, said, attempt(connection, act), "Decided.")


@router.post("/finance/payments/{payment_id}/place")
def page_finance_payment_placed(
    payment_id: _PaymentId, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """What was held is the parcel's, and owed to its merchant."""
    why = said.get("why", "")[:500]
    placed = attempt(connection, lambda: place_held(connection, payment_id, why=why, by=found.who.actor, at=found.at))
    return _done(found, connection, said, placed, "The money is the parcel's now.")
