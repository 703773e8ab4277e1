"""One's own account, over HTTP: a password is changed, every session ends, and the new one lets in."""

import re
from itertools import count
from random import Random

import pytest
from httpx2 import Response

from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.storage.access.people import change_person
from post_logistics.units import Postcode
from tests.api.client import Api

_NUMBERS = count(1)
NEW = "notun-kotha-boli"


@pytest.fixture
def password(api: Api) -> str:
    """Of a clerk who signs in as mina; a new one for every test."""
    api.client.cookies.clear()
    with api.engine.database.transaction() as connection:
        made = take_on(connection, Random(5), f"mina-{next(_NUMBERS)}", "Mina", "post", api.at)
        place = Place(office=Postcode("1216"))
        give_role(connection, api.engine.facts, made.person.person_id, Role.COUNTER, place, "post", api.at)
        change_person(connection, made.person.person_id, must_change=False)
    api.client.headers["accept-language"] = "en"
    return f"{made.person.person_id} {made.password}"


def sign_in(api: Api, person: str, password: str) -> Response:
    return api.client.post("/sign-in", data={"person_id": person, "password": password})


def form_key(api: Api) -> str:
    found = re.search(r'name="form_key" value="(\w+)"', api.client.get("/account").text)
    assert found
    return found.group(1)


def test_a_new_password_ends_every_session_and_lets_in(api: Api, password: str) -> None:
    person, old = password.split()
    assert sign_in(api, person, old).status_code == 303
    said = {"form_key": form_key(api), "old": old, "new": NEW, "again": NEW}
    answer = api.client.post("/account/password", data=said)
    assert (answer.status_code, answer.headers["location"][:13]) == (303, "/sign-in?said")
    assert api.client.get("/account").headers["location"] == "/sign-in?next=/account"
    assert sign_in(api, person, old).status_code == 401
    assert sign_in(api, person, NEW).status_code == 303
    assert "Mina" in api.client.get("/account").text


def test_a_form_without_the_key_of_the_session_changes_nothing(api: Api, password: str) -> None:
    person, old = password.split()
    sign_in(api, person, old)
    for key in ("", "0" * 32):
        said = {"form_key": key, "old": old, "new": NEW, "again": NEW}
        assert api.client.post("/account/password", data=said).status_code == 403
    strange = {"sec-fetch-site": "cross-site"}
    said = {"form_key": form_key(api), "old": old, "new": NEW, "again": NEW}
    assert api.client.post("/account/password", data=said, headers=strange).status_code == 403
    assert sign_in(api, person, old).status_code == 303


def test_pages_of_a_session_are_not_packed_and_those_of_everybody_are(api: Api, password: str) -> None:
    api.client.cookies.clear()
    assert api.client.get("/track").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in api.client.get("/track", headers={"accept-encoding": "identity"}).headers
    sign_in(api, *password.split())
    assert "content-encoding" not in api.client.get("/account").headers
