"""A statement file: all of its lines, each checked, or a refusal with row, column and remedy."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.cod.statements import reading
from post_logistics.cod.statements.columns import NO_DAY, day_of
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.reading import StatementReader, read_columns
from post_logistics.errors import Unacceptable
from tests.cod.statements.banks import (
    BANK,
    HEADER,
    LINES,
    STATEMENT,
    WALLET,
    WALLET_STATEMENT,
    ids,
    many,
    read,
    table,
)


def refusal(content: str | bytes, layout: Layout = BANK, until: date | None = None) -> Unacceptable:
    """The refusal of a file, which always says what to do."""
    raw = content.encode() if isinstance(content, str) else content
    with pytest.raises(Unacceptable) as refused:
        list(StatementReader(io.BytesIO(raw), "statement", layout, "bank", until=until))
    assert refused.value.remedy
    return refused.value


def test_the_lines_come_as_columns_with_the_rows_a_spreadsheet_shows() -> None:
    lines, whole = read(STATEMENT)
    assert lines.row.tolist() == [4, 5, 6]
    assert lines.amount_poisha.tolist() == [12_345_650, 50_000, -115_000]
    assert lines.balance_poisha.tolist() == [13_345_650, 13_395_650, 13_280_650]
    assert list(lines.reference) == ["SB-1", "SB-2", ""]
    assert list(lines.description) == ["cash of 1215", "cash of 1216", "charge"]
    assert [day_of(day) for day in lines.booked_on] == [date(2026, 11, 22)] * 2 + [date(2026, 11, 23)]
    assert set(lines.value_on) == {NO_DAY}
    assert (whole.opening_poisha, whole.closing_poisha) == (1_000_000, 13_280_650)
    assert (whole.first_on, whole.last_on, whole.rows) == (date(2026, 11, 22), date(2026, 11, 23), 3)
    assert (whole.credit_poisha, whole.debit_poisha) == (12_395_650, 115_000)


def test_matching_gets_columns_that_call_each_line_by_its_row() -> None:
    columns = read_columns(io.BytesIO(STATEMENT.encode()), "x", BANK, "bank")
    assert columns.line.tolist() == [4, 5, 6]
    assert (columns.booked_on.dtype, columns.amount_poisha.dtype) == (np.int32, np.int64)
    assert list(columns.source) == ["bank"] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_make_no_difference(encoding: str, delimiter: str) -> None:
    plain = STATEMENT.replace("charge", "charge – fee")
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(csv.reader(io.StringIO(plain)))
    assert ids(text.getvalue().encode(encoding)) == ids(plain)


def test_bangla_digits_and_headers_are_read_like_any_others() -> None:
    bangla = replace(BANK, columns=BANK.columns | {"booked_on": ("তারিখ",), "description": ("বিবরণ",)})
    rows = ['২২/১১/২০২৬,SB-1,ডাকঘর ১২১৫,,"১,২৩,৪৫৬.৫০","১,৩৩,৪৫৬.৫০"']
    lines, _ = read(table("তারিখ,Slip No,বিবরণ,Debit,Credit,Balance", *rows), bangla)
    assert (lines.amount_poisha[0], lines.balance_poisha[0]) == (12_345_650, 13_345_650)
    assert lines.description[0] == "ডাকঘর ১২১৫"


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_with_real_dates_and_numbers_is_the_same_statement() -> None:
    day = datetime(2026, 11, 22)  # noqa: DTZ001
    book = workbook(
        ["Some Bank PLC"],
        ["Opening Balance", 10_000],
        HEADER.split(","),
        [day, "SB-1", "cash of 1215", None, 123_456.5, 133_456.5],
        [day, "SB-2", "cash of 1216", None, 500, 133_956.5],
        [datetime(2026, 11, 23, 14, 5), None, "charge", 1150, None, 132_806.5],  # noqa: DTZ001
    )
    assert ids(book) == ids(STATEMENT)


def test_a_workbook_whose_spreadsheet_turned_some_days_round_is_refused() -> None:
    turned = datetime(2026, 4, 3)  # noqa: DTZ001 - 03/04 read as 4 March or 3 April, while 13/04 stayed a text
    book = workbook(HEADER.split(","), [turned, "a", "x", None, 5, 5], ["13/04/2026", "b", "y", None, 5, 10])
    assert "more than one way" in refusal(book).message


def test_notes_totals_repeated_headers_and_words_below_are_no_lines() -> None:
    rows = (
        *LINES[:2],
        HEADER,
        ",,,,,",
        LINES[2],
        'Total,,,"1,150.00","1,23,956.50",',
        'Closing Balance,,,,,"1,32,806.50"',
    )
    end = ("*** End of statement ***", "This needs no signature,,,,,")
    assert ids("\n".join(('Opening Balance,"10,000.00"', HEADER, *rows, *end))) == ids(STATEMENT)


def test_an_opening_balance_dressed_as_a_line_is_no_line() -> None:
    rows = ('22/11/2026,,Opening Balance,,"10,000.00","10,000.00"', *LINES)
    assert ids(table(HEADER, *rows)) == ids(STATEMENT)


def test_the_newest_line_may_stand_first() -> None:
    lines, whole = read(table(HEADER, *reversed(LINES)))
    assert (whole.opening_poisha, whole.closing_poisha) == (1_000_000, 13_280_650)
    assert set(lines.line_id) == set(ids(STATEMENT))


def test_rows_that_move_nothing_are_counted_and_not_kept() -> None:
    lines, whole = read(table(HEADER, *LINES[:2], '22/11/2026,,cheque book issued,0.00,0.00,"1,33,956.50"', LINES[2]))
    assert (len(lines), whole.without_amount) == (3, 1)


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("22-11-2026,a,x,,5.00,5.00", "Date", "no day written"),
        ("31/02/2026,a,x,,5.00,5.00", "Date", "no day written"),
        (",a,x,,5.00,5.00", "Date", "missing"),
        ("22/11/2026,a,x,,,5.00", "Credit", "missing"),
        ('22/11/2026,a,x,,"1,5",5.00', "Credit", "no exact amount"),
        ("22/11/2026,a,x,,5.005,5.00", "Credit", "no exact amount"),
        ("22/11/2026,a,x,3.00,5.00,5.00", "Debit", "both"),
        ("22/11/2026,a,x,,-5.00,5.00", "Credit", "contradicts"),
        ("22/11/2026,a,x,,5.00 DR,5.00", "Credit", "contradicts"),
        ("22/11/2026,a,x,,5.00,five", "Balance", "no exact amount"),
        ("22/11/2026,a,x, y,,5.00,5.00", "Balance", "7 cells"),
        ("22/11/2026,2.02E+15,x,,5.00,5.00", "Slip No", "rounded"),
        ("22/11/2026,a," + "x" * 2001 + ",,5.00,5.00", "Particulars", "too long"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_row_column_and_remedy(line: str, column: str, said: str) -> None:
    refused = refusal(table("Some Bank", HEADER, line))
    assert (refused.row, refused.field) == (3, column)
    assert said in refused.message
    assert refused.facts["problems"][0]["row"] == 3


def test_a_refusal_lists_several_problems_but_not_a_thousand() -> None:
    refused = refusal(table(HEADER, *["no day,a,x,,5.00,5.00"] * 1000))
    assert len(refused.facts["problems"]) == 20


def test_a_refusal_does_not_repeat_a_name_that_slipped_into_the_wrong_column() -> None:
    refused = refusal(table(HEADER, "Rahima Khatun,a,x,,5.00,5.00"))
    assert "Rahima" not in str(refused) + repr(refused.facts)


def test_a_day_still_to_come_is_refused_and_today_is_not() -> None:
    assert "still to come" in refusal(STATEMENT, until=date(2026, 11, 22)).message
    assert len(list(StatementReader(io.BytesIO(STATEMENT.encode()), "x", BANK, "b", until=date(2026, 11, 23)))) == 1


@pytest.mark.parametrize("cut", [1, 2])
def test_red_control_a_line_taken_out_or_an_amount_changed_breaks_the_balances(cut: int) -> None:
    rows = [line for at, line in enumerate(LINES) if at != cut]
    if cut == 2:
        rows = [LINES[0], LINES[1].replace("500.00,", "501.00,"), LINES[2]]
    refused = refusal(table(HEADER, *rows))
    assert (refused.row, refused.field) == (3, "Balance")


def test_sums_that_the_file_states_have_to_be_those_of_its_lines() -> None:
    assert refusal(STATEMENT.replace('"10,000.00"', '"10,000.01"')).field == "opening"
    assert refusal(STATEMENT + '\nClosing Balance,,,,,"1,32,806.51"').field == "closing"
    assert refusal(STATEMENT + '\nTotal,,,"1,150.00","1,23,956.51",').field == "credit"
    without = replace(BANK, columns={k: v for k, v in BANK.columns.items() if k != "balance"})
    assert refusal(STATEMENT + "\nClosing Balance: 5.00", without).field == "closing"


def test_words_between_lines_refuse_the_file() -> None:
    refused = refusal(table(HEADER, LINES[0], "continued from the line above,,,,,", LINES[1]))
    assert (refused.row, refused.field) == (3, "Date")


def test_a_damaged_line_that_begins_like_a_total_is_no_total() -> None:
    assert refusal(table(HEADER, LINES[0], ",SB-9,Total Traders Ltd,,500.00,")).field == "Date"


def test_a_file_without_one_of_its_columns_is_refused_by_the_name_of_the_column() -> None:
    refused = refusal(table(HEADER.replace("Balance", "Saldo"), LINES[0]))
    assert (refused.field, refused.row) == ("Balance", 1)
    assert "Saldo" in refused.facts["columns"]
    assert "more than once" in refusal(table(HEADER + ",Credit", LINES[0])).message


@pytest.mark.parametrize("content", ["", "\n\n", HEADER, "<html><table>", "\x01\x02\x03" * 100, "\xd0\xcf\x11\xe0"])
def test_what_is_no_statement_is_refused(content: str) -> None:
    refusal(content.encode("latin-1"))


def test_damaged_bangla_is_refused_with_its_row() -> None:
    raw = table(HEADER, LINES[0], LINES[1].replace("cash", "টাকা")).encode().replace("টা".encode(), b"\xe0\xa6\xff")
    assert refusal(raw).row == 3


def test_quotation_marks_that_do_not_match_are_refused_with_their_row() -> None:
    assert refusal(table(HEADER, LINES[0], '22/11/2026,"SB"x,y,,1,1')).row == 3


def test_a_line_without_end_is_refused() -> None:
    assert "without end" in refusal(table(HEADER, LINES[0], "x" * (3 << 20))).message


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block_chars", [100, 101, 102, 103])
def test_where_a_block_ends_makes_no_difference(monkeypatch: pytest.MonkeyPatch, ends: str, block_chars: int) -> None:
    quoted = STATEMENT.replace("cash of 1216", '"cash,' + ends + 'of 1216"')
    whole = read(quoted.replace("\n", ends) if ends != "\n" else quoted)[0]
    monkeypatch.setattr("post_logistics.cod.statements.table._LINE_CHARS", block_chars)
    in_blocks = read(quoted.replace("\n", ends) if ends != "\n" else quoted)[0]
    assert in_blocks.row.tolist() == whole.row.tolist() == [4, 5, 6]
    assert list(in_blocks.description) == ["cash of 1215", "cash, of 1216", "charge"]
    assert list(in_blocks.line_id) == list(whole.line_id)


def test_an_amount_of_two_lines_in_one_cell_is_no_amount() -> None:
    refused = refusal(table(HEADER, LINES[0], '22/11/2026,SB-2,cash,,"500.00\n600.00",'))
    assert (refused.row, refused.field) == (3, "Credit")


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("post_logistics.cod.statements.table._UNPACKED_BYTES", 1 << 20)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"\0" * (2 << 20))
    assert "unpacks" in refusal(bomb.getvalue()).message


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("post_logistics.cod.statements.table.MAX_ROWS", 4)
    assert "more than 4 rows" in refusal(STATEMENT).message


def test_one_column_of_amounts_goes_by_sign_mark_word_or_what_the_layout_says() -> None:
    def amounts(cells: str, **changed: object) -> list[int]:
        layout = replace(WALLET, columns={"booked_on": ("Time",), "amount": ("Amount",)}, **changed)  # type: ignore[arg-type]
        return read(table("Time,Amount", *(f'22-11-2026,"{c}"' for c in cells.split())), layout)[
            0
        ].amount_poisha.tolist()

    assert amounts("5 -5 (5) 5CR 5Dr") == [500, -500, -500, 500, -500]
    assert amounts("5 -5 5CR 5Dr", positive_is="debit") == [-500, 500, 500, -500]
    words = {"credit": ("In",), "debit": ("Out",)}
    columns = {"booked_on": ("Time",), "amount": ("Amount",), "direction": ("Type",)}
    by_word = replace(WALLET, columns=columns, words=words)
    rows = ("22-11-2026,5,IN", "22-11-2026,-5,out", "22-11-2026,5,Out")
    assert read(table("Time,Amount,Type", *rows), by_word)[0].amount_poisha.tolist() == [500, -500, -500]
    assert refusal(table("Time,Amount,Type", "22-11-2026,5,Fee"), by_word).field == "Type"
    assert refusal(table("Time,Amount,Type", "22-11-2026,-5,In"), by_word).field == "Amount"


def test_money_out_written_below_zero_is_believed_only_where_balances_prove_it() -> None:
    rows = ("22/11/2026,a,x,,5.00,5.00", "22/11/2026,b,x,-2.00,,3.00")
    assert read(table(HEADER, *rows))[0].amount_poisha.tolist() == [500, -200]
    without = replace(BANK, columns={k: v for k, v in BANK.columns.items() if k != "balance"})
    assert refusal(table(HEADER, *rows), without).field == "Debit"


def test_the_same_row_has_the_same_id_in_every_file_that_holds_it() -> None:
    first, second = ids(table(HEADER, *LINES[:2])), ids(table("Bank", "", HEADER, *LINES[1:]))
    assert first[1] == second[0]
    assert len({*first, *second}) == 3


def test_rows_that_the_bank_does_not_tell_apart_are_counted() -> None:
    plain = replace(WALLET, columns={"booked_on": ("Time",), "amount": ("Amount",)})
    twice, thrice = (ids(table("Time,Amount", *["22-11-2026,5"] * n), plain) for n in (2, 3))
    assert len(set(thrice)) == 3
    assert thrice[:2] == twice


def test_a_number_of_the_bank_s_is_kept_once_but_a_charge_under_it_is_another_line() -> None:
    repeated = WALLET_STATEMENT + "22-11-2026 10:00,AB1,500.00\n22-11-2026 10:00,AB1,-5.00\n"
    lines, whole = read(repeated, WALLET)
    assert (len(lines), whole.repeated) == (3, 1)
    assert lines.amount_poisha.tolist() == [50_000, -2_000, -500]


def test_ids_are_uuids_of_version_five() -> None:
    assert {UUID(one).version for one in ids(STATEMENT)} == {5}
    assert {UUID(one).variant for one in ids(STATEMENT)} == {"specified in RFC 4122"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=40), st.integers(1, 7))
def test_chunks_make_no_difference(amounts: list[int], chunk: int) -> None:
    text = many(amounts, opening_poisha=10**12)
    whole, summary = read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK_ROWS", chunk)
        pieces, again = read(text)
    assert list(pieces.line_id) == list(whole.line_id)
    assert pieces.row.tolist() == whole.row.tolist()
    assert again == summary
    assert whole.amount_poisha.tolist() == amounts
    assert (summary.opening_poisha, summary.closing_poisha) == (10**12, 10**12 + sum(amounts))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=3, max_size=12), st.data())
def test_any_cut_of_a_statement_into_overlapping_files_gives_each_line_once(
    amounts: list[int], data: st.DataObject
) -> None:
    rows = many(amounts).splitlines()[1:]
    start = data.draw(st.integers(0, len(rows) - 2))
    end = data.draw(st.integers(start + 1, len(rows)))
    cut = ids(table(HEADER, *rows[start:end]))
    assert cut == ids(many(amounts))[start:end]
