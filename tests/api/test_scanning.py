"""Scans and deliveries: a verdict per row, kept once, and cash never without its scan."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from post_logistics.units import bangla_digits
from tests.api.client import Api, refused, taken
from tests.closes import counted


def outcomes(verdicts: list[dict[str, Any]]) -> list[str]:
    return [verdict["outcome"] for verdict in verdicts]


def test_a_batch_sent_twice_changes_nothing(api: Api) -> None:
    item = api.item(api.shop())
    batch = [api.scan(item, "accepted"), api.scan(item, "at_delivery_office")]
    assert outcomes(api.scans(*batch)) == ["accepted", "accepted"]
    before = taken(api.get(f"/v1/tracking/{item}"))
    assert outcomes(api.scans(*batch)) == ["duplicate", "duplicate"]
    assert outcomes(api.scans(*reversed(batch))) == ["duplicate", "duplicate"]
    assert taken(api.get(f"/v1/tracking/{item}")) == before


def test_every_row_has_its_own_answer(api: Api) -> None:
    item = api.item(api.shop())
    good = api.scan(item, "accepted")
    verdicts = api.scans(
        good,
        good,
        good | {"event": "at_hub"},
        api.scan("DP000000005BD", "accepted"),
        api.scan(item, "pickup_assigned"),
        api.scan(item, "no such event"),
        api.scan(item, "accepted", holder="nobody in particular"),
        api.scan(item, "accepted", sequence="12"),
        api.scan(item, "accepted", colour="red"),
        {"item_number": item},
        "rubbish",
        None,
    )
    assert [verdict["row"] for verdict in verdicts] == list(range(1, 13))
    assert outcomes(verdicts) == [
        "accepted",
        "duplicate",
        "rejected",
        "rejected",
        "accepted_with_exception",
        *["rejected"] * 7,
    ]
    assert all(verdict["why"] for verdict in verdicts[2:])
    assert "colour" in verdicts[8]["why"]
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "accepted"


def test_two_scans_under_one_number_are_told_apart(api: Api) -> None:
    item = api.item(api.shop())
    scan = api.scan(item, "accepted")
    assert outcomes(api.scans(scan)) == ["accepted"]
    (verdict,) = api.scans(scan | {"event": "at_delivery_office"})
    assert verdict["outcome"] == "rejected" and str(scan["sequence"]) in verdict["why"]


@pytest.mark.parametrize("clock", ["1970-01-01T00:00:00Z", "2016-11-22T06:30:00+06:00", "2199-01-01T00:00:00Z"])
def test_a_wrong_clock_is_no_reason_to_refuse_a_scan(api: Api, clock: str) -> None:
    item = api.item(api.shop())
    assert outcomes(api.scans(api.scan(item, "accepted", occurred_at=clock))) == ["accepted"]
    last = taken(api.get(f"/v1/tracking/{item}"))["timeline"][-1]
    assert last["at"] == "2026-11-22T00:30:00Z"


@pytest.mark.parametrize("clock", ["2026-11-22T06:30:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "noon"])
def test_a_time_that_is_none_is_rejected(api: Api, clock: str) -> None:
    assert outcomes(api.scans(api.scan(api.item(api.shop()), "accepted", occurred_at=clock))) == ["rejected"]


@pytest.mark.parametrize("scans", [[], {}, "x", [{}] * 5001])
def test_a_batch_that_is_none_is_refused(api: Api, scans: Any) -> None:
    assert refused(api.post("/v1/scans", {"scans": scans}), 422)["field"] == "scans"


@pytest.mark.parametrize("event", ["delivered_claimed", "partially_delivered", "exchanged"])
def test_what_happens_at_the_door_is_not_told_without_its_cash(api: Api, event: str) -> None:
    item = api.item(api.shop())
    api.with_rider(item, "1216-R09")
    (verdict,) = api.scans(api.scan(item, event, holder="rider:1216-R09"))
    assert verdict["outcome"] == "rejected" and "/v1/deliveries" in verdict["why"]
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "out_for_delivery"


def test_a_delivery_sent_twice_takes_its_cash_once(api: Api) -> None:
    item, rider = api.item(api.shop()), "1216-R10"
    api.with_rider(item, rider)
    claim = api.scan(item, "delivered_claimed", holder=f"rider:{rider}", collected_poisha=100_000)
    assert outcomes(api.claims(claim)) == ["accepted"]
    assert outcomes(api.claims(claim, claim)) == ["duplicate", "duplicate"]
    close = {"rider": rider, "office": "1216", "closed_on": "2026-11-22", **counted(100_000)}
    assert taken(api.post("/v1/day-closes/riders", close))["expected_poisha"] == 100_000


def test_wrong_cash_and_a_bad_row_take_no_other_claim_with_them(api: Api) -> None:
    shop, rider = api.shop(), "1216-R11"
    short, right, absent = (api.item(shop, f"R-{n}") for n in range(3))
    for item in (short, right, absent):
        api.with_rider(item, rider)
    door = {"holder": f"rider:{rider}"}
    verdicts = api.claims(
        api.scan(short, "delivered_claimed", collected_poisha=99_999, **door),
        api.scan(right, "delivered_claimed", collected_poisha=100_000, **door),
        api.scan(right, "delivered_claimed", collected_poisha="100000", **door),
        api.scan(absent, "attempt_failed", reason="no_answer", **door),
    )
    assert outcomes(verdicts) == ["rejected", "accepted", "rejected", "accepted"]
    states = [taken(api.get(f"/v1/tracking/{item}"))["state"] for item in (short, right, absent)]
    assert states == ["out_for_delivery", "delivered_claimed", "attempt_failed"]


def test_a_number_is_understood_as_it_is_typed_or_printed(api: Api) -> None:
    item = api.item(api.shop())
    asked = {"office": "1216", "destination": "1205", "request_id": str(uuid4())}
    (key,) = taken(api.post("/v1/bags", asked), 201)["bags"]
    verdicts = api.scans(
        api.scan(bangla_digits(item), "accepted"),
        api.scan(f"{item[:2].lower()} {item[2:-2]} bd", "at_delivery_office"),
        api.scan(item, "bagged", receptacle=f"{key}000123"),
        api.scan(f"{key}000123", "sealed"),
        api.scan(f"{bangla_digits(key)}", "dispatched", holder="vehicle:V"),
    )
    assert outcomes(verdicts) == ["accepted"] * 5
    assert [verdict["item_number"] for verdict in verdicts] == [item] * 3 + [key] * 2
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "dispatched"
    misread = [api.scan(item[:-1], "accepted"), api.scan(item, "bagged", receptacle="BD12")]
    assert outcomes(api.scans(*misread)) == ["rejected"] * 2


@pytest.mark.parametrize("event", ["booked", "cancelled", "area_changed", "return_requested", "contested", "corrected"])
def test_what_somebody_decides_is_no_scan_of_a_device(api: Api, event: str) -> None:
    item = api.item(api.shop())
    (verdict,) = api.scans(api.scan(item, event))
    assert verdict["outcome"] == "rejected" and verdict["why"]
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "booked"


@pytest.mark.parametrize(
    ("holder", "office"),
    [("rider:1215-R02", "1215"), ("office:1205", "1205"), ("rider:Karim", "1216"), ("office:12", "1216")],
)
def test_a_scan_that_does_not_fit_is_the_business_of_an_office(api: Api, holder: str, office: str) -> None:
    item = api.item(api.shop())
    api.scans(api.scan(item, "accepted", holder=holder), api.scan(item, "assigned"))
    with api.engine.database.transaction() as connection:
        asked = text("select office from exceptions where item_number = :item and kind = 'misfit'")
        assert connection.execute(asked, {"item": item}).scalars().all() == [office]
