"""A plan as a picture: an SVG, and a page around it with a table of the tours that is readable on a phone."""

import colorsys
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from post_logistics.errors import Unacceptable
from post_logistics.routing.instances import Floats, Instance
from post_logistics.routing.plan import RoutePlan, Tour
from post_logistics.routing.problem import DEPOT, Vehicle

WIDTH = 1000
"""Of the picture, in its own units, as is all below."""
MARGIN = 40
LINE = 26
"""Height of a line of the legend."""
COLUMNS = 3
"""Of the legend."""
NUMBERED_TOURS = 40
"""With more tours, their numbers would hide the map."""

_PALETTE = ("#0072b2", "#d55e00", "#009e73", "#b8579a", "#8a6d00", "#56a0d3", "#7a4a2b", "#5a4fcf")
"""Told apart by most colour-blind people (after Okabe and Ito, 2008), dark enough for a thin line on white."""

_STYLE = """
text { font: 16px system-ui, sans-serif; fill: #1c2430; }
.way { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.stop { stroke: #fff; stroke-width: 1; }
.number { font-weight: 600; font-size: 18px; paint-order: stroke; stroke: #fff; stroke-width: 4px; }
.number { text-anchor: middle; }
.depot { fill: #1c2430; stroke: #fff; stroke-width: 2; }
.left { stroke: #b3261e; stroke-width: 3; }
"""

_PAGE_STYLE = """
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 16px/1.45 system-ui, sans-serif; }
body { color: #1c2430; background: #fff; }
h1 { font-size: 1.25rem; margin: 0; } p { margin: .2rem 0 1rem; }
svg { width: 100%; height: auto; border: 1px solid #cfc8ba; border-radius: .5rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid #e5e0d5; white-space: nowrap; }
th:first-child, td:first-child, .words th, .words td { text-align: left; } a { color: inherit; }
i { display: inline-block; width: .8rem; height: .8rem; border-radius: 50%; margin-right: .4rem; }
svg:has(.tour:target) .tour:not(:target) { opacity: .12; }
"""


@dataclass(frozen=True, slots=True)
class _Sketch:
    """Where each node lies in the picture; the nodes of each tour, and of each stop left out with why."""

    x: Floats
    y: Floats
    height: float
    ways: tuple[tuple[int, ...], ...]
    doors: tuple[tuple[int, ...], ...]
    left: tuple[tuple[int, str], ...]

    def at(self, node: int) -> tuple[str, str]:
        return f"{self.x[node]:.1f}", f"{self.y[node]:.1f}"


def draw_svg(instance: Instance, plan: RoutePlan) -> str:
    """The plan as an SVG picture with a legend: tours in colours, the office, the stops, and those left out as crosses.

    Raises Unacceptable if the problem does not say where its nodes lie, or the plan is of another problem.
    """
    sketch = _sketch(instance, plan)
    legend_lines = -(-len(plan.tours) // COLUMNS) + bool(sketch.left)
    height = sketch.height + MARGIN + legend_lines * LINE
    return "\n".join(
        [*_opening(instance, plan, height), *_map(instance, plan, sketch), *_legend(instance, plan, sketch), "</svg>\n"]
    )


def draw_page(instance: Instance, plan: RoutePlan) -> str:
    """The plan as one HTML page that needs no network: the picture, and tables of the tours and the stops left out.

    A tour chosen in the table stands out in the picture. Raises Unacceptable as `draw_svg` does.
    """
    sketch = _sketch(instance, plan)
    svg = [*_opening(instance, plan, sketch.height), *_map(instance, plan, sketch), "</svg>"]
    name = _text(instance.name)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name}</title>\n<style>{_PAGE_STYLE}</style>\n</head>\n<body>",
            f'<h1>{name}</h1>\n<p>{_text(_summary(instance, plan))} <a href="#">Show all</a></p>',
            *svg,
            *_tables(instance, plan),
            "</body>\n</html>\n",
        ]
    )


