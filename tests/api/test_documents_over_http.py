"""From ekSheba's sealed list to the door, the ledger and back: both sides on ports, and each at its worst."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from post_logistics.cod.proof import check_books
from post_logistics.storage.money.ledger import load_transfers
from tests.api.client import Api, taken
from tests.api.compat.shops import on_a_port
from tests.closes import counted
from tests.minute import tell
from tests.operations.documents.desk import signature
from tests.standins.eksheba import MANIFESTS, EkSheba
from tests.standins.issuers import NEWS
from tests.standins.serving import Fault, served

RIDER = "1216-R01"
HOLDER = f"rider:{RIDER}"
_weeks = count(1)


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[str]:
    with on_a_port(api) as url:
        yield url


class World:
    """ekSheba, served, and the office of ours that it is."""

    def __init__(self, api: Api, server: str, address: str, desk: EkSheba) -> None:
        api.at += (
            timedelta(weeks=next(_weeks)) / 2
        )  # nobody else's day is closed, and no news is older than what is told
        self.api, self.desk, self.office = api, desk, api.shop()
        issuer = {"merchant_id": self.office, "kind": "office", "code": self.office, "office": "1205"}
        taken(api.post("/v1/issuers", issuer | {"name_bn": "জেলা প্রশাসকের কার্যালয়"}), 201)
        key = {"name": "ekSheba", "scopes": ["documents"]}
        desk.post_url, desk.key = server, taken(api.post("/v1/keys", key, merchant=self.office), 201)["key"]
        hook = {"url": address + NEWS, "dialect": "eksheba", "secret": desk.token}
        self.endpoint = UUID(taken(api.post("/v1/webhooks", hook, merchant=self.office), 201)["endpoint_id"])

    def manifests(self) -> list[dict[str, Any]]:
        return list(taken(self.api.get("/v1/manifests", merchant=self.office))["manifests"])

    def documents(self) -> dict[str, dict[str, Any]]:
        found = taken(self.api.get("/v1/documents", merchant=self.office))["documents"]
        return {one["application_number"]: one for one in found}

    def receive(self, count: int) -> None:
        """The counter has the newest manifest, and everything on it."""
        manifest_id = self.manifests()[0]["manifest_id"]
        found = {"counted": count, "seal_intact": True, "received_by": "clerk"}
        taken(self.api.post(f"/v1/offices/1205/manifests/{manifest_id}/receipt", found, office="1205"))

    def deliver(self, number: str, *, cash_poisha: int = 0, **shown: Any) -> dict[str, Any]:
        """The rider hands it over, and shows who received it."""
        item = self.documents()[number]["item_number"]
        self.api.at += timedelta(minutes=5)
        self.api.scans(self.api.scan(item, "at_delivery_office"))
        self.api.scans(self.api.scan(item, "out_for_delivery", holder=HOLDER))
        scan = self.api.scan(item, "delivered_claimed", holder=HOLDER)
        (verdict,) = self.api.claims(scan | {"collected_poisha": cash_poisha})
        assert verdict["outcome"] == "accepted", verdict
        self.show(scan, kind="signature", body_base64=b64encode(signature()).decode())
        if shown:
            self.show(scan, kind="identity", **shown)
        return scan

    def show(self, scan: dict[str, Any], **what: Any) -> None:
        shared = {name: scan[name] for name in ("item_number", "device_id", "sequence", "office")}
        proof = shared | {"taken_at": scan["occurred_at"]} | what
        (verdict,) = taken(self.api.post("/v1/proofs", {"proofs": [proof]}, office="1216"))["verdicts"]
        assert verdict["outcome"] == "kept", verdict

    def close(self, cash_poisha: int = 0) -> None:
        """The rider's day is closed: what is proved is confirmed."""
        self.api.at += timedelta(days=1)
        day = {"rider": RIDER, "office": "1216", "closed_on": str(self.api.at.date())}
        taken(self.api.post("/v1/day-closes/riders", day | dict(counted(cash_poisha)), office="1216"))

    def tell(self) -> int:
        """What a worker does in a minute; how many messages ekSheba took."""
        return tell(self.api, self.endpoint)


@pytest.fixture
def world(api: Api, server: str) -> Iterator[World]:
    desk = EkSheba()
    with served(desk) as address:
        yield World(api, server, address, desk)


CHECKED: dict[str, Any] = {"received_by": "addressee", "identity": "nid", "last4": "6789"}


