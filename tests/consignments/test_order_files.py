"""Order files: every kind merchants have is recognised, and a broken one is refused whole, with row and remedy."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.consignments.booking import Order, OrderRefused, load_booking_rules, parse_order
from post_logistics.consignments.order_files import (
    MAX_FILE_BYTES,
    MAX_ROWS,
    OrderFile,
    load_order_columns,
    read_order_file,
    write_table,
)
from post_logistics.consignments.order_files.layout import header_key
from post_logistics.errors import PostError, Unacceptable

DATA = Path(__file__).resolve().parents[2] / "data"
COLUMNS = load_order_columns(DATA)
RULES = load_booking_rules(DATA)
STORE = {"merchant": "Nakshi Ghar", "store_address": "House 12, Road 5, Dhanmondi, Dhaka 1205"}
OWN = [
    "merchant", "store_address", "order_ref", "recipient_name", "recipient_phone", "recipient_address", "weight_kg",
    "cod_taka", "declared_value_taka", "description", "note",
]  # fmt: skip
ROW = [
    "Nakshi Ghar", "Dhanmondi, Dhaka", "N-1", "রহিমা খাতুন", "01712345678", "বাসা ১২, রোড ৩, মগবাজার", "0.5",
    "1250", "", "Kantha", "",
]  # fmt: skip


def with_(**changed: str) -> list[str]:
    """The good row with some fields changed."""
    return [changed.get(field, text) for field, text in zip(OWN, ROW, strict=True)]


def csv_bytes(rows: Iterable[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(file)
    return file.getvalue()


def read(content: bytes, defaults: Mapping[str, str] | None = None) -> OrderFile:
    return read_order_file(content, "orders", defaults or {}, COLUMNS)


def refusal(content: bytes) -> PostError:
    """The refusal of the file as a whole, which always says what to do."""
    with pytest.raises(Unacceptable) as refused:
        read(content)
    assert refused.value.remedy
    return refused.value


def orders(content: bytes, defaults: Mapping[str, str] | None = None) -> list[Order]:
    file = read(content, defaults)
    assert not file.refused
    return [parse_order(row.fields, row.row, RULES) for row in file.rows]


# Our own template


def test_our_template_is_read_as_it_stands() -> None:
    file = read(csv_bytes([OWN, ROW, with_(order_ref="N-2")]))
    assert file.dialect == "Order template of the post"
    assert [(row.row, row.fields["order_ref"]) for row in file.rows] == [(1, "N-1"), (2, "N-2")]
    assert file.rows[0].fields == dict(zip(OWN, ROW, strict=True))
    assert (file.refused, file.unread) == ((), ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_unicode_encoding_and_separator_gives_the_same_orders(encoding: str, delimiter: str) -> None:
    assert orders(csv_bytes([OWN, ROW], delimiter, encoding)) == orders(csv_bytes([OWN, ROW]))


def test_a_workbook_gives_the_same_orders_as_the_text_file() -> None:
    typed = [*ROW[:4], 1712345678, ROW[5], 0.5, 1250.0, None, *ROW[9:]]
    assert orders(xlsx_bytes([OWN, typed])) == orders(csv_bytes([OWN, ROW]))


def test_bangla_headers_and_digits_are_understood() -> None:
    header = ["মার্চেন্ট", "দোকানের ঠিকানা", "অর্ডার নং", "প্রাপকের নাম", "ফোন", "ঠিকানা", "ওজন (কেজি)", "সিওডি টাকা"]
    [order] = orders(
        csv_bytes([header, ["নকশী ঘর", "ধানমন্ডি, ঢাকা", "ন-১", "রহিমা", "০১৭১২৩৪৫৬৭৮", "রোড ৩, মগবাজার", "০.৫", "১,২৫০"]])
    )
    assert (order.order_ref, order.recipient_phone, order.weight_g, order.cod_poisha) == (
        "ন-১",
        "+8801712345678",
        500,
        125_000,
    )


def test_headers_are_recognised_whatever_their_case_spaces_and_asterisks() -> None:
    assert read(
        csv_bytes(
            [
                ["Order Ref *", " RECIPIENT NAME", "Recipient-Phone(*)", "recipient_address", "COD_Taka"],
                [*ROW[2:6], "0"],
            ]
        )
    ).rows


def test_columns_we_do_not_know_are_named_and_left() -> None:
    assert read(csv_bytes([[*OWN, "Gift wrap", ""], [*ROW, "yes", ""]])).unread == ("Gift wrap",)


def test_defaults_fill_only_what_the_file_leaves_empty() -> None:
    defaults = {"merchant": "Another", "store_address": "Banani, Dhaka"}
    first, second = read(csv_bytes([OWN, ROW, with_(order_ref="N-2", store_address="")]), defaults).rows
    assert (first.fields["merchant"], first.fields["store_address"]) == ("Nakshi Ghar", "Dhanmondi, Dhaka")
    assert second.fields["store_address"] == "Banani, Dhaka"


def test_empty_rows_are_counted_but_left_out() -> None:
    content = csv_bytes([[], OWN, ROW, [""] * len(OWN), [], with_(order_ref="N-2")])
    assert [row.row for row in read(content).rows] == [1, 4]


def test_an_apostrophe_before_digits_is_the_spreadsheets_and_not_the_merchants() -> None:
    [row] = read(csv_bytes([OWN, with_(recipient_phone="'01712345678", recipient_name="'Abu' Rahim")])).rows
    assert (row.fields["recipient_phone"], row.fields["recipient_name"]) == ("01712345678", "'Abu' Rahim")


def test_a_cell_may_hold_separators_line_breaks_and_quotes() -> None:
    [order] = orders(csv_bytes([OWN, with_(recipient_address='Flat "B", Road 3\nMogbazar; Dhaka')]))
    assert order.recipient_address == 'Flat "B", Road 3 Mogbazar; Dhaka'


def test_the_line_in_which_excel_names_the_separator_is_no_header() -> None:
    assert len(orders(b"sep=;\r\n" + csv_bytes([OWN, ROW], ";"))) == 1


def test_a_table_we_wrote_can_be_sent_in_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    write_table(path, OWN, [with_(recipient_phone="+8801712345678", note="=call first")], for_excel=True)
    [row] = read_order_file(path, path.name, {}, COLUMNS).rows
    assert (row.fields["recipient_phone"], row.fields["note"]) == ("+8801712345678", "=call first")


# The sheets of couriers

PATHAO = [
    "ItemType", "StoreName", "MerchantOrderId", "RecipientName(*)", "RecipientPhone(*)", "RecipientAddress(*)",
    "RecipientCity(*)", "RecipientZone(*)", "RecipientArea", "AmountToCollect(*)", "ItemQuantity", "ItemWeight",
    "ItemDesc", "SpecialInstruction",
]  # fmt: skip
STEADFAST = [
    "Invoice",
    "Name",
    "Address",
    "Phone",
    "Amount",
    "Note",
    "Contact Name",
    "Contact Phone",
    "Lot",
    "Delivery Type",
]


def test_a_pathao_sheet_becomes_orders_with_hints() -> None:
    row = [
        "Parcel", "Nakshi Ghar", "P-7", "Rahima", "01712345678", "House 5, Road 3", "Dhaka", "Mirpur", "Section 10",
        "990", "1", "0.5", "Kantha", "Call",
    ]  # fmt: skip
    file = read(csv_bytes([PATHAO, row]), STORE)
    assert file.dialect == "Pathao bulk sheet"
    fields = file.rows[0].fields
    assert (fields["recipient_city"], fields["recipient_zone"], fields["recipient_area"]) == (
        "Dhaka",
        "Mirpur",
        "Section 10",
    )
    order = parse_order(fields, 1, RULES)
    assert (order.merchant, order.order_ref, order.weight_g, order.cod_poisha) == ("Nakshi Ghar", "P-7", 500, 99_000)
    assert (order.description, order.note, order.weight_assumed) == ("Kantha", "Call", False)


def test_a_steadfast_sheet_becomes_orders_of_assumed_weight() -> None:
    row = [
        "S-9",
        "Rahima",
        "House 5, Road 3, Mirpur",
        "01712345678",
        "990",
        "Fragile",
        "Shop",
        "01812345678",
        "1",
        "Home",
    ]
    file = read(csv_bytes([STEADFAST, row]), STORE)
    assert file.dialect == "Steadfast bulk sheet"
    assert file.unread == ("Contact Name", "Contact Phone", "Lot", "Delivery Type")
    order = parse_order(file.rows[0].fields, 1, RULES)
    assert (order.merchant, order.order_ref, order.cod_poisha, order.note) == ("Nakshi Ghar", "S-9", 99_000, "Fragile")
    assert order.weight_assumed


# Files that cannot be read


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n , \n", xlsx_bytes([])])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert re.search("is empty|anything in it", refusal(content).message)


@pytest.mark.parametrize("content", [csv_bytes([OWN]), csv_bytes([OWN, [""] * len(OWN)]), xlsx_bytes([OWN])])
def test_a_header_without_orders_is_refused(content: bytes) -> None:
    assert "no orders" in refusal(content).message


def test_columns_of_no_known_file_are_answered_with_what_is_missing_and_what_is_there() -> None:
    error = refusal(csv_bytes([["order_ref", "recipient_name", "colour"], ["1", "Rahima", "red"]]))
    assert error.facts == {
        "missing": ["recipient_phone", "recipient_address"],
        "found": ["order_ref", "recipient_name", "colour"],
    }
    assert "lacks: recipient_phone, recipient_address" in error.message


def test_a_column_that_is_there_twice_is_refused_unless_nothing_is_read_from_it() -> None:
    assert "'cod_taka' is there more than once" in refusal(csv_bytes([[*OWN, "COD Taka"], [*ROW, "0"]])).message
    assert read(csv_bytes([[*OWN, "Gift", "Gift"], [*ROW, "", ""]])).rows


@pytest.mark.parametrize("cells", [ROW[:-1], [*ROW, "more"]])
def test_a_row_with_cells_missing_or_too_many_is_refused_and_the_others_kept(cells: list[str]) -> None:
    file = read(csv_bytes([OWN, ROW, cells, with_(order_ref="N-3")]))
    assert [row.row for row in file.rows] == [1, 3]
    assert [(refused.row, f"{len(cells)} cells" in refused.message) for refused in file.refused] == [(2, True)]


@pytest.mark.parametrize(
    "broken", ['N-2,"House 5\n', 'N-2,"House" 5\n', 'N-2,"House 5\nN-3,"House 6"\n', f'N-2,"{"x" * 200_000}\n']
)
def test_quotation_marks_that_do_not_match_are_refused_with_their_row(broken: str) -> None:
    header = "order_ref,recipient_address,recipient_name,recipient_phone\n"
    error = refusal((header + "N-1,House 4,Rahima,01712345678\n" + broken).encode())
    assert error.row == 2
    assert "quotation marks" in error.message


def test_damaged_bangla_is_refused_with_its_row_instead_of_read_as_nonsense() -> None:
    content = csv_bytes([OWN, ROW, with_(order_ref="N-2")])
    broken = content[:-40].replace("মগবাজার".encode()[:3], b"\xe0\xa6", 1)
    error = refusal(broken)
    assert error.row == 1
    assert "UTF-8" in (error.remedy or "")


def test_western_text_of_an_old_spreadsheet_is_read_but_an_old_bangla_font_is_not() -> None:
    assert orders(
        csv_bytes([OWN, with_(recipient_name="José", recipient_address="House 5 – Mogbazar")], encoding="cp1252")
    )
    assert (
        "not Unicode"
        in refusal(
            csv_bytes([OWN, with_(recipient_name="†gv¯Ídv", recipient_address="gMevRvi, XvKv")], encoding="cp1252")
        ).message
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old .xls workbook or locked"),
        (b"<html><table><tr><td>order_ref</td></tr></table></html>", "web page"),
        (bytes(range(256)) * 20, "not Unicode"),
        (b"\x01\x02\x03\x04" * 500, "no text"),
        (b"PK\x03\x04" + b"junk" * 100, "cannot be read"),
        (xlsx_bytes([OWN, ROW])[:-200], "cannot be read"),
        (b"%PDF-1.7\n1 0 obj", "no known order file"),
    ],
)
def test_what_is_no_order_file_is_refused_by_what_it_is(content: bytes, reason: str) -> None:
    assert reason in refusal(content).message


def test_a_nul_byte_spoils_its_row_only() -> None:
    rows = read(csv_bytes([OWN, with_(recipient_name="Rah\x00ima"), with_(order_ref="N-2")])).rows
    with pytest.raises(OrderRefused, match="control or damaged"):
        parse_order(rows[0].fields, 1, RULES)
    parse_order(rows[1].fields, 2, RULES)


def test_a_reference_used_twice_names_all_its_rows_and_books_none_of_them() -> None:
    file = read(csv_bytes([OWN, ROW, with_(order_ref="N-2"), with_(cod_taka="5"), with_(merchant="Other Shop")]))
    assert [row.row for row in file.rows] == [2, 4]
    assert [(refused.row, refused.field) for refused in file.refused] == [(1, "order_ref"), (3, "order_ref")]
    assert all("rows 1, 3" in str(refused) for refused in file.refused)


def test_of_rows_alike_to_the_letter_the_first_is_the_order() -> None:
    file = read(csv_bytes([OWN, ROW, ROW, with_(order_ref="N-2"), ROW]))
    assert [row.row for row in file.rows] == [1, 3]
    assert [(refused.row, refused.field) for refused in file.refused] == [(2, "order_ref"), (4, "order_ref")]
    assert all("row 1 is the same order" in str(refused) for refused in file.refused)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable):
        read_order_file(tmp_path / "none.csv", "none.csv", {}, COLUMNS)
    with pytest.raises(Unacceptable, match="cannot be read"):
        read_order_file(tmp_path, "folder", {}, COLUMNS)


def test_a_file_too_large_or_too_long_is_refused() -> None:
    assert "larger than" in refusal(bytes(MAX_FILE_BYTES + 1)).message
    assert (
        "more than"
        in refusal(
            csv_bytes([["order_ref", "name", "phone", "address"], *([["", "", "", ""]] * (MAX_ROWS + 1))])
        ).message
    )


UNDAMAGED = (csv_bytes([OWN, ROW]), xlsx_bytes([OWN, ROW]))
"""Made once: a workbook bears the time of its making, and no two are alike."""


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_read_or_refused_but_never_fails(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(UNDAMAGED)))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        file = read(bytes(content), STORE)
    except PostError:
        return
    for row in file.rows:
        try:
            parse_order(row.fields, row.row, RULES)
        except OrderRefused as refused:
            assert refused.problems


# The columns as data


def test_all_districts_have_a_code_and_the_name_our_own_table_uses() -> None:
    with (DATA / "districts.csv").open(encoding="utf-8", newline="") as file:
        names = {row["name_en"] for row in csv.DictReader(file)}
    assert set(COLUMNS.shop.districts.values()) == names
    assert set(COLUMNS.shop.districts) == {f"BD-{number:02d}" for number in range(1, 65)}


def test_every_field_of_our_template_has_its_own_name_and_all_couriers_fields_are_ours() -> None:
    own, *others = COLUMNS.dialects
    assert [own.columns[field][0] for field in OWN] == OWN
    for dialect in others:
        assert dialect.code == "woocommerce" or set(dialect.columns) <= set(own.columns)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('name = ["Name"]', 'name = ["Name", "phone"]', "steadfast: 'phone' is named more than once"),
        ('name = ["Name"]', 'name = "Name"', "steadfast, columns: recipient_name is no list of texts"),
        ('required = ["order_ref"', 'required = ["reference"', "own: required field reference has no columns"),
        ("[pathao.columns]", "[pathao.colums]", "pathao: the block columns is missing"),
        ("\ncurrency = [", "\ncurrencies = [", "shop: currency is no list of texts"),
        ("[own]", "[own", "is not TOML"),
    ],
)  # fmt: skip
def test_a_complaint_about_the_columns_names_block_and_key(
    tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    text = (DATA / "order_columns.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "order_columns.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Unacceptable) as refused:
        load_order_columns(tmp_path)
    assert complaint in str(refused.value)


def test_headers_are_compared_by_letters_signs_and_digits() -> None:
    assert header_key("Recipient_Name (*)") == header_key("recipientname")
    assert header_key("ওজন (কেজি)") == header_key("ওজন কেজি") != header_key("ওজন")
    assert header_key("Address ১") == header_key("address1")
