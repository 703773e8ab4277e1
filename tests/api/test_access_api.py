"""Who comes in by a key or a session, what they may do there, and the trace that stays."""

from datetime import timedelta
from random import Random
from typing import Any

import pyotp
import pytest
from httpx2 import Response

from api.context import form_key
from api.keyring import KEPT_FOR
from api.policy import POLICY
from post_logistics.access.keys import halves
from post_logistics.access.roles import HOLDING, Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.units import MerchantId, Postcode
from tests.api.client import Api, refused, taken
from tests.api.openapi import OPERATIONS, Operation

DRAW = Random(5)
HERE = Place(office=Postcode("1216"))
HOLDERS = {Role.RIDER: "1216-R01", Role.AGENT: "dc-1216-01"}


@pytest.fixture(autouse=True)
def nothing_is_remembered(api: Api) -> None:
    api.engine.keyring.forget()


def key_of(api: Api, role: Role | None, place: Place, *scopes: str) -> str:
    with api.engine.database.transaction() as connection:
        made = make_key(connection, DRAW, api.at, name="test", by="post", place=place, role=role, scopes=scopes)
    return made.halves.text


def key_of_hands(api: Api, role: Role, holder: str) -> str:
    """The key of somebody new who holds parcels: a program cannot."""
    login = f"{role}-with-hands"
    with api.engine.database.transaction() as connection:
        take_on(connection, DRAW, login, login, "post", api.at)
        give_role(connection, api.engine.facts, login, role, HERE, "post", api.at, holder)
        made = make_key(connection, DRAW, api.at, name="app", by=login, person_id=login, place=HERE)
    return made.halves.text


def by(api: Api, key: str, method: str, path: str, **options: Any) -> Response:
    headers = {"Authorization": f"Bearer {key}"} | options.pop("headers", {})
    return api.client.request(method, path, headers=headers, **options)


def person(api: Api, login: str, role: str, **where: str) -> str:
    """Takes somebody on; gives back the password on paper."""
    asked = {"person_id": login, "name": login.title(), "role": role, **where}
    return str(taken(api.post("/v1/people", asked), 201)["password"])


def session(api: Api, login: str, password: str, **more: str) -> dict[str, Any]:
    return dict(taken(api.client.post("/v1/sessions", json={"person_id": login, "password": password, **more}), 201))


def test_the_policy_has_a_row_for_every_operation_that_needs_a_key_and_no_other() -> None:
    """But for pages and other couriers' dialects, which are not in our own description."""
    ours = {name for name in POLICY if not name.startswith(("page_", "steadfast_", "pathao_", "redx_", "easypost_"))}
    assert ours == {operation.name for operation in OPERATIONS if not operation.is_public}


@pytest.fixture(scope="module")
def role_keys() -> dict[Role, str]:
    return {}


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if not o.is_public], ids=lambda one: one.name)
def test_every_role_is_let_into_what_the_policy_says_and_nothing_else(
    api: Api, role_keys: dict[Role, str], operation: Operation
) -> None:
    if not role_keys:
        places = {Role.MERCHANT: Place(merchant_id=MerchantId(api.shop()))}
        places |= dict.fromkeys((Role.COUNTER, Role.MANAGER), HERE)
        for role in set(Role) - HOLDING:
            named = None if role is Role.MERCHANT else role
            role_keys[role] = key_of(api, named, places.get(role, Place()))
        role_keys |= {role: key_of_hands(api, role, holder) for role, holder in HOLDERS.items()}
    for role, key in role_keys.items():
        allowed = role in POLICY[operation.name]
        reads = role is Role.AUDITOR and operation.method == "GET" and POLICY[operation.name] - {Role.MERCHANT}
        status = by(api, key, operation.method, operation.url).status_code
        assert (status == 403) == (not allowed and not reads), (role, status)
        assert status not in {401, 500}


def test_a_key_of_a_shop_sees_the_shop_and_cannot_leave_it(api: Api) -> None:
    shop, other = api.shop(), api.shop()
    key = key_of(api, None, Place(merchant_id=MerchantId(shop)))
    item = taken(by(api, key, "POST", "/v1/consignments", json=_order()), 201)["item_number"]
    assert taken(by(api, key, "GET", f"/v1/consignments/{item}"))["order_ref"] == "R-1"
    refused(by(api, key, "GET", f"/v1/merchants/{other}"), 404)
    refused(by(api, key, "GET", "/v1/consignments", headers={"Post-Merchant": other}), 404)
    refused(by(api, key, "GET", "/v1/offices", headers={"Post-Office": "1216"}), 404)


def _order() -> dict[str, Any]:
    from tests.api.client import order

    return order("R-1")


