"""From a municipality's sealed file to the doors, the ledger and back: both sides on ports, and each at its worst."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from post_logistics.cod.proof import check_books
from post_logistics.operations.documents.sealing import DOCUMENTS, TRADE
from post_logistics.operations.orders.order_jobs import work_off
from post_logistics.storage.money.ledger import load_transfers
from tests.api.client import Api, refused, taken
from tests.api.compat.shops import on_a_port
from tests.closes import counted
from tests.minute import tell
from tests.operations.documents.desk import signature
from tests.standins.issuers import NEWS
from tests.standins.municipality import LISTS, Municipality
from tests.standins.serving import Fault, served

OFFICE, RIDER, PILOT = "8100", "8100-R01", "gopalganj"
HOLDER = f"rider:{RIDER}"
_days = count(2, 3)
_lists = count(1)


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[str]:
    with on_a_port(api) as url:
        yield url


class World:
    """The town hall of Gopalganj, served, and its merchant with us."""

    def __init__(self, api: Api, server: str, address: str, hall: Municipality) -> None:
        api.at += timedelta(days=next(_days))  # nobody else's day is closed
        self.api, self.hall = api, hall
        self.first_on = str(api.at.date())
        account = {"payout_account": "Sonali 4010 2003 4455"}
        self.merchant = taken(api.request("PUT", f"/v1/municipalities/{PILOT}", json=account))["merchant_id"]
        key = {"name": "Town hall", "scopes": ["documents"]}
        hall.post_url, hall.key = server, taken(api.post("/v1/keys", key, merchant=self.merchant), 201)["key"]
        hook = {"url": address + NEWS, "dialect": "municipal", "secret": hall.token}
        self.endpoint = UUID(taken(api.post("/v1/webhooks", hook, merchant=self.merchant), 201)["endpoint_id"])

    def list_of(self, *papers: str) -> tuple[str, list[str]]:
        """A list with a number that no other has."""
        return f"M-{next(_lists)}", list(papers)

    def work_off(self) -> dict[str, Any]:
        """The worker takes in the newest file; what became of it."""
        engine = self.api.engine
        (newest, *_) = taken(self.api.get("/v1/manifests", merchant=self.merchant))["manifests"]
        job_id = UUID(newest["manifest_id"])
        work_off(engine.database, engine.facts, engine.numbers, job_id, lambda: self.api.at, {DOCUMENTS: TRADE})
        return dict(taken(self.api.get(newest["job_url"], merchant=self.merchant)))

    def documents(self) -> dict[str, dict[str, Any]]:
        found = taken(self.api.get("/v1/documents?limit=500", merchant=self.merchant))["documents"]
        return {one["application_number"]: one for one in found}

    def receive(self, count: int) -> None:
        """The counter of the town's office has the newest list, and everything on it."""
        (newest, *_) = taken(self.api.get("/v1/manifests", merchant=self.merchant))["manifests"]
        found = {"counted": count, "seal_intact": True, "received_by": "clerk"}
        path = f"/v1/offices/{OFFICE}/manifests/{newest['manifest_id']}/receipt"
        taken(self.api.post(path, found, office=OFFICE))

    def scan(self, item: str, event: str, **changes: Any) -> dict[str, Any]:
        here = {"office": OFFICE, "holder": f"office:{OFFICE}", "device_id": "town"}
        return self.api.scan(item, event, **here | changes)

    def out(self, *numbers: str) -> None:
        """The papers lie at the office, are planned as one loop, and go out."""
        known = self.documents()
        items = [known[number]["item_number"] for number in numbers]
        self.api.at += timedelta(minutes=5)
        self.api.scans(*(self.scan(item, "at_delivery_office") for item in items))
        plan = {"office": OFFICE, "service_on": str(self.api.at.date()), "seconds": 0.2}
        taken(self.api.post("/v1/plans", plan, office=OFFICE), 201)
        self.api.scans(*(self.scan(item, "out_for_delivery", holder=HOLDER) for item in items))

    def hand_over(self, number: str, *, cash_poisha: int = 0, **shown: Any) -> None:
        """The postman hands it over or affixes it, takes the fee, and shows it."""
        scan = self.scan(self.documents()[number]["item_number"], "delivered_claimed", holder=HOLDER)
        (verdict,) = self.api.claims(scan | {"collected_poisha": cash_poisha})
        assert verdict["outcome"] == "accepted", verdict
        shared = {name: scan[name] for name in ("item_number", "device_id", "sequence", "office")}
        photo = {"kind": "photo", "body_base64": b64encode(signature()).decode()}
        who = {"kind": "identity", **shown}
        proofs = [shared | {"taken_at": scan["occurred_at"]} | what for what in (photo, who)]
        verdicts = taken(self.api.post("/v1/proofs", {"proofs": proofs}, office=OFFICE))["verdicts"]
        assert {one["outcome"] for one in verdicts} == {"kept"}, verdicts

    def close(self, cash_poisha: int = 0) -> None:
        """The rider's day is closed: what is proved is confirmed."""
        day = {"rider": RIDER, "office": OFFICE, "closed_on": str(self.api.at.date())}
        taken(self.api.post("/v1/day-closes/riders", day | dict(counted(cash_poisha)), office=OFFICE))

    def tell(self) -> int:
        """What a worker does in a minute; how many messages the town hall took."""
        return tell(self.api, self.endpoint)


