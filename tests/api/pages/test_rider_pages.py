"""The rider's round over HTTP: whose it is, what it knows of people, and how a phone is made known."""

import hashlib
import hmac
import re
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from api.context import form_key
from post_logistics.access.roles import Role
from post_logistics.operations.door.codes import issue_code
from tests.api.client import Api, taken
from tests.api.pages.test_station import opened, session_of

RIDER = "1216-R01"
DEVICE = f"rider-{RIDER}-0123456789"
KEY = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY" + "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
PHONE = f"/rider/phones/{DEVICE}/{KEY}"


@pytest.fixture
def rider(api: Api) -> str:
    return session_of(api, Role.RIDER)


@pytest.fixture
def manager(api: Api) -> str:
    return session_of(api, Role.MANAGER)


def sheet_of(api: Api, session: str) -> dict[str, dict[str, Any]]:
    """The parcels of a round by number."""
    stops = taken(opened(api, session, "/rider/sheet"))["stops"]
    return {item["number"]: item for stop in stops for item in stop["items"]}


def test_a_round_is_for_its_rider(api: Api, rider: str, manager: str) -> None:
    page = opened(api, rider, "/rider")
    assert page.status_code == 200 and f'data-rider="{RIDER}"' in page.text
    assert api.client.get("/rider").headers["location"] == "/sign-in?next=/rider"
    assert api.client.get("/rider/facts").status_code == api.client.get("/rider/sheet").status_code == 303
    for path in ("/rider", "/rider/facts", "/rider/sheet"):
        assert opened(api, manager, path).status_code == 403
        assert opened(api, session_of(api, Role.COUNTER), path).status_code == 403


def test_the_page_itself_names_nobody_and_may_be_kept(api: Api, rider: str) -> None:
    item = api.item(api.shop())
    api.with_rider(item, RIDER)
    page = opened(api, rider, "/rider").text
    assert item not in page and "1712345678" not in page
    assert item not in opened(api, rider, "/rider/facts").text


def test_what_the_counter_gave_along_is_on_the_round_and_nothing_else(api: Api, rider: str) -> None:
    shop = api.shop()
    mine, other, here = (api.item(shop, f"R-{n}") for n in range(3))
    api.with_rider(mine, RIDER)
    api.with_rider(other, "1216-R02")
    api.at_the_office(here)
    found = sheet_of(api, rider)
    assert mine in found and not {other, here} & found.keys()
    assert found[mine] | {"mark": None} == found[mine], "no code was sent"
    assert (found[mine]["due_poisha"], found[mine]["phone_text"]) == (100_000, "01712-345678")
    assert found[mine]["is_open"] and not found[mine]["is_done"]


def test_the_round_says_of_a_document_in_whose_hands_it_may_end(api: Api, rider: str) -> None:
    office = api.shop()
    asked = {"merchant_id": office, "kind": "office", "code": office, "name_bn": "ভূমি অফিস", "office": "1205"}
    taken(api.post("/v1/issuers", asked), 201)
    document = {"application_number": "LR-1", "service_code": "G20", "recipient_name": "Rahima"}
    document |= {"recipient_phone": "01712345678", "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka"}
    said = {"number": "M-1", "service_on": "2026-11-22", "sealed_by": "A. Karim", "documents": [document]}
    (verdict,) = taken(api.post("/v1/manifests", said, merchant=office), 201)["verdicts"]
    api.with_rider(verdict["item_number"], RIDER)
    api.with_rider(parcel := api.item(api.shop()), RIDER)
    found = sheet_of(api, rider)
    shown = found[verdict["item_number"]]
    assert (shown["receivers"], shown["identity"], shown["what"]) == (["addressee", "household"], True, "Document G20")
    assert (found[parcel]["receivers"], found[parcel]["identity"]) == ([], False)


def test_whoever_looks_at_the_people_of_a_round_is_on_record(api: Api, rider: str) -> None:
    opened(api, rider, "/rider/facts")
    opened(api, rider, "/rider/sheet")
    with api.engine.database.transaction() as connection:
        seen = connection.execute(text("select operation from audit where operation like 'page_rider%'")).scalars()
        assert "page_rider_sheet" in (kept := set(seen)) and "page_rider_facts" not in kept


