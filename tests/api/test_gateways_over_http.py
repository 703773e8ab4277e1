"""From a payer at bKash, Nagad or SSLCommerz to the parcel, the ledger and back: both sides on ports, over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from post_logistics.settings import Bkash as BkashSettings
from post_logistics.settings import Nagad as NagadSettings
from post_logistics.settings import SslCommerz as SslCommerzSettings
from post_logistics.storage.money.ledger import load_transfers
from tests.api.client import Api, taken
from tests.api.compat.shops import on_a_port
from tests.standins.bkash import BASE, TOPIC, Bkash
from tests.standins.nagad import Nagad, private_pem, public_pem
from tests.standins.serving import Fault, served
from tests.standins.sslcommerz import SslCommerz

RIDER = "1216-R02"


@pytest.fixture(scope="module")
def address(api: Api) -> Iterator[str]:
    with on_a_port(api) as address:
        yield address


class Side:
    """A gateway as a test speaks of it: how its payer pays, and how it tells of that."""

    name = ""
    refunds = True

    def __init__(self, api: Api, gateway: Any) -> None:
        self.api = api
        self.gateway = gateway

    def pay(self, made: dict[str, Any]) -> None:
        """The payer pays."""

    def tell(self, *made: dict[str, Any]) -> list[int]:
        """The gateway calls us."""
        return []

    def item(self) -> tuple[str, str]:
        """A shop, and a parcel of it on its way."""
        shop = self.api.shop()
        item = self.api.item(shop)
        self.api.with_rider(item, RIDER)
        return shop, item

    def asked(self, item: str) -> dict[str, Any]:
        """A payment asked of this gateway."""
        body = {"reference": "door", "by": RIDER, "provider": self.name}
        return dict(taken(self.api.post(f"/v1/items/{item}/payments", body), 201))

    def ref(self, made: dict[str, Any]) -> str:
        """What the gateway calls the payment: the end of its page's address."""
        return str(made["url"]).partition("paymentID=")[2].partition("&")[0] or str(made["url"]).rpartition("/")[2]

    def state(self, made: dict[str, Any]) -> str:
        """Where the payment stands."""
        return str(taken(self.api.get(f"/v1/payments/{made['payment_id']}"))["state"])

    def check(self, made: dict[str, Any]) -> dict[str, Any]:
        """The payment, after asking the gateway a while later."""
        self.api.at += timedelta(seconds=10)
        return dict(taken(self.api.post(f"/v1/payments/{made['payment_id']}/checks")))

    def posted(self, item: str) -> list[tuple[str, str, int]]:
        """The transfers of an item: debit, credit, poisha."""
        with self.api.engine.database.transaction() as connection:
            moved = [one for one in load_transfers(connection) if one.item_number == item]
        return [(one.debit, one.credit, one.amount_poisha) for one in moved]


class BkashSide(Side):
    """bKash: confirmed on a page, taken by us, told by signed messages."""

    name = "bkash"

    def pay(self, made: dict[str, Any]) -> None:
        self.gateway.verify(self.ref(made))

    def tell(self, *made: dict[str, Any]) -> list[int]:
        return self.gateway.notify(*(self.ref(one) for one in made))


class NagadSide(Side):
    """Nagad: the payer's browser comes back."""

    name = "nagad"
    refunds = False

    def pay(self, made: dict[str, Any]) -> None:
        self.gateway.pay(self.ref(made))

    def tell(self, *made: dict[str, Any]) -> list[int]:
        path = "/v1/payments/callbacks/nagad?payment_ref_id="
        answers = [self.api.client.get(path + self.ref(one), follow_redirects=False) for one in made]
        return [202 if answer.status_code == 303 else answer.status_code for answer in answers]


class SslCommerzSide(Side):
    """SSLCommerz: told by a signed form."""

    name = "sslcommerz"

    def pay(self, made: dict[str, Any]) -> None:
        self.gateway.pay(made["payment_id"])

    def tell(self, *made: dict[str, Any]) -> list[int]:
        return self.gateway.notify(*(one["payment_id"] for one in made))


