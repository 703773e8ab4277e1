"""The recipient's own view: by a private link, or by a code sent to their telephone. Neither needs a key."""

from datetime import date, datetime
from secrets import token_urlsafe
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Response
from pydantic import Field

from api.context import InLanguage, InTransaction, Now, TheEngine
from api.fields import In, Line, Note, Out, Pdf
from api.problems import answers
from api.proofs import Known
from api.slices import Slice
from api.tracking import ToldOut, TrackingOut
from post_logistics.operations.door.contesting import contest
from post_logistics.operations.faces.views import RecipientView, recipient_view
from post_logistics.operations.faces.visiting import ask_for_code, item_of_link, open_by_code
from post_logistics.operations.money.receipt_papers import receipt_in_hand, receipt_pdf
from post_logistics.operations.promises.promising import expected_on
from post_logistics.units import Language, taka

_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


async def keep_out_of_caches(response: Response) -> None:
    """What is for one person's eyes is not kept on the way."""
    response.headers.update(_PRIVATE)


router = Slice(prefix="/v1/recipients", tags=["recipients"], dependencies=[Depends(keep_out_of_caches)])

PUBLIC: dict[str, Any] = {"security": []}
Token = Annotated[
    str, Path(max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="From the link in a text message.")
]
ItemNumberIn = Annotated[Line, Field(min_length=1, max_length=60, examples=["DP473124829BD"])]


class CodeIn(In):
    """For which parcel a code is wanted."""

    item_number: ItemNumberIn


class CodeOut(Out):
    """The same, whether there is such a parcel or not."""

    text_en: str = "If there is such a parcel, a code is on its way to the recipient's telephone."
    text_bn: str = "এই নম্বরের পার্সেল থাকলে প্রাপকের ফোনে একটি কোড পাঠানো হচ্ছে।"


class VisitIn(In):
    """A parcel and the code that was sent for it."""

    item_number: ItemNumberIn
    code: Annotated[str, Field(min_length=1, max_length=20, examples=["123456"])]


class DoubtfulOut(ToldOut):
    """A failed attempt or a hand-over: what the post says happened, for the recipient to agree or not."""

    contested: bool
    contest_at: Annotated[str | None, Field(description="Where to say that it was not so; null if that was said.")]


class RecipientOut(TrackingOut):
    """What the public sees, and who sent it, what to pay, and what the post says was tried."""

    token: Annotated[str, Field(description="Opens this view again: the link's own, or for an hour after a code.")]
    sender_name: str
    to_pay_poisha: Annotated[int, Field(description="0 once it was paid, was handed over or goes back.")]
    to_pay: Annotated[str, Field(description="The same as people read it.")]
    phone_ending: Annotated[str, Field(description="The last two digits of the number that codes are sent to.")]
    receipt_at: Annotated[str | None, Field(description="Where the receipt is; null while nothing was paid.")]
    attempts: list[DoubtfulOut]


class PaidOut(Out):
    """What was paid for the parcel when it was handed over."""

    number: Annotated[str, Field(description="Of the receipt.", examples=["7K2M-93QF-X1ZD"])]
    item_number: str
    sender_name: str
    office: str
    taken_at: datetime
    cash_poisha: int
    digital_poisha: Annotated[int, Field(description="By wallet, card or QR, as the provider has confirmed.")]
    awaited_poisha: Annotated[int, Field(description="By wallet, card or QR, not confirmed yet.")]
    given_back_poisha: int
    text_en: str
    text_bn: str


class SaidIn(In):
    """What was not as the post says."""

    scan_id: Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000000"])]
    said: Annotated[Note, Field(min_length=1, examples=["I was at home all day and nobody came."])]


class SaidOut(Out):
    """That it was heard, and by when the office answers."""

    scan_id: UUID
    answer_by: datetime | None


@router.post("/codes", status_code=202, summary="Have a code sent", responses=answers(400, 413), openapi_extra=PUBLIC)
def ask_code(asked: CodeIn, connection: InTransaction, language: InLanguage, at: Now) -> CodeOut:
    """Sends a code to the telephone number of the parcel's recipient; the answer is always this one."""
    ask_for_code(connection, asked.item_number, language, at)
    return CodeOut()


