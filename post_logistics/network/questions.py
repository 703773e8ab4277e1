"""The one question whose answer would settle an address, in English and Bangla."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from post_logistics.network.doubts import Doubt, Kind
from post_logistics.network.gazetteer import Gazetteer
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
_POSTCODE: tuple[Kind, ...] = (
    "postcode_against_name",
    "postcode_field_against_name",
    "postcode_ignored",
    "postcode_of_another_district",
    "postcode_elsewhere",
    "postcode_unknown",
)
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
    place: Place | None, postcode: Postcode, doubts: Sequence[Doubt], others: Sequence[Candidate], gazetteer: Gazetteer
) -> Question:
    """What would settle the heaviest doubt about an answer: its place, its office and the other candidates."""
    if place is not None and place.kind == "district":
        return area_of(place)
    if others:
        return _between(place, postcode, doubts, others, gazetteer)
    if place is None or place.kind in {"thana", "office"}:
        office = gazetteer.office(postcode)
        name_en, name_bn = (place.name_en, _bn(place)) if place else (office.name_en, office.name_bn)
        return Question(
            f"Which village, market or road of {name_en} ({postcode}) is it in?",
            f"{name_bn} ({bangla_digits(postcode)}) এর কোন গ্রাম, বাজার বা রাস্তায়?",
        )
    return Question(
        f"Is it {place.name_en}, {place.thana}, {place.district}?",
        f"এটি কি {_bn(place)}, {gazetteer.thana_bn(place)}, {gazetteer.district(place.district).name_bn}?",
    )


def _between(
    place: Place | None, postcode: Postcode, doubts: Sequence[Doubt], others: Sequence[Candidate], gazetteer: Gazetteer
) -> Question:
    """Which of several: of codes for one place, of places of one name, or of two different ones."""
    kind = max(doubts, key=lambda doubt: doubt.weight).kind if doubts else None
    if kind in _POSTCODE:
        choices = _choices(place, postcode, others, gazetteer)
        return _either("Is the postcode right, or the place", "পোস্টকোড ঠিক, নাকি জায়গা", choices)
    elsewhere = [other.place for other in others if other.place is not None]
    if place is not None and (kind in _SEVERAL_CODES or not elsewhere):
        codes = [postcode, *(other.postcode for other in others)]
        return _either(f"Which side of {place.name_en}", f"{_bn(place)}: কোন দিকে", _offices(codes, gazetteer))
    if place is not None and {other.name_en for other in elsewhere} == {place.name_en}:
        wheres = list(_wheres([place, *elsewhere], gazetteer))
        if len(set(wheres)) > 1:
            return _either(f"Which {place.name_en}", f"কোন {_bn(place)}", wheres)
    return _either("Where is it", "এটি কোথায়", _choices(place, postcode, others, gazetteer))


def _either(en: str, bn: str, choices: Iterable[tuple[str, str]]) -> Question:
    shown = list(dict.fromkeys(choices))[:_SHOWN]
    first, second = [one for one, _ in shown], [two for _, two in shown]
    return Question(f"{en}: {_joined(first, 'or')}?", f"{bn}: {_joined(second, 'নাকি')}?")


def _joined(words: Sequence[str], conjunction: str) -> str:
    return f" {conjunction} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _choices(
    place: Place | None, postcode: Postcode, others: Sequence[Candidate], gazetteer: Gazetteer
) -> Iterator[tuple[str, str]]:
    for at, code in [(place, postcode), *((other.place, other.postcode) for other in others)]:
        if at is None:
            yield from _offices([code], gazetteer)
        else:
            district_bn = gazetteer.district(at.district).name_bn
            yield f"{at.name_en}, {at.district} ({code})", f"{_bn(at)}, {district_bn} ({bangla_digits(code)})"


def _wheres(places: Sequence[Place], gazetteer: Gazetteer) -> Iterator[tuple[str, str]]:
    """Namesakes, told apart by their districts, or inside one district by their thanas."""
    same_district = len({place.district for place in places}) == 1
    for place in places:
        if same_district:
            yield place.thana, gazetteer.thana_bn(place)
        else:
            yield place.district, gazetteer.district(place.district).name_bn


def _offices(codes: Sequence[Postcode], gazetteer: Gazetteer) -> Iterator[tuple[str, str]]:
    for code in codes:
        office = gazetteer.office(code)
        yield f"{office.name_en} ({code})", f"{office.name_bn} ({bangla_digits(code)})"


def _bn(place: Place) -> str:
    return place.name_bn or place.name_en
