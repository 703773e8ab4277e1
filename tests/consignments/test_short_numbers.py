"""Integers and codes for item numbers: there and back without a table, and never two for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.consignments.numbers import item_number
from post_logistics.consignments.short_numbers import item_of_code, item_of_short, short_code, short_number
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.units import ItemNumber, bangla_digits

INDICATORS = st.sampled_from([f"D{c}" for c in "ABCPZ"] + [f"P{c}" for c in "ABP"])
SERIALS = st.integers(0, 99_999_999)


def test_an_item_number_and_what_it_is_in_short() -> None:
    item = item_number("DP", 47312482)
    assert (item, short_number(item), short_code(item)) == ("DP473124829BD", 1_547_312_482, "5C3A1D62")


@given(indicator=INDICATORS, serial=SERIALS)
def test_there_and_back(indicator: str, serial: int) -> None:
    item = item_number(indicator, serial)
    assert item_of_short(short_number(item)) == item
    assert item_of_code(short_code(item)) == item
    assert len(short_code(item)) == 8
    assert short_number(item) < 2**32


@given(indicators=st.tuples(INDICATORS, INDICATORS), serials=st.tuples(SERIALS, SERIALS))
def test_two_items_have_two_numbers(indicators: tuple[str, str], serials: tuple[int, int]) -> None:
    one, two = (item_number(*pair) for pair in zip(indicators, serials, strict=True))
    assert (short_number(one) == short_number(two)) == (one == two)


def test_the_numbers_given_out_today_fit_into_a_signed_integer_of_32_bits() -> None:
    assert short_number(item_number("DP", 99_999_999)) < 2**31


def test_a_code_may_be_written_small_and_in_bangla_digits() -> None:
    item = item_number("DP", 12345678)
    assert item_of_code(f" {bangla_digits(short_code(item).lower())} ") == item


@pytest.mark.parametrize("number", [-1, 42 * 10**8, 2**63, 10**30])
def test_a_number_that_no_item_can_have_is_of_none(number: int) -> None:
    with pytest.raises(NotFound):
        item_of_short(number)


@pytest.mark.parametrize(
    "code", ["", "5C3A1D6", "5C3A1D622", "5C3A1D6G", "FFFFFFFF", "-1234567", "0x123456", "1_234_56"]
)
def test_a_code_that_no_item_can_have_is_of_none(code: str) -> None:
    with pytest.raises(NotFound):
        item_of_code(code)


@pytest.mark.parametrize("item", ["EE123456785BD", "DP123456785IN"])
def test_other_services_and_countries_have_no_short_numbers(item: str) -> None:
    with pytest.raises(Unacceptable):
        short_number(ItemNumber(item))
