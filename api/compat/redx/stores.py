"""Stores where parcels are picked up."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path

from api.compat.access import RedxMerchant
from api.compat.redx.places import AreaNameOut, area_of_address
from api.compat.wire import Phone, Sent, Tolerant, Whole, instant, local_phone
from api.context import Engine, InTransaction, Now, TheEngine
from api.fields import Out
from post_logistics.operations.access.stores import add_store
from post_logistics.storage.access.store_areas import keep_store_area, load_store_areas
from post_logistics.storage.access.stores import Store, load_store, load_stores
from post_logistics.storage.database import Connection

router = APIRouter(tags=["redx"])


class StoreIn(Tolerant):
    """A store that the shop wants parcels picked up from."""

    name: str
    phone: Phone
    address: str
    area_id: Whole = 0


class StoreOut(Out):
    """A store."""

    id: int
    name: str
    address: str
    area_name: str
    area_id: int
    phone: str
    created_at: str


class StoresOut(Out):
    """The stores of a shop, the default one first."""

    pickup_stores: list[StoreOut]


class OneStoreOut(Out):
    """One store."""

    pickup_store: StoreOut


@router.post("/pickup/store", name="redx_add_store")
def add(sent: Sent, merchant_id: RedxMerchant, connection: InTransaction, engine: TheEngine, at: Now) -> StoreOut:
    """Adds a store where the post picks up. The same one again is the same store."""
    asked = StoreIn.understood(sent)
    store = add_store(
        connection,
        engine.facts,
        merchant_id,
        name=asked.name,
        contact_name="",
        contact_phone=asked.phone,
        address=asked.address,
        at=at,
    )
    for area in engine.facts.hierarchy().areas.keys() & {asked.area_id}:
        keep_store_area(connection, store.store_id, area)
    return _told(connection, engine, [store])[0]


@router.get("/pickup/stores", name="redx_stores")
def stores(merchant_id: RedxMerchant, connection: InTransaction, engine: TheEngine) -> StoresOut:
    """The shop's stores."""
    return StoresOut(pickup_stores=_told(connection, engine, load_stores(connection, merchant_id)))


@router.get("/pickup/store/info/{store_id}", name="redx_store")
def store(
    store_id: Annotated[int, Path(ge=0, lt=2**31)],
    merchant_id: RedxMerchant,
    connection: InTransaction,
    engine: TheEngine,
) -> OneStoreOut:
    """One store; another shop's is not found."""
    return OneStoreOut(pickup_store=_told(connection, engine, [load_store(connection, merchant_id, store_id)])[0])


def _told(connection: Connection, engine: Engine, found: Sequence[Store]) -> list[StoreOut]:
    chosen = load_store_areas(connection, [one.store_id for one in found])
    return [_store(one, store_area(engine, one, chosen.get(one.store_id))) for one in found]


def store_area(engine: Engine, store: Store, chosen: int | None) -> AreaNameOut:
    """The area that was chosen for a store, or the one in which its address lies."""
    area = engine.facts.hierarchy().areas.get(chosen or 0)
    if area:
        return AreaNameOut(area_id=area.number, area_name=area.name_en)
    return area_of_address(engine.facts, store.address)


def _store(store: Store, area: AreaNameOut) -> StoreOut:
    return StoreOut(
        id=store.store_id,
        name=store.name,
        address=store.address,
        area_name=area.area_name,
        area_id=area.area_id,
        phone=local_phone(store.contact_phone),
        created_at=instant(store.made_at),
    )
