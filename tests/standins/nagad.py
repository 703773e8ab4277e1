"""Nagad: a payment is opened and completed in sealed messages, paid on a page, and verified by its reference.

Sealed: encrypted for the reader's key, signed over the plain text by the writer's.
"""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.standins.serving import Answer, Asked, Fault, Standin

_API: Final = "/api/dfs/"
_PAGE: Final = "/check-out/"
_DHAKA: Final = timezone(timedelta(hours=6))
_HEADERS: Final = ("x-km-api-version", "x-km-ip-v4", "x-km-client-type")


@cache
def key(whose: str) -> rsa.RSAPrivateKey:
    """The key of ``gateway``, ``merchant`` or of a ``stranger``."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(whose: str) -> str:
    """A private key as a setting holds it."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key(whose).private_bytes(*form).decode()


def public_pem(whose: str) -> str:
    """A public key as a setting holds it."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key(whose).public_key().public_bytes(*form).decode()


@dataclass(slots=True)
class Payment:
    """A payment as Nagad keeps it."""

    ref_id: str
    order_id: str
    challenge: str
    amount: str = ""
    currency: str = "050"
    callback: str = ""
    state: str = "Ready"
    issuer_ref: str = ""
    paid_at: datetime | None = None


class Nagad(Standin):
    """The gateway, for one merchant, whose public key it has."""

    name = "nagad"

    def __init__(
        self,
        *,
        merchant_id: str = "683002007104225",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.merchant_id = merchant_id
        self.clock = clock
        self.payments: dict[str, Payment] = {}
        self.prefix = "/remote-payment-gateway-1.0"
        self.amounts_as_numbers = False

    def answer(self, asked: Asked) -> Answer:
        """As the documented calls do."""
        if asked.path.startswith(_PAGE):
            return self._page(asked)
        what = asked.path.removeprefix(self.prefix).removeprefix(_API).split("/")
        needed = _HEADERS[:1] if what[0] == "verify" else _HEADERS
        if any(name not in asked.headers for name in needed):
            return _refused("1_000", "a header is missing")
        match what:
            case ["check-out", "initialize", merchant_id, order_id]:
                return self._initialize(merchant_id, order_id, asked.json())
            case ["check-out", "complete", ref_id]:
                return self._complete(ref_id, asked)
            case ["verify", "payment", ref_id]:
                return self._verify(ref_id, asked)
        return Answer("Not Found", 404, "text/plain")

    # What people do

    def pay(self, ref_id: str, *, amount: str = "", state: str = "Success") -> Payment:
        """The payer types the PIN: paid as asked, or otherwise; or it fails."""
        payment = self.payments[ref_id]
        payment.state, payment.amount = state, amount or payment.amount
        if state == "Success":
            payment.issuer_ref, payment.paid_at = secrets.token_hex(4).upper(), self.clock()
        return payment

    # The calls

    def _initialize(self, merchant_id: str, order_id: str, body: Any) -> Answer:
        plain = self._opened(body)
        if plain is None:
            return _refused("5000_005", "Invalid signature")
        if (
            merchant_id != self.merchant_id
            or plain.get("merchantId") != merchant_id
            or plain.get("orderId") != order_id
        ):
            return _refused("20_0000_001", "Invalid merchant")
        if not (order_id.isascii() and order_id.isalnum() and 5 <= len(order_id) <= 20):
            return _refused("1_001", "Invalid order id")
        datetime.strptime(plain["datetime"], "%Y%m%d%H%M%S")  # noqa: DTZ007  it has no zone: Dhaka is meant
        if any(one.order_id == order_id and one.state != "Ready" for one in self.payments.values()):
            return _refused("2_002", "Order id is used")
        ref_id = f"{self.clock().astimezone(_DHAKA):%m%d%H%M%S}{secrets.token_hex(10)}"
        self.payments[ref_id] = Payment(ref_id, order_id, secrets.token_hex(20))
        told = {
            "paymentReferenceId": ref_id,
            "challenge": self.payments[ref_id].challenge,
            "acceptDateTime": f"{self.clock().astimezone(_DHAKA):%Y%m%d%H%M%S}",
        }
        return Answer(self._sealed(told))

    def _complete(self, ref_id: str, asked: Asked) -> Answer:
        body = asked.json()
        payment = self.payments.get(ref_id)
        plain = self._opened(body)
        if payment is None:
            return _refused("3_001", "Payment is not found")
        if plain is None:
            return _refused("5000_005", "Invalid signature")
        same = (plain.get("challenge"), plain.get("orderId"), plain.get("merchantId"))
        if same != (payment.challenge, payment.order_id, self.merchant_id) or plain.get("currencyCode") != "050":
            return _refused("3_002", "Payment does not match")
        payment.amount, payment.callback = str(plain["amount"]), body["merchantCallbackURL"]
        page = f"http://{asked.headers['host']}{_PAGE}{ref_id}"
        return Answer({"callBackUrl": page, "status": "Success"})

    def _verify(self, ref_id: str, asked: Asked) -> Answer:
        payment = self.payments.get(ref_id)
        if payment is None:
            return _refused("3_001", "Payment is not found")
        amount: str | float = "1" if self.fault_for(asked.path, {Fault.WRONG_AMOUNT}) else payment.amount
        said = {
            "merchantId": self.merchant_id,
            "orderId": payment.order_id,
            "paymentRefId": ref_id,
            "amount": float(amount or 0) if self.amounts_as_numbers else amount,
            "clientMobileNo": "017****0001",
            "merchantMobileNo": "01700000000",
            "orderDateTime": f"{self.clock().astimezone(_DHAKA):%Y-%m-%d %H:%M:%S}.0",
            "issuerPaymentDateTime": f"{(payment.paid_at or self.clock()).astimezone(_DHAKA):%Y-%m-%d %H:%M:%S}.0",
            "issuerPaymentRefNo": payment.issuer_ref,
            "additionalMerchantInfo": None,
            "status": payment.state,
            "statusCode": "000" if payment.state == "Success" else "001",
        }
        return Answer(said)

    # Seals

    def _opened(self, body: Any) -> dict[str, Any] | None:
        """What a merchant's sealed message says; None if it was not sealed by the merchant for us."""
        try:
            text = key("gateway").decrypt(base64.b64decode(body["sensitiveData"]), padding.PKCS1v15())
            signature = base64.b64decode(body["signature"])
            key("merchant").public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
            found = json.loads(text)
        except (InvalidSignature, KeyError, TypeError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _sealed(self, told: dict[str, str]) -> dict[str, str]:
        text = json.dumps(told).encode()
        writer = key("stranger" if self.fault_for("initialize", {Fault.WRONG_SIGNATURE}) else "gateway")
        return {
            "sensitiveData": base64.b64encode(key("merchant").public_key().encrypt(text, padding.PKCS1v15())).decode(),
            "signature": base64.b64encode(writer.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode(),
        }

    def _page(self, asked: Asked) -> Answer:
        """What the payer sees; ``?decision=`` Success, Failed or Aborted is what the payer presses."""
        payment = self.payments.get(asked.path.removeprefix(_PAGE))
        if payment is None:
            return Answer("Payment is not found", 404, "text/plain")
        decision = asked.query.get("decision", "")
        if decision not in {"Success", "Failed", "Aborted"}:
            links = "".join(f'<p><a href="?decision={one}">{one}</a></p>' for one in ("Success", "Failed", "Aborted"))
            return Answer(f"<!doctype html><h1>Nagad: {payment.amount} BDT</h1>{links}", media_type="text/html")
        self.pay(payment.ref_id, state=decision)
        told = {
            "merchant": self.merchant_id,
            "order_id": payment.order_id,
            "payment_ref_id": payment.ref_id,
            "status": decision,
            "status_code": "00_0000_000" if decision == "Success" else "20_0000_000",
            "message": "",
            "payment_dt": f"{(payment.paid_at or self.clock()).astimezone(_DHAKA):%Y%m%d%H%M%S}",
            "issuer_payment_ref": payment.issuer_ref,
        }
        return Answer("", 302, "text/plain", {"Location": f"{payment.callback}?{urlencode(told)}"})


def make() -> Nagad:
    """Nagad for a merchant whose keys are made now: they are printed, as the settings that take them."""
    made = Nagad()
    for name, pem in (("PRIVATE_KEY", private_pem("merchant")), ("GATEWAY_KEY", public_pem("gateway"))):
        print(f"POST_LOGISTICS_NAGAD__{name}={''.join(pem.splitlines()[1:-1])}")
    return made


def _refused(reason: str, message: str) -> Answer:
    return Answer({"reason": reason, "message": message}, 400)
