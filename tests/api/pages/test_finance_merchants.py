"""Merchants as finance sees them: an account is set by one and proven by another, and terms hold from a day on."""

from datetime import timedelta

import pytest

from tests.api.client import Api
from tests.api.pages.test_finance_pages import Person

ACCOUNT = {
    "kind": "bank",
    "bank": "BRAC Bank",
    "branch": "Mirpur",
    "routing_number": "060264093",
    "number": "1501 2003 4455",
    "holder": "Krishna Khatri",
    "why": "Seen: cheque leaf and trade licence",
}


@pytest.fixture
def shop(api: Api) -> str:
    return api.shop()


def test_who_set_an_account_cannot_prove_it_and_somebody_else_can(api: Api, shop: str) -> None:
    path, one, other = f"/finance/merchants/{shop}", Person(api), Person(api)
    assert "No account is known" in one.read(path)
    assert one.send(f"{path}/account", ACCOUNT).status_code == 303
    assert "4455" in one.read(path) and "1501" not in one.read(path)
    assert "somebody else has to prove it" in one.read(path)
    known = {"version": "1", "how": "Rang the branch", "do": "prove"}
    refused = one.send(f"{path}/account/check", known)
    assert refused.status_code == 422 and "cannot prove" in refused.text
    assert other.send(f"{path}/account/check", known).status_code == 303
    assert "proven" in other.read(path)
    api.at += timedelta(days=2)
    assert "It is doubtful" not in Person(api).read(path)  # it is good: nobody is asked


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": ""}, "missing"),
        ({"routing_number": "12"}, "rout"),
        ({"why": ""}, "why"),
        ({"holder": " "}, "missing"),
    ],
)
def test_an_account_that_cannot_be_right_comes_back_with_what_was_typed(
    api: Api, shop: str, changes: dict[str, str], said: str
) -> None:
    answer = Person(api).send(f"/finance/merchants/{shop}/account", ACCOUNT | changes)
    assert answer.status_code == 422 and said in answer.text.lower()
    assert 'value="BRAC Bank"' in answer.text


def test_terms_hold_from_a_day_on_and_never_from_one_that_is_over(api: Api, shop: str) -> None:
    path, person = f"/finance/merchants/{shop}", Person(api)
    told = {"valid_from": "2026-11-29", "cycle": "weekly", "weekday": "sunday", "minimum_taka": "৫০০", "why": "Letter"}
    assert person.send(f"{path}/terms", told | {"valid_from": "2026-11-01"}).status_code == 422
    assert person.send(f"{path}/terms", told | {"minimum_taka": "lots"}).status_code == 422
    assert person.send(f"{path}/terms", told | {"cycle": "never"}).status_code == 422
    assert person.send(f"{path}/terms", told).status_code == 303
    page = person.read(path)
    assert "every week · Sunday" in page and "Tk 500.00" in page and "still to come" in page


def test_a_merchant_is_found_and_a_stranger_is_not_there(api: Api, shop: str) -> None:
    person = Person(api)
    assert f"/finance/merchants/{shop}" in person.read(f"/finance/merchants?words={shop}")
    assert "No merchant is like that." in person.read("/finance/merchants?words=nobody-of-that-name")
    assert person.get("/finance/merchants/nobody-of-that-name").status_code == 404
