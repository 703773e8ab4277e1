"""Payments by wallet, card or QR: asked for, looked at, placed, given back. A callback is a hint and no more."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.responses import RedirectResponse
from pydantic import Field

from api.acting import Person
from api.context import TRACED, Anyone, InTransaction, Item, Now, Staff, TheEngine, ThePost
from api.counter import actor
from api.fields import Day, In, Limit, Line, Out, Poisha
from api.problems import answers
from api.slices import Slice
from post_logistics.channels.payments.choosing import payment_providers
from post_logistics.channels.payments.port import Call, FileLine, PaymentProvider
from post_logistics.cod.payments import CURRENCY, PaymentState, Purpose
from post_logistics.cod.provider_days import Difference
from post_logistics.operations.money.held import place_held
from post_logistics.operations.money.paying import back_to, link_for, page_of
from post_logistics.operations.money.payments import Requested, hear, hear_called, request_payment
from post_logistics.operations.money.provider_days import compare_day
from post_logistics.operations.money.refunds import Wish, refund_by_provider
from post_logistics.storage.money.payments import load_held, load_payment

router = Slice(prefix="/v1", tags=["payments"])
_ANSWERS = answers(400, 401, 403, 404, 409, 413)
_ASKED_AT_ONCE: Final = 100
"""Payments about which a provider without a daily file is asked while somebody waits."""

PaymentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,60}$", examples=["pay-7K2M93QFX1ZD"])]
ProviderName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$", examples=["practice"])]
Why = Annotated[Line, Field(min_length=1, examples=["The recipient showed the wallet's receipt"])]


async def providers(engine: TheEngine) -> dict[str, PaymentProvider]:
    """Those who take payments here."""
    return payment_providers(engine.settings)


Providers = Annotated[dict[str, PaymentProvider], Depends(providers)]


class PaymentIn(In):
    """A payment to be asked for. ``reference`` makes it this one and no other, however often sent."""

    reference: Annotated[Line, Field(min_length=1, max_length=60, examples=["door-1"])]
    amount_poisha: Annotated[Poisha | None, Field(description="null: all that is due.", examples=[None])] = None
    purpose: Annotated[
        Purpose, Field(strict=False, description="`cod`: what the recipient owes. `postage`: what the sender owes.")
    ] = Purpose.COD
    provider: Annotated[
        str, Field(max_length=40, pattern=r"^[a-z0-9-]*$", description="Who takes it; empty: whoever is first.")
    ] = ""
    by: Person


class PaymentOut(Out):
    """A payment. Only ``collected_poisha`` counts for the parcel; what is held is due to nobody yet."""

    payment_id: str
    item_number: str
    provider: str
    purpose: Purpose
    amount_poisha: int
    state: PaymentState
    url: str
    qr: Annotated[str, Field(description="The text of the QR code.")]
    paid_poisha: int
    collected_poisha: int
    held_poisha: int
    why: str
    expires_at: datetime


class PaymentLinkOut(Out):
    """A page on which whoever has its address pays what is due for an item, and can do nothing else."""

    item_number: str
    url: Annotated[str, Field(examples=["https://post.example/pay/DP317078838BD/1f0c2a9be37d4410"])]
    to_pay_poisha: Annotated[int, Field(description="At this moment; the page says what is due when it is opened.")]


async def call_of(request: Request) -> Call:
    """A provider's call as it came: each has a form of its own."""
    return Call(await request.body(), dict(request.query_params), dict(request.headers))


TheCall = Annotated[Call, Depends(call_of)]
_CALL = {
    "security": [],
    "requestBody": {
        "description": "In the provider's own form; it is read for the payment that it names, and for nothing else.",
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"payment_id": {"type": "string", "examples": ["pay-7K2M93QFX1ZD"]}},
                }
            }
        },
    },
}


class PlacementIn(In):
    """Why money that was held is the parcel's."""

    why: Why
    by: Person


class RefundIn(In):
    """What is to be given back. ``refund_id`` makes it this one and no other."""

    refund_id: Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000001"])]
    amount_poisha: Annotated[Poisha, Field(gt=0, examples=[50_000])]
    why: Why
    by: Person
    force: Annotated[
        bool, Field(description="Though the merchant is no longer owed it: the merchant then owes the post.")
    ] = False

    def wish(self) -> Wish:
        """The wish as a value."""
        return Wish(self.refund_id, self.amount_poisha, self.why, self.by, self.force)


class RefundOut(Out):
    """Money given back, or about to be."""

    refund_id: UUID
    item_number: str
    payment_id: str | None
    way: str
    amount_poisha: int
    advanced_poisha: Annotated[int, Field(description="Of it, what the merchant now owes the post.")]
    state: Annotated[str, Field(description="`asked` until the provider answers, then `done` or `refused`.")]
    why: str
    by: str


@router.post(
    "/items/{item_number}/payments",
    dependencies=TRACED,
    status_code=201,
    summary="Ask for a payment",
    responses=_ANSWERS,
)
def ask_payment(
    asked: PaymentIn, item: Item, who: Anyone, engine: TheEngine, providers: Providers, at: Now
) -> PaymentOut:
    """A page and a QR text where what is due, or the postage, is paid. Asked again, it is the same payment."""
    wanted = Requested(item, asked.reference, asked.by, asked.amount_poisha, asked.purpose, asked.provider)
    back = back_to(engine.settings.public_url, engine.facts.advice_key)
    made = request_payment(engine.database, providers, engine.facts, wanted, actor(who), at, back=back)
    return PaymentOut.of(made)