def _sketch(instance: Instance, plan: RoutePlan) -> _Sketch:
    east, north = instance.east, instance.north
    if east is None or north is None:
        raise Unacceptable(
            f"{instance.name}: nothing says where the stops lie", field="points", remedy="add the points of all nodes"
        )
    nodes = {stop.stop_id: stop.node for stop in instance.problem.stops}
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in instance.problem.vehicles}
    unknown = [f"vehicle {tour.vehicle_id}" for tour in plan.tours if tour.vehicle_id not in vehicles]
    unknown += [f"stop {v.stop_id}" for tour in plan.tours for v in tour.visits if v.stop_id not in nodes]
    if unknown:
        raise Unacceptable(
            f"{unknown[0]} is in the plan, but not in {instance.name}",
            remedy="draw the plan with its own problem; post-logistics route check says what else is wrong",
        )
    scale = (WIDTH - 2 * MARGIN) / max(float(np.ptp(east)), float(np.ptp(north)), 1e-9)
    x = MARGIN + (east - east.min()) * scale
    y = MARGIN + (north.max() - north) * scale
    return _Sketch(
        x=x + (WIDTH - MARGIN - float(x.max())) / 2,
        y=y,
        height=float(y.max()) + MARGIN,
        ways=tuple(_way(vehicles[tour.vehicle_id], tour, nodes) for tour in plan.tours),
        doors=tuple(tuple(nodes[visit.stop_id] for visit in tour.visits) for tour in plan.tours),
        left=tuple((nodes[stop_id], f"{stop_id}: {why}") for stop_id, why in _left_out(instance, plan).items()),
    )


def _way(vehicle: Vehicle, tour: Tour, nodes: Mapping[str, int]) -> tuple[int, ...]:
    """The nodes a tour passes, calls at the office on the way among them."""
    way = [nodes[visit.stop_id] for visit in tour.visits]
    for back in reversed(tour.returns):
        way.insert(back.visits, vehicle.start_node)
    return (vehicle.start_node, *way, vehicle.end_node)


def _opening(instance: Instance, plan: RoutePlan, height: float) -> list[str]:
    size = f'viewBox="0 0 {WIDTH} {height:.0f}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="name what">',
        f'<title id="name">{_text(instance.name)}</title>',
        f'<desc id="what">{_text(_summary(instance, plan))}</desc>',
        f'<style>{_STYLE}</style>\n<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>',
    ]


def _map(instance: Instance, plan: RoutePlan, sketch: _Sketch) -> Iterator[str]:
    radius = 5 if len(sketch.x) <= 300 else 3
    for index, tour in enumerate(plan.tours):
        way, doors = sketch.ways[index], sketch.doors[index]
        yield f'<g class="tour" id="tour-{index + 1}" fill="{_colour(index)}" stroke="{_colour(index)}">'
        yield f"<title>{_text(_tour_words(instance, tour))}</title>"
        yield f'<polyline class="way" points="{" ".join(",".join(sketch.at(node)) for node in way)}"/>'
        for node, visit in zip(doors, tour.visits, strict=True):
            x, y = sketch.at(node)
            yield _mark(f'circle class="stop" cx="{x}" cy="{y}" r="{radius}"', visit.stop_id)
        if len(plan.tours) <= NUMBERED_TOURS and doors:
            x, y = sketch.at(_farthest(sketch, way[0], doors))
            yield f'<text class="number" x="{x}" y="{y}" dy="-9">{index + 1}</text>'
        yield "</g>"
    for node, words in sketch.left:
        x, y = sketch.at(node)
        yield _mark(f'path class="left" d="M{x},{y}m-7,-7l14,14m0,-14l-14,14"', words)
    for node in sorted({DEPOT, *(way[end] for way in sketch.ways for end in (0, -1))}):
        x, y = sketch.at(node)
        yield _mark(f'path class="depot" d="M{x},{y}m-9,-9h18v18h-18z"', "Office")


def _mark(shape: str, words: str) -> str:
    """A shape that says what it is when it is pointed at."""
    return f"<{shape}><title>{_text(words)}</title></{shape.split(maxsplit=1)[0]}>"


def _farthest(sketch: _Sketch, start: int, doors: tuple[int, ...]) -> int:
    """The door farthest from where a tour begins: there its number stands."""
    return max(doors, key=lambda node: math.hypot(sketch.x[node] - sketch.x[start], sketch.y[node] - sketch.y[start]))


