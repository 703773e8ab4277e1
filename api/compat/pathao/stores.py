"""Stores: where the post picks up, several for a shop."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import AliasChoices, Field

from api.compat.access import PathaoMerchant
from api.compat.pathao.answers import Ok, Page, PageNumber, page_of
from api.compat.wire import Phone, Sent, Tolerant, Whole, local_phone
from api.context import InTransaction, Now, TheEngine
from api.fields import Out
from post_logistics.errors import Unacceptable
from post_logistics.network.hierarchy import Area
from post_logistics.network.offices import PostOffice
from post_logistics.network.resolve import Hints
from post_logistics.operations.access.stores import add_store
from post_logistics.operations.facts import Facts
from post_logistics.storage.access.store_areas import keep_store_area, load_store_areas
from post_logistics.storage.access.stores import Store, load_store, load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import MerchantId

MOST_ON_A_PAGE: Final = 100

router = APIRouter()


class StoreIn(Tolerant):
    """A store to add. One of the shop's that has this name and address is that store."""

    name: Annotated[str, Field(min_length=3, max_length=50, validation_alias=AliasChoices("name", "store_name"))]
    contact_name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    contact_number: Phone = ""
    address: Annotated[str, Field(min_length=10, max_length=300)]
    city_id: Whole = 0
    zone_id: Whole = 0
    area_id: Whole = 0


class StoreOut(Out):
    """A store, and where it lies."""

    store_id: int
    store_name: str
    store_address: str
    contact_name: str
    contact_number: str
    is_active: int = 1
    city_id: int
    zone_id: int
    area_id: int | None
    hub_id: int
    is_default_store: bool
    is_default_return_store: bool


class ShortInfoOut(Out):
    """Whose keys these are. ``country_id`` 1: addresses are understood as they are written."""

    country_id: int = 1
    merchant_id: str
    merchant_name: str


@router.get("/user/short-info", name="pathao_user")
def short_info(merchant_id: PathaoMerchant, connection: InTransaction) -> Ok[ShortInfoOut]:
    """The shop."""
    name = load_merchant(connection, merchant_id).name
    return Ok(message="User info fetched.", data=ShortInfoOut(merchant_id=merchant_id, merchant_name=name))


@router.get("/stores", name="pathao_stores")
def stores(
    request: Request,
    merchant_id: PathaoMerchant,
    connection: InTransaction,
    engine: TheEngine,
    page: PageNumber = 1,
    per_page: PageNumber = 10,
) -> Ok[Page[StoreOut]]:
    """The shop's stores, the default one first."""
    found, size = load_stores(connection, merchant_id), min(per_page, MOST_ON_A_PAGE)
    rows = _told(connection, engine.facts, found[(page - 1) * size : page * size])
    return Ok(message="Store list fetched.", data=page_of(rows, page, size, len(found), request))


@router.get("/stores/{store_id}", name="pathao_store")
def store(store_id: int, merchant_id: PathaoMerchant, connection: InTransaction, engine: TheEngine) -> Ok[StoreOut]:
    """One store; another shop's is not found."""
    (row,) = _told(connection, engine.facts, [load_store(connection, merchant_id, store_id)])
    return Ok(message="Store fetched.", data=row)


@router.post("/stores", name="pathao_add_store")
def add(sent: Sent, merchant_id: PathaoMerchant, connection: InTransaction, engine: TheEngine, at: Now) -> Ok[StoreOut]:
    """Adds a store where the post picks up. The same one again changes nothing."""
    made = _added(connection, engine.facts, merchant_id, StoreIn.understood(sent), at)
    (row,) = _told(connection, engine.facts, [made])
    return Ok(message="Store created successfully.", data=row)


def _added(connection: Connection, facts: Facts, merchant_id: MerchantId, asked: StoreIn, at: datetime) -> Store:
    """The store, and the area that was chosen for it, kept."""
    hints = facts.hierarchy().hints(asked.city_id, asked.zone_id, asked.area_id)
    try:
        made = add_store(
            connection,
            facts,
            merchant_id,
            name=asked.name,
            contact_name=asked.contact_name,
            contact_phone=asked.contact_number,
            address=_findable(facts, asked.address, hints),
            at=at,
        )
    except Unacceptable as error:
        field = "address" if error.field == "store_address" else error.field
        raise Unacceptable(error.message, field=field, remedy=error.remedy) from None
    if hints.area:
        keep_store_area(connection, made.store_id, asked.area_id)
    return made


def _findable(facts: Facts, address: str, hints: Hints) -> str:
    """The address; with the chosen place behind it where the address itself does not tell where it is."""
    try:
        facts.resolver.settle(address)
    except Unacceptable:
        names = (hints.area, hints.thana, hints.district)
        return ", ".join([address, *(name for name in names if name.casefold() not in address.casefold())])
    return address


def _told(connection: Connection, facts: Facts, found: Sequence[Store]) -> list[StoreOut]:
    chosen = load_store_areas(connection, [one.store_id for one in found])
    return [_store(facts, one, facts.hierarchy().areas.get(chosen.get(one.store_id, 0))) for one in found]


def _store(facts: Facts, store: Store, area: Area | None) -> StoreOut:
    office = _office_of(facts, store)
    thana = area.thana if area else office and facts.hierarchy().thana_named(office.district, office.thana)
    return StoreOut(
        store_id=store.store_id,
        store_name=store.name,
        store_address=store.address,
        contact_name=store.contact_name,
        contact_number=local_phone(store.contact_phone),
        city_id=thana.district.number if thana else 0,
        zone_id=thana.number if thana else 0,
        area_id=area.number if area else None,
        hub_id=int(office.postcode) if office else 0,
        is_default_store=store.is_default,
        is_default_return_store=store.is_default,
    )


def _office_of(facts: Facts, store: Store) -> PostOffice | None:
    """The office of the store's address; None for one that nobody would find."""
    with suppress(Unacceptable):
        return facts.offices.get(store.postcode or facts.resolver.settle(store.address).postcode)
    return None