@router.post("/items/{item_number}/payment-link", summary="A link for paying", responses=answers(401, 403, 404))
def payment_link(item: Item, who: Anyone, connection: InTransaction, engine: TheEngine) -> PaymentLinkOut:
    """What the merchant or the counter sends to whoever pays before the parcel comes; the rider then takes nothing."""
    public_url, key = engine.settings.public_url, engine.facts.advice_key
    return PaymentLinkOut.of(link_for(connection, item, actor(who), public_url, key=key))


class FileLineIn(In):
    """A payment as a provider's own account of a day lists it."""

    payment_id: Annotated[Line, Field(description="Ours, where the provider names it.")] = ""
    provider_ref: Line
    amount_poisha: Poisha
    fee_poisha: Poisha = 0
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["BDT"])] = CURRENCY


class ProviderDayIn(In):
    """A day's account of a provider. ``lines``: from a file that a person has; null: the provider is asked."""

    provider: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$", examples=["practice"])]
    on: Day
    lines: Annotated[list[FileLineIn] | None, Field(max_length=20_000, examples=[None])] = None

    def as_lines(self) -> list[FileLine] | None:
        """The lines as values."""
        return None if self.lines is None else [FileLine(**one.model_dump()) for one in self.lines]


class DiffersOut(Out):
    """A payment about which the accounts differ."""

    difference: Difference
    payment_id: str
    provider_ref: str
    item_number: str
    theirs_poisha: int
    ours_poisha: int


class ComparedOut(Out):
    """Lines and sums of both, and every payment about which they differ."""

    lines: int
    agreed: int
    theirs_poisha: int
    ours_poisha: int
    fees_poisha: int
    differences: list[DiffersOut]


class ProviderDayOut(Out):
    """A provider's account of a day against ours."""

    provider: str
    on: date
    source: Annotated[str, Field(description="`file`: its own; `given`: yours; `asked`: payment by payment.")]
    heard: Annotated[list[str], Field(description="Payments of which we learned only now that they were paid.")]
    compared: ComparedOut


@router.post("/payments/days", dependencies=TRACED, summary="Compare a provider's day", responses=_ANSWERS)
def provider_day(
    asked: ProviderDayIn, who: ThePost, engine: TheEngine, providers: Providers, at: Now
) -> ProviderDayOut:
    """Its account of a day against ours: what is missing on either side, and what differs. Money moves only on the
    provider's word about a payment that we believed unpaid."""
    day = compare_day(
        engine.database,
        providers,
        asked.provider,
        asked.on,
        at,
        lines=asked.as_lines(),
        ask_at_most=_ASKED_AT_ONCE,
    )
    return ProviderDayOut.of(day)


@router.get("/payments/held", summary="Money due to nobody yet", responses=answers(401, 403))
def held_payments(who: ThePost, connection: InTransaction, limit: Limit = 100) -> list[PaymentOut]:
    """Paid twice, too late, short, over: the longest held first, each with its reason."""
    return [PaymentOut.of(one) for one in load_held(connection, limit)]


@router.get("/payments/{payment_id}", summary="A payment", responses=answers(401, 403, 404))
def payment(payment_id: PaymentId, who: Anyone, connection: InTransaction) -> PaymentOut:
    """As it stands by the provider's last word."""
    return PaymentOut.of(load_payment(connection, payment_id, merchant=who.merchant_id, office=who.office))


@router.post(
    "/payments/{payment_id}/checks",
    dependencies=TRACED,
    summary="Ask the provider now",
    responses=answers(401, 403, 404, 409),
)
def check_payment(payment_id: PaymentId, who: Anyone, engine: TheEngine, providers: Providers, at: Now) -> PaymentOut:
    """What the rider's app calls while the recipient pays: the provider is asked, and its word is what counts."""
    with engine.database.transaction() as connection:
        load_payment(connection, payment_id, merchant=who.merchant_id, office=who.office)
    return PaymentOut.of(hear(engine.database, providers, payment_id, at))


@router.post(
    "/payments/callbacks/{provider}",
    status_code=202,
    summary="A provider says that something changed",
    responses=answers(400, 413),
    openapi_extra=_CALL,
)
def payment_callback(provider: ProviderName, call: TheCall, engine: TheEngine, providers: Providers, at: Now) -> None:
    """A hint: the provider is asked what is true. The answer is the same, whatever was said and whoever called."""
    hear_called(engine.database, providers, provider, call, at)


@router.get(
    "/payments/callbacks/{provider}",
    status_code=303,
    response_class=RedirectResponse,
    summary="A provider sends a payer back",
    openapi_extra={"security": []},
)
def payment_returned(provider: ProviderName, call: TheCall, engine: TheEngine, providers: Providers, at: Now) -> str:
    """A hint as well. The browser goes on to the page that says what came of the payment, if it could name it by what
    only the provider and the payer know; else to one that says nothing of any."""
    payment_id = hear_called(engine.database, providers, provider, call, at)
    return page_of(payment_id, engine.facts.advice_key)


@router.post("/payments/{payment_id}/placement", summary="Held money is the parcel's", responses=_ANSWERS)
def place_payment(
    payment_id: PaymentId, said: PlacementIn, who: ThePost, connection: InTransaction, at: Now
) -> PaymentOut:
    """Takes it out of what nobody can explain, and owes it to the merchant."""
    return PaymentOut.of(place_held(connection, payment_id, why=said.why, by=said.by, at=at))


@router.post(
    "/payments/{payment_id}/refunds",
    dependencies=TRACED,
    status_code=201,
    summary="Give back by the provider",
    responses=_ANSWERS,
)
def refund_payment(
    payment_id: PaymentId, asked: RefundIn, who: Staff, engine: TheEngine, providers: Providers, at: Now
) -> RefundOut:
    """What is held goes back first, then what was collected. The provider is asked until it answers."""
    return RefundOut.of(refund_by_provider(engine.database, providers, payment_id, asked.wish(), actor(who), at))
