"""The index of place names: which words of an address name which places.

Names are looked up, never scanned: every run of up to ``_LONGEST`` words is one look-up by its plain form and one by
its sound. Only a long word that neither finds is compared with the names that begin with the same letter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import reduce
from itertools import accumulate

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from post_logistics.network.places import Place
from post_logistics.network.text import Token, glue, plain, sound_of_word, word_set


class Match(IntEnum):
    """How well the words fit the name."""

    MISSPELT = 1
    SOUND = 2
    EXACT = 3


class Use(IntEnum):
    """What the name is there for."""

    NAME = 1
    """Part of the name of a firm or a house: Uttara Bank."""
    ROAD = 2
    """A road, named after where it leads: Natore Road."""
    PLACE = 3


@dataclass(frozen=True, slots=True)
class Mention:
    """Some words of an address and the places they may mean."""

    first: int
    """Index of the first token."""
    after: int
    """Index after the last token."""
    words: str
    """As written."""
    use: Use
    match: Match
    places: tuple[Place, ...]


Words = tuple[str, ...]
"""A name as plain words."""

_LONGEST = 7
"""Words in the longest name looked up; initials count as words: D I T Road Extension."""
_SOUND_LETTERS = 4
"""Keys shorter than this fit too many names by chance."""
_MISSPELT_LETTERS = 5
"""Shorter words are not guessed at, and a guess has one letter more at least."""
_LONG_LETTERS = 11
"""From here on two slips of the pen are allowed, below only one."""
_ROAD_WORDS = word_set("road lane street avenue sarani sarak highway bypass goli গলি")
_FIRM_WORDS = word_set(
    """bank ব্যাংক pharmacy ফার্মেসি ফার্মেসী store stores স্টোর hospital হাসপাতাল clinic ক্লিনিক school স্কুল college কলেজ
    university motors ltd limited লিমিটেড hotel হোটেল restaurant enterprise এন্টারপ্রাইজ traders ট্রেডার্স fashion ফ্যাশন
    bakery বেকারি sweets electronics ইলেকট্রনিক্স medical মেডিকেল dental house bhaban ভবন villa ভিলা tower টাওয়ার plaza
    প্লাজা manzil মঞ্জিল garments textile textiles insurance travels"""
)
_NUMBERED_PARTS = word_set("road sector section sec block")
_COMMON_WORDS = _FIRM_WORDS | word_set(
    """holding floor number block section sector market bazar building apartment center centre complex garden mosque
    masjid mosjid office branch shopping super company bangladesh district upazila village post north south east west
    middle station model town residential area commercial housing society colony police medicine road lane avenue
    street near beside behind opposite front first second third ground level suite general corner diagnostic central
    mor gate circle chattar stand bus square point madrasa madrasah mazar math field park lake club church bridge bari
    para ghat quarter new old কমপ্লেক্স সেন্টার মসজিদ বাংলাদেশ মেডিসিন কোম্পানি ফ্যাক্টরী কেমিক্যাল প্রোডাক্টস ডেন্টাল শপিং সুপার দোকান
    গ্রাম পোস্ট কর্নার মাদ্রাসা মাজার মাঠ পার্ক লেক ক্লাব গির্জা ব্রিজ পাড়া ঘাট কোয়ার্টার নতুন পুরান"""
)
"""What addresses say beside names: alone they name nothing and are never guessed at."""


class Lexicon:
    """All places by the ways to write them. Building takes a moment; afterwards it only reads.

    A name that ends or begins with the name of what the place lies in (``Station Road Tongi``, ``Uttara Sector 7``) may
    also be written in two: the rest of it (``Station Road``, ``Sector 7``) counts where the other is named as well. A
    numbered part alone never counts without something around it.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._exact: dict[str, dict[str, Place]] = {}
        self._sounds: dict[str, dict[str, Place]] = {}
        self._only_within: dict[tuple[str, str], set[str]] = {}
        """For a key and a place: the places of which one must be named too. Missing where none need be."""
        by_id = {place.place_id: place for place in places}
        self._implied = {place.place_id: frozenset(_implied(place, by_id)) for place in places}
        """For a place: itself and the places it lies in, up to the thana, which naming it names too."""
        names = {place.place_id: _names(place) for place in places}
        for place in places:
            for name in names[place.place_id]:
                if is_numbered_part(name):
                    for container in _containers(place, by_id):
                        self._enter(name, place, container.place_id)
                else:
                    self._enter(name, place, None)
        for place in places:
            if place.kind in {"area", "road", "landmark"}:
                for rest, outer in _in_two(place, names, by_id):
                    self._enter(rest, place, outer)
        self._by_initial: dict[str, list[str]] = {}
        for key in self._exact:
            if len(key) > _MISSPELT_LETTERS and not any(c.isdigit() for c in key):
                self._by_initial.setdefault(key[0], []).append(key)

    def _enter(self, name: Words, place: Place, container: str | None) -> None:
        """Make the place found by the name; with a container, only where that is named too."""
        heard = reduce(glue, map(sound_of_word, name))
        for index, key in ((self._exact, reduce(glue, name)), (self._sounds, heard)):
            if index is self._sounds and len(key) < _SOUND_LETTERS:
                continue
            known = index.setdefault(key, {})
            is_new = place.place_id not in known
            known[place.place_id] = place
            if container is not None and (is_new or (key, place.place_id) in self._only_within):
                self._only_within.setdefault((key, place.place_id), set()).add(container)

    def mentions(self, tidied: str, words: Sequence[Token]) -> list[Mention]:
        """The places named, in the order of the words and without overlap; the longest name wins."""
        spelt = [token.text for token in words]
        heard = [sound_of_word(word) for word in spelt]
        found: list[tuple[str, Mention]] = []
        at = 0
        while at < len(words):
            longest = self._longest(words, spelt, heard, at)
            if longest is not None:
                after, match, key = longest
                places = (self._exact if match is Match.EXACT else self._sounds)[key]
                found.append((key, _mention(tidied, words, range(at, after), match, tuple(places.values()))))
            at = longest[0] if longest is not None else at + 1
        return list(self._complete(found))

    def misspelt(self, tidied: str, words: Sequence[Token], known: Sequence[Mention]) -> list[Mention]:
        """Mentions guessed from long words that name nothing as they stand, with a slip of the pen or two."""
        taken = {index for mention in known for index in range(mention.first, mention.after)}
        found: list[Mention] = []
        for at, token in enumerate(words):
            if at in taken or len(token.text) < _MISSPELT_LETTERS or token.text in _COMMON_WORDS:
                continue
            places = self._nearly(token.text)
            if places:
                found.append(_mention(tidied, words, range(at, at + 1), Match.MISSPELT, places))
        return found

    def _longest(
        self, words: Sequence[Token], spelt: list[str], heard: list[str], first: int
    ) -> tuple[int, Match, str] | None:
        """Where the longest name that begins at this word ends, how it fits and its key; inside one part only."""
        last = first
        while last < min(len(words), first + _LONGEST) and words[last].part == words[first].part:
            last += 1
        keys = list(zip(accumulate(spelt[first:last], glue), accumulate(heard[first:last], glue), strict=True))
        for after in range(last, first, -1):
            as_written, as_heard = keys[after - first - 1]
            if after - first == 1 and as_written in _COMMON_WORDS:
                return None
            if as_written in self._exact:
                return after, Match.EXACT, as_written
            if as_heard in self._sounds:
                return after, Match.SOUND, as_heard
        return None

    def _complete(self, found: Sequence[tuple[str, Mention]]) -> Iterator[Mention]:
        """The mentions without those places that count only where another is named which is not."""
        for key, mention in found:
            others = (other.places for _, other in found if other is not mention)
            named = set[str]().union(*(self._implied[place.place_id] for places in others for place in places))
            places = tuple(
                place
                for place in mention.places
                if not (needed := self._only_within.get((key, place.place_id))) or not needed.isdisjoint(named)
            )
            if places:
                yield mention if len(places) == len(mention.places) else replace(mention, places=places)

    def _nearly(self, word: str) -> tuple[Place, ...]:
        allowed = 2 if len(word) >= _LONG_LETTERS else 1
        names = self._by_initial.get(word[0], ())
        near = extract(word, names, scorer=OSA.distance, score_cutoff=allowed, processor=None, limit=4)
        return tuple(
            place
            for name, slips, _ in near
            if slips == near[0][1]
            for place in self._exact[name].values()
            if (name, place.place_id) not in self._only_within
        )


