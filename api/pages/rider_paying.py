"""A QR code at the door: the recipient pays with their own telephone, and the rider sees when it has come."""

from fastapi import Depends, Response
from markupsafe import Markup

from api.context import InTransaction, Item, Now, TheEngine, trace
from api.counter import actor
from api.fields import Out
from api.pages.code import code
from api.pages.forms import told
from api.pages.rider import Rider
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.payments import Providers
from api.slices import Slice
from post_logistics.consignments.labels import spaced
from post_logistics.consignments.symbols import qr_svg
from post_logistics.errors import Conflict
from post_logistics.operations.counter.at_hand import take_up
from post_logistics.operations.money.paying import back_to, look_again, pay_now, to_pay
from post_logistics.storage.database import Connection

router = Slice(include_in_schema=False)


def traced_visit(found: OurVisit, engine: TheEngine, at: Now) -> None:
    """Keeps who asks, of a page that has several transactions of its own."""
    trace(engine, found.request, found.who, at)


class StandingOut(Out):
    """What is still to be taken. ``waits``: a payment is open that may yet come."""

    due_poisha: int
    waits: bool


@router.get("/rider/pay/{item_number}")
def page_rider_pay(item: Item, found: OurVisit, rider: Rider, connection: InTransaction) -> Response:
    """What is due for a parcel that the rider has, and the code to pay it, once one was asked for."""
    return _page(found, connection, item)


@router.post("/rider/pay/{item_number}", dependencies=[Depends(traced_visit, scope="function")])
def page_rider_pay_asked(item: Item, found: OurVisit, said: Form, rider: Rider, providers: Providers) -> Response:
    """A payment of all that is due is asked for; then the same page shows its code."""
    engine = found.engine
    with engine.database.transaction() as connection:
        number = take_up(connection, item, actor(found.who)).item_number
    back = back_to(engine.settings.public_url, engine.facts.advice_key)
    try:
        pay_now(engine.database, providers, engine.facts, number, found.who.actor, found.at, back=back)
    except Conflict as error:
        with engine.database.transaction() as connection:
            return _page(found, connection, item, told(found, error))
    return go(f"/rider/pay/{number}", found)


@router.get("/rider/pay/{item_number}/standing")
def page_rider_pay_standing(
    item: Item, found: OurVisit, rider: Rider, engine: TheEngine, providers: Providers
) -> StandingOut:
    """What the page asks every few seconds: the provider is asked, and its word is what counts."""
    with engine.database.transaction() as connection:
        number = take_up(connection, item, actor(found.who)).item_number
    due_poisha, payment = look_again(engine.database, providers, number, found.at)
    return StandingOut(due_poisha=due_poisha, waits=payment is not None)


def _page(found: Visit, connection: Connection, number: str, problem: str = "") -> Response:
    item = take_up(connection, number, actor(found.who)).item_number
    due_poisha, payment = to_pay(connection, item, found.at)
    return page(
        found,
        "rider/pay.html",
        409 if problem else 200,
        number=item,
        number_text=spaced(item),
        due_poisha=due_poisha,
        payment=payment,
        picture=Markup(qr_svg(payment.qr)) if payment else None,  # noqa: S704 drawn by us
        problem=problem,
        code=code,
    )
