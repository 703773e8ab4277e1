"""WooCommerce exports: lines joined, addresses put together, cash collected only where the shop says so."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from post_logistics.consignments.booking import Order, OrderRefused, load_booking_rules, parse_order
from post_logistics.consignments.order_files import OrderFile, load_order_columns, read_order_file

DATA = Path(__file__).resolve().parents[2] / "data"
COLUMNS = load_order_columns(DATA)
RULES = load_booking_rules(DATA)
STORE = {"merchant": "Nakshi Ghar", "store_address": "House 12, Road 5, Dhanmondi, Dhaka 1205"}


def csv_bytes(rows: Iterable[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def read(content: bytes, defaults: Mapping[str, str] | None = None) -> OrderFile:
    return read_order_file(content, "orders", defaults or {}, COLUMNS)


def orders(content: bytes, defaults: Mapping[str, str] | None = None) -> list[Order]:
    file = read(content, defaults)
    assert not file.refused
    return [parse_order(row.fields, row.row, RULES) for row in file.rows]


AOE = [
    "Order Number", "Order Status", "Order Date", "Customer Note", "First Name (Billing)", "Last Name (Billing)",
    "Address 1&2 (Billing)", "City (Billing)", "State Code (Billing)", "Postcode (Billing)", "Phone (Billing)",
    "First Name (Shipping)", "Last Name (Shipping)", "Address 1&2 (Shipping)", "City (Shipping)",
    "State Code (Shipping)", "Postcode (Shipping)", "Payment Method Title", "Order Total Amount", "Item Name",
    "Quantity",
]  # fmt: skip
AOE_ROW = {
    "Order Number": "5001",
    "Order Status": "Processing",
    "Order Date": "2026-11-20 10:00",
    "Customer Note": "After five",
    "First Name (Billing)": "Karim",
    "Last Name (Billing)": "Uddin",
    "Address 1&2 (Billing)": "Shop 4, New Market",
    "City (Billing)": "Dhaka",
    "State Code (Billing)": "BD-13",
    "Postcode (Billing)": "1205",
    "Phone (Billing)": "01712345678",
    "First Name (Shipping)": "Rahima",
    "Last Name (Shipping)": "Khatun",
    "Address 1&2 (Shipping)": "House 5, Road 3, Sector 7",
    "City (Shipping)": "Uttara",
    "State Code (Shipping)": "BD-13",
    "Postcode (Shipping)": "1230",
    "Payment Method Title": "Cash on delivery",
    "Order Total Amount": "1590.00",
    "Item Name": "Kantha",
    "Quantity": "2",
}
WEBTOFFEE = [
    "order_id", "order_number", "order_date", "status", "order_total", "order_currency", "payment_method",
    "payment_method_title", "billing_first_name", "billing_last_name", "billing_phone", "billing_address_1",
    "billing_address_2", "billing_postcode", "billing_city", "billing_state", "shipping_first_name",
    "shipping_last_name", "shipping_phone", "shipping_address_1", "shipping_address_2", "shipping_postcode",
    "shipping_city", "shipping_state", "customer_note", "line_item_1",
]  # fmt: skip


def aoe(*rows: Mapping[str, str]) -> bytes:
    """An Advanced Order Export of the good order, once per mapping of changes."""
    return csv_bytes([AOE, *([(AOE_ROW | row)[name] for name in AOE] for row in rows)])


def test_an_advanced_order_export_becomes_orders() -> None:
    file = read(aoe({}), STORE)
    assert file.dialect == "WooCommerce order export"
    assert file.rows[0].fields == STORE | {
        "order_ref": "5001",
        "recipient_name": "Rahima Khatun",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Sector 7, Uttara, Dhaka, 1230",
        "recipient_city": "Uttara",
        "recipient_district": "Dhaka",
        "recipient_postcode": "1230",
        "cod_taka": "1590.00",
        "description": "Kantha x 2",
        "note": "After five",
    }
    assert parse_order(file.rows[0].fields, 1, RULES).weight_assumed


def test_a_webtoffee_export_becomes_orders() -> None:
    row = dict.fromkeys(WEBTOFFEE, "") | {
        "order_id": "77", "order_number": "5002", "status": "processing", "order_total": "990", "order_currency": "BDT",
        "payment_method": "cod", "billing_first_name": "Karim", "billing_phone": "+8801712345678",
        "billing_address_1": "Shop 4", "billing_address_2": "New Market", "billing_city": "Dhaka",
        "billing_state": "BD-13",
    }  # fmt: skip
    [order] = orders(csv_bytes([WEBTOFFEE, list(row.values())]), STORE)
    assert (order.order_ref, order.recipient_name, order.cod_poisha) == ("5002", "Karim", 99_000)
    assert order.recipient_address == "Shop 4, New Market, Dhaka"


def test_without_a_shipping_address_the_whole_billing_address_counts() -> None:
    shipping = {name: "" for name in AOE if "(Shipping)" in name} | {"City (Shipping)": "Khulna"}
    [order] = orders(aoe(shipping), STORE)
    assert order.recipient_name == "Karim Uddin"
    assert order.recipient_address == "Shop 4, New Market, Dhaka, 1205"


@pytest.mark.parametrize(
    ("title", "cod_taka"),
    [
        ("Cash on delivery", "1590.00"),
        ("COD (Dhaka only)", "1590.00"),
        ("ক্যাশ অন ডেলিভারি", "1590.00"),
        ("bKash", "0"),
        ("Codfish card", "0"),
    ],
)
def test_cash_is_collected_only_when_the_payment_method_says_so(title: str, cod_taka: str) -> None:
    assert read(aoe({"Payment Method Title": title})).rows[0].fields["cod_taka"] == cod_taka


@pytest.mark.parametrize(
    "later", [{}, {"Order Number": "", **{name: "" for name in AOE if "ing)" in name or "Total" in name}}]
)
def test_the_lines_of_one_order_are_joined(later: dict[str, str]) -> None:
    rows = read(aoe({}, {**later, "Item Name": "Shari", "Quantity": "1"}, {"Order Number": "5003"})).rows
    assert [(row.row, row.fields["order_ref"], row.fields["description"]) for row in rows] == [
        (1, "5001", "Kantha x 2; Shari"),
        (3, "5003", "Kantha x 2"),
    ]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"Order Status": "wc-cancelled"}, "order_status"),
        ({"Order Status": "Refunded"}, "order_status"),
        ({"Payment Method Title": ""}, "payment_method"),
    ],
)
def test_an_order_that_must_not_be_sent_is_refused(changed: dict[str, str], field: str) -> None:
    file = read(aoe(changed, {"Order Number": "5003"}))
    assert [row.fields["order_ref"] for row in file.rows] == ["5003"]
    assert [(refused.row, refused.field) for refused in file.refused] == [(1, field)]


def test_an_amount_in_another_currency_is_refused() -> None:
    header, row = [*AOE, "Order Currency"], [*(AOE_ROW[name] for name in AOE), "USD"]
    assert [refused.field for refused in read(csv_bytes([header, row])).refused] == ["order_currency"]


def test_lines_of_one_order_that_contradict_each_other_are_refused() -> None:
    [refused] = read(aoe({}, {"Order Total Amount": "10"})).refused
    assert "rows 1 and 2" in str(refused)


def test_a_failed_cell_in_a_part_of_the_address_is_not_printed_on_a_label() -> None:
    row = read(aoe({"City (Shipping)": "#N/A"}), STORE).rows[0]
    with pytest.raises(OrderRefused, match="the spreadsheet shows #N/A"):
        parse_order(row.fields, 1, RULES)


@pytest.mark.parametrize("state", ["BD-99", "DHA", ""])
def test_a_code_nobody_can_read_is_not_shown(state: str) -> None:
    fields = read(aoe({"State Code (Shipping)": state})).rows[0].fields
    assert fields["recipient_address"] == "House 5, Road 3, Sector 7, Uttara, 1230"
    assert fields["recipient_district"] == ""
