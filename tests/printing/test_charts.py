"""Charts: every value has a bar, axes have round numbers, and the same data gives the same picture."""

import re
import sys
from itertools import pairwise
from typing import Any, get_args
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics import printing
from post_logistics.printing.charts import COLOURS, Kind, chart_svg, short_taka, ticks

KINDS = get_args(Kind)


def words(svg: str) -> list[str]:
    return [(one.text or "").strip() for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_data_gives_the_same_text_without_anything_from_outside(kind: Kind) -> None:
    one, two = (chart_svg(kind, ["a", "b"], [[1, 2], [3, 4]]) for _ in range(2))
    assert one == two
    assert "<script" not in one
    assert "@import" not in one
    assert not re.search(r"(?:href|src)=.(?!#)", one)


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_is_there_and_amounts_are_in_lakh(kind: Kind) -> None:
    told = words(chart_svg(kind, ["shop-a", "shop-b"], [[5_00_000, 10_00_000]], in_taka=True))
    assert {"shop-a", "shop-b", "Tk 0", "Tk 10 lakh"} <= set(told)


def test_a_bar_for_each_value_in_the_colour_of_its_series() -> None:
    svg = chart_svg("stacked", ["a", "b", "c"], [[1, 2, 3], [4, 5, 6]])
    bars = [
        one for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect") if "rect" in one.get("class", "")
    ]
    assert len(bars) == 6
    assert all(colour in svg for colour in COLOURS[:2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("series", [[], [[]], [[0, 0]], [[-5, 3], [0, 0]]])
def test_little_or_nothing_to_show_breaks_nothing(kind: Kind, series: list[list[int]]) -> None:
    labels = ["a", "b"][: len(series[0])] if series else []
    ET.fromstring(chart_svg(kind, labels, series))


def test_many_labels_are_thinned_out_and_none_is_cut_off() -> None:
    told = words(chart_svg("bars", [str(n) for n in range(92)], [[1] * 92]))
    assert "0" in told and len(told) < 20
    assert not any("…" in one for one in told)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_ticks_are_few_equally_far_and_enclose_everything(one: int, other: int) -> None:
    low, high = sorted((one, other))
    found = ticks(low, high)
    if low == high == 0:
        assert found == []
        return
    steps = {after - before for before, after in pairwise(found)}
    assert len(steps) == 1 and 2 <= len(found) <= 8
    assert found[0] <= min(low, 0) and found[-1] >= max(high, 0) and 0 in found


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "Tk 0"),
        (950, "Tk 950"),
        (99_999, "Tk 99,999"),
        (1_00_000, "Tk 1 lakh"),
        (12_50_000, "Tk 12.5 lakh"),
        (1_00_00_000, "Tk 1 crore"),
        (-3_00_000, "Tk -3 lakh"),
    ],
)
def test_an_axis_counts_in_lakh_and_crore(amount: int, text: str) -> None:
    assert short_taka(amount) == text


def test_the_chart_package_leaves_no_finder_behind() -> None:
    assert not [finder for finder in sys.meta_path if type(finder).__module__ == "pygal"]


def document(rows: int, **changes: Any) -> dict[str, Any]:
    svg = chart_svg("bars", ["0-1", "2-3"], [[1_00_000, 2_00_000]], in_taka=True)
    return {
        "en": "COD remittance",
        "bn": "সিওডি টাকা পরিশোধ",
        "period": "2026-11 · ২০২৬-১১",
        "made": "made 1 Dec 2026",
        "figures": [{"en": "Collected", "bn": "আদায়", "text": "Tk 5.00", "verdict": "no"}],
        "charts": [
            {"en": "Ages", "bn": "বয়স", "svg": svg, "legend": [{"text": "Riders · রাইডার", "colour": COLOURS[0]}]}
        ],
        "tables": [
            {
                "en": "Merchants",
                "bn": "মার্চেন্ট",
                "heads": ["Merchant", "Taka"],
                "right": [False, True],
                "rows": [[f"#shop-{n} *bold*", "1.00"] for n in range(rows)],
                "total": ["", f"{rows}.00"] if rows else [],
                "more": "",
            }
        ],
        "sign": True,
    } | changes


def pages(data: dict[str, Any]) -> list[str]:
    made = pypdfium2.PdfDocument(printing.pdf("report", data))
    try:
        return [page.get_textpage().get_text_bounded() for page in made]
    finally:
        made.close()


def test_a_report_has_a_sheet_to_sign_then_charts_then_tables_headed_on_every_page() -> None:
    first, charts, *tables = pages(document(120))
    assert "Prepared by" in first and "not kept" in first and "Tk 5.00" in first
    assert "Tk 2 lakh" in charts and "Riders" in charts
    assert len(tables) > 1 and all("Merchant" in page for page in tables)
    assert "#shop-119 *bold*" in tables[-1] and "120.00" in tables[-1]


def test_a_report_without_anything_is_printed_all_the_same() -> None:
    told = pages(document(0, charts=[], sign=False, figures=[]))
    assert "Nothing" in "".join(told) and "Prepared by" not in told[0]
