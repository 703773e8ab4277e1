"""A provider with a payment page of its own, spoken to in a plain format of ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date
from typing import Any, Final

from post_logistics.channels.payments.asking import PUBLIC_ROAD, Road, instant, named_in, poisha
from post_logistics.channels.payments.port import Call, DailyFile, FileLine, GivenBack, Handle, Offer, Wanted
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.units import taka_plain

_SAID: Final = {"paid": Said.PAID, "waiting": Said.WAITING, "failed": Said.FAILED}
_FILE_BYTES: Final = 2**24


@dataclass(frozen=True, slots=True)
class HostedPayments:
    """``create``, ``get-status``, ``refund`` and ``daily-file`` under one address.

    Requests and answers are JSON; amounts are texts in taka. The address is checked as any that we call.
    """

    base_url: str
    key: str
    callback_url: str = ""
    name: str = "hosted"
    road: Road = PUBLIC_ROAD

    def offer(self, wanted: Wanted) -> Offer:
        """Where the provider lets the payer pay."""
        asked = {
            "payment_id": wanted.payment_id,
            "amount": taka_plain(wanted.amount_poisha),
            "currency": CURRENCY,
            "description": wanted.item_number,
            "expires_at": wanted.expires_at.astimezone(UTC).isoformat(),
            "callback_url": self.callback_url,
            "back_url": wanted.back_url,
        }
        answer, why = self._ask("create", asked)
        texts = [answer.get(field, "") for field in ("url", "qr", "provider_ref")]
        if why or not all(isinstance(text, str) and len(text) <= 2000 for text in texts) or not (texts[0] or texts[1]):
            return Offer(why=why or "the answer names nowhere to pay")
        if texts[0] and not self.road.is_page(texts[0]):
            return Offer(why="the answer names a page that is none, or one without https")
        return Offer(*texts)

    def status(self, asked: Handle) -> Word:
        """The provider's word, or that there was none that could be understood."""
        answer, why = self._ask("get-status", {"payment_id": asked.payment_id})
        said = _SAID.get(str(answer.get("status", "")))
        if why or said is None:
            return Word(Said.NOTHING, why=why or "the answer names no status")
        word = Word(
            said,
            payment_id=str(answer.get("payment_id", "")),
            currency=str(answer.get("currency", "")),
            provider_ref=str(answer.get("provider_ref", ""))[:200],
            why=str(answer.get("why", ""))[:200],
        )
        if said is not Said.PAID:
            return word
        paid_poisha = poisha(answer.get("amount"))
        if not paid_poisha or paid_poisha < 0 or not word.provider_ref:
            return Word(Said.NOTHING, why="paid, and no amount or no reference is named")
        return replace(word, paid_poisha=paid_poisha, paid_at=instant(answer.get("paid_at")))

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Asks the provider to give back; ``refund_id`` makes it once."""
        wish = {"payment_id": asked.payment_id, "refund_id": refund_id, "amount": taka_plain(amount_poisha)}
        answer, why = self._ask("refund", wish | {"currency": CURRENCY})
        status = answer.get("status")
        return GivenBack(
            done=status == "done", refused=status == "refused", why=why or str(answer.get("why", ""))[:200]
        )

    def called(self, call: Call) -> str | None:
        """The payment that the call names."""
        return named_in(call, "payment_id")

    def daily_file(self, on: date) -> DailyFile | None:
        """The lines of the day; none of them if one makes no sense."""
        answer, why = self._ask("daily-file", {"on": on.isoformat()}, read_bytes=_FILE_BYTES)
        rows = answer.get("lines")
        if why or not isinstance(rows, list):
            return DailyFile(why=why or "the answer has no lines")
        lines = tuple(line for line in map(_line, rows) if line is not None)
        return DailyFile(lines) if len(lines) == len(rows) else DailyFile(why="a line of the file makes no sense")

    def _ask(self, what: str, asked: Mapping[str, Any], *, read_bytes: int = 2**16) -> tuple[dict[str, Any], str]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        url = f"{self.base_url.rstrip('/')}/{what}"
        return self.road.ask(url, json.dumps(asked).encode(), headers, read_bytes=read_bytes)


def _line(row: object) -> FileLine | None:
    """A row of a daily file; None if it is none."""
    if not isinstance(row, dict):
        return None
    amount_poisha, fee_poisha = poisha(row.get("amount")), poisha(row.get("fee", "0"))
    texts = [str(row.get(field, ""))[:200] for field in ("payment_id", "provider_ref", "currency")]
    if amount_poisha is None or fee_poisha is None or not any(texts[:2]):
        return None
    return FileLine(texts[0], texts[1], amount_poisha, fee_poisha, texts[2], instant(row.get("paid_at")))
