"""Collection points over HTTP: bring, collect with the code, confirm, send back."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from post_logistics.operations.door.codes import issue_code
from post_logistics.units import bangla_digits
from tests.api.client import Api, refused, taken

CENTRE, WINDOW = "/v1/collection-points/dc-1216-01", "/v1/collection-points/window-1216"


def here(api: Api, item: str, **changes: Any) -> dict[str, Any]:
    """A scan at a point."""
    scan = api.scan(item, "at_pickup_point")
    return {name: scan[name] for name in ("item_number", "occurred_at", "device_id", "sequence")} | changes


def brought(api: Api, path: str, *items: str, **scope: Any) -> list[str]:
    scans = [here(api, item) for item in items]
    return [one["outcome"] for one in taken(api.post(f"{path}/arrivals", {"scans": scans}, **scope))["verdicts"]]


def collected(api: Api, path: str, *rows: Any, **scope: Any) -> list[dict[str, Any]]:
    return list(taken(api.post(f"{path}/collections", {"collections": rows}, **scope))["verdicts"])


def waiting(api: Api, path: str, cod_poisha: int = 0) -> tuple[str, str]:
    """A parcel at a point and the code that its recipient was sent."""
    item = api.item(api.shop(), cod_poisha=cod_poisha)
    api.at_the_office(item)
    assert brought(api, path, item, office="1216") == ["accepted"]
    engine = api.engine
    with engine.database.transaction() as connection:
        week = timedelta(days=7)
        key = engine.facts.advice_key
        return item, issue_code(connection, item, "delivery", api.at, Random(7), key=key, good_for=week)


def test_points_are_listed_with_their_room(api: Api) -> None:
    before = {one["point_id"]: one for one in taken(api.get("/v1/collection-points", merchant="nobody"))}
    waiting(api, CENTRE)
    after = {one["point_id"]: one for one in taken(api.get("/v1/collection-points"))}
    one, other = before["dc-1216-01"], after["dc-1216-01"]
    assert (other["parcels"], other["room_parcels"]) == (one["parcels"] + 1, one["room_parcels"] - 1)
    assert after["window-1216"]["takes_cash"] and not other["takes_cash"]


def test_what_may_be_brought_is_said_in_both_languages(api: Api) -> None:
    paid, dear = api.item(api.shop(), cod_poisha=0), api.item(api.shop())
    fits = taken(api.post(f"{CENTRE}/checks", {"item_numbers": [paid, dear]}, office="1216"))
    assert [one["obstacle"] for one in fits] == [None, "no_cash_here"]
    assert fits[1]["why_en"] and fits[1]["why_bn"]


def test_a_parcel_is_collected_with_its_code_and_confirmed_by_the_office(api: Api) -> None:
    item, code = waiting(api, CENTRE)
    row = here(api, item, code=bangla_digits(code))
    assert [one["outcome"] for one in collected(api, CENTRE, row, row, office="1216")] == ["accepted", "duplicate"]
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "delivered_claimed"
    done = taken(api.post("/v1/collection-points/confirmations", {"office": "1216"}, office="1216"))
    assert item in done["item_numbers"]
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "delivered"


def test_wrong_codes_are_counted_although_the_request_is_answered_well(api: Api) -> None:
    item, code = waiting(api, CENTRE)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        (verdict,) = collected(api, CENTRE, here(api, item, code=wrong))
        assert verdict["outcome"] == "rejected"
    (verdict,) = collected(api, CENTRE, here(api, item, code=code))
    assert verdict["outcome"] == "rejected"
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "at_pickup_point"


def test_the_window_takes_the_cash_with_the_code(api: Api) -> None:
    item, code = waiting(api, WINDOW, 50_000)
    row = here(api, item, code=code, collected_poisha=50_000)
    verdicts = collected(api, WINDOW, row | {"collected_poisha": 0}, row)
    assert [one["outcome"] for one in verdicts] == ["rejected", "accepted"]


def test_a_stranger_s_point_is_answered_like_an_absent_one(api: Api) -> None:
    item = api.item(api.shop(), cod_poisha=0)
    for path, body in (
        ("arrivals", {"scans": [here(api, item)]}),
        ("collections", {"collections": [here(api, item, code="123456")]}),
        ("checks", {"item_numbers": [item]}),
    ):
        theirs = refused(api.post(f"{CENTRE}/{path}", body, office="1215"), 404)
        absent = refused(api.post(f"/v1/collection-points/nowhere/{path}", body, office="1215"), 404)
        assert theirs["detail"].replace("dc-1216-01", "nowhere") == absent["detail"]


@pytest.mark.parametrize("path", ["confirmations", "returns"])
def test_another_office_s_points_are_not_found(api: Api, path: str) -> None:
    refused(api.post(f"/v1/collection-points/{path}", {"office": "1215"}, office="1216"), 404)
    refused(api.get("/v1/collection-points/uncollected?office=1215", office="1216"), 404)


def test_what_nobody_came_for_is_listed_and_sent_back(api: Api) -> None:
    item, _ = waiting(api, CENTRE)
    uncollected = "/v1/collection-points/uncollected?office=১২১৬"
    assert item not in {one["item_number"] for one in taken(api.get(uncollected))}
    api.at += timedelta(days=8)
    try:
        assert item in {one["item_number"] for one in taken(api.get(uncollected, office="1216"))}
        back = taken(api.post("/v1/collection-points/returns", {"office": "1216"}, office="1216"))
        assert item in back["item_numbers"]
        assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "return_requested"
    finally:
        api.at -= timedelta(days=8)


def test_a_bad_row_takes_no_other_with_it(api: Api) -> None:
    item, code = waiting(api, CENTRE)
    verdicts = collected(api, CENTRE, {"item_number": item}, None, here(api, item, code=code), "x")
    assert [one["outcome"] for one in verdicts] == ["rejected", "rejected", "accepted", "rejected"]
