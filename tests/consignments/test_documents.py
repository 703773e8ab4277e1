"""Services and rows of documents: what is offered, what a row means, and what its seal covers."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.consignments.booking import OrderRefused, load_booking_rules
from post_logistics.consignments.documents import (
    SEALED,
    Document,
    IssuerKind,
    PaidBy,
    Receiver,
    application_key,
    load_document_columns,
    parse_document,
    read_services,
    seal_of,
)
from post_logistics.consignments.order_files import OrderColumns, load_order_columns
from post_logistics.consignments.order_files.layout import recognise
from post_logistics.errors import Unacceptable
from post_logistics.tracking.dated import load_rule_book

DATA = Path(__file__).resolve().parents[2] / "data"
RULES = load_booking_rules(DATA)
SERVICES = load_rule_book(DATA / "documents.toml", read_services).on(date(2026, 11, 22))
ROW = {
    "merchant": "DC office",
    "store_address": "New Market, Dhaka",
    "order_ref": "LR-1",
    "service_code": "G10",
    "recipient_name": "রহিমা বেগম",
    "recipient_phone": "01712345678",
    "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka",
}


def parsed(kind: IssuerKind = IssuerKind.OFFICE, /, **changes: str) -> Any:
    return parse_document(ROW | changes, 1, RULES, SERVICES, kind, dict.fromkeys(SERVICES, 4_600))


def problems(**changes: str) -> list[str]:
    with pytest.raises(OrderRefused) as refused:
        parsed(**changes)
    return [problem.field for problem in refused.value.problems]


def test_the_land_record_is_for_its_addressee_alone_and_its_identity_is_checked() -> None:
    service = SERVICES["G10"]
    assert service.receivers == (Receiver.ADDRESSEE,)
    assert service.identity and service.advice
    assert service.paid_by is PaidBy.ISSUER


def test_a_row_is_an_order_of_a_service_and_never_says_what_is_inside() -> None:
    order, document = parsed(fee_taka="১২০", ward="ওয়ার্ড ৪")
    assert (order.order_ref, order.cod_poisha, order.weight_g, order.description) == (
        "LR-1",
        12_000,
        100,
        "Document G10",
    )
    assert document == Document(application_number="LR-1", service=SERVICES["G10"], ward=4, fee_poisha=12_000)


def test_what_the_recipient_pays_is_the_fee_and_the_postage() -> None:
    order, document = parsed(service_code=" g11 ", fee_taka="50")
    assert (order.cod_poisha, document.fee_poisha) == (9_600, 5_000)


def test_a_telephone_number_is_asked_only_where_the_service_needs_one() -> None:
    assert problems(recipient_phone="") == ["recipient_phone"]
    order, _ = parsed(service_code="G30", recipient_phone="")
    assert order.recipient_phone == ""
    assert problems(service_code="G30", recipient_phone="12") == ["recipient_phone"]


def test_each_kind_of_issuer_has_its_own_services() -> None:
    assert problems(service_code="M10") == ["service_code"]
    order, _ = parsed(IssuerKind.MUNICIPALITY, service_code="M10", recipient_phone="")
    assert order.description == "Document M10"
    with pytest.raises(OrderRefused):
        parsed(IssuerKind.MUNICIPALITY)


def test_everything_wrong_with_a_row_is_told_at_once_by_the_names_of_its_columns() -> None:
    assert problems(order_ref="", service_code="?", ward="two", fee_taka="-5") == [
        "service_code", "ward", "application_number", "fee_taka",
    ]  # fmt: skip
    assert problems(fee_taka="99999999") == ["fee_taka"]


@pytest.mark.parametrize(("written", "ward"), [("", None), ("4", 4), ("Ward No. 07", 7), ("ওয়ার্ড নং ১২", 12)])
def test_a_ward_is_its_number_however_it_is_written(written: str, ward: int | None) -> None:
    assert parsed(ward=written)[1].ward == ward


@pytest.mark.parametrize("written", ["0", "4 or 5", "four", "12345678"])
def test_what_names_no_ward_is_refused(written: str) -> None:
    assert problems(ward=written) == ["ward"]


@pytest.mark.parametrize("typed", ["dha/2026-11", "DHA 2026 11", "dha-২০২৬/১১", " DHA202611 "])
def test_an_application_number_is_known_however_it_is_typed(typed: str) -> None:
    assert application_key(typed) == "DHA202611"


rows = st.lists(st.dictionaries(st.sampled_from(SEALED), st.text(max_size=5), max_size=3), max_size=4)


@given(rows, rows)
def test_two_lists_have_one_seal_only_if_they_say_the_same_in_the_same_order(one: Any, other: Any) -> None:
    texts = [[[row.get(name, "").strip() for name in SEALED] for row in rows] for rows in (one, other)]
    assert (seal_of(one) == seal_of(other)) == (texts[0] == texts[1])


def test_headers_are_understood_in_both_languages() -> None:
    known = OrderColumns((load_document_columns(DATA),), load_order_columns(DATA).shop)
    bangla = ["আবেদন নম্বর", "সেবা কোড", "নাম", "মোবাইল", "ঠিকানা", "হোল্ডিং নং", "ওয়ার্ড", "রাস্তা", "ফি", "পোস্টকোড"]
    assert len(recognise(bangla, known).positions) == len(bangla)
    with pytest.raises(Unacceptable, match="service_code"):
        recognise(["application_number", "name", "address"], known)


@pytest.mark.parametrize(
    ("key", "value"),
    [("receivers", ["anybody"]), ("issuers", []), ("paid_by", "nobody"), ("weight_g", -1), ("colour", "red")],
)
def test_a_mistake_in_the_facts_names_its_service_and_key(key: str, value: Any) -> None:
    plain = {"name_en": "x", "name_bn": "x", "tariff_service": "letter", "weight_g": 1, "identity": True}
    good = plain | {"advice": True, "phone_needed": True, "issuers": ["office"], "receivers": ["addressee"]}
    block = {"service": {"G99": good | {"paid_by": "issuer"} | {key: value}}}
    with pytest.raises(Unacceptable, match="G99") as refused:
        read_services(block, "documents.toml")
    assert refused.value.field == key
