"""Whatever a partner calls its fields and however it writes them: the same order comes out of it."""

import json
from datetime import UTC, datetime
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from urllib.parse import urlencode

import pytest

from post_logistics.channels.partners.book import Encoding, Partner, Stands, load_partners
from post_logistics.channels.partners.reading import MOST_RECORDS, order_of, read_records
from post_logistics.errors import Unacceptable

PARTNERS = load_partners(Path(__file__).resolve().parents[3] / "data")
EKSHOP, NESTED, CSV = PARTNERS["ekshop"], PARTNERS["nested-sample"], PARTNERS["csv-sample"]
FORM = "application/x-www-form-urlencoded"
TOLD = {
    "order_code": "EK-1001",
    "order_state": "২",
    "customer_name": "রহিমা খাতুন",
    "customer_phone": "০১৭১২৩৪৫৬৭৮",
    "address": "House 5, Road 3, Mirpur-10",
    "district": "Dhaka",
    "weight": "0.5",
    "total_amount": "১,২৫০",
    "payment_status": "cod",
    "updated_at": "2026-11-22 09:15:00",
}
DEEP = {
    "reference": "N-7",
    "status": {"code": "packed", "since": "2026-11-22T03:15:00Z"},
    "to": {"name": "Rahima", "phones": ["01712345678"], "street": "House 5, Road 3, Mirpur-10", "district": "Dhaka"},
    "parcel": {"grams": 1200, "lines": [{"title": "Saree", "n": 1}, {"title": "Shawl"}]},
    "money": {"collect": 125_050, "settled": False},
}
SHEET = "OrderNo,Consignee,Mobile,Address1,Address2,Thana,District,Kg,Collect\r\n"


def read(partner: Partner, body: bytes, content_type: str = "") -> list[dict[str, str]]:
    return read_records(body, content_type, partner.push.encoding, partner.push.records)


def multipart(fields: dict[str, str]) -> tuple[bytes, str]:
    whole = MIMEMultipart("form-data", "a-boundary")
    for name, value in fields.items():
        part = MIMEText(value, "plain", "utf-8")
        part.add_header("Content-Disposition", "form-data", name=name)
        whole.attach(part)
    return whole.as_bytes().partition(b"\n\n")[2], whole["Content-Type"]


def test_a_form_is_read_as_browsers_and_as_programs_send_it() -> None:
    body, content_type = multipart(TOLD)
    assert read(EKSHOP, urlencode(TOLD).encode(), FORM) == read(EKSHOP, body, content_type) == [TOLD]


def test_an_order_comes_out_in_our_own_columns_whatever_digits_it_is_written_in() -> None:
    told = order_of(EKSHOP, TOLD)
    assert (told.code, told.stands, told.state) == ("EK-1001", Stands.SEND, "2")
    assert (told.cod_poisha, told.weight_g) == (125_000, 500)
    assert told.changed_at == datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
    assert told.fields["recipient_address"] == "House 5, Road 3, Mirpur-10, Dhaka"


def test_nested_json_in_poisha_and_grams_is_the_same_kind_of_order() -> None:
    (record,) = read(NESTED, json.dumps({"data": {"orders": [DEEP]}}).encode())
    told = order_of(NESTED, record)
    assert (told.cod_poisha, told.weight_g, told.stands) == (125_050, 1200, Stands.SEND)
    assert told.changed_at == datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
    assert told.fields == {
        "recipient_name": "Rahima",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka",
        "weight_kg": "1200 g",
        "cod_taka": "1250.50",
        "description": "Saree",
    }
    keyed = json.dumps({"data": {"orders": {"N-7": DEEP, "N-8": DEEP}}}).encode()
    assert read(NESTED, keyed) == [record, record]


def test_a_file_holds_many_orders() -> None:
    rows = 'A-1,Rahima,01712345678,"House 5, Road 3",Mirpur-10,,Dhaka,0.5,900\r\n\r\nA-2,Karim,01812345678,x,,,,1,0\r\n'
    first, second = read(CSV, (SHEET + rows).encode("utf-8-sig"))
    assert order_of(CSV, first).fields["recipient_address"] == "House 5, Road 3, Mirpur-10, Dhaka"
    assert [order_of(CSV, one).cod_poisha for one in (first, second)] == [90_000, 0]


@pytest.mark.parametrize(
    ("changes", "cod_taka", "cod_poisha"),
    [
        ({"payment_status": "PAID"}, "0", 0),
        ({"payment_status": "পরিশোধিত", "total_amount": "x"}, "0", 0),
        ({"total_amount": ""}, "?", None),
        ({"total_amount": "12 taka or so"}, "12 taka or so", None),
    ],
)
def test_an_amount_that_is_not_said_is_never_taken_for_nothing(
    changes: dict[str, str], cod_taka: str, cod_poisha: int | None
) -> None:
    told = order_of(EKSHOP, TOLD | changes)
    assert (told.fields["cod_taka"], told.cod_poisha) == (cod_taka, cod_poisha)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_code": ""}, "order_code"),
        ({"order_code": "a/b"}, "order_code"),
        ({"order_code": "x" * 41}, "order_code"),
        ({"order_state": "99"}, "order_state"),
    ],
)
def test_an_order_that_nobody_can_place_is_named_by_its_field(changes: dict[str, str], field: str) -> None:
    with pytest.raises(Unacceptable) as refusal:
        order_of(EKSHOP, TOLD | changes)
    assert refusal.value.field == field and refusal.value.remedy


@pytest.mark.parametrize(
    ("partner", "body"),
    [
        (NESTED, b"{"),
        (NESTED, b"[" * 100_000),
        (NESTED, b'{"data": {"orders": null}}'),
        (NESTED, b'{"data": []}'),
        (NESTED, b'{"data": {"orders": []}}'),
        (EKSHOP, b"order_code=\xff%ff"),
        (EKSHOP, b"a=1&" * 600),
        (CSV, b"\x00\x01\x02"),
        (CSV, (SHEET + "A-1,Rahima\r\n" * (MOST_RECORDS + 1)).encode()),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value.name,
)
def test_what_is_no_message_says_so_and_breaks_nothing(partner: Partner, body: bytes) -> None:
    with pytest.raises(Unacceptable) as refusal:
        read(partner, body, FORM)
    assert refusal.value.remedy


def test_one_record_without_sense_takes_no_other_with_it() -> None:
    records = read(NESTED, json.dumps({"data": {"orders": [7, DEEP]}}).encode())
    assert records[0] == {} and order_of(NESTED, records[1]).code == "N-7"


def test_a_list_may_be_empty_but_not_missing() -> None:
    assert read_records(b'{"orders": []}', "", Encoding.JSON, "orders", may_be_none=True) == []
    with pytest.raises(Unacceptable):
        read_records(b'{"error": "busy"}', "", Encoding.JSON, "orders", may_be_none=True)
