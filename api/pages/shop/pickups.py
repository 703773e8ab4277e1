"""Pickups: what was asked for and how far it has come, and a form to ask for one."""

import secrets
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from fastapi import Response

from api.context import InTransaction
from api.pages.forms import attempt, day_of, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop, store_choices
from api.slices import Slice
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.counter.pickups import Pickup, PickupAsked, ask_for_pickup, pickups_of_merchant
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, MerchantId, latin_digits

router = Slice(include_in_schema=False)


@router.get("/shop/pickups")
def page_shop_pickups(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """The pickups of today and later, and those of the last week."""
    return _pickups(found, connection, shop, {}, "")


@router.post("/shop/pickups")
def page_shop_pickup_asked(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """Somebody comes for what is booked at that store. The same form twice is one pickup."""
    outcome = attempt(connection, lambda: _asked(found, connection, shop, said))
    if isinstance(outcome, PostError):
        return _pickups(found, connection, shop, said, told(found, outcome))
    return go("/shop/pickups", found, said="Asked for. Somebody comes for your parcels.")


def _asked(found: Visit, connection: Connection, shop: MerchantId, said: Mapping[str, str]) -> Pickup:
    asked = PickupAsked(
        request_ref=said.get("draft", "")[:64] or "page",
        ready_from=_instant(said, "from_hour"),
        ready_until=_instant(said, "until_hour"),
        store_address=said.get("store_address", "")[:300],
        note=said.get("note", "").strip()[:500],
    )
    return ask_for_pickup(connection, found.engine.facts, load_merchant(connection, shop), asked, found.at)


def _instant(said: Mapping[str, str], field: str) -> datetime:
    """That hour of the day of the form, in Dhaka."""
    day = day_of(said.get("on", ""), "on")
    try:
        hour = time.fromisoformat(latin_digits(said.get(field, "")))
    except ValueError:
        hour = None
    if day is None or hour is None:
        raise Unacceptable("a day and two hours are needed", field=field, remedy="say from when until when to come")
    return datetime.combine(day, hour, DHAKA)


def _pickups(found: Visit, connection: Connection, shop: MerchantId, said: Mapping[str, str], problem: str) -> Response:
    tomorrow = (found.at.astimezone(DHAKA) + timedelta(days=1)).date()
    typed = {"on": tomorrow.isoformat(), "from_hour": "10:00", "until_hour": "14:00", "note": "", "store_address": ""}
    draft = said.get("draft") or f"PICKUP-{secrets.token_hex(5).upper()}"
    return page(
        found,
        "shop/pickups.html",
        422 if problem else 200,
        pickups=pickups_of_merchant(connection, shop, found.at - timedelta(days=7))[::-1],
        stores=store_choices(load_stores(connection, shop)),
        typed={**typed, **said, "draft": draft},
        problem=problem,
    )
