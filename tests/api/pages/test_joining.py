"""A shop joins by a page: it says who it is, waits, is opened by somebody of the post, and signs in."""

import re
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from httpx2 import Response

from api.context import form_key
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import SESSION_LIFE, give_role, take_on
from post_logistics.operations.orders import joining
from post_logistics.operations.orders.joining import FROM_ONE_NETWORK, login_of
from post_logistics.storage.orders.joining import forget_requests
from tests.api.client import Api
from tests.api.pages.test_day_close import sent
from tests.api.pages.test_station import opened, session_of

DRAW = Random(44)
PASSWORD = "megh-nodi-shapla-boi"
ENGLISH = {"Cookie": "language=en"}
SHOP = {
    "contact_name": "Shirin Akter",
    "contact_phone": "০১৭১২৩৪৫৬৭৮",
    "store_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
    "payout_account": "Sonali Bank 0123456789",
    "password": PASSWORD,
}


def form(**changes: str) -> dict[str, str]:
    """What a new shop writes, under a name that nobody has."""
    return SHOP | {"draft": str(uuid4()), "shop_name": f"Shop {DRAW.getrandbits(40):x}"} | changes


@pytest.fixture(autouse=True)
def nobody_waits(api: Api) -> None:
    """What other tests asked for does not count."""
    with api.engine.database.transaction() as connection:
        forget_requests(connection, api.at + timedelta(days=99))


def asked(api: Api, **changes: str) -> str:
    """The path of a request that was kept."""
    answer = api.client.post("/join", data=form(**changes), headers=ENGLISH)
    assert answer.status_code == 303, re.findall(r'class="(?:problem|error)"[^>]*>(.*?)</', answer.text, re.S)
    return str(answer.headers["location"]).split("?")[0]


def administrator(api: Api) -> str:
    person = f"a{DRAW.getrandbits(40):x}"
    with api.engine.database.transaction() as connection:
        take_on(connection, DRAW, person, "Admin", "post", api.at)
        give_role(connection, api.engine.facts, person, Role.ADMINISTRATOR, Place(), "post", api.at)
        made = make_key(
            connection, DRAW, api.at, kind=KeyKind.SESSION, name="", by=person, person_id=person, place=Place(),
            good_for=SESSION_LIFE, second_factor=True,
        )  # fmt: skip
    return made.halves.text


def decided(api: Api, session: str, path: str, decision: str, **said: str) -> Response:
    return sent(api, session, f"/join/requests/{path.rpartition('/')[2]}/{decision}?language=en", **said)


def test_a_shop_asks_is_opened_signs_in_with_its_own_password_and_makes_a_key(api: Api) -> None:
    name = f"Nakshi {DRAW.getrandbits(30):x}"
    path = asked(api, shop_name=name)
    assert "waits for the post" in api.client.get(path, headers=ENGLISH).text
    boss = administrator(api)
    board = opened(api, boss, "/join/requests?language=en").text
    assert name in board and "+8801712345678" in board and PASSWORD not in board
    assert decided(api, boss, path, "open").status_code == 303
    assert decided(api, boss, path, "open").status_code == 303, "told again, the same"
    told = api.client.get(path, headers=ENGLISH).text
    assert login_of(name) in told and name not in opened(api, boss, "/join/requests").text
    let_in = api.client.post("/sign-in", data={"person_id": login_of(name), "password": PASSWORD})
    assert let_in.headers["location"] == "/shop"
    session = let_in.cookies["session"]
    key = sent(api, session, "/shop/access/keys", key_name="My server")
    assert "pl_" in key.text and name in opened(api, session, "/shop").text


def test_a_form_sent_twice_is_one_request(api: Api) -> None:
    said = form()
    paths = {api.client.post("/join", data=said).headers["location"].split("?")[0] for _ in range(FROM_ONE_NETWORK + 2)}
    assert paths == {f"/join/{said['draft']}"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"shop_name": " "}, "shop_name"),
        ({"contact_name": ""}, "contact_name"),
        ({"contact_phone": "12"}, "contact_phone"),
        ({"store_address": "nowhere at all"}, "store_address"),
        ({"payout_account": ""}, "payout_account"),
        ({"payout_account": "9" * 65}, "payout_account"),
        ({"password": "short"}, "password"),
        ({"draft": "x"}, ""),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    api: Api, wrong: dict[str, str], field: str
) -> None:
    answer = api.client.post("/join", data=form(**wrong), headers=ENGLISH)
    assert answer.status_code == 422
    assert (f'id="{field}-error"' in answer.text) == bool(field)
    assert ("Shirin Akter" in answer.text or "contact_name" in wrong) and PASSWORD not in answer.text


