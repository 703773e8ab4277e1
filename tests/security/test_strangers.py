"""A stranger's thing is answered byte for byte like one that is not there: every operation, every name in its path."""

import re
from typing import Any

import pytest
from httpx2 import Response

from api.policy import POLICY
from post_logistics.access.roles import AT_AN_OFFICE, Role
from tests.api.openapi import OPERATIONS, PLACES, Operation, body_of, example_of
from tests.security.world import ELSEWHERE, OFFICE, SIGNS_OF_PEOPLE, World

SHOPS = frozenset({Role.MERCHANT})
ABSENT = PLACES | {"office": "9999", "rider": "9999-R99", "holder": "9999-R99", "store_id": "99999", "version": "99"}
"""Something well-formed that is not there."""
OF_A_SHOP = {
    "item_number", "merchant_id", "correction_id", "request_id", "claim_id", "payment_id", "change_id", "receipt_id",
    "settlement_id", "payout_id", "advance_id", "bill_id", "endpoint_id", "message_id", "shop_id", "order_id", "key_id",
    "partner_id", "store_id", "person_id", "job_id", "manifest_id",
}  # fmt: skip
OF_AN_OFFICE = {
    "office", "close_id", "rider", "point_id", "device_id", "proof_id", "scan_id", "exception_id", "request_id",
    "receipt_id", "holder", "payment_id", "person_id", "alarm_id", "item_number", "card_id", "act_id",
}  # fmt: skip
NO_OWNER = {
    "service_on", "closed_on", "on_day", "kind", "name", "month", "quarter", "program", "source", "version",
    "provider", "token", "side", "municipality",
}  # fmt: skip
"""Days, choices, and what is a secret itself. (Municipalities are known to all; test_municipalities_over_http.py asks
for the papers of a strange one.)"""
OF_FINANCE = {"finding_id", "line_id", "match_id", "file_id", "hold_id"}
"""Nobody of a shop or an office comes near: see test_scopes.py."""
WHEREVER_IT_TURNS_UP = {"number", "bag"}
"""An office may look up and handle whatever lies before it..."""
LOOKED_UP = {
    "item", "consignment", "label_pdf", "label_zpl", "weighings", "item_forecast", "evidence", "contests", "receipts",
    "refunds", "hold_item", "item_damaged", "correct_a_scan",
}  # fmt: skip
"""...so a parcel by these. What is decided of it is for the offices that it is the business of."""
KNOWN_TO_ALL = {
    "withdraw-correction_id": "corrections are there for everybody to read",
    "make_view_card-card_id": "whoever names a card first has it, by a number drawn at random",
    "give_a_role-person_id": "sign-in names are one in the whole post: taking somebody on tells as much",
}


def told(operation: Operation, office: str) -> dict[str, Any]:
    """What the request says besides its path: the examples, and one's own office where one is named."""
    schema = body_of(operation)
    query = {
        one["name"]: one.get("example", "2026-11-22")
        for one in operation.facts.get("parameters", ())
        if one["in"] == "query" and one.get("required")
    }
    query |= {
        one["name"]: office
        for one in operation.facts.get("parameters", ())
        if one["name"] == "office" and one["in"] == "query"
    }
    if schema is None:
        return {"params": query}
    body = example_of(schema)
    return {"params": query, "json": body | ({"office": office} if "office" in body else {})}


def asked(world: World, who: str, operation: Operation, places: dict[str, str], office: str) -> Response:
    path = re.sub(r"{(\w+)}", lambda place: places[place[1]], operation.path)
    return world.by(who, operation.method, path, **told(operation, office))


def seen(answer: Response, places: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """All that the asker learns, the ids themselves left out."""
    text = answer.text
    for value in places.values():
        text = text.replace(value, "…")
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "content-length"}}
    return answer.status_code, text, headers


def names_in(operation: Operation) -> list[str]:
    return re.findall(r"{(\w+)}", operation.path)


def cells(role: frozenset[Role], owned: set[str]) -> list[Any]:
    """Every operation open to the role, with every name in its path that belongs to somebody."""
    return [
        pytest.param(operation, name, id=cell)
        for operation in OPERATIONS
        for name in names_in(operation)
        if name in owned
        and POLICY.get(operation.name, frozenset()) & role
        and (cell := f"{operation.name}-{name}") not in KNOWN_TO_ALL
        and not (name == "item_number" and owned is OF_AN_OFFICE and operation.name in LOOKED_UP)
    ]


def assert_alike(world: World, who: str, operation: Operation, name: str, office: str = "") -> None:
    real = {one: world.things.get(one, ABSENT[one]) for one in names_in(operation)}
    absent = real | {name: ABSENT[name]}
    theirs, nothing = (asked(world, who, operation, places, office) for places in (real, absent))
    assert seen(theirs, {name: real[name]}) == seen(nothing, {name: absent[name]})
    assert not [sign for sign in SIGNS_OF_PEOPLE if sign in theirs.text]


@pytest.mark.parametrize(("operation", "name"), cells(SHOPS, OF_A_SHOP))
def test_a_thing_of_another_shop_is_as_one_that_is_not_there(world: World, operation: Operation, name: str) -> None:
    assert_alike(world, world.stranger, operation, name)


@pytest.mark.parametrize(("operation", "name"), cells(AT_AN_OFFICE, OF_AN_OFFICE))
def test_a_thing_of_another_office_is_as_one_that_is_not_there(world: World, operation: Operation, name: str) -> None:
    assert_alike(world, ELSEWHERE, operation, name, ELSEWHERE)


def test_every_name_in_a_path_belongs_to_somebody_or_says_why_not() -> None:
    every = {name for operation in OPERATIONS for name in names_in(operation)}
    assert every == OF_A_SHOP | OF_AN_OFFICE | NO_OWNER | OF_FINANCE | WHEREVER_IT_TURNS_UP


@pytest.mark.parametrize(("who", "role", "owned"), [("shop", SHOPS, OF_A_SHOP), ("office", AT_AN_OFFICE, OF_AN_OFFICE)])
def test_red_control_the_owner_is_shown_what_is_there(
    world: World, who: str, role: frozenset[Role], owned: set[str]
) -> None:
    """Were nothing there for anybody, strangers would be told nothing either. (There is no plan, no act of a centre
    and no printed card, and that pickup is another office's.)"""
    name, office = (world.shop, "") if who == "shop" else (OFFICE, OFFICE)
    unseen = set()
    for cell in cells(role, owned):
        operation, _ = cell.values
        places = {one: world.things.get(one, ABSENT[one]) for one in names_in(operation)}
        if operation.method == "GET" and asked(world, name, operation, places, office).status_code != 200:
            unseen.add(operation.name)
    nothing = {"plan_in_force", "run_sheets", "pickup", "centre_receipt", "centre_receipt_pdf", "print_view_card"}
    assert unseen <= nothing
