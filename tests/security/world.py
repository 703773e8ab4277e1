"""A small day with a thing of every kind in it, so that there is something that strangers may not see."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

from httpx2 import Response

from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import OF_THE_POST, Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.operations.faces.visiting import make_links
from post_logistics.operations.money.alarms import watch_money
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import MerchantId, Postcode
from tests.api.client import Api, taken
from tests.api.test_bags_api import Route
from tests.api.test_claims_api import claim_of
from tests.api.test_devices import Scanner
from tests.api.test_pickups_api import asked as pickup_of
from tests.api.test_proofs_api import attempt, photo, proof, scan_id, sent
from tests.api.test_settlements_api import ACCOUNT
from tests.api.test_shops_api import WOO, Connected
from tests.api.test_view_cards_api import PICTURE
from tests.channels.shops.messages import woo_order
from tests.closes import counted
from tests.operations.money.paying import charged, parcels

OFFICE, ELSEWHERE = "1216", "1230"
DAY = "2026-11-22"
RIDER, COLLEAGUE = "1216-R01", "1216-R02"
POINT = "dc-1216-01"
RECIPIENT = {
    "recipient_name": "Canaria Zzyzx",
    "recipient_phone": "01798765432",
    "recipient_address": "House 77, Kanari Lane, Mirpur-10, Dhaka 1216",
}
SIGNS_OF_PEOPLE = ("Canaria", "Zzyzx", "1798765432", "Kanari Lane")
"""What is found in an answer or a log only if a recipient is."""
_serials = count(9_100_000, 10)


@dataclass
class World:
    """The day. ``things``: the name of a place in a path -> what is there."""

    api: Api
    shop: str
    stranger: str
    things: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """What is sent to be let in: by a role, or by the name of a shop."""

    def by(self, who: str, method: str, path: str, **options: Any) -> Response:
        """The answer to somebody's request."""
        headers = {"Authorization": f"Bearer {self.keys[who]}"} | options.pop("headers", {})
        return self.api.client.request(method, path, headers=headers, **options)


def make_world(api: Api) -> World:
    """A parcel in every hand, and the money that goes with it."""
    connected = Connected(api, kind="woocommerce", domain="canaria.example")
    connected.send(woo_order(), **WOO)
    connected.work()
    world = World(api, connected.merchant, api.shop())
    world.things |= {"shop_id": connected.made["shop_id"], "order_id": connected.orders()[0]["order_id"]}
    partner = taken(api.post("/v1/partners", {"merchant_id": connected.merchant, "partner": "ekshop"}), 201)
    world.things["partner_id"] = partner["partner_id"]
    item, scan = attempt(api, world.shop, "W-1", **RECIPIENT)
    world.things |= {"item_number": item, "number": item, "scan_id": str(scan_id(scan))}
    world.things |= {"office": OFFICE, "rider": RIDER, "point_id": POINT, "merchant_id": world.shop}
    world.things |= {"service_on": DAY, "closed_on": DAY, "on_day": DAY, "kind": "rider", "holder": RIDER}
    _of_the_shop(world, item)
    _papers(world)
    _of_the_office(world, item, scan)
    _money(world, item)
    _later(world)
    _people(world)
    return world


def _of_the_shop(world: World, item: str) -> None:
    api, shop = world.api, world.shop
    api.item(shop, "W-3", **RECIPIENT)
    claim = taken(api.post("/v1/claims", claim_of(item), merchant=shop), 201)
    pickup = taken(api.post("/v1/pickups", pickup_of(), merchant=shop), 201)
    hook = taken(api.post("/v1/webhooks", {"url": "https://shop.example/hook"}, merchant=shop), 201)
    taken(api.post(f"/v1/webhooks/{hook['endpoint_id']}/ping", merchant=shop), 202)
    messages = taken(api.get(f"/v1/webhooks/{hook['endpoint_id']}/messages", merchant=shop))["messages"]
    key = taken(api.post("/v1/keys", {"name": "web shop"}, merchant=shop), 201)
    store = {"name": "Branch", "address": "Shop 3, Mirpur-10, Dhaka 1216"}
    made = taken(api.post("/v1/stores", store, merchant=shop), 201)
    correction = taken(
        api.post("/v1/addresses/corrections", {"phrase": "Lal Bari, Kalshi", "postcode": "1216"}, merchant=shop), 201
    )
    world.things |= {
        "correction_id": correction["correction_id"],
        "claim_id": claim["claim_id"],
        "request_id": pickup["request_id"],
        "endpoint_id": hook["endpoint_id"],
        "message_id": messages[0]["message_id"],
        "key_id": key["key_id"],
        "store_id": str(made["store_id"]),
    }


def _papers(world: World) -> None:
    """The shop is an office that sends documents as well; a view card is half made at the counter."""
    api, shop = world.api, world.shop
    issuer = {"merchant_id": shop, "kind": "office", "code": "world", "name_bn": "অফিস", "office": OFFICE}
    taken(api.post("/v1/issuers", issuer), 201)
    document = {"application_number": "W-2026-1", "service_code": "G10"} | RECIPIENT
    sealed = {"number": "W/1", "service_on": DAY, "sealed_by": "A. Karim", "documents": [document]}
    world.things["manifest_id"] = taken(api.post("/v1/manifests", sealed, merchant=shop), 201)["manifest"][
        "manifest_id"
    ]
    world.things["card_id"] = str(uuid4())
    card = {"message": "প্রিয় মা", "picture_base64": PICTURE} | RECIPIENT
    taken(api.request("PUT", f"/v1/view-cards/{world.things['card_id']}", json=card, office=OFFICE))


