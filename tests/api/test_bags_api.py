"""A bag from one office to another by the API, and what is on the road in between."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.units import bangla_digits
from tests.api.client import Api, refused, taken

HOME, HUB, AWAY = "1205", "1215", "1216"


class Route:
    """What offices tell of their bags, ten seconds apart."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.shop = api.shop()
        self._numbers = count(1)

    def item(self) -> str:
        """A parcel accepted at New Market for Mirpur."""
        item = self.api.item(self.shop, f"R-{next(self._numbers)}")
        self.api.at += timedelta(seconds=10)
        accepted = self.api.scan(item, "accepted", office=HOME, holder=f"office:{HOME}", device_id="counter-1205")
        assert self.api.scans(accepted)[0]["outcome"] == "accepted"
        return item

    def told(self, office: str, **rest: Any) -> dict[str, Any]:
        self.api.at += timedelta(seconds=10)
        return {"office": office, "occurred_at": self.api.at.isoformat(), **rest}

    def bag(self, destination: str = AWAY, office: str = HOME, count: int = 1) -> list[str]:
        asked = {"office": office, "destination": destination, "count": count, "request_id": str(uuid4())}
        return list(taken(self.api.post("/v1/bags", asked), 201)["bags"])

    def do(self, key: str, what: str, office: str = HOME, **rest: Any) -> Any:
        return taken(self.api.post(f"/v1/bags/{key}/{what}", self.told(office, **rest)))

    def closed(self, *numbers: str, destination: str = AWAY) -> str:
        (key,) = self.bag(destination)
        self.do(key, "items", numbers=list(numbers))
        self.do(key, "seal", seal="S-1", weight_g=12_340)
        return key

    def sent(self, *numbers: str, leg: str = "1205-1215-M", office: str = HOME) -> Any:
        by = {"leg": leg, "on": self.api.at.date().isoformat()}
        return taken(self.api.post("/v1/dispatches", self.told(office, by=by, numbers=list(numbers))), 201)

    def received(self, *numbers: str, office: str = HUB) -> Any:
        return taken(self.api.post("/v1/bags/receipts", self.told(office, numbers=list(numbers))))["verdicts"]


@pytest.fixture
def route(api: Api) -> Iterator[Route]:
    """The clock goes on while offices tell, and is put back for the tests that follow."""
    before = api.at
    yield Route(api)
    api.at = before


def test_a_bag_goes_from_office_to_office_and_is_opened(api: Api, route: Route) -> None:
    a, b = route.item(), route.item()
    (key,) = route.bag()
    verdicts = route.do(key, "items", numbers=[a, b])["verdicts"]
    assert verdicts == [{"number": n, "outcome": "accepted", "why": ""} for n in (a, b)]
    sealed = route.do(key, "seal", seal="S-১০৪২", weight_g=12_340, is_last=True)
    assert (sealed["state"], sealed["seal"], sealed["printed_number"]) == ("sealed", "S-1042", f"{key}110123")
    assert (sealed["origin"], sealed["destination"], sealed["holder"]) == (HOME, AWAY, "office:1205")
    departure = route.sent(key)["departure"]
    expected = taken(api.get(f"/v1/dispatches?office={HUB}", office=HUB))["expected"]
    assert [(one["vehicle"], one["bags"]) for one in expected if key in one["bags"]] == [(departure["vehicle"], [key])]
    assert {one["outcome"] for one in route.received(key)} == {"accepted"}
    route.sent(key, leg="1215-1216-M", office=HUB)
    assert {one["outcome"] for one in route.received(key, office=AWAY)} == {"accepted"}
    manifest = taken(api.get(f"/v1/bags/{key}/manifest", office=AWAY))["lines"]
    assert [(line["number"], line["destination"], line["registered"]) for line in manifest] == [
        (n, AWAY, True) for n in sorted([a, b])
    ]
    opening = route.do(key, "opening", AWAY, found=[a], damaged=[])
    assert (opening["matched"], opening["short"], opening["bag"]["state"]) == ([a], [b], "opened")
    assert taken(api.get(f"/v1/tracking/{a}"))["state"] == "at_delivery_office"


def test_a_bag_is_known_by_whatever_is_written_on_it(api: Api, route: Route) -> None:
    key = route.closed(route.item())
    printed = taken(api.get(f"/v1/bags/{key}"))["printed_number"]
    for written in (printed, printed.lower(), bangla_digits(printed), f"{key[:6]} {key[6:]}"):
        assert taken(api.get(f"/v1/bags/{written}"))["receptacle"] == key
    assert refused(api.get("/v1/bags/BD1205"), 422)["field"] == "bag"


def test_papers_are_pdf(api: Api, route: Route) -> None:
    key = route.closed(route.item())
    vehicle = route.sent(key)["departure"]["vehicle"]
    for path in (f"bags/{key}/label.pdf", f"bags/{key}/manifest.pdf", f"dispatches/manifest.pdf?vehicle={vehicle}"):
        answer = api.get(f"/v1/{path}")
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    lines = taken(api.get(f"/v1/dispatches/manifest?vehicle={vehicle}"))["lines"]
    assert {"number": key, "destination": AWAY, "weight_g": 12_340, "registered": True, "items": 1} in lines
    refused(api.get(f"/v1/bags/{route.bag()[0]}/label.pdf"), 409, "conflict")


