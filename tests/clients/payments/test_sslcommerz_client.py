"""The official Python client of SSLCommerz, as it is, against our stand-in: it speaks what the client speaks."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

import pytest
from sslcommerz_lib import SSLCOMMERZ

from tests.standins.serving import Fault, served
from tests.standins.sslcommerz import SslCommerz

ORDER = {
    "total_amount": 100.26,
    "currency": "BDT",
    "tran_id": "12345",
    "success_url": "https://shop.example/success",
    "fail_url": "https://shop.example/fail",
    "cancel_url": "https://shop.example/cancel",
    "ipn_url": "https://shop.example/ipn",
    "emi_option": 0,
    "cus_name": "test",
    "cus_email": "test@test.com",
    "cus_phone": "01700000000",
    "cus_add1": "customer address",
    "cus_city": "Dhaka",
    "cus_postcode": "1000",
    "cus_country": "Bangladesh",
    "shipping_method": "NO",
    "num_of_item": 1,
    "product_name": "Test",
    "product_category": "Test Category",
    "product_profile": "general",
}


@pytest.fixture
def gateway() -> SslCommerz:
    return SslCommerz()


@pytest.fixture
def client(gateway: SslCommerz) -> Iterator[SSLCOMMERZ]:
    with served(gateway) as url:
        found = SSLCOMMERZ({"store_id": "postbox", "store_pass": "postbox@ssl", "issandbox": True})
        for name in ("createSessionUrl", "validation_url", "transaction_url"):
            there = getattr(found, name)
            setattr(found, name, there.replace("https://sandbox.sslcommerz.com", url))
        yield found


def test_the_client_takes_a_payment_and_gives_it_back(gateway: SslCommerz, client: SSLCOMMERZ) -> None:
    opened = client.createSession(dict(ORDER))
    assert opened["status"] == "SUCCESS" and opened["GatewayPageURL"].endswith(opened["sessionkey"])
    assert client.transaction_query_session(opened["sessionkey"])["status"] == "UNATTEMPTED"
    session = gateway.pay("12345")
    assert [client.validationTransactionOrder(session.val_id)["status"] for _ in range(2)] == ["VALID", "VALIDATED"]
    found = client.transaction_query_tranid("12345")
    assert found["no_of_trans_found"] == 1 and found["element"][0]["amount"] == "100.26"
    back = client.init_refund(session.bank_tran_id, "100.26", "changed my mind")
    assert back["status"] == "success"
    assert client.query_refund_status(back["refund_ref_id"])["status"] == "refunded"


def test_the_client_believes_our_notification_and_no_forged_one(gateway: SslCommerz, client: SSLCOMMERZ) -> None:
    client.createSession(dict(ORDER))
    session = gateway.pay("12345")
    form = dict(parse_qsl(gateway.notification(session).body.decode(), keep_blank_values=True))
    assert client.hash_validate_ipn(form)
    assert not client.hash_validate_ipn(form | {"amount": "1.00"})
    gateway.misbehave(Fault.WRONG_SIGNATURE, on="ipn")
    forged = dict(parse_qsl(gateway.notification(session).body.decode(), keep_blank_values=True))
    assert not client.hash_validate_ipn(forged)


def test_what_is_wrong_is_told_as_the_client_expects(client: SSLCOMMERZ) -> None:
    assert "tran_id" in client.createSession(ORDER | {"tran_id": "x" * 31})["failedreason"]
    client.store_pass = "wrong"
    assert client.createSession(dict(ORDER))["status"] == "FAILED"


def test_a_form_of_parts_and_a_validation_by_post_are_understood_too(gateway: SslCommerz, client: SSLCOMMERZ) -> None:
    """As the official client for Node sends them."""
    store = {"store_id": "postbox", "store_passwd": "postbox@ssl"}
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {**ORDER, **store}.items()
    )
    asked = Request(client.createSessionUrl, f"{parts}--x--\r\n".encode(), method="POST")
    asked.add_header("Content-Type", "multipart/form-data; boundary=x")
    with urlopen(asked) as answer:
        assert b'"SUCCESS"' in answer.read()
    session = gateway.pay("12345")
    query = urlencode({"val_id": session.val_id, "format": "json", **store})
    with urlopen(Request(f"{client.validation_url}?{query}", b"", method="POST")) as answer:
        assert b'"VALID"' in answer.read()
