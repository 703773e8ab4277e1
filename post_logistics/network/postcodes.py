"""The postcode an address states: a four-digit number standing where postcodes stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from post_logistics.network.lexicon import Mention
from post_logistics.network.text import Token, word_set
from post_logistics.network.wording import Use

_LENGTH = 4
_ZONE_DIGITS = 2
_SAYS_POSTCODE = word_set("postcode post postal code zip po gpo পোস্টকোড কোড পোস্ট জিপিও ডাকঘর")
_SAYS_OTHER_NUMBER = word_set(
    """house holding plot road flat shop room floor level block sector section sec lane line avenue box suite apartment
    apt ward phone mobile cell tel call contact unit building street id pin khatian dag দোকান রুম ফোন মোবাইল ওয়ার্ড"""
)
_NUMBER_BEFORE = re.compile(r"(?:/|\d-)$")
_NUMBER_AFTER = re.compile(r"/|-\w{1,2}\b")
_COUNTRY = word_set("bangladesh bd বাংলাদেশ")


@dataclass(frozen=True, slots=True)
class Stated:
    """A number that stands where postcodes stand. Whether an office delivers for it is another question."""

    postcode: str
    words: str
    """As written, with what it follows."""
    in_field: bool = False
    """Given in a field of its own, not in the text: chosen on purpose."""


def stated_postcode(tidied: str, words: Sequence[Token], mentions: Sequence[Mention]) -> Stated | None:
    """The last postcode the address states, or None.

    It follows the word postcode, or a district; or it closes an address, or its part of one, after another place or
    the country; or it stands before the district (``1216 Dhaka``). ``House 1216``, ``1216/A`` and ``1216 Mirpur Road``
    state none.
    """
    named = {index: mention for mention in mentions for index in range(mention.first, mention.after)}
    for at in range(len(words) - 1, 0, -1):
        if _four_digits(tidied, words[at]) and _in_postcode_place(words, named, at):
            return Stated(words[at].text, tidied[words[at - 1].start : words[at].end])
    return None


def old_zone(words: Sequence[Token], mentions: Sequence[Mention]) -> Stated | None:
    """The postcode that a zone number of old Dhaka addresses has become (``Dhaka-16`` is 1216), or None."""
    for mention in mentions:
        if _names_district(mention) and mention.places[0].postcode == "" and mention.after < len(words):
            number = words[mention.after]
            closes = mention.after + 1 == len(words) or words[mention.after + 1].part != number.part
            if number.text.isdigit() and len(number.text) <= _ZONE_DIGITS and closes:
                return Stated(f"12{int(number.text):02}", f"{mention.words}-{number.text}")
    return None


def _four_digits(tidied: str, token: Token) -> bool:
    """True for a number of four digits that is no part of a house number such as 1216/A, 12-1216 or 1216-B."""
    if not token.text.isdigit() or not len(token.text) == token.end - token.start == _LENGTH:
        return False
    return not _NUMBER_BEFORE.search(tidied, 0, token.start) and not _NUMBER_AFTER.match(tidied, token.end)


def _in_postcode_place(words: Sequence[Token], named: dict[int, Mention], at: int) -> bool:
    before, here = words[at - 1], words[at]
    follows = words[at + 1] if at + 1 < len(words) else None
    joined = before.part == here.part
    if joined and before.text in _SAYS_OTHER_NUMBER:
        return False
    if before.text in _SAYS_POSTCODE or _names_district(named.get(at - 1)):
        return True
    leads_district = _names_district(named.get(at + 1))
    if follows is not None and follows.part == here.part and not leads_district and follows.text not in _COUNTRY:
        return False
    if joined:
        return before.text in _COUNTRY or at - 1 in named
    return any(at - 1 >= index for index in named) or (
        leads_district and follows is not None and follows.part == here.part
    )


def _names_district(mention: Mention | None) -> bool:
    return (
        mention is not None and mention.use is Use.PLACE and any(place.kind == "district" for place in mention.places)
    )
