"""Nagad against its stand-in: sealed both ways, believed by its reference, and nothing else is."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.nagad import NagadPayments
from post_logistics.channels.payments.port import Call, Handle, Offer, Wanted
from post_logistics.cod.payments import Said
from post_logistics.errors import Unacceptable
from post_logistics.settings import Nagad as Merchant
from post_logistics.units import DHAKA
from tests.standins.nagad import Nagad, key, private_pem, public_pem
from tests.standins.serving import Answer, Asked, Fault, Standin, served

AT = datetime(2026, 11, 22, 10, 5, 31, tzinfo=DHAKA)
WANTED = Wanted("pay-7K2M93QFX1ZD", 125_050, "DP473124829BD", AT, AT + timedelta(minutes=30))
CALLBACK = "https://post.example/v1/payments/callbacks/nagad"
BASE = "/remote-payment-gateway-1.0"


@pytest.fixture
def gateway() -> Iterator[Nagad]:
    yield Nagad(clock=lambda: AT)


@pytest.fixture
def ours(gateway: Nagad) -> Iterator[NagadPayments]:
    with served(gateway) as url:
        yield adapter(f"{url}{BASE}")


def adapter(url: str, **changed: Any) -> NagadPayments:
    """Our side, with the keys that the stand-in knows."""
    given = {
        "url": url,
        "merchant_id": "683002007104225",
        "account_number": "01711428036",
        "private_key": private_pem("merchant"),
        "gateway_key": public_pem("gateway"),
        "server_address": "203.0.113.7",
    }
    return NagadPayments(Merchant(**given | changed), CALLBACK, Road(development=True, deadline_s=0.8))


def handle(offer: Offer) -> Handle:
    return Handle(WANTED.payment_id, AT, WANTED.expires_at, offer.session_ref)


def _opened(sealed: str) -> dict[str, str]:
    text = key("gateway").decrypt(base64.b64decode(sealed), padding.PKCS1v15())
    return dict(json.loads(text))


def test_a_payment_is_made_and_paid(gateway: Nagad, ours: NagadPayments) -> None:
    offer = ours.offer(WANTED)
    assert offer.url.endswith(f"/check-out/{offer.session_ref}") and not offer.why
    assert ours.status(handle(offer)).said is Said.WAITING
    payment = gateway.pay(offer.session_ref)
    word = ours.status(handle(offer))
    assert (word.said, word.paid_poisha, word.currency, word.payment_id) == (
        Said.PAID,
        125_050,
        "BDT",
        "pay-7K2M93QFX1ZD",
    )
    assert (word.provider_ref, word.paid_at) == (payment.issuer_ref, AT)
    assert ours.daily_file(AT.date()) is None


def test_on_the_wire_it_is_as_the_contract_writes_it(gateway: Nagad, ours: NagadPayments) -> None:
    offer = ours.offer(WANTED)
    gateway.pay(offer.session_ref)
    ours.status(handle(offer))
    opened, completed, verified = gateway.heard
    assert [(one.method, one.path) for one in gateway.heard] == [
        ("POST", f"{BASE}/api/dfs/check-out/initialize/683002007104225/pay7K2M93QFX1ZD"),
        ("POST", f"{BASE}/api/dfs/check-out/complete/{offer.session_ref}"),
        ("GET", f"{BASE}/api/dfs/verify/payment/{offer.session_ref}"),
    ]
    for one in gateway.heard:
        assert one.headers["x-km-api-version"] == "v-0.2.0" and one.headers["x-km-ip-v4"] == "203.0.113.7"
        assert one.headers["x-km-client-type"] == "MOBILE_WEB"
    first, second = opened.json(), completed.json()
    assert set(first) == {"accountNumber", "dateTime", "sensitiveData", "signature"}
    assert (first["accountNumber"], first["dateTime"]) == ("01711428036", "20261122100531")
    plain = _opened(first["sensitiveData"])
    assert set(plain) == {"merchantId", "datetime", "orderId", "challenge"} and len(plain["challenge"]) == 40
    assert (plain["merchantId"], plain["datetime"], plain["orderId"]) == (
        "683002007104225",
        "20261122100531",
        "pay7K2M93QFX1ZD",
    )
    assert set(second) == {"paymentRefId", "sensitiveData", "signature", "merchantCallbackURL"}
    assert (second["paymentRefId"], second["merchantCallbackURL"]) == (offer.session_ref, CALLBACK)
    assert _opened(second["sensitiveData"]) == {
        "merchantId": "683002007104225",
        "orderId": "pay7K2M93QFX1ZD",
        "currencyCode": "050",
        "amount": "1250.50",
        "challenge": gateway.payments[offer.session_ref].challenge,
    }
    text = key("gateway").decrypt(base64.b64decode(first["sensitiveData"]), padding.PKCS1v15())
    signature = base64.b64decode(first["signature"])
    key("merchant").public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    assert verified.body == b""


def test_each_order_has_a_challenge_of_its_own_that_nobody_else_can_make(gateway: Nagad, ours: NagadPayments) -> None:
    ours.offer(WANTED)
    ours.offer(replace(WANTED, payment_id="pay-7K2M93QFX1ZE"))
    first, second = (_opened(one.json()["sensitiveData"])["challenge"] for one in gateway.heard[::2])
    assert first != second


class _NoRedirect(HTTPRedirectHandler):
    def http_error_302(self, req: Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp


@pytest.mark.parametrize(
    ("decision", "said"), [("Success", Said.PAID), ("Failed", Said.FAILED), ("Aborted", Said.FAILED)]
)
def test_a_browser_comes_back_with_the_payment_and_what_it_says_is_asked(
    ours: NagadPayments, decision: str, said: Said
) -> None:
    offer = ours.offer(WANTED)
    with build_opener(_NoRedirect).open(f"{offer.url}?decision={decision}") as answer:
        back = answer.headers["Location"]
    query = dict(parse_qsl(urlsplit(back).query, keep_blank_values=True))
    assert query["order_id"] == "pay7K2M93QFX1ZD" and query["status"] == decision
    assert ours.called(Call(query=query)) == offer.session_ref
    assert ours.called(Call()) is None
    assert ours.status(handle(offer)).said is said


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.LOST, Fault.BROKEN, Fault.GARBLED])
@pytest.mark.parametrize("on", ["initialize", "complete"])
def test_a_page_that_was_not_answered_is_asked_for_again(
    gateway: Nagad, ours: NagadPayments, fault: Fault, on: str
) -> None:
    gateway.misbehave(fault, on=on)
    assert ours.offer(WANTED).why
    assert not ours.offer(WANTED).why


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.LOST, Fault.BROKEN, Fault.GARBLED])
def test_a_word_that_did_not_come_is_asked_for_again(gateway: Nagad, ours: NagadPayments, fault: Fault) -> None:
    offer = ours.offer(WANTED)
    gateway.pay(offer.session_ref)
    gateway.misbehave(fault, on="verify")
    assert ours.status(handle(offer)).said is Said.NOTHING
    assert ours.status(handle(offer)).paid_poisha == 125_050


def test_late_answers_are_answers(gateway: Nagad, ours: NagadPayments) -> None:
    gateway.misbehave(Fault.LATE, times=3)
    offer = ours.offer(WANTED)
    gateway.pay(offer.session_ref)
    assert ours.status(handle(offer)).said is Said.PAID


def test_an_answer_that_nagad_did_not_sign_makes_no_payment(gateway: Nagad, ours: NagadPayments) -> None:
    gateway.misbehave(Fault.WRONG_SIGNATURE, on="initialize")
    assert ours.offer(WANTED).why == "the answer is not signed by Nagad"


def test_a_message_that_we_did_not_sign_is_refused(gateway: Nagad) -> None:
    with served(gateway) as url:
        assert adapter(f"{url}{BASE}", private_key=private_pem("stranger")).offer(WANTED).why == "HTTP 400"
    assert not gateway.payments


def test_another_amount_is_told_as_it_is(gateway: Nagad, ours: NagadPayments) -> None:
    offer = ours.offer(WANTED)
    gateway.pay(offer.session_ref)
    gateway.misbehave(Fault.WRONG_AMOUNT, on="verify")
    assert ours.status(handle(offer)).paid_poisha == 100
    gateway.amounts_as_numbers = True
    assert ours.status(handle(offer)).paid_poisha == 125_050


def test_another_order_is_told_as_it_is(gateway: Nagad, ours: NagadPayments) -> None:
    offer = ours.offer(WANTED)
    gateway.pay(offer.session_ref)
    word = ours.status(replace(handle(offer), payment_id="pay-ANOTHER00000"))
    assert word.payment_id == "pay7K2M93QFX1ZD"


@pytest.mark.parametrize(
    "changed",
    [
        {"paymentRefId": "R2"},
        {"merchantId": "683002007104226"},
        {"amount": "-1"},
        {"amount": "1.001"},
        {"amount": None},
        {"issuerPaymentRefNo": ""},
    ],
    ids=str,
)
def test_a_paid_answer_that_makes_no_sense_is_no_word(changed: dict[str, Any]) -> None:
    told = {"paymentRefId": "R1", "merchantId": "683002007104225", "orderId": "pay1", "amount": "1"}
    paid = {"status": "Success", "statusCode": "000", "issuerPaymentRefNo": "I1"}

    class Gateway(Standin):
        said = told | paid

        def answer(self, asked: Asked) -> Answer:
            return Answer(self.said)

    asked, gateway = Handle("pay-1", AT, AT, "R1"), Gateway()
    with served(gateway) as url:
        assert adapter(url).status(asked).said is Said.PAID
        gateway.said = told | paid | changed
        assert adapter(url).status(asked).said is Said.NOTHING


def test_nothing_is_given_back_by_itself(ours: NagadPayments) -> None:
    answer = ours.give_back(Handle("pay-1", AT, AT, "R1", "I1"), "r", 1)
    assert answer.refused and not answer.done and "people" in answer.why


@pytest.mark.parametrize("payment_id", ["pay1", "pay-7K2M93QFX1ZD-7K2M93", "pay-টাকা"])
def test_an_order_that_nagad_cannot_number_is_not_sent(gateway: Nagad, ours: NagadPayments, payment_id: str) -> None:
    assert "letters and digits" in ours.offer(replace(WANTED, payment_id=payment_id)).why
    assert not gateway.heard


def test_a_reference_that_is_none_is_not_asked_about(gateway: Nagad, ours: NagadPayments) -> None:
    for ref in ("", "../../x", "a b", "x" * 65):
        assert ours.status(Handle("pay-1", AT, AT, ref)).said is Said.NOTHING
    assert not gateway.heard


def test_keys_may_come_as_one_bare_line(gateway: Nagad) -> None:
    bare = {
        "private_key": "".join(private_pem("merchant").splitlines()[1:-1]),
        "gateway_key": "".join(public_pem("gateway").splitlines()[1:-1]),
    }
    with served(gateway) as url:
        assert not adapter(f"{url}{BASE}", **bare).offer(WANTED).why


@pytest.mark.parametrize("field", ["private_key", "gateway_key"])
@pytest.mark.parametrize("text", ["", "no key", "AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_told_by_the_name_of_its_setting(field: str, text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        adapter("http://127.0.0.1:9", **{field: text})
    assert refused.value.field == f"nagad.{field}"
    assert text not in refused.value.message or not text


def test_a_gateway_inside_our_own_network_is_not_called() -> None:
    merchant = Merchant(
        private_key=private_pem("merchant"), gateway_key=public_pem("gateway"), url="http://127.0.0.1:9"
    )
    with pytest.raises(Unacceptable):
        NagadPayments(merchant, CALLBACK).offer(WANTED)