def _names(place: Place) -> list[Words]:
    """Every way to write the place."""
    written = (plain(name).split() for name in (place.name_en, place.name_bn, *place.spellings))
    return [tuple(words) for words in written if words]


def _in_two(
    place: Place, names: Mapping[str, Sequence[Words]], by_id: Mapping[str, Place]
) -> Iterator[tuple[Words, str]]:
    """What is left of the place's names without the name of a place it lies in, and the ``place_id`` of that."""
    containers = list(_containers(place, by_id))
    outer_names = {outer for container in containers for outer in names[container.place_id]}
    for container in containers:
        for name in names[place.place_id]:
            for outer in names[container.place_id]:
                rest = _rest(name, outer, may_lead=container.kind != "district")
                if rest and rest not in outer_names and _tells_enough(rest):
                    yield rest, container.place_id


def _containers(place: Place, by_id: Mapping[str, Place]) -> Iterator[Place]:
    container = by_id.get(place.within)
    while container is not None:
        yield container
        container = by_id.get(container.within)


def _implied(place: Place, by_id: Mapping[str, Place]) -> Iterator[str]:
    """Whoever names Mirpur 10 need not name Mirpur as well; a thana or a district is too large to be implied."""
    yield place.place_id
    yield from (one.place_id for one in _containers(place, by_id) if one.kind not in {"thana", "district"})


