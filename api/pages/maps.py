"""Small maps, drawn here as vectors: the country, offices, a journey between them, tours.

``drawn`` needs neither tiles nor a script; ``live`` is the same map, to be moved and brought nearer where scripts run.
Colours and widths are classes of ``style.css`` (``svg.map``), so that dark, light and print each have their own.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import cos, radians
from pathlib import Path
from typing import Final
from unicodedata import category

from markupsafe import Markup
from xstatic.pkg import leaflet

from api.pages.shell import Visit, static
from post_logistics.network.areas import DeliveryAreas, Ring
from post_logistics.operations.facts import Facts

LIBRARY: Final = Path(leaflet.BASE_DIR)
"""The files of the library of living maps, served at ``/leaflet``."""
Point = tuple[float, float]
"""(lat_deg, lon_deg)."""

_WIDE: Final = 440
"""Units of the drawing from west to east."""
_LETTER: Final = 10
"""Units that a letter of a name takes."""
_DOT: Final = 9
"""Units from the middle of a dot to its edge."""
_TINY: Final = 3
"""The same of one of hundreds."""
_COARSE_M: Final = 4_000.0
_LEAST_DEG: Final = 0.05
"""A map shows no less than this from south to north: some 5 km."""
_MARGIN: Final = 0.18
_FLATTEST, _STEEPEST = 0.5, 1.1
"""Height over width, so that a map is neither a strip nor a tower."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the map. ``kind``: ``office``, ``done``, ``now``, ``next``, ``stop`` as the style sheet knows them, or
    ``listed``: one of hundreds, small and without its name."""

    at: Point
    name: str
    kind: str = "office"
    text: str = ""
    """Written on it: the number of a stop."""


@dataclass(frozen=True, slots=True)
class Way:
    """A line through places, in order. ``kind``: ``done``, ``next``, or ``tour-1`` to ``tour-6``."""

    points: Sequence[Point]
    kind: str = "done"


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the world that is shown, and how it lies on the paper."""

    west_deg: float
    north_deg: float
    wide_deg: float
    height: int

    def xy(self, point: Point) -> tuple[int, int]:
        """Where the point is drawn, in whole units from the upper left corner."""
        scale = _WIDE / self.wide_deg
        squeezed = cos(radians(self.north_deg))
        return round((point[1] - self.west_deg) * scale), round((self.north_deg - point[0]) * scale / squeezed)


def drawn(facts: Facts, title: str, marks: Sequence[Mark], ways: Iterable[Way] = ()) -> Markup:
    """The map as an ``svg`` element that shows all of it, to be put into a page. Empty without any mark."""
    ways = list(ways)
    points = [mark.at for mark in marks] + [point for way in ways for point in way.points]
    if not points:
        return Markup("")
    frame = _frame(points)
    land = _path([frame.xy(point) for point in _outline(facts.resolver.areas)], closed=True)
    parts = [Markup('<path class="land" d="{}"/>').format(land)]
    parts += [
        Markup('<path class="way {}" d="{}"/>').format(way.kind, _path(list(map(frame.xy, way.points)))) for way in ways
    ]
    parts += _marked(frame, marks)
    size = Markup('viewBox="0 0 {} {}" width="{}" height="{}"').format(_WIDE, frame.height, _WIDE, frame.height)
    named = Markup('role="img" aria-label="{}"><title>{}</title>').format(title, title)
    return Markup('<svg class="map" {} {}{}</svg>').format(size, named, Markup("").join(parts))


def live(found: Visit, title: str, marks: Sequence[Mark], ways: Iterable[Way] = ()) -> Markup:
    """The drawn map, and what makes it a living one: once on a page. Tiles lie under it if the settings name them."""
    ways, settings = list(ways), found.engine.settings
    drawing = drawn(found.engine.facts, title, marks, ways)
    if not drawing:
        return drawing
    told = {
        "title": title,
        "land": [] if settings.map_tiles_url else _rounded(_outline(found.engine.facts.resolver.areas)),
        "ways": [asdict(way) for way in ways],
        "marks": [asdict(mark) for mark in marks],
        "tiles": settings.map_tiles_url,
        "credit": settings.map_tiles_credit if settings.map_tiles_url else "",
        "nearer": found.say("Nearer"),
        "farther": found.say("Farther"),
    }
    library, script = (f"/leaflet/leaflet.{kind}?v={leaflet.VERSION}" for kind in ("css", "js"))
    return Markup(
        '<div class="live-map" data-map="{}">{}</div><link rel="stylesheet" href="{}"><link rel="stylesheet" href="{}">'
        '<script src="{}" defer></script><script type="module" src="{}"></script>'
    ).format(json.dumps(told, ensure_ascii=False), drawing, library, static("map.css"), script, static("map.js"))