def _legend(instance: Instance, plan: RoutePlan, sketch: _Sketch) -> Iterator[str]:
    top, step = sketch.height + LINE / 2, (WIDTH - 2 * MARGIN) / COLUMNS
    for index, tour in enumerate(plan.tours):
        x, y = MARGIN + index % COLUMNS * step, top + index // COLUMNS * LINE
        words = _text(_tour_words(instance, tour, most=12))
        yield f'<circle cx="{x + 7:.0f}" cy="{y:.0f}" r="7" fill="{_colour(index)}"/>'
        yield f'<text x="{x + 20:.0f}" y="{y:.0f}" dy="6">{index + 1} {words}</text>'
    if sketch.left:
        y = top + -(-len(plan.tours) // COLUMNS) * LINE
        yield f'<path class="left" d="M{MARGIN},{y - 7:.0f}l14,14m0,-14l-14,14"/>'
        yield f'<text x="{MARGIN + 20}" y="{y:.0f}" dy="6">left out: {len(sketch.left)}</text>'


def _tables(instance: Instance, plan: RoutePlan) -> Iterator[str]:
    yield '<div class="wide"><table><thead><tr><th>Tour<th>Stops<th>Length<th>Leaves<th>Is back</tr></thead>'
    for index, tour in enumerate(plan.tours):
        cells = (str(len(tour.visits)), instance.length_text(tour.distance_m), *_times(instance, tour))
        name = f'<a href="#tour-{index + 1}">{index + 1} {_text(tour.vehicle_id)}</a>'
        yield f'<tr><td><i style="background:{_colour(index)}"></i>{name}'
        yield "".join(f"<td>{cell}" for cell in cells) + "</tr>"
    yield "</table></div>"
    if left := _left_out(instance, plan):
        yield '<h2>Left out</h2><div class="wide"><table class="words"><thead><tr><th>Stop<th>Why</tr></thead>'
        for stop_id, why in left.items():
            yield f"<tr><td>{_text(stop_id)}<td>{why}</tr>"
        yield "</table></div>"


def _times(instance: Instance, tour: Tour) -> tuple[str, str]:
    if instance.cost_decimals is None:
        return _clock(tour.depart_s), _clock(tour.return_s)
    return instance.length_text(tour.depart_s), instance.length_text(tour.return_s)


def _left_out(instance: Instance, plan: RoutePlan) -> dict[str, str]:
    """Every stop in no tour, and why as far as the plan says."""
    served = {visit.stop_id for tour in plan.tours for visit in tour.visits}
    reasons = {one.stop_id: one.reason.replace("_", " ") for one in plan.unserved}
    names = (stop.stop_id for stop in instance.problem.stops)
    return {name: reasons.get(name, "in no tour") for name in names if name not in served}


def _clock(at_s: int) -> str:
    return f"{at_s // 3600:02d}:{at_s // 60 % 60:02d}"


def _summary(instance: Instance, plan: RoutePlan) -> str:
    stops, length_m = sum(len(tour.visits) for tour in plan.tours), sum(tour.distance_m for tour in plan.tours)
    words = f"{_count(len(plan.tours), 'tour')}, {_count(stops, 'stop')}, {instance.length_text(length_m)}"
    left = len(_left_out(instance, plan))
    return f"{words}, {left} left out." if left else f"{words}."


def _tour_words(instance: Instance, tour: Tour, most: int = 80) -> str:
    name = tour.vehicle_id if len(tour.vehicle_id) <= most else f"{tour.vehicle_id[: most - 1]}…"
    return f"{name}: {_count(len(tour.visits), 'stop')}, {instance.length_text(tour.distance_m)}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _colour(index: int) -> str:
    """A colour that differs from those of the tours before it: first the palette, then hues by the golden angle."""
    if index < len(_PALETTE):
        return _PALETTE[index]
    red, green, blue = colorsys.hls_to_rgb(index * 0.381966 % 1, (0.36, 0.48, 0.28)[index % 3], 0.7)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _text(words: str) -> str:
    """Words as XML takes them."""
    return escape("".join(letter if letter.isprintable() else " " for letter in words))
