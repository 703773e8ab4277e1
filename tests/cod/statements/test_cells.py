"""Days and amounts as banks write them, and nothing that could be two things."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.statements.cells import (
    amount_in,
    check_date_formats,
    day_in,
    is_spoilt_number,
    text_in,
    texts_in,
)
from post_logistics.cod.statements.columns import NO_AMOUNT, day_number, day_of
from post_logistics.cod.statements.figures import figures_in
from post_logistics.cod.statements.parsing import BAD_AMOUNT, amounts
from post_logistics.errors import Unacceptable
from post_logistics.units import bangla_digits, taka, taka_plain


@pytest.mark.parametrize(
    ("text", "poisha"),
    [
        ("1,23,456.78", 12_345_678),
        ("123,456.78", 12_345_678),
        ("123456.78", 12_345_678),
        ("১,২৩,৪৫৬.৭৮", 12_345_678),
        ("৳১,২৩,৪৫৬.৭৮", 12_345_678),
        ("1250", 125_000),
        ("1250.5", 125_050),
        (".50", 50),
        ("1250.500", 125_050),
        ("(1,000.00)", -100_000),
        ("-1,000.00", -100_000),
        ("\u22121,000.00", -100_000),
        ("1,000.00-", -100_000),
        ("1,000.00 CR", 100_000),
        ("1,000.00 Dr.", -100_000),
        ("Tk 1,25,000.00", 12_500_000),
        ("1,25,000 টাকা", 12_500_000),
        ("0.00", 0),
        ("'500.00", 50_000),
    ],
)
def test_an_amount_is_read_to_the_poisha(text: str, poisha: int) -> None:
    assert amount_in(text) is not None
    assert amount_in(text)[0] == poisha  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "1,5",
        "12,34",
        "1.255",
        "1.234,50",
        "1E5",
        "1.2E+05",
        "",
        "-",
        "(5",
        "5)",
        "-5 Dr",
        "--5",
        "five",
        "1 2",
        "9" * 25,
    ],
)
def test_what_could_be_two_amounts_or_none_is_no_amount(text: str) -> None:
    assert amount_in(text) is None


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_every_amount_we_write_is_read_back(poisha: int) -> None:
    for text in (taka_plain(poisha), taka(poisha).removeprefix("Tk "), bangla_digits(taka_plain(poisha))):
        assert amount_in(text) == (poisha, False)


_FIGURES = st.one_of(
    st.just(""),
    st.integers(-(10**12), 10**12).map(taka_plain),
    st.integers(-(10**12), 10**12).map(lambda poisha: taka(poisha).removeprefix("Tk ")),
    st.integers(-(10**12), 10**12).map(lambda poisha: f"{poisha / 100:,.2f}"),
    st.text(alphabet="1234567890,.-\n", max_size=12),
    st.text(max_size=8),
)


@given(st.lists(_FIGURES, min_size=1))
def test_reading_a_column_at_once_says_the_same_as_cell_by_cell(cells: list[str]) -> None:
    poisha, others = figures_in(cells)
    read = [NO_AMOUNT if at in others else said for at, said in enumerate(poisha.tolist())]
    assert read == [
        NO_AMOUNT if at in others or not cell else (amount_in(cell) or (None,))[0] for at, cell in enumerate(cells)
    ]


@pytest.mark.parametrize(
    "text",
    ["0.00", "-0.50", "12.34", "1234.50", "1,234.50", "12,345.67", "1,23,456.78", "-1,00,00,000.00", "100,000.00"],
)
def test_what_nearly_every_amount_looks_like_is_read_at_once(text: str) -> None:
    poisha, others = figures_in(["", text, ""])
    assert (poisha.tolist(), others) == ([NO_AMOUNT, amount_in(text)[0], NO_AMOUNT], [])  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        *("1,2,3.00", "12,34.00", ",123.00", "1234,567.00", "1,234", ".50", "1.234", "1.2.34", "1-2.00"),
        "৫.০০",
        "1\n2.00",
    ],
)
def test_what_looks_otherwise_is_left_to_be_read_by_itself(text: str) -> None:
    assert figures_in(["5.00", text])[1][-1:] == [1]


@given(st.lists(st.text(alphabet=" a'=\"\n\t\u00a0\u200bক", max_size=6), min_size=1))
def test_cleaning_a_column_at_once_says_the_same_as_cell_by_cell(cells: list[str]) -> None:
    assert list(texts_in(cells)) == [text_in(cell) for cell in cells]


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("22/11/2026", "DD/MM/YYYY"),
        ("11/22/2026", "MM/DD/YYYY"),
        ("22-Nov-2026", "DD-MMM-YYYY"),
        ("22 November, 2026", "DD-MMM-YYYY"),
        ("22-NOV-26", "DD-MMM-YY"),
        ("২২ নভেম্বর ২০২৬", "DD MMM YYYY"),
        ("২২/১১/২০২৬", "DD/MM/YYYY"),
        ("2026-11-22T10:15:00+06:00", "DD/MM/YYYY"),
        ("22.11.26", "DD.MM.YY"),
        ("20261122", "YYYYMMDD"),
        ("22/11/2026 2:05 PM", "DD/MM/YYYY"),
        ("22/11/2026 14:05:59", "DD/MM/YYYY"),
    ],
)
def test_a_day_is_read_in_the_format_that_was_said(text: str, format_: str) -> None:
    found = day_in(text, (format_,))
    assert found is not None
    assert day_of(found[0]) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("22-11-2026", "DD/MM/YYYY"),
        ("11/22/2026", "DD/MM/YYYY"),
        ("31/02/2026", "DD/MM/YYYY"),
        ("22/11/1926", "DD/MM/YYYY"),
        ("22-Nom-2026", "DD-MMM-YYYY"),
        ("22/11/2026 later", "DD/MM/YYYY"),
        ("", "DD/MM/YYYY"),
    ],
)
def test_what_is_not_in_the_format_is_no_day(text: str, format_: str) -> None:
    assert day_in(text, (format_,)) is None


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    assert day_in(day.strftime("%d/%m/%Y"), ("DD/MM/YYYY",)) == (day_number(day), "DD/MM/YYYY")
    assert day_of(day_number(day)) == day


@pytest.mark.parametrize(
    "formats", [(), ("DD/MM",), ("DD/MM/MM",), ("%d/%m/%Y",), ("DD/MM-YYYY",), ("DD/MM/YYYY", "MM/DD/YYYY")]
)
def test_formats_that_leave_a_day_open_are_refused(formats: tuple[str, ...]) -> None:
    with pytest.raises(Unacceptable) as refused:
        check_date_formats(formats)
    assert refused.value.field == "dates"
    assert refused.value.remedy


def test_the_marks_of_spreadsheets_are_taken_off_a_text() -> None:
    assert [text_in(cell) for cell in ("'00123", '="00123"', "  a\t b\x00 ", "ক\u200b")] == [
        "00123",
        "00123",
        "a b",
        "ক",
    ]


def test_a_number_that_a_spreadsheet_has_rounded_is_seen() -> None:
    assert is_spoilt_number("2.02611E+15")
    assert not is_spoilt_number("2E+APR")
    assert not is_spoilt_number("20261122")


@pytest.mark.parametrize("text", ["99999999999999999999.00", "9,99,99,99,99,99,99,99,999.00", "1000000000000000.00"])
def test_a_number_too_long_for_any_amount_is_none(text: str) -> None:
    assert amount_in(text) is None
    assert amounts([text])[0].tolist() == [BAD_AMOUNT]


def test_the_largest_amount_is_read_to_the_poisha() -> None:
    assert amount_in("999999999999999.99") == (10**17 - 1, False)
