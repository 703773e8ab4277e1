"""Settlements and payouts over HTTP: who may see and do what, once or often, and what a stranger is told."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import bangla_digits
from tests.api.client import Api, refused, taken
from tests.operations.money.paying import parcels

ACCOUNT = {
    "kind": "bank",
    "bank": "BRAC Bank",
    "branch": "Gulshan",
    "routing_number": "০৬০২৬১৭২৬",
    "number": "1501 2003 4455",
    "holder": "Nakshi Ghar",
    "why": "registered",
    "by": "desk",
}
serials = iter(range(8_000_000, 9_000_000, 10))


class Paid:
    """A shop that was settled with today: its money, its advice, its payout."""

    def __init__(self, api: Api, *, account: str = "BRAC 1501 2003 4455", amount: int = 400_000) -> None:
        self.api = api
        self.shop = api.shop()
        with api.engine.database.transaction() as connection:
            connection.execute(
                text("update merchants set payout_account = :account where merchant_id = :shop"),
                {"account": account, "shop": self.shop},
            )
            items = parcels(connection, self.shop, [amount], api.at, first=next(serials))
            merchant = load_merchant(connection, self.shop)
            made = settle_merchant(
                connection, api.engine.facts, merchant, api.at.date(), api.at, cleared=set(items), by="clerk"
            )
        self.settlement_id = made.settlement_id
        self.reference = made.verification_reference

    def get(self, path: str, **options: Any) -> Any:
        return self.api.get(path, merchant=self.shop, **options)


@pytest.fixture
def paid(api: Api) -> Paid:
    return Paid(api)


def test_a_merchant_reads_its_advice_and_its_account_in_every_form(api: Api, paid: Paid) -> None:
    advice = taken(paid.get(f"/v1/settlements/{paid.settlement_id}"))
    assert advice["payout_poisha"] == 400_000 - advice["fees_taken_poisha"] - advice["vat_taken_poisha"]
    assert (advice["compensations"], advice["advance_taken_poisha"]) == ([], 0)
    assert paid.get(f"/v1/settlements/{paid.settlement_id}/advice.pdf").content.startswith(b"%PDF")
    table = paid.get(f"/v1/settlements/{paid.settlement_id}/advice.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert paid.reference in table.text
    span = {"from_on": "2026-11-01", "to_on": "2026-11-22"}
    account = taken(paid.get(f"/v1/merchants/{paid.shop}/account", params=span))
    assert account["closing_poisha"] == 0
    assert [one["code"] for one in account["movements"]] == ["collect", "fee", "vat", "pay_out"]
    assert "নগদ" in account["movements"][0]["text_bn"]
    assert account["in_transit_poisha"] == advice["payout_poisha"]
    assert paid.get(f"/v1/merchants/{paid.shop}/account.pdf", params=span).content.startswith(b"%PDF")
    assert "opening" in paid.get(f"/v1/merchants/{paid.shop}/account.csv", params=span).text
    late = paid.get(f"/v1/merchants/{paid.shop}/account", params=span | {"to_on": "2026-11-23"})
    assert refused(late, 422)["field"] == "to_on"


def test_a_strangers_money_is_answered_like_an_absent_one(api: Api, paid: Paid) -> None:
    stranger = api.shop()
    span = {"from_on": "2026-11-01", "to_on": "2026-11-22"}
    for path, absent, params in (
        (f"/v1/settlements/{paid.settlement_id}", "/v1/settlements/no-2026-11-22", {}),
        (f"/v1/settlements/{paid.settlement_id}/advice.csv", "/v1/settlements/no-2026-11-22/advice.csv", {}),
        (f"/v1/payouts/{paid.settlement_id}", "/v1/payouts/no-2026-11-22", {}),
        (f"/v1/merchants/{paid.shop}/account", "/v1/merchants/no/account", span),
        (f"/v1/merchants/{paid.shop}/account.pdf", "/v1/merchants/no/account.pdf", span),
        (f"/v1/merchants/{paid.shop}/terms", "/v1/merchants/no/terms", {}),
        (f"/v1/merchants/{paid.shop}/payout-accounts", "/v1/merchants/no/payout-accounts", {}),
        (f"/v1/merchants/{paid.shop}/advances", "/v1/merchants/no/advances", {}),
    ):
        theirs = refused(api.get(path, merchant=stranger, params=params), 404)
        none = refused(api.get(absent, merchant=stranger, params=params), 404)
        assert {**theirs, "detail": ""} == {**none, "detail": ""}
    assert taken(api.get("/v1/payouts", merchant=stranger)) == {"payouts": [], "next": None}


def test_anybody_may_ask_whether_an_advice_is_genuine_and_learns_nothing_else(api: Api, paid: Paid) -> None:
    def check(number: str, reference: str) -> Any:
        return taken(
            api.client.post("/v1/payout-advices/check", json={"settlement_id": number, "reference": reference})
        )

    assert check(paid.settlement_id, paid.reference) == {"genuine": True}
    assert check(paid.settlement_id, bangla_digits(paid.reference).lower()) == {"genuine": True}
    for number, reference in ((paid.settlement_id, "AAAA-AAAA-AAAA"), ("nobody-2026-11-22", paid.reference)):
        assert check(number, reference) == {"genuine": False}


def test_terms_holds_and_settling_on_demand(api: Api) -> None:
    shop = api.shop()
    day = {"settled_on": "2026-11-22"}
    refused(api.post(f"/v1/merchants/{shop}/settlements", day, merchant=shop), 409)
    terms = {"valid_from": "2026-11-22", "cycle": "on_demand", "by": "desk", "why": "asked for"}
    made = taken(api.post(f"/v1/merchants/{shop}/terms", terms))
    assert taken(api.post(f"/v1/merchants/{shop}/terms", terms)) == made
    assert taken(api.get(f"/v1/merchants/{shop}/terms", merchant=shop)) == [made]
    assert refused(api.post(f"/v1/merchants/{shop}/terms", terms | {"weekday": "sunday"}), 422)["field"] == "weekday"
    hold = {"hold_id": str(uuid4()), "reason": "a court order", "by": "desk"}
    placed = taken(api.post(f"/v1/merchants/{shop}/holds", hold))
    assert placed in taken(api.get("/v1/payout-holds"))
    refused(api.post(f"/v1/merchants/{shop}/settlements", day, merchant=shop), 409)
    lifted = taken(api.post(f"/v1/payout-holds/{hold['hold_id']}/lift", {"by": "chief", "why": "withdrawn"}))
    assert lifted["lifted_by"] == "chief"
    settled = taken(api.post(f"/v1/merchants/{shop}/settlements", day, merchant=shop))
    assert (settled["merchant"], settled["payout_poisha"]) == (shop, 0)
    refused(api.post(f"/v1/merchants/{shop}/settlements", day, merchant=api.shop()), 404)


def test_an_account_is_never_shown_whole_and_is_proven_by_a_second_person(api: Api) -> None:
    shop = api.shop()
    made = taken(api.post(f"/v1/merchants/{shop}/payout-accounts", ACCOUNT))
    assert (made["version"], made["ends_with"], made["outcome"]) == (1, "4455", None)
    assert "15012003" not in api.get(f"/v1/merchants/{shop}/payout-accounts", merchant=shop).text
    checks = f"/v1/merchants/{shop}/payout-accounts/1/checks"
    proof = {"proven": True, "how": "a cheque leaf", "by": "chief"}
    assert refused(api.post(checks, proof | {"by": "desk"}), 422)["field"] == "by"
    assert taken(api.post(checks, proof))["outcome"] == "proven"
    for wrong in ({"routing_number": "12345"}, {"number": "1"}, {"holder": "=cmd()"}, {"branch": ""}):
        assert refused(api.post(f"/v1/merchants/{shop}/payout-accounts", ACCOUNT | wrong), 422)["field"] in wrong


def test_a_merchants_endpoint_hears_that_its_account_was_changed(api: Api) -> None:
    shop = api.shop()
    wanted = {"url": "https://example.com/hook", "events": ["delivered_confirmed"]}
    made = taken(api.post("/v1/webhooks", wanted, merchant=shop), 201)
    endpoint = made["endpoint_id"]
    taken(api.post(f"/v1/merchants/{shop}/payout-accounts", ACCOUNT))
    with api.engine.database.transaction() as connection:
        bodies = connection.execute(
            text("select body from webhook_messages where endpoint_id = :id"), {"id": endpoint}
        ).scalars()
        (body,) = list(bodies)
    assert '"type":"payout_account.changed"' in body
    assert "4455" in body and "15012003" not in body


def test_a_payout_goes_into_a_file_once_and_its_steps_are_told(api: Api) -> None:
    paid = Paid(api)
    payout = taken(paid.get(f"/v1/payouts/{paid.settlement_id}"))
    assert payout["state"] == "approved"
    name = f"f-{paid.shop}"[:50]
    asked = {"file_id": name, "layout": "settlement-bank", "paid_on": "2026-11-22", "by": "clerk"}
    assert refused(api.post("/v1/payout-files", asked | {"layout": "none"}), 422)["field"] == "layout"
    refused(api.post("/v1/payout-files", asked), 409)
    cancelled = taken(
        api.post(f"/v1/payouts/{paid.settlement_id}/cancellation", {"by": "chief", "why": "no details yet"})
    )
    assert cancelled["state"] == "cancelled"
    shop = paid.shop
    api.post(f"/v1/merchants/{shop}/payout-accounts", ACCOUNT)
    taken(api.post(f"/v1/merchants/{shop}/payout-accounts/1/checks", {"proven": True, "how": "a leaf", "by": "chief"}))
    api.at = api.at.replace(day=23)
    again = taken(api.post(f"/v1/merchants/{shop}/settlements", {"settled_on": "2026-11-23"}))
    assert again["payout_poisha"] == payout["amount_poisha"]
    made = taken(api.post("/v1/payout-files", asked | {"paid_on": "2026-11-23"}))
    assert (made["payouts"], made["total_poisha"]) == (1, again["payout_poisha"])
    assert again["settlement_id"] not in made["left_out"]
    assert "150120034455" in api.get(f"/v1/payout-files/{name}").text
    assert taken(api.post(f"/v1/payout-files/{name}/sent", {"by": "clerk"})) == {"payout_ids": [again["settlement_id"]]}
    refused(api.post(f"/v1/payout-files/{name}/withdrawal", {"by": "clerk", "why": "x"}), 409)
    steps = taken(paid.get(f"/v1/payouts/{again['settlement_id']}"))["steps"]
    assert [step["state"] for step in steps] == ["approved", "filed", "sent"]


def test_cash_needs_the_code_that_only_the_merchant_sees(api: Api) -> None:
    paid = Paid(api, account="")
    path = f"/v1/payouts/{paid.settlement_id}"
    assert refused(api.post(f"{path}/cash-code", {"by": "x"}, merchant="stranger"), 404)["field"] == "payout_id"
    code = taken(api.post(f"{path}/cash-code", {"by": "Rahima"}, merchant=paid.shop), 201)["code"]
    assert code not in paid.get(path).text
    asked = {"office": "1216", "code": "AAAA-AAAA", "by": "counter"}
    assert refused(api.post(f"{path}/cash", asked, office="1216"), 422)["field"] == "code"
    assert refused(api.post(f"{path}/cash", asked | {"code": code}, office="1215"), 404)["field"] == "office"


def test_an_advance_is_asked_for_by_the_merchant_and_granted_by_the_post(api: Api) -> None:
    shop = api.shop()
    with api.engine.database.transaction() as connection:
        parcels(connection, shop, [1_000_000], api.at, first=next(serials))
    wish = {"advance_id": f"adv-{shop}"[:50], "amount_poisha": 100_000, "why": "Eid stock", "by": "chief"}
    asked = taken(api.post(f"/v1/merchants/{shop}/advances", wish, merchant=shop))
    assert asked["asked_by"] == f"merchant:{shop}"
    assert taken(api.get(f"/v1/merchants/{shop}/advances", merchant=shop)) == [asked]
    granted = taken(api.post(f"/v1/advances/{wish['advance_id']}/approval", {"by": "chief"}))
    assert (granted["kind"], granted["state"]) == ("advance", "approved")
    refused(api.post(f"/v1/advances/{wish['advance_id']}/refusal", {"by": "chief", "why": "late"}), 409)
