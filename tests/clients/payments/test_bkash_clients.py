"""Other people's clients of bKash, as they are, against our stand-in: it speaks what they speak."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from bkash_pgw_tokenized import (
    Bkash as Client,
)
from bkash_pgw_tokenized import (
    MemoryTokenStore,
    amounts_match,
    ensure_id_token,
    extract_inner_from_sns_envelope,
    ipn_inner_is_success,
    sns_verify,
    verify_topic_arn,
)
from cryptography import x509
from pybkash import APIError, Token
from pybkash import Client as PyBkash

from tests.standins.bkash import BASE, TOPIC, Bkash
from tests.standins.serving import Answer, Asked, Fault, Standin, served

CALLBACK = "https://shop.example/back"


@pytest.fixture
def bkash() -> Iterator[Bkash]:
    standin = Bkash()
    with served(standin) as address:
        standin.address = address
        yield standin


def test_bkash_pgw_tokenized_takes_a_payment_and_gives_it_back(bkash: Bkash) -> None:
    client = Client(
        {
            "app_key": bkash.app_key,
            "app_secret": bkash.app_secret,
            "username": bkash.username,
            "password": bkash.password,
            "sandbox": True,
            "base_url": f"{bkash.address}{BASE}",
        }
    )

    async def run() -> dict[str, dict[str, Any]]:
        store = MemoryTokenStore()
        token = await ensure_id_token(store, client)
        made = await client.create_payment(
            token,
            mode="0011",
            payer_reference="INV-1",
            callback_url=CALLBACK,
            amount="100.00",
            currency="BDT",
            intent="sale",
            merchant_invoice_number="INV-1",
        )
        payment_id = made["paymentID"]
        early = await client.execute_payment(token, payment_id)
        bkash.verify(payment_id)
        done = await client.execute_payment(token, payment_id)
        again = await client.execute_payment(token, payment_id)
        asked = await client.payment_status(token, payment_id)
        found = await client.search_transaction(token, done["trxID"])
        wish = {"payment_id": payment_id, "trx_id": done["trxID"], "amount": "100.00", "sku": "INV-1", "reason": "none"}
        back = await client.refund(token, **wish)
        state = await store.load()
        assert state is not None and state.refresh_token
        renewed = await client.refresh_token(state.refresh_token)
        said = {
            "made": made,
            "early": early,
            "done": done,
            "again": again,
            "asked": asked,
            "found": found,
            "back": back,
        }
        return said | {"renewed": renewed}

    said = asyncio.run(run())
    codes = {name: answer["statusCode"] for name, answer in said.items()}
    assert codes == dict.fromkeys(said, "0000") | {"early": "2056", "again": "2062"}
    assert said["done"]["transactionStatus"] == said["asked"]["transactionStatus"] == "Completed"
    assert said["asked"]["merchantInvoice"] == "INV-1" and said["found"]["trxID"] == said["done"]["trxID"]
    assert said["back"]["originalTrxID"] == said["done"]["trxID"] and said["renewed"]["id_token"]


class Webhook(Standin):
    """A merchant's server that keeps what it was told."""

    def answer(self, asked: Asked) -> Answer:
        return Answer("")


def test_bkash_pgw_tokenized_believes_our_notification_and_no_forged_one(
    bkash: Bkash, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(url: str, timeout: float = 10.0) -> x509.Certificate:
        with urlopen(url) as answer:  # it fetches from Amazon only; all else is its own code
            return x509.load_pem_x509_certificate(answer.read())

    monkeypatch.setattr(sns_verify, "fetch_signing_certificate", fetched)
    token = Token(bkash.username, bkash.password, bkash.app_key, bkash.app_secret)
    token.base_url = f"{bkash.address}{BASE}"
    webhook = Webhook()
    with served(webhook) as url, PyBkash(token) as client:
        bkash.webhook_url = url
        made = client.create_payment(CALLBACK, "C-1", 100.5, invoice_number="INV-1")
        bkash.verify(made.payment_id)
        client.execute_payment(made.payment_id)
        bkash.notify(made.payment_id)
        bkash.misbehave(Fault.WRONG_SIGNATURE, on="webhook")
        bkash.notify(made.payment_id)
    genuine, forged = (json.loads(one.body) for one in webhook.heard)
    assert verify_topic_arn(genuine, TOPIC)
    sns_verify.verify_sns_signature(genuine)
    with pytest.raises(sns_verify.SnsVerificationError):
        sns_verify.verify_sns_signature(forged)
    inner = extract_inner_from_sns_envelope(genuine)
    assert ipn_inner_is_success(inner) == (True, None) and amounts_match("100.50", inner["amount"])


def test_pybkash_takes_a_payment_and_gives_it_back(bkash: Bkash) -> None:
    token = Token(bkash.username, bkash.password, bkash.app_key, bkash.app_secret)
    token.base_url = f"{bkash.address}{BASE}"
    with PyBkash(token) as client:
        made = client.create_payment(CALLBACK, "C-1", 100.25, invoice_number="INV-1")
        assert made.success_callback == f"{CALLBACK}?paymentID={made.payment_id}&status=success"
        with pytest.raises(APIError, match="2056"):
            client.execute_payment(made.payment_id)
        bkash.verify(made.payment_id)
        done = client.execute_payment(made.payment_id)
        assert done.is_complete() and done.amount == "100.25" and done.merchant_invoice_number == "INV-1"
        asked = client.query_payment(made.payment_id)
        assert asked.is_complete() and asked.verification_status == "Complete"
        assert client.search_trx(done.trx_id).amount == "100.25"
        with pytest.raises(APIError, match="2026"):
            client.execute_refund(made.payment_id, done.trx_id, 100.26)
        assert client.execute_refund(made.payment_id, done.trx_id, 50).is_complete()
    assert [one.path.rpartition("/")[2] for one in bkash.heard].count("grant") == 1
