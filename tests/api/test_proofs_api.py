"""Proofs, contests and what waits for a proof, over HTTP."""

from base64 import b64encode
from datetime import timedelta
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from post_logistics.operations.door.codes import issue_code
from post_logistics.tracking.scans import scan_id_of
from tests.api.client import Api, refused, taken


def photo() -> str:
    file = BytesIO()
    Image.new("RGB", (8, 8), (1, 2, 3)).save(file, "JPEG")
    return b64encode(file.getvalue()).decode()


def attempt(api: Api, shop: str, ref: str = "R-1", **order: Any) -> tuple[str, dict[str, Any]]:
    """A parcel and the scan of an attempt to deliver it that failed."""
    item = api.item(shop, ref, **order)
    api.with_rider(item, "1216-R01")
    scan = api.scan(item, "attempt_failed", holder="rider:1216-R01", reason="no_answer")
    (verdict,) = api.claims(scan)
    assert verdict["outcome"] == "accepted"
    return item, scan


def proof(scan: dict[str, Any], kind: str, **what: Any) -> dict[str, Any]:
    shared = {name: scan[name] for name in ("item_number", "device_id", "sequence", "office")}
    return {**shared, "kind": kind, "taken_at": scan["occurred_at"], **what}


def sent(api: Api, *proofs: Any, **scope: Any) -> list[dict[str, Any]]:
    return list(taken(api.post("/v1/proofs", {"proofs": proofs}, **scope))["verdicts"])


def scan_id(scan: dict[str, Any]) -> UUID:
    return scan_id_of(scan["device_id"], scan["sequence"])


def code_of(api: Api, item: str) -> str:
    engine = api.engine
    with engine.database.transaction() as connection:
        return issue_code(connection, item, "delivery", api.at, Random(1), key=engine.facts.advice_key)


def test_proofs_are_kept_once_and_every_bad_row_says_why(api: Api) -> None:
    _, scan = attempt(api, api.shop())
    rows = [
        proof(scan, "call", duration_s=0),
        proof(scan, "photo", body_base64=photo()),
        proof(scan, "photo", body_base64="%%%"),
        proof(scan, "photo", body_base64=b64encode(b"<script>").decode()),
        proof(scan, "place", lat_deg=23.8),
        proof(scan, "otp", code="12"),
        proof(scan, "call", duration_s="12"),
        proof(scan, "call", duration_s=1, office="9999"),
        proof(scan, "dream"),
        {"kind": "call"},
        None,
    ]
    first, again = sent(api, *rows), sent(api, *rows)
    assert [one["outcome"] for one in first] == ["kept", "kept", *["rejected"] * 9]
    assert [one["outcome"] for one in again] == ["known", "known", *["rejected"] * 9]
    assert all(one["why"] for one in first[2:])
    assert [one["row"] for one in first] == list(range(1, 12))


def test_the_evidence_of_an_attempt_is_for_its_merchant_and_its_picture_for_the_office(api: Api) -> None:
    shop, stranger = api.shop(), api.shop()
    item, scan = attempt(api, shop)
    (before,) = taken(api.get(f"/v1/consignments/{item}/evidence", merchant=shop))
    assert (before["evidenced"], before["lacks"]) == (False, ["witness"])
    assert before["lacks_bn"] and before["lacks_en"]
    kept = sent(api, proof(scan, "call", duration_s=0), proof(scan, "photo", body_base64=photo()), office="1216")
    (after,) = taken(api.get(f"/v1/consignments/{item}/evidence", merchant=shop))
    assert after["evidenced"] and {one["kind"] for one in after["proofs"]} == {"call", "photo"}
    path = f"/v1/proofs/{kept[1]['proof_id']}/body"
    found = api.get(path, office="1216")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/jpeg")
    assert found.headers["content-disposition"] == "attachment"
    assert (
        found.headers["x-content-type-options"] == "nosniff" and "sandbox" in found.headers["content-security-policy"]
    )
    theirs = refused(api.get(path, office="1215"), 404)
    absent = refused(api.get(f"/v1/proofs/{UUID(int=0)}/body", office="1215"), 404)
    assert theirs["detail"].replace(kept[1]["proof_id"], str(UUID(int=0))) == absent["detail"]
    assert api.get(path, merchant=shop).status_code == 403
    assert api.get(f"/v1/consignments/{item}/evidence", merchant=stranger).status_code == 404


