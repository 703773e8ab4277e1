"""ekPay's adapter against its stand-in: its format field by field, its word alone believed, every way of failing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.ekpay import EkPayPayments
from post_logistics.channels.payments.port import Call, Handle, Wanted
from post_logistics.cod.payments import Said
from post_logistics.errors import Unacceptable
from post_logistics.settings import EkPay as Said_
from post_logistics.units import DHAKA
from tests.standins.ekpay import EkPay
from tests.standins.serving import Fault, served

AT = datetime(2026, 11, 22, 23, 50, tzinfo=DHAKA)
ENDS = AT + timedelta(minutes=30)
WANTED = Wanted("pay-7K2M93QFX1ZD", 125_050, "DP473124829BD", AT, ENDS, "https://post.example/paid/x/0")
HANDLE = Handle(WANTED.payment_id, AT, ENDS)
CALLBACK = "https://post.example/v1/payments/callbacks/ekpay"


@pytest.fixture
def gateway() -> EkPay:
    return EkPay(clock=lambda: AT + timedelta(minutes=15))


@pytest.fixture
def ekpay(gateway: EkPay) -> Iterator[EkPayPayments]:
    with served(gateway) as address:
        said = Said_(
            url=f"{address}/", merchant_id="bdpost_test", key=SecretStr("merchant-key"), server_address="1.1.1.1"
        )
        yield EkPayPayments(said, CALLBACK, road=Road(development=True, deadline_s=0.8))


def test_what_is_asked_is_in_the_documented_form_and_names_nobody(ekpay: EkPayPayments, gateway: EkPay) -> None:
    offer = ekpay.offer(WANTED)
    (heard,) = gateway.heard
    assert (heard.method, heard.path) == ("POST", "/ekpaypg/v1/merchant-api")
    assert heard.json() == {
        "mer_info": {"mer_reg_id": "bdpost_test", "mer_pas_key": "merchant-key"},
        "req_timestamp": "2026-11-22 23:50:00 GMT+6",
        "feed_uri": {"s_uri": WANTED.back_url, "f_uri": WANTED.back_url, "c_uri": WANTED.back_url},
        "cust_info": {
            "cust_id": "DP473124829BD",
            "cust_name": "Bangladesh Post Office",
            "cust_mobo_no": "",
            "cust_email": "",
            "cust_mail_addr": "Dhaka",
        },
        "trns_info": {
            "trnx_id": "pay-7K2M93QFX1ZD",
            "trnx_amt": "1250.50",
            "trnx_currency": "BDT",
            "ord_id": "DP473124829BD",
            "ord_det": "Item DP473124829BD",
        },
        "ipn_info": {"ipn_channel": "3", "ipn_email": "", "ipn_uri": CALLBACK},
        "mac_addr": "1.1.1.1",
    }
    token = gateway.payments[WANTED.payment_id].token
    assert offer.url.endswith(f"/ekpaypg/v1?sToken={token}&trnsID=pay-7K2M93QFX1ZD") and not offer.why


def test_paid_is_paid_with_amount_currency_reference_and_time(ekpay: EkPayPayments, gateway: EkPay) -> None:
    assert ekpay.status(HANDLE).said is Said.WAITING
    ekpay.offer(WANTED)
    assert ekpay.status(HANDLE).said is Said.WAITING
    gateway.pay(WANTED.payment_id)
    word = ekpay.status(HANDLE)
    assert (word.said, word.payment_id, word.paid_poisha, word.currency) == (
        Said.PAID,
        WANTED.payment_id,
        125_050,
        "BDT",
    )
    assert word.paid_at == AT + timedelta(minutes=15) and word.paid_at.day == 23
    assert word.provider_ref == gateway.payments[WANTED.payment_id].number


def test_a_payment_of_the_day_after_is_found(ekpay: EkPayPayments, gateway: EkPay) -> None:
    ekpay.offer(WANTED)
    gateway.pay(WANTED.payment_id)
    gateway.payments[WANTED.payment_id].asked_on = "2026-11-20"
    assert ekpay.status(HANDLE).said is Said.PAID
    days = [one.json()["trans_date"] for one in gateway.heard if one.path.endswith("get-status")]
    assert days == ["2026-11-22", "2026-11-23"]


def test_what_it_calls_otherwise_is_told_as_it_is(ekpay: EkPayPayments, gateway: EkPay) -> None:
    ekpay.offer(WANTED)
    gateway.pay(WANTED.payment_id, "1250.49", currency="USD")
    word = ekpay.status(HANDLE)
    assert (word.paid_poisha, word.currency) == (125_049, "USD")
    gateway.misbehave(Fault.WRONG_AMOUNT, on="get-status")
    assert ekpay.status(HANDLE).paid_poisha == 125_149


def test_the_payment_of_somebody_else_is_no_word_about_ours(ekpay: EkPayPayments, gateway: EkPay) -> None:
    ekpay.offer(WANTED)
    gateway.pay(WANTED.payment_id)
    gateway.payments[WANTED.payment_id].named = "pay-OTHER"
    word = ekpay.status(HANDLE)
    assert word.said is Said.NOTHING and "another payment" in word.why


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.LOST, Fault.BROKEN, Fault.GARBLED])
def test_an_answer_that_does_not_come_is_none_and_the_next_one_counts(
    ekpay: EkPayPayments, gateway: EkPay, fault: Fault
) -> None:
    gateway.misbehave(fault, on="merchant-api")
    assert ekpay.offer(WANTED).why
    assert ekpay.offer(WANTED).url
    gateway.pay(WANTED.payment_id)
    gateway.misbehave(fault, on="get-status", times=2)
    assert ekpay.status(HANDLE).said is Said.NOTHING
    assert ekpay.status(HANDLE).said is Said.PAID


def test_a_late_answer_is_an_answer(ekpay: EkPayPayments, gateway: EkPay) -> None:
    gateway.misbehave(Fault.LATE)
    assert ekpay.offer(WANTED).url


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"key": SecretStr("wrong")}, "Authentication failed"), ({"server_address": "2.2.2.2"}, "white list")],
)
def test_a_refusal_says_why(ekpay: EkPayPayments, gateway: EkPay, changes: dict[str, Any], why: str) -> None:
    gateway.server_address = "1.1.1.1"
    refused = replace(ekpay, said=ekpay.said.model_copy(update=changes))
    assert why in refused.offer(WANTED).why


def test_asked_again_after_it_was_paid_it_makes_no_second_payment(ekpay: EkPayPayments, gateway: EkPay) -> None:
    ekpay.offer(WANTED)
    gateway.pay(WANTED.payment_id)
    assert "already paid" in ekpay.offer(WANTED).why


@pytest.mark.parametrize(
    "change",
    [
        {"trnx_info": None},
        {"trnx_info": {"mer_trnx_id": WANTED.payment_id, "trnx_id": "T1", "curr": "BDT"}},
        {"trnx_info": {"mer_trnx_id": WANTED.payment_id, "trnx_id": "T1", "curr": "BDT", "trnx_amt": "-5"}},
        {"trnx_info": {"mer_trnx_id": WANTED.payment_id, "trnx_id": "T1", "curr": "BDT", "trnx_amt": "1.005"}},
        {"trnx_info": {"mer_trnx_id": WANTED.payment_id, "trnx_id": "T1", "curr": "BDT", "trnx_amt": True}},
        {"trnx_info": {"mer_trnx_id": WANTED.payment_id, "trnx_id": "", "curr": "BDT", "trnx_amt": "5"}},
    ],
    ids=str,
)
def test_paid_without_an_amount_or_a_reference_is_no_word(
    ekpay: EkPayPayments, gateway: EkPay, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    ekpay.offer(WANTED)
    gateway.pay(WANTED.payment_id)
    whole = gateway._told(gateway.payments[WANTED.payment_id], "5")
    monkeypatch.setattr(gateway, "_told", lambda made, amount: whole | change)
    assert ekpay.status(HANDLE).said is Said.NOTHING


def test_codes_and_amounts_may_be_numbers(
    ekpay: EkPayPayments, gateway: EkPay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ekpay.offer(WANTED)
    gateway.pay(WANTED.payment_id)
    whole = gateway._told(gateway.payments[WANTED.payment_id], "5")
    whole["msg_code"], whole["trnx_info"]["trnx_amt"] = 1020, 1250.5
    monkeypatch.setattr(gateway, "_told", lambda made, amount: whole)
    assert ekpay.status(HANDLE).paid_poisha == 125_050
    whole["msg_code"], whole["pi_det_info"] = 1000, None
    assert ekpay.status(HANDLE).said is Said.WAITING


@pytest.mark.parametrize(
    ("call", "reference"),
    [
        (Call(b'{"msg_code": "1020", "trnx_info": {"mer_trnx_id": "pay-1", "trnx_id": "E9"}}'), "pay-1"),
        (Call(query={"transId": "pay-1"}), "pay-1"),
        (Call(b'{"trnx_info": {"mer_trnx_id": 7}}'), None),
        (Call(b'{"trnx_info": "pay-1"}'), None),
        (Call(b"[]"), None),
    ],
)
def test_a_notification_names_its_payment(ekpay: EkPayPayments, call: Call, reference: str | None) -> None:
    assert ekpay.called(call) == reference


def test_what_it_does_not_describe_it_does_not_do(ekpay: EkPayPayments) -> None:
    assert ekpay.give_back(HANDLE, "r-1", 100).refused and ekpay.daily_file(AT.date()) is None


def test_it_is_not_called_inside_our_own_network() -> None:
    inside = Road(resolve=lambda host, port: ["10.0.0.7"])
    assert "not public" in EkPayPayments(Said_(merchant_id="m"), CALLBACK, road=inside).offer(WANTED).why
    with pytest.raises(Unacceptable):
        EkPayPayments(Said_(url="http://127.0.0.1:9"), CALLBACK).offer(WANTED)
