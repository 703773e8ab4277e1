"""ekPay, the government's gateway: a token, a page to pay on, a notification that nobody can check, and get-status.

The format is that of public integrations; there is no public reference. What no integration shows is a choice of this
stand-in: every code but 1000 and 1020, and that a payment is found by the day of asking or of paying.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from tests.standins.serving import Answer, Asked, Fault, Standin
from tests.standins.telling import Told, tell

_API: Final = "/ekpaypg/v1"
_DHAKA: Final = timezone(timedelta(hours=6))
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_NEEDED: Final = {
    "mer_info": {"mer_reg_id", "mer_pas_key"},
    "feed_uri": {"s_uri", "f_uri", "c_uri"},
    "cust_info": {"cust_id", "cust_name", "cust_mobo_no", "cust_email", "cust_mail_addr"},
    "trns_info": {"trnx_id", "trnx_amt", "trnx_currency", "ord_id", "ord_det"},
    "ipn_info": {"ipn_channel", "ipn_email", "ipn_uri"},
}


@dataclass(slots=True)
class Payment:
    """A payment as ekPay keeps it."""

    asked: dict[str, Any]
    token: str
    asked_on: str
    paid: str = ""
    """The amount; empty until it is paid."""
    number: str = ""
    paid_at: str = ""
    currency: str = "BDT"
    named: str = ""
    """What it calls the merchant's id, when it is wrong about it."""

    @property
    def trnx_id(self) -> str:
        """The merchant's id of it."""
        return str(self.asked["trns_info"]["trnx_id"])


class EkPay(Standin):
    """The gateway, for one merchant whose server is registered by its address."""

    name = "ekpay"

    def __init__(
        self,
        *,
        merchant_id: str = "bdpost_test",
        key: str = "merchant-key",
        server_address: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(_DHAKA),
    ) -> None:
        super().__init__()
        self.merchant_id, self.key, self.server_address, self.clock = merchant_id, key, server_address, clock
        self.payments: dict[str, Payment] = {}
        self.told: list[int] = []
        """The statuses with which notifications were answered."""

    def answer(self, asked: Asked) -> Answer:
        """The three calls, and the payer's page."""
        body = asked.json()
        if asked.method == "GET" and asked.path == _API:
            return self._page(asked)
        if asked.method != "POST" or not isinstance(body, dict):
            return Answer({"msg_code": "1099", "msg_det": "Bad request"}, 400)
        if asked.path == f"{_API}/merchant-api":
            return Answer(self._asked_for(body))
        if asked.path == f"{_API}/get-status":
            return Answer(self._status(body))
        return Answer({"msg_code": "1099", "msg_det": "No such call"}, 404)

    def _asked_for(self, body: dict[str, Any]) -> dict[str, Any]:
        missing = [part for part, names in _NEEDED.items() if not names <= set(body.get(part) or ())]
        if missing:
            return {"msg_code": "1002", "msg_det": f"Missing {missing[0]}"}
        if body["mer_info"] != {"mer_reg_id": self.merchant_id, "mer_pas_key": self.key}:
            return {"msg_code": "1003", "msg_det": "Authentication failed"}
        if self.server_address and body.get("mac_addr") != self.server_address:
            return {"msg_code": "1004", "msg_det": "Server is not in the white list"}
        when = datetime.strptime(body["req_timestamp"].removesuffix(" GMT+6"), _FORMAT).replace(tzinfo=_DHAKA)
        trnx_id = body["trns_info"]["trnx_id"]
        known = self.payments.get(trnx_id)
        if known is not None and known.paid:
            return {"msg_code": "1005", "msg_det": "Transaction already paid"}
        made = Payment(body, secrets.token_urlsafe(24), f"{when:%Y-%m-%d}")
        self.payments[trnx_id] = made
        return {"secure_token": made.token, "msg_code": "1000", "msg_det": "Success"}

    def _page(self, asked: Asked) -> Answer:
        made = self.payments.get(asked.query.get("trnsID", ""))
        if made is None or made.token != asked.query.get("sToken"):
            return Answer("<h1>Invalid token</h1>", 404, "text/html")
        return Answer(f"<h1>ekPay</h1><p>BDT {made.asked['trns_info']['trnx_amt']}</p>", media_type="text/html")

    def _status(self, body: dict[str, Any]) -> dict[str, Any]:
        made = self.payments.get(str(body.get("trnx_id")))
        if made is None or body.get("trans_date") not in {made.asked_on, made.paid_at[:10]}:
            return {"msg_code": "1006", "msg_det": "No transaction found"}
        if not made.paid:
            return {"msg_code": "1007", "msg_det": "Payment is not completed"}
        wrong = self.fault_for("get-status", {Fault.WRONG_AMOUNT})
        return self._told(made, f"{float(made.paid) + 1:.2f}" if wrong else made.paid)

    def _told(self, made: Payment, amount: str) -> dict[str, Any]:
        """What get-status answers, and what a notification says: one and the same."""
        return {
            "secure_token": made.token,
            "msg_code": "1020",
            "msg_det": "Transaction successful",
            "req_timestamp": made.asked["req_timestamp"],
            "basic_Info": {
                "mer_reg_id": self.merchant_id,
                "ipn_info": made.asked["ipn_info"]["ipn_uri"],
                "redirect_to": made.asked["feed_uri"]["s_uri"],
                "dgtl_sign": secrets.token_hex(32),
                "ord_desc": made.asked["trns_info"]["ord_det"],
                "remarks": "",
            },
            "cust_info": made.asked["cust_info"],
            "scroll_no": "",
            "trnx_info": {
                "trnx_amt": amount,
                "trnx_id": made.number,
                "mer_trnx_id": made.named or made.trnx_id,
                "curr": made.currency,
                "pi_trnx_id": f"PI{made.number}",
                "pi_charge": "0.00",
                "ekpay_charge": "0.00",
                "pi_discount": "0.00",
                "discount": "0.00",
                "promo_discount": "0.00",
                "total_ser_chrg": "0.00",
                "total_pabl_amt": amount,
            },
            "pi_det_info": {
                "pay_timestamp": made.paid_at,
                "pi_name": "Stand-in Wallet",
                "pi_type": "MFS",
                "pi_number": "01*******78",
                "pi_gateway": "standin",
                "card_holder_name": "",
            },
        }

    # What people do

    def pay(self, trnx_id: str, amount: str = "", *, currency: str = "BDT") -> None:
        """The payer pays, by default what was asked."""
        made = self.payments[trnx_id]
        made.paid = amount or made.asked["trns_info"]["trnx_amt"]
        made.currency, made.number = currency, made.number or secrets.token_hex(8).upper()
        made.paid_at = f"{self.clock().astimezone(_DHAKA):{_FORMAT}}"

    def notify(self, *trnx_ids: str) -> list[int]:
        """Tells the merchant of those payments, in that order; the statuses that came back."""
        going = []
        for trnx_id in trnx_ids:
            made = self.payments[trnx_id]
            wrong = self.fault_for("ipn", {Fault.WRONG_AMOUNT})
            told = self._told(made, "1.00" if wrong else made.paid or "0.00")
            if self.fault_for("ipn", {Fault.WRONG_SIGNATURE}):
                told["basic_Info"]["dgtl_sign"] = "forged"
                told["secure_token"] = "forged"
            url = made.asked["ipn_info"]["ipn_uri"]
            going.append(Told(url, json.dumps(told).encode(), {"Content-Type": "application/json"}))
        self.told += (statuses := tell(self, "ipn", going))
        return statuses


def make() -> Standin:
    """A gateway of its own."""
    return EkPay()