def test_a_key_is_made_shown_once_renewed_and_retired(api: Api) -> None:
    shop = api.shop()
    made = taken(api.post("/v1/keys", {"name": "web shop"}, merchant=shop), 201)
    assert by(api, made["key"], "GET", "/v1/me").json()["merchant_id"] == shop
    (listed,) = taken(api.get("/v1/keys", merchant=shop))
    assert listed["key_id"] == made["key_id"] and not {"key", "secret"} & listed.keys()
    new = taken(api.post(f"/v1/keys/{made['key_id']}/rotation", {"overlap_s": 3600}, merchant=shop), 201)
    assert {by(api, one["key"], "GET", "/v1/me").status_code for one in (made, new)} == {200}
    assert api.request("DELETE", f"/v1/keys/{new['key_id']}", merchant=shop).status_code == 204
    refused(by(api, new["key"], "GET", "/v1/me"), 401)
    api.at += timedelta(hours=1) + KEPT_FOR
    refused(by(api, made["key"], "GET", "/v1/me"), 401)
    stranger = refused(api.request("DELETE", f"/v1/keys/{made['key_id']}", merchant=api.shop()), 404)
    assert stranger["detail"] == f"no key {made['key_id']}"


def test_a_key_that_is_narrowed_does_only_that(api: Api) -> None:
    place = Place(merchant_id=MerchantId(api.shop()))
    reader, booker = key_of(api, None, place, "read"), key_of(api, None, place, "booking")
    refused(by(api, reader, "POST", "/v1/consignments", json=_order()), 403)
    assert by(api, reader, "GET", "/v1/consignments").status_code == 200
    item = taken(by(api, booker, "POST", "/v1/consignments", json=_order()), 201)["item_number"]
    refused(by(api, booker, "GET", f"/v1/money/parcels/{item}"), 403)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MERCHANT])
def test_a_shop_makes_keys_of_shops_and_no_others(api: Api, role: Role) -> None:
    shop = Place(merchant_id=MerchantId(api.shop()))
    asked = {"name": "more than a shop", "role": role}
    assert refused(by(api, key_of(api, None, shop), "POST", "/v1/keys", json=asked), 422)["field"] == "role"


@pytest.mark.parametrize("role", sorted(HOLDING))
def test_nothing_can_be_handed_to_a_program(api: Api, role: Role) -> None:
    problem = refused(api.post("/v1/keys", {"name": "rider app", "role": role}), 422)
    assert problem["field"] == "role" and "take a person on" in problem["remedy"]


def test_a_narrowed_key_makes_no_wider_one(api: Api) -> None:
    shop = Place(merchant_id=MerchantId(api.shop()))
    narrow, wide = (key_of(api, None, shop, *scopes) for scopes in (("access", "read"), ()))
    for path, sent in (
        ("/v1/keys", {"name": "wider"}),
        (f"/v1/keys/{halves(wide).key_id}/rotation", {}),
        ("/v1/people", {"person_id": "more", "name": "More", "role": "merchant"}),
    ):
        refused(by(api, narrow, "POST", path, json=sent), 403)
        assert by(api, wide, "POST", path, json=sent).status_code == 201
    assert by(api, narrow, "GET", "/v1/keys").status_code == 200


def test_a_session_is_opened_used_and_closed(api: Api) -> None:
    password = person(api, "salma", "counter", office="1216")
    made = session(api, "Salma", password)
    assert (made["roles"], made["office"], made["must_change_password"]) == (["counter"], "1216", True)
    told = taken(by(api, made["token"], "GET", "/v1/me"))
    assert told["actor"] == "salma" and "scans" in told["operations"] and "settle" not in told["operations"]
    refused(by(api, made["token"], "GET", "/v1/boards/office/1215"), 404)
    day = api.at.date()
    shifts = taken(api.get(f"/v1/offices/1216/shifts/{day}"))
    assert "salma" in [one["person_id"] for one in shifts if one["closed_at"] is None]
    assert by(api, made["token"], "DELETE", "/v1/sessions/current").status_code == 204
    refused(by(api, made["token"], "GET", "/v1/me"), 401)


def test_the_script_of_a_page_closes_its_session(api: Api) -> None:
    """It sends the cookie and the page's form key instead of a header."""
    token = session(api, "rokeya", person(api, "rokeya", "counter", office="1216"))["token"]
    api.client.cookies.set("session", token)
    answer = api.client.delete("/v1/sessions/current", headers={"X-Form-Key": form_key(token)})
    assert answer.status_code == 204
    refused(by(api, token, "GET", "/v1/me"), 401)


