"""Documents over HTTP: sealed, received, looked up, tracked by their applicants, and nobody else's."""

from typing import Any
from uuid import UUID

import pytest

from post_logistics.consignments.documents import seal_of
from post_logistics.operations.documents.sealing import DOCUMENTS, TRADE
from post_logistics.operations.orders.order_jobs import work_off
from tests.api.client import Api, refused, taken
from tests.operations.documents.desk import csv, row

NOBODYS = "00000000-0000-4000-8000-000000000000"


def issuer(api: Api) -> str:
    office = api.shop()
    asked = {"merchant_id": office, "kind": "office", "code": office, "name_bn": "ভূমি অফিস", "office": "1205"}
    assert taken(api.post("/v1/issuers", asked), 201)["kind"] == "office"
    return office


def document(number: str, **changes: Any) -> dict[str, Any]:
    known = row(number)
    known["application_number"] = known.pop("order_ref")
    return known | changes


def sealed(api: Api, office: str, *documents: dict[str, Any], number: str = "M-1", status: int = 201) -> Any:
    said = {"number": number, "service_on": "2026-11-22", "sealed_by": "A. Karim", "documents": list(documents)}
    return taken(api.post("/v1/manifests", said, merchant=office), status)


def test_an_issuer_is_registered_once_and_its_code_is_its_own(api: Api) -> None:
    office, other = issuer(api), api.shop()
    asked = {"merchant_id": office, "kind": "office", "code": office, "name_bn": "ভূমি অফিস", "office": "1205"}
    assert taken(api.post("/v1/issuers", asked), 201)["merchant_id"] == office
    assert office in {one["merchant_id"] for one in taken(api.get("/v1/issuers"))}
    assert refused(api.post("/v1/issuers", asked | {"merchant_id": other}), 409)["field"] == "code"
    assert refused(api.post("/v1/issuers", asked | {"kind": "municipality"}), 409)["field"] == "merchant_id"
    assert refused(api.post("/v1/issuers", asked | {"office": "9999"}), 422)["field"] == "office"
    assert refused(api.post("/v1/issuers", asked | {"code": "Capital Letters"}), 422)["field"] == "code"
    assert refused(api.post("/v1/issuers", asked | {"name_bn": "123"}), 422)["field"] == "name_bn"
    refused(api.post("/v1/issuers", asked | {"merchant_id": "nobody"}), 404)


def test_a_list_is_sealed_looked_at_and_put_right(api: Api) -> None:
    office = issuer(api)
    answer = sealed(api, office, document("A"), document("B", recipient_phone="12"))
    assert [one["outcome"] for one in answer["verdicts"]] == ["booked", "rejected"]
    assert answer["verdicts"][1]["problems"][0]["field"] == "recipient_phone"
    assert (answer["manifest"]["count"], answer["manifest"]["booked"]) == (2, 1)
    assert answer["manifest"]["digest"] == seal_of([row("A"), row("B", recipient_phone="12")])
    url = f"/v1/manifests/{answer['manifest']['manifest_id']}"
    right = taken(api.post(f"{url}/corrections", {"documents": [document("B")]}, merchant=office))
    assert [one["outcome"] for one in right] == ["booked"]
    assert taken(api.get(url, merchant=office))["booked"] == 2
    found = {"counted": 1, "seal_intact": False, "short": ["B"], "received_by": "clerk"}
    receipt = f"/v1/offices/1205/manifests/{answer['manifest']['manifest_id']}/receipt"
    assert not taken(api.post(receipt, found, office="1205"))["seal_intact"]
    after = taken(api.get(url, merchant=office))
    assert after["receipt"]["received_by"] == "clerk"
    assert after["differences"] == [{"application_number": "B", "finding": "short"}]
    page = taken(api.get("/v1/documents", merchant=office, params={"limit": 1}))
    assert [one["state"] for one in page["documents"]] == ["accepted"]
    rest = taken(api.get("/v1/documents", merchant=office, params={"after": page["next"]}))
    assert [one["application_number"] for one in rest["documents"]] == ["B"]
    only = {"application_number": "A", "state": "accepted", "service": "G10"}
    assert len(taken(api.get("/v1/documents", merchant=office, params=only))["documents"]) == 1
    assert taken(api.get("/v1/documents", merchant=office, params={"ward": 4}))["documents"] == []