def test_the_facts_change_when_the_round_does(api: Api, rider: str) -> None:
    item = api.item(api.shop())
    api.with_rider(item, RIDER)
    before = taken(opened(api, rider, "/rider/facts"))
    assert taken(opened(api, rider, "/rider/facts"))["sheet"] == before["sheet"]
    assert before["sheet"] == taken(opened(api, rider, "/rider/sheet"))["digest"]
    assert before["form_key"] == form_key(rider) and before["holder"] == f"rider:{RIDER}"
    claim = api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=100_000)
    assert api.claims(claim)[0]["outcome"] == "accepted"
    after = taken(opened(api, rider, "/rider/facts"))
    assert after["sheet"] != before["sheet"]
    assert after["held_poisha"] - before["held_poisha"] == 100_000


def test_a_phone_tells_most_wrong_codes_and_cannot_make_the_right_one(api: Api, rider: str) -> None:
    item = api.item(api.shop())
    api.with_rider(item, RIDER)
    with api.engine.database.transaction() as connection:
        key = api.engine.facts.advice_key
        code = issue_code(connection, item, "delivery", api.at, Random(5), key=key)
    found = sheet_of(api, rider)[item]
    secret = bytes.fromhex(found["mark_key"])

    def fits(guess: str) -> bool:
        return bool(int.from_bytes(hmac.digest(secret, guess.encode(), hashlib.sha256)[:4]) % 10 == found["mark"])

    assert fits(code)
    fitting = sum(fits(f"{guess:06}") for guess in range(0, 1_000_000, 97))
    assert 900 < fitting < 1160, "one in ten of 10,310: what is tried out on a phone leaves a hundred thousand"


def test_the_map_has_a_mark_for_every_stop(api: Api, rider: str) -> None:
    api.with_rider(api.item(api.shop()), RIDER)
    sheet = taken(opened(api, rider, "/rider/sheet"))
    assert sheet["map"].startswith("<svg") and sheet["map"].count('class="mark stop"') == len(sheet["stops"])


def test_what_the_round_keeps_is_there_in_this_version(api: Api, rider: str) -> None:
    worker = api.client.get("/rider/worker.js")
    assert worker.headers["service-worker-allowed"] == "/rider"
    files = re.findall(r'"(/[^"]+)"', worker.text.splitlines()[2])
    assert "/rider" in files and any("rider/round.js" in file for file in files)
    assert not any("station/" in file for file in files)
    assert {opened(api, rider, file).status_code for file in files} == {200}


# The phone


def test_a_manager_makes_a_phone_known_by_its_letters(api: Api, rider: str, manager: str) -> None:
    letters = hashlib.sha256(KEY.encode()).hexdigest()[:8].upper()
    asked = opened(api, manager, PHONE)
    assert f"{letters[:4]} {letters[4:]}" in asked.text
    assert not taken(opened(api, rider, f"/rider/facts?device={DEVICE}"))["is_known"]
    done = api.client.post(PHONE, data={"form_key": form_key(manager)}, headers={"Cookie": f"session={manager}"})
    assert done.status_code == 303 and done.headers["location"].startswith(PHONE)
    assert taken(opened(api, rider, f"/rider/facts?device={DEVICE}"))["is_known"]
    assert letters[:4] not in opened(api, manager, PHONE).text


def test_nobody_else_makes_a_phone_known(api: Api, rider: str, manager: str) -> None:
    for session in (rider, session_of(api, Role.COUNTER)):
        assert opened(api, session, PHONE).status_code == 403
    assert opened(api, session_of(api, Role.MANAGER, "1205"), PHONE).status_code == 404
    stranger = f"/rider/phones/rider-1216-R99-0123456789/{KEY}"
    assert opened(api, manager, stranger).status_code == 404
    unsigned = api.client.post(PHONE, data={}, headers={"Cookie": f"session={manager}"})
    assert unsigned.status_code == 403


def test_the_code_to_scan_is_the_riders_own(api: Api, rider: str) -> None:
    drawn = opened(api, rider, f"{PHONE}/code.svg")
    assert drawn.headers["content-type"] == "image/svg+xml" and drawn.text.startswith("<?xml")
    assert opened(api, rider, f"/rider/phones/rider-1216-R02-0123456789/{KEY}/code.svg").status_code == 404
    assert opened(api, rider, f"/rider/phones/{DEVICE}/tooshort/code.svg").status_code == 422
