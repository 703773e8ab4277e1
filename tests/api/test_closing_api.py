"""The evening of an office over HTTP: counted by piece, signed by two, opened again, cleared; and strangers' alike."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Api, refused, taken
from tests.closes import counted, paid_in

DAY = "2026-11-22"
OFFICE = "1219"


def body(amount_poisha: int, **changes: Any) -> dict[str, Any]:
    return {"office": OFFICE, "closed_on": DAY, **counted(amount_poisha, **changes)}


def close_till(api: Api, amount_poisha: int, **changes: Any) -> Any:
    return api.post("/v1/day-closes/offices", body(amount_poisha, **changes), office=OFFICE)


@pytest.fixture(scope="module")
def short(api: Api) -> dict[str, Any]:
    """The till's first close: Tk 700 were there that no book knew of."""
    return dict(taken(close_till(api, 700_00, reason="not_known")))


def test_a_close_answers_with_its_pieces_reason_and_signatures(api: Api, short: dict[str, Any]) -> None:
    assert short["close_id"] == f"office-close:{OFFICE}:{DAY}:1"
    assert (short["excess_poisha"], short["to_deposit_poisha"], short["reason"]) == (700_00, 700_00, "not_known")
    assert short["pieces"] == {"50000": 1, "20000": 1}
    assert taken(close_till(api, 700_00, reason="not_known")) == short
    page = taken(api.get(f"/v1/day-closes/{short['close_id']}", office=OFFICE))
    assert (page["close"], page["deposit"]) == (short, None)
    assert api.get(f"/v1/day-closes/{short['close_id']}/sheet.pdf", office=OFFICE).content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pieces": {"50000": 2}}, "pieces"),
        ({"pieces": {"৫০০০০": 1}}, "pieces"),
        ({"pieces": {"50000": "1"}}, "pieces"),
        ({"countersigned_by": " CLERK-1216 "}, "countersigned_by"),
        ({"reason": "because"}, "reason"),
        ({"turn": 0}, "turn"),
        ({"closed_on": "2099-01-01"}, "closed_on"),
    ],
)
def test_a_count_that_cannot_be_is_refused_and_the_field_is_named(
    api: Api, changes: dict[str, Any], field: str
) -> None:
    problem = refused(close_till(api, 700_00, **{"turn": 9} | changes), 422)
    assert field in problem["field"]


def test_a_close_without_pieces_or_a_second_name_is_no_close(api: Api) -> None:
    for name in ("pieces", "countersigned_by"):
        asked = {key: value for key, value in body(0).items() if key != name}
        assert name in refused(api.post("/v1/day-closes/offices", asked, office=OFFICE), 422)["field"]


def test_what_is_to_count_names_every_rider_and_the_next_turn(api: Api, short: dict[str, Any]) -> None:
    found = taken(api.get(f"/v1/day-closes/offices/{OFFICE}/{DAY}/to-count", office=OFFICE))
    assert found[-1] == {"holder": f"office:{OFFICE}", "held_poisha": 700_00, "turn": 2}
    assert {one["holder"] for one in found[:-1]} >= {f"rider:{OFFICE}-R01"}


def test_a_close_is_opened_closed_again_and_paid_in(api: Api, short: dict[str, Any]) -> None:
    path = f"/v1/day-closes/{short['close_id']}/reopening"
    two = {"why": "counted twice", "opened_by": "clerk", "countersigned_by": "master"}
    assert refused(api.post(path, two | {"countersigned_by": "Clerk"}, office=OFFICE), 422)
    opened = taken(api.post(path, two, office=OFFICE))
    assert taken(api.post(path, two, office=OFFICE)) == opened
    refused(api.post(path, two | {"why": "another"}, office=OFFICE), 409)
    refused(api.post("/v1/deposits", paid_in(short["close_id"], "S-1", api.at), office=OFFICE), 409)
    again = taken(close_till(api, 650_00, reason="not_recorded", turn=2))
    slip = taken(api.post("/v1/deposits", paid_in(again["close_id"], "S-১", api.at), office=OFFICE))
    assert slip["slip_number"] == "S-1" and slip["bank"] == "Sonali Bank"
    refused(api.post(f"/v1/day-closes/{again['close_id']}/reopening", two, office=OFFICE), 409)
    right = {**paid_in(again["close_id"], "S-2", api.at), "why": "a digit was wrong", "by": "master"}
    refused(api.post("/v1/deposits/corrections", right, office="1230"), 404)
    assert taken(api.post("/v1/deposits/corrections", right, office=OFFICE)) == slip | {"slip_number": "S-2"}
    page = taken(api.get(f"/v1/day-closes/{again['close_id']}", office=OFFICE))
    assert [(one["slip_number"], one["standing"]) for one in page["slips"]] == [("S-1", False), ("S-2", True)]
    day = taken(api.get(f"/v1/day-closes/offices/{OFFICE}/{DAY}", office=OFFICE))
    assert [(one["close"]["turn"], bool(one["reopening"]), bool(one["deposit"])) for one in day] == [
        (1, True, False),
        (2, False, True),
    ]


