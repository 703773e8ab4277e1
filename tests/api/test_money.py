"""The evening and the next day over HTTP: closes, deposits, settlements, the ledger; each told once or often."""

from pathlib import Path
from typing import Any

import pytest
from beancount import loader

from tests.api.client import Api, refused, taken
from tests.closes import counted, paid_in

DAY, NEXT_DAY = "2025-06-01", "2025-06-02"
OFFICE, RIDER = "1215", "1215-R01"


class Evening:
    """A shop whose parcel was delivered and paid for, at an office of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.shop = api.shop()
        self.item = api.item(self.shop, recipient_address="House 9, East Raja Bazar, Tejgaon, Dhaka 1215")
        here = {"office": OFFICE, "device_id": "counter-1215"}
        on_the_way = ("accepted", "at_delivery_office")
        api.scans(*(api.scan(self.item, event, holder=f"office:{OFFICE}", **here) for event in on_the_way))
        api.scans(api.scan(self.item, "out_for_delivery", holder=f"rider:{RIDER}", **here))
        door = {"holder": f"rider:{RIDER}", "collected_poisha": 100_000}
        (verdict,) = api.claims(api.scan(self.item, "delivered_claimed", **door, **here))
        assert verdict["outcome"] == "accepted"

    def close_rider(self, counted_poisha: int = 100_000, **changes: str) -> Any:
        body = {"rider": RIDER, "office": OFFICE, "closed_on": DAY, **counted(counted_poisha)}
        return self.api.post("/v1/day-closes/riders", body | changes, office=OFFICE)

    def close_office(self, counted_poisha: int = 100_000) -> Any:
        body = {"office": OFFICE, "closed_on": DAY, **counted(counted_poisha)}
        return self.api.post("/v1/day-closes/offices", body, office=OFFICE)

    def pay_in(self, close_id: str, slip: str = "SLIP-1") -> Any:
        return self.api.post("/v1/deposits", paid_in(close_id, slip, self.api.at), office=OFFICE)

    def confirm(self, close_id: str, confirmed_poisha: int = 100_000) -> Any:
        body = {"close_id": close_id, "confirmed_poisha": confirmed_poisha}
        return self.api.post("/v1/deposits/confirmations", body)

    def settle(self) -> Any:
        return self.api.post("/v1/settlements", {"settled_on": NEXT_DAY})


@pytest.fixture(scope="module")
def evening(api: Api) -> Evening:
    return Evening(api)


def test_the_money_goes_from_the_door_to_the_merchant_and_every_step_may_be_told_twice(evening: Evening) -> None:
    api = evening.api
    assert refused(evening.close_office(0), 409)["type"].endswith("conflict")
    assert taken(evening.close_rider()) == taken(evening.close_rider())
    refused(evening.close_rider(99_999), 409)
    close = taken(evening.close_office())
    assert close == taken(evening.close_office())
    assert (close["to_deposit_poisha"], close["kept_poisha"]) == (100_000, 0)
    refused(evening.confirm(close["close_id"]), 409)
    slip = taken(evening.pay_in(close["close_id"]))
    assert taken(evening.pay_in(close["close_id"])) == slip
    refused(evening.pay_in(close["close_id"], "SLIP-2"), 409)
    for _ in range(2):
        assert evening.confirm(close["close_id"]).status_code == 204
    (settled,) = [one for one in taken(evening.settle()) if one["merchant"] == evening.shop]
    (again,) = [one for one in taken(evening.settle()) if one["merchant"] == evening.shop]
    assert settled == again
    assert settled["payout_poisha"] == 100_000 - settled["fees_taken_poisha"] - settled["vat_taken_poisha"]
    assert [line["item_number"] for line in settled["lines"]] == [evening.item]

    path = f"/v1/settlements/{settled['settlement_id']}"
    assert taken(api.get(path, merchant=evening.shop)) == settled
    assert api.get(f"{path}/advice.pdf", merchant=evening.shop).content.startswith(b"%PDF")
    for kind in ("", "/advice.pdf"):
        theirs = refused(api.get(path + kind, merchant=api.shop()), 404)
        absent = refused(api.get("/v1/settlements/no-2026-11-23" + kind, merchant=api.shop()), 404)
        assert {**theirs, "detail": ""} == {**absent, "detail": ""}


def test_the_ledger_is_one_that_beancount_accepts(evening: Evening, tmp_path: Path) -> None:
    answer = evening.api.get("/v1/ledger.beancount")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    file = tmp_path / "ledger.beancount"
    file.write_text(answer.text, encoding="utf-8")
    entries, errors, _ = loader.load_file(str(file))
    assert entries and not errors


@pytest.mark.parametrize("rider", ["1216-R01", "1215-R99", "1215-P01", "x"])
def test_a_rider_of_another_office_is_nobody_here(evening: Evening, rider: str) -> None:
    assert refused(evening.close_rider(rider=rider), 404)["detail"] == f"office {OFFICE} has no rider {rider}"


def test_cash_cannot_be_with_a_rider_whom_the_office_does_not_have(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop, recipient_address="House 9, East Raja Bazar, Tejgaon, Dhaka 1215")
    here = {"office": OFFICE, "device_id": "counter-1215-x"}
    door = {"holder": "rider:nobody", "collected_poisha": 100_000}
    (verdict,) = api.claims(api.scan(item, "delivered_claimed", **door, **here))
    assert verdict["outcome"] == "rejected"
    assert "no rider nobody" in verdict["why"]
    digital = {"payments": [{"payment_id": "pay-1", "amount_poisha": 100_000}], "holder": "rider:1216-R01"}
    (verdict,) = api.claims(api.scan(item, "delivered_claimed", **digital, **here))
    assert "no rider 1216-R01" in verdict["why"], "who would answer for it if it never came"


def test_a_day_that_has_not_come_is_neither_closed_nor_settled(api: Api) -> None:
    far = "2099-01-01"
    body = {"rider": RIDER, "office": OFFICE, "closed_on": far, **counted(0)}
    assert refused(api.post("/v1/day-closes/riders", body, office=OFFICE), 422)["field"] == "closed_on"
    assert refused(api.post("/v1/settlements", {"settled_on": far}), 422)["field"] == "settled_on"
