"""A bill by pages alone: finance draws it, the shop finds it, a counter takes the money and prints the receipt."""

import re

import pytest

from api.context import form_key
from post_logistics.access.roles import Role
from post_logistics.units import bangla_digits
from tests.api.client import Api
from tests.api.pages.test_finance_pages import Person
from tests.api.pages.test_shop_pages import Browser
from tests.api.pages.test_station import opened, session_of
from tests.operations.money.paying import charged


@pytest.fixture
def shop(api: Api) -> str:
    """A shop that owes Tk 46."""
    shop = api.shop()
    with api.engine.database.transaction() as connection:
        charged(connection, shop, 40_00, 6_00, api.at)
    return shop


def drawn(finance: Person, shop: str) -> str:
    assert finance.send("/finance/bills", {"merchant_id": shop}).status_code == 303
    (bill,) = re.findall(rf">{shop}</a>.*?<code>(bill-\w+)</code>", finance.get("/finance/bills").text, re.S)
    return str(bill)


def test_finance_draws_what_is_owed_and_a_counter_takes_it(api: Api, shop: str) -> None:
    finance, clerk = Person(api), session_of(api, Role.COUNTER, "1216")
    assert "46" in finance.read("/finance/bills")
    bill, owner, stranger = drawn(finance, shop), Browser(api, shop), Browser(api, api.shop())
    assert bill in owner.read("/shop/money") and "To be paid" in owner.read("/shop/money")
    assert owner.get(f"/shop/money/bills/{bill}").content.startswith(b"%PDF")
    assert bill not in stranger.read("/shop/money") and stranger.get(f"/shop/money/bills/{bill}").status_code == 404
    assert f'value="{shop}"' not in finance.get("/finance/bills").text, "nothing more to bill"
    asked = opened(api, clerk, f"/station/bills?bill=%20{bangla_digits(bill.upper())}&language=en")
    assert asked.status_code == 200 and "is in the till" in asked.text and shop in asked.text
    said = {"form_key": form_key(clerk)}
    for _ in range(2):
        paid = api.client.post(f"/station/bills/{bill}", headers={"Cookie": f"session={clerk}"}, data=said)
        assert paid.status_code == 303
        next_page = opened(api, clerk, paid.headers["location"])
        assert next_page.status_code == 200 and f'value="{bill}"' in next_page.text
    told = opened(api, clerk, f"/station/bills?bill={bill}&language=en").text
    assert "The receipt" in told and "is in the till" not in told
    receipt = opened(api, clerk, f"/station/bills/{bill}/paper")
    assert receipt.headers["content-type"] == "application/pdf" and receipt.content.startswith(b"%PDF")
    assert bill in finance.read("/finance/bills")
    elsewhere = session_of(api, Role.COUNTER, "1205")
    again = api.client.post(
        f"/station/bills/{bill}", headers={"Cookie": f"session={elsewhere}"}, data={"form_key": form_key(elsewhere)}
    )
    assert again.status_code == 422 and "1216" in again.text


def test_a_number_that_is_none_is_said_and_stays_in_the_field(api: Api) -> None:
    clerk = session_of(api, Role.COUNTER, "1216")
    assert opened(api, clerk, "/station/bills").status_code == 200
    page = opened(api, clerk, "/station/bills?bill=bill-<x>&language=en")
    assert page.status_code == 422 and "&lt;x&gt;" in page.text and "<x>" not in page.text


def test_it_is_withdrawn_with_a_reason_alone(api: Api, shop: str) -> None:
    finance = Person(api)
    bill = drawn(finance, shop)
    assert finance.send(f"/finance/bills/{bill}/withdrawal", {"why": " "}).status_code == 422
    assert finance.send(f"/finance/bills/{bill}/withdrawal", {"why": "wrong tariff"}).status_code == 303
    page = finance.read("/finance/bills")
    assert "withdrawn" in page and shop in page
    told = opened(api, session_of(api, Role.COUNTER, "1216"), f"/station/bills?bill={bill}&language=en").text
    assert "Take no money for it" in told
    assert finance.send("/finance/bills", {"merchant_id": "nobody"}).status_code == 422


def test_an_auditor_looks_and_presses_nothing(api: Api, shop: str) -> None:
    auditor = Person(api, Role.AUDITOR)
    assert shop in auditor.read("/finance/bills")
    assert 'action="/finance/bills"' not in auditor.get("/finance/bills").text
