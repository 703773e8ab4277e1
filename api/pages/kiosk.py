"""The kiosk: a view card made before the customer's eyes, paid, printed and posted."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import Depends, Request, Response
from starlette.datastructures import UploadFile

from api.context import InTransaction
from api.pages.forms import NOTHING, Typed, attempt, by_field, kept, refused
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.station import Here
from api.slices import Slice
from post_logistics.consignments.booking import OrderRefused
from post_logistics.consignments.view_cards import Side
from post_logistics.errors import NotFound, PostError
from post_logistics.operations.counter.view_cards import (
    ViewCard,
    look_at_card,
    make_card,
    pay_card,
    post_card,
    price_of_card,
    print_card,
    side_png,
    take_card_back,
)
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode

router = Slice(include_in_schema=False)

_WORDS: Final = ("message", "recipient_name", "recipient_address", "recipient_phone", "recipient_postcode")
_FIELDS: Final = ("picture", *_WORDS, "scanned")


async def picture_of(request: Request, found: OurVisit) -> bytes:
    """The picture of a form, and no more of it than may be; empty where none was chosen."""
    async with request.form() as form:
        sent = form.get("picture")
        most_bytes = found.engine.facts.view_card_rules.max_picture_bytes
        return await sent.read(most_bytes + 1) if isinstance(sent, UploadFile) and sent.filename else b""


@router.get("/kiosk")
def page_kiosk(found: OurVisit, office: Here) -> Response:
    """A card of which nothing is known yet."""
    return _kiosk(found, uuid4(), None, NOTHING)


@router.get("/kiosk/{card_id}")
def page_kiosk_card(card_id: UUID, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """The card as it will be printed, what it costs, and the next step."""
    card = look_at_card(connection, found.engine.facts, office, card_id, found.at)
    return _kiosk(found, card_id, card, NOTHING)


def _kiosk(found: Visit, card_id: UUID, card: ViewCard | None, typed: Typed) -> Response:
    draft = card.draft if card else None
    texts = dict.fromkeys(_FIELDS, "") | ({name: getattr(draft, name) for name in _WORDS} if draft else {})
    return page(
        found,
        "kiosk.html",
        typed.status,
        card_id=card_id,
        card=card,
        texts=texts | dict(typed.texts),
        wrong=dict.fromkeys(["", *_FIELDS], "") | dict(typed.wrong),
        quote=price_of_card(found.engine.facts, found.at),
        rules=found.engine.facts.view_card_rules,
        there=found.named(card.to.office) if card and card.to.office else "",
        named=lambda postcode: found.named(found.engine.facts.offices[postcode]),
    )


@router.post("/kiosk/{card_id}")
def page_kiosk_made(
    card_id: UUID,
    found: OurVisit,
    office: Here,
    said: Form,
    picture: Annotated[bytes, Depends(picture_of)],
    connection: InTransaction,
) -> Response:
    """The card with what was typed and chosen, or what is wrong with it."""
    facts = found.engine.facts
    card = attempt(connection, lambda: make_card(connection, facts, office, card_id, said, picture, found.at))
    if isinstance(card, PostError):
        return _wrong(found, connection, office, card_id, said, card)
    return go(f"/kiosk/{card_id}", found)


def _wrong(
    found: Visit, connection: Connection, office: Postcode, card_id: UUID, said: Mapping[str, str], error: PostError
) -> Response:
    """The page again, with the problem beside its field and what was typed; another office's is not found."""
    if isinstance(error, NotFound):
        raise error
    card = attempt(connection, lambda: look_at_card(connection, found.engine.facts, office, card_id, found.at))
    typed = refused(found, said, error, _FIELDS)
    if isinstance(error, OrderRefused):
        problems = [{"field": one.field, "reason": one.reason, "remedy": one.remedy} for one in error.problems]
        typed = Typed(typed.texts, by_field(found, problems))
    return _kiosk(found, card_id, None if isinstance(card, PostError) else card, typed)


@router.get("/kiosk/{card_id}/{side}.png")
def page_kiosk_side(card_id: UUID, side: Side, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """A side of the card, made by what makes the print."""
    return kept(side_png(connection, found.engine.facts, office, card_id, side, found.at), "image/png", f"{side}.png")


@router.post("/kiosk/{card_id}/paid")
def page_kiosk_paid(card_id: UUID, found: OurVisit, office: Here, said: Form, connection: InTransaction) -> Response:
    """Booked, and ready to be printed."""
    engine = found.engine
    paid = attempt(connection, lambda: pay_card(connection, engine.facts, engine.numbers, office, card_id, found.at))
    if isinstance(paid, PostError):
        return _wrong(found, connection, office, card_id, {}, paid)
    return go(f"/kiosk/{card_id}", found, said="Paid and booked. Print the card now.")


@router.get("/kiosk/{card_id}/card.pdf")
def page_kiosk_print(card_id: UUID, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """The two pages for the printer."""
    return kept(print_card(connection, found.engine.facts, office, card_id, found.at), "application/pdf", "card.pdf")


@router.post("/kiosk/{card_id}/posted")
def page_kiosk_posted(card_id: UUID, found: OurVisit, office: Here, said: Form, connection: InTransaction) -> Response:
    """The printed card is in the post's hands; the page is ready for the next."""
    facts, scanned = found.engine.facts, said.get("scanned", "")[:60]
    posted = attempt(connection, lambda: post_card(connection, facts, office, card_id, found.at, scanned))
    if isinstance(posted, PostError):
        return _wrong(found, connection, office, card_id, said, posted)
    return go("/kiosk", found, said="The card is on its way. Ready for the next one.")


@router.post("/kiosk/{card_id}/taken-back")
def page_kiosk_taken_back(
    card_id: UUID, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """The card was not printed: its booking is cancelled, and the money goes back."""
    facts = found.engine.facts
    taken = attempt(connection, lambda: take_card_back(connection, facts, office, card_id, found.at))
    if isinstance(taken, PostError):
        return _wrong(found, connection, office, card_id, {}, taken)
    return go("/kiosk", found, said="The card was taken back: return the money.")
