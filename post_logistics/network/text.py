"""Address text in one form, whatever the script, the digits, the case or the abbreviations it came in.

``plain`` keeps what was written and drops how it was written; ``sound`` keeps only what English and Bangla spellings of
a name have in common. The index of place names is built with the same two, so both sides always meet.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

from post_logistics.units import latin_digits


class Token(NamedTuple):
    """One word or number of an address: its plain form, where it stands in ``tidy`` text, and in which part of it."""

    text: str
    start: int
    end: int
    part: int
    """Counts the commas, brackets and line ends before it."""


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BANGLA = "\u0980-\u09e3\u09f0-\u09fe"
"""Bangla letters and signs: without the digits and without the danda."""
_WORD = re.compile(
    rf"\d+(?:st|nd|rd|th|ম|য়|র্থ|ষ্ঠ|শ)(?![a-z{_BANGLA}])"  # 2nd, ২য়: an ordinal is no number
    rf"|\d+|[a-z{_BANGLA}]+(?:['’`][a-z]+)*|[^\W\d_]+",
    re.IGNORECASE,
)
_ONLY_WORDS = re.compile(rf"[a-zA-Z ]+|[{_BANGLA} ]+")
_BREAK = re.compile(r"[,;|()\[\]\n\r।]")

_CANONICAL = {
    word: canonical
    for canonical, words in {
        "road": "rd roads রোড রোডে রোডের রোঃ",
        "lane": "ln লেন",
        "street": "st স্ট্রিট স্ট্রীট",
        "avenue": "ave av এভিনিউ এভেনিউ এভিনিও অ্যাভিনিউ অ্যাভেনিউ",
        "sarani": "sharani shoroni soroni sarony সরণি সরণী সরনি সরনী স্মরণী স্বরনী",
        "sarak": "sharak sorok shorok sarok সড়ক সরক",
        "house": "hs hse হাউজ হাউস বাসা বাড়ি বাড়ী",
        "holding": "হোল্ডিং",
        "flat": "ফ্ল্যাট ফ্লাট",
        "floor": "fl flr তলা ফ্লোর",
        "plot": "প্লট",
        "block": "blk blcok bolck ব্লক",
        "section": "সেকশন",
        "sector": "সেক্টর",
        "sec": "sect",
        "number": "no nos num নং নাম্বার নম্বর",
        "market": "mkt মার্কেট মার্কেটের",
        "bazar": "bazaar bazer বাজার বাজারের",
        "mor": "more moor মোড় মোড়ের",
        "upazila": "upazilla upzilla upozila উপজেলা",
        "thana": "থানা",
        "district": "dist zila zilla জেলা",
        "sadar": "sador সদর",
        "north": "uttar uttor উত্তর",
        "south": "dakshin dakkhin dokkhin dakhin দক্ষিণ দক্ষিন",
        "east": "purba purbo পূর্ব",
        "west": "paschim poschim pashchim পশ্চিম",
        "middle": "moddho moddha madhya মধ্য",
        "masjid": "mosque mosjid মসজিদ মসজিদের",
        "hospital": "hosp হাসপাতাল হাসপাতালের হাসঃ",
        "school": "স্কুল স্কুলের",
        "college": "কলেজ কলেজের",
        "university": "univ varsity বিশ্ববিদ্যালয় বিশ্ববিদ্যালয়ের",
        "medical": "মেডিকেল মেডিক্যাল মেডিকেলের",
        "station": "স্টেশন ষ্টেশন স্টেশনের",
        "stand": "স্ট্যান্ড ষ্ট্যান্ড স্ট্যান্ডের",
        "gate": "গেট গেইট গেটের",
        "tower": "টাওয়ার টাওয়ারের",
        "bank": "ব্যাংক ব্যাঙ্ক ব্যাংকের",
        "dohs": "ডিওএইচএস",
    }.items()
    for word in words.split()
}
"""Abbreviations, and the Bangla twins of words that appear in half of all addresses, with their genitives."""
_BEFORE_NUMBER = {"h": "house", "r": "road", "s": "sec"}
"""One letter and a number: H-12, R#5, S 10."""