def bring_to_the_bank(api: Api) -> None:
    """Pays in what no close of the day has paid in yet, and has the bank confirm it."""
    for number, one in enumerate(taken(api.get(f"/v1/day-closes/offices/{OFFICE}/{DAY}", office=OFFICE))):
        close = one["close"]
        if one["reopening"] or not close.get("to_deposit_poisha"):
            continue
        if not one["deposit"]:
            taken(api.post("/v1/deposits", paid_in(close["close_id"], f"B-{number}", api.at), office=OFFICE))
        confirmed = {"close_id": close["close_id"], "confirmed_poisha": close["to_deposit_poisha"]}
        assert api.post("/v1/deposits/confirmations", confirmed).status_code == 204


def test_an_excess_is_cleared_once_and_listed_until_it_is(api: Api, short: dict[str, Any]) -> None:
    open_poisha = taken(api.get(f"/v1/shortages/{OFFICE}", office=OFFICE))[0]["open_poisha"]
    assert open_poisha in {one["open_poisha"] for one in taken(api.get("/v1/shortages"))}
    told: dict[str, Any] = {"clearing_id": str(uuid4()), "way": "kept", "office": OFFICE, "amount_poisha": 1}
    told |= {"why": "nobody came", "cleared_by": "master"}
    assert "open" in refused(api.post("/v1/clearings", told, office=OFFICE), 409)["detail"]
    told |= {"way": "credited", "amount_poisha": 50_00, "item_number": api.item(api.shop())}
    refused(api.post("/v1/clearings", told, office=OFFICE), 409)  # it has not reached the bank
    bring_to_the_bank(api)
    made = taken(api.post("/v1/clearings", told, office=OFFICE))
    assert taken(api.post("/v1/clearings", told, office=OFFICE)) == made
    assert taken(api.get(f"/v1/shortages/{OFFICE}", office=OFFICE))[0]["open_poisha"] == open_poisha - 50_00
    refused(api.post("/v1/clearings", told | {"amount_poisha": 1}, office=OFFICE), 409)


def test_what_is_late_is_told_to_the_post_and_to_the_office(api: Api, short: dict[str, Any]) -> None:
    own = taken(api.get(f"/v1/cash/overdue/{OFFICE}", office=OFFICE))
    every = taken(api.get("/v1/cash/overdue"))
    assert [one for one in every if one["office"] == OFFICE] == own


def test_a_strangers_close_is_as_one_that_is_not_there(api: Api, short: dict[str, Any]) -> None:
    two = {"why": "x", "opened_by": "a", "countersigned_by": "b"}
    for method, path, given in (
        ("GET", "/v1/day-closes/{}", None),
        ("GET", "/v1/day-closes/{}/sheet.pdf", None),
        ("POST", "/v1/day-closes/{}/reopening", two),
    ):
        theirs, absent = (
            refused(api.request(method, path.format(name), office="1216", json=given), 404)
            for name in (short["close_id"], "no-close")
        )
        assert {**theirs, "detail": ""} == {**absent, "detail": ""}
    for path in (f"/v1/day-closes/offices/{OFFICE}/{DAY}", f"/v1/shortages/{OFFICE}", f"/v1/cash/overdue/{OFFICE}"):
        assert refused(api.get(path, office="1216"), 404)["detail"] == f"no office {OFFICE}"
    refused(api.get(f"/v1/shortages/1216/{OFFICE}-R01", office="1216"), 404)
