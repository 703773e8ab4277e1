"""Where somebody pays what is due for a parcel, and where they learn what came of it; small, and without any script."""

from typing import Annotated, Final

from fastapi import Path, Response
from markupsafe import Markup

from api.context import InTransaction
from api.pages.shell import AnyForm, AnyVisit, Visit, go, page
from api.payments import PaymentId, Providers
from api.slices import Slice
from post_logistics.cod.payments import PaymentState
from post_logistics.consignments.labels import spaced
from post_logistics.consignments.symbols import qr_svg
from post_logistics.errors import Conflict, PostError
from post_logistics.operations.money.paying import back_to, come_back, item_of_mark, pay_now, to_pay
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant

router = Slice(include_in_schema=False)
Number = Annotated[str, Path(pattern=r"^[A-Z0-9]{1,20}$")]
Mark = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]

OUTCOMES: Final = {
    PaymentState.COLLECTED: ("Your payment has arrived.", "Nothing is left to pay at the door for it."),
    PaymentState.REQUESTED: ("Your payment has not yet arrived.", "It can take some minutes. Look here again."),
    PaymentState.HELD: ("Your payment has arrived, and something about it has to be looked at.", "The post does so."),
    PaymentState.FAILED: ("The payment did not succeed.", "No money was taken. Try again, or pay at the door."),
    PaymentState.EXPIRED: ("Nothing was paid in time.", "Try again, or pay at the door."),
    PaymentState.RETURNED: ("Your payment was given back.", "It goes back the way it came."),
}
"""Where a payment stands -> how its payer is told, and what follows."""
UNNAMED: Final = ("We are asking whether your payment has arrived.", "Your parcel's own page says what is left to pay.")


@router.get("/pay/{number}/{mark}")
def page_pay(number: Number, mark: Mark, found: AnyVisit, connection: InTransaction) -> Response:
    """What is due for the parcel, and where it can be paid."""
    return _pay(found, connection, number, mark)


@router.post("/pay/{number}/{mark}")
def page_pay_now(number: Number, mark: Mark, found: AnyVisit, said: AnyForm, providers: Providers) -> Response:
    """A payment is asked for; then the same page shows where to pay it."""
    item, facts = item_of_mark(number, mark, key=found.engine.facts.advice_key), found.engine.facts
    back = back_to(found.engine.settings.public_url, facts.advice_key)
    try:
        pay_now(found.engine.database, providers, facts, item, "recipient", found.at, back=back)
    except Conflict as error:
        with found.engine.database.transaction() as connection:
            return _pay(found, connection, number, mark, error)
    return go(f"/pay/{number}/{mark}", found)


def _pay(found: Visit, connection: Connection, number: str, mark: str, problem: PostError | None = None) -> Response:
    item = item_of_mark(number, mark, key=found.engine.facts.advice_key)
    sender = load_merchant(connection, load_consignment(connection, item).merchant_id)
    due_poisha, payment = to_pay(connection, item, found.at)
    answer = page(
        found,
        "pay.html",
        409 if problem else 200,
        action=f"/pay/{number}/{mark}",
        number=spaced(item),
        sender=sender.name,
        due_poisha=due_poisha,
        payment=payment,
        picture=Markup(qr_svg(payment.qr)) if payment else None,  # noqa: S704 drawn by us
        problem=problem,
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@router.get("/paid/{payment_id}/{mark}")
def page_paid(payment_id: PaymentId, mark: Mark, found: AnyVisit, providers: Providers) -> Response:
    """What came of a payment: its provider is asked now, if it has not said so yet."""
    key = found.engine.facts.advice_key
    payment = come_back(found.engine.database, providers, payment_id, mark, found.at, key=key)
    outcome, follows = OUTCOMES[payment.state]
    waits = payment.state is PaymentState.REQUESTED
    return page(found, "paid.html", outcome=outcome, follows=follows, waits=waits)


@router.post("/paid/{payment_id}/{mark}")
def page_paid_by_form(payment_id: PaymentId, mark: Mark, found: AnyVisit) -> Response:
    """Some providers send the browser back with a form, from their own site: it goes on to the page as others do."""
    return go(f"/paid/{payment_id}/{mark}", found)


@router.get("/paid")
def page_paid_something(found: AnyVisit) -> Response:
    """For a browser that a provider sends back without saying from where."""
    outcome, follows = UNNAMED
    return page(found, "paid.html", outcome=outcome, follows=follows, waits=False)
