"""Booking: what merchants write is understood or refused with a remedy, every problem of a row at once."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.consignments import entries
from post_logistics.consignments.booking import (
    Order,
    OrderRefused,
    Problem,
    check_rules,
    fingerprint,
    load_booking_rules,
    must_register,
    parse_order,
)
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import Unacceptable
from post_logistics.units import bangla_digits, taka_plain

DATA = Path(__file__).resolve().parents[2] / "data"
RULES = load_booking_rules(DATA)
ROW = {
    "merchant": "Nakshi Ghar",
    "store_address": "House 12, Road 5, Dhanmondi, Dhaka 1205",
    "order_ref": "NG-1001",
    "recipient_name": "রহিমা খাতুন",
    "recipient_phone": "01712345678",
    "recipient_address": "বাসা ১২, রোড ৩, মগবাজার, ঢাকা ১২১৭",
    "weight_kg": "0.5",
    "cod_taka": "1250",
    "declared_value_taka": "",
    "description": "Nakshi kantha",
    "note": "",
}


def order(**changed: str) -> Order:
    return parse_order(ROW | changed, 1, RULES)


def problems(**changed: str) -> dict[str, Problem]:
    """The problems by field of the good row with some of its fields changed."""
    with pytest.raises(OrderRefused) as refused:
        order(**changed)
    return {problem.field: problem for problem in refused.value.problems}


def refusal(parse: Callable[[str], object], text: str) -> str:
    with pytest.raises(Unacceptable) as refused:
        parse(text)
    assert refused.value.remedy
    return refused.value.message


# Amounts


@pytest.mark.parametrize(
    ("text", "poisha"),
    [
        ("1250", 125_000),
        ("1250.5", 125_050),
        ("1,250.50", 125_050),
        ("1,25,000/-", 12_500_000),
        ("Tk 500", 50_000),
        ("Tk. 500/=", 50_000),
        ("৳৫০০", 50_000),
        ("১,২৫০.৫০ টাকা", 125_050),
        ("500 taka only", 50_000),
        ("100.000", 10_000),
        ("0", 0),
        ("", 0),
        (" \u00a0", 0),
    ],
)
def test_amounts_are_understood_as_merchants_write_them(text: str, poisha: int) -> None:
    assert entries.amount_poisha(text) == poisha


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-5", "negative"),
        ("৳ -5", "negative"),
        ("\u2212৫", "negative"),
        ("(500)", "negative"),
        ("12.345", "too fine"),
        ("0.001", "too fine"),
        ("1,5", "two ways"),
        ("12,50", "two ways"),
        ("nan", "not an amount"),
        ("inf", "not an amount"),
        ("1e5", "not an amount"),
        ("1_000", "not an amount"),
        ("1.2.3", "not an amount"),
        ("Paid", "not an amount"),
        ("1" * 41, "41 characters"),
        ("#REF!", "the spreadsheet shows #REF!"),
    ],
)
def test_an_amount_nobody_can_be_sure_of_is_refused(text: str, reason: str) -> None:
    assert reason in refusal(entries.amount_poisha, text)


@given(poisha=st.integers(0, 10**11), bangla=st.booleans())
@settings(max_examples=100)
def test_every_amount_written_out_is_read_back(poisha: int, bangla: bool) -> None:
    text = taka_plain(poisha)
    assert entries.amount_poisha(bangla_digits(text) if bangla else text) == poisha


@given(text=st.text(max_size=30))
@settings(max_examples=200)
def test_whatever_is_written_is_an_amount_or_refused(text: str) -> None:
    for parse in (entries.amount_poisha, entries.weight_g, parse_phones):
        try:
            parse(text)
        except Unacceptable as refused:
            assert refused.remedy


# Weights


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("0.5", 500),
        (".5", 500),
        ("2", 2_000),
        ("1.5 kg", 1_500),
        ("১.৫ কেজি", 1_500),
        ("500 g", 500),
        ("৫০০ গ্রাম", 500),
        ("1,500 gm", 1_500),
        ("0.001", 1),
    ],
)
def test_weights_are_kilograms_unless_they_say_grams(text: str, grams: int) -> None:
    assert entries.weight_g(text) == grams


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "missing"), ("0", "more than 0"), ("0.0 g", "more than 0"), ("-1", "more than 0"), ("0.0005", "too fine"),
     ("0.5 g", "too fine"), ("1,5", "two ways"), ("heavy", "not a weight"), ("kg", "not a weight")],
)  # fmt: skip
def test_a_weight_that_is_none_is_refused(text: str, reason: str) -> None:
    assert reason in refusal(entries.weight_g, text)


def test_without_a_weight_column_a_weight_is_assumed_and_marked() -> None:
    assumed = parse_order({field: text for field, text in ROW.items() if field != "weight_kg"}, 1, RULES)
    assert (assumed.weight_g, assumed.weight_assumed) == (RULES.assumed_weight_g, True)
    assert (order().weight_g, order().weight_assumed) == (500, False)


def test_an_empty_cell_in_a_weight_column_is_a_problem() -> None:
    assert problems(weight_kg="")["weight_kg"].reason == "is missing"


# Telephone numbers


@pytest.mark.parametrize(
    "text",
    [
        "01712345678",
        "8801712345678",
        "+8801712345678",
        "008801712345678",
        "+880 1712-345678",
        "+880 (0)1712 345678",
        "01712-345678",
        "০১৭১২৩৪৫৬৭৮",
        "1712345678",
        "1712345678.0",
        "1.712345678E9",
        "8.801712345678E+12",
        "Mobile: 01712345678 (Rahima)",
        "\u200e01712345678",
    ],
)
def test_a_mobile_number_is_understood_however_it_is_written(text: str) -> None:
    assert parse_phones(text) == ("+8801712345678",)


@pytest.mark.parametrize(
    "text",
    [
        "01712345678, 01812345678",
        "01712345678/01812345678",
        "01712345678 01812345678",
        "0171234567801812345678",
        "০১৭১২৩৪৫৬৭৮ বা ০১৮১২৩৪৫৬৭৮",
        "1712345678 or 1812345678",
        "01712345678\n01812345678, 01712345678",
    ],
)
def test_two_numbers_in_one_field_are_both_kept(text: str) -> None:
    assert parse_phones(text) == ("+8801712345678", "+8801812345678")


def test_the_first_number_is_the_recipients_and_the_other_goes_into_the_note() -> None:
    both = order(recipient_phone="01712345678 / 01812345678", note="Call first")
    assert both.recipient_phone == "+8801712345678"
    assert both.note == "Call first; Other phone: +8801812345678"


@pytest.mark.parametrize(("text", "e164"), [("02-9559999", "+88029559999"), ("031-652001", "+88031652001")])
def test_a_landline_that_exists_is_accepted(text: str, e164: str) -> None:
    assert parse_phones(text) == (e164,)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("none", "no telephone number"),
        ("0171234567", "10 digits"),
        ("017123456789", "12 digits"),
        ("01212345678", "11 digits"),
        ("01712345678 017123456789", "23 digits"),
        ("16263", "5 digits"),
        ("+14155552671", "not of Bangladesh"),
        ("1.71235E+09", "dropped digits"),
        ("8.80171E+12", "dropped digits"),
        ("#DATE!", "made a date"),
    ],
)
def test_a_number_at_which_nobody_can_answer_is_refused(text: str, reason: str) -> None:
    assert reason in refusal(parse_phones, text)


# Names, addresses, references


def test_text_is_brought_to_one_line_and_one_form() -> None:
    read = order(
        recipient_name="  Jos\u0065\u0301 \t Rahman ", recipient_address="House 5,\nRoad 3,\u00a0Uttara\ufeff, Dhaka"
    )
    assert read.recipient_name == "José Rahman"
    assert read.recipient_address == "House 5, Road 3, Uttara, Dhaka"


def test_the_joiners_of_bangla_conjuncts_are_kept() -> None:
    assert order(recipient_name="র\u200dযাব").recipient_name == "র\u200dযাব"


@pytest.mark.parametrize(
    "text", ["Rahim\x00", "Rahim\x07", "Rah\u202eim", "Rah\ufffdm", "\ud83d Rahim", "Rahim \ue000"]
)
def test_control_and_damaged_characters_are_refused(text: str) -> None:
    assert "control or damaged" in problems(recipient_name=text)["recipient_name"].reason


def test_bangla_that_became_question_marks_is_refused_with_the_way_out() -> None:
    problem = problems(recipient_address="????? ??, ?????")["recipient_address"]
    assert "question marks" in problem.reason
    assert "UTF-8" in problem.remedy


@pytest.mark.parametrize("text", ["#N/A", "#ref!", "#VALUE!", "#NAME?", "#DIV/0!", "########"])
def test_a_failed_spreadsheet_cell_is_refused_in_any_field(text: str) -> None:
    assert set(problems(recipient_name=text, note=text)) == {"recipient_name", "note"}


def test_a_house_number_with_a_hash_is_no_failed_cell() -> None:
    assert order(recipient_address="#12, Road 5, Banani").recipient_address == "#12, Road 5, Banani"


@pytest.mark.parametrize(
    ("field", "longest"), [("recipient_name", 100), ("recipient_address", 300), ("order_ref", 64), ("note", 500)]
)
def test_the_longest_text_is_taken_and_one_letter_more_is_not(field: str, longest: int) -> None:
    order(**{field: "a" * longest})
    assert f"{longest + 1} characters" in problems(**{field: "a" * (longest + 1)})[field].reason


@pytest.mark.parametrize("field", ["merchant", "store_address", "order_ref", "recipient_name", "recipient_address"])
def test_what_an_order_needs_may_not_be_empty(field: str) -> None:
    assert problems(**{field: "  "})[field].reason == "is missing"


def test_a_name_or_an_address_without_a_word_is_refused() -> None:
    found = problems(recipient_name="12345", recipient_address="12/5, 1212, 45678")
    assert {problem.reason for problem in found.values()} == {"there is no word in it"}


# Limits


def test_exactly_the_limit_is_taken_and_the_least_bit_more_is_not() -> None:
    def asked(more: int) -> dict[str, str]:
        return {
            "weight_kg": f"{RULES.max_weight_g + more} g",
            "cod_taka": taka_plain(RULES.max_cod_poisha + more),
            "declared_value_taka": taka_plain(RULES.max_declared_value_poisha + more),
            "recipient_address": "a" * (RULES.min_address_chars - more),
        }

    order(**asked(0))
    found = problems(**asked(1))
    assert set(found) == set(asked(1))
    assert all("over the" in problem.reason or "too short" in problem.reason for problem in found.values())


def test_grams_written_as_kilograms_get_a_hint() -> None:
    assert "500 g" in problems(weight_kg="500")["weight_kg"].remedy


@pytest.mark.parametrize(
    ("changed", "compulsory"),
    [
        ({"weight_kg": f"{RULES.registered_over_g} g", "cod_taka": "0"}, False),
        ({"weight_kg": f"{RULES.registered_over_g + 1} g", "cod_taka": "0"}, True),
        ({"cod_taka": "0.01"}, True),
        ({"cod_taka": "0", "declared_value_taka": "1"}, True),
    ],
)
def test_registration_is_compulsory_for_heavy_and_for_insured_or_cod_parcels(
    changed: dict[str, str], compulsory: bool
) -> None:
    asked = order(**changed)
    assert must_register(asked, RULES) is compulsory
    assert [problem.field for problem in check_rules(asked, RULES, registered=False)] == ["service"] * compulsory
    assert check_rules(asked, RULES, registered=True) == ()


def test_a_weight_found_at_the_counter_is_held_against_the_same_rules() -> None:
    weighed = replace(order(), weight_g=RULES.max_weight_g + 1)
    assert [problem.field for problem in check_rules(weighed, RULES, registered=True)] == ["weight_kg"]


# A row as a whole


def test_all_problems_of_a_row_are_reported_at_once_each_once() -> None:
    with pytest.raises(OrderRefused) as refused:
        parse_order({"order_ref": "X", "weight_kg": "500", "cod_taka": "-1", "recipient_address": "Uttara"}, 7, RULES)
    found = [problem.field for problem in refused.value.problems]
    assert sorted(found) == [
        "cod_taka", "merchant", "recipient_address", "recipient_name", "recipient_phone", "store_address", "weight_kg",
    ]  # fmt: skip
    assert refused.value.row == 7
    assert all(problem.reason and problem.remedy for problem in refused.value.problems)
    assert len(refused.value.facts["problems"]) == 7


def test_a_refusal_does_not_repeat_what_may_be_personal() -> None:
    with pytest.raises(OrderRefused) as refused:
        order(recipient_name="Canary\x00Name", recipient_phone="Canary 0191919191", recipient_address="Can\u202eary")
    assert "anary" not in str(refused.value)
    assert "0191919191" not in str(refused.value)


def test_the_same_order_has_the_same_fingerprint_however_it_was_written() -> None:
    assert fingerprint(order()) == fingerprint(
        order(recipient_phone="+880 1712-345678", cod_taka="১,২৫০/-", weight_kg="500 g")
    )


def test_any_change_of_content_changes_the_fingerprint() -> None:
    base = order()
    other: dict[str, str | int | bool] = {
        field.name: {str: "other", int: 1, bool: True}[type(getattr(base, field.name))] for field in fields(Order)
    }
    prints = {fingerprint(base)} | {fingerprint(replace(base, **{name: value})) for name, value in other.items()}  # type: ignore[arg-type]
    assert len(prints) == len(other) + 1


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint(order()) == "5c8a824c7c32ac5f7e80892fc1294eb897040c73ed09d14012e68dc5f02927d2"


# The rules as data


def test_the_shipped_rules_hold_together() -> None:
    assert 0 < RULES.assumed_weight_g <= RULES.registered_over_g < RULES.max_weight_g
    assert 0 < RULES.max_cod_poisha <= RULES.max_declared_value_poisha


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("max_weight_g = 20_000", "", "max_weight_g"),
        ("max_weight_g = 20_000", "max_weight_kg = 20", "max_weight_kg"),
        ("max_cod_poisha = 50_000_00", 'max_cod_poisha = "50,000"', "max_cod_poisha"),
        ("max_cod_poisha = 50_000_00", "max_cod_poisha = 500.00", "max_cod_poisha"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, before: str, after: str, field: str) -> None:
    text = (DATA / "booking.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "booking.toml").write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(Unacceptable) as refused:
        load_booking_rules(tmp_path)
    assert refused.value.field == field
    assert "booking.toml" in str(refused.value)