def test_the_office_is_found_while_the_address_is_typed(api: Api) -> None:
    found = api.client.post("/join/look", data={"store_address": SHOP["store_address"]}, headers=ENGLISH)
    assert "Mirpur" in found.text and "<html" not in found.text
    assert "fetched" not in api.client.post("/join/look", data={"store_address": "?"}, headers=ENGLISH).text


def test_a_flood_from_one_network_ends_and_leaves_others_alone(api: Api) -> None:
    for _ in range(FROM_ONE_NETWORK):
        asked(api)
    flood = api.client.post("/join", data=form(), headers=ENGLISH)
    assert flood.status_code == 429 and "Ask again tomorrow" in flood.text
    api.at += timedelta(days=1, minutes=1)
    asked(api)


def test_a_flood_from_many_networks_ends(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "AT_ONCE", 1)
    asked(api)
    assert api.client.post("/join", data=form()).status_code == 429


def test_a_manager_opens_what_is_for_the_own_office_and_clerks_open_nothing(api: Api) -> None:
    path = asked(api)
    stranger, own = session_of(api, Role.MANAGER, "1205"), session_of(api, Role.MANAGER)
    assert path.rpartition("/")[2] not in opened(api, stranger, "/join/requests").text
    assert decided(api, stranger, path, "open").status_code == 409
    assert opened(api, session_of(api, Role.COUNTER), "/join/requests").status_code == 403
    assert api.client.get("/join/requests").status_code == 303
    assert path.rpartition("/")[2] in opened(api, own, "/join/requests").text
    assert decided(api, own, path, "open").status_code == 303


def test_a_declined_shop_reads_why_and_is_not_opened_any_more(api: Api) -> None:
    path, boss = asked(api), administrator(api)
    assert decided(api, boss, path, "decline", why=" ").status_code == 409
    assert decided(api, boss, path, "decline", why="Nobody answers the telephone").status_code == 303
    assert "Nobody answers the telephone" in api.client.get(path).text
    assert "declined" in decided(api, boss, path, "open").text


def test_nobody_gets_into_a_shop_that_is_there_by_saying_what_it_said(api: Api) -> None:
    """The same name, address and account would register the same shop: its own people stay alone in it."""
    name, boss = f"Twice {DRAW.getrandbits(30):x}", administrator(api)
    assert decided(api, boss, asked(api, shop_name=name), "open").status_code == 303
    again = decided(api, boss, asked(api, shop_name=f" {name} "), "open")
    assert again.status_code == 409, again.text
    assert "a shop of ours already" in again.text, re.findall(r"role=.alert.>(.*?)</div>", again.text, re.S)


def test_a_request_of_somebody_else_s_session_decides_nothing(api: Api) -> None:
    path, boss = asked(api), administrator(api)
    other = form_key(administrator(api))
    assert decided(api, boss, path, "open", form_key=other).status_code == 403
    assert api.client.get(f"/join/{uuid4()}").status_code == 404


def test_what_nobody_decided_is_forgotten(api: Api) -> None:
    path = asked(api)
    with api.engine.database.transaction() as connection:
        assert joining.forget_old(connection, api.at + timedelta(days=29)) == 0
        assert joining.forget_old(connection, api.at + timedelta(days=31)) == 1
    assert api.client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "login"),
    [("Aarong", "aarong"), ("5star", "m-5star"), ("X", "m-x")],
)
def test_the_name_to_sign_in_with_is_the_shop_s(name: str, login: str) -> None:
    assert login_of(name) == login
    for odd in ("নকশী ঘর", "A & B", "9" * 60, "Long " * 20, "—"):
        assert re.fullmatch("[a-z][a-z0-9.-]{1,39}", login_of(odd)), odd
