"""SSLCommerz, version 4: https://developer.sslcommerz.com/doc/v4/

A session gives a page; what was paid in it is asked by our own transaction id, and each payment found is confirmed by
the validator. The notification (IPN) is signed with the hash of the store's password, and only tells when to ask. A
daily file is not described.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import md5
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from post_logistics.channels.payments.asking import PUBLIC_ROAD, Road, poisha, text_of
from post_logistics.channels.payments.port import Call, DailyFile, GivenBack, Handle, Offer, Wanted
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.settings import SslCommerz
from post_logistics.units import DHAKA, taka_plain

_SESSION: Final = "gwprocess/v4/api.php"
_VALIDATOR: Final = "validator/api/validationserverAPI.php"
_TRANSACTION: Final = "validator/api/merchantTransIDvalidationAPI.php"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_PAID: Final = frozenset({"VALID", "VALIDATED"})
_ENDED: Final = frozenset({"FAILED", "CANCELLED", "EXPIRED", "INVALID_TRANSACTION", "INVALID"})
_TAKEN_ON: Final = frozenset({"success", "processing"})
"""A refund that was asked for; one that had been asked for before."""
_MAX_REFERENCE_CHARS: Final = 30
_RISKY: Final = "SSLCommerz finds it risky: the payer is to be looked at first"
_STRANGE: Final = "SSLCommerz does not know this store"


@dataclass(frozen=True, slots=True)
class SslCommerzPayments:
    """A payment there is known by our own payment id. Who pays is not told: we name ourselves as the customer."""

    said: SslCommerz
    callback_url: str
    name: str = "sslcommerz"
    road: Road = PUBLIC_ROAD

    def offer(self, wanted: Wanted) -> Offer:
        """The page of a session. Whatever is paid in any session of the payment is found by its id."""
        told = {
            "total_amount": taka_plain(wanted.amount_poisha),
            "currency": CURRENCY,
            "tran_id": wanted.payment_id,
            **dict.fromkeys(("success_url", "fail_url", "cancel_url"), wanted.back_url or self.callback_url),
            "ipn_url": self.callback_url,
            "cus_name": "Bangladesh Post Office",
            "cus_email": self.said.email,
            "cus_phone": self.said.phone,
            "cus_add1": "Dhaka",
            "cus_city": "Dhaka",
            "cus_postcode": "1000",
            "cus_country": "Bangladesh",
            "shipping_method": "NO",
            "num_of_item": "1",
            "product_name": wanted.item_number,
            "product_category": "postal service",
            "product_profile": "general",
            "value_a": wanted.item_number,
        }
        body = urlencode(told | self._store()).encode()
        answer, why = self.road.ask(f"{self._base}/{_SESSION}", body, _FORM)
        if why or answer.get("status") != "SUCCESS":
            return Offer(why=why or text_of(answer, "failedreason") or "SSLCommerz gives no reason")
        key = text_of(answer, "sessionkey")
        if not key or not self.road.is_page(answer.get("GatewayPageURL")):
            return Offer(why="the answer names a page that is none, or one without https")
        return Offer(answer["GatewayPageURL"], session_ref=key)

    def status(self, asked: Handle) -> Word:
        """All that was paid under our id, each payment confirmed by the validator."""
        answer, why = self._query(_TRANSACTION, {"tran_id": asked.payment_id})
        found = answer.get("element")
        if why or answer.get("APIConnect") != "DONE" or not isinstance(found, list):
            return Word(Said.NOTHING, why=why or _STRANGE)
        states = {text_of(one, "status") for one in found if isinstance(one, dict)}
        paid = {text_of(one, "val_id") for one in found if isinstance(one, dict) and one.get("status") in _PAID}
        if paid:
            return self._paid(sorted(paid))
        ended = bool(states) and states <= _ENDED
        return Word(Said.FAILED if ended else Said.WAITING, asked.payment_id)

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Gives back: done once SSLCommerz has taken it on. The reference made of ``refund_id`` makes it once."""
        if not asked.provider_ref:
            return GivenBack(done=False, refused=True, why="SSLCommerz has named no transaction of this payment")
        reference = refund_id.replace("-", "")[:_MAX_REFERENCE_CHARS]
        wish = {
            "bank_tran_id": asked.provider_ref,
            "refund_trans_id": reference,
            "refe_id": reference,
            "refund_amount": taka_plain(amount_poisha),
            "refund_remarks": f"Refund {refund_id}",
        }
        answer, why = self._query(_TRANSACTION, wish)
        if why or answer.get("APIConnect") != "DONE":
            return GivenBack(done=False, why=why or _STRANGE)
        status = text_of(answer, "status").lower()
        return GivenBack(done=status in _TAKEN_ON, refused=status == "failed", why=text_of(answer, "errorReason"))

    def called(self, call: Call) -> str | None:
        """The payment of a notification that SSLCommerz signed, or of a browser that comes back with the same form."""
        told = dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))
        return told.get("tran_id") or None if self._is_signed(told) else None

    def daily_file(self, on: date) -> DailyFile | None:
        """None: SSLCommerz describes no such file."""
        return None

    @property
    def _base(self) -> str:
        return self.said.url.rstrip("/")

    def _store(self) -> dict[str, str]:
        return {"store_id": self.said.store_id, "store_passwd": self.said.store_password.get_secret_value()}

    def _query(self, what: str, told: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        query = urlencode({**told, **self._store(), "v": "1", "format": "json"})
        return self.road.ask(f"{self._base}/{what}?{query}")

    def _paid(self, val_ids: Iterable[str]) -> Word:
        """The sum of those payments, if the validator confirms each, by the reference of the first."""
        confirmed = []
        for val_id in val_ids:
            answer, why = self._query(_VALIDATOR, {"val_id": val_id})
            if why or answer.get("status") not in _PAID:
                return Word(Said.NOTHING, why=why or "the validator does not confirm it")
            confirmed.append(answer)
        confirmed.sort(key=lambda one: text_of(one, "tran_date"))
        amounts = [poisha(one.get("amount")) for one in confirmed]
        named = {text_of(one, "tran_id") for one in confirmed}
        ref = text_of(confirmed[0], "bank_tran_id")
        if len(named) != 1 or not ref or not all(amount and amount > 0 for amount in amounts):
            return Word(Said.NOTHING, why="paid, and no amount or no reference is named, or several")
        currencies = {text_of(one, field) for one in confirmed for field in ("currency", "currency_type")} - {""}
        return Word(
            Said.PAID,
            named.pop(),
            sum(amount for amount in amounts if amount),
            currency=next(iter(sorted(currencies - {CURRENCY})), CURRENCY if currencies else ""),
            provider_ref=ref,
            doubt=_RISKY if any(text_of(one, "risk_level") == "1" for one in confirmed) else "",
            paid_at=_paid_at(confirmed[0]),
        )

    def _is_signed(self, told: Mapping[str, str]) -> bool:
        """Whether a form carries the signature of who knows the store's password over the fields that it names."""
        names = told.get("verify_key", "").split(",")
        if "tran_id" not in names or any(name not in told for name in names):
            return False
        secret = self.said.store_password.get_secret_value().encode()
        plain = {name: told[name] for name in names} | {"store_passwd": _md5(secret)}
        text = "&".join(f"{name}={plain[name]}" for name in sorted(plain))
        return compare_digest(_md5(text.encode()).encode(), told.get("verify_sign", "").encode())


def _md5(text: bytes) -> str:
    """The hash that SSLCommerz signs with; no secret of ours rests on it, for what it signs is asked again."""
    return md5(text, usedforsecurity=False).hexdigest()


def _paid_at(answer: Mapping[str, Any]) -> datetime | None:
    """When it was paid, in Dhaka's time; None if it cannot be read."""
    try:
        return datetime.strptime(text_of(answer, "tran_date"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=DHAKA)
    except ValueError:
        return None
