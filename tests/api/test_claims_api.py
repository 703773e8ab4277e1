"""Claims over HTTP: a merchant's own, and the post's decisions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.api.client import Api, refused, taken


def handed_in(api: Api, shop: str, ref: str = "R-1") -> str:
    item = api.item(shop, ref)
    api.at_the_office(item)
    return item


def claim_of(item: str, **changes: Any) -> dict[str, Any]:
    return {"item_number": item, "kind": "damage", "claimed_poisha": 60_000, "said": "The lamp is broken.", **changes}


def step(name: str, **changes: Any) -> dict[str, Any]:
    return {"step": name, "note": "looked into", "by": "claims desk", **changes}


def test_from_a_merchant_s_claim_to_its_payment(api: Api) -> None:
    shop = api.shop()
    item = handed_in(api, shop)
    made = taken(api.post("/v1/claims", claim_of(item), merchant=shop), 201)
    assert taken(api.post("/v1/claims", claim_of(item), merchant=shop), 201) == made
    assert (made["standing"], made["owed_poisha"], made["claimed_by"]) == ("opened", 60_000, f"merchant:{shop}")
    path = f"/v1/claims/{made['claim_id']}/steps"
    taken(api.post(path, step("asked_for_evidence", note="a photo, please")))
    taken(api.post(path, step("evidence_given", note="sent"), merchant=shop))
    refused(api.post(path, step("accepted", amount_poisha=60_001)), 422)
    accepted = taken(api.post(path, step("accepted", amount_poisha=55_000)))
    assert accepted["may_follow"] == ["paid"]
    paid = taken(api.post(path, step("paid", note="voucher 7")))
    assert paid["standing"] == "paid" and paid["steps"][-1]["amount_poisha"] == 55_000
    assert paid["steps"][2]["by"] == f"merchant:{shop}"
    assert taken(api.get(f"/v1/claims/{made['claim_id']}", merchant=shop)) == paid


def test_a_stranger_s_claim_is_answered_like_an_absent_one(api: Api) -> None:
    shop, stranger = api.shop(), api.shop()
    item = handed_in(api, shop)
    made = taken(api.post("/v1/claims", claim_of(item), merchant=shop), 201)
    refused(api.post("/v1/claims", claim_of(item, kind="loss"), merchant=stranger), 404)
    theirs = refused(api.get(f"/v1/claims/{made['claim_id']}", merchant=stranger), 404)
    absent = refused(api.get(f"/v1/claims/{UUID(int=0)}", merchant=stranger), 404)
    assert theirs["detail"].replace(made["claim_id"], str(UUID(int=0))) == absent["detail"]
    refused(api.post(f"/v1/claims/{made['claim_id']}/steps", step("withdrawn"), merchant=stranger), 404)
    assert taken(api.get("/v1/claims", merchant=stranger)) == {"claims": [], "next": None}


@pytest.mark.parametrize("name", ["accepted", "refused", "paid", "asked_for_evidence"])
def test_a_merchant_does_not_decide(api: Api, name: str) -> None:
    shop = api.shop()
    made = taken(api.post("/v1/claims", claim_of(handed_in(api, shop)), merchant=shop), 201)
    answer = api.post(f"/v1/claims/{made['claim_id']}/steps", step(name), merchant=shop)
    assert answer.status_code in {409, 422}
    assert taken(api.get(f"/v1/claims/{made['claim_id']}"))["standing"] == "opened"


def test_another_amount_under_the_same_claim_is_refused_and_names_the_claim(api: Api) -> None:
    shop = api.shop()
    item = handed_in(api, shop)
    made = taken(api.post("/v1/claims", claim_of(item), merchant=shop), 201)
    problem = refused(api.post("/v1/claims", claim_of(item, claimed_poisha=1), merchant=shop), 409)
    assert problem["claim_id"] == made["claim_id"]


def test_pages_follow_one_another_to_the_end(api: Api) -> None:
    shop = api.shop()
    items = [handed_in(api, shop, f"R-{n}") for n in range(3)]
    made = {taken(api.post("/v1/claims", claim_of(item), merchant=shop), 201)["claim_id"] for item in items}
    seen, after = [], ""
    while True:
        page = taken(api.get(f"/v1/claims?limit=2{after}", merchant=shop))
        seen += [one["claim_id"] for one in page["claims"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(seen) == sorted(made) and len(seen) == 3
    assert taken(api.get("/v1/claims?standing=closed", merchant=shop))["claims"] == []


def test_overdue_claims_are_seen_by_the_post_alone(api: Api) -> None:
    shop = api.shop()
    made = taken(api.post("/v1/claims", claim_of(handed_in(api, shop)), merchant=shop), 201)
    later = (api.at + timedelta(days=22)).date()
    found = {one["claim_id"] for one in taken(api.get(f"/v1/claims/overdue?on={later}"))}
    assert made["claim_id"] in found
    assert made["claim_id"] not in {one["claim_id"] for one in taken(api.get("/v1/claims/overdue"))}
    refused(api.get("/v1/claims/overdue", merchant=shop), 403)


def test_what_is_lost_for_long_is_claimed_by_the_post(api: Api) -> None:
    item = handed_in(api, api.shop())
    assert {one["outcome"] for one in api.scans(api.scan(item, "lost", reason="item_missing"))} == {"accepted"}
    assert taken(api.post("/v1/claims/lost")) == {"claim_ids": []}
    api.at += timedelta(days=16)
    try:
        claimed = taken(api.post("/v1/claims/lost"))["claim_ids"]  # other tests may have lost something too
        assert item in {taken(api.get(f"/v1/claims/{one}"))["item_number"] for one in claimed}
        assert taken(api.post("/v1/claims/lost")) == {"claim_ids": []}
    finally:
        api.at -= timedelta(days=16)
