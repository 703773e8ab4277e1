"""What people taught us about addresses: this phrase means that office. Nothing is forgotten, everything reversible."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from post_logistics.network.text import plain
from post_logistics.network.wording import HOUSE_WORDS
from post_logistics.units import Postcode

CONFIRMATIONS = 2
"""So many different people must say the same before it is used: one alone may be mistaken, or mean harm."""
_SHORTEST = 3
LONGEST_PHRASE = 12
"""Words of the longest phrase that is looked up inside an address."""

Learned = Mapping[str, Postcode]
"""Phrases in use, as `phrase_of` writes them, with the office each means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Somebody says what a phrase means, or takes back what was said before."""

    correction_id: UUID
    phrase: str
    postcode: Postcode
    said_by: str
    """Who: ``merchant:aarong``, ``office:1216``, ``post``."""
    said_at: datetime
    withdraws: UUID | None = None
    """The correction taken back, with the same phrase and postcode."""


def phrase_of(text: str) -> str:
    """The words of an address that tell where it is, in one form: no numbers, and no house, flat, road or floor.

    ``House 5, Road 3, Kabir Nagar, Mirpur-12`` is ``kabir nagar mirpur``.
    """
    return " ".join(word for word in plain(text).split() if tells(word))


def learned(corrections: Iterable[Correction]) -> dict[str, Postcode]:
    """The phrases confirmed by `CONFIRMATIONS` people and more than any other meaning of the same phrase."""
    said = {one.correction_id: one for one in corrections}
    for one in list(said.values()):
        if one.withdraws is not None:
            said.pop(one.withdraws, None)
            said.pop(one.correction_id)
    people: dict[str, dict[Postcode, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in said.values():
        people[one.phrase][one.postcode].add(one.said_by)
    found = {}
    for phrase, meanings in people.items():
        ranked = sorted((len(who), postcode) for postcode, who in meanings.items())
        most, postcode = ranked[-1]
        if most >= CONFIRMATIONS and (len(ranked) == 1 or ranked[-2][0] < most):
            found[phrase] = postcode
    return found


def learned_phrase(words: Sequence[str], known: Learned) -> str | None:
    """The longest phrase in use that the words of an address contain, the last of equals; None if they contain none."""
    if not known:
        return None
    telling = [word for word in words if tells(word)]
    for length in range(min(len(telling), LONGEST_PHRASE), 0, -1):
        for first in range(len(telling) - length, -1, -1):
            phrase = " ".join(telling[first : first + length])
            if phrase in known:
                return phrase
    return None


def tells(word: str) -> bool:
    """True for a word that may tell a place: no number, no word of one or two letters, no house or road."""
    return not word[0].isdigit() and len(word) >= _SHORTEST and word not in HOUSE_WORDS