def _rounded(ring: Ring) -> list[tuple[float, float]]:
    """To some hundred metres: the outline is no truer, and half as long to send."""
    return [(round(lat_deg, 3), round(lon_deg, 3)) for lat_deg, lon_deg in ring]


@lru_cache(maxsize=4)
def _outline(areas: DeliveryAreas) -> Ring:
    return areas.outline(_COARSE_M)


def _frame(points: Sequence[Point]) -> _Frame:
    south, north = min(p[0] for p in points), max(p[0] for p in points)
    west, east = min(p[1] for p in points), max(p[1] for p in points)
    squeezed = cos(radians(north))
    tall = max((north - south) * (1 + 2 * _MARGIN), _LEAST_DEG)
    wide = max((east - west) * (1 + 2 * _MARGIN), tall / squeezed / _STEEPEST)
    tall = max(tall, wide * squeezed * _FLATTEST)
    height = round(_WIDE * tall / squeezed / wide)
    return _Frame((west + east - wide) / 2, (south + north + tall) / 2, wide, height)


def _path(points: Sequence[tuple[int, int]], *, closed: bool = False) -> str:
    """The line through the points, those that fall together drawn once; relative, which is shorter."""
    if not points:
        return ""
    x, y = points[0]
    steps = [f"M{x} {y}"]
    for next_x, next_y in points[1:]:
        if (next_x, next_y) != (x, y):
            steps.append(f"l{next_x - x} {next_y - y}")
            x, y = next_x, next_y
    return "".join(steps) + ("z" if closed else "")


def _marked(frame: _Frame, marks: Sequence[Mark]) -> list[Markup]:
    """Each place with its name beside it. A name for which there is no room is told where a pointer rests."""
    parts = []
    at = [frame.xy(mark.at) for mark in marks]
    dots = [_TINY if mark.kind == "listed" else 16 if mark.text else _DOT for mark in marks]
    taken = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for (x, y), dot in zip(at, dots, strict=True) if dot != _TINY]
    for mark, (x, y), dot in zip(marks, at, dots, strict=True):
        parts.append(Markup('<g class="mark {}"><circle cx="{}" cy="{}" r="{}"/>').format(mark.kind, x, y, dot))
        if mark.text:
            parts.append(
                Markup('<text class="in" x="{}" y="{}" text-anchor="middle">{}</text>').format(x, y + 7, mark.text)
            )
        elif dot != _TINY and (room := _room(frame, mark.name, x, y, taken)):
            anchor, beside, below, box = room
            taken.append(box)
            parts.append(
                Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(beside, below, anchor, mark.name)
            )
        parts.append(Markup("<title>{}</title></g>").format(mark.name))
    return parts


_Box = tuple[int, int, int, int]
"""West, north, east and south edge."""


def _room(frame: _Frame, name: str, x: int, y: int, taken: Sequence[_Box]) -> tuple[str, int, int, _Box] | None:
    """Anchor, place and box of a name beside its dot, on the map and on nothing else; None if there is no room."""
    wide = _LETTER * sum(not category(letter).startswith("M") for letter in name)
    for lower in (0, 20, -20, 40, -40):
        for anchor, beside, west in (("start", x + 16, x + 16), ("end", x - 16, x - 16 - wide)):
            box = (west, y + lower - 10, west + wide, y + lower + 10)
            inside = box[0] >= 0 and box[2] <= _WIDE and box[1] >= 0 and box[3] <= frame.height
            if name and inside and not any(_overlap(box, other) for other in taken):
                return anchor, beside, y + lower + 6, box
    return None


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def journey_map(facts: Facts, route: Sequence[str], destination: str, title: str, language: str) -> Markup:
    """Where a parcel has come through, where it is, and where it goes. Empty while it has not left its first office."""
    stops = [facts.offices[code] for code in route]
    to = facts.offices[destination]
    if not stops or {one.postcode for one in stops} == {to.postcode}:
        return Markup("")
    here, kinds = stops[-1], {one.postcode: "done" for one in stops}
    kinds |= {to.postcode: "next"} | {here.postcode: "now"}
    offices = {one.postcode: one for one in (*stops, to)}
    marks = [
        Mark((one.lat_deg, one.lon_deg), one.name_bn if language == "bn" else one.name_en, kinds[code])
        for code, one in offices.items()
    ]
    come = Way([(one.lat_deg, one.lon_deg) for one in stops])
    ahead = [Way([(one.lat_deg, one.lon_deg) for one in (here, to)], "next")] if here.postcode != to.postcode else []
    return drawn(facts, title, marks, [come, *ahead])
