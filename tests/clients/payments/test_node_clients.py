"""Other people's clients for Node, as they are, against our stand-ins: they speak what the clients speak."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from tests.clients.payments.test_sslcommerz_client import ORDER
from tests.standins.bkash import BASE, Bkash
from tests.standins.nagad import Nagad, private_pem, public_pem
from tests.standins.serving import served
from tests.standins.sslcommerz import SslCommerz

MODULES = Path(__file__).parents[3] / "build" / "gateway-clients" / "node_modules"
TALK = Path(__file__).parent / "node" / "talk.cjs"
OLD_PADDING = "--security-revert=CVE-2023-46809"
"""Nagad seals with a padding that some versions of Node decrypt only when told to."""
CALLBACK = "https://shop.example/back"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and MODULES.is_dir()),
    reason="the clients for Node are not here: make gateway-clients (needs node, npm and a network)",
)


class Client:
    """A client in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def of(cls, package: str, **config: Any) -> Iterator[Self]:
        """The client of that package, made with that configuration."""
        is_told = subprocess.run(["node", OLD_PADDING, "--version"], capture_output=True, check=False).returncode == 0
        asked = ["node", *([OLD_PADDING] if is_told else []), str(TALK), package, json.dumps(config)]
        environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)}
        with subprocess.Popen(
            asked, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def call(self, name: str, *values: Any) -> Any:
        """What it gives back."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, *values]) + "\n")
        self._process.stdin.flush()
        told = json.loads(next(line for line in self._process.stdout if line.startswith("{")))
        assert "error" not in told, told["error"]
        return told["answer"]


def test_the_client_of_sslcommerz_takes_a_payment_and_gives_it_back() -> None:
    gateway = SslCommerz()
    with served(gateway) as url, Client.of("sslcommerz-lts", url=url, store="postbox", password="postbox@ssl") as node:
        opened = node.call("init", ORDER)
        assert opened["status"] == "SUCCESS" and opened["GatewayPageURL"].endswith(opened["sessionkey"])
        session = gateway.pay("12345")
        assert node.call("validate", {"val_id": session.val_id})["status"] == "VALID"
        by_session = node.call("transactionQueryBySessionId", {"sessionkey": opened["sessionkey"]})
        assert by_session["status"] == "VALIDATED"
        found = node.call("transactionQueryByTransactionId", {"tran_id": "12345"})
        assert found["no_of_trans_found"] == 1 and found["element"][0]["amount"] == "100.26"
        wish = {
            "refund_amount": "100.26",
            "refund_remarks": "none",
            "bank_tran_id": session.bank_tran_id,
            "refe_id": "R-1",
        }
        back = node.call("initiateRefund", wish)
        assert back["status"] == "success"
        asked = node.call("refundQuery", {"refund_ref_id": back["refund_ref_id"]})
        assert asked["status"] == "refunded"


def test_the_client_of_nagad_takes_a_payment() -> None:
    gateway = Nagad()
    config = {
        "merchantID": gateway.merchant_id,
        "merchantNumber": "01711428036",
        "privKey": private_pem("merchant"),
        "pubKey": public_pem("gateway"),
        "callbackURL": CALLBACK,
        "apiVersion": "v-0.2.0",
        "isPath": False,
    }
    with served(gateway) as url, Client.of("nagad-payment-gateway", baseURL=url + gateway.prefix, **config) as node:
        order = {"orderId": "ORDER12345", "amount": "100.26", "productDetails": {"what": "postage"}}
        page = node.call("createPayment", order | {"ip": "127.0.0.1", "clientType": "PC_WEB"})
        (payment,) = gateway.payments.values()
        assert page.startswith(url) and payment.ref_id in page
        assert (payment.order_id, payment.amount, payment.callback) == ("ORDER12345", "100.26", CALLBACK)
        gateway.pay(payment.ref_id)
        told = node.call("verifyPayment", payment.ref_id)
        assert (told["status"], told["amount"], told["orderId"]) == ("Success", "100.26", "ORDER12345")


def test_the_client_of_bkash_takes_a_payment_and_gives_it_back() -> None:
    gateway = Bkash()
    config = {name: getattr(gateway, name) for name in ("username", "password", "app_key", "app_secret")}
    with served(gateway) as url, Client.of("bkash-payment", base_url=f"{url}{BASE}", **config) as node:
        gateway.address = url
        made = node.call("createPayment", {"amount": 100.26, "callbackURL": CALLBACK, "orderID": "INV-1"})
        assert made["statusCode"] == "0000", made
        assert node.call("executePayment", made["paymentID"])["statusCode"] == "2056"
        gateway.verify(made["paymentID"])
        done = node.call("executePayment", made["paymentID"])
        assert (done["transactionStatus"], done["amount"]) == ("Completed", "100.26")
        assert node.call("queryPayment", made["paymentID"])["merchantInvoice"] == "INV-1"
        assert node.call("searchTransaction", done["trxID"])["trxID"] == done["trxID"]
        wish = {
            "paymentID": made["paymentID"],
            "trxID": done["trxID"],
            "amount": "100.26",
            "sku": "INV-1",
            "reason": "none",
        }
        assert node.call("refundTransaction", wish)["originalTrxID"] == done["trxID"]
