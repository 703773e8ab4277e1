"""Numbers of bags: every part where S8 and S9 have it, read however they are written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.consignments.numbers import item_number
from post_logistics.consignments.receptacles import (
    HEAVIEST_G,
    Receptacle,
    keys_of,
    lane_of,
    parse_number,
    parse_numbers,
    parse_receptacle,
    sealed,
    spaced,
)
from post_logistics.errors import Unacceptable
from post_logistics.units import bangla_digits

KEY = "BD1205BD1216CCC60001001"
PRINTED = KEY + "100123"

codes = st.from_regex(r"[0-9]{4}", fullmatch=True)


def test_a_number_says_where_from_where_to_and_which() -> None:
    bag = parse_receptacle(PRINTED)
    assert (bag.key, bag.series, bag.serial) == (KEY, KEY[:20], 1)
    assert (bag.origin, bag.destination) == ("1205", "1216")
    assert (bag.is_last, bag.is_registered, bag.weight_g) == (True, False, 12_300)
    assert bag.printed == PRINTED


def test_before_it_is_sealed_a_number_has_23_characters() -> None:
    bag = parse_receptacle(KEY)
    assert (bag.key, bag.printed, bag.weight_g) == (KEY, None, None)
    assert not bag.is_last and not bag.is_registered


@pytest.mark.parametrize(
    "written",
    [
        PRINTED.lower(),
        spaced(PRINTED),
        bangla_digits(PRINTED),
        f"  {PRINTED[:6]}-{PRINTED[6:12]}.{PRINTED[12:]}\n",
        spaced(bangla_digits(PRINTED.lower())),
    ],
)
def test_case_spaces_and_bangla_digits_are_understood(written: str) -> None:
    assert parse_receptacle(written).printed == PRINTED


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "this has 0"),
        (KEY[:-1], "this has 22"),
        (KEY + "1", "this has 24"),
        (PRINTED + "0", "this has 30"),
        ("XX" + KEY[2:], "no bag's number"),
        (KEY.replace("1205", "12O5"), "no bag's number"),
        (KEY[:-3] + "000", "no bag's number"),
        (KEY[:16] + "0000" + KEY[20:], "no bag's number"),
        (KEY + "200123", "no bag's number"),
        (KEY + "10012A", "no bag's number"),
    ],
)
def test_what_is_no_number_is_refused_and_says_why(written: str, says: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        parse_receptacle(written)
    assert says in refused.value.message and refused.value.remedy and refused.value.field == "bag"


@given(origin=codes, destination=codes, serial=st.integers(1, 9999), bag=st.integers(1, 999), data=st.data())
def test_what_was_put_together_comes_apart_again(
    origin: str, destination: str, serial: int, bag: int, data: st.DataObject
) -> None:
    weight_g = data.draw(st.integers(1, HEAVIEST_G))
    is_last, is_registered = data.draw(st.booleans()), data.draw(st.booleans())
    lane = lane_of(origin, destination, date(2026, 11, 22))
    (key,) = keys_of(f"{lane}{serial:04d}", bag, bag)
    made = sealed(key, weight_g, is_last=is_last, is_registered=is_registered)
    read = parse_receptacle(spaced(made.printed or ""))
    assert read == made
    assert (read.origin, read.destination, read.serial) == (origin, destination, bag)
    assert (read.is_last, read.is_registered) == (is_last, is_registered)
    assert read.weight_g is not None and (abs(read.weight_g - weight_g) <= 50 or weight_g < 50)


@pytest.mark.parametrize(
    ("weight_g", "written"), [(1, "0001"), (149, "0001"), (150, "0002"), (30_000, "0300"), (HEAVIEST_G, "9999")]
)
def test_weights_are_written_to_the_nearest_hundred_grams_and_never_as_nothing(weight_g: int, written: str) -> None:
    assert sealed(KEY, weight_g, is_last=False, is_registered=True) == Receptacle(KEY, f"01{written}")


@pytest.mark.parametrize("weight_g", [0, -1, HEAVIEST_G + 1])
def test_a_weight_that_four_digits_cannot_say_is_refused(weight_g: int) -> None:
    with pytest.raises(Unacceptable):
        sealed(KEY, weight_g, is_last=False, is_registered=False)


def test_the_year_is_its_last_digit() -> None:
    assert lane_of("1205", "1216", date(2026, 12, 31))[-1] == "6"
    assert lane_of("1205", "1216", date(2030, 1, 1))[-1] == "0"


def test_a_scanned_number_is_an_item_or_a_bag() -> None:
    item = item_number("DP", 47_312_482)
    assert parse_number(f" {item.lower()} ") == item
    assert parse_number(bangla_digits(PRINTED)) == KEY
    assert parse_numbers([item, PRINTED]) == [item, KEY]


def test_of_many_numbers_the_one_that_cannot_be_read_is_named_by_its_row() -> None:
    with pytest.raises(Unacceptable) as refused:
        parse_numbers([KEY, "DP473124828BD", KEY])
    assert refused.value.row == 2
