"""What the places named in an address mean together: the district, the office of delivery, and what speaks against it.

Addresses run from the small to the large, so of two places that do not fit together the later one counts, unless more
of the others side with the earlier. Roads and firms are often named after places elsewhere and count little.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.lexicon import Match, Mention
from post_logistics.network.places import Place
from post_logistics.network.wording import Use
from post_logistics.units import Postcode

_DISTRICT_WEIGHT = {
    "district": 3.0,
    "thana": 1.5,
    "area": 1.0,
    "landmark": 1.0,
    "office": 0.6,
    "road": 0.5,
    "union": 0.2,
}
"""How surely a name of this kind tells the district."""
_OFFICE_WEIGHT = {"thana": 0.8, "area": 1.0, "landmark": 1.0, "office": 1.3, "road": 0.6, "union": 0.7}
"""How surely it tells the office."""
_MATCH_WEIGHT = {Match.EXACT: 1.0, Match.SOUND: 0.75, Match.MISSPELT: 0.7}
_USE_WEIGHT = {Use.PLACE: 1.0, Use.ROAD: 0.3, Use.NAME: 0.3}
_FIRST_WEIGHT = 0.6
"""What the first name in an address counts, the last being 1."""
_LAST_WEIGHT = 0.8
"""What the last counts when the office is chosen among places that fit together, the first being 1."""
_METROPOLITAN_HEADSTART = 0.4
"""A name that names no district is more likely in the city, where most parcels go."""
_OTHER_CODE = 0.6
"""A code seen for parts of a place, against the code usually written for it."""
_CLOSING = {"district": 1.6, "thana": 1.3}
"""A district or thana that closes the address is where it is: unknown places are everywhere."""
_DIVISION = 0.3
"""A district's name after the name of another in the division called after it: Gazipur, Dhaka."""
_INSIDE = 2.0
"""What a place adds to its own weight where its thana is named beside it: one confirms the other."""
_TELLING = {"union": 0, "office": 1, "thana": 2}
"""Of places of one name, which to prefer."""
_LARGER_PLACE = 0.4
"""A place that contains another one named says less about the office than the smaller one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A mention, taken to mean this place."""

    mention: Mention
    place: Place
    weight: float
    rivals: tuple[Place, ...] = ()
    """Other places of the name that would fit as well, but are delivered by other offices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The office the places point to, and the places themselves."""

    postcode: Postcode
    best: Named
    agreeing: tuple[Named, ...]
    """In the order of the address, ``best`` among them; without the district."""
    deciding: tuple[Named, ...]
    """Those among them that the office delivers to."""
    strays: tuple[Named, ...]
    """Places in the same district that do not fit."""
    votes: Mapping[Postcode, float]
    """Weight of the agreeing places behind each code."""


def named_districts(mentions: Sequence[Mention]) -> Iterator[str]:
    """The districts named as such, not only through a place in them."""
    for mention in mentions:
        if mention.use is Use.PLACE:
            yield from (place.district for place in mention.places if place.kind == "district")


def weigh_districts(gazetteer: Gazetteer, mentions: Sequence[Mention]) -> dict[str, float]:
    """For each district a place may lie in, how much speaks for it; the likeliest first.

    A name that occurs in several districts shares its weight among them.
    """
    scores: dict[str, float] = {}
    in_city = False
    thanas = {place.place_id: at for at, one in enumerate(mentions) for place in one.places if place.kind == "thana"}
    divisions_named: set[str] = set()
    for position, mention in enumerate(mentions):
        best: dict[str, float] = {}
        divisions = set()
        for place in mention.places:
            weight = _DISTRICT_WEIGHT[place.kind]
            named = mention.use is Use.PLACE
            if named and place.kind == "district":
                divisions.add(gazetteer.division(place.district))
            if named and place.kind == "district" and place.name_en in divisions_named:
                weight *= _DIVISION
            elif named and position == len(mentions) - 1:
                weight *= _CLOSING.get(place.kind, 1.0)
            if thanas.get(place.within, position) != position:
                weight += _INSIDE
            best[place.district] = max(best.get(place.district, 0.0), weight)
            in_city = in_city or (place.kind != "district" and gazetteer.metropolitan(place))
        divisions_named |= divisions
        factor = _weight(mention, position, len(mentions)) / len(best)
        for district, weight in best.items():
            scores[district] = scores.get(district, 0.0) + factor * weight
    if in_city:
        scores[METROPOLITAN.district] += _METROPOLITAN_HEADSTART
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def read(
    gazetteer: Gazetteer, mentions: Sequence[Mention], district: str, stated: Postcode | None = None
) -> Reading | None:
    """What the places in this district say together; None if the mentions name nothing smaller than the district.

    Of places of one name, those delivered from the postcode ``stated`` come first.
    """
    choices = [
        _Choice(mention, senses, _weight(mention, position, len(mentions)))
        for position, mention in enumerate(mentions)
        if (senses := tuple(p for p in mention.places if p.district == district and p.kind != "district"))
    ]
    if not choices:
        return None
    named = [_taken_as(gazetteer, choice, choices, stated) for choice in choices]
    anchor = max(named, key=lambda one: (_support(gazetteer, one, named), one.mention.first))
    agreeing = tuple(one for one in named if gazetteer.agree(one.place, anchor.place))
    votes = _votes(gazetteer, agreeing)
    postcode = min(votes, key=lambda code: (-votes[code], code))
    deciding = tuple(one for one in agreeing if postcode in gazetteer.codes(one.place))
    return Reading(
        postcode=postcode,
        best=min(deciding, key=lambda one: _finest_first(gazetteer, one, postcode)),
        agreeing=agreeing,
        deciding=deciding,
        strays=tuple(one for one in named if one not in agreeing),
        votes=votes,
    )