def tidy(text: str) -> str:
    """The text with one code point sequence per letter (NFKC) and nothing invisible; still as its writer knows it."""
    if text.isascii():
        return text
    seen = _INVISIBLE.sub("", text)
    return seen if unicodedata.is_normalized("NFKC", seen) else unicodedata.normalize("NFKC", seen)


def tokens(tidied: str) -> list[Token]:
    """The words and numbers of a tidy text, abbreviations written out, letters parted from digits: mirpur, 10."""
    breaks = [match.start() for match in _BREAK.finditer(tidied)]
    found: list[Token] = []
    part = 0
    for match in _WORD.finditer(tidied):
        start = match.start()
        while part < len(breaks) and breaks[part] < start:
            part += 1
        word = _plain_word(match.group())
        if word.isdigit() and found and found[-1].part == part:
            last = found[-1]
            if last.text == "number":
                found.pop()
            elif last.text in _BEFORE_NUMBER:
                found[-1] = last._replace(text=_BEFORE_NUMBER[last.text])
        found.append(Token(word, start, match.end(), part))
    return found


def plain(text: str) -> str:
    """The text as its tokens, one blank between them: ``'H#12, মিরপুর-১০'`` is ``'house 12 মিরপুর 10'``."""
    return " ".join(plain_words(text))


def plain_words(text: str) -> list[str]:
    """The tokens of a text in their plain form."""
    tidied = tidy(text)
    if _ONLY_WORDS.fullmatch(tidied):  # most names, and several times faster
        return [_plain_word(word) for word in tidied.split()]
    return [token.text for token in tokens(tidied)]


def word_set(words: str) -> frozenset[str]:
    """The words of a list with blanks between them, each in its plain form."""
    return frozenset(plain(words).split())


def sound(text: str) -> str:
    """A phonetic key that Bangla and Latin spellings of a name share: ``'মগবাজার'``, ``'Moghbazar'`` are ``'mgbjr'``.

    Consonants by class (aspirated with plain, b with v, j with z, s with sh, the nasals), the vowels i and u, no a, e
    or o but at the very beginning. Numbers stay as they are.
    """
    return " ".join(sound_of_word(word) for word in plain(text).split())


def joined(words: Sequence[str]) -> str:
    """Words as one, by `glue`."""
    if len(words) == 1:
        return words[0]
    return reduce(glue, words) if any(map(str.isdigit, words)) else "".join(words)


def glue(left: str, right: str) -> str:
    """Two words written as one, as people do (``nayapaltan``), but no number run into the next."""
    return f"{left} {right}" if right[0].isdigit() and left[-1].isdigit() else left + right


@lru_cache(maxsize=65536)
def _plain_word(written: str) -> str:
    word = latin_digits(written)
    if word.isdigit():
        return word.lstrip("0") or "0"
    word = re.sub("['’`]", "", unicodedata.normalize("NFKC", word.casefold()))
    return _CANONICAL.get(word, word)


