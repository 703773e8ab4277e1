"""bKash, tokenized checkout: https://developer.bka.sh/docs

A payment is made at bKash (``create``), confirmed by its payer on bKash's page, and taken only when we ask for that
(``execute``): what has run out here is never taken. Answers are HTTP 200 whatever they say; ``statusCode`` 0000 means
well. The browser that comes back and the signed notification tell when to ask. A daily file is not described.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, datetime
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

from post_logistics.channels.payments.asking import PUBLIC_ROAD, Road, poisha, text_of
from post_logistics.channels.payments.port import Call, DailyFile, GivenBack, Handle, Offer, Wanted
from post_logistics.channels.payments.sns import KIND, Subscription
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.settings import Bkash
from post_logistics.units import taka_plain

_WELL: Final = "0000"
_SALE: Final = {"mode": "0011", "intent": "sale", "currency": CURRENCY}
_SAID: Final = {
    "Initiated": Said.WAITING,
    "Completed": Said.PAID,
    "Cancelled": Said.FAILED,
    "Declined": Said.FAILED,
    "Expired": Said.FAILED,
    "Failed": Said.FAILED,
}
_NO_SUCH: Final = frozenset({"2028", "2033"})
_NEVER: Final = frozenset({"2006", "2026", "2028", "2033", "2035", "2042"})
"""Refunds of a wrong amount, of more than was paid, of no such transaction, without permission: the answer stays."""
_TIME: Final = "%Y-%m-%dT%H:%M:%S:%f GMT%z"
_EARLY_S: Final = 60.0
_PATIENCE_S: Final = 3.0

_Answer = dict[str, Any]
"""An answer of bKash. Without a ``statusCode`` it is none, and ``statusMessage`` tells why."""


class Tokens:
    """The token of the hour, asked for once for everybody who needs it, and renewed a minute before it ends."""

    def __init__(self, renew: Callable[[str], _Answer], clock: Callable[[], float]) -> None:
        self._renew = renew
        """Asks for a token: by what refreshes the last one, or from the beginning."""
        self._clock = clock
        self._lock = Lock()
        self._token = self._refresh = self._why = ""
        self._ends_s = self._silent_until_s = float("-inf")

    def current(self, refused: str = "") -> tuple[str, str]:
        """A token that is not the ``refused`` one, and why there is none."""
        with self._lock:
            stands = self._token and self._token != refused and self._clock() < self._ends_s
            if not stands and self._clock() >= self._silent_until_s:
                answer = self._renew(self._refresh) if self._refresh else {}
                self._keep(answer if answer.get("id_token") else self._renew(""))
            return self._token, self._why

    def _keep(self, answer: _Answer) -> None:
        """What was granted; after a refusal nobody asks again for some seconds."""
        self._token, self._refresh = (str(answer.get(name) or "") for name in ("id_token", "refresh_token"))
        self._ends_s = self._clock() + _seconds(answer.get("expires_in")) - _EARLY_S
        self._why = "" if self._token else _why(answer)
        if not self._token:
            self._silent_until_s = self._clock() + _PATIENCE_S


class BkashPayments:
    """A payment there is known by bKash's ``paymentID``; ours is the invoice number. Who pays is not told."""

    name = "bkash"

    def __init__(
        self,
        said: Bkash,
        callback_url: str,
        road: Road = PUBLIC_ROAD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._said = said
        self._callback_url = callback_url
        self._road = road
        self._tokens = Tokens(self._new_token, clock)
        gateway = urlsplit(said.url)
        here = f"{gateway.scheme}://{gateway.netloc}/" if road.development else ""
        self._notifications = Subscription(said.topic, road, also_at=here)
        self._confirmed: deque[str] = deque(maxlen=1000)
        """Payments of which a browser that came back said that their payer has confirmed them."""

    def offer(self, wanted: Wanted) -> Offer:
        """The page of a new payment. An earlier one for the same invoice is never executed, so never taken."""
        told = {
            "payerReference": wanted.payment_id,
            "callbackURL": self._callback_url,
            "amount": taka_plain(wanted.amount_poisha),
            "merchantInvoiceNumber": wanted.payment_id,
        }
        answer = self._ask("create", _SALE | told)
        if not _is_well(answer):
            return Offer(why=_why(answer))
        ref = text_of(answer, "paymentID")
        same = text_of(answer, "merchantInvoiceNumber") == wanted.payment_id
        if not ref or not same or poisha(answer.get("amount")) != wanted.amount_poisha:
            return Offer(why="bKash made another payment than it was asked for")
        if not self._road.is_page(answer.get("bkashURL")):
            return Offer(why="the answer names a page that is none, or one without https")
        return Offer(answer["bkashURL"], session_ref=ref)

    def status(self, asked: Handle) -> Word:
        """What bKash keeps of a payment; it is taken first, if its payer has confirmed it and it is still wanted."""
        if not asked.session_ref:
            return Word(Said.NOTHING, why="bKash was not asked for it")
        named = {"paymentID": asked.session_ref}
        answer = self._ask("payment/status", named)
        if asked.wanted and self._is_confirmed(asked.session_ref, answer):
            self._ask("execute", named)  # whatever it answers, what counts is what is kept after it
            answer = self._ask("payment/status", named)
        return _word(asked.session_ref, answer)

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Gives back. bKash takes no number for a refund: if it may have been asked before, what came of that is asked
        first."""
        named = {"paymentID": asked.session_ref, "trxID": asked.provider_ref}
        if not all(named.values()):
            return GivenBack(done=False, refused=True, why="bKash has named no transaction of this payment")
        if asked.asked_before:
            before = self._ask("payment/refund", named)
            if text_of(before, "refundTrxID"):
                return _given_before(before, asked, amount_poisha)
            if not _is_well(before) and text_of(before, "statusCode") not in _NO_SUCH:
                return GivenBack(done=False, why=_why(before))
        wish = {"amount": taka_plain(amount_poisha), "sku": asked.payment_id, "reason": f"Refund {refund_id}"}
        answer = self._ask("payment/refund", named | wish)
        if not _is_well(answer):
            return GivenBack(done=False, refused=text_of(answer, "statusCode") in _NEVER, why=_why(answer))
        return _given(answer, amount_poisha)

    def called(self, call: Call) -> str | None:
        """The payment of a browser that comes back, or of a notification that bKash signed."""
        if KIND in call.headers:
            heard = self._notifications.heard(call) or {}
            return text_of(heard, "merchantInvoiceNumber") or text_of(heard, "transactionReference") or None
        payment_id = call.query.get("paymentID", "")[:100]
        if payment_id and call.query.get("status") == "success":
            self._confirmed.append(payment_id)
        return payment_id or None

    def daily_file(self, on: date) -> DailyFile | None:
        """None: bKash describes no such file."""
        return None

    def _is_confirmed(self, ref: str, answer: _Answer) -> bool:
        """Whether the payer has confirmed a payment that is not taken: bKash says so, or their browser did."""
        waits = _is_well(answer) and answer.get("transactionStatus") == "Initiated"
        return waits and (answer.get("verificationStatus") == "Complete" or ref in self._confirmed)

    def _ask(self, what: str, told: Mapping[str, str]) -> _Answer:
        """An answer under a token; a token that has ended is renewed once."""
        refused = ""
        for _ in range(2):
            token, why = self._tokens.current(refused)
            if not token:
                break
            answer, why = self._post(what, told, {"authorization": token, "x-app-key": self._said.app_key})
            if why != "HTTP 401":
                return {"statusMessage": why} if why else answer
            refused = token
        return {"statusMessage": why}

    def _new_token(self, refresh: str) -> _Answer:
        told = {"app_key": self._said.app_key, "app_secret": self._said.app_secret.get_secret_value()}
        who = {"username": self._said.username, "password": self._said.password.get_secret_value()}
        if refresh:
            answer, why = self._post("token/refresh", told | {"refresh_token": refresh}, who)
        else:
            answer, why = self._post("token/grant", told, who)
        return {"statusMessage": why} if why else answer

    def _post(self, what: str, told: Mapping[str, str], headers: Mapping[str, str]) -> tuple[_Answer, str]:
        url = f"{self._said.url.rstrip('/')}/tokenized/checkout/{what}"
        kind = {"Content-Type": "application/json", "Accept": "application/json"}
        return self._road.ask(url, json.dumps(told).encode(), {**kind, **headers})


def _is_well(answer: _Answer) -> bool:
    return answer.get("statusCode") == _WELL


def _why(answer: _Answer) -> str:
    """Why bKash did not do it, in its own words where it gave any."""
    return text_of(answer, "statusMessage") or text_of(answer, "errorMessage") or "bKash gives no reason"


def _seconds(lasts_s: object) -> float:
    """How long a token lasts; not at all, if that cannot be read."""
    try:
        return float(str(lasts_s))
    except ValueError:
        return 0.0


def _word(ref: str, answer: _Answer) -> Word:
    """bKash's word on the payment that it was asked about."""
    if not _is_well(answer):
        return Word(Said.NOTHING, why=_why(answer))
    said = _SAID.get(text_of(answer, "transactionStatus"))
    if said is None or answer.get("paymentID") != ref:
        return Word(Said.NOTHING, why="the answer names no status, or another payment")
    ours = text_of(answer, "merchantInvoice") or text_of(answer, "merchantInvoiceNumber")
    if said is not Said.PAID:
        return Word(said, ours)
    paid_poisha, trx_id = poisha(answer.get("amount")), text_of(answer, "trxID")
    if not paid_poisha or paid_poisha < 0 or not trx_id:
        return Word(Said.NOTHING, why="paid, and no amount or no transaction is named")
    paid_at = _instant(text_of(answer, "paymentExecuteTime"))
    return Word(said, ours, paid_poisha, text_of(answer, "currency"), trx_id, paid_at=paid_at)


def _given(answer: _Answer, amount_poisha: int) -> GivenBack:
    """A refund that bKash names. Another amount is nobody's wish: it stays open until a person has looked."""
    if poisha(answer.get("amount")) != amount_poisha:
        return GivenBack(done=False, why="bKash names a refund of another amount: look at its portal")
    done = answer.get("transactionStatus") == "Completed"
    return GivenBack(done=done, why="" if done else "the refund is under way at bKash")


def _given_before(answer: _Answer, asked: Handle, amount_poisha: int) -> GivenBack:
    """A refund found where one may have been asked for: ours, unless others were done of the same payment."""
    if asked.returned_poisha:
        return GivenBack(done=False, why="bKash names one refund of several: look at its portal")
    return _given(answer, amount_poisha)


def _instant(text: str) -> datetime | None:
    """An instant as bKash writes it: ``2026-11-22T10:05:31:000 GMT+0600``; None if it is none."""
    try:
        return datetime.strptime(text, _TIME)  # noqa: DTZ007  its %z is behind the GMT
    except ValueError:
        return None
