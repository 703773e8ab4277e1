"""Promises, forecasts and on-time shares over HTTP."""

from datetime import datetime, timedelta

import pytest

from tests.api.client import Api, refused, taken


def test_a_quote_names_the_offices_the_day_and_how_sure_it_is(api: Api) -> None:
    found = taken(api.get("/v1/promises", params={"from": "1205", "to": "১২১৬"}))
    assert (found["pickup_office"], found["delivery_office"]) == ("1205", "1216")
    assert (found["promised_on"], found["booked_at"]) == ("2026-11-22", "2026-11-22T06:30:00+06:00")
    assert 0 < found["probability"] < found["at_least"] <= found["sure_probability"] <= 1
    assert found["by_day"][0]["day"] == "2026-11-22"
    assert sum(one["chance"] for one in found["by_day"]) <= 1.001


def test_what_is_booked_is_promised_the_day_that_was_quoted(api: Api) -> None:
    quoted = taken(api.get("/v1/promises", params={"from": "1205", "to": "1216"}))
    booked = taken(api.book(api.shop()), 201)
    assert booked["promised_on"] == quoted["promised_on"]


def test_a_quote_for_another_time_is_of_that_time(api: Api) -> None:
    asked = {"from": "1205", "to": "1216", "at": "2026-12-05T20:00:00+06:00"}
    found = taken(api.get("/v1/promises", params=asked))
    assert (found["promised_on"], found["booked_at"]) == ("2026-12-06", "2026-12-05T20:00:00+06:00")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"from": "1205"}, 422),
        ({"from": "1205", "to": "0000"}, 404),
        ({"from": "1205", "to": "4000"}, 422),
        ({"from": "1205", "to": "1216", "at": "tomorrow"}, 422),
        ({"from": "1205", "to": "1216", "at": "2026-12-05T20:00:00"}, 422),
    ],
    ids=str,
)
def test_a_question_that_cannot_be_answered_is_refused(api: Api, asked: dict[str, str], status: int) -> None:
    refused(api.get("/v1/promises", params=asked), status)


def test_a_forecast_is_revised_by_scans_and_is_the_merchants_own(api: Api) -> None:
    owner, stranger = api.shop(), api.shop()
    item = api.item(owner)
    booked = taken(api.get(f"/v1/items/{item}/forecast", merchant=owner))
    api.at_the_office(item)
    there = taken(api.get(f"/v1/items/{item}/forecast", office="1216"))
    assert there["by_day"][0]["chance"] > booked["by_day"][0]["chance"]
    assert there["expected_on"] >= there["by_day"][0]["day"] == "2026-11-22"
    assert there["item_number"] == item
    theirs = refused(api.get(f"/v1/items/{item}/forecast", merchant=stranger), 404)
    absent = refused(api.get("/v1/items/DP000000005BD/forecast", merchant=stranger), 404)
    assert theirs["detail"].replace(item, "DP000000005BD") == absent["detail"]


def test_shares_are_those_of_the_days_that_were_asked_for(api: Api) -> None:
    item = api.item(api.shop())
    before = taken(api.get("/v1/punctuality", params={"start": "2026-11-22", "end": "2026-11-23"}))
    api.with_rider(item, "1216-R01")
    claim = api.scan(item, "delivered_claimed", holder="rider:1216-R01") | {"collected_poisha": 100_000}
    assert [one["outcome"] for one in api.claims(claim)] == ["accepted"]
    after = taken(api.get("/v1/punctuality", params={"start": "2026-11-22", "end": "2026-11-23"}))
    assert after["total"]["on_time"] == before["total"]["on_time"] + 1
    assert after["total"]["parcels"] == sum(lane["parcels"] for lane in after["lanes"])
    nothing = taken(api.get("/v1/punctuality", params={"start": "2020-01-01", "end": "2020-02-01"}))
    assert nothing["total"] == {
        "name": "",
        "parcels": 0,
        "on_time": 0,
        "late": 0,
        "missing": 0,
        "on_time_percent": None,
    }
    assert (
        refused(api.get("/v1/punctuality", params={"start": "2026-11-22", "end": "2026-11-22"}), 422)["field"] == "end"
    )


def test_what_is_overdue_says_with_whom(api: Api) -> None:
    item = api.item(api.shop())
    api.at_the_office(item)
    now = api.at
    api.at = now + timedelta(days=2)
    try:
        found = taken(api.get("/v1/punctuality", params={"start": "2026-11-22", "end": "2026-11-23"}))
    finally:
        api.at = now
    assert found["total"]["missing"] >= 1
    assert sum(cause["parcels"] for cause in found["causes"]) == found["total"]["missing"] + found["total"]["late"]
    assert {"reason": "", "blame": "post", "custodian": "office:1216"}.items() <= max(
        (cause for cause in found["causes"] if cause["custodian"] == "office:1216"), key=lambda cause: cause["parcels"]
    ).items()
    assert datetime.fromisoformat(found["start"]) < datetime.fromisoformat(found["end"])
