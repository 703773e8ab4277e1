"""SSLCommerz: a session for a form, a page to pay on, a signed notification, a validator, and refunds."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import md5
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from tests.standins.serving import Answer, Asked, Fault, Standin
from tests.standins.telling import Told, tell

_SESSION: Final = "/gwprocess/v4/api.php"
_VALIDATOR: Final = "/validator/api/validationserverAPI.php"
_TRANSACTION: Final = "/validator/api/merchantTransIDvalidationAPI.php"
_PAGE: Final = "/EasyCheckOut/"
_DHAKA: Final = timezone(timedelta(hours=6))
_NEEDED: Final = (
    *("total_amount", "currency", "tran_id", "success_url", "fail_url", "cancel_url"),
    *("cus_name", "cus_email", "cus_add1", "cus_city", "cus_postcode", "cus_country", "cus_phone"),
    *("shipping_method", "num_of_item", "product_name", "product_category", "product_profile"),
)
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(slots=True)
class Session:
    """A payment as SSLCommerz keeps it."""

    key: str
    asked: Mapping[str, str]
    state: str = "UNATTEMPTED"
    val_id: str = ""
    bank_tran_id: str = ""
    paid: str = ""
    currency: str = "BDT"
    risk_level: str = "0"
    paid_at: datetime | None = None
    validated: bool = False
    refunds: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the merchant's reference."""


