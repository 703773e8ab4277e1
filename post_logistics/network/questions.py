"""The one question whose answer would settle an address, in English and Bangla."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from post_logistics.network.doubts import Doubt, Kind
from post_logistics.network.offices import Offices
from post_logistics.network.places import Place
from post_logistics.units import Postcode, bangla_digits


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another office the address might mean. ``score`` compares candidates of one address, the answer having 1."""

    postcode: Postcode
    place: Place | None
    """The place it would be; None for an office that is only named by a postcode."""
    place_en: str
    why: str
    score: float


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask the sender or the recipient."""

    en: str
    bn: str


AREA_AND_DISTRICT = Question(
    "Which area (for example Mirpur 10) is it in, and which district?",
    "এটি কোন এলাকায় (যেমন মিরপুর ১০), আর কোন জেলায়?",
)
_SEVERAL_CODES: tuple[Kind, ...] = ("rival_code", "even_code")
_POSTCODE: tuple[Kind, ...] = ("postcode_against_name", "postcode_ignored", "postcode_elsewhere", "postcode_unknown")
_SHOWN = 4
"""More choices than this nobody reads."""


def area_of(district: Place) -> Question:
    """For an address that names only its district."""
    if district.name_en == "Dhaka":
        return Question(
            "Which area of Dhaka is it in (for example Mirpur 10, Dhanmondi or Savar)?",
            "ঢাকার কোন এলাকায় (যেমন মিরপুর ১০, ধানমন্ডি বা সাভার)?",
        )
    return Question(
        f"Which thana or upazila of {district.name_en} district is it in?",
        f"{district.name_bn} জেলার কোন থানা বা উপজেলায়?",
    )


def question_about(
    place: Place | None, postcode: Postcode, doubts: Sequence[Doubt], others: Sequence[Candidate], offices: Offices
) -> Question:
    """What would settle the heaviest doubt about an answer: its place, its office and the other candidates."""
    if place is not None and place.kind == "district":
        return area_of(place)
    if others:
        return _between(place, postcode, doubts, others, offices)
    if place is None or place.kind in {"thana", "office"}:
        office = offices[postcode]
        name_en, name_bn = (place.name_en, _bn(place)) if place else (office.name_en, office.name_bn)
        return Question(
            f"Which village, market or road of {name_en} ({postcode}) is it in?",
            f"{name_bn} ({bangla_digits(postcode)}) এর কোন গ্রাম, বাজার বা রাস্তায়?",
        )
    return Question(
        f"Is it {place.name_en}, {place.thana}, {place.district}?",
        f"এটি কি {_bn(place)}, {offices[postcode].thana_bn}, {offices[postcode].district_bn}?",
    )


def _between(
    place: Place | None, postcode: Postcode, doubts: Sequence[Doubt], others: Sequence[Candidate], offices: Offices
) -> Question:
    """Which of several: of codes for one place, of places of one name, or of two different ones."""
    kind = max(doubts, key=lambda doubt: doubt.weight).kind if doubts else None
    if kind in _POSTCODE:
        choices = _choices(place, postcode, others, offices)
        return _either("Is the postcode right, or the place", "পোস্টকোড ঠিক, নাকি জায়গা", choices)
    if kind in _SEVERAL_CODES and place is not None:
        codes = [postcode, *(other.postcode for other in others)]
        return _either(f"Which side of {place.name_en}", f"{_bn(place)}: কোন দিকে", _offices(codes, offices))
    if place is not None and all(other.place is None or other.place.name_en == place.name_en for other in others):
        return _either(f"Which {place.name_en}", f"কোন {_bn(place)}", _wheres(place, postcode, others, offices))
    return _either("Where is it", "এটি কোথায়", _choices(place, postcode, others, offices))


def _either(en: str, bn: str, choices: Iterator[tuple[str, str]]) -> Question:
    shown = list(dict.fromkeys(choices))[:_SHOWN]
    first, second = [one for one, _ in shown], [two for _, two in shown]
    return Question(f"{en}: {_joined(first, 'or')}?", f"{bn}: {_joined(second, 'নাকি')}?")


def _joined(words: Sequence[str], conjunction: str) -> str:
    return f" {conjunction} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _choices(
    place: Place | None, postcode: Postcode, others: Sequence[Candidate], offices: Offices
) -> Iterator[tuple[str, str]]:
    for at, code in [(place, postcode), *((other.place, other.postcode) for other in others)]:
        office = offices[code]
        if at is None:
            yield f"{office.name_en} ({code})", f"{office.name_bn} ({bangla_digits(code)})"
        else:
            yield f"{at.name_en}, {at.district} ({code})", f"{_bn(at)}, {office.district_bn} ({bangla_digits(code)})"


def _wheres(
    place: Place, postcode: Postcode, others: Sequence[Candidate], offices: Offices
) -> Iterator[tuple[str, str]]:
    """Namesakes, told apart by their districts, or inside one district by their thanas."""
    found = [(place, postcode), *((other.place, other.postcode) for other in others if other.place is not None)]
    same_district = len({one.district for one, _ in found}) == 1
    for one, code in found:
        office = offices[code]
        yield (one.thana, office.thana_bn) if same_district else (one.district, office.district_bn)


def _offices(codes: Sequence[Postcode], offices: Offices) -> Iterator[tuple[str, str]]:
    for code in codes:
        yield f"{offices[code].name_en} ({code})", f"{offices[code].name_bn} ({bangla_digits(code)})"


def _bn(place: Place) -> str:
    return place.name_bn or place.name_en
