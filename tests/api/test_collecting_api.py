"""Collecting over HTTP: mixed tenders, payments and their callbacks, receipts, refunds, prices, agents."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from post_logistics.channels.payments.choosing import payment_providers, practice
from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.settings import Settings
from tests.api.client import Api, refused, taken

RIDER = "1216-R02"
CENTRE = "/v1/collection-points/dc-1230-01"


@pytest.fixture
def provider(api: Api, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> PracticePayments:
    """The practice provider of the running application, its files in a folder of the test."""
    settings: Settings = api.engine.settings
    monkeypatch.setattr(settings, "data_dir", tmp_path)
    return practice(payment_providers(settings))


def with_rider(api: Api, **changes: Any) -> tuple[str, str]:
    shop = api.shop()
    item = api.item(shop, **changes)
    api.with_rider(item, RIDER)
    return shop, item


def claim(api: Api, item: str, cash: int, **more: Any) -> dict[str, Any]:
    row = api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=cash, **more)
    (verdict,) = api.claims(row, office="1216")
    return dict(verdict)


def asked(api: Api, item: str, amount: int | None = None, **scope: str) -> Any:
    body = {"reference": "door", "amount_poisha": amount, "by": RIDER}
    return taken(api.post(f"/v1/items/{item}/payments", body, **scope), 201)


def test_cash_and_a_wallet_in_one_claim(api: Api, provider: PracticePayments) -> None:
    _, item = with_rider(api)
    made = asked(api, item, 40_000, office="1216")
    assert made["state"] == "requested" and made["qr"]
    assert asked(api, item, 40_000, office="1216") == made
    provider.pay(made["payment_id"], api.at)
    checked = taken(api.post(f"/v1/payments/{made['payment_id']}/checks", office="1216"))
    assert (checked["state"], checked["collected_poisha"]) == ("collected", 40_000)
    paid = [{"payment_id": made["payment_id"], "amount_poisha": 40_000}]
    assert claim(api, item, 60_000, payments=paid)["outcome"] == "accepted"
    (receipt,) = taken(api.get(f"/v1/items/{item}/receipts"))
    assert (receipt["cash_poisha"], receipt["digital_poisha"], receipt["standing"]) == (60_000, 40_000, True)
    assert receipt["number"] in receipt["text_en"] and "রসিদ" in receipt["text_bn"]
    assert "ক্ষত্রী" not in str(receipt) and "01712345678" not in str(receipt)


def test_a_callback_is_answered_alike_whatever_it_says_and_moves_nothing(api: Api, provider: PracticePayments) -> None:
    _, item = with_rider(api)
    made = asked(api, item)
    liar = {"payment_id": made["payment_id"], "status": "paid", "amount": "1000.00", "currency": "BDT"}
    answers = [
        api.client.post(f"/v1/payments/callbacks/{name}", json=body)
        for name, body in (
            ("practice", liar),
            ("practice", {"payment_id": "pay-none"}),
            ("nobody", {"payment_id": "x"}),
            ("practice", {"payment_id": ""}),
        )
    ]
    assert {(one.status_code, one.content) for one in answers} == {(202, b"null")}
    assert taken(api.get(f"/v1/payments/{made['payment_id']}"))["state"] == "requested"
    provider.pay(made["payment_id"], api.at)
    api.at = api.at.replace(minute=api.at.minute + 1)
    assert api.client.post("/v1/payments/callbacks/practice", json=liar).status_code == 202
    assert taken(api.get(f"/v1/payments/{made['payment_id']}"))["state"] == "collected"


def test_a_stranger_sees_no_payment_and_no_receipt(api: Api, provider: PracticePayments) -> None:
    shop, item = with_rider(api)
    made = asked(api, item)
    claim(api, item, 100_000)
    stranger = api.shop()
    theirs = refused(api.get(f"/v1/payments/{made['payment_id']}", merchant=stranger), 404)
    absent = refused(api.get("/v1/payments/pay-none", merchant=stranger), 404)
    assert theirs["detail"].replace(made["payment_id"], "pay-none") == absent["detail"]
    refused(api.get(f"/v1/payments/{made['payment_id']}", office="1000"), 404)
    refused(api.post(f"/v1/payments/{made['payment_id']}/checks", merchant=stranger), 404)
    refused(api.get(f"/v1/items/{item}/receipts", merchant=stranger), 404)
    refused(api.get(f"/v1/items/{item}/refunds", merchant=stranger), 404)
    assert taken(api.get(f"/v1/items/{item}/receipts", merchant=shop))


def test_a_short_payment_has_a_reason_of_the_list(api: Api) -> None:
    _, item = with_rider(api)
    assert claim(api, item, 99_900, short_reason="rounding")["outcome"] == "rejected"
    short = claim(api, item, 99_900, short_reason="no_change")
    assert short["outcome"] == "accepted_with_exception" and "short" in short["why"]


def test_a_receipt_is_taken_back_and_only_by_its_office(api: Api) -> None:
    _, item = with_rider(api)
    claim(api, item, 100_000)
    (receipt,) = taken(api.get(f"/v1/items/{item}/receipts", office="1216"))
    path, said = f"/v1/receipts/{receipt['receipt_id']}/reversal", {"why": "the wrong parcel", "by": "clerk"}
    theirs = refused(api.post(path, said, office="1230"), 404)
    absent = refused(api.post(f"/v1/receipts/{UUID(int=9)}/reversal", said, office="1230"), 404)
    assert theirs["detail"].replace(receipt["receipt_id"], str(UUID(int=9))) == absent["detail"]
    assert [api.post(path, said, office="1216").status_code for _ in range(2)] == [200, 200]
    assert not taken(api.get(f"/v1/items/{item}/receipts"))[0]["standing"]


def test_the_merchant_decides_on_a_price(api: Api) -> None:
    shop, item = with_rider(api)
    body = {"change_id": str(uuid4()), "price_poisha": 80_000, "why": "a dent", "by": "clerk"}
    change = taken(api.post(f"/v1/items/{item}/prices", body, office="1216"), 201)
    assert change["state"] == "asked"
    assert [one["change_id"] for one in taken(api.get("/v1/prices", merchant=shop))] == [change["change_id"]]
    path, yes = f"/v1/prices/{change['change_id']}/decision", {"approved": True, "by": "owner"}
    refused(api.post(path, yes), 422)
    refused(api.post(path, yes, merchant=api.shop()), 404)
    assert taken(api.post(path, yes, merchant=shop))["state"] == "approved"
    assert claim(api, item, 80_000)["outcome"] == "accepted"
    assert taken(api.get("/v1/prices", merchant=shop)) == []


def test_a_refund_needs_money_in_the_till_and_force_is_the_posts(api: Api) -> None:
    _, item = with_rider(api)
    claim(api, item, 100_000)
    body = {"refund_id": str(uuid4()), "amount_poisha": 100_001, "why": "torn", "by": "clerk", "office": "1216"}
    refused(api.post(f"/v1/items/{item}/refunds", body, office="1216"), 409)
    refused(api.post(f"/v1/items/{item}/refunds", body | {"office": "1230"}, office="1216"), 404)
    refused(api.post(f"/v1/items/{item}/refunds", body | {"force": True}, office="1216"), 422)


def test_a_payment_is_given_back_by_the_provider(api: Api, provider: PracticePayments) -> None:
    _, item = with_rider(api)
    made = asked(api, item)
    provider.pay(made["payment_id"], api.at)
    taken(api.post(f"/v1/payments/{made['payment_id']}/checks"))
    body = {"refund_id": str(uuid4()), "amount_poisha": 30_000, "why": "refused a part", "by": "clerk"}
    path = f"/v1/payments/{made['payment_id']}/refunds"
    assert [taken(api.post(path, body, office="1216"), 201)["state"] for _ in range(2)] == ["done", "done"]
    assert [one["way"] for one in taken(api.get(f"/v1/items/{item}/refunds"))] == ["provider"]


def test_held_money_is_listed_and_placed(api: Api, provider: PracticePayments) -> None:
    _, item = with_rider(api)
    made = asked(api, item)
    provider.pay(made["payment_id"], api.at, 99_999)
    held = taken(api.post(f"/v1/payments/{made['payment_id']}/checks"))
    assert (held["state"], held["held_poisha"]) == ("held", 99_999)
    assert made["payment_id"] in {one["payment_id"] for one in taken(api.get("/v1/payments/held"))}
    said = {"why": "shown to us", "by": "finance"}
    placed = taken(api.post(f"/v1/payments/{made['payment_id']}/placement", said))
    assert (placed["state"], placed["collected_poisha"]) == ("collected", 99_999)
    assert claim(api, item, 1)["outcome"] == "accepted"


def test_a_riders_room_is_the_cap_less_what_he_carries(api: Api) -> None:
    path = f"/v1/riders/{RIDER}/cash?office=১২১৬"
    before = taken(api.get(path, office="1216"))
    _, item = with_rider(api)
    claim(api, item, 100_000)
    after = taken(api.get(path, office="1216"))
    assert after["held_poisha"] == before["held_poisha"] + 100_000
    assert after["room_poisha"] == max(0, after["cap_poisha"] - after["held_poisha"])
    refused(api.get(path, office="1230"), 404)
    refused(api.get("/v1/riders/nobody/cash?office=1216"), 404)


def test_an_agents_float_and_statement(api: Api) -> None:
    paid = {"reference": str(uuid4()), "amount_poisha": 2_000_000}
    before = taken(api.get(f"{CENTRE}/cash", office="1230"))
    floats = [taken(api.post(f"{CENTRE}/float", paid, office="1230")) for _ in range(2)]
    assert floats[0] == floats[1] and floats[0]["float_poisha"] == before["float_poisha"] + 2_000_000
    day = api.at.date()
    told = taken(api.get(f"{CENTRE}/statement?since={day}&until={day}", office="1230"))
    assert told["closing"] == floats[1] and "agent_float_in" in {one["code"] for one in told["movements"]}
    hand_in = {"hand_in_id": str(uuid4()), "counted_poisha": 0, "pieces": {}} | {
        "handed_by": "agent",
        "counted_by": "c",
    }
    assert taken(api.post(f"{CENTRE}/hand-ins", hand_in, office="1230"))["expected_poisha"] == 0
    out = {"reference": str(uuid4()), "amount_poisha": 2_000_000}
    assert taken(api.post(f"{CENTRE}/float/returns", out, office="1230")) == before
    for path, body in (("float", paid), ("float/returns", out), ("hand-ins", hand_in)):
        refused(api.post(f"{CENTRE}/{path}", body, office="1216"), 404)
    refused(api.get(f"{CENTRE}/cash", office="1216"), 404)
