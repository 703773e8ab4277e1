"""The index of place names: which words of an address name which places.

Names are looked up, never scanned: every run of up to ``_LONGEST`` words is one look-up by its plain form and one by
its sound. What neither finds is left to `slips`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from post_logistics.network.places import Place
from post_logistics.network.text import Token, glue, joined, plain_words, sound_of_word
from post_logistics.network.wording import COMMON_WORDS, REQUESTS, Use, is_numbered_part, use_of


class Match(IntEnum):
    """How well the words fit the name."""

    MISSPELT = 1
    SOUND = 2
    EXACT = 3


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
_Senses = list[tuple[Place, frozenset[str]]]
"""The places a name may mean, each with the places of which one must be named too; none need be if empty."""
_Named = Mapping[str, Sequence[tuple[int, int]]]
"""For a place: the words that name it, as first and after."""


class _Run(NamedTuple):
    """Words, up to ``after``, that are the key of a name."""

    after: int
    match: Match
    key: str


_LONGEST = 7
"""Words in the longest name looked up; initials count as words: D I T Road Extension."""
_SOUND_LETTERS = 5
"""Keys shorter than this fit too many names by chance."""
_ANYWHERE = frozenset[str]()
_SMALL = frozenset(("area", "road", "landmark"))
_LARGE = frozenset(("thana", "district"))


class Lexicon:
    """All places by the ways to write them. Building takes a moment; afterwards it only reads.

    A name that ends or begins with the name of what the place lies in (``Station Road Tongi``, ``Uttara Sector 7``) may
    also be written in two: the rest of it (``Station Road``, ``Sector 7``) counts where the other is named as well. A
    numbered part alone never counts without something around it, nor does a union: there are a dozen Durgapurs. What
    ends with its thana or district is found in two only, so that those count as named.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._exact: dict[str, _Senses] = {}
        self._sounds: dict[str, _Senses] = {}
        by_id = {place.place_id: place for place in places}
        names = {place.place_id: _names(place) for place in places}
        outer = cache(lambda place_id: _outer_names(place_id, names, by_id))
        self._by_id = by_id
        for place in places:
            in_two = list(_in_two(names[place.place_id], outer(place.within))) if place.kind in _SMALL else []
            for rest, _, container in in_two:
                self._enter(rest, place, container.place_id)
            told = {name for _, name, container in in_two if container.kind in _LARGE}
            for name in names[place.place_id]:
                if place.kind == "union":
                    if name not in names[place.within] and not is_numbered_part(name):
                        self._enter_union(name, place, by_id[place.within])
                elif is_numbered_part(name):
                    for container in _containers(place, by_id):
                        self._enter(name, place, container.place_id)
                elif name not in told:
                    self._enter(name, place, None)

    def _enter_union(self, name: Words, place: Place, thana: Place) -> None:
        """By its spelling a union is known in its thana and its district, by its sound only in its thana."""
        self._enter(name, place, thana.place_id)
        _note(self._exact, joined(name), place, thana.within)

    def _enter(self, name: Words, place: Place, container: str | None) -> None:
        """Make the place found by the name; with a container, only where that is named too."""
        _note(self._exact, joined(name), place, container)
        heard = joined([sound_of_word(word) for word in name])
        if len(heard) >= _SOUND_LETTERS:
            _note(self._sounds, heard, place, container)

    def spellings(self) -> Iterator[tuple[str, tuple[Place, ...], tuple[Place, ...]]]:
        """Every name as one word, with the places it means by itself and those it means only beside another name."""
        for key, senses in self._exact.items():
            alone = tuple(place for place, containers in senses if not containers)
            yield key, alone, tuple(place for place, containers in senses if containers)

    def mentions(self, tidied: str, words: Sequence[Token], supposed: Sequence[str] = ()) -> list[Mention]:
        """The places named, in the order of the words and without overlap; the longest name wins.

        ``supposed``: ids of places to be taken as named, though they are not.
        """
        spelt = [token.text for token in words]
        heard = [sound_of_word(word) for word in spelt]
        runs = [self._runs(words, spelt, heard, at) for at in range(len(words))]
        named: dict[str, list[tuple[int, int]]] = {place_id: [(-1, -1)] for place_id in supposed}
        for first, run, places in self._longest(runs, {}):
            for place in places:
                for place_id in _implied(place, self._by_id):
                    named.setdefault(place_id, []).append((first, run.after))
        return [
            mention(tidied, words, range(first, run.after), run.match, places)
            for first, run, places in self._longest(runs, named)
        ]

    def _runs(self, words: Sequence[Token], spelt: list[str], heard: list[str], first: int) -> list[_Run]:
        """All names that begin at this word, the longest first; inside one part of the address only."""
        if spelt[first].isdigit():
            return []
        last, most = first, min(len(words), first + _LONGEST)
        while last < most and words[last].part == words[first].part and spelt[last] not in REQUESTS:
            last += 1
        keys = zip(accumulate(spelt[first:last], glue), accumulate(heard[first:last], glue), strict=True)
        found = []
        for after, (as_written, as_heard) in enumerate(keys, start=first + 1):
            if after - first == 1 and as_written in COMMON_WORDS:
                continue
            if as_written in self._exact:
                found.append(_Run(after, Match.EXACT, as_written))
            elif as_heard in self._sounds:
                found.append(_Run(after, Match.SOUND, as_heard))
        return found[::-1]

    def _longest(self, runs: Sequence[Sequence[_Run]], named: _Named) -> Iterator[tuple[int, _Run, tuple[Place, ...]]]:
        """The longest names without overlap that mean a place, given what else is named."""
        at = 0
        while at < len(runs):
            after = at + 1
            for run in runs[at]:
                places = self._meant(at, run, named)
                if places:
                    yield at, run, places
                    after = run.after
                    break
            at = after

    def _meant(self, first: int, run: _Run, named: _Named) -> tuple[Place, ...]:
        """The places the words may mean: those that need a container where other words name it."""
        senses = (self._exact if run.match is Match.EXACT else self._sounds)[run.key]
        return tuple(
            place
            for place, containers in senses
            if not containers
            or any(
                after <= first or run.after <= other
                for container in containers
                for other, after in named.get(container, ())
            )
        )


