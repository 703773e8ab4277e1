"""Municipalities by the API and on pages: where they are served, and each its own papers and fees."""

import csv
from typing import Any

import pytest

from tests.api.client import Api, refused, taken
from tests.api.pages.test_shop_pages import Browser

TOWN, OFFICE = "tungipara", "8120"


@pytest.fixture(scope="module")
def merchant(api: Api) -> str:
    """The municipality's merchant, with two papers that are listed."""
    admitted = taken(api.request("PUT", f"/v1/municipalities/{TOWN}", json={"payout_account": "Sonali 1"}))
    merchant = str(admitted["merchant_id"])
    documents = [
        {"application_number": "=HT-1", "service_code": "M10", "recipient_name": "কৃষ্ণা", "ward": "৪"}
        | {"holding_number": "১২", "road": "কলেজ রোড", "fee_poisha": 1_250_00},
        {
            "application_number": "WB-1",
            "service_code": "M20",
            "recipient_name": "কৃষ্ণা",
            "recipient_address": "H-13, Ward 5",
        },
    ]
    asked = {"number": "M-1", "service_on": "2026-11-22", "sealed_by": "Tax desk", "documents": documents}
    verdicts = taken(api.post("/v1/manifests", asked, merchant=merchant), 201)["verdicts"]
    assert {one["outcome"] for one in verdicts} == {"booked"}
    return merchant


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


def test_the_towns_are_told_by_phase(api: Api) -> None:
    everywhere = taken(api.get("/v1/municipalities"))
    pilot = taken(api.get("/v1/municipalities?phase=1"))["municipalities"]
    assert (everywhere["in_view"], len(pilot)) == (328, 10)
    assert len(everywhere["municipalities"]) > 300
    tungipara = next(one for one in pilot if one["municipality_code"] == TOWN)
    assert (tungipara["name_bn"], tungipara["office"], tungipara["service_from"]) == ("টুঙ্গিপাড়া", OFFICE, "2026-07-01")
    refused(api.get("/v1/municipalities?phase=0"), 422)


def test_a_municipality_is_admitted_once_and_only_if_it_is_served(api: Api, merchant: str) -> None:
    again = taken(api.request("PUT", f"/v1/municipalities/{TOWN}", json={"payout_account": "Sonali 1"}))
    assert (again["merchant_id"], again["code"], again["office"]) == (merchant, TOWN, OFFICE)
    refused(api.request("PUT", f"/v1/municipalities/{TOWN}", json={"payout_account": "Sonali 2"}), 409)
    refused(api.request("PUT", "/v1/municipalities/bogura", json={}), 409)
    refused(api.request("PUT", "/v1/municipalities/atlantis", json={}), 404)


def test_the_file_of_statuses_tells_every_paper_and_no_cell_is_computed(api: Api, merchant: str) -> None:
    path = f"/v1/municipalities/{TOWN}/statuses.csv"
    answer = api.get(path, merchant=merchant)
    bill, water = rows(answer.text)
    assert (bill["application_number"], bill["fee_taka"], bill["ward"]) == ("'=HT-1", "1250.00", "4")
    assert (water["state"], water["state_bn"], water["taken_taka"]) == ("booked", "বুকিং সম্পন্ন", "0.00")
    assert [
        one["application_number"] for one in rows(api.get(f"{path}?limit=1&after==HT-1", merchant=merchant).text)
    ] == ["WB-1"]
    assert rows(api.get(f"{path}?changed_since=2027-01-01T00:00:00Z", merchant=merchant).text) == []
    assert "কৃষ্ণা" not in answer.text


def test_what_was_taken_is_told_by_service_and_ward(api: Api, merchant: str) -> None:
    span = "first_on=2026-11-01&last_on=2026-11-30"
    told = taken(api.get(f"/v1/municipalities/{TOWN}/remittance?{span}", merchant=merchant))
    assert [(one["service"], one["ward"], one["handed_in"]) for one in told["rows"]] == [("M10", 4, 1), ("M20", 5, 1)]
    assert (told["total"]["fees_poisha"], told["total"]["collected_poisha"]) == (1_250_00, 0)
    table = rows(api.get(f"/v1/municipalities/{TOWN}/remittance.csv?{span}", merchant=merchant).text)
    assert [one["name_en"] for one in table] == ["Holding tax bill", "Water bill", "Sum"]
    refused(api.get(f"/v1/municipalities/{TOWN}/remittance?first_on=2026-11-30&last_on=2026-11-01"), 422)


def test_a_day_without_a_plan_has_no_loop_and_another_office_sees_none(api: Api) -> None:
    for office in (OFFICE, "1216"):
        refused(api.get(f"/v1/municipalities/{TOWN}/loops/2026-11-22", office=office), 404)


@pytest.mark.parametrize(
    ("language", "town", "title"), [("bn", "টুঙ্গিপাড়া", "পৌরসভা"), ("en", "Tungipara", "Municipalities")]
)
def test_everybody_sees_on_a_map_and_in_a_table_where_papers_are_delivered(
    api: Api, language: str, town: str, title: str
) -> None:
    answer = api.client.get(f"/municipalities?language={language}")
    assert answer.status_code == 200
    assert '<svg class="map"' in answer.text and answer.text.count('class="mark done"') == 10
    assert answer.text.count('class="mark listed"') > 250
    assert f"<td>{town}</td>" in answer.text and f"<title>{title}" in answer.text
    assert "M10" in answer.text


def test_a_municipality_sees_its_papers_and_fees_and_a_shop_does_not(api: Api, merchant: str) -> None:
    hall: Any = Browser(api, merchant)
    page = hall.get("/municipality?first_on=2026-11-01&last_on=2026-11-30")
    assert "Papers and fees of Tungipara" in page.text
    assert "Tk 1,250.00" in page.text
    table = hall.get("/municipality/remittance.csv?first_on=2026-11-01&last_on=2026-11-30")
    assert rows(table.text)[-1]["fees_taka"] == "1250.00"
    wrong = hall.get("/municipality?first_on=2026-11-30&last_on=2026-11-01")
    assert wrong.status_code == 422 and "no period" in wrong.text
    nothing = hall.get("/municipality?first_on=2026-01-01&last_on=2026-01-31")
    assert "No paper was handed in on those days." in nothing.text
    shop = Browser(api, api.shop())
    assert "You are signed in for no municipality." in shop.get("/municipality").text
    assert shop.get("/municipality/remittance.csv").status_code == 404
