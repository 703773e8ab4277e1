"""Item numbers after UPU S10: ``AA NNNNNNNN C CC``, and the order in which a range of them is handed out.

Numbers are public and printed on every parcel. Handed out one after another they would tell anybody the next
parcel's number and how much a merchant sells, so a range is handed out in a permutation only the holder of the key
can follow. Storage keeps one counter per range, hands out every index once and never sets it back: a serial therefore
comes round again only when a whole range is allotted anew, which `free_again_on` allows after 24 months.

A permutation hides the order, not the membership: whoever knows a range can still draw a number from it, so nothing
personal may hang on knowing one.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import blake2b
from math import isqrt

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.units import ItemNumber, latin_digits

WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
"""One per digit of the serial (UPU S10)."""
SERIALS = 100_000_000
"""Serials of one service indicator: 00000000 to 99999999."""
REUSE_MONTHS = 24
"""For this long after its last use a number may not name another item (we take S10's term for domestic items too)."""

_INDICATOR = re.compile(r"[A-Z]{2}")
_NUMBER = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015]+")
_ROUNDS = 10
"""As many as FF1 of NIST SP 800-38G, which is built likewise."""


def check_digit(serial: int) -> int:
    """The check digit of a serial: 11 - S mod 11 over the weighted digits, where 10 becomes 0 and 11 becomes 5.

    Two remainders give 5, so about one wrong digit in fifty goes unseen: a good check digit is no proof that a number
    was ever issued.
    """
    if not 0 <= serial < SERIALS:
        raise Unacceptable("a serial has eight digits", field="serial", remedy="use 0 to 99999999")
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, f"{serial:08d}", strict=True))
    digit = 11 - total % 11
    return {10: 0, 11: 5}.get(digit, digit)


def item_number(indicator: str, serial: int, country: str = "BD") -> ItemNumber:
    """The thirteen characters that name an item, e.g. ``DP473124829BD``."""
    if not (_INDICATOR.fullmatch(indicator) and _INDICATOR.fullmatch(country)):
        raise Unacceptable(
            "service indicator and country are two capital letters each", field="indicator", remedy="e.g. DP and BD"
        )
    return ItemNumber(f"{indicator}{serial:08d}{check_digit(serial)}{country}")


def parse_item_number(text: str) -> ItemNumber:
    """The item number a person or a scanner wrote, in whichever case, digits and spacing.

    A number that does not check is refused without saying which digit would: that would help a guesser and tempt a
    clerk to correct the wrong character.
    """
    compact = _BETWEEN.sub("", latin_digits(text)).upper()
    if len(compact) != 13:
        raise Unacceptable(
            f"an item number has 13 characters, this has {len(compact)}",
            field="item_number",
            remedy="copy the whole number from the label: two letters, nine digits, two letters",
        )
    parts = _NUMBER.fullmatch(compact)
    if parts is None:
        raise Unacceptable(
            "an item number is two letters, nine digits and two letters",
            field="item_number",
            remedy="look for O and 0, I and 1 exchanged, or scan the bar code",
        )
    if check_digit(int(parts[2])) != int(parts[3]):
        raise Unacceptable(
            "the check digit does not fit: at least one character is wrong",
            field="item_number",
            remedy="read the number again from the label, or scan the bar code",
        )
    return ItemNumber(compact)


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Serials of one indicator, both ends included, allotted to one office or merchant so that it can print offline."""

    indicator: str
    first_serial: int
    last_serial: int
    allotted_to: str

    def __post_init__(self) -> None:
        if not _INDICATOR.fullmatch(self.indicator):
            raise Unacceptable("a service indicator is two capital letters", field="indicator", remedy="e.g. DP")
        if not 0 <= self.first_serial <= self.last_serial < SERIALS:
            raise Unacceptable(
                "a range runs upwards between 0 and 99999999",
                field="first_serial",
                remedy="exchange or correct the two ends",
            )

    @property
    def size(self) -> int:
        """How many numbers the range holds."""
        return self.last_serial - self.first_serial + 1


def serial_at(number_range: NumberRange, index: int, key: bytes) -> int:
    """The serial handed out at an index of the range, counted from 0."""
    return serials_at(number_range, index, 1, key)[0]


def serials_at(number_range: NumberRange, start: int, count: int, key: bytes) -> list[int]:
    """The serials handed out at ``count`` indexes from ``start``: all different, all inside the range.

    Same range and key, same serials. Conflict when the range does not hold as many.
    """
    if start < 0 or count < 0:
        raise Unacceptable("an index is counted from 0", field="index")
    if not key:
        raise Unacceptable("the key of the numbers is empty", field="number_key", remedy="set it to a long random text")
    if start + count > number_range.size:
        raise Conflict(
            f"the range of {number_range.allotted_to} has {number_range.size - start} numbers left, not {count}",
            field="first_serial",
            remedy="allot another range",
        )
    side = isqrt(number_range.size - 1) + 1
    rounds = _round_functions(number_range, side, key)
    return [
        number_range.first_serial + _place_of(index, number_range.size, side, rounds)
        for index in range(start, start + count)
    ]


def _place_of(index: int, size: int, side: int, rounds: list[Callable[[int], int]]) -> int:
    """Where a keyed permutation of 0..size-1 puts an index.

    A balanced Feistel network permutes the smallest square (``side`` squared) that holds the range; a result outside
    the range is put through again until it falls inside (cycle walking), which keeps it a permutation of the range.
    """
    place = index
    while True:
        left, right = divmod(place, side)
        for mixed in rounds:
            left, right = right, (left + mixed(right)) % side
        place = left * side + right
        if place < size:
            return place


def _round_functions(number_range: NumberRange, side: int, key: bytes) -> list[Callable[[int], int]]:
    """One keyed function 0..side-1 -> 0..side-1 per round; each remembers its values, so a batch hashes little."""
    identity = f"{number_range.indicator} {number_range.first_serial} {number_range.last_serial}"
    range_key = hmac.digest(key, identity.encode(), "sha256")

    def round_function(number: int) -> Callable[[int], int]:
        @cache
        def mixed(half: int) -> int:
            digest = blake2b(half.to_bytes(4, "big"), digest_size=8, key=range_key, salt=bytes([number])).digest()
            return int.from_bytes(digest, "big") % side

        return mixed

    return [round_function(number) for number in range(_ROUNDS)]


def free_again_on(last_used_on: date) -> date:
    """The first day on which a range may be allotted anew: 24 months after any of its numbers was last on an item.

    The 29th of February becomes the 1st of March: rather a day late than a day early.
    """
    year, month = divmod(last_used_on.year * 12 + last_used_on.month - 1 + REUSE_MONTHS, 12)
    try:
        return date(year, month + 1, last_used_on.day)
    except ValueError:
        return date(year, month + 2, 1)