def mention(tidied: str, words: Sequence[Token], indices: range, match: Match, places: tuple[Place, ...]) -> Mention:
    """The mention made by these words."""
    first, after = indices.start, indices.stop
    written = tidied[words[first].start : words[after - 1].end]
    return Mention(first, after, written, use_of(words, first, after), match, places)


def _note(index: dict[str, _Senses], key: str, place: Place, container: str | None) -> None:
    containers = _ANYWHERE if container is None else frozenset((container,))
    senses = index.get(key)
    if senses is None:
        index[key] = [(place, containers)]
        return
    for at, (known, before) in enumerate(senses):
        if known is place:
            senses[at] = (place, before | containers if before and containers else _ANYWHERE)
            return
    senses.append((place, containers))


def _names(place: Place) -> list[Words]:
    """Every way to write the place."""
    written = map(plain_words, (place.name_en, place.name_bn, *place.spellings))
    return [tuple(words) for words in written if words]


def _outer_names(place_id: str, names: Mapping[str, Sequence[Words]], by_id: Mapping[str, Place]) -> dict[Words, Place]:
    """The names of a place and of what it lies in; where two have one name, the smaller."""
    chain = [by_id[place_id], *_containers(by_id[place_id], by_id)] if place_id in by_id else []
    return {name: place for place in reversed(chain) for name in names[place.place_id]}


def _in_two(names: Sequence[Words], outer: Mapping[Words, Place]) -> Iterator[tuple[Words, Words, Place]]:
    """What is left of a name without the name of a place it lies in, the name, and that place.

    A district's name may only end the name: Dhaka Medical College is no medical college that lies in Dhaka.
    """
    for name in names:
        for cut in range(1, len(name)):
            for rest, other, leads in ((name[:cut], name[cut:], False), (name[cut:], name[:cut], True)):
                container = outer.get(other)
                if container is None or (leads and container.kind == "district"):
                    continue
                if rest not in outer and _tells_enough(rest):
                    yield rest, name, container


def _containers(place: Place, by_id: Mapping[str, Place]) -> Iterator[Place]:
    container = by_id.get(place.within)
    while container is not None:
        yield container
        container = by_id.get(container.within)


def _implied(place: Place, by_id: Mapping[str, Place]) -> Iterator[str]:
    """Whoever names Mirpur 10 need not name Mirpur as well; a thana or a district is too large to be implied."""
    yield place.place_id
    yield from (one.place_id for one in _containers(place, by_id) if one.kind not in _LARGE)


def _tells_enough(rest: Words) -> bool:
    """True for a numbered part and for a name of its own; not for ``bazar``, ``5`` or ``r a``."""
    return is_numbered_part(rest) or any(
        len(word) > 2 and not word.isdigit() and word not in COMMON_WORDS for word in rest
    )
