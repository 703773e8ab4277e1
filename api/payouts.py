"""How merchants are paid: advances, payouts, and the files for banks."""

import secrets
from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import Field

from api.acting import Principal
from api.context import (
    TRACED,
    InTransaction,
    Now,
    Staff,
    TheEngine,
    ThePost,
    Trader,
    in_office,
    known_merchant,
    own,
)
from api.fields import Day, Limit, Line, OfficeCode, Out, Poisha, following
from api.merchants import MerchantKey
from api.problems import answers
from api.slices import Slice
from api.terms import ByIn, WhyIn
from post_logistics.cod.payout_files import layout_named
from post_logistics.cod.payouts import CODE_BYTES, PayoutKind, PayoutState
from post_logistics.operations.money.advances import approve_advance, ask_advance, refuse_advance
from post_logistics.operations.money.cash_payouts import issue_code, pay_in_cash
from post_logistics.operations.money.payouts import (
    LeftOut,
    approve_payout,
    cancel_payout,
    make_file,
    mark_sent,
    return_payout,
    withdraw_file,
)
from post_logistics.storage.money.payouts import load_advances, load_file, load_payout, load_payouts, load_steps

router = Slice(prefix="/v1", tags=["payouts"], responses=answers(401, 403))

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", examples=["2026-11-22-bank-1"])]
PayoutId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$", examples=["nakshi-ghar-2026-11-23"])]
FileId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", examples=["2026-11-22-bank-1"])]


class AdvanceIn(WhyIn):
    """Money asked for before it is due."""

    advance_id: Key
    amount_poisha: Annotated[Poisha, Field(ge=1)]


class AdvanceOut(Out):
    """An advance. ``approved``: null while nobody has decided."""

    advance_id: str
    merchant: str
    amount_poisha: int
    why: str
    asked_by: str
    asked_at: datetime
    approved: bool | None
    decided_by: str | None
    decided_why: str | None
    decided_at: datetime | None


class StepOut(Out):
    """What became of a payout."""

    state: PayoutState
    by: str
    note: str
    at: datetime


class PayoutOut(Out):
    """An order to pay a merchant."""

    payout_id: str
    merchant: str
    kind: PayoutKind
    amount_poisha: int
    state: PayoutState
    needs_approval: bool
    ordered_by: str
    ordered_at: datetime
    approved_by: str | None
    file_id: str | None


class PayoutStepsOut(PayoutOut):
    """A payout with every step."""

    steps: list[StepOut]


class CashCodeOut(Out):
    """The code that the merchant gives at a counter for its cash; it is shown this once."""

    payout_id: str
    code: str


class PayoutPage(Out):
    """A page of payouts. ``next``, if there is one, goes into ``after``."""

    payouts: list[PayoutOut]
    next: str | None


class CashIn(ByIn):
    """That a payout is to be handed out at an office."""

    office: OfficeCode
    code: Annotated[Line, Field(min_length=1, max_length=40, examples=["K7QF-2M6X"])]


class FileIn(ByIn):
    """A file for a bank."""

    file_id: Key
    layout: Annotated[Line, Field(min_length=1, examples=["settlement-bank"])]
    paid_on: Day


class FileOut(Out):
    """A file for a bank, with what its last line says, and the payouts that are not in it."""

    file_id: str
    layout: str
    paid_on: date
    payouts: int
    total_poisha: int
    hash_total: int
    sha256: str
    left_out: dict[str, LeftOut]


class PayoutIdsOut(Out):
    """The payouts that it is about."""

    payout_ids: list[str]


def _acting(who: Principal, by: str) -> str:
    """Who acts, by name: a merchant is not somebody of the post."""
    return f"merchant:{who.merchant_id}" if who.merchant_id else by


@router.post("/merchants/{merchant_id}/advances", summary="Ask for an advance", responses=answers(400, 404, 409, 413))
def advance(merchant_id: MerchantKey, asked: AdvanceIn, who: Trader, connection: InTransaction, at: Now) -> AdvanceOut:
    """Asks for it; somebody else decides. The same id again is the same advance."""
    wish = asked.model_dump() | {"by": _acting(who, asked.by)}
    return AdvanceOut.of(ask_advance(connection, own(who, merchant_id), at=at, **wish))


@router.get("/merchants/{merchant_id}/advances", summary="Advances", responses=answers(404))
def advances(merchant_id: MerchantKey, who: Trader, connection: InTransaction) -> list[AdvanceOut]:
    """What was asked for, the latest first."""
    return [AdvanceOut.of(one) for one in load_advances(connection, known_merchant(connection, who, merchant_id))]


