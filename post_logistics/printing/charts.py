"""Charts as SVG, to be set on a page by Typst: one font, few colours, amounts in lakh and crore.

Typst sets Bangla rightly in its own text and wrongly inside a picture: signs are drawn over each other. So a chart has
no words but its labels, in digits and Latin letters; title and legend are the page's, in the colours of `COLOURS`.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pygal  # type: ignore[import-untyped,unused-ignore]
from pygal.style import Style  # type: ignore[import-untyped,unused-ignore]

from post_logistics.printing.fonts import FAMILY

# pygal leaves a finder behind, for plugins that we have none of: Python warns of it at every import that finds nothing.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

Kind = Literal["bars", "stacked", "sideways", "areas"]

COLOURS = ("#0b6e4f", "#e09f3e", "#335c81", "#9e2a2b", "#6a8d73", "#7768ae", "#b8b8aa", "#2b2d42")
"""Told apart by most who do not see all colours, and on grey paper by their lightness."""
_INK = "#333333"
_MANY = 16
"""From so many labels on, only some are written."""

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground=_INK,
    foreground_strong=_INK,
    foreground_subtle="#9a9a9a",
    guide_stroke_dasharray="2,3",
    major_guide_stroke_dasharray="2,3",
    opacity="1",
    font_family=FAMILY,
    label_font_family=FAMILY,
    major_label_font_family=FAMILY,
    value_font_family=FAMILY,
    no_data_font_family=FAMILY,
    label_font_size=15,
    major_label_font_size=15,
    value_font_size=14,
    no_data_font_size=22,
    colors=COLOURS,
)
_MAKERS: dict[Kind, Callable[..., Any]] = {
    "bars": pygal.Bar,
    "stacked": pygal.StackedBar,
    "sideways": pygal.HorizontalStackedBar,
    "areas": pygal.StackedLine,
}


def chart_svg(kind: Kind, labels: Sequence[str], series: Sequence[Sequence[int]], *, in_taka: bool = False) -> str:
    """The chart as SVG text: of each series a value for each label, in the series' colour of `COLOURS`, over and over.

    ``in_taka``: the values are taka, else numbers. The same data gives the same text.
    """
    made = _MAKERS[kind](
        style=_STYLE,
        width=760,
        height=380 if kind != "sideways" else max(380, 70 + 30 * len(labels)),
        js=(),
        no_prefix=True,
        disable_xml_declaration=True,
        pretty_print=False,
        show_legend=False,
        value_formatter=short_taka if in_taka else "{:,.0f}".format,
        x_labels_major_every=_every(len(labels)),
        show_minor_x_labels=len(labels) < _MANY,
        fill=kind == "areas",
        show_dots=False,
        show_y_labels=any(any(values) for values in series),
        show_x_guides=kind == "sideways",
        show_y_guides=kind != "sideways",
        truncate_label=-1,
        no_data_text="—",
        margin=8,
        margin_right=24,
        spacing=6,
    )
    made.uuid = "chart"  # it would draw one
    made.add_xml_filter(_without_scripts)
    turn = -1 if kind == "sideways" else 1  # the first is on top
    made.x_labels = list(labels)[::turn]
    for values in series:
        made.add(None, list(values)[::turn] if any(values) else [])
    made.y_labels = ticks(*_reach(kind, series))
    return str(made.render(is_unicode=True))


def _without_scripts(root: Any) -> Any:
    """The picture alone: it is set on paper."""
    for parent in list(root.iter()):
        for script in [one for one in parent if str(one.tag).endswith("script")]:
            parent.remove(script)
    return root


def _reach(kind: Kind, series: Sequence[Sequence[int]]) -> tuple[int, int]:
    """From where to where the values go; stacked ones reach as far as they do together."""
    if kind == "bars":
        ends = [value for values in series for value in values]
    else:
        stacks = list(zip(*series, strict=True))
        ends = [sum(max(value, 0) for value in stack) for stack in stacks]
        ends += [sum(min(value, 0) for value in stack) for stack in stacks]
    return min(ends, default=0), max(ends, default=0)


def ticks(low: int, high: int) -> list[int]:
    """Round numbers from zero, or below ``low``, to ``high`` or above: at most eight, as far from each other."""
    low, high = min(low, 0), max(high, 0)
    fifth = max((high - low) / 5, 1)
    power = 10 ** (len(str(int(fifth))) - 1)
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= fifth)
    return list(range(low // step * step, -(-high // step) * step + 1, step)) if high > low else []


def _every(labels: int) -> int:
    return 1 if labels < _MANY else -(-labels // 8)


_STEPS = ((1_00_00_000, " crore"), (1_00_000, " lakh"))


def short_taka(amount: float) -> str:
    """Taka as an axis shows them: ``Tk 12.5 lakh``, ``Tk 3 crore``, ``Tk 950``."""
    for step, name in _STEPS:
        if abs(amount) >= step:
            return f"Tk {amount / step:.3g}{name}"
    return f"Tk {amount:,.0f}"
