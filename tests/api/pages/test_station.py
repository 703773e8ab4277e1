"""The counter's station over HTTP: whose it is, what it is told, and when a page's cookie counts for the API."""

import re
from random import Random

import pytest
from httpx2 import Response

from api.context import FORM_KEY, form_key
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import SESSION_LIFE, give_role, take_on
from post_logistics.units import Postcode
from tests.api.client import Api, refused, taken

DRAW = Random(12)
_HOLDERS = {Role.RIDER: "1216-R01"}


def session_of(api: Api, role: Role, office: str = "1216") -> str:
    """The cookie of somebody who signed in at that office."""
    place, person = Place(office=Postcode(office)), f"s{DRAW.getrandbits(40):x}"
    with api.engine.database.transaction() as connection:
        take_on(connection, DRAW, person, "Somebody", "post", api.at)
        give_role(connection, api.engine.facts, person, role, place, "post", api.at, _HOLDERS.get(role, ""))
        made = make_key(
            connection,
            DRAW,
            api.at,
            kind=KeyKind.SESSION,
            name="",
            by=person,
            person_id=person,
            place=place,
            good_for=SESSION_LIFE,
        )
    return made.halves.text


def opened(api: Api, session: str, path: str, method: str = "GET", **headers: str) -> Response:
    return api.client.request(method, path, headers={"Cookie": f"session={session}", **headers})


@pytest.fixture
def clerk(api: Api) -> str:
    return session_of(api, Role.COUNTER)


def test_a_cookie_counts_for_the_api_only_with_the_key_of_its_own_forms(api: Api, clerk: str) -> None:
    """The red control is the cookie alone: a browser sends it with any site's request."""
    key, other = form_key(clerk), form_key(session_of(api, Role.COUNTER))
    assert taken(opened(api, clerk, "/v1/me", **{FORM_KEY: key}))["office"] == "1216"
    refused(opened(api, clerk, "/v1/me"), 401)
    refused(opened(api, clerk, "/v1/me", **{FORM_KEY: other}), 401)
    refused(opened(api, clerk, "/v1/me", **{FORM_KEY: ""}), 401)
    refused(opened(api, "ps_nobody_nothing", "/v1/me", **{FORM_KEY: form_key("ps_nobody_nothing")}), 401)
    refused(opened(api, "", "/v1/me", **{FORM_KEY: form_key("")}), 401)


def test_a_key_that_is_sent_counts_before_the_cookie(api: Api, clerk: str) -> None:
    both = {FORM_KEY: form_key(clerk), "Authorization": "Bearer pl_nobody_nothing"}
    refused(opened(api, clerk, "/v1/me", **both), 401)
    both["Authorization"] = "Bearer development"
    assert taken(opened(api, clerk, "/v1/me", **both))["office"] is None


def test_the_cookie_of_a_shop_is_no_key_of_the_settings(api: Api) -> None:
    refused(opened(api, "development", "/v1/me", **{FORM_KEY: form_key("development")}), 401)


def test_the_station_is_for_the_people_of_a_counter(api: Api, clerk: str) -> None:
    assert opened(api, clerk, "/station").status_code == 200
    assert api.client.get("/station").headers["location"] == "/sign-in?next=/station"
    assert api.client.get("/station/facts").status_code == 303
    rider = session_of(api, Role.RIDER)
    assert opened(api, rider, "/station").status_code == 403


def test_the_station_knows_what_lies_there_and_nothing_of_another_office(api: Api, clerk: str) -> None:
    item = api.item(api.shop())
    api.at_the_office(item)
    told = taken(opened(api, clerk, "/station/facts"))
    assert told["things"][item] == {"state": "at_delivery_office", "destination": "1216", "is_here": True}
    assert told["due_poisha"][item] == 100_000
    assert told["form_key"] == form_key(clerk)
    assert "1216-R01" in told["riders"] and told["runs"] and not told["may_enrol"]
    assert "1712345678" not in str(told)
    elsewhere = taken(opened(api, session_of(api, Role.MANAGER, "1205"), "/station/facts"))
    assert item not in elsewhere["things"] and elsewhere["may_enrol"]


def test_what_the_station_keeps_is_there_in_this_version(api: Api, clerk: str) -> None:
    worker = api.client.get("/station/worker.js")
    assert worker.headers["service-worker-allowed"] == "/station"
    assert worker.headers["content-security-policy"] == "default-src 'self'"
    files = re.findall(r'"(/[^"]+)"', worker.text.splitlines()[2])
    assert "/station" in files and any("queue.js" in file for file in files)
    assert {opened(api, clerk, file).status_code for file in files} == {200}
    script = next(file for file in files if file.endswith("queue.js"))
    assert "immutable" in api.client.get(script).headers["cache-control"]
    assert api.client.get(re.sub("/code/[0-9a-f]+/", "/code/000000000000/", script)).status_code == 404
    assert api.client.get(re.sub("device/queue.js", "../code.py", script)).status_code == 404