@pytest.fixture
def world(api: Api, server: str) -> Iterator[World]:
    hall = Municipality()
    with served(hall) as address:
        world = World(api, server, address, hall)
        yield world
        assert api.request("DELETE", f"/v1/webhooks/{world.endpoint}", merchant=world.merchant).status_code == 204


HOUSEHOLD: dict[str, Any] = {"received_by": "household"}
AFFIXED: dict[str, Any] = {"received_by": "affixed", "witness": "Abdul Karim, next door"}


def test_from_the_sealed_file_over_the_loop_to_the_doors_the_ledger_and_back(world: World) -> None:
    hall = world.hall
    hall.issue("HT-1", holding="০১২৩ / ক", fee="১,২৫০")
    hall.issue("HT-2", holding="124", ward="ওয়ার্ড নং ৫", fee="300")
    hall.issue("WB-1", holding="125", ward="5", service="M20")
    assert hall.hand_in(world.list_of("HT-1", "HT-2", "WB-1")) == [202]
    assert world.work_off()["booked"] == 3
    world.receive(3)
    world.out("HT-1", "HT-2", "WB-1")
    on = str(world.api.at.date())
    loop = taken(world.api.get(f"/v1/municipalities/{PILOT}/loops/{on}", office=OFFICE))
    assert (loop["papers"], loop["riders"], loop["left"]) == (3, 1, 0)
    assert [call["papers"] for call in loop["calls"] if call["place"] == "Gopalganj, ward 5"] == [2]

    world.hand_over("HT-1", cash_poisha=1_250_00, **HOUSEHOLD)
    world.hand_over("HT-2", cash_poisha=300_00, **AFFIXED)
    world.hand_over("WB-1", **HOUSEHOLD)
    world.tell()
    assert {bill.status for bill in hall.bills.values()} == {"served_unconfirmed"}
    assert not any(bill.proofs for bill in hall.bills.values())
    world.close(1_550_00)
    world.tell()
    told = [(bill.status, bill.taken_poisha, bill.served_to, len(bill.proofs)) for bill in hall.bills.values()]
    assert told == [
        ("served", 1_250_00, "household", 1),
        ("served", 300_00, "affixed", 1),
        ("served", 0, "household", 1),
    ]
    report = hall.remitted(world.first_on, on)
    assert (report["handed_in"], report["served"], report["affixed"]) == (3, 3, 1)
    assert report["fees_poisha"] == report["collected_poisha"] == sum(one.taken_poisha for one in hall.bills.values())

    with world.api.engine.database.transaction() as connection:
        moved = load_transfers(connection)
    assert check_books(moved) == ()
    items = {one["item_number"] for one in world.documents().values()}
    credited = [t for t in moved if t.item_number in items and t.credit == f"merchant_payable:{world.merchant}"]
    assert sum(one.amount_poisha for one in credited) == 1_550_00


@pytest.mark.parametrize("fault", [Fault.TWICE, Fault.OUT_OF_ORDER])
def test_files_that_come_twice_or_out_of_order_are_booked_once(world: World, fault: Fault) -> None:
    before = world.documents().keys()
    for number in ("A", "B"):
        world.hall.issue(f"{fault}-{number}", holding="1")
    world.hall.misbehave(fault, on=LISTS)
    statuses = world.hall.hand_in(world.list_of(f"{fault}-A"), world.list_of(f"{fault}-B"))
    assert set(statuses) == {202}
    engine = world.api.engine
    for one in taken(world.api.get("/v1/manifests?limit=2", merchant=world.merchant))["manifests"]:
        job_id = UUID(one["manifest_id"])
        for _ in range(2):
            work_off(engine.database, engine.facts, engine.numbers, job_id, lambda: world.api.at, {DOCUMENTS: TRADE})
    assert world.documents().keys() - before == {f"{fault}-A", f"{fault}-B"}