def test_numbers_are_given_out_in_blocks_and_asked_twice_they_are_the_same(api: Api, route: Route) -> None:
    asked = {"office": HOME, "destination": "1230", "count": 20, "request_id": str(uuid4())}
    first = taken(api.post("/v1/bags", asked), 201)["bags"]
    assert len(set(first)) == 20
    assert taken(api.post("/v1/bags", asked, office=HOME), 201)["bags"] == first
    refused(api.post("/v1/bags", asked | {"count": 21}), 409, "conflict")
    refused(api.post("/v1/bags", asked | {"count": 1000}), 422)


def test_what_was_told_twice_counts_once(api: Api, route: Route) -> None:
    (key,) = route.bag()
    told = route.told(HOME, numbers=[route.item()])
    outcomes = [taken(api.post(f"/v1/bags/{key}/items", told))["verdicts"][0]["outcome"] for _ in range(2)]
    assert outcomes == ["accepted", "duplicate"]


def test_taken_out_and_unsealed(api: Api, route: Route) -> None:
    a, b = route.item(), route.item()
    key = route.closed(a, b)
    refused(api.post(f"/v1/bags/{key}/removals", route.told(HOME, numbers=[a])), 409, "conflict")
    assert route.do(key, "unseal")["state"] == "open"
    route.do(key, "removals", numbers=[a])
    assert [line["number"] for line in taken(api.get(f"/v1/bags/{key}/manifest"))["lines"]] == [b]


def test_a_broken_vehicles_load_goes_on_by_the_next_run(api: Api, route: Route) -> None:
    item = route.item()
    vehicle = route.sent(item, leg="1205-1215-A")["departure"]["vehicle"]
    told = route.told(HOME, vehicle=vehicle)
    moved = taken(api.post("/v1/dispatches/failures", told))
    assert moved["departure"]["vehicle"] != vehicle
    assert item in {one["number"] for one in moved["verdicts"]}
    assert taken(api.post("/v1/dispatches/failures", told))["verdicts"] == []
    onto = {"vehicle": "DM TA 11", "destination": HUB, "depart_at": api.at.isoformat()}
    again = taken(
        api.post("/v1/dispatches/failures", route.told(HOME, vehicle=moved["departure"]["vehicle"], onto=onto))
    )
    assert again["departure"]["vehicle"].startswith("DM-TA-11/")


def test_what_to_load_is_what_the_run_takes_soonest(api: Api, route: Route) -> None:
    a, b = route.item(), route.item()
    key = route.closed(a)
    due = taken(api.get(f"/v1/dispatches/loading?leg=1205-1215-M&on={api.at.date()}", office=HOME))
    assert key in due["bags"] and b in due["items"] and a not in due["items"]


def test_another_offices_business_does_not_exist(api: Api, route: Route) -> None:
    (key,) = route.bag()
    theirs = route.told(HOME, numbers=[route.item()])
    for path, body in (
        (f"/v1/bags/{key}/items", theirs),
        (f"/v1/bags/{key}/removals", theirs),
        (f"/v1/bags/{key}/seal", route.told(HOME, seal="S", weight_g=1)),
        (f"/v1/bags/{key}/unseal", route.told(HOME)),
        (f"/v1/bags/{key}/opening", route.told(HOME, found=[])),
        ("/v1/bags/receipts", theirs),
        ("/v1/bags", {"office": HOME, "destination": AWAY, "request_id": str(uuid4())}),
        ("/v1/dispatches", theirs | {"by": {"leg": "1205-1215-M", "on": "2026-11-22"}}),
        ("/v1/dispatches/failures", route.told(HOME, vehicle="x/20261122T0320Z")),
    ):
        problem = refused(api.post(path, body, office=AWAY), 404)
        absent = refused(api.post(path, body | {"office": "9999"}, office=AWAY), 404)
        assert problem["detail"].replace(HOME, "9999") == absent["detail"]
    for path in ("dispatches?office=1205", "dispatches/loading?leg=1205-1215-M&on=2026-11-22"):
        assert refused(api.get(f"/v1/{path}", office=AWAY), 404)["detail"] == "no office 1205"
    own = route.told(AWAY, numbers=[route.item()])
    refused(api.post(f"/v1/bags/{key}/items", own, office=AWAY), 404)


def test_a_row_that_cannot_be_read_is_named_and_nothing_is_kept(api: Api, route: Route) -> None:
    (key,) = route.bag()
    item = route.item()
    problem = refused(api.post(f"/v1/bags/{key}/items", route.told(HOME, numbers=[item, "DP473124828BD"])), 422)
    assert problem["row"] == 2
    assert taken(api.get(f"/v1/bags/{key}/manifest"))["lines"] == []


@pytest.mark.parametrize("path", ["manifest", "manifest.pdf"])
def test_a_vehicle_that_cannot_be_named_is_refused(api: Api, path: str) -> None:
    assert refused(api.get(f"/v1/dispatches/{path}?vehicle=%00"), 422)["field"] == "vehicle"


def test_what_is_said_of_bags_names_nobody(api: Api, route: Route) -> None:
    key = route.closed(route.item())
    vehicle = route.sent(key)["departure"]["vehicle"]
    for path in (
        f"bags/{key}",
        f"bags/{key}/manifest",
        f"dispatches/manifest?vehicle={vehicle}",
        "dispatches?office=1205",
    ):
        text = api.get(f"/v1/{path}").text
        assert "কৃষ্ণা" not in text and "017" not in text and "House" not in text
