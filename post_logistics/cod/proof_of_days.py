"""The proof of sealed days: every hash and every balance kept at a seal is worked out again from the transfers.

It shares no code with what seals, and has the format of the hash written down here a second time, in another language.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from post_logistics.cod.proof import Check, Movement, Tally

_DHAKA = ZoneInfo("Asia/Dhaka")
_as_json = json.JSONEncoder(ensure_ascii=False).encode


class Day(Protocol):
    """What the proof reads of a sealed day."""

    @property
    def on_day(self) -> date: ...
    @property
    def transfers(self) -> int: ...
    @property
    def moved_poisha(self) -> int: ...
    @property
    def previous_hash(self) -> str: ...
    @property
    def hash(self) -> str: ...


class Kept(Protocol):
    """What was written down, when a day was sealed, of an account that had moved on it; debit positive."""

    @property
    def on_day(self) -> date: ...
    @property
    def account(self) -> str: ...
    @property
    def balance_poisha(self) -> int: ...


class ProofOfDays:
    """The proof of sealed days, oldest first, with the balances kept of them in the order of the days.

    Transfers are taken in the order of their instants and ids; of the days that are not sealed nothing is said.
    """

    def __init__(self, days: Iterable[Day], kept: Iterable[Kept]) -> None:
        self._days = iter(days)
        self._kept = iter(kept)
        self._next_kept = next(self._kept, None)
        self._chain = Tally("every_sealed_day_has_its_hash")
        self._balances = Tally("every_kept_balance_is_the_sum_of_all_before")
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._hash = "0" * 64
        self._before: date | None = None
        self._day: Day | None = None
        self._turn()

    def _turn(self) -> None:
        """On to the next sealed day."""
        self._day = next(self._days, None)
        self._count, self._moved_poisha = 0, 0
        self._together = hashlib.sha256()
        self._touched: set[str] = set()

    def take(self, each: Movement) -> None:
        """One more transfer, not earlier than the last."""
        if each.at < self._latest:
            raise ValueError("the proof of sealed days reads transfers in the order of their instants")
        self._latest = each.at
        if self._day is not None:
            self._into_its_day(each)
        self._sums[each.debit] += each.amount_poisha
        self._sums[each.credit] -= each.amount_poisha

    def _into_its_day(self, each: Movement) -> None:
        local_day = each.at.astimezone(_DHAKA).date()
        while self._day is not None and self._day.on_day < local_day:
            self._close(self._day)
        if self._day is None:
            return
        if self._day.on_day > local_day:
            self._chain.wrong(f"{each.transfer_id}: posted on {local_day}, a day that no seal names")
        self._count += 1
        self._moved_poisha += each.amount_poisha
        self._together.update(hashlib.sha256(_written(each).encode()).digest())
        self._touched.add(each.debit)
        self._touched.add(each.credit)

    def _close(self, day: Day) -> None:
        self._chain.checked += 1
        if self._before is not None and day.on_day != self._before + timedelta(days=1):
            self._chain.wrong(f"{day.on_day}: the sealed day before it is {self._before}")
        self._before = day.on_day
        if day.previous_hash != self._hash:
            self._chain.wrong(f"{day.on_day}: does not name the hash of the day before")
        if (day.transfers, day.moved_poisha) != (self._count, self._moved_poisha):
            self._chain.wrong(
                f"{day.on_day}: sealed with {day.transfers} transfers of {day.moved_poisha} poisha, "
                f"the books have {self._count} of {self._moved_poisha}"
            )
        said = [day.previous_hash, f"{day.on_day}", self._count, self._moved_poisha, self._together.hexdigest()]
        if day.hash != hashlib.sha256(json.dumps(said).encode()).hexdigest():
            self._chain.wrong(f"{day.on_day}: its transfers are not those that were sealed")
        self._hash = day.hash
        self._compare(day.on_day)
        self._turn()

    def _compare(self, on_day: date) -> None:
        missing = self._touched
        for kept in self._kept_through(on_day):
            self._balances.checked += 1
            missing.discard(kept.account)
            if kept.on_day != on_day or kept.balance_poisha != self._sums[kept.account]:
                self._balances.wrong(
                    f"{kept.account}: kept at {kept.balance_poisha} poisha on {kept.on_day}, "
                    f"the transfers make {self._sums[kept.account]}"
                )
        for account in sorted(missing):
            self._balances.wrong(f"{account}: moved on {on_day}, and no balance was kept")

    def _kept_through(self, on_day: date) -> Iterator[Kept]:
        while self._next_kept is not None and self._next_kept.on_day <= on_day:
            yield self._next_kept
            self._next_kept = next(self._kept, None)

    def checks(self) -> tuple[Check, ...]:
        """Both checks, once every transfer has been taken."""
        while self._day is not None:
            self._close(self._day)
        return self._chain.done(), self._balances.done()


def _written(each: Movement) -> str:
    """A transfer as the hash of its day has it."""
    at = each.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    reverses = str(each.reverses) if each.reverses else None
    what = (str(each.transfer_id), each.code, each.debit, each.credit, each.amount_poisha)
    return _as_json([*what, at, each.item_number, each.cause, reverses])
