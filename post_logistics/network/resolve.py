"""From an address as people write it to the office that delivers there, with the reasons in words.

In order of trust: what people taught us, a postcode in the text, the names of places, a thana or district alone, a
point given beside the text. Whatever stands against the answer is said and lowers its confidence, and where that leaves
it unsure, there is one question to ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from post_logistics.errors import Unacceptable
from post_logistics.network.answers import NEIGHBOUR_M, Address, Answer, Answers, Rule
from post_logistics.network.corrections import Learned, tells
from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.doubts import Doubt, Kind, confidence
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.geo import great_circle_m
from post_logistics.network.lexicon import Lexicon, Match, Mention
from post_logistics.network.offices import Offices
from post_logistics.network.parts import Parts, parts_of
from post_logistics.network.places import Place, district_id
from post_logistics.network.postcodes import Stated, stated_postcode
from post_logistics.network.questions import AREA_AND_DISTRICT, Candidate, Question, area_of, question_about
from post_logistics.network.reading import named_districts, weigh_districts
from post_logistics.network.slips import Slips
from post_logistics.network.text import plain, plain_words, tidy, tokens
from post_logistics.network.wording import COMMON_WORDS, Use, is_numbered_part
from post_logistics.units import Postcode

if TYPE_CHECKING:
    from post_logistics.network.areas import DeliveryAreas


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What came beside the address text: fields of a form, a pin on a map. Empty where nothing came."""

    postcode: str = ""
    thana: str = ""
    district: str = ""
    area: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The office of delivery of an address and how sure that is."""

    postcode: Postcode
    place: Place | None
    """The smallest place recognised; None if only a postcode or coordinates were."""
    lat_deg: float
    lon_deg: float
    precision_m: int
    """The door is nearly always within this distance of the point."""
    thana: str
    district: str
    division: str
    parts: Parts
    confidence: float
    """0 to 1, as a share of such answers that are right; from `SURE` on no person need look."""
    rule: Rule
    evidence: tuple[str, ...]
    """Sentences: first what the answer rests on, then what speaks against it."""
    doubts: tuple[Kind, ...]
    """The kinds of what speaks against it."""
    alternatives: tuple[Candidate, ...]
    """The likeliest first."""
    question: Question | None
    """What to ask where the answer is not sure."""


_NO_HINTS = Hints()
LEAST_CONFIDENCE = 0.6
"""Below this nothing is booked on an answer: somebody has to decide."""
SURE = 0.9
"""From this confidence on there is nothing to ask."""
_PIN_PRECISION_M = 100
_REMEDY = "Add the area (for example Mirpur 10) with its district, or the four-digit postcode."


class Unresolved(Unacceptable):
    """The address does not tell the office well enough. Carries what to ask, and what little is known.

    ``choices``: the postcodes it might be, the likeliest first; ``district``: its name, or empty.
    """

    def __init__(self, message: str, question: Question, choices: Sequence[Postcode] = (), district: str = "") -> None:
        super().__init__(
            message,
            remedy=f"{question.en} {_REMEDY}",
            question_en=question.en,
            question_bn=question.bn,
            choices=list(choices),
            district=district,
        )
        self.question = question
        self.choices = tuple(choices)
        self.district = district


class Resolver:
    """Resolves addresses against the offices and places it was made with."""

    def __init__(self, offices: Offices, places: Sequence[Place]) -> None:
        self.offices = offices
        self.places = places
        self._gazetteer = Gazetteer(offices, places)
        self._lexicon = Lexicon(self._gazetteer.places)
        self._slips = Slips(self._lexicon)
        self._answers = Answers(offices, self._gazetteer)

    @cached_property
    def areas(self) -> "DeliveryAreas":
        """Where each office delivers. Made when first asked for: an address with a pin is rare."""
        from post_logistics.network.areas import DeliveryAreas  # noqa: PLC0415 - loading shapely takes long

        return DeliveryAreas(self.offices, self._gazetteer)

    def resolve(self, text: str, hints: Hints = _NO_HINTS, learned: Learned = MappingProxyType({})) -> Resolution:
        """The likeliest office of delivery for the address, however doubtful; Unresolved if nothing points to any.

        ``learned``: what people taught about phrases, which comes before everything else.
        """
        address = self._recognise(text, hints)
        by_text = self._answers.by_learned(address, learned) or self._answers.by_text(address)
        answers = (by_text, self._by_point(hints))
        resolutions = [self._resolution(answer, address, hints) for answer in answers if answer is not None]
        if not resolutions:
            raise self._nothing_recognised(address)
        return max(resolutions, key=lambda one: one.confidence >= LEAST_CONFIDENCE)

    def settle(self, text: str, hints: Hints = _NO_HINTS, learned: Learned = MappingProxyType({})) -> Resolution:
        """The office of delivery, sure enough to act on; Unresolved, with the question to ask, if it is not."""
        resolution = self.resolve(text, hints, learned)
        if resolution.confidence < LEAST_CONFIDENCE:
            raise _too_doubtful(resolution)
        return resolution

    @property
    def gazetteer(self) -> Gazetteer:
        """The places with the offices that deliver to them."""
        return self._gazetteer

    def sole_places(self, text: str) -> tuple[Place, ...]:
        """The places that a phrase may name, if it says nothing else; empty if some of its words are unknown."""
        tidied = tidy(text)
        words = tokens(tidied)
        mentions = self._lexicon.mentions(tidied, words)
        named = {at for mention in mentions for at in range(mention.first, mention.after)}
        if any(tells(word.text) and word.text not in COMMON_WORDS for at, word in enumerate(words) if at not in named):
            return ()
        return tuple(place for mention in mentions for place in mention.places)

    def _by_point(self, hints: Hints) -> Answer | None:
        if hints.lat_deg is None or hints.lon_deg is None:
            return None
        code = self.areas.at(hints.lat_deg, hints.lon_deg)
        return None if code is None else self._answers.by_point(code)

    def _recognise(self, text: str, hints: Hints) -> Address:
        tidied = tidy(", ".join(part for part in (text, hints.area, hints.thana, hints.district) if part))
        words = tokens(tidied)
        mentions = self._lexicon.mentions(tidied, words)
        parted = self._slips.parted(words, mentions)
        if parted is not None:
            words = parted
            mentions = self._lexicon.mentions(tidied, words)
        if not _settled(mentions):
            guessed = self._slips.misspelt(tidied, words, mentions)
            mentions = sorted(mentions + guessed, key=lambda mention: mention.first)
        if not mentions:  # the sectors of Uttara and the sections of Mirpur need no name
            mentions = self._lexicon.mentions(tidied, words, supposed=(district_id(METROPOLITAN.district),))
        hinted = plain(hints.postcode)
        stated = stated_postcode(tidied, words, mentions)
        if hinted in self.offices or (hinted and stated is None):
            stated = Stated(hinted, hinted, in_field=True)
        return Address(
            tidied,
            tuple(words),
            tuple(mentions),
            stated,
            weigh_districts(self._gazetteer, mentions),
            frozenset(named_districts(mentions)),
        )

    def _nothing_recognised(self, address: Address) -> Unresolved:
        question, district = AREA_AND_DISTRICT, ""
        if METROPOLITAN.district in address.named_districts:
            district = METROPOLITAN.district
            question = area_of(self._gazetteer.district(district))
            message = f"the address names only {district}, which many offices deliver"
        elif address.stated is not None and address.stated.postcode not in self.offices:
            message = f"{address.stated.postcode} is the postcode of no office, and no area is recognised"
        else:
            message = "no place is recognised in the address"
        return Unresolved(message, question, district=district)

    def _resolution(self, answer: Answer, address: Address, hints: Hints) -> Resolution:
        """The answer with its confidence, at the point given beside the text if that is plausible."""
        at = answer.place or answer.office
        lat_deg, lon_deg, precision_m = at.lat_deg, at.lon_deg, at.precision_m
        reasons, doubts = list(answer.reasons), list(answer.doubts)
        if hints.lat_deg is not None and hints.lon_deg is not None:
            apart_m = great_circle_m(lat_deg, lon_deg, hints.lat_deg, hints.lon_deg)
            if answer.rule == "coordinates" or apart_m <= NEIGHBOUR_M + precision_m:
                lat_deg, lon_deg, precision_m = hints.lat_deg, hints.lon_deg, _PIN_PRECISION_M
                reasons.append("the point given is taken as the door")
            else:
                doubts.append(Doubt("far_point", f"the point given is {apart_m / 1000:.0f} km away"))
        sure = confidence(doubts)
        asked = None if sure >= SURE else self._question(answer, doubts)
        return Resolution(
            postcode=answer.office.postcode,
            place=answer.place,
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            precision_m=precision_m,
            thana=answer.thana,
            district=answer.office.district,
            division=answer.office.division,
            parts=parts_of(address.tidied, address.words, address.mentions, answer.named),
            confidence=sure,
            rule=answer.rule,
            evidence=(*reasons, *(doubt.words for doubt in doubts)),
            doubts=tuple(doubt.kind for doubt in doubts),
            alternatives=answer.alternatives,
            question=asked,
        )

    def _question(self, answer: Answer, doubts: Sequence[Doubt]) -> Question:
        return question_about(answer.place, answer.office.postcode, doubts, answer.alternatives, self._gazetteer)


def _settled(mentions: Sequence[Mention]) -> bool:
    """True if a place is named exactly, together with its district: then no word need be guessed at.

    Roads, unions and numbered parts (``Sector 12``) do not settle it: a word beside them may say where they are.
    """
    named = set(named_districts(mentions))
    return any(
        place.kind not in {"district", "road", "union"} and place.district in named
        for mention in mentions
        if mention.match is Match.EXACT and mention.use is Use.PLACE
        if not is_numbered_part(plain_words(mention.words))
        for place in mention.places
    )


def _too_doubtful(resolution: Resolution) -> Unresolved:
    others = (candidate.postcode for candidate in resolution.alternatives)
    return Unresolved(
        f"the address is not clear: {'; '.join(resolution.evidence)}",
        resolution.question or AREA_AND_DISTRICT,
        tuple(dict.fromkeys([resolution.postcode, *others])),
        resolution.district,
    )
