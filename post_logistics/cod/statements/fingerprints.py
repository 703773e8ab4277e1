"""The id of a statement's line: the same row of the bank gets the same id in every file in which it appears.

The name of a line is the bank's own number where there is one, with amount and balance, since some banks book a payment
and its charge under one number; else day, amount, reference, description and balance. Lines that the bank itself does
not tell apart are counted: of two equal rows the second is the second in every file that holds them both.
"""

from collections.abc import Sequence
from hashlib import sha1
from itertools import repeat
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.columns import NO_AMOUNT, Lines, Texts, texts

_STATEMENTS = UUID("6c7d4a0e-6a1e-5a52-9a5e-1f4f0f5b8f1d")
_BETWEEN = "\x1f"
"""Stands in no cell: ``text_in`` leaves no control character."""


class Fingerprints:
    """Gives ids to the lines of one file, chunk by chunk; remembers eight bytes per line."""

    def __init__(self, source: str) -> None:
        self._prefix = uuid5(_STATEMENTS, source).bytes
        self._seen: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)

    def of(self, lines: Lines) -> tuple[Texts, NDArray[np.bool_]]:
        """The ids of the lines, and which are repetitions: a number of the bank's that the file had before."""
        amount = list(map(str, lines.amount_poisha.tolist()))
        balance = ["" if said == NO_AMOUNT else str(said) for said in lines.balance_poisha.tolist()]
        day = map(str, lines.booked_on.tolist())
        names = list(map(_BETWEEN.join, zip(repeat("row"), day, amount, lines.reference, lines.description, balance)))
        has_id = lines.bank_id.astype(bool)
        for at in np.flatnonzero(has_id).tolist():
            names[at] = _BETWEEN.join(("id", lines.bank_id[at], amount[at], balance[at]))
        digests = self._digests(names)
        before = self._times_before(np.frombuffer(digests, dtype="<u8")[::2])
        again = np.flatnonzero((before > 0) & ~has_id)
        if len(again):
            octets = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16).copy()
            numbered = self._digests([f"{names[at]}{_BETWEEN}{before[at] + 1}" for at in again.tolist()])
            octets[again] = np.frombuffer(numbered, dtype=np.uint8).reshape(-1, 16)
            digests = octets.tobytes()
        return _uuids(digests), (before > 0) & has_id

    def _digests(self, names: Sequence[str]) -> bytes:
        """The first 16 bytes of the SHA-1 of each name, one after the other."""
        prefix = self._prefix
        return b"".join([sha1(prefix + name.encode(), usedforsecurity=False).digest()[:16] for name in names])

    def _times_before(self, marks: NDArray[np.uint64]) -> NDArray[np.int64]:
        """How often each mark was there before, in this file."""
        order = np.argsort(marks, kind="stable")
        ordered = marks[order]
        first = np.searchsorted(ordered, ordered, side="left")
        before = np.empty(len(marks), dtype=np.int64)
        before[order] = np.arange(len(marks)) - first
        before += np.searchsorted(self._seen, marks, "right") - np.searchsorted(self._seen, marks, "left")
        self._seen = np.sort(np.concatenate([self._seen, marks]), kind="stable")
        return before


def _uuids(digests: bytes) -> Texts:
    """Version 5 UUIDs of the digests, 16 bytes each, as 32 hexadecimal digits (RFC 9562, 5.5)."""
    octets = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16).copy()
    octets[:, 6] = octets[:, 6] & 0x0F | 0x50
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    digits = octets.tobytes().hex()
    return texts(digits[at : at + 32] for at in range(0, len(digits), 32))