def test_a_wrong_code_is_counted_although_its_request_is_answered_well(api: Api) -> None:
    item, scan = attempt(api, api.shop())
    code = code_of(api, item)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        (verdict,) = sent(api, proof(scan, "otp", code=wrong))
        assert verdict["outcome"] == "rejected"
    (verdict,) = sent(api, proof(scan, "otp", code=code))
    assert verdict["outcome"] == "rejected"


def test_red_control_the_right_code_after_four_wrong_ones_is_kept(api: Api) -> None:
    item, scan = attempt(api, api.shop())
    code = code_of(api, item)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(4):
        sent(api, proof(scan, "otp", code=wrong))
    (verdict,) = sent(api, proof(scan, "otp", code=code))
    assert verdict["outcome"] == "kept"


def test_what_is_answered_names_neither_code_nor_place(api: Api) -> None:
    shop = api.shop()
    item, scan = attempt(api, shop)
    code = code_of(api, item)
    sent(api, proof(scan, "otp", code=code), proof(scan, "place", lat_deg=23.806712, lon_deg=90.368812))
    text = api.get(f"/v1/consignments/{item}/evidence", merchant=shop).text
    assert code not in text and "23.806712" not in text


def test_a_contest_from_the_window_to_its_answer(api: Api) -> None:
    shop, stranger = api.shop(), api.shop()
    item, scan = attempt(api, shop)
    asked = {"item_number": f" {item.lower()} ", "scan_id": str(scan_id(scan)), "said": "Nobody came."}
    made = taken(api.post("/v1/contests", asked), 201)
    assert taken(api.post("/v1/contests", asked), 201) == made
    assert (made["office"], made["decision"], made["evidence"]["evidenced"]) == ("1216", None, False)
    (waiting,) = [one for one in taken(api.get("/v1/offices/1216/contests", office="1216")) if one["contest"] == made]
    assert waiting["said"] == "Nobody came."
    path = f"/v1/contests/{scan_id(scan)}/decision"
    answer = {"decision": "upheld", "why": "No call, no place.", "decided_by": "postmaster-1216"}
    refused(api.post(path, answer, office="1215"), 404)
    answered = taken(api.post(path, answer, office="1216"))
    assert (answered["decision"], answered["answer"]) == ("upheld", "No call, no place.")
    refused(api.post(path, answer | {"decision": "not_upheld"}), 409)
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "out_for_delivery"
    (theirs,) = taken(api.get(f"/v1/consignments/{item}/contests", merchant=shop))
    assert theirs == answered and "Nobody came." not in str(theirs)
    assert api.get(f"/v1/consignments/{item}/contests", merchant=stranger).status_code == 404


@pytest.mark.parametrize("changes", [{"item_number": "DP000000005BD"}, {"scan_id": str(UUID(int=0))}])
def test_what_is_not_there_cannot_be_contested(api: Api, changes: dict[str, str]) -> None:
    item, scan = attempt(api, api.shop())
    asked = {"item_number": item, "scan_id": str(scan_id(scan)), "said": "x"}
    refused(api.post("/v1/contests", asked | changes), 404)


def test_nothing_waits_for_a_proof_as_shipped_and_another_office_is_not_found(api: Api) -> None:
    item = api.item(api.shop())
    api.with_rider(item, "1216-R02")
    api.claims(api.scan(item, "delivered_claimed", holder="rider:1216-R02", collected_poisha=100_000))
    assert taken(api.get("/v1/offices/1216/unproved", office="1216")) == []
    refused(api.get("/v1/offices/1215/unproved", office="1216"), 404)


def test_a_proof_sent_hours_later_belongs_to_its_scan_by_the_device_s_own_clock(api: Api) -> None:
    shop = api.shop()
    item, scan = attempt(api, shop)
    early = proof(scan, "call", duration_s=9)
    api.at += timedelta(hours=9)
    try:
        sent(api, early)
        (one,) = taken(api.get(f"/v1/consignments/{item}/evidence", merchant=shop))
        assert one["evidenced"]
    finally:
        api.at -= timedelta(hours=9)
