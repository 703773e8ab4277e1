"""Nagad, as public integrations of its merchant interface show its format; the reference is given to merchants only.

A payment is opened and completed by sealed messages: encrypted for the reader's RSA key, signed over the plain text by
the writer's. Whether it was paid is asked by the reference that opening it gave. A refund and a daily file are not
described anywhere: money goes back through Nagad's own people, and a day is compared payment by payment.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from post_logistics.channels.payments.asking import PUBLIC_ROAD, Road, poisha, text_of
from post_logistics.channels.payments.port import Call, DailyFile, GivenBack, Handle, Offer, Wanted
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.errors import Unacceptable
from post_logistics.settings import Nagad
from post_logistics.units import DHAKA, taka_plain

_TAKA: Final = "050"
"""The currency, by its number in ISO 4217."""
_ORDER: Final = r"[A-Za-z0-9]{5,20}"
_REF: Final = r"[A-Za-z0-9-]{1,64}"
_CHALLENGE_CHARS: Final = 40
_SUCCESS: Final = ("Success", "000")
_ENDED: Final = frozenset({"Aborted", "Cancelled", "Expired", "Failed", "Fraud", "InvalidRequest", "UnKnownFailed"})
_ARMOUR: Final = re.compile(r"-----[A-Z ]+-----")


class NagadPayments:
    """A payment there is known by Nagad's reference; our own id without its dash is the order. Who pays is not told."""

    name = "nagad"

    def __init__(self, said: Nagad, callback_url: str, road: Road = PUBLIC_ROAD) -> None:
        self._said = said
        self._callback_url = callback_url
        self._road = road
        self._ours = _private_key(said.private_key.get_secret_value())
        self._theirs = _public_key(said.gateway_key)

    def offer(self, wanted: Wanted) -> Offer:
        """The page of a payment that was opened and completed."""
        order_id = _order_id(wanted.payment_id)
        if not re.fullmatch(_ORDER, order_id):
            return Offer(why="Nagad takes 5 to 20 letters and digits as the number of an order")
        opened, why = self._open(order_id, wanted.made_at)
        ref, challenge = text_of(opened, "paymentReferenceId"), text_of(opened, "challenge")
        if why or not challenge or not re.fullmatch(_REF, ref):
            return Offer(why=why or "Nagad opened no payment")
        plain = {
            "merchantId": self._said.merchant_id,
            "orderId": order_id,
            "currencyCode": _TAKA,
            "amount": taka_plain(wanted.amount_poisha),
            "challenge": challenge,
        }
        told = {"paymentRefId": ref, **self._sealed(plain), "merchantCallbackURL": self._callback_url}
        answer, why = self._ask(f"check-out/complete/{ref}", told)
        if why or answer.get("status") != "Success":
            return Offer(why=why or text_of(answer, "message") or "Nagad made no page for it")
        if not self._road.is_page(answer.get("callBackUrl")):
            return Offer(why="the answer names a page that is none, or one without https")
        return Offer(answer["callBackUrl"], session_ref=ref)

    def status(self, asked: Handle) -> Word:
        """What Nagad keeps under its reference."""
        if not re.fullmatch(_REF, asked.session_ref):
            return Word(Said.NOTHING, why="Nagad was not asked for it")
        answer, why = self._ask(f"verify/payment/{asked.session_ref}")
        same = (asked.session_ref, self._said.merchant_id)
        if why or (text_of(answer, "paymentRefId"), text_of(answer, "merchantId")) != same:
            return Word(Said.NOTHING, why=why or "the answer is about another payment, or another merchant")
        order_id = text_of(answer, "orderId")
        payment_id = asked.payment_id if order_id == _order_id(asked.payment_id) else order_id
        if (answer.get("status"), answer.get("statusCode")) != _SUCCESS:
            return Word(Said.FAILED if answer.get("status") in _ENDED else Said.WAITING, payment_id)
        paid_poisha, ref = poisha(answer.get("amount")), text_of(answer, "issuerPaymentRefNo")
        if not paid_poisha or paid_poisha < 0 or not ref:
            return Word(Said.NOTHING, why="paid, and no amount or no reference is named")
        paid_at = _paid_at(text_of(answer, "issuerPaymentDateTime"))
        return Word(Said.PAID, payment_id, paid_poisha, CURRENCY, ref, paid_at=paid_at)

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Refused: Nagad describes no refund."""
        return GivenBack(done=False, refused=True, why="Nagad takes no refunds here: ask its people to give it back")

    def called(self, call: Call) -> str | None:
        """The payment of a browser that comes back."""
        return call.query.get("payment_ref_id", "")[:100] or None

    def daily_file(self, on: date) -> DailyFile | None:
        """None: Nagad describes no such file."""
        return None

    def _open(self, order_id: str, at: datetime) -> tuple[dict[str, Any], str]:
        """What Nagad answers to a new order, once it is seen to be Nagad's answer, and why there is none."""
        moment = f"{at.astimezone(DHAKA):%Y%m%d%H%M%S}"
        plain = {
            "merchantId": self._said.merchant_id,
            "datetime": moment,
            "orderId": order_id,
            "challenge": sha256(self._signature(f"{order_id}/{moment}".encode())).hexdigest()[:_CHALLENGE_CHARS],
        }
        told = {"accountNumber": self._said.account_number, "dateTime": moment, **self._sealed(plain)}
        answer, why = self._ask(f"check-out/initialize/{self._said.merchant_id}/{order_id}", told)
        return ({}, why) if why else self._opened(answer)

    def _ask(self, what: str, told: Mapping[str, str] | None = None) -> tuple[dict[str, Any], str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-KM-Api-Version": "v-0.2.0",
            "X-KM-IP-V4": self._said.server_address,
            "X-KM-Client-Type": "MOBILE_WEB",
        }
        url = f"{self._said.url.rstrip('/')}/api/dfs/{what}"
        return self._road.ask(url, None if told is None else json.dumps(told).encode(), headers)

    def _sealed(self, plain: Mapping[str, str]) -> dict[str, str]:
        """What only Nagad can read, and only we can have written."""
        text = json.dumps(plain).encode()
        sealed = {"sensitiveData": self._theirs.encrypt(text, padding.PKCS1v15()), "signature": self._signature(text)}
        return {name: base64.b64encode(value).decode() for name, value in sealed.items()}

    def _opened(self, sealed: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """What a sealed message of Nagad says, and why it says nothing."""
        try:
            text = self._ours.decrypt(base64.b64decode(str(sealed.get("sensitiveData"))), padding.PKCS1v15())
            signature = base64.b64decode(str(sealed.get("signature")))
            self._theirs.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
            found = json.loads(text)
        except InvalidSignature:
            return {}, "the answer is not signed by Nagad"
        except ValueError:
            return {}, text_of(sealed, "message") or "the answer cannot be opened"
        return (found, "") if isinstance(found, dict) else ({}, "the answer is no JSON object")

    def _signature(self, text: bytes) -> bytes:
        return self._ours.sign(text, padding.PKCS1v15(), hashes.SHA256())


def _order_id(payment_id: str) -> str:
    """Our id as Nagad takes it: letters and digits only."""
    return payment_id.replace("-", "")


def _paid_at(text: str) -> datetime | None:
    """When it was paid, in Dhaka's time; None if it cannot be read."""
    try:
        return datetime.strptime(text.partition(".")[0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=DHAKA)
    except ValueError:
        return None


def _der(key: str) -> bytes:
    """A key as PEM writes it, with its armour or as one bare line."""
    return base64.b64decode("".join(_ARMOUR.sub("", key).split()), validate=True)


def _private_key(key: str) -> rsa.RSAPrivateKey:
    try:
        found = load_der_private_key(_der(key), None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, rsa.RSAPrivateKey):
        raise Unacceptable(
            "this is no private RSA key",
            field="nagad.private_key",
            remedy="set POST_LOGISTICS_NAGAD__PRIVATE_KEY to the merchant's key in PEM, without a password",
        )
    return found


def _public_key(key: str) -> rsa.RSAPublicKey:
    try:
        found = load_der_public_key(_der(key))
    except ValueError:
        found = None
    if not isinstance(found, rsa.RSAPublicKey):
        raise Unacceptable(
            "this is no public RSA key",
            field="nagad.gateway_key",
            remedy="set POST_LOGISTICS_NAGAD__GATEWAY_KEY to the key of the gateway in PEM, as Nagad gave it",
        )
    return found
