"""The pages of documents: a list sealed by its office, received at the counter, found by its applicant."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from post_logistics.access.roles import Role
from post_logistics.operations.documents.sealing import DOCUMENTS, TRADE
from post_logistics.operations.orders.order_jobs import work_off
from tests.api.client import Api, taken
from tests.api.pages.test_shop_pages import Browser, seen
from tests.operations.documents.desk import csv


@pytest.fixture
def office(api: Api) -> Browser:
    """Somebody of a land office that hands in its lists at Dhaka New Market."""
    merchant = api.shop()
    asked = {"merchant_id": merchant, "kind": "office", "code": merchant, "name_bn": "ভূমি অফিস", "office": "1205"}
    taken(api.post("/v1/issuers", asked), 201)
    return Browser(api, merchant)


@pytest.fixture
def clerk(api: Api) -> Iterator[Browser]:
    yield Browser(api, "", role=Role.COUNTER, office="1205")


FORM = {"number": "P-1", "service_on": "2026-11-22", "sealed_by": "A. Karim", "seal_number": "S-1", "digest": ""}


def sent(browser: Browser, content: bytes, **changes: str) -> str:
    """Where the page leads after a list was sent."""
    page = browser.read("/issuer")
    key = page.split('name="form_key" value="')[1].split('"')[0]
    files = {"file": ("list.csv", content)}
    said = FORM | changes | {"form_key": key}
    answer = browser.api.client.post("/issuer/manifests", data=said, files=files, headers=browser.cookie)
    if answer.status_code == 303:
        return str(answer.headers["location"]).split("?")[0]
    return seen(answer, 422)


def test_a_list_goes_from_its_office_over_the_counter_and_is_followed(
    api: Api, office: Browser, clerk: Browser
) -> None:
    number = office.merchant.upper()
    path = sent(office, csv(f"{number}-1", f"{number}-2", wrong=1))
    manifest_id = path.rpartition("/")[2]
    assert "waits" in office.read(path)
    assert sent(office, csv(f"{number}-1", f"{number}-2", wrong=1)) == path
    engine = api.engine
    work_off(engine.database, engine.facts, engine.numbers, UUID(manifest_id), lambda: api.at, {DOCUMENTS: TRADE})
    after = office.read(path)
    assert "WRONG-0" in after and "To be put right" in after
    expected = clerk.read("/station/manifests")
    assert office.merchant.replace("-", " ").title() in expected
    wrong = clerk.send(f"/station/manifests/{manifest_id}", {"counted": "5"}, page="/station/manifests")
    assert "there should be 3" in seen(wrong, 422)
    found = {"counted": "৩", "short": f"{number}-2", "excess": "X-1", "seal_intact": "yes"}
    assert clerk.send(f"/station/manifests/{manifest_id}", found, page="/station/manifests").status_code == 303
    assert manifest_id not in clerk.read("/station/manifests")
    told = office.read(path)
    assert "listed, and not there" in told and "X-1" in told
    assert "received" in office.read("/issuer")
    assert "DP" in office.read(f"/issuer?number={number}-1")
    assert "We do not know this number" in office.read("/issuer?number=nothing")


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_still_there(office: Browser) -> None:
    page = sent(office, csv("A-1"), sealed_by=" ", number="My list 7")
    assert 'id="sealed_by-error"' in page and 'value="My list 7"' in page
    assert "service_code" in sent(office, b"name,phone\nRahima,017")
    assert "ভূমি" not in page


def test_an_ordinary_shop_is_told_whose_the_page_is_and_nobody_sees_anothers_list(api: Api, office: Browser) -> None:
    path = sent(office, csv("B-1"))
    stranger = Browser(api, api.shop())
    told = stranger.read("/issuer")
    assert "for offices that issue documents" in told and "Seal a list" not in told
    assert stranger.get(path).status_code == 404
    assert "/issuer" not in stranger.read("/shop")
    assert 'href="/issuer"' in office.read("/shop")
    assert "দলিলপত্র" in Browser(api, office.merchant, "bn").read("/issuer")


def test_another_office_finds_no_list_of_ours(api: Api, office: Browser) -> None:
    path = sent(office, csv("C-1"))
    other = Browser(api, "", role=Role.COUNTER, office="1216")
    assert "No list is expected" in other.read("/station/manifests")
    ours = Browser(api, "", role=Role.COUNTER, office="1205")
    where, form = f"/station/manifests/{path.rpartition('/')[2]}", {"counted": "1", "seal_intact": "yes"}
    assert "still being taken in" in seen(ours.send(where, form, page="/station/manifests"), 422)


def test_an_applicant_finds_a_document_by_both_its_numbers_alone(api: Api, office: Browser) -> None:
    number = f"{office.merchant}/77"
    document = {
        "application_number": number,
        "service_code": "G10",
        "recipient_name": "Rahima",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka",
    }
    said = {"number": "Q-1", "service_on": "2026-11-22", "sealed_by": "A. Karim", "documents": [document]}
    taken(api.post("/v1/manifests", said, merchant=office.merchant), 201)
    asked = {"application_number": number.upper(), "phone": "০১৭১২৩৪৫৬৭৮"}
    english = {"Cookie": "language=en"}
    page = seen(api.client.post("/track/documents", data=asked, headers=english))
    assert "Mirpur" in page and "Rahima" not in page
    for wrong in ({"phone": "01812345678"}, {"application_number": "NOBODY/77"}):
        answer = seen(api.client.post("/track/documents", data=asked | wrong, headers=english), 404)
        assert "We do not know this document" in answer and "Mirpur" not in answer
