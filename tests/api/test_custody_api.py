"""Boards, custody and exceptions over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from post_logistics.operations.custody.watching import watch
from tests.api.client import Api, refused, taken

RIDER = "1216-R03"


def out_with(api: Api, rider: str = RIDER) -> str:
    """A parcel in a rider's bag."""
    item = api.item(api.shop())
    api.with_rider(item, rider)
    return item


def look(api: Api, at: datetime) -> None:
    """What the watch does every minute."""
    with api.engine.database.transaction() as connection:
        watch(connection, at)


def cases_of(api: Api, item: str, **options: Any) -> list[dict[str, Any]]:
    """The open exceptions about an item, as their office sees them."""
    listed = taken(api.get("/v1/exceptions?limit=500", **options))["exceptions"]
    return [case for case in listed if case["item_number"] == item]


@pytest.fixture
def overdue(api: Api, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The exception about a parcel that a rider has had for two days."""
    item = out_with(api)
    monkeypatch.setattr(api, "at", api.at + timedelta(days=2))
    look(api, api.at)
    (case,) = cases_of(api, item)
    return case


@pytest.fixture
def misfit(api: Api) -> dict[str, Any]:
    """The exception about a parcel that was in the hands of somebody to whom nobody had given it."""
    item = out_with(api)
    api.scans(api.scan(item, "attempt_failed", holder="rider:1230-R01", reason="no_answer"))
    (case,) = cases_of(api, item)
    assert case["kind"] == "misfit"
    return case


def test_who_answers_is_told_with_the_next_scan_in_any_writing(api: Api) -> None:
    item = out_with(api)
    bangla = item.lower().translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    found = taken(api.get(f"/v1/custody/{bangla}", office="1230"))
    assert found["number"] == item
    assert (found["custody"]["holder"], found["custody"]["event"]) == (f"rider:{RIDER}", "delivered_claimed")
    assert found["custody"]["due_at"].startswith("2026-11-22T")
    assert not {"recipient_name", "recipient_phone", "detail"} & (found.keys() | found["custody"].keys())


@pytest.mark.parametrize(("number", "status"), [("DP000000005BD", 404), ("DP000000006BD", 422), ("x", 422)])
def test_a_number_that_is_none_or_was_never_issued_is_refused(api: Api, number: str, status: int) -> None:
    refused(api.get(f"/v1/custody/{number}"), status)


def test_an_overdue_parcel_is_on_the_list_of_its_office_and_of_no_other(api: Api, overdue: dict[str, Any]) -> None:
    item = overdue["item_number"]
    assert (overdue["kind"], overdue["office"], overdue["custodian"]) == ("overdue", "1216", f"rider:{RIDER}")
    assert cases_of(api, item, office="1216") == [overdue]
    assert cases_of(api, item, office="1230") == []
    assert taken(api.get("/v1/exceptions?office=১২১৬&kind=overdue&unowned=true"))["exceptions"]
    refused(api.get("/v1/exceptions?office=1216", office="1230"), 404)
    refused(api.get("/v1/exceptions?office=9999"), 404)
    told = taken(api.get(f"/v1/custody/{item}"))["exceptions"]
    assert [case["exception_id"] for case in told] == [overdue["exception_id"]]


def test_the_list_is_read_page_by_page(api: Api, overdue: dict[str, Any], misfit: dict[str, Any]) -> None:
    first = taken(api.get("/v1/exceptions?limit=1"))
    second = taken(api.get(f"/v1/exceptions?limit=1&after={first['next']}"))
    assert first["exceptions"][0]["exception_id"] < second["exceptions"][0]["exception_id"]
    assert overdue["exception_id"] != misfit["exception_id"]


def test_an_exception_is_taken_on_and_closed_with_a_note(api: Api, misfit: dict[str, Any]) -> None:
    path = f"/v1/exceptions/{misfit['exception_id']}"
    taken(api.post(f"{path}/take", {"by": "rahima"}, office="1216"))
    note = {"by": "rahima", "note": "The two riders swapped devices."}
    closed = taken(api.post(f"{path}/close", note, office="1216"))
    assert taken(api.post(f"{path}/close", note, office="1216")) == closed
    assert closed["exception"]["owner"] == "rahima"
    assert [(step["step"], step["by"]) for step in closed["steps"]] == [("taken", "rahima"), ("closed", "rahima")]
    refused(api.post(f"{path}/close", note | {"by": "karim"}, office="1216"), 409)
    assert taken(api.get(path)) == closed
    assert cases_of(api, misfit["item_number"]) == []


def test_what_is_overdue_is_not_closed_by_hand(api: Api, overdue: dict[str, Any]) -> None:
    note = {"by": "rahima", "note": "never mind"}
    problem = refused(api.post(f"/v1/exceptions/{overdue['exception_id']}/close", note), 409)
    assert "scan" in problem["remedy"]


@pytest.mark.parametrize("act", ["take", "close", ""])
def test_another_offices_exception_is_answered_like_an_absent_one(api: Api, misfit: dict[str, Any], act: str) -> None:
    def ask(exception_id: int) -> dict[str, Any]:
        path = f"/v1/exceptions/{exception_id}/{act}".rstrip("/")
        body = {"take": {"by": "x"}, "close": {"by": "x", "note": "y"}}.get(act)
        return dict(refused(api.request("POST" if act else "GET", path, json=body, office="1230"), 404))

    theirs, absent = ask(misfit["exception_id"]), ask(10**12)
    assert theirs | {"detail": ""} == absent | {"detail": ""}


def test_the_boards_count_what_each_has(api: Api) -> None:
    item = out_with(api, "1216-R05")
    rider = taken(api.get("/v1/boards/rider/১২১৬-R05", office="1216"))
    assert rider["items"]["out_for_delivery"] >= 1
    assert item in [due["item_number"] for due in rider["next_due"]]
    assert taken(api.get("/v1/boards/rider/1216-R05", office="1230"))["items"] == {}

    before = taken(api.get("/v1/boards/office/1216", office="1216"))["items"].get("at_delivery_office", 0)
    api.at_the_office(api.item(api.shop()))
    board = taken(api.get("/v1/boards/office/১২১৬", office="1216"))
    assert board["items"]["at_delivery_office"] == before + 1
    assert "1216" in {line["office"] for line in taken(api.get("/v1/boards"))["offices"]}
    refused(api.get("/v1/boards/office/1216", office="1230"), 404)


def test_the_board_of_a_vehicle_takes_its_name_with_the_slash(api: Api) -> None:
    item = api.item(api.shop())
    vehicle = "1216-1000-E/20261122T1430Z"
    api.scans(api.scan(item, "accepted"), api.scan(item, "dispatched", holder=f"vehicle:{vehicle}"))
    assert taken(api.get(f"/v1/boards/vehicle/{vehicle}", office="1216"))["items"] == {"dispatched": 1}
    refused(api.get("/v1/boards/merchant/shop"), 422)


def test_a_device_that_owes_scans_is_listed(api: Api) -> None:
    item = api.item(api.shop())
    api.scans(*(api.scan(item, "accepted", device_id="owing-1", sequence=n) for n in (1, 2, 6)))
    owing = [one for one in taken(api.get("/v1/devices/silent"))["devices"] if one["device_id"] == "owing-1"]
    assert [(one["missing"], one["missing_count"]) for one in owing] == [([[3, 5]], 3)]
