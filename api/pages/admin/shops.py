"""Shops: found, looked at with what was agreed, and registered once somebody has seen their papers."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Query, Response

from api.context import InTransaction
from api.merchants import MerchantKey
from api.pages.admin.frame import shown
from api.pages.finance.merchants import CYCLES
from api.pages.forms import NOTHING, PAGE, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import PostError
from post_logistics.operations.orders.registering import register
from post_logistics.storage.access.finding import find_keys, find_merchants
from post_logistics.storage.access.people import load_members, load_people
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.money.terms import load_accounts, load_holds, load_terms
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

_Words = Annotated[str, Query(max_length=60)]
_FIELDS: Final = ("name", "store_address", "payout_account")


@router.get("/admin/shops")
def page_admin_shops(found: OurVisit, connection: InTransaction, words: _Words = "", after: _Words = "") -> Response:
    """Shops by their identifiers."""
    return _shops(found, connection, words.strip(), after)


def _shops(found: Visit, connection: Connection, words: str = "", after: str = "", typed: Typed = NOTHING) -> Response:
    rows = find_merchants(connection, words, after, PAGE)
    more = rows[-1].merchant_id if len(rows) == PAGE else ""
    return shown(found, "shops.html", typed, rows=rows, words=words, more=more)


@router.post("/admin/shops")
def page_admin_shop_registered(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The shop is registered, now or before with the same details."""
    made = attempt(connection, lambda: _registered(found, connection, said))
    if isinstance(made, PostError):
        return _shops(found, connection, typed=refused(found, said, made, _FIELDS))
    return go(f"/admin/shops/{made.merchant_id}", found, said="The shop is registered. Take its first person on.")


def _registered(found: Visit, connection: Connection, said: Mapping[str, str]) -> Merchant:
    name, address, account = (said.get(field, "").strip() for field in _FIELDS)
    return register(connection, found.engine.facts, name, address, account, found.at)


@router.get("/admin/shops/{merchant_id}")
def page_admin_shop(merchant_id: MerchantKey, found: OurVisit, connection: InTransaction) -> Response:
    """One shop: its stores, its people and keys, what was agreed about its money, and where that is paid."""
    merchant = load_merchant(connection, merchant_id)
    members = load_members(connection, merchant_id=merchant_id, limit=200)
    today = found.at.astimezone(DHAKA).date()
    return shown(
        found,
        "shop.html",
        shop=merchant,
        stores=load_stores(connection, merchant_id),
        people=load_people(connection, sorted({one.person_id for one in members})),
        keys=find_keys(connection, found.at, place=merchant_id, limit=PAGE),
        terms=load_terms(connection, merchant_id)[::-1],
        holds=load_holds(connection, today, [merchant_id]),
        accounts=load_accounts(connection, merchant_id)[::-1],
        today=today,
        cycles=CYCLES,
    )