def _solidity(mention: Mention) -> float:
    return _MATCH_WEIGHT[mention.match] * _USE_WEIGHT[mention.use]


def _weight(mention: Mention, position: int, count: int) -> float:
    """How much a mention says about the region: later ones name larger places."""
    return _solidity(mention) * (_FIRST_WEIGHT + (1 - _FIRST_WEIGHT) * (position + 1) / count)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A mention with what it may mean inside one district."""

    mention: Mention
    senses: tuple[Place, ...]
    weight: float


def _taken_as(gazetteer: Gazetteer, choice: _Choice, others: Sequence[_Choice], stated: Postcode | None) -> Named:
    """The mention with the sense that fits most of the others.

    A union only if its thana is named. Of equals: one inside another place named, then one in the city, then the
    more telling kind.
    """
    around = [sense for other in others if other is not choice for sense in other.senses]

    def fitness(place: Place) -> tuple[bool, bool, int, bool, bool, int]:
        fits = sum(any(gazetteer.agree(place, sense) for sense in other.senses) for other in others)
        inside = any(gazetteer.contains(sense, place) for sense in around)
        is_stated = stated is not None and stated in gazetteer.codes(place)
        return (
            is_stated,
            inside or place.kind != "union",
            fits,
            inside,
            gazetteer.metropolitan(place),
            _TELLING.get(place.kind, 3),
        )

    if len(choice.senses) == 1:
        return Named(choice.mention, choice.senses[0], choice.weight * _OFFICE_WEIGHT[choice.senses[0].kind])
    fit = {place.place_id: fitness(place) for place in choice.senses}
    place = max(choice.senses, key=lambda one: fit[one.place_id])
    codes = set(gazetteer.codes(place))
    rivals = tuple(
        one
        for one in choice.senses
        if fit[one.place_id] == fit[place.place_id] and codes.isdisjoint(gazetteer.codes(one))
    )
    return Named(choice.mention, place, choice.weight * _OFFICE_WEIGHT[place.kind], rivals)


def _support(gazetteer: Gazetteer, anchor: Named, named: Sequence[Named]) -> float:
    return sum(one.weight for one in named if gazetteer.agree(one.place, anchor.place))


def _votes(gazetteer: Gazetteer, agreeing: Sequence[Named]) -> dict[Postcode, float]:
    """The weight behind each code: of places that fit together, the first is the smallest and tells the office best."""
    votes: dict[Postcode, float] = {}
    for position, one in enumerate(agreeing):
        others = [other.place for other in agreeing if other is not one]
        larger = any(gazetteer.contains(sense, other) for sense in one.mention.places for other in others)
        weight = _solidity(one.mention) * _OFFICE_WEIGHT[one.place.kind] * (_LARGER_PLACE if larger else 1.0)
        weight *= 1 - (1 - _LAST_WEIGHT) * position / len(agreeing)
        for rank, code in enumerate(gazetteer.codes(one.place)):
            votes[code] = votes.get(code, 0.0) + weight * (_OTHER_CODE if rank else 1.0)
    return votes


def _finest_first(gazetteer: Gazetteer, one: Named, postcode: Postcode) -> tuple[int, bool, int, int, int, int]:
    return (
        -one.mention.use,
        gazetteer.codes(one.place)[0] != postcode,
        -one.mention.match,
        -gazetteer.depth(one.place),
        one.place.precision_m,
        one.mention.first,
    )