def _rest(name: Words, outer: Words, *, may_lead: bool) -> Words:
    """The name without the outer one at its end or, if that may lead, at its beginning; empty if it has neither."""
    if name[-len(outer) :] == outer:
        return name[: -len(outer)]
    return name[len(outer) :] if may_lead and name[: len(outer)] == outer else ()


def is_numbered_part(name: Sequence[str]) -> bool:
    """True for ``sector 7``, ``block c`` or ``road 9 a``: there are several of each in the city."""
    return name[0] in _NUMBERED_PARTS and 1 < len(name) <= 3 and all(len(word) <= 2 for word in name[1:])


def _tells_enough(rest: Words) -> bool:
    """True for a numbered part and for a name of its own; not for ``bazar``, ``5`` or ``r a``."""
    return is_numbered_part(rest) or any(
        len(word) > 2 and not word.isdigit() and word not in _COMMON_WORDS for word in rest
    )


def _mention(tidied: str, words: Sequence[Token], indices: range, match: Match, places: tuple[Place, ...]) -> Mention:
    first, after = indices.start, indices.stop
    written = tidied[words[first].start : words[after - 1].end]
    return Mention(first, after, written, _use(words, first, after), match, places)


def _use(words: Sequence[Token], first: int, after: int) -> Use:
    """What the name before ``after`` is there for; `Uttara Road 5` and `Uttara House 5` are in Uttara.

    A name that ends as firms do is already the firm: `Mugda Medical College Hospital`.
    """
    following = [token.text for token in words[after : after + 2] if token.part == words[first].part]
    if not following or following[-1].isdigit():
        return Use.PLACE
    if following[0] in _ROAD_WORDS:
        return Use.ROAD
    is_firm = following[0] in _FIRM_WORDS and words[after - 1].text not in _FIRM_WORDS
    return Use.NAME if is_firm else Use.PLACE