def test_from_the_sealed_list_to_the_door_the_ledger_and_the_advice(world: World) -> None:
    desk = world.desk
    desk.apply("LR-1")
    desk.apply("LR-2", service_code="G11", fee_poisha=5_000)
    assert desk.hand_in(("M-1", ["LR-1", "LR-2"])) == [201]
    assert world.manifests()[0]["booked"] == 2
    assert [one["number"] for one in taken(world.api.get("/v1/offices/1205/manifests", office="1205"))][-1:] == ["M-1"]
    world.receive(2)
    world.deliver("LR-1", **CHECKED)
    world.deliver("LR-2", cash_poisha=9_600, **CHECKED)
    world.tell()
    assert {one.status for one in desk.applications.values()} == {"OUT_FOR_DELIVERY"}
    assert not any(one.advices for one in desk.applications.values())
    world.close(9_600)
    world.tell()
    for one in desk.applications.values():
        assert one.status == "DELIVERED" and one.delivered
        (advice,) = one.advices
        assert (advice["received_by"], advice["identity"]) == ("addressee", "nid")
    engine = world.api.engine
    with engine.database.transaction() as connection:
        moved = load_transfers(connection)
    assert check_books(moved) == ()
    item = world.documents()["LR-2"]["item_number"]
    collected = [one for one in moved if one.item_number == item and one.credit == f"merchant_payable:{world.office}"]
    assert [one.amount_poisha for one in collected] == [9_600]
    advices = taken(world.api.get("/v1/documents/advices", merchant=world.office))["advices"]
    assert len(advices) == 2


@pytest.mark.parametrize("fault", [Fault.TWICE, Fault.OUT_OF_ORDER])
def test_lists_that_come_twice_or_out_of_order_are_booked_once(world: World, fault: Fault) -> None:
    for number in ("A", "B"):
        world.desk.apply(number)
    world.desk.misbehave(fault, on=MANIFESTS)
    assert set(world.desk.hand_in(("M-1", ["A"]), ("M-2", ["B"]))) == {201}
    assert len(world.manifests()) == 2
    assert world.documents().keys() == {"A", "B"}


def test_a_list_that_was_changed_on_the_way_is_refused_and_taken_when_it_comes_whole(world: World) -> None:
    world.desk.apply("A", fee_poisha=1_000)
    world.desk.misbehave(Fault.WRONG_AMOUNT, on=MANIFESTS)
    assert world.desk.hand_in(("M-1", ["A"])) == [422]
    assert world.manifests() == []
    assert world.desk.hand_in(("M-1", ["A"])) == [201]
    assert world.documents()["A"]["fee_poisha"] == 1_000


def test_a_list_under_anothers_key_is_nobodys(world: World) -> None:
    world.desk.apply("A")
    world.desk.misbehave(Fault.WRONG_SIGNATURE, on=MANIFESTS)
    assert world.desk.hand_in(("M-1", ["A"])) == [401]
    assert world.manifests() == []


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN, Fault.LOST, Fault.GARBLED, Fault.LATE])
def test_the_advice_reaches_a_desk_that_stumbles_and_counts_once(world: World, fault: Fault) -> None:
    world.desk.apply("A")
    world.desk.hand_in(("M-1", ["A"]))
    world.receive(1)
    world.deliver("A", **CHECKED)
    world.close()
    world.desk.misbehave(fault, on=NEWS, times=3)
    for _ in range(8):
        world.tell()
        world.api.at += timedelta(minutes=31)
    application = world.desk.applications["A"]
    assert application.status == "DELIVERED"
    assert len(application.advices) == 1
    assert world.desk.refused == 0


def test_a_hand_over_without_its_check_is_not_advised_before_it_comes(world: World) -> None:
    world.desk.apply("A")
    world.desk.hand_in(("M-1", ["A"]))
    world.receive(1)
    scan = world.deliver("A")
    world.close()
    world.tell()
    waiting = taken(world.api.get("/v1/offices/1216/unproved", office="1216"))
    assert scan["item_number"] in {one["item_number"] for one in waiting}
    assert world.desk.applications["A"].status == "OUT_FOR_DELIVERY"
    world.show(scan, kind="identity", **CHECKED)
    world.close()
    world.tell()
    assert world.desk.applications["A"].delivered
    assert world.documents()["A"]["received_by"] == "addressee"