def test_who_guesses_is_told_to_wait(api: Api) -> None:
    person(api, "hasan", "counter", office="1216")
    guess = {"person_id": "hasan", "password": "wrong"}
    answers = [api.client.post("/v1/sessions", json=guess) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    refused(answers[0], 401), refused(answers[-1], 429, "too-many")


def test_finance_signs_in_with_two_factors(api: Api) -> None:
    password = person(api, "jashim", "finance")
    alone = session(api, "jashim", password)
    assert (alone["roles"], alone["needs_second_factor"]) == ([], True)
    refused(by(api, alone["token"], "GET", "/v1/ledger/proof"), 403)
    uri = taken(by(api, alone["token"], "POST", "/v1/me/second-factor"))["uri"]
    totp = pyotp.parse_uri(uri)
    code = {"code": totp.at(api.at)}  # type: ignore[union-attr]
    assert by(api, alone["token"], "POST", "/v1/me/second-factor/proof", json=code).status_code == 204
    api.at += timedelta(minutes=1)
    both = session(api, "jashim", password, code=totp.at(api.at))  # type: ignore[union-attr]
    assert both["roles"] == ["finance"]
    assert by(api, both["token"], "GET", "/v1/ledger/proof").status_code == 200


def test_a_rider_sees_his_own_cash_and_nobody_elses(api: Api) -> None:
    at = {"office": "1216"}
    token = session(api, "babul", person(api, "babul", "rider", office="1216", holder="1216-R02"))["token"]
    assert by(api, token, "GET", "/v1/riders/1216-R02/cash", params=at).status_code == 200
    theirs = refused(by(api, token, "GET", "/v1/riders/1216-R01/cash", params=at), 404)
    absent = refused(by(api, token, "GET", "/v1/riders/1216-R99/cash", params=at), 404)
    assert theirs["detail"].replace("R01", "R99") == absent["detail"]


def test_those_of_a_place_take_people_on_there_and_nowhere_else(api: Api) -> None:
    shop = api.shop()
    asked = {"person_id": "owner", "name": "Owner", "role": "merchant", "merchant_id": "other"}
    taken(api.post("/v1/people", asked, merchant=shop), 201)
    (found,) = taken(api.get("/v1/people", merchant=shop))
    assert [role["merchant_id"] for role in found["roles"]] == [shop]
    wrong = {"person_id": "boss", "name": "Boss", "role": "administrator"}
    refused(api.post("/v1/people", wrong, merchant=shop), 422)
    refused(api.post("/v1/people", wrong, office="1216"), 422)
    assert taken(api.get("/v1/people", merchant=api.shop())) == []


def test_stores_are_added_listed_and_closed(api: Api) -> None:
    shop = api.shop()
    (first,) = taken(api.get("/v1/stores", merchant=shop))
    assert first["is_default"] and first["address"] == "New Market, Dhaka 1205"
    branch = {"name": "Mirpur", "contact_phone": "০১৭১২৩৪৫৬৭৮", "address": "Shop 3, Mirpur-10, Dhaka 1216"}
    made = taken(api.post("/v1/stores", branch, merchant=shop), 201)
    assert made == taken(api.post("/v1/stores", branch, merchant=shop), 201)
    assert made["contact_phone"] == "+8801712345678" and not made["is_default"]
    refused(api.post("/v1/stores", branch | {"address": "Uttara, Dhaka 1230"}, merchant=shop), 409)
    refused(api.request("DELETE", f"/v1/stores/{made['store_id']}", merchant=api.shop()), 404)
    assert api.request("DELETE", f"/v1/stores/{made['store_id']}", merchant=shop).status_code == 204
    refused(api.request("DELETE", f"/v1/stores/{first['store_id']}", merchant=shop), 409)


def test_what_is_done_and_who_looks_at_people_leaves_a_trace(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop)
    refused(api.book(shop, weight_g=10**6), 422)
    api.get(f"/v1/consignments/{item}", merchant=shop)
    api.get("/v1/offices", merchant=shop)
    page = taken(api.get("/v1/audit", params={"merchant_id": shop}))
    assert [act["operation"] for act in page["acts"]] == ["consignment", "book"]
    assert (page["acts"][0]["actor"], page["acts"][0]["about"]) == ("post", [item])
    assert taken(api.get("/v1/audit", params={"about": item}))["acts"][0]["operation"] == "consignment"
    first = taken(api.get("/v1/audit", params={"limit": 1}))
    second = taken(api.get("/v1/audit", params={"limit": 1, "before": first["next"]}))
    assert second["acts"][0]["audit_id"] < first["acts"][0]["audit_id"]
    assert taken(api.get("/v1/audit/proof"))["broken"] == []


def test_the_trace_goes_where_the_deed_goes(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one transaction: a deed whose trace cannot be kept is not done."""
    from api import context

    shop = api.shop()

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(context, "append_act", broken)
    assert api.book(shop).status_code == 500
    monkeypatch.undo()
    assert taken(api.get("/v1/consignments", merchant=shop))["consignments"] == []
