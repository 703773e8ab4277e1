"""The chain of sealed days: what a day's transfers were cannot be changed later without every later hash telling.

A day's hash is over the hash of the day before, the date, how many transfers there were and what they moved, and the
hash of all of them in the order of their instants and ids. Anyone who has the transfers can work it out again.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

FIRST: Final = "0" * 64
"""What the first day of the books names as the day before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDay:
    """A day that takes no transfer more. ``moved_poisha``: the sum of its amounts; hashes are SHA-256 in hex."""

    on_day: date
    transfers: int
    moved_poisha: int
    previous_hash: str
    hash: str
    sealed_at: datetime


def day_hash(previous_hash: str, on_day: date, transfers: int, moved_poisha: int, transfers_hash: str) -> str:
    """The hash of a day that follows on another."""
    said = json.dumps([previous_hash, on_day.isoformat(), transfers, moved_poisha, transfers_hash])
    return hashlib.sha256(said.encode()).hexdigest()
