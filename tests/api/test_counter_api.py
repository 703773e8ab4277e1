"""The counter over HTTP: weighed, held, redirected, sent back, put right; and that strangers find nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from post_logistics.tracking.scans import scan_id_of
from tests.api.client import Api, refused, taken

BANANI = {"recipient_address": "House 12, Road 11, Block F, Banani, Dhaka 1213"}


@pytest.fixture(autouse=True)
def clock(api: Api) -> Iterator[None]:
    """The clock as it was, once a test has moved it."""
    at = api.at
    yield
    api.at = at


def later(api: Api) -> Api:
    """A minute later."""
    api.at += timedelta(minutes=1)
    return api


def told(api: Api, **changes: Any) -> dict[str, Any]:
    """What a device says of an item in the office's hands."""
    scan = api.scan("", "on_hold")
    return {name: scan[name] for name in ("occurred_at", "device_id", "sequence", "office")} | changes


def state(api: Api, item: str) -> str:
    return str(taken(api.get(f"/v1/tracking/{item}"))["state"])


def accepted(api: Api, *rows: Any, **scope: Any) -> Any:
    return taken(api.post("/v1/acceptances", {"acceptances": rows}, **scope))


def test_what_is_weighed_is_told_to_its_merchant_and_to_no_other(api: Api) -> None:
    shop = api.shop()
    item, heavy = api.item(shop), api.item(shop, "R-2")
    row = api.scan(item, "accepted", weight_g=2_400)
    answer = accepted(api, row, api.scan(heavy, "accepted", weight_g=25_000), {"item_number": item}, office="1216")
    assert [one["outcome"] for one in answer["verdicts"]] == ["accepted", "rejected", "rejected"]
    assert "20 kg" in answer["verdicts"][1]["why"]
    (weighing,) = answer["weighings"]
    assert (weighing["booked_weight_g"], weighing["weight_g"], weighing["difference_poisha"]) == (1500, 2400, 575)
    again = accepted(api, row)
    assert [one["outcome"] for one in again["verdicts"]] == ["duplicate"] and again["weighings"] == [weighing]
    assert taken(api.get(f"/v1/items/{item}/weighings", merchant=shop)) == [weighing]
    refused(api.get(f"/v1/items/{item}/weighings", merchant=api.shop()), 404)
    assert state(api, heavy) == "booked"


def test_an_acceptance_is_nothing_else(api: Api) -> None:
    item = api.item(api.shop())
    answer = accepted(api, api.scan(item, "at_delivery_office", weight_g=500), api.scan(item, "accepted"))
    assert [one["outcome"] for one in answer["verdicts"]] == ["rejected", "rejected"]
    assert state(api, item) == "booked"


def test_a_parcel_waits_until_its_day_and_no_longer_than_a_week(api: Api) -> None:
    item = api.item(api.shop())
    api.at_the_office(item)
    asked = told(api, reason="asked_for_later", until_on="2026-11-25", note="after the wedding")
    first = taken(api.post(f"/v1/items/{item}/hold", asked, office="1216"))
    assert (first["state"], first["holder"]) == ("on_hold", "office:1216")
    assert taken(api.post(f"/v1/items/{item}/hold", asked)) == first
    late = told(api, reason="asked_for_later", until_on="2026-12-25")
    assert refused(api.post(f"/v1/items/{item}/hold", late), 422)["field"] == "until_on"
    refused(api.post(f"/v1/items/{item}/hold", asked, office="1213"), 404)
    assert taken(api.get("/v1/holds/1216", office="1216")) == []
    refused(api.get("/v1/holds/1216", office="1213"), 404)


def test_a_redirected_parcel_tells_nobody_its_address(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop)
    api.at_the_office(item)
    answer = later(api).post(f"/v1/items/{item}/redirection", BANANI, merchant=shop)
    assert taken(answer)["destination"] == "1213"
    assert "Banani" not in answer.text
    assert api.post(f"/v1/items/{item}/redirection", BANANI, merchant=shop).text == answer.text
    assert "House 12" not in api.get(f"/v1/tracking/{item}").text
    problem = refused(api.post(f"/v1/items/{item}/redirection", {"recipient_address": "somewhere"}), 422)
    assert problem["field"] == "recipient_address" and problem["question_bn"]


