"""Tours planned over HTTP: kept as revisions, read back, printed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.client import Api, refused, taken

PLAN = {"office": "1213", "service_on": "2026-11-22", "seconds": 0.2}


@pytest.fixture(scope="module")
def items(api: Api) -> list[str]:
    shop = api.shop()
    addresses = [f"House {n}, Road {n}, Block C, Banani, Dhaka 1213" for n in range(1, 4)]
    items = [api.item(shop, f"R-{n}", recipient_address=address) for n, address in enumerate(addresses)]
    here = {"office": "1213", "holder": "office:1213"}
    for item in items:
        api.scans(api.scan(item, "accepted", **here), api.scan(item, "at_delivery_office", **here))
    return items


def test_a_plan_serves_every_parcel_at_the_office_and_is_read_back(api: Api, items: list[str]) -> None:
    plan = taken(api.post("/v1/plans", PLAN, office="1213"), 201)
    stops = [stop for sheet in plan["sheets"] for stop in sheet["stops"]]
    assert sorted(item for stop in stops for item in stop["item_numbers"]) == sorted(items)
    assert plan["unserved"] == []
    assert sum(sheet["cash_poisha"] for sheet in plan["sheets"]) == 300_000
    assert all(sheet["rider_id"].startswith("1213-R") for sheet in plan["sheets"])
    assert taken(api.get("/v1/plans/1213/2026-11-22", office="1213")) == plan


def test_office_and_day_may_be_typed_in_bangla_digits(api: Api, items: list[str]) -> None:
    plan = taken(api.post("/v1/plans", PLAN), 201)
    assert taken(api.get("/v1/plans/১২১৩/2026-11-22")) == plan


def test_a_new_plan_is_a_new_revision(api: Api, items: list[str]) -> None:
    first, second = (taken(api.post("/v1/plans", PLAN), 201) for _ in range(2))
    assert second["revision"] == first["revision"] + 1


def test_planners_at_once_get_revisions_of_their_own_or_are_told(api: Api, items: list[str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api.post("/v1/plans", PLAN), range(4)))
    kept = [answer.json()["revision"] for answer in answers if answer.status_code == 201]
    assert kept and len(set(kept)) == len(kept)
    for answer in answers:
        assert answer.status_code == 201 or refused(answer, 409)["field"] == "office"


def test_the_run_sheets_are_printed(api: Api, items: list[str]) -> None:
    taken(api.post("/v1/plans", PLAN), 201)
    sheets = api.get("/v1/plans/1213/2026-11-22/run-sheets.pdf", office="1213")
    assert sheets.headers["content-type"] == "application/pdf"
    assert sheets.content.startswith(b"%PDF")


def test_an_office_without_parcels_has_nothing_to_plan(api: Api) -> None:
    refused(api.post("/v1/plans", PLAN | {"office": "1100"}), 409)
    assert refused(api.get("/v1/plans/1100/2026-11-22"), 404)["field"] == "service_on"


@pytest.mark.parametrize("seconds", [0, -1, 61, "1"])
def test_a_search_is_neither_nothing_nor_for_ever(api: Api, seconds: object) -> None:
    assert refused(api.post("/v1/plans", PLAN | {"seconds": seconds}), 422)["field"] == "seconds"