@pytest.fixture(params=["bkash", "nagad", "sslcommerz"])
def side(request: pytest.FixtureRequest, api: Api, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    """Each gateway in turn, as the running application knows it; the application where the gateway can call it."""
    monkeypatch.setattr(api.engine.settings, "public_url", address)
    if request.param == "bkash":
        bkash = Bkash(clock=lambda: api.at)
        with served(bkash) as url:
            bkash.address, bkash.webhook_url = url, f"{address}/v1/payments/callbacks/bkash"
            said = BkashSettings(
                url=f"{url}{BASE}",
                username=bkash.username,
                password=SecretStr(bkash.password),
                app_key=bkash.app_key,
                app_secret=SecretStr(bkash.app_secret),
                topic=TOPIC,
            )
            monkeypatch.setattr(api.engine.settings, "bkash", said)
            yield BkashSide(api, bkash)
    elif request.param == "nagad":
        nagad = Nagad(clock=lambda: api.at)
        with served(nagad) as url:
            keys = {"private_key": SecretStr(private_pem("merchant")), "gateway_key": public_pem("gateway")}
            who = {"merchant_id": nagad.merchant_id, "account_number": "01711428036", "server_address": "203.0.113.7"}
            merchant = NagadSettings(url=f"{url}{nagad.prefix}", **keys, **who)
            monkeypatch.setattr(api.engine.settings, "nagad", merchant)
            yield NagadSide(api, nagad)
    else:
        ssl = SslCommerz(clock=lambda: api.at)
        with served(ssl) as url:
            us = {"phone": "01700000000", "email": "payments@post.example"}
            store = SslCommerzSettings(url=url, store_id="postbox", store_password=SecretStr("postbox@ssl"), **us)
            monkeypatch.setattr(api.engine.settings, "sslcommerz", store)
            yield SslCommerzSide(api, ssl)


def test_from_the_payer_to_the_parcel_and_the_ledger_and_back(side: Side) -> None:
    api = side.api
    shop, item = side.item()
    made = side.asked(item)
    assert made["provider"] == side.name and made["url"].startswith("http://127.0.0.1")
    side.pay(made)
    assert side.tell(made) == [202]
    assert side.state(made) == "collected"
    collected = (f"provider_clearing:{side.name}", f"merchant_payable:{shop}", 100_000)
    assert side.posted(item) == [collected]
    wish = {"refund_id": str(uuid4()), "amount_poisha": 100_000, "why": "sent twice", "by": "finance"}
    refund = taken(api.post(f"/v1/payments/{made['payment_id']}/refunds", wish), 201)
    back = [(collected[1], collected[0], 100_000)] if side.refunds else []
    assert refund["state"] == ("done" if side.refunds else "refused")
    assert side.posted(item) == [collected, *back]
    again = taken(api.post(f"/v1/payments/{made['payment_id']}/refunds", wish), 201)
    assert (again["state"], side.posted(item)) == (refund["state"], [collected, *back])
    assert taken(api.get("/v1/ledger/proof"))["proven"]


@pytest.mark.parametrize("side", ["bkash", "sslcommerz"], indirect=True)
def test_a_refund_whose_answer_was_lost_is_made_once(side: Side) -> None:
    api = side.api
    _, item = side.item()
    made = side.asked(item)
    side.pay(made)
    side.tell(made)
    on = {"bkash": "payment/refund", "sslcommerz": "merchantTransID"}[side.name]
    side.gateway.misbehave(Fault.LOST, on=on)
    wish = {"refund_id": str(uuid4()), "amount_poisha": 40_000, "why": "a shirt was missing", "by": "finance"}

    def state(**waited: int) -> str:
        api.at += timedelta(**waited)
        return str(taken(api.post(f"/v1/payments/{made['payment_id']}/refunds", wish), 201)["state"])

    assert state() == "asked" and len(side.posted(item)) == 1
    heard = len(side.gateway.heard)
    assert state(seconds=5) == "asked" and len(side.gateway.heard) == heard
    assert [state(minutes=3), state(minutes=3)] == ["done", "done"]
    assert [amount_poisha for *_, amount_poisha in side.posted(item)] == [100_000, 40_000]
    given = {
        "bkash": lambda: [side.gateway.payments[side.ref(made)].refund],
        "sslcommerz": lambda: list(side.gateway.session_of(made["payment_id"]).refunds.values()),
    }
    assert [one["amount"] for one in given[side.name]()] == ["400.00"]


def test_a_call_that_lies_moves_nothing(side: Side) -> None:
    _, item = side.item()
    made = side.asked(item)
    assert side.tell(made) == [202]
    assert side.state(made) == "requested" and side.posted(item) == []


def test_however_the_calls_come_the_money_is_posted_once(side: Side) -> None:
    pairs = [side.item() for _ in range(3)]
    made = [side.asked(item) for _, item in pairs]
    for one in made:
        side.pay(one)
    on = {"bkash": "webhook", "sslcommerz": "ipn", "nagad": "none"}[side.name]
    for fault in (Fault.TWICE, Fault.OUT_OF_ORDER, Fault.WRONG_SIGNATURE):
        side.gateway.misbehave(fault, on=on)
    assert set(side.tell(*made)) == {202}
    side.api.at += timedelta(seconds=10)
    side.tell(*made, *made)
    for (shop, item), one in zip(pairs, made, strict=True):
        assert side.check(one)["collected_poisha"] == 100_000
        assert side.posted(item) == [(f"provider_clearing:{side.name}", f"merchant_payable:{shop}", 100_000)]


def test_calls_that_come_at_once_are_one(side: Side) -> None:
    shop, item = side.item()
    made = side.asked(item)
    side.pay(made)
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(side.tell, made) for _ in range(8)]
        assert [one.result() for one in answers] == [[202]] * 8
    assert side.state(made) == "collected"
    assert side.posted(item) == [(f"provider_clearing:{side.name}", f"merchant_payable:{shop}", 100_000)]


