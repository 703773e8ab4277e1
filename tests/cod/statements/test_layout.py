"""Layouts: a page of TOML that says everything needed, nothing twice, and is the same page when it is read again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from post_logistics.cod.statements.layout import (
    Layout,
    layout_from_toml,
    layout_of,
    layout_to_toml,
    tells_lines_apart_alike,
)
from post_logistics.errors import Unacceptable
from tests.cod.statements.banks import BANK, WALLET

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "data" / "statement_sources").glob("*.toml"))


@pytest.mark.parametrize("layout", [BANK, WALLET])
def test_a_layout_written_and_read_is_the_same_layout(layout: Layout) -> None:
    assert layout_of(layout.table()) == layout
    assert layout_from_toml(layout_to_toml(layout.table())) == layout


def test_marks_and_letters_of_any_kind_survive_the_page() -> None:
    odd = replace(BANK, title='a "quoted" \\ পাতা\t#', columns=BANK.columns | {"id": ('No."1"', "নম্বর")})
    assert layout_from_toml("\ufeff" + layout_to_toml(odd.table(), {"columns.id": ["why\nnot"[:3]]})) == odd


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_shipped_examples_can_be_kept_as_they_are_and_say_that_they_are_made_up(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert layout_from_toml(text)
    assert "assumption" in text


def test_there_is_an_example_for_a_bank_and_one_for_a_provider() -> None:
    assert {layout_from_toml(path.read_text(encoding="utf-8")).kind for path in EXAMPLES} == {"bank", "provider"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "shop"}, "kind"),
        ({"kind": "provider"}, "provider"),
        ({"provider": "bkash"}, "provider"),
        ({"title": " "}, "title"),
        ({"title": 5}, "title"),
        ({"dates": []}, "dates"),
        ({"dates": "DD/MM/YYYY"}, "dates"),
        ({"positive_is": ""}, "positive_is"),
        ({"colour": "red"}, "colour"),
        ({"columns": []}, "columns"),
        ({"columns": {"amount": ["Amount"]}}, "columns"),
        ({"columns": {"booked_on": ["Date"]}}, "columns"),
        ({"columns": {"booked_on": ["Date"], "amount": ["A"], "credit": ["B"]}}, "columns"),
        ({"columns": {"booked_on": ["Date"], "amount": ["date"]}}, "columns"),
        ({"columns": {"booked_on": ["Date"], "amount": ["A"], "fee": ["F"]}}, "columns"),
        ({"columns": {"booked_on": ["Date"], "amount": [1]}}, "columns.amount"),
        ({"columns": {"booked_on": ["Date"], "amount": ["A"], "direction": ["T"]}}, "words"),
        ({"words": {"middle": ["x"]}}, "words"),
    ],
    ids=str,
)
def test_a_layout_that_leaves_something_open_is_refused_by_its_key(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        layout_of(BANK.table() | changed)
    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["kind = ", "x" * 70_000, 'kind = "bank'])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(Unacceptable, match="layout"):
        layout_from_toml(text)


def test_versions_tell_lines_apart_alike_unless_a_telling_column_changes() -> None:
    def changed(**columns: tuple[str, ...]) -> Layout:
        return replace(BANK, columns=BANK.columns | columns)

    assert tells_lines_apart_alike(BANK, changed(reference=("Slip No", "Slip Number"), value_on=("Value",)))
    assert not tells_lines_apart_alike(BANK, changed(description=("Remarks",)))
    assert not tells_lines_apart_alike(BANK, changed(id=("No",)))
    assert not tells_lines_apart_alike(
        BANK, replace(BANK, columns={k: v for k, v in BANK.columns.items() if k != "balance"})
    )
    assert tells_lines_apart_alike(WALLET, replace(WALLET, columns=WALLET.columns | {"reference": ("Invoice",)}))
