"""Who may do what: every operation for everyone, and that a stranger's things do not exist."""

from typing import Any

import pytest

from tests.api.client import Api, refused, taken
from tests.api.openapi import OPERATIONS, Operation

POST, MERCHANT, OFFICE = "post", "merchant", "office"
EVERYONE = {POST, MERCHANT, OFFICE}
MAY = {
    "register_merchant": {POST},
    "list_merchants": {POST},
    "merchant": {POST, MERCHANT},
    "resolve": EVERYONE,
    "resolve_many": EVERYONE,
    "correct": EVERYONE,
    "corrections": EVERYONE,
    "withdraw": EVERYONE,
    "offices": EVERYONE,
    "quote": EVERYONE,
    "book": {POST, MERCHANT},
    "book_file": {POST, MERCHANT},
    "consignments": {POST, MERCHANT},
    "consignment": EVERYONE,
    "label_pdf": EVERYONE,
    "label_zpl": EVERYONE,
    "scans": {POST, OFFICE},
    "deliveries": {POST, OFFICE},
    "plan": {POST, OFFICE},
    "plan_in_force": {POST, OFFICE},
    "run_sheets": {POST, OFFICE},
    "close_rider": {POST, OFFICE},
    "close_office": {POST, OFFICE},
    "deposit": {POST, OFFICE},
    "confirmation": {POST},
    "settle": {POST},
    "settlement": {POST, MERCHANT},
    "advice": {POST, MERCHANT},
    "ledger": {POST},
}
"""A new operation needs a row, or its test fails."""
SCOPES: dict[str, dict[str, Any]] = {POST: {}, MERCHANT: {"merchant": "nobody"}, OFFICE: {"office": "1216"}}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_is_open_to_those_it_is_meant_for_and_to_nobody_else(api: Api, operation: Operation) -> None:
    without_key = api.client.request(operation.method, operation.url)
    assert (without_key.status_code == 401) != operation.is_public
    for role, scope in SCOPES.items():
        status = api.request(operation.method, operation.url, **scope).status_code
        assert (status == 403) == (role not in MAY.get(operation.name, EVERYONE)), (role, status)
        assert status not in {401, 500}


def test_the_table_has_a_row_for_every_operation_that_needs_a_key() -> None:
    assert MAY.keys() == {operation.name for operation in OPERATIONS if not operation.is_public}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic development"},
        {"Authorization": "development"},
        {"Authorization": "Bearer উন্নয়ন".encode()},
    ],
    ids=str,
)
def test_without_the_key_nothing_is_answered(api: Api, headers: Any) -> None:
    answer = api.client.get("/v1/offices", headers=headers)
    refused(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_merchant_and_an_office_at_once_is_nobody(api: Api) -> None:
    assert refused(api.get("/v1/offices", merchant="nobody", office="1216"), 422)["field"] == "Post-Office"


def test_what_is_done_for_a_merchant_names_one(api: Api) -> None:
    assert refused(api.get("/v1/consignments"), 422)["field"] == "Post-Merchant"


@pytest.mark.parametrize("path", ["", "/label.pdf", "/label.zpl"])
def test_a_strangers_consignment_is_answered_like_an_absent_one(api: Api, path: str) -> None:
    owner, stranger = api.shop(), api.shop()
    item = api.item(owner)
    theirs = refused(api.get(f"/v1/consignments/{item}{path}", merchant=stranger), 404)
    absent = refused(api.get(f"/v1/consignments/DP000000005BD{path}", merchant=stranger), 404)
    assert {**theirs, "detail": ""} == {**absent, "detail": ""}
    assert theirs["detail"].replace(item, "DP000000005BD") == absent["detail"]
    assert api.get(f"/v1/consignments/{item}{path}", merchant=owner).status_code == 200
    assert api.get(f"/v1/consignments/{item}{path}").status_code == 200


def test_a_merchant_sees_itself_and_no_other(api: Api) -> None:
    owner, stranger = api.shop(), api.shop()
    theirs = refused(api.get(f"/v1/merchants/{owner}", merchant=stranger), 404)
    absent = refused(api.get("/v1/merchants/nobody", merchant=stranger), 404)
    assert {**theirs, "detail": theirs["detail"].replace(owner, "nobody")} == absent
    assert taken(api.get(f"/v1/merchants/{owner}", merchant=owner))["merchant_id"] == owner


def test_an_unknown_merchant_has_nothing_and_books_nothing(api: Api) -> None:
    assert taken(api.get("/v1/consignments", merchant="nobody")) == {"consignments": [], "next": None}
    refused(api.book("nobody"), 404)


@pytest.mark.parametrize("office", ["1215", "9999"])
def test_another_office_does_not_exist(api: Api, office: str) -> None:
    count = {"office": office, "closed_on": "2026-11-22", "counted_poisha": 0, "counted_by": "x"}
    answers = [
        api.get(f"/v1/plans/{office}/2026-11-22", office="1216"),
        api.get(f"/v1/plans/{office}/2026-11-22/run-sheets.pdf", office="1216"),
        api.post("/v1/plans", {"office": office, "service_on": "2026-11-22"}, office="1216"),
        api.post("/v1/day-closes/offices", count, office="1216"),
        api.post("/v1/day-closes/riders", count | {"rider": f"{office}-R01"}, office="1216"),
    ]
    assert {refused(answer, 404)["detail"] for answer in answers} == {f"no office {office}"}


def test_a_scan_for_another_office_is_rejected_and_those_beside_it_are_kept(api: Api) -> None:
    item = api.item(api.shop())
    verdicts = api.scans(
        api.scan(item, "accepted", office="1215"),
        api.scan(item, "accepted", office="9999"),
        api.scan(item, "accepted"),
        office="1216",
    )
    assert [verdict["outcome"] for verdict in verdicts] == ["rejected", "rejected", "accepted"]
    assert verdicts[0]["why"].replace("1215", "9999") == verdicts[1]["why"]


def test_an_office_pays_in_its_own_close_only(api: Api) -> None:
    close = {"office": "1230", "closed_on": "2026-11-22", "counted_poisha": 0, "counted_by": "x"}
    close_id = taken(api.post("/v1/day-closes/offices", close, office="1230"))["close_id"]
    slip = {"close_id": close_id, "slip_number": "S-1230"}
    theirs = refused(api.post("/v1/deposits", slip, office="1216"), 404)
    absent = refused(api.post("/v1/deposits", slip | {"close_id": "no"}, office="1216"), 404)
    assert {**theirs, "detail": theirs["detail"].replace(close_id, "no")} == absent
