"""A provider made of files, for development and training: no network, and no money."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from re import fullmatch
from typing import Any

from post_logistics.channels.payments.asking import named_in
from post_logistics.channels.payments.port import Call, DailyFile, FileLine, GivenBack, Handle, Offer, Wanted
from post_logistics.cod.payments import CURRENCY, Said, Word
from post_logistics.units import DHAKA, taka_plain


@dataclass(frozen=True, slots=True)
class PracticePayments:
    """A file for each payment in a folder; `pay` is what a payer does on a provider's page."""

    folder: Path
    name: str = "practice"

    def offer(self, wanted: Wanted) -> Offer:
        """A page that is none, and a QR text; kept as a file until `pay` is called."""
        found = self._read(wanted.payment_id)
        if found is None:
            self._write(wanted.payment_id, {"amount_poisha": wanted.amount_poisha, "paid_poisha": 0, "refunds": {}})
        ref = f"PR-{wanted.payment_id}"
        url = f"https://practice.invalid/{wanted.payment_id}"
        return Offer(url, f"{url}?amount={taka_plain(wanted.amount_poisha)}&currency={CURRENCY}", ref)

    def pay(self, payment_id: str, at: datetime, amount_poisha: int | None = None, *, currency: str = CURRENCY) -> bool:
        """Pays as a recipient would: what was asked, unless told otherwise; False if nothing of the kind was asked."""
        found = self._read(payment_id)
        if found is None:
            return False
        paid = found["amount_poisha"] if amount_poisha is None else amount_poisha
        told = {"paid_poisha": found["paid_poisha"] + paid, "currency": currency, "paid_at": at.isoformat()}
        self._write(payment_id, found | told)
        return True

    def fail(self, payment_id: str) -> bool:
        """Lets the payment fail, as a wallet without money would."""
        found = self._read(payment_id)
        if found is not None:
            self._write(payment_id, found | {"failed": True})
        return found is not None

    def status(self, asked: Handle) -> Word:
        """What the file says."""
        return self._word(asked.payment_id)

    def _word(self, payment_id: str) -> Word:
        found = self._read(payment_id)
        if found is None:
            return Word(Said.NOTHING, why="the provider knows no such payment")
        ref = f"PR-{payment_id}"
        if found["paid_poisha"]:
            paid_at = datetime.fromisoformat(found["paid_at"])
            return Word(Said.PAID, payment_id, found["paid_poisha"], found["currency"], ref, paid_at=paid_at)
        return Word(Said.FAILED if found.get("failed") else Said.WAITING, payment_id, provider_ref=ref)

    def give_back(self, asked: Handle, refund_id: str, amount_poisha: int) -> GivenBack:
        """Writes the refund into the file; refused for more than was paid."""
        found = self._read(asked.payment_id)
        if found is None:
            return GivenBack(done=False, refused=True, why="the provider knows no such payment")
        refunds = found["refunds"] | {refund_id: amount_poisha}
        if sum(refunds.values()) > found["paid_poisha"]:
            return GivenBack(done=False, refused=True, why="more than was paid")
        self._write(asked.payment_id, found | {"refunds": refunds})
        return GivenBack(done=True)

    def called(self, call: Call) -> str | None:
        """The payment that is named, as `HostedPayments` would be told."""
        return named_in(call, "payment_id")

    def daily_file(self, on: date) -> DailyFile | None:
        """What the files say was paid on that day."""
        lines = (self._line(path.stem) for path in sorted(self.folder.glob("*.json")))
        paid = (one for one in lines if one and one.paid_at and one.paid_at.astimezone(DHAKA).date() == on)
        return DailyFile(tuple(paid))

    def _line(self, payment_id: str) -> FileLine | None:
        word = self._word(payment_id)
        if word.said is not Said.PAID:
            return None
        return FileLine(payment_id, word.provider_ref, word.paid_poisha, 0, word.currency, word.paid_at)

    def _path(self, payment_id: str) -> Path:
        if not fullmatch(r"[A-Za-z0-9-]{1,60}", payment_id):
            raise ValueError(f"{payment_id!r} cannot name a payment")
        return self.folder / f"{payment_id}.json"

    def _read(self, payment_id: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(self._path(payment_id).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def _write(self, payment_id: str, found: Mapping[str, Any]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._path(payment_id).with_suffix(".new")
        new.write_text(json.dumps(found), encoding="utf-8")
        new.replace(self._path(payment_id))
