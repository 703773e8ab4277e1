"""From a payer at ekPay to the parcel and the ledger and back: both sides on ports, and ekPay at its worst."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from post_logistics.settings import EkPay as EkPaySettings
from post_logistics.storage.money.ledger import load_transfers
from tests.api.client import Api, refused, taken
from tests.api.compat.shops import on_a_port
from tests.standins.ekpay import EkPay
from tests.standins.serving import Fault, served

RIDER = "1216-R02"


@pytest.fixture(scope="module")
def address(api: Api) -> Iterator[str]:
    with on_a_port(api) as address:
        yield address


@pytest.fixture
def gateway(api: Api, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EkPay]:
    """ekPay, as the running application knows it; the application where ekPay can call it."""
    gateway = EkPay(clock=lambda: api.at)
    with served(gateway) as url:
        said = EkPaySettings(url=url, merchant_id=gateway.merchant_id, key=SecretStr(gateway.key))
        monkeypatch.setattr(api.engine.settings, "ekpay", said)
        monkeypatch.setattr(api.engine.settings, "public_url", address)
        yield gateway


def with_rider(api: Api) -> tuple[str, str]:
    shop = api.shop()
    item = api.item(shop)
    api.with_rider(item, RIDER)
    return shop, item


def asked(api: Api, item: str, **more: Any) -> dict[str, Any]:
    return dict(taken(api.post(f"/v1/items/{item}/payments", {"reference": "door", "by": RIDER} | more), 201))


def standing(api: Api, payment: dict[str, Any]) -> dict[str, Any]:
    return dict(taken(api.get(f"/v1/payments/{payment['payment_id']}")))


def posted(api: Api, item: str) -> list[tuple[str, str, int]]:
    """The transfers of an item: debit, credit, poisha."""
    with api.engine.database.transaction() as connection:
        moved = [one for one in load_transfers(connection) if one.item_number == item]
    return [(one.debit, one.credit, one.amount_poisha) for one in moved]


def later(api: Api, **more: int) -> None:
    api.at += timedelta(**(more or {"seconds": 10}))


def test_from_the_payer_to_the_parcel_and_the_ledger(api: Api, gateway: EkPay) -> None:
    shop, item = with_rider(api)
    made = asked(api, item)
    assert made["provider"] == "ekpay" and made["url"].startswith("http://127.0.0.1") and made["qr"] == made["url"]
    gateway.pay(made["payment_id"])
    assert gateway.notify(made["payment_id"]) == [202]
    assert standing(api, made)["state"] == "collected"
    assert posted(api, item) == [("provider_clearing:ekpay", f"merchant_payable:{shop}", 100_000)]
    row = api.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=0)
    (verdict,) = api.claims(row, office="1216")
    assert verdict["outcome"] == "accepted"
    (receipt,) = taken(api.get(f"/v1/items/{item}/receipts"))
    assert (receipt["cash_poisha"], receipt["digital_poisha"]) == (0, 100_000)


def test_a_notification_that_lies_moves_nothing(api: Api, gateway: EkPay) -> None:
    _, item = with_rider(api)
    made = asked(api, item)
    assert gateway.notify(made["payment_id"]) == [202]
    assert standing(api, made)["state"] == "requested" and posted(api, item) == []


@pytest.mark.parametrize("fault", [Fault.TWICE, Fault.OUT_OF_ORDER, Fault.WRONG_AMOUNT, Fault.WRONG_SIGNATURE])
def test_however_the_notification_comes_the_money_is_posted_once_and_as_ekpay_says_when_asked(
    api: Api, gateway: EkPay, fault: Fault
) -> None:
    pairs = [with_rider(api) for _ in range(2)]
    made = [asked(api, item) for _, item in pairs]
    for one in made:
        gateway.pay(one["payment_id"])
    gateway.misbehave(fault, on="ipn", times=2)
    assert set(gateway.notify(*(one["payment_id"] for one in made))) == {202}
    later(api)
    gateway.notify(*(one["payment_id"] for one in made))
    for (shop, item), one in zip(pairs, made, strict=True):
        assert standing(api, one)["state"] == "collected"
        assert posted(api, item) == [("provider_clearing:ekpay", f"merchant_payable:{shop}", 100_000)]


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.BROKEN, Fault.GARBLED])
def test_a_silent_gateway_is_asked_again(api: Api, gateway: EkPay, fault: Fault) -> None:
    _, item = with_rider(api)
    gateway.misbehave(fault, on="merchant-api")
    body = {"reference": "door", "by": RIDER}
    assert "made no payment" in refused(api.post(f"/v1/items/{item}/payments", body), 409)["detail"]
    made = asked(api, item)
    gateway.pay(made["payment_id"])
    gateway.misbehave(fault, on="get-status")
    assert gateway.notify(made["payment_id"]) == [202]
    assert standing(api, made)["state"] == "requested"
    later(api)
    checked = taken(api.post(f"/v1/payments/{made['payment_id']}/checks"))
    assert (checked["state"], checked["collected_poisha"]) == ("collected", 100_000)


def test_another_amount_another_currency_and_too_late_are_held_for_a_person(api: Api, gateway: EkPay) -> None:
    short, foreign, late = ((item, asked(api, item)) for _, item in (with_rider(api) for _ in range(3)))
    gateway.pay(short[1]["payment_id"], "999.99")
    gateway.pay(foreign[1]["payment_id"], currency="USD")
    gateway.notify(short[1]["payment_id"], foreign[1]["payment_id"])
    later(api, minutes=45)
    gateway.pay(late[1]["payment_id"])
    gateway.notify(late[1]["payment_id"])
    for (item, made), why in ((short, "paid Tk 999.99 of"), (foreign, "not in BDT"), (late, "run out")):
        found = standing(api, made)
        assert (found["state"], found["collected_poisha"]) == ("held", 0) and why in found["why"]
        (transfer,) = posted(api, item)
        assert transfer[:2] == ("provider_clearing:ekpay", "unidentified_receipts:ekpay")
    wish = {"refund_id": str(uuid4()), "amount_poisha": 99_999, "why": "paid short", "by": "finance"}
    refund = taken(api.post(f"/v1/payments/{short[1]['payment_id']}/refunds", wish), 201)
    assert refund["state"] == "refused" and standing(api, short[1])["held_poisha"] == 99_999


def test_a_browser_that_comes_back_is_sent_to_a_page_that_says_what_happened(api: Api, gateway: EkPay) -> None:
    _, item = with_rider(api)
    made = asked(api, item)
    back = gateway.payments[made["payment_id"]].asked["feed_uri"]["s_uri"]
    assert back.startswith(f"{api.engine.settings.public_url}/paid/{made['payment_id']}/")
    path = back.removeprefix(api.engine.settings.public_url)
    assert "not yet arrived" in api.client.get(path, headers={"Accept-Language": "en"}).text
    gateway.pay(made["payment_id"])
    later(api)
    assert "has arrived" in api.client.get(path, headers={"Accept-Language": "en"}).text
    assert standing(api, made)["state"] == "collected"
    posted_back = api.client.post(path, data={"tran_id": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (posted_back.status_code, posted_back.headers["location"]) == (303, path)
    other = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert api.client.get(other).status_code == 404
    guessed = api.client.get(f"/v1/payments/callbacks/ekpay?transId={made['payment_id']}")
    stranger = api.client.get("/v1/payments/callbacks/ekpay?transId=pay-none")
    assert guessed.status_code == stranger.status_code == 303
    assert guessed.headers["location"] == stranger.headers["location"] == "/paid"


def test_postage_is_paid_beforehand_charged_once_and_given_back_when_the_item_is_cancelled(
    api: Api, gateway: EkPay
) -> None:
    shop = api.shop()
    item = api.item(shop)
    made = asked(api, item, purpose="postage", by="sender")
    assert made["purpose"] == "postage" and 0 < made["amount_poisha"] < 10_000
    gateway.pay(made["payment_id"])
    gateway.notify(made["payment_id"])
    assert standing(api, made)["collected_poisha"] == made["amount_poisha"]
    moved = posted(api, item)
    assert ("provider_clearing:ekpay", f"merchant_fees_due:{shop}", made["amount_poisha"]) in moved and len(moved) == 2
    again = {"reference": "again", "by": "sender", "purpose": "postage"}
    assert "paid" in refused(api.post(f"/v1/items/{item}/payments", again), 409)["detail"]


def test_a_day_without_a_file_is_compared_payment_by_payment(api: Api, gateway: EkPay) -> None:
    _, item = with_rider(api)
    made = asked(api, item)
    gateway.pay(made["payment_id"])
    day = taken(api.post("/v1/payments/days", {"provider": "ekpay", "on": str(api.at.date())}))
    assert day["source"] == "asked" and day["compared"]["lines"] >= 1
    assert standing(api, made)["state"] == "collected"
    line = {"payment_id": made["payment_id"], "provider_ref": "E1", "amount_poisha": 99_000}
    stranger = {"payment_id": "pay-stranger", "provider_ref": "E2", "amount_poisha": 500}
    given = {"provider": "ekpay", "on": str(api.at.date()), "lines": [line, stranger]}
    found = taken(api.post("/v1/payments/days", given))["compared"]["differences"]
    kinds = {one["payment_id"]: one["difference"] for one in found}
    assert kinds[made["payment_id"]] == "other_amount" and kinds["pay-stranger"] == "missing_with_us"