_BANGLA_SOUND = str.maketrans(
    {
        **dict.fromkeys("কখ", "k"),
        **dict.fromkeys("গঘ", "g"),
        **dict.fromkeys("ঙংণনঞ", "n"),
        **dict.fromkeys("চছ", "c"),
        **dict.fromkeys("জঝয", "j"),
        **dict.fromkeys("টঠতথৎ", "t"),
        **dict.fromkeys("ডঢদধ", "d"),
        **dict.fromkeys("বভ", "b"),
        **dict.fromkeys("শষস", "s"),
        **dict.fromkeys("িীইঈৈঐ", "i"),
        **dict.fromkeys("ুূউঊৌঔ", "u"),
        **dict.fromkeys("াআঅঅোেঅএও", "a"),
        **dict.fromkeys("ৃঋ", "ri"),
        **dict.fromkeys("ঁঃ়"),
        "্": "~",
        "প": "p",
        "ফ": "f",
        "ম": "m",
        "র": "r",
        "ল": "l",
        "হ": "h",
    }
)
_BANGLA_RULES = [
    (trigger, re.compile(pattern), replacement)
    for trigger, pattern, replacement in (
        ("গা", "গা(?:ঁ|)ও$", "গ"),  # gaon, gao
        ("ওয়", "^ওয়", "উ"),  # wari
        ("ক্ষ", "ক্ষ", "ক"),
        ("য়", "য়", ""),  # glides
        ("্য", "্য", ""),
        ("্ব", "(?<=[^মব])্ব", ""),
        ("ড়", "ড়", "র"),
        ("ঢ়", "ঢ়", "র"),
        ("ও", "(?<=[া-ৌ])ও", "উ"),
        ("এ", "^এ", "ই"),
    )
]
"""What to look for before the pattern is tried at all, the pattern, and what it becomes."""
_LATIN_BEGINNINGS = {"w": "u", "e": "i"}
_LATIN_GAON = re.compile("g(?:ao|oa)(?:n|u|w)?$")
_SOFT_C = re.compile("c(?=[eiy])")
_LATIN_CLUSTERS = re.compile("ksh|kkh|ck|ph|ch+|c|[bcdgjkpstz]h|rh(?![aeiou])|ngh?|ee|ie|oo|ou|au|[xqvz]")
_LATIN_CLUSTER_SOUNDS = {
    **dict.fromkeys(("x", "ksh", "kkh", "ck", "q", "c"), "k"),
    **{f"{letter}h": letter for letter in "bcdgjkprst"},
    **{"ph": "f", "zh": "j", "ng": "n", "ngh": "n", "v": "b", "z": "j", "ee": "i", "ie": "i"},
    **dict.fromkeys(("oo", "ou", "au"), "u"),
}
_LATIN_GLIDES = [
    (re.compile("[aeo]w(?![aeiou])"), "u"),
    (re.compile("w"), ""),
    (re.compile("(?<=[bcdfghjklmnprst])y(?=[aeou])|(?<=[aeiou])y(?=[aeiou])"), ""),
    (re.compile("y"), "i"),
]
_DOUBLED = re.compile(r"([a-z])\1+")
_BANGLA_DOUBLED = re.compile(r"([a-z])~\1|~")
"""Only a conjunct is doubled; two equal letters side by side have an unwritten vowel between them."""
_OPEN_VOWEL = re.compile("(?<=.)[aeo]")


@lru_cache(maxsize=65536)
def sound_of_word(word: str) -> str:
    """The phonetic key of one plain word, never empty."""
    if word[0].isdigit():
        return word
    spelt = word
    if word.isascii():
        word = _latin_sound(word)
        word = _DOUBLED.sub(r"\1", word)
    else:
        for trigger, rule, replacement in _BANGLA_RULES:
            if trigger in word:
                word = rule.sub(replacement, word)
        word = _BANGLA_DOUBLED.sub(r"\1", word.translate(_BANGLA_SOUND))
    return _OPEN_VOWEL.sub("", word).replace("ng", "n") or spelt


def _latin_sound(word: str) -> str:
    """The clusters of English spelling as single letters."""
    if word[0] == "g" or "g" in word:
        word = _LATIN_GAON.sub("g", word)
    word = _LATIN_BEGINNINGS.get(word[0], word[0]) + word[1:]
    word = _SOFT_C.sub("s", word)
    word = _LATIN_CLUSTERS.sub(lambda found: _LATIN_CLUSTER_SOUNDS.get(found.group(), "c"), word).replace("ks", "k")
    if "w" in word or "y" in word:
        for rule, replacement in _LATIN_GLIDES:
            word = rule.sub(replacement, word)
    return word
