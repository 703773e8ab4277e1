"""Paying on a page: by the merchant's link, from the recipient's own page, and at the door by a code on the phone."""

from secrets import token_urlsafe
from typing import Any

import pytest

from api.context import form_key
from api.pages.paying import OUTCOMES, UNNAMED
from api.pages.words import catalogue
from post_logistics.access.roles import Role
from post_logistics.channels.payments.choosing import payment_providers, practice
from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.cod.payments import PaymentState, Purpose
from post_logistics.consignments.labels import spaced
from post_logistics.operations.faces.visiting import make_links
from post_logistics.storage.money.payments import Payment, load_payments_of
from post_logistics.units import ItemNumber
from tests.api.client import Api, refused, taken
from tests.api.pages.test_station import opened, session_of

RIDER = "1216-R01"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def provider(api: Api, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> PracticePayments:
    monkeypatch.setattr(api.engine.settings, "data_dir", tmp_path)
    return practice(payment_providers(api.engine.settings))


def link_of(api: Api, item: str, **scope: str) -> str:
    made = taken(api.post(f"/v1/items/{item}/payment-link", **scope))
    assert made["url"].startswith(api.engine.settings.public_url)
    return str(made["url"]).removeprefix(api.engine.settings.public_url)


def payments_of(api: Api, item: str) -> list[Payment]:
    with api.engine.database.transaction() as connection:
        return load_payments_of(connection, item, Purpose.COD)


def text(api: Api, path: str, status: int = 200) -> str:
    answer = api.client.get(path, headers=ENGLISH)
    assert answer.status_code == status, answer.text
    return str(answer.text)


def test_a_link_is_the_merchants_for_its_own_parcel_and_opens_nothing_but_paying(
    api: Api, provider: PracticePayments
) -> None:
    shop = api.shop()
    item = api.item(shop)
    link = link_of(api, item, merchant=shop)
    assert link == link_of(api, item) == link_of(api, item, office="1205")
    theirs = refused(api.post(f"/v1/items/{item}/payment-link", merchant=api.shop()), 404)
    assert item in theirs["detail"]
    page = text(api, link)
    assert spaced(item) in page and "1,000.00" in page and "Pay now" in page
    assert "01712345678" not in page and "ক্ষত্রী" not in page and "Mirpur" not in page
    other = link[:-1] + ("0" if link[-1] != "0" else "1")
    text(api, other, 404)
    assert not payments_of(api, item)


def test_it_is_paid_once_and_the_rider_then_takes_nothing(api: Api, provider: PracticePayments) -> None:
    shop = api.shop()
    item = api.item(shop)
    link = link_of(api, item, merchant=shop)
    for _ in range(2):
        assert api.client.post(link).headers["location"] == link
    (made,) = payments_of(api, item)
    page = text(api, link)
    assert made.url in page and "<svg" in page and made.asked_by == "recipient"
    provider.pay(made.payment_id, api.at)
    taken(api.post(f"/v1/payments/{made.payment_id}/checks"))
    assert "Nothing is left to pay" in text(api, link)
    assert "That did not work" in api.client.post(link, headers=ENGLISH).text
    api.with_rider(item, RIDER)
    row = api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=0)
    (verdict,) = api.claims(row, office="1216")
    assert verdict["outcome"] == "accepted"


def test_a_payment_that_ran_out_is_followed_by_another(api: Api, provider: PracticePayments) -> None:
    item = api.item(api.shop())
    link = link_of(api, item)
    api.client.post(link)
    api.at = api.at.replace(hour=api.at.hour + 2)
    assert "Go to the payment page" not in text(api, link)
    api.client.post(link)
    first, second = payments_of(api, item)
    assert first.payment_id != second.payment_id and second.url in text(api, link)


def test_the_recipients_own_page_leads_there_while_anything_is_due(api: Api, provider: PracticePayments) -> None:
    item, token = api.item(api.shop()), token_urlsafe(16)
    with api.engine.database.transaction() as connection:
        make_links(connection, {ItemNumber(item): token}, api.at)
    assert f'href="{link_of(api, item)}"' in text(api, f"/p/{token}")


def test_every_outcome_is_said_in_both_languages() -> None:
    known = catalogue()
    assert set(OUTCOMES) == set(PaymentState)
    assert [said for pair in (*OUTCOMES.values(), UNNAMED) for said in pair if not known.get(said)] == []


def test_a_browser_that_names_nothing_is_told_nothing(api: Api, provider: PracticePayments) -> None:
    back = api.client.get("/v1/payments/callbacks/practice")
    assert (back.status_code, back.headers["location"]) == (303, "/paid")
    assert "own page" in text(api, "/paid")


def test_a_rider_shows_a_code_and_sees_when_it_is_paid(api: Api, provider: PracticePayments) -> None:
    rider = session_of(api, Role.RIDER)
    item = api.item(api.shop())
    page = f"/rider/pay/{item}"
    assert opened(api, rider, page).status_code == 404
    api.with_rider(item, RIDER)
    assert "Show the code" in opened(api, rider, page, **ENGLISH).text
    for key, status in (("wrong", 403), (form_key(rider), 303)):
        answer = api.client.post(page, data={"form_key": key}, headers={"Cookie": f"session={rider}"})
        assert answer.status_code == status
    (made,) = payments_of(api, item)
    shown = opened(api, rider, page, **ENGLISH).text
    assert "<svg" in shown and "Hand over only when" in shown and "pay.js" in shown
    standing = f"{page}/standing"
    assert taken(opened(api, rider, standing)) == {"due_poisha": 100_000, "waits": True}
    provider.pay(made.payment_id, api.at)
    api.at = api.at.replace(minute=api.at.minute + 1)
    assert taken(opened(api, rider, standing)) == {"due_poisha": 0, "waits": False}
    assert "Take nothing in cash" in opened(api, rider, page, **ENGLISH).text
    assert opened(api, session_of(api, Role.COUNTER), page).status_code == 403