def test_two_who_ask_at_once_get_one_page(side: Side) -> None:
    _, item = side.item()
    side.gateway.misbehave(Fault.LATE, times=8)
    with ThreadPoolExecutor(4) as threads:
        pages = {one.result()["url"] for one in [threads.submit(side.asked, item) for _ in range(4)]}
    assert len(pages) == 1
    (made,) = ({"url": url, "payment_id": side.asked(item)["payment_id"]} for url in pages)
    side.pay(made)
    assert side.check(made)["collected_poisha"] == 100_000


def test_a_gateway_that_fails_is_asked_again(side: Side) -> None:
    shop, item = side.item()
    made = side.asked(item)
    side.pay(made)
    for fault in (Fault.LOST, Fault.BROKEN, Fault.GARBLED):
        side.gateway.misbehave(fault)
    assert [side.check(made)["collected_poisha"] for _ in range(4)][-1] == 100_000
    assert side.posted(item) == [(f"provider_clearing:{side.name}", f"merchant_payable:{shop}", 100_000)]


def test_a_browser_comes_back_to_a_page_that_says_what_happened(side: Side) -> None:
    api, english = side.api, {"Accept-Language": "en"}
    _, item = side.item()
    made = side.asked(item)
    side.pay(made)
    if side.name == "sslcommerz":
        session = side.gateway.session_of(made["payment_id"])
        form, away = side.gateway.notification(session), {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        path = session.asked["success_url"].removeprefix(api.engine.settings.public_url)
        back = api.client.post(path, content=form.body, headers=away | dict(form.headers), follow_redirects=False)
    else:
        name = {"bkash": "paymentID", "nagad": "payment_ref_id"}[side.name]
        query = {name: side.ref(made), "status": "success"}
        back = api.client.get(f"/v1/payments/callbacks/{side.name}", params=query, follow_redirects=False)
    assert back.status_code == 303
    assert back.headers["location"].startswith(f"/paid/{made['payment_id']}/")
    assert "has arrived" in api.client.get(back.headers["location"], headers=english).text
    assert side.state(made) == "collected"


def test_another_amount_is_held_for_a_person(side: Side) -> None:
    _, item = side.item()
    made = side.asked(item)
    side.pay(made)
    on = {"bkash": "payment/status", "sslcommerz": "validationserver", "nagad": "verify"}[side.name]
    side.gateway.misbehave(Fault.WRONG_AMOUNT, on=on, times=2)
    found = side.check(made)
    assert (found["state"], found["collected_poisha"], found["held_poisha"]) == ("held", 0, 100)
    assert side.posted(item) == [(f"provider_clearing:{side.name}", f"unidentified_receipts:{side.name}", 100)]