class SslCommerz(Standin):
    """The gateway, for one store."""

    name = "sslcommerz"

    def __init__(
        self,
        *,
        store_id: str = "postbox",
        store_passwd: str = "postbox@ssl",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.store_id, self.store_passwd = store_id, store_passwd
        self.clock = clock
        self.sessions: dict[str, Session] = {}
        self.amounts_as_numbers = False

    def answer(self, asked: Asked) -> Answer:
        """As the documented calls do: the validator takes a query by GET and by POST."""
        if asked.path.startswith(_PAGE):
            return self._page(asked)
        given = {**asked.query, **_form(asked)}
        calls = {_SESSION: self._open, _VALIDATOR: self._validate, _TRANSACTION: self._transaction}
        call = calls.get(asked.path)
        if call is None:
            return Answer("Not Found", 404, "text/plain")
        known = (given.get("store_id"), given.get("store_passwd")) == (self.store_id, self.store_passwd)
        return Answer(call(given, asked, known))

    # What people do

    def pay(self, tran_id: str, *, amount: str = "", currency: str = "BDT", risk_level: str = "0") -> Session:
        """The payer pays what was asked, or something else."""
        session = self.session_of(tran_id)
        session.state, session.paid, session.currency = "VALID", amount or session.asked["total_amount"], currency
        session.val_id, session.bank_tran_id = secrets.token_hex(10), secrets.token_hex(8).upper()
        session.risk_level, session.paid_at = risk_level, self.clock()
        return session

    def fail(self, tran_id: str, state: str = "FAILED") -> None:
        """The payer's card is refused, or the payer gives up: FAILED, CANCELLED, EXPIRED."""
        self.session_of(tran_id).state = state

    def session_of(self, tran_id: str) -> Session:
        """The last session of that transaction."""
        return [one for one in self.sessions.values() if one.asked["tran_id"] == tran_id][-1]

    def notify(self, *tran_ids: str) -> list[int]:
        """Tells the merchant's server of the transactions, in that order."""
        return tell(self, "ipn", [self.notification(self.session_of(one)) for one in tran_ids])

    def notification(self, session: Session) -> Told:
        """The notification, signed over every field but the signature itself."""
        amount = "1.00" if self.fault_for("ipn", {Fault.WRONG_AMOUNT}) else session.paid
        said = {
            "status": session.state,
            "tran_id": session.asked["tran_id"],
            "val_id": session.val_id,
            "amount": amount,
            "store_amount": amount,
            "currency": session.currency,
            "bank_tran_id": session.bank_tran_id,
            "card_type": "BKASH-BKash",
            "tran_date": self._time(session.paid_at),
            "risk_level": session.risk_level,
            "value_a": session.asked.get("value_a", ""),
        }
        secret = "another" if self.fault_for("ipn", {Fault.WRONG_SIGNATURE}) else self.store_passwd
        plain = said | {"store_passwd": md5(secret.encode(), usedforsecurity=False).hexdigest()}
        text = "&".join(f"{name}={plain[name]}" for name in sorted(plain))
        sign = md5(text.encode(), usedforsecurity=False).hexdigest()
        body = said | {"verify_key": ",".join(said), "verify_sign": sign}
        return Told(session.asked["ipn_url"], urlencode(body).encode(), _FORM)

    # The calls

    def _open(self, given: Mapping[str, str], asked: Asked, known: bool) -> dict[str, Any]:
        why = ""
        missing = [name for name in _NEEDED if not given.get(name)]
        if not known:
            why = "Store Credential Error Or Store is De-active"
        elif missing:
            why = f"Invalid Information. '{missing[0]}' is missing or empty."
        elif len(given["tran_id"]) > 30:
            why = "Invalid Information. 'tran_id' is longer than 30."
        elif not 10 <= float(given["total_amount"]) <= 500_000:
            why = "Invalid Amount"
        if why:
            return {"status": "FAILED", "failedreason": why, "sessionkey": "", "GatewayPageURL": ""}
        key = secrets.token_hex(16).upper()
        self.sessions[key] = Session(key, given)
        page = f"http://{asked.headers['host']}{_PAGE}{key}"
        return {"status": "SUCCESS", "failedreason": "", "sessionkey": key, "GatewayPageURL": page}

    def _validate(self, given: Mapping[str, str], asked: Asked, known: bool) -> dict[str, Any]:
        session = next(
            (one for one in self.sessions.values() if one.val_id and one.val_id == given.get("val_id")), None
        )
        if not known:
            return {"status": "INVALID_TRANSACTION", "APIConnect": "FAILED"}
        if session is None:
            return {"status": "INVALID_TRANSACTION", "APIConnect": "DONE"}
        said = self._paid(session, asked)
        session.validated = True
        return said

    def _transaction(self, given: Mapping[str, str], asked: Asked, known: bool) -> dict[str, Any]:
        if not known:
            return {"APIConnect": "FAILED"}
        if "refund_amount" in given:
            return self._refund(given)
        if "refund_ref_id" in given:
            return self._refund_status(given["refund_ref_id"])
        if "sessionkey" in given:
            session = self.sessions.get(given["sessionkey"])
            return self._paid(session, asked) if session else {"APIConnect": "DONE", "status": "FAILED"}
        found = [one for one in self.sessions.values() if one.asked["tran_id"] == given.get("tran_id")]
        elements = [self._paid(one, asked) for one in found]
        return {"APIConnect": "DONE", "no_of_trans_found": len(elements), "element": elements}

    def _paid(self, session: Session, asked: Asked) -> dict[str, Any]:
        paid = "1.00" if self.fault_for(asked.path, {Fault.WRONG_AMOUNT}) else session.paid
        amount = paid or session.asked["total_amount"]
        state = "VALIDATED" if session.state == "VALID" and session.validated else session.state
        return {
            "APIConnect": "DONE",
            "status": state,
            "sessionkey": session.key,
            "tran_date": self._time(session.paid_at),
            "tran_id": session.asked["tran_id"],
            "val_id": session.val_id,
            "amount": float(amount) if self.amounts_as_numbers else amount,
            "store_amount": f"{float(amount) * 0.975:.2f}",
            "currency": session.currency,
            "bank_tran_id": session.bank_tran_id,
            "currency_type": session.currency,
            "currency_amount": amount,
            "risk_level": session.risk_level,
            "risk_title": "Safe" if session.risk_level == "0" else "Risky",
            "error": "",
        }

    def _refund(self, given: Mapping[str, str]) -> dict[str, Any]:
        bank = given.get("bank_tran_id", "")
        session = next((one for one in self.sessions.values() if one.bank_tran_id and one.bank_tran_id == bank), None)
        said = {"APIConnect": "DONE", "bank_tran_id": bank, "trans_id": given.get("refund_trans_id", "")}
        if session is None:
            return said | {"status": "failed", "refund_ref_id": "", "errorReason": "No transaction found"}
        reference = given.get("refund_trans_id") or given.get("refe_id") or secrets.token_hex(8)
        before = session.refunds.get(reference)
        if before is not None:
            return said | before | {"status": "processing"}
        spent = sum(float(one["amount"]) for one in session.refunds.values())
        if not given.get("refund_remarks") or spent + float(given["refund_amount"]) > float(session.paid) + 0.001:
            return said | {"status": "failed", "refund_ref_id": "", "errorReason": "Invalid Refund Amount"}
        made = {
            "status": "success",
            "refund_ref_id": secrets.token_hex(6),
            "amount": given["refund_amount"],
            "errorReason": "",
        }
        session.refunds[reference] = made
        return said | made

    def _refund_status(self, ref: str) -> dict[str, Any]:
        for session in self.sessions.values():
            for refund in session.refunds.values():
                if refund["refund_ref_id"] == ref:
                    said = {"APIConnect": "DONE", "bank_tran_id": session.bank_tran_id, "refund_ref_id": ref}
                    return said | {"tran_id": session.asked["tran_id"], "status": "refunded", "errorReason": ""}
        return {"APIConnect": "DONE", "status": "", "errorReason": "No refund found"}

    def _page(self, asked: Asked) -> Answer:
        """What the payer sees; ``?decision=`` success, fail or cancel is what the payer presses."""
        session = self.sessions.get(asked.path.removeprefix(_PAGE))
        if session is None:
            return Answer("Session not found", 404, "text/plain")
        decision = asked.query.get("decision", "")
        if decision not in {"success", "fail", "cancel"}:
            links = "".join(f'<p><a href="?decision={one}">{one}</a></p>' for one in ("success", "fail", "cancel"))
            amount = session.asked["total_amount"]
            return Answer(f"<!doctype html><h1>SSLCommerz: {amount} BDT</h1>{links}", media_type="text/html")
        tran_id = session.asked["tran_id"]
        if decision == "success":
            self.pay(tran_id)
        else:
            self.fail(tran_id, "FAILED" if decision == "fail" else "CANCELLED")
        self.notify(tran_id)
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in parse_qsl(self.notification(session).body.decode(), keep_blank_values=True)
        )
        form = f'<form method="post" action="{session.asked[f"{decision}_url"]}">{fields}<button>Back</button></form>'
        return Answer(f"<!doctype html>{form}", media_type="text/html")

    def _time(self, at: datetime | None) -> str:
        return f"{(at or self.clock()).astimezone(_DHAKA):%Y-%m-%d %H:%M:%S}"


def make() -> SslCommerz:
    """SSLCommerz for a store whose credentials are the defaults."""
    return SslCommerz()


def _form(asked: Asked) -> dict[str, str]:
    """The fields of a form, however it was sent."""
    kind = asked.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return asked.form()
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + asked.body)
    fields = {}
    for part in message.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="Content-Disposition")
        fields[str(name)] = part.get_payload(decode=True).decode()
    return fields