@router.post("/advances/{advance_id}/approval", summary="Approve an advance", responses=answers(400, 404, 409, 413))
def grant_advance(
    advance_id: PayoutId, asked: ByIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> PayoutOut:
    """Orders its payout, within what was collected and is not paid; the next settlements take it back."""
    return PayoutOut.of(approve_advance(connection, engine.facts, advance_id, by=asked.by, at=at))


@router.post("/advances/{advance_id}/refusal", summary="Refuse an advance", responses=answers(400, 404, 409, 413))
def deny_advance(advance_id: PayoutId, asked: WhyIn, who: ThePost, connection: InTransaction, at: Now) -> AdvanceOut:
    """Refuses it, with a reason."""
    return AdvanceOut.of(refuse_advance(connection, advance_id, why=asked.why, by=asked.by, at=at))


@router.get("/payouts", summary="Payouts")
def payouts(
    who: Trader,
    connection: InTransaction,
    state: Annotated[PayoutState | None, Query(description="Only those.")] = None,
    after: Annotated[str | None, Query(max_length=60, description="The `next` of a page.")] = None,
    limit: Limit = 100,
) -> PayoutPage:
    """A page of payouts; a merchant sees its own."""
    states = [state] if state else None
    found = load_payouts(connection, states=states, merchant=who.merchant_id, after=after, limit=limit)
    return PayoutPage(
        payouts=[PayoutOut.of(one) for one in found], next=following([one.payout_id for one in found], limit)
    )


@router.get("/payouts/{payout_id}", summary="One payout", responses=answers(404))
def payout(payout_id: PayoutId, who: Trader, connection: InTransaction) -> PayoutStepsOut:
    """The payout with every step."""
    found = load_payout(connection, payout_id, who.merchant_id)
    return PayoutStepsOut(
        **PayoutOut.of(found).model_dump(), steps=[StepOut.of(step) for step in load_steps(connection, payout_id)]
    )


@router.post("/payouts/{payout_id}/approval", summary="Approve a payout", responses=answers(400, 404, 409, 413))
def approval(payout_id: PayoutId, asked: ByIn, who: ThePost, connection: InTransaction, at: Now) -> PayoutOut:
    """The second pair of eyes on a payout above the limit."""
    return PayoutOut.of(approve_payout(connection, payout_id, by=asked.by, at=at))


@router.post("/payouts/{payout_id}/cancellation", summary="Cancel a payout", responses=answers(400, 404, 409, 413))
def cancel(payout_id: PayoutId, asked: WhyIn, who: ThePost, connection: InTransaction, at: Now) -> PayoutOut:
    """One that never left the bank: what it was for is owed again."""
    return PayoutOut.of(cancel_payout(connection, payout_id, why=asked.why, by=asked.by, at=at))


@router.post("/payouts/{payout_id}/return", summary="A payout came back", responses=answers(400, 404, 409, 413))
def bounce(payout_id: PayoutId, asked: WhyIn, who: ThePost, connection: InTransaction, at: Now) -> PayoutOut:
    """The bank sent it back, as its statement shows: it is owed again, and the account has to be looked at."""
    return PayoutOut.of(return_payout(connection, payout_id, why=asked.why, by=asked.by, at=at))


@router.post(
    "/payouts/{payout_id}/cash-code", summary="A code for cash", status_code=201, responses=answers(400, 404, 409, 413)
)
def cash_code(
    payout_id: PayoutId, asked: ByIn, who: Trader, connection: InTransaction, engine: TheEngine, at: Now
) -> CashCodeOut:
    """A new code for a seller without an account; the one before is dead. After five wrong tries the post issues it."""
    code = issue_code(
        connection,
        engine.facts,
        payout_id,
        by=_acting(who, asked.by),
        at=at,
        drawn=secrets.token_bytes(CODE_BYTES),
        merchant=who.merchant_id,
    )
    return CashCodeOut(payout_id=payout_id, code=code)


@router.post(
    "/payouts/{payout_id}/cash", dependencies=TRACED, summary="Pay out in cash", responses=answers(400, 404, 409, 413)
)
def cash(payout_id: PayoutId, asked: CashIn, who: Staff, engine: TheEngine, at: Now) -> PayoutOut:
    """Out of the office's till, to a seller without an account, against its code; wrong codes are counted."""
    office = in_office(engine, who, asked.office)
    return PayoutOut.of(
        pay_in_cash(engine.database, engine.facts, payout_id, office=office, code=asked.code, by=asked.by, at=at)
    )


@router.post("/payout-files", summary="Make a file for a bank", responses=answers(400, 409, 413))
def make_payout_file(asked: FileIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now) -> FileOut:
    """Every approved payout that can go into it. Made again, it is the same file."""
    layout = layout_named(engine.settings.facts_dir, asked.layout)
    made = make_file(connection, layout, file_id=asked.file_id, paid_on=asked.paid_on, by=asked.by, at=at)
    facts = {name: getattr(made.file, name) for name in FileOut.model_fields if name != "left_out"}
    return FileOut(**facts, left_out=made.left_out)


@router.get("/payout-files/{file_id}", summary="A file for a bank", response_class=Response, responses=answers(404))
def payout_file(file_id: FileId, who: ThePost, connection: InTransaction) -> Response:
    """The file, byte for byte, as it was made."""
    return Response(load_file(connection, file_id).content, media_type="application/octet-stream")


@router.post("/payout-files/{file_id}/sent", summary="The bank has the file", responses=answers(400, 404, 409, 413))
def file_sent(file_id: FileId, asked: ByIn, who: ThePost, connection: InTransaction, at: Now) -> PayoutIdsOut:
    """Its payouts are sent."""
    return PayoutIdsOut(payout_ids=mark_sent(connection, file_id, by=asked.by, at=at))


@router.post("/payout-files/{file_id}/withdrawal", summary="Withdraw a file", responses=answers(400, 404, 409, 413))
def file_withdrawn(file_id: FileId, asked: WhyIn, who: ThePost, connection: InTransaction, at: Now) -> PayoutIdsOut:
    """It never went to the bank: its payouts are cancelled, and owed again."""
    return PayoutIdsOut(payout_ids=withdraw_file(connection, file_id, why=asked.why, by=asked.by, at=at))