@router.post(
    "/visits", summary="The recipient's view, by a code", responses=answers(400, 404, 413), openapi_extra=PUBLIC
)
def visit(asked: VisitIn, engine: TheEngine, language: InLanguage, at: Now) -> RecipientOut:
    """Opens the view once per code. A wrong code and an unknown parcel are answered alike."""
    token = token_urlsafe(16)
    item = open_by_code(engine.database, asked.item_number, asked.code, token, at, key=engine.facts.advice_key)
    with engine.database.transaction() as connection:
        view = recipient_view(connection, engine.facts.offices, item, language, at)
        expected = expected_on(connection, engine.facts, item, at)
    return _out(view, token, expected, language)


@router.get("/{token}", summary="The recipient's view, by a link", responses=answers(404), openapi_extra=PUBLIC)
def recipient(
    token: Token, connection: InTransaction, engine: TheEngine, language: InLanguage, at: Now
) -> RecipientOut:
    """Whoever has the link sees who sent the parcel and what is to be paid, but no name, street or number."""
    item = item_of_link(connection, token, at)
    view = recipient_view(connection, engine.facts.offices, item, language, at)
    return _out(view, token, expected_on(connection, engine.facts, item, at), language)


@router.get("/{token}/receipt", summary="The receipt", responses=answers(404), openapi_extra=PUBLIC)
def receipt_by_link(token: Token, connection: InTransaction, at: Now) -> PaidOut:
    """What was paid when the parcel was handed over, and what was given back since."""
    paper = receipt_in_hand(connection, item_of_link(connection, token, at))
    return PaidOut(
        number=paper.number,
        item_number=paper.receipt.item_number,
        sender_name=paper.shop,
        office=paper.receipt.office,
        taken_at=paper.receipt.taken_at,
        cash_poisha=paper.receipt.cash_poisha,
        digital_poisha=paper.confirmed_poisha,
        awaited_poisha=paper.awaited_poisha,
        given_back_poisha=paper.given_back_poisha,
        text_en=paper.text("en"),
        text_bn=paper.text("bn"),
    )


@router.get(
    "/{token}/receipt.pdf",
    summary="The receipt on paper",
    response_class=Pdf,
    responses=answers(404),
    openapi_extra=PUBLIC,
)
def receipt_pdf_by_link(token: Token, connection: InTransaction, engine: TheEngine, at: Now) -> Pdf:
    """A6, in English and Bangla."""
    paper = receipt_in_hand(connection, item_of_link(connection, token, at))
    return Pdf(receipt_pdf(engine.facts, paper), headers=_PRIVATE)


@router.post(
    "/{token}/contests",
    status_code=201,
    summary="Say that it was not so",
    responses=answers(400, 404, 409, 413),
    openapi_extra=PUBLIC,
)
def contest_by_recipient(token: Token, said: SaidIn, connection: InTransaction, known: Known, at: Now) -> SaidOut:
    """Contests a failed attempt or a hand-over: the office has to answer. Said twice, it is said once."""
    item = item_of_link(connection, token, at)
    made = contest(connection, item, said.scan_id, said.said, at, rules=known.proof_rules)
    return SaidOut(scan_id=made.contest.scan_id, answer_by=made.contest.expected_by)


def _out(view: RecipientView, token: str, expected: date | None, language: Language) -> RecipientOut:
    contest_at = f"{router.prefix}/{token}/contests"
    return RecipientOut(
        **TrackingOut.made(view.public, expected).model_dump(),
        token=token,
        sender_name=view.sender_name,
        to_pay_poisha=view.to_pay_poisha,
        to_pay=taka(view.to_pay_poisha, language),
        phone_ending=view.phone_ending,
        receipt_at=f"{router.prefix}/{token}/receipt" if view.has_receipt else None,
        attempts=[
            DoubtfulOut(
                **ToldOut.of(one.told).model_dump(),
                contested=one.contested,
                contest_at=None if one.contested else contest_at,
            )
            for one in view.attempts
        ],
    )