def test_a_file_is_taken_in_and_followed_as_a_job(api: Api) -> None:
    office, engine = issuer(api), api.engine
    said = {"number": "F-1", "service_on": "2026-11-22", "sealed_by": "A. Karim"}
    files = {"file": ("list.csv", csv("X-1", "X-2", wrong=1))}
    answer = api.request("POST", "/v1/manifests/files", merchant=office, data=said, files=files)
    manifest = taken(answer, 202)
    assert answer.headers["location"] == manifest["job_url"]
    assert (manifest["count"], manifest["booked"]) == (3, 0)
    again = api.request("POST", "/v1/manifests/files", merchant=office, data=said, files=files)
    assert taken(again, 202)["manifest_id"] == manifest["manifest_id"]
    numbers = engine.numbers

    work_off(engine.database, engine.facts, numbers, UUID(manifest["manifest_id"]), lambda: api.at, {DOCUMENTS: TRADE})
    job = taken(api.get(manifest["job_url"], merchant=office))
    assert (job["state"], job["booked"], job["rejected"]) == ("done", 2, 1)
    rows = taken(api.get(job["rows_url"], merchant=office, params={"outcome": "rejected"}))["rows"]
    assert [one["order_ref"] for one in rows] == ["WRONG-0"]


def test_what_is_anothers_does_not_exist(api: Api) -> None:
    office, stranger = issuer(api), issuer(api)
    manifest_id = sealed(api, office, document("A"))["manifest"]["manifest_id"]
    for path in (f"/v1/manifests/{manifest_id}", f"/v1/manifests/{NOBODYS}"):
        refused(api.get(path, merchant=stranger), 404)
        refused(api.post(f"{path}/corrections", {"documents": [document("A")]}, merchant=stranger), 404)
    assert taken(api.get("/v1/documents", merchant=stranger))["documents"] == []
    assert taken(api.get("/v1/manifests", merchant=stranger))["manifests"] == []
    found = {"counted": 1, "seal_intact": True, "received_by": "clerk"}
    for office_code, manifest in (("1216", manifest_id), ("1205", NOBODYS)):
        path = f"/v1/offices/{office_code}/manifests/{manifest}/receipt"
        refused(api.post(path, found, office=office_code), 404)
    refused(api.post(f"/v1/offices/1205/manifests/{manifest_id}/receipt", found, office="1216"), 404)
    refused(api.post("/v1/manifests", {"number": "M", "service_on": "2026-11-22", "sealed_by": "A", "documents":
                                       [document("A")]}, merchant=api.shop()), 404)  # fmt: skip


def test_an_applicant_needs_both_numbers_and_is_told_nothing_personal(api: Api) -> None:
    office = issuer(api)
    number = f"TRACK/{office}"
    sealed(api, office, document(number))
    asked = {"application_number": number.lower(), "phone": "০১৭১২৩৪৫৬৭৮"}
    answer = api.client.post("/v1/track/documents", json=asked)
    told = taken(answer)
    assert told["state"] == "booked"
    assert "রহিমা" not in answer.text and "Mirpur-10, " not in answer.text and number not in answer.text
    wrong = [
        refused(api.client.post("/v1/track/documents", json=asked | other), 404)
        for other in ({"phone": "01812345678"}, {"application_number": "TRACK/nobody"})
    ]
    assert wrong[0] == wrong[1]
    assert refused(api.client.post("/v1/track/documents", json=asked | {"phone": "12"}), 422)["field"] == "phone"
    assert taken(api.client.get("/v1/documents/advices/key"))["alg"] == "ES256"


@pytest.mark.parametrize("changes", [{"service_on": "2027-11-22"}, {"digest": "0" * 64}, {"number": " "}], ids=str)
def test_what_cannot_be_sealed_is_refused_with_its_field(api: Api, changes: dict[str, Any]) -> None:
    said = {"number": "M-1", "service_on": "2026-11-22", "sealed_by": "A. Karim", "documents": [document("A")]}
    problem = refused(api.post("/v1/manifests", said | changes, merchant=issuer(api)), 422)
    assert problem["field"] == next(iter(changes))
