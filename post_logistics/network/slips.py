"""Words that name nothing as they stand: two written as one, or a slip of the pen."""

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from post_logistics.network.lexicon import Lexicon, Match, Mention, mention
from post_logistics.network.places import Place
from post_logistics.network.text import Token, plain
from post_logistics.network.wording import COMMON_WORDS, REQUESTS, ROAD_WORDS

_SHORTEST_HALF = 3
"""Letters at least on either side, where two words are written as one."""
_MISSPELT_LETTERS = 5
"""Shorter words are not guessed at."""
_LONG_LETTERS = 11
"""From here on two slips of the pen are allowed, below only one."""
_LENIENT_LETTERS = 8
"""From here on two slips are allowed among the names of one district, or of thanas and districts."""
_REGIONS = "thanas and districts"
"""Where to look when no district is named."""


class _Names:
    """All names that may be guessed at, by where one looks for them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.places: dict[str, tuple[Place, ...]] = {}
        """By name: what it means by itself; unions too, for they are guessed at only in their district."""
        self._by_length: dict[tuple[str, int], list[str]] = {}
        """By where to look (a district, an initial, `_REGIONS`) and how long they are."""
        self.districts: set[str] = set()
        for key, alone, beside in lexicon.spellings():
            unions = tuple(place for place in beside if place.kind == "union")
            if len(key) >= _MISSPELT_LETTERS and (alone or unions):
                self._enter(key, alone, unions)
            if any(place.kind == "district" for place in alone):
                self.districts.add(key)

    def _enter(self, key: str, alone: tuple[Place, ...], unions: tuple[Place, ...]) -> None:
        self.places[key] = alone + unions
        if alone and len(key) > _MISSPELT_LETTERS and not any(c.isdigit() for c in key):
            self._note(key[0], key)
        if any(place.kind in {"thana", "district"} for place in alone):
            self._note(_REGIONS, key)
        for district in {place.district for place in alone + unions if place.kind != "district"}:
            self._note(district, key)

    def _note(self, where: str, key: str) -> None:
        self._by_length.setdefault((where, len(key)), []).append(key)

    def nearest(self, word: str, where: str, slips: int) -> list[str]:
        """The names there that differ from the word by the fewest slips, and by no more than these."""
        near = [
            (distance, name)
            for length in range(len(word) - slips, len(word) + slips + 1)
            for name, distance, _ in extract(
                word,
                self._by_length.get((where, length), ()),
                scorer=OSA.distance,
                score_cutoff=slips,
                processor=None,
                limit=4,
            )
        ]
        fewest = min((distance for distance, _ in near), default=0)
        return [name for distance, name in near if distance == fewest]


class Slips:
    """Guesses at words that a lexicon does not know. A word is compared with the names of the district named, or else
    with those of thanas and districts, and then with all names that begin with the same letter."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    @cached_property
    def _names(self) -> _Names:
        """Made when the first word is guessed at: most addresses need none of it."""
        return _Names(self._lexicon)

    def parted(self, words: Sequence[Token], known: Sequence[Mention]) -> list[Token] | None:
        """The words with those taken apart that are two in one, like ``madertekdhaka``; None if there are none."""
        taken = _taken(known)
        found: list[Token] = []
        for at, token in enumerate(words):
            cut = 0 if at in taken else self._cut(token.text)
            if cut:
                middle = min(token.start + cut, token.end - 1)
                found.append(token._replace(text=plain(token.text[:cut]), end=middle))
                found.append(token._replace(text=plain(token.text[cut:]), start=middle))
            else:
                found.append(token)
        return found if len(found) > len(words) else None

    def _cut(self, word: str) -> int:
        """Where a word of two known ones parts, one of them a place; 0 if it is not such a word."""
        if len(word) < 2 * _SHORTEST_HALF or word in COMMON_WORDS:
            return 0
        for cut in range(len(word) - _SHORTEST_HALF, _SHORTEST_HALF - 1, -1):
            left, right = plain(word[:cut]), plain(word[cut:])
            if (right in self._names.districts or right in ROAD_WORDS) and (
                len(left) >= _MISSPELT_LETTERS or left in COMMON_WORDS
            ):
                return cut
            if left in COMMON_WORDS and self._is_place(right):
                return cut
            if self._is_place(left) and (right in COMMON_WORDS or self._is_place(right)):
                return cut
        return 0

    def _is_place(self, name: str) -> bool:
        return any(place.kind != "union" for place in self._names.places.get(name, ()))

    def misspelt(self, tidied: str, words: Sequence[Token], known: Sequence[Mention]) -> list[Mention]:
        """Mentions guessed from long words, or two together, with a slip of the pen or two."""
        taken = _taken(known)
        districts = frozenset(place.district for one in known for place in one.places if place.kind == "district")
        found: list[Mention] = []
        for at, token in enumerate(words):
            if at in taken or token.text.isdigit() or token.text in COMMON_WORDS or token.text in REQUESTS:
                continue
            for after in (at + 2, at + 1):
                if after > len(words) or after - 1 in taken or words[after - 1].part != token.part:
                    continue
                places = self._nearly("".join(one.text for one in words[at:after]), districts)
                if places:
                    found.append(mention(tidied, words, range(at, after), Match.MISSPELT, places))
                    taken.update(range(at, after))
                    break
        return found

    @cached_property
    def _nearly(self) -> Callable[[str, frozenset[str]], tuple[Place, ...]]:
        """`_find_nearly`, remembered: the same words come again and again."""
        return lru_cache(maxsize=65536)(self._find_nearly)

    def _find_nearly(self, word: str, districts: frozenset[str]) -> tuple[Place, ...]:
        """The places whose name the word nearly is: the nearest of them, in the narrowest choice that has any."""
        if len(word) < _MISSPELT_LETTERS:
            return ()
        lenient = 2 if len(word) >= _LENIENT_LETTERS else 1
        for where, slips in (
            *((region, lenient) for region in districts or [_REGIONS]),
            (word[0], 2 if len(word) >= _LONG_LETTERS else 1),
        ):
            places = {
                place.place_id: place
                for name in self._names.nearest(word, where, slips)
                for place in self._names.places[name]
                if place.kind != "union" or place.district in districts
            }
            if places:
                return tuple(places.values())
        return ()


def _taken(known: Sequence[Mention]) -> set[int]:
    return {index for one in known for index in range(one.first, one.after)}