def _of_the_office(world: World, item: str, scan: dict[str, Any]) -> None:
    api = world.api
    kept = sent(api, proof(scan, "photo", body_base64=photo()), office=OFFICE)
    route = Route(api)
    world.things |= {"proof_id": kept[0]["proof_id"], "bag": route.closed(route.item())}
    world.things["device_id"] = Scanner(api, OFFICE).device_id
    with api.engine.database.transaction() as connection:
        make_links(connection, {item: f"abcdefghijklmnopqrstuv-{item}"}, api.at)
    world.things["token"] = f"abcdefghijklmnopqrstuv-{item}"
    lost = api.item(world.shop, "W-4")
    api.with_rider(lost, RIDER)
    api.scans(api.scan(lost, "attempt_failed", holder="rider:1230-R01", reason="no_answer"))
    cases = taken(api.get("/v1/exceptions?limit=500", office=OFFICE))["exceptions"]
    world.things["exception_id"] = str(cases[0]["exception_id"])
    close = {"office": OFFICE, "closed_on": "2025-01-01", **counted(0)}
    world.things["close_id"] = taken(api.post("/v1/day-closes/offices", close, office=OFFICE))["close_id"]


def _money(world: World, item: str) -> None:
    api, shop = world.api, world.shop
    asked = {"reference": "door", "amount_poisha": None, "by": RIDER}
    world.things["payment_id"] = taken(api.post(f"/v1/items/{item}/payments", asked), 201)["payment_id"]
    change = {"change_id": str(uuid4()), "price_poisha": 80_000, "why": "a dent", "by": "clerk"}
    world.things["change_id"] = taken(api.post(f"/v1/items/{item}/prices", change, office=OFFICE), 201)["change_id"]
    paid = api.item(shop, "W-2", **RECIPIENT)
    api.with_rider(paid, COLLEAGUE)
    door = api.scan(paid, "delivered_claimed", holder=f"rider:{COLLEAGUE}", collected_poisha=100_000)
    assert api.claims(door)[0]["outcome"] == "accepted"
    world.things["receipt_id"] = taken(api.get(f"/v1/items/{paid}/receipts"))[0]["receipt_id"]
    with api.engine.database.transaction() as connection:
        items = parcels(connection, shop, [400_000], api.at, first=next(_serials))
        merchant = load_merchant(connection, MerchantId(shop))
        made = settle_merchant(
            connection, api.engine.facts, merchant, api.at.date(), api.at, cleared=set(items), by="clerk"
        )
    (payout,) = taken(api.get("/v1/payouts", merchant=shop))["payouts"]
    hold = taken(
        api.post(f"/v1/merchants/{shop}/holds", {"hold_id": str(uuid4()), "reason": "asked for", "by": "desk"})
    )
    account = taken(api.post(f"/v1/merchants/{shop}/payout-accounts", ACCOUNT))
    advance = {"advance_id": "world-1", "amount_poisha": 1000, "why": "Eid", "by": "owner"}
    taken(api.post(f"/v1/merchants/{shop}/advances", advance, merchant=shop))
    with api.engine.database.transaction() as connection:
        charged(connection, shop, 40_00, 6_00, api.at)
    bill = taken(api.post(f"/v1/merchants/{shop}/bills", {"by": "desk"}), 201)
    world.things |= {
        "bill_id": bill["bill_id"],
        "settlement_id": made.settlement_id,
        "payout_id": payout["payout_id"],
        "hold_id": hold["hold_id"],
        "version": str(account["version"]),
        "advance_id": "world-1",
    }


def _later(world: World) -> None:
    """What is done in the background, and what is late after two days."""
    api = world.api
    file = {"file": ("orders.csv", b"a,b\n1,2\n", "text/csv")}
    sent = api.post("/v1/consignments/files", files=file, headers={"Prefer": "respond-async"}, merchant=world.shop)
    world.things["job_id"] = str(taken(sent, 202)["job_id"])
    before = api.at
    api.at += timedelta(days=2)
    with api.engine.database.transaction() as connection:
        watch_money(connection, api.engine.facts, api.at)
    world.things["alarm_id"] = taken(api.get("/v1/money/alarms", office=OFFICE))["alarms"][0]["alarm_id"]
    api.at = before


def _people(world: World) -> None:
    api = world.api
    places = {shop: Place(merchant_id=MerchantId(shop)) for shop in (world.shop, world.stranger)}
    places |= {office: Place(office=Postcode(office)) for office in (OFFICE, ELSEWHERE)}
    with api.engine.database.transaction() as connection:
        for name, place in places.items():
            role = None if place.merchant_id else Role.MANAGER
            made = make_key(connection, Random(name), api.at, name="test", by="post", place=place, role=role)
            world.keys[name] = made.halves.text
    for role in Role:
        holder = {Role.RIDER: RIDER, Role.AGENT: POINT}.get(role, "")
        world.keys[role] = sign_in_as(world, f"{role}-world", role, holder)
    world.things["person_id"] = f"{Role.RIDER}-world"


def sign_in_as(world: World, login: str, role: Role, holder: str = "") -> str:
    """What somebody new is let in by: a session, with the second factor given where there must be one."""
    api = world.api
    place = Place() if role in OF_THE_POST else Place(office=Postcode(OFFICE))
    if role is Role.MERCHANT:
        place = Place(merchant_id=MerchantId(world.shop))
    with api.engine.database.transaction() as connection:
        take_on(connection, Random(login), login, "Somebody", "post", api.at)
        give_role(connection, api.engine.facts, login, role, place, "post", api.at, holder)
        made = make_key(
            connection,
            Random(login),
            api.at,
            kind=KeyKind.SESSION,
            name="",
            by=login,
            person_id=login,
            place=place,
            good_for=timedelta(hours=12),
            second_factor=True,
        )
    return made.halves.text
