"""Merchants: registered by the post, seen by the post and by themselves."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from api.context import InTransaction, Now, TheEngine, ThePost, Trader, own
from api.fields import MERCHANT_ID, In, Limit, Out, following
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.orders.registering import register
from post_logistics.storage.orders.merchants import load_merchant, load_merchants_after

router = Slice(prefix="/v1/merchants", tags=["merchants"], responses=answers(401, 403))

MerchantKey = Annotated[str, Path(pattern=MERCHANT_ID, examples=["nakshi-ghar"])]


class MerchantIn(In):
    """A shop that will post."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Nakshi Ghar"])]
    store_address: Annotated[str, Field(min_length=3, max_length=300, examples=["Shop 12, New Market, Dhaka 1205"])]
    payout_account: Annotated[
        str,
        Field(
            max_length=64,
            description="Bank or wallet account. Empty: none is known, and only small amounts are paid, in cash.",
            examples=["BRAC 1501 2003 4455"],
        ),
    ] = ""


class MerchantOut(Out):
    """A shop that posts."""

    merchant_id: Annotated[str, Field(description="Made of the name; send it as Post-Merchant.")]
    name: str
    store_address: str
    payout_account: str
    registered_at: datetime


class MerchantPage(Out):
    """Merchants by identifier. ``next``: send it as ``after`` for the next page; null on the last."""

    merchants: list[MerchantOut]
    next: str | None


@router.post("", status_code=201, summary="Register a merchant", responses=answers(400, 409, 413))
def register_merchant(
    asked: MerchantIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> MerchantOut:
    """Registers the shop. Told again it answers the same; 409 if the name is registered with other details."""
    made = register(connection, engine.facts, asked.name, asked.store_address, asked.payout_account, at)
    return MerchantOut.of(made)


@router.get("", summary="The merchants")
def list_merchants(
    who: ThePost,
    connection: InTransaction,
    after: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9-]*$", description="The `next` of a page.")] = "",
    limit: Limit = 100,
) -> MerchantPage:
    """A page of merchants."""
    found = load_merchants_after(connection, after, limit)
    return MerchantPage(
        merchants=[MerchantOut.of(one) for one in found], next=following([m.merchant_id for m in found], limit)
    )


@router.get("/{merchant_id}", summary="One merchant", responses=answers(404))
def merchant(merchant_id: MerchantKey, who: Trader, connection: InTransaction) -> MerchantOut:
    """The shop as it is registered; another merchant's is not found."""
    return MerchantOut.of(load_merchant(connection, own(who, merchant_id)))
