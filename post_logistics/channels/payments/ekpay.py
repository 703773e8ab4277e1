"""ekPay, the government's payment gateway, as public integrations of it show its format; it has no public reference.

``merchant-api`` gives a token for the payer's page, ``get-status`` tells what became of a payment. Its own notification
(IPN) carries no signature that anybody is known to check, so it only tells when to ask. A refund and a daily file are
not described anywhere: money goes back through ekPay's own people, and a day is compared payment by payment.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from post_logistics.channels.payments.asking import PUBLIC_ROAD, Road, named_in, poisha, told_in
from post_logistics.channels.payments.port import Call, DailyFile, GivenBack, Handle, Offer, Wanted
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.settings import EkPay
from post_logistics.units import DHAKA, taka_plain

_PAID: Final = "1020"
"""The only code whose meaning is agreed on. Any other leaves a payment undecided until it runs out."""
_BY_MAIL_AND_CALL: Final = "3"
_NAMES: Final = ("mer_trnx_id", "transId", "trnsID", "trnx_id")
"""What the browser that comes back calls our payment id."""
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class EkPayPayments:
    """A payment there is known by our own payment id. Who pays is not told: we name ourselves as the customer."""

    said: EkPay
    callback_url: str
    name: str = "ekpay"
    road: Road = PUBLIC_ROAD

    def offer(self, wanted: Wanted) -> Offer:
        """The page of a token of its own."""
        told = {
            "mer_info": {"mer_reg_id": self.said.merchant_id, "mer_pas_key": self.said.key.get_secret_value()},
            "req_timestamp": f"{wanted.made_at.astimezone(DHAKA):{_FORMAT}} GMT+6",
            "feed_uri": dict.fromkeys(("s_uri", "f_uri", "c_uri"), wanted.back_url),
            "cust_info": {
                "cust_id": wanted.item_number,
                "cust_name": "Bangladesh Post Office",
                "cust_mobo_no": self.said.phone,
                "cust_email": self.said.email,
                "cust_mail_addr": "Dhaka",
            },
            "trns_info": {
                "trnx_id": wanted.payment_id,
                "trnx_amt": taka_plain(wanted.amount_poisha),
                "trnx_currency": CURRENCY,
                "ord_id": wanted.item_number,
                "ord_det": f"Item {wanted.item_number}",
            },
            "ipn_info": {
                "ipn_channel": _BY_MAIL_AND_CALL,
                "ipn_email": self.said.email,
                "ipn_uri": self.callback_url,
            },
            "mac_addr": self.said.server_address,
        }
        answer, why = self._ask("merchant-api", told)
        token = answer.get("secure_token")
        if not isinstance(token, str) or not 0 < len(token) <= 1500:
            return Offer(why=why or f"ekPay gave no token: {_text(answer, 'msg_det') or 'and no reason'}")
        page = urlencode({"sToken": token, "trnsID": wanted.payment_id})
        return Offer(url=f"{self._base}?{page}")

    def status(self, asked: Handle) -> Word:
        """What ekPay keeps under our id on the days on which it can have been paid."""
        word = Word(Said.NOTHING, why="no day was asked")
        for on in _days(asked):
            word = self._status_on(asked.payment_id, on)
            if word.said is Said.PAID:
                break
        return word

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Refused: ekPay describes no refund."""
        return GivenBack(done=False, refused=True, why="ekPay takes no refunds here: ask its people to give it back")

    def called(self, call: Call) -> str | None:
        """The payment of a notification, or of a browser that comes back."""
        told = told_in(call).get("trnx_info")
        inner = told.get("mer_trnx_id") if isinstance(told, dict) else None
        return inner if isinstance(inner, str) and inner else named_in(call, *_NAMES)

    def daily_file(self, on: date) -> DailyFile | None:
        """None: ekPay describes no such file."""
        return None

    @property
    def _base(self) -> str:
        return f"{self.said.url.rstrip('/')}/ekpaypg/v1"

    def _status_on(self, payment_id: str, on: date) -> Word:
        told = {"username": self.said.merchant_id, "trnx_id": payment_id, "trans_date": on.isoformat()}
        answer, why = self._ask("get-status", told)
        if why:
            return Word(Said.NOTHING, why=why)
        if _text(answer, "msg_code") != _PAID:
            return Word(Said.WAITING, payment_id, why=_text(answer, "msg_det"))
        paid = answer.get("trnx_info")
        if not isinstance(paid, dict) or _text(paid, "mer_trnx_id") != payment_id:
            return Word(Said.NOTHING, why="ekPay answers about another payment")
        paid_poisha, ref = poisha(paid.get("trnx_amt")), _text(paid, "trnx_id")
        if not paid_poisha or paid_poisha < 0 or not ref:
            return Word(Said.NOTHING, why="paid, and no amount or no reference is named")
        paid_at = _paid_at(answer.get("pi_det_info"))
        return Word(Said.PAID, payment_id, paid_poisha, _text(paid, "curr"), ref, paid_at=paid_at)

    def _ask(self, what: str, told: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return self.road.ask(f"{self._base}/{what}", json.dumps(told, ensure_ascii=False).encode(), headers)


def _days(asked: Handle) -> list[date]:
    """The days in Dhaka from asking to running out; the first and the last are enough where there are many."""
    first, last = asked.made_at.astimezone(DHAKA).date(), asked.expires_at.astimezone(DHAKA).date()
    return sorted({first, min(last, first + timedelta(days=1)), last})


def _text(answer: Mapping[str, Any], field: str) -> str:
    """A field as text, a number as its digits; empty if it is neither."""
    value = answer.get(field)
    return str(value)[:200] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _paid_at(told: object) -> datetime | None:
    """When it was paid, which ekPay writes in Dhaka's time and several ways; None if it cannot be read."""
    text = _text(told, "pay_timestamp") if isinstance(told, dict) else ""
    try:
        return datetime.strptime(text.removesuffix(" GMT+6").partition(".")[0], _FORMAT).replace(tzinfo=DHAKA)
    except ValueError:
        return None