def test_a_parcel_is_cancelled_before_and_sent_back_after_acceptance(api: Api) -> None:
    shop = api.shop()
    early, late = api.item(shop), api.item(shop, "R-2")
    assert taken(later(api).post(f"/v1/items/{early}/cancellation", merchant=shop))["state"] == "cancelled"
    assert taken(api.post(f"/v1/items/{early}/cancellation", merchant=shop))["state"] == "cancelled"
    api.at_the_office(late)
    assert "return" in refused(api.post(f"/v1/items/{late}/cancellation", merchant=shop), 409)["remedy"]
    refused(api.post(f"/v1/items/{late}/return-number", office="1216"), 409)
    back = taken(later(api).post(f"/v1/items/{late}/return", {"reason": "recalled"}, merchant=shop))
    assert back["state"] == "return_requested"
    number = taken(api.post(f"/v1/items/{late}/return-number", office="1216"), 201)
    assert taken(api.post(f"/v1/items/{late}/return-number", office="1216"), 201) == number
    alias = number["number"]
    assert alias != late and number["item_number"] == late
    assert api.get(f"/v1/items/{alias}/label.pdf", merchant=shop).content.startswith(b"%PDF")
    refused(api.get(f"/v1/items/{alias}/label.pdf", merchant=api.shop()), 404)
    later(api)
    (verdict,) = api.scans(api.scan(alias, "returning"))
    assert verdict["outcome"] == "accepted"
    assert state(api, late) == "returning"


def test_a_torn_label_gets_a_number_of_its_own(api: Api) -> None:
    item = api.item(api.shop())
    api.at_the_office(item)
    asked = {"device_id": "counter-1216", "sequence": 900_001}
    made = taken(api.post(f"/v1/items/{item}/relabel", asked, office="1216"), 201)
    assert taken(api.post(f"/v1/items/{item}/relabel", asked, office="1216"), 201) == made
    other = api.item(api.shop())
    api.at_the_office(other)
    refused(api.post(f"/v1/items/{other}/relabel", asked, office="1216"), 409)


def test_the_rest_of_a_parcel_goes_back_by_itself(api: Api) -> None:
    shop, rider = api.shop(), "1216-R12"
    item = api.item(shop)
    api.with_rider(item, rider)
    refused(api.post(f"/v1/items/{item}/rest", {"weight_g": 500}), 409)
    api.claims(api.scan(item, "partially_delivered", holder=f"rider:{rider}", collected_poisha=40_000))
    made = taken(api.post(f"/v1/items/{item}/rest", {"weight_g": 500}, office="1216"), 201)
    assert taken(api.post(f"/v1/items/{item}/rest", {"weight_g": 500}, office="1216"), 201) == made
    assert made["order_ref"] == "R-1/rest"
    assert state(api, made["item_number"]) == "return_requested"
    refused(api.post(f"/v1/items/{item}/exchange", {"weight_g": 500}), 409)
    consignment = taken(api.get(f"/v1/consignments/{made['item_number']}", merchant=shop))
    assert (consignment["cod_poisha"], consignment["postage_poisha"]) == (0, 0)


def test_a_lost_parcel_is_searched_for_and_a_damaged_one_stopped(api: Api) -> None:
    shop = api.shop()
    item, broken = api.item(shop), api.item(shop, "R-2")
    for one in (item, broken):
        api.at_the_office(one)
    later(api)
    refused(api.post(f"/v1/items/{item}/loss", told(api, note="")), 422)
    lost = told(api, note="not in the cage; asked the night shift")
    assert taken(api.post(f"/v1/items/{item}/loss", lost, office="1216"))["state"] == "lost"
    assert taken(api.post(f"/v1/items/{item}/loss", lost, office="1216"))["state"] == "lost"
    damage = told(api, reason="damaged_in_post")
    assert taken(api.post(f"/v1/items/{broken}/damage", damage))["state"] == "damaged"


def test_a_mistake_is_taken_back_by_the_office_that_made_it(api: Api) -> None:
    item = api.item(api.shop())
    scan = api.scan(item, "accepted")
    api.scans(scan)
    said = {"scan_id": str(scan_id_of(scan["device_id"], scan["sequence"])), "why": "wrong shelf", "by": "Rahima"}
    theirs = refused(api.post(f"/v1/items/{item}/corrections", said, office="1213"), 404)
    absent = refused(
        api.post(
            f"/v1/items/{item}/corrections",
            said | {"scan_id": "00000000-0000-4000-8000-000000000000"},
            office="1216",
        ),
        404,
    )
    assert theirs["remedy"] == absent["remedy"]
    assert taken(api.post(f"/v1/items/{item}/corrections", said, office="1216"))["state"] == "booked"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("redirection", BANANI),
        ("cancellation", None),
        ("return", {"reason": "recalled"}),
        ("return-number", None),
        ("relabel", {"device_id": "counter-1230", "sequence": 1}),
        ("rest", {"weight_g": 500}),
        ("exchange", {"weight_g": 500}),
    ],
)
def test_an_office_with_which_a_parcel_has_nothing_to_do_finds_none(api: Api, path: str, body: Any) -> None:
    item = api.item(api.shop())
    api.at_the_office(item)
    theirs = refused(api.post(f"/v1/items/{item}/{path}", body, office="1230"), 404)
    absent = refused(api.post(f"/v1/items/DP000000005BD/{path}", body, office="1230"), 404)
    assert theirs | {"detail": ""} == absent | {"detail": ""}
    assert state(api, item) == "at_delivery_office"
