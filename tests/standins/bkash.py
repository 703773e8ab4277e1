"""bKash's tokenized checkout: tokens by the hour, a page to pay on, and money that is taken only when it is executed.

HTTP says 200 even where the answer is an error code. What happened is told by Amazon's SNS, signed with a certificate.
"""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.standins.serving import Answer, Asked, Fault, Standin
from tests.standins.telling import Told, tell

BASE: Final = "/v1.2.0-beta"
_CHECKOUT: Final = f"{BASE}/tokenized/checkout/"
_PAGE: Final = "/redirect/tokenized/"
_CERTIFICATE: Final = "/SimpleNotificationService-standin.pem"
_DHAKA: Final = timezone(timedelta(hours=6))
_TOKEN_S: Final = 3600
_PAYER: Final = "01700000001"
_SIGNED: Final = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
TOPIC: Final = "arn:aws:sns:ap-southeast-1:000000000000:payments"
_NOWHERE: Final = Answer({"message": "Missing Authentication Token"}, 403)


@dataclass(slots=True)
class Payment:
    """A payment as bKash keeps it."""

    payment_id: str
    amount: str
    invoice: str
    callback: str
    payer: str
    created_at: datetime
    state: str = "Initiated"
    verified: bool = False
    """Whether the payer has typed the PIN: without that nothing can be executed."""
    trx_id: str = ""
    executed_at: datetime | None = None
    refund: dict[str, str] = field(default_factory=dict)


