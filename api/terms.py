"""What is agreed with merchants about their money: terms, holds, and the accounts into which they are paid."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.acting import Person
from api.context import InTransaction, Now, TheEngine, ThePost, Trader, known_merchant
from api.fields import Day, In, Line, Out, Poisha
from api.merchants import MerchantKey
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.terms import Cycle, Institution
from post_logistics.operations.money.terms import (
    AccountTold,
    agree_terms,
    change_account,
    check_account,
    lift_hold,
    place_hold,
)
from post_logistics.storage.money.terms import KeptAccount, load_accounts, load_holds, load_terms
from post_logistics.units import DHAKA

router = Slice(prefix="/v1", tags=["payouts"], responses=answers(401, 403))

Why = Annotated[Line, Field(min_length=1, examples=["Agreed by letter of 20 November"])]
Detail = Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ByIn(In):
    """Who does it."""

    by: Person


class WhyIn(ByIn):
    """Who does it, and why."""

    why: Why


class TermsIn(WhyIn):
    """How a merchant is to be settled with from a day on."""

    valid_from: Day
    cycle: Annotated[Cycle, Field(strict=False, examples=["daily"])]
    weekday: Annotated[str, Field(max_length=9, description="With weekly only, such as sunday.")] = ""
    minimum_poisha: Annotated[Poisha | None, Field(description="Less is carried forward; null: the usual.")] = None


class TermsOut(Out):
    """What was agreed with a merchant; the highest version whose day has come is in force."""

    merchant: str
    version: int
    valid_from: date
    cycle: Cycle
    weekday: str
    minimum_poisha: int | None
    why: str
    set_by: str
    set_at: datetime


class HoldIn(ByIn):
    """A merchant, or one of its parcels, is not to be paid for now."""

    hold_id: Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000001"])]
    item_number: Annotated[str | None, Field(max_length=60, description="Null: the whole merchant.")] = None
    reason: Why
    until_on: Annotated[Day | None, Field(description="It ends when this day begins.")] = None


class HoldOut(Out):
    """A hold, and who lifted it."""

    hold_id: UUID
    merchant: str
    item_number: str | None
    reason: str
    until_on: date | None
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_why: str | None


class AccountIn(WhyIn):
    """Into which account a merchant is paid; digits may be Bangla."""

    kind: Annotated[Institution, Field(strict=False, examples=["bank"])]
    bank: Annotated[Detail, Field(min_length=1, examples=["BRAC Bank"])]
    branch: Annotated[Detail, Field(description="None for a wallet.", examples=["Gulshan"])] = ""
    routing_number: Annotated[Detail, Field(description="Nine digits; none for a wallet.", examples=["060261726"])] = ""
    number: Annotated[Detail, Field(min_length=1, examples=["1501 2003 4455"])]
    holder: Annotated[Detail, Field(min_length=1, examples=["Nakshi Ghar"])]


class CheckIn(ByIn):
    """What somebody found out about an account."""

    proven: Annotated[bool, Field(description="Whether it is the merchant's.", examples=[True])]
    how: Annotated[Line, Field(min_length=1, examples=["A cheque leaf with the same name"])]


class AccountOut(Out):
    """An account of a merchant, as far as it is shown. ``outcome``: null while nobody has looked at it."""

    version: int
    kind: Institution
    bank: str
    branch: str
    ends_with: str
    holder: str
    set_by: str
    set_at: datetime
    good_from: Annotated[datetime, Field(description="Nothing is paid into it before.")]
    outcome: str | None
    checked_by: str | None

    @classmethod
    def made(cls, kept: KeptAccount) -> "AccountOut":
        """The answer about one account: its number is never shown whole."""
        one, check = kept.account, kept.check
        return cls(
            **{name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)},
            ends_with=one.number[-4:],
            outcome=check.outcome if check else None,
            checked_by=check.by if check else None,
        )


@router.post("/merchants/{merchant_id}/terms", summary="Agree terms", responses=answers(400, 404, 413))
def agree(merchant_id: MerchantKey, asked: TermsIn, who: ThePost, connection: InTransaction, at: Now) -> TermsOut:
    """A new version of the terms; those in force before stay readable."""
    return TermsOut.of(agree_terms(connection, merchant_id, at=at, **asked.model_dump()))


@router.get("/merchants/{merchant_id}/terms", summary="What was agreed", responses=answers(404))
def agreed(merchant_id: MerchantKey, who: Trader, connection: InTransaction) -> list[TermsOut]:
    """Every version, oldest first; none means: settled with every day."""
    return [TermsOut.of(one) for one in load_terms(connection, known_merchant(connection, who, merchant_id))]


@router.post("/merchants/{merchant_id}/holds", summary="Hold payouts", responses=answers(400, 404, 409, 413))
def hold_payouts(merchant_id: MerchantKey, asked: HoldIn, who: ThePost, connection: InTransaction, at: Now) -> HoldOut:
    """The merchant, or one parcel, is not paid for until the hold ends or is lifted."""
    return HoldOut.of(place_hold(connection, merchant_id, at=at, **asked.model_dump()))


@router.get("/payout-holds", summary="Holds in force")
def payout_holds(who: ThePost, connection: InTransaction, at: Now) -> list[HoldOut]:
    """All holds of today, the oldest first."""
    return [HoldOut.of(one) for one in load_holds(connection, at.astimezone(DHAKA).date())]


@router.post("/payout-holds/{hold_id}/lift", summary="Lift a hold", responses=answers(400, 404, 413))
def lift(hold_id: UUID, asked: WhyIn, who: ThePost, connection: InTransaction, at: Now) -> HoldOut:
    """From the next settlement on it is paid again."""
    return HoldOut.of(lift_hold(connection, hold_id, why=asked.why, by=asked.by, at=at))


@router.post("/merchants/{merchant_id}/payout-accounts", summary="Change the account", responses=answers(400, 404, 413))
def set_account(
    merchant_id: MerchantKey, asked: AccountIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> AccountOut:
    """The account into which is paid from now on: after a day, and once a second person has proven it. The merchant's
    endpoints are told."""
    told = AccountTold(**asked.model_dump(exclude={"by", "why"}))
    return AccountOut.made(
        change_account(connection, engine.facts, merchant_id, told, why=asked.why, by=asked.by, at=at)
    )


@router.get("/merchants/{merchant_id}/payout-accounts", summary="The accounts of a merchant", responses=answers(404))
def payout_accounts(merchant_id: MerchantKey, who: Trader, connection: InTransaction) -> list[AccountOut]:
    """Every account that was ever in use, oldest first; the last is in use."""
    return [AccountOut.made(one) for one in load_accounts(connection, known_merchant(connection, who, merchant_id))]


@router.post(
    "/merchants/{merchant_id}/payout-accounts/{version}/checks",
    summary="Prove an account, or doubt it",
    responses=answers(400, 404, 409, 413),
)
def prove_account(
    merchant_id: MerchantKey,
    version: Annotated[int, Path(ge=1, le=10**6)],
    asked: CheckIn,
    who: ThePost,
    connection: InTransaction,
    at: Now,
) -> AccountOut:
    """What somebody found out about the account, who is not the one who set it."""
    return AccountOut.made(check_account(connection, merchant_id, version, at=at, **asked.model_dump()))
