"""The counter page of a digital centre over HTTP: what it knows, for whom, and whose computer it is."""

from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from api.pages.shell import SESSION
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import SESSION_LIFE, give_role, take_on
from post_logistics.units import Postcode
from tests.api.client import Api, taken

DRAW = Random(21)
CENTRE = "dc-1230-01"


def sit_down(api: Api, role: Role, office: str = "1230", holder: str = "") -> None:
    """From now on the browser is somebody of that role."""
    login = f"c{DRAW.getrandbits(40):x}"
    place = Place(office=Postcode(office))
    with api.engine.database.transaction() as connection:
        take_on(connection, DRAW, login, login, "post", api.at)
        give_role(connection, api.engine.facts, login, role, place, "post", api.at, holder)
        facts: dict[str, Any] = {"kind": KeyKind.SESSION, "name": "", "person_id": login, "good_for": SESSION_LIFE}
        made = make_key(connection, DRAW, api.at, by=login, place=place, **facts)
    api.client.cookies.set(SESSION, made.halves.text)


@pytest.fixture
def key() -> str:
    from base64 import urlsafe_b64encode

    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return "".join(urlsafe_b64encode(one.to_bytes(32, "big")).decode().rstrip("=") for one in (numbers.x, numbers.y))


def test_the_page_knows_its_centre_and_its_prices(api: Api) -> None:
    sit_down(api, Role.AGENT, holder=CENTRE)
    page = api.client.get("/centre")
    assert page.status_code == 200 and f'data-point="{CENTRE}"' in page.text
    answer = api.client.get("/centre/facts?device=unknown")
    facts = taken(answer)
    assert answer.headers["cache-control"] == "private, no-store"
    assert (facts["holder"], facts["office"], facts["is_known"]) == (f"agent:{CENTRE}", "1230", False)
    assert facts["acts_path"] == f"/v1/centres/{CENTRE}/acts"
    prices = facts["prices"]
    assert (prices["first_poisha"], prices["step_poisha"], prices["vat_bps"]) == (10_00, 5_00, 1_500)
    assert "/centre" in api.client.get("/centre/worker.js").text


@pytest.mark.parametrize("role", [Role.COUNTER, Role.MANAGER, Role.RIDER])
def test_the_page_is_the_agents_alone(api: Api, role: Role) -> None:
    sit_down(api, role, "1216", "1216-R01" if role is Role.RIDER else "")
    assert api.client.get("/centre").status_code == 403
    assert api.client.get("/centre/facts").status_code == 403


def test_a_manager_of_the_parent_office_makes_a_computer_known(api: Api, key: str) -> None:
    device = f"centre-{CENTRE}-{DRAW.getrandbits(40):010x}"
    path = f"/centre/devices/{device}/{key}"
    sit_down(api, Role.AGENT, holder=CENTRE)
    assert api.client.get(f"{path}/code.svg").headers["content-type"].startswith("image/svg")
    assert api.client.get(path).status_code == 403
    sit_down(api, Role.MANAGER, "1216")
    assert api.client.get(path).status_code == 404
    sit_down(api, Role.MANAGER)
    page = api.client.get(path).text
    assert "উত্তরা ডিজিটাল সেন্টার" in page
    form_key = page.split('name="form_key" value="')[1].split('"')[0]
    assert api.client.post(path, data={"form_key": form_key}).status_code == 303
    assert "থেকে পরিচিত" in api.client.get(path).text
    sit_down(api, Role.AGENT, holder=CENTRE)
    assert taken(api.client.get(f"/centre/facts?device={device}"))["is_known"]


def test_what_a_centre_does_not_offer_is_not_on_its_page(api: Api) -> None:
    sit_down(api, Role.AGENT, "1216", "dc-1216-01")
    page = api.client.get("/centre").text
    assert 'data-mode-of="drop_off"' in page and 'data-mode-of="post"' not in page