class Bkash(Standin):
    """The gateway, for one merchant. ``webhook_url``: where it tells of payments; ``address``: where it is served."""

    name = "bkash"

    def __init__(
        self,
        *,
        username: str = "merchant",
        password: str = "merchant-password",
        app_key: str = "app-key",
        app_secret: str = "app-secret",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.username, self.password, self.app_key, self.app_secret = username, password, app_key, app_secret
        self.clock = clock
        self.payments: dict[str, Payment] = {}
        self.tokens: set[str] = set()
        self.refreshable: set[str] = set()
        self.webhook_url = ""
        self.address = ""
        self.confirmed: set[str] = set()
        self.amounts_as_numbers = False
        self.currency = "BDT"

    def answer(self, asked: Asked) -> Answer:
        """As the documented calls do; and the page, the certificate and the confirmation of a subscription."""
        if asked.method == "POST" and asked.path.startswith(_CHECKOUT):
            return self._call(asked.path.removeprefix(_CHECKOUT), asked, asked.json() or {})
        if asked.path == _PAGE:
            return self._page(asked)
        if asked.path == _CERTIFICATE:
            return Answer(_certificate(), media_type="application/x-pem-file")
        if asked.query.get("Action") == "ConfirmSubscription":
            self.confirmed.add(asked.query.get("Token", ""))
            return Answer("<ConfirmSubscriptionResponse/>", media_type="text/xml")
        return _NOWHERE

    def _call(self, what: str, asked: Asked, body: dict[str, Any]) -> Answer:
        calls = {
            "create": self._create,
            "execute": self._execute,
            "payment/status": self._status,
            "payment/refund": self._refund,
            "general/searchTransaction": self._search,
        }
        if what in {"token/grant", "token/refresh"}:
            return self._token(what, asked, body)
        if asked.headers.get("authorization") not in self.tokens or asked.headers.get("x-app-key") != self.app_key:
            return Answer({"message": "The incoming token has expired"}, 401)
        return Answer(calls[what](body, asked)) if what in calls else _NOWHERE

    # What people and time do

    def verify(self, payment_id: str) -> None:
        """The payer types the PIN."""
        self.payments[payment_id].verified = True

    def expire_tokens(self, *, refreshable: bool = True) -> None:
        """An hour passes; or a month, after which nothing can be refreshed either."""
        self.tokens.clear()
        if not refreshable:
            self.refreshable.clear()

    def subscribe(self) -> list[int]:
        """Asks whether the webhook wants messages, as it does first of all."""
        token = secrets.token_hex(16)
        url = f"{self.address}/?{urlencode({'Action': 'ConfirmSubscription', 'TopicArn': TOPIC, 'Token': token})}"
        said = {"Message": "You have chosen to subscribe to the topic.", "Token": token, "SubscribeURL": url}
        return tell(self, "webhook", [self._sns("SubscriptionConfirmation", said)])

    def notify(self, *payment_ids: str) -> list[int]:
        """Tells the webhook of payments, in that order."""
        return tell(self, "webhook", [self._notification(self.payments[one]) for one in payment_ids])

    def _notification(self, payment: Payment) -> Told:
        at = (payment.executed_at or self.clock()).astimezone(_DHAKA)
        message = {
            "dateTime": f"{at:%Y%m%d%H%M%S}",
            "debitMSISDN": "8801700000001",
            "creditOrganizationName": "Bangladesh Post Office",
            "creditShortCode": "50022",
            "trxID": payment.trx_id,
            "transactionStatus": payment.state,
            "transactionType": "1003",
            "amount": payment.amount,
            "currency": "BDT",
            "transactionReference": payment.payer,
            "merchantInvoiceNumber": payment.invoice,
        }
        return self._sns("Notification", {"Message": json.dumps(message)})

    def _sns(self, kind: str, said: dict[str, str]) -> Told:
        envelope = {
            "Type": kind,
            "MessageId": str(uuid4()),
            "TopicArn": TOPIC,
            "Timestamp": f"{self.clock().astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
            "SignatureVersion": "1",
            "SigningCertURL": f"{self.address}{_CERTIFICATE}",
            **said,
        }
        plain = "".join(f"{name}\n{envelope[name]}\n" for name in _SIGNED if name in envelope)
        key = _key("another" if self.fault_for("webhook", {Fault.WRONG_SIGNATURE}) else "own")
        signature = key.sign(plain.encode(), padding.PKCS1v15(), hashes.SHA1())
        body = json.dumps(envelope | {"Signature": base64.b64encode(signature).decode()}).encode()
        headers = {"x-amz-sns-message-type": kind, "Content-Type": "text/plain; charset=UTF-8"}
        return Told(self.webhook_url, body, headers)

    # The calls

    def _token(self, what: str, asked: Asked, body: dict[str, Any]) -> Answer:
        who = (asked.headers.get("username"), asked.headers.get("password"))
        if who != (self.username, self.password):
            return Answer({"statusCode": "2003", "statusMessage": "Process failed"})
        if (body.get("app_key"), body.get("app_secret")) != (self.app_key, self.app_secret):
            return Answer({"statusCode": "2001", "statusMessage": "Invalid App Key"})
        if what == "token/refresh" and body.get("refresh_token") not in self.refreshable:
            return Answer({"statusCode": "9999", "statusMessage": "System Error"})
        token, refresh = f"ey{secrets.token_hex(500)}", f"re{secrets.token_hex(800)}"
        self.tokens.add(token)
        self.refreshable.add(refresh)
        return Answer(
            _well({"id_token": token, "token_type": "Bearer", "expires_in": _TOKEN_S, "refresh_token": refresh})
        )

    def _create(self, body: dict[str, Any], asked: Asked) -> dict[str, Any]:
        needed = ("mode", "payerReference", "callbackURL", "amount", "currency", "intent", "merchantInvoiceNumber")
        if any(not body.get(name) for name in needed):
            return _error("2065", "Mendatory field missing")
        if body["mode"] != "0011" or body["intent"] != "sale":
            return _error("2063", "Mode is not valid as per request data")
        if body["currency"] != "BDT":
            return _error("2007", "Invalid currency")
        payment_id = f"TR0011{secrets.token_hex(9)}"
        amount = str(body["amount"])
        if float(amount) < 1:
            return _error("2006", "Invalid amount")
        callback, invoice = body["callbackURL"], body["merchantInvoiceNumber"]
        made = Payment(payment_id, amount, invoice, callback, body["payerReference"], self.clock())
        self.payments[payment_id] = made
        back = {
            name: f"{callback}{'&' if '?' in callback else '?'}paymentID={payment_id}&status={status}"
            for name, status in (
                ("successCallbackURL", "success"),
                ("failureCallbackURL", "failure"),
                ("cancelledCallbackURL", "cancel"),
            )
        }
        page = f"http://{asked.headers['host']}{_PAGE}?paymentID={payment_id}&hash={secrets.token_hex(8)}"
        said = {"paymentID": payment_id, "bkashURL": page, "callbackURL": callback, **back, "amount": amount}
        told = {"intent": "sale", "currency": "BDT", "paymentCreateTime": _time(made.created_at)}
        return _well(said | told | {"transactionStatus": "Initiated", "merchantInvoiceNumber": invoice})

    def _execute(self, body: dict[str, Any], asked: Asked) -> dict[str, Any]:
        payment = self.payments.get(str(body.get("paymentID")))
        if payment is None:
            return _error("2002", "Invalid Payment ID")
        if payment.state == "Completed":
            return _error("2062", "The payment has already been completed")
        if payment.state != "Initiated" or not payment.verified:
            return _error("2056", "Invalid Payment State")
        payment.state, payment.trx_id = "Completed", secrets.token_hex(5).upper()
        payment.executed_at = self.clock()
        return self._payment(payment, asked) | {"merchantInvoiceNumber": payment.invoice}

    def _status(self, body: dict[str, Any], asked: Asked) -> dict[str, Any]:
        payment = self.payments.get(str(body.get("paymentID")))
        if payment is None:
            return _error("2002", "Invalid Payment ID")
        verified = "Complete" if payment.verified else "Incomplete"
        created = {"paymentCreateTime": _time(payment.created_at), "mode": "0011", "verificationStatus": verified}
        return self._payment(payment, asked) | created | {"merchantInvoice": payment.invoice}

    def _payment(self, payment: Payment, asked: Asked) -> dict[str, Any]:
        wrong = self.fault_for(asked.path, {Fault.WRONG_AMOUNT})
        amount: str | float = "1" if wrong else payment.amount
        said = {
            "paymentID": payment.payment_id,
            "payerReference": payment.payer,
            "amount": float(amount) if self.amounts_as_numbers else amount,
            "currency": self.currency,
            "intent": "sale",
            "transactionStatus": payment.state,
        }
        if payment.executed_at is not None:
            executed = {"trxID": payment.trx_id, "customerMsisdn": _PAYER}
            said |= executed | {"paymentExecuteTime": _time(payment.executed_at)}
        return _well(said)

    def _refund(self, body: dict[str, Any], asked: Asked) -> dict[str, Any]:
        payment = self.payments.get(str(body.get("paymentID")))
        if payment is None or body.get("trxID") != payment.trx_id or not payment.trx_id:
            return _error("2033", "Transaction not found")
        if "amount" not in body:  # asked with the ids alone: what became of it
            return _well(payment.refund) if payment.refund else _error("2033", "Transaction not found")
        if payment.refund:
            return _error("2034", "The transaction cannot be reversed because the original has been reversed")
        if not body.get("sku") or not body.get("reason"):
            return _error("2065", "Mendatory field missing")
        if float(body["amount"]) > float(payment.amount):
            return _error("2026", "The reversal amount cannot be greater than the original transaction amount")
        payment.refund = {
            "originalTrxID": payment.trx_id,
            "refundTrxID": secrets.token_hex(5).upper(),
            "transactionStatus": "Completed",
            "amount": str(body["amount"]),
            "currency": "BDT",
            "charge": "0.00",
            "completedTime": _time(self.clock()),
        }
        return _well(payment.refund)

    def _search(self, body: dict[str, Any], asked: Asked) -> dict[str, Any]:
        for payment in self.payments.values():
            if payment.trx_id and payment.trx_id == body.get("trxID") and payment.executed_at is not None:
                at = _time(payment.executed_at)
                said = {"trxID": payment.trx_id, "initiationTime": at, "completedTime": at, "amount": payment.amount}
                kind = {"transactionType": "bKash Tokenized Checkout via API", "organizationShortCode": "50022"}
                who = {"customerMsisdn": _PAYER, "payerAccount": _PAYER, "currency": "BDT"}
                return _well(said | kind | who | {"transactionStatus": payment.state})
        return _error("2033", "Transaction not found")

    def _page(self, asked: Asked) -> Answer:
        """What the payer sees; ``&decision=`` success, failure or cancel is what the payer presses."""
        payment = self.payments.get(asked.query.get("paymentID", ""))
        if payment is None:
            return Answer("Invalid Payment ID", 404, "text/plain")
        decision = asked.query.get("decision", "")
        if decision not in {"success", "failure", "cancel"}:
            links = "".join(
                f'<p><a href="{_PAGE}?paymentID={payment.payment_id}&amp;decision={one}">{one}</a></p>'
                for one in ("success", "failure", "cancel")
            )
            return Answer(f"<!doctype html><h1>bKash: {payment.amount} BDT</h1>{links}", media_type="text/html")
        if decision == "success":
            payment.verified = True
        elif payment.state == "Initiated":
            payment.state = "Cancelled" if decision == "cancel" else "Failed"
        join = "&" if urlsplit(payment.callback).query else "?"
        back = f"{payment.callback}{join}{urlencode({'paymentID': payment.payment_id, 'status': decision})}"
        return Answer("", 302, "text/plain", {"Location": back})


def make() -> Bkash:
    """bKash for a merchant whose credentials are the defaults."""
    return Bkash()


def _well(said: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": "0000", "statusMessage": "Successful", **said}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"statusCode": code, "statusMessage": message}


def _time(at: datetime) -> str:
    """As bKash writes it, with a colon before the milliseconds."""
    return f"{at.astimezone(_DHAKA):%Y-%m-%dT%H:%M:%S}:000 GMT+0600"


@cache
def _key(which: str) -> rsa.RSAPrivateKey:
    """The notification service's ``own`` key, and ``another``."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.standin")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key("own").public_key())
        .serial_number(UUID(int=7).int)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .sign(_key("own"), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