def test_a_file_whose_fee_was_changed_on_the_way_is_refused_and_taken_when_it_comes_whole(world: World) -> None:
    world.hall.issue("WHOLE", holding="1", fee="100")
    named = world.list_of("WHOLE")
    world.hall.misbehave(Fault.WRONG_AMOUNT, on=LISTS)
    assert world.hall.hand_in(named) == [422]
    assert world.hall.hand_in(named) == [202]
    world.work_off()
    assert world.documents()["WHOLE"]["fee_poisha"] == 100_00


def test_a_file_under_anothers_key_is_nobodys(world: World) -> None:
    world.hall.issue("STRANGE", holding="1")
    world.hall.misbehave(Fault.WRONG_SIGNATURE, on=LISTS)
    assert world.hall.hand_in(world.list_of("STRANGE")) == [401]
    assert "STRANGE" not in world.documents()


def test_a_bad_row_is_told_with_its_number_and_the_others_are_booked(world: World) -> None:
    world.hall.issue("GOOD", holding="7")
    world.hall.issue("NOWHERE", holding="", ward="", road="")
    world.hall.issue("WARDLESS", holding="7", ward="শূন্য")
    world.hall.hand_in(world.list_of("GOOD", "NOWHERE", "WARDLESS"))
    job = world.work_off()
    assert (job["booked"], job["rejected"]) == (1, 2)
    rows = taken(world.api.get(f"/v1/jobs/{job['job_id']}/rows", merchant=world.merchant))["rows"]
    wrong = {one["order_ref"]: one["problems"][0]["field"] for one in rows if one["problems"]}
    assert wrong == {"NOWHERE": "holding_number", "WARDLESS": "ward"}


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN, Fault.LOST, Fault.GARBLED, Fault.LATE])
def test_news_reach_a_town_hall_that_stumbles_and_count_once(world: World, fault: Fault) -> None:
    number = f"N-{fault}"
    world.hall.issue(number, holding="5", fee="10")
    world.hall.hand_in(world.list_of(number))
    world.work_off()
    world.receive(1)
    world.out(number)
    world.hand_over(number, cash_poisha=10_00, **HOUSEHOLD)
    world.close(10_00)
    world.hall.misbehave(fault, on=NEWS, times=3)
    for _ in range(8):
        world.tell()
        world.api.at += timedelta(minutes=31)
    bill = world.hall.bills[number]
    assert (bill.status, bill.taken_poisha, len(bill.proofs)) == ("served", 10_00, 1)
    assert world.hall.refused == 0


def test_a_town_hall_that_heard_nothing_asks_by_number(world: World) -> None:
    world.hall.issue("ASKED", holding="5")
    world.hall.hand_in(world.list_of("ASKED"))
    world.work_off()
    world.receive(1)
    world.out("ASKED")
    world.hand_over("ASKED", **AFFIXED)
    world.close()
    world.hall.issue("NEVER-SENT", holding="6")
    assert world.hall.ask() == ["NEVER-SENT"]
    assert (world.hall.bills["ASKED"].status, world.hall.bills["ASKED"].served_to) == ("served", "affixed")


def test_another_municipality_and_another_shop_find_nothing(world: World) -> None:
    api = world.api
    natore = taken(api.request("PUT", "/v1/municipalities/natore", json={}))["merchant_id"]
    for stranger in (natore, api.shop()):
        asked = {"application_numbers": ["HT-1"]}
        refused(api.post(f"/v1/municipalities/{PILOT}/statuses", asked, merchant=stranger), 404)
        refused(api.get(f"/v1/municipalities/{PILOT}/statuses.csv", merchant=stranger), 404)
        span = f"first_on={world.first_on}&last_on={world.first_on}"
        refused(api.get(f"/v1/municipalities/{PILOT}/remittance?{span}", merchant=stranger), 404)
    own = taken(api.post("/v1/municipalities/natore/statuses", {"application_numbers": ["HT-1"]}, merchant=natore))
    assert own == {"documents": [], "unknown": ["HT-1"]}
    refused(api.get(f"/v1/municipalities/{PILOT}/loops/2026-11-22", office="1216"), 404)
