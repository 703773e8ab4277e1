"""View cards: a picture, a few words and an address become a card that is paid, printed and posted at a counter."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response
from pydantic import Base64Bytes, Field

from api.context import InTransaction, Now, Staff, TheEngine
from api.fields import In, Line, Out, Pdf, QuestionOut
from api.problems import answers
from api.slices import Slice
from post_logistics.consignments.view_cards import Side
from post_logistics.errors import Unacceptable
from post_logistics.operations.counter.view_cards import (
    ViewCard,
    look_at_card,
    make_card,
    pay_card,
    post_card,
    print_card,
    side_png,
    take_card_back,
)
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode

router = Slice(prefix="/v1/view-cards", tags=["view cards"], responses=answers(401, 403, 404))

Card = Annotated[UUID, Path(description="Drawn by whoever makes the card: sent again, it is the same card.")]


async def counter(who: Staff) -> Postcode:
    """The office at whose counter the card is made; 422 if the request names none."""
    if who.office is None:
        raise Unacceptable(
            "a card is made at a counter", field="Post-Office", remedy="send the header Post-Office with its postcode"
        )
    return who.office


AtCounter = Annotated[Postcode, Depends(counter)]


class Png(Response):
    """A picture."""

    media_type = "image/png"


class ViewCardIn(In):
    """A card as it is to be printed."""

    message: Annotated[str, Field(max_length=2_000, description="Line by line.", examples=["প্রিয় মা,\nভালো আছি।"])] = ""
    recipient_name: Annotated[str, Field(min_length=1, max_length=100, examples=["Rahima Khatun"])]
    recipient_address: Annotated[
        str, Field(min_length=3, max_length=300, examples=["House 5, Road 3, Mirpur-10, Dhaka 1216"])
    ]
    recipient_phone: Annotated[str, Field(max_length=40, description="Not printed; empty: none is known.")] = ""
    recipient_postcode: Annotated[
        str, Field(max_length=10, description="The answer to the question about the address.", examples=[""])
    ] = ""
    picture_base64: Annotated[
        Base64Bytes,
        Field(strict=False, description="JPEG, PNG or WebP up to 6 MB; empty: the one sent before.", examples=[""]),
    ] = b""

    def words(self) -> dict[str, str]:
        """What is written on the card."""
        return self.model_dump(exclude={"picture_base64"})


class ViewCardOut(Out):
    """How far a card is. What is on it is answered to nobody."""

    card_id: UUID
    has_picture: bool
    delivery_office: Annotated[str | None, Field(description="Null while the address is not sure.")]
    question: QuestionOut | None
    choices: Annotated[list[str], Field(description="Postcodes that it might be, the likeliest first.")]
    total_poisha: Annotated[int, Field(description="Postage and VAT: paid, or to pay.")]
    is_ready: Annotated[bool, Field(description="Whether it can be paid.")]
    item_number: str | None
    state: State | None
    paid_at: datetime | None

    @classmethod
    def made(cls, card: ViewCard) -> "ViewCardOut":
        """The answer about a card."""
        paid, to = card.paid, card.to
        return cls(
            card_id=card.card_id,
            has_picture=bool(card.draft and card.draft.picture),
            delivery_office=to.office.postcode if to.office else None,
            question=QuestionOut.of(to.question) if to.question else None,
            choices=list(to.choices),
            total_poisha=paid.postage_poisha + paid.vat_poisha if paid else card.quote.total_poisha,
            is_ready=card.is_ready,
            item_number=paid.item_number if paid else None,
            state=card.state,
            paid_at=paid.paid_at if paid else None,
        )


class PostingIn(In):
    """What was read from the printed card."""

    scanned: Annotated[Line, Field(description="Its number; empty: nobody scanned it.", examples=[""])] = ""


@router.put("/{card_id}", summary="Make or change a card", responses=answers(400, 409, 413))
def make_view_card(
    asked: ViewCardIn, card_id: Card, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now
) -> ViewCardOut:
    """Checks the words, cuts the picture to the card and finds the office. Kept for a day, or until it is posted."""
    picture = asked.picture_base64
    return ViewCardOut.made(make_card(connection, engine.facts, office, card_id, asked.words(), picture, at))


@router.get("/{card_id}", summary="How far a card is")
def view_card(card_id: Card, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now) -> ViewCardOut:
    """Where it will go, what it costs, what it became."""
    return ViewCardOut.made(look_at_card(connection, engine.facts, office, card_id, at))


@router.get("/{card_id}/{side}.png", summary="A side of the card", response_class=Png)
def view_card_side(
    card_id: Card, side: Side, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now
) -> Png:
    """As it will be printed and cut."""
    return Png(side_png(connection, engine.facts, office, card_id, side, at))


@router.post("/{card_id}/payment", summary="Take the money and book", responses=answers(409))
def pay_view_card(
    card_id: Card, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now
) -> ViewCardOut:
    """Books the card as an item; its price is in the till of this counter. Told again, it is the same item."""
    pay_card(connection, engine.facts, engine.numbers, office, card_id, at)
    return ViewCardOut.made(look_at_card(connection, engine.facts, office, card_id, at))


@router.get("/{card_id}/card.pdf", summary="The card to print", response_class=Pdf, responses=answers(409))
def print_view_card(card_id: Card, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now) -> Pdf:
    """Two pages of 148 x 105 mm with 3 mm of bleed: the picture, and the address. 409 before it is paid."""
    return Pdf(print_card(connection, engine.facts, office, card_id, at))


@router.post("/{card_id}/posting", summary="The printed card is in hand", responses=answers(400, 409, 413))
def post_view_card(
    said: PostingIn, card_id: Card, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now
) -> ViewCardOut:
    """Accepts the item here, and forgets picture and words."""
    post_card(connection, engine.facts, office, card_id, at, said.scanned)
    return ViewCardOut.made(look_at_card(connection, engine.facts, office, card_id, at))


@router.delete("/{card_id}/payment", summary="Give the money back", responses=answers(409))
def take_view_card_back(
    card_id: Card, office: AtCounter, connection: InTransaction, engine: TheEngine, at: Now
) -> ViewCardOut:
    """For a card that was not printed: cancels the booking, and the price leaves the till. 409 once it is posted."""
    take_card_back(connection, engine.facts, office, card_id, at)
    return ViewCardOut.made(look_at_card(connection, engine.facts, office, card_id, at))
