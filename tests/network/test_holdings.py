"""Doors inside a town: holding, ward and road in the ways in which municipalities and people write them."""

import pytest

from post_logistics.network.holdings import Door, Written, holding_number


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("হোল্ডিং নং ১২৩, ওয়ার্ড ৪", Door("123", 4)),
        ("Holding No. 123/A, College Road, Ward No. 04, Gopalganj", Door("123/A", 4, "College Road")),
        ("১২৩ নং হোল্ডিং, ৪ নং ওয়ার্ড, থানা পাড়া, সিংড়া", Door("123", 4, "থানা পাড়া")),
        ("H. No. 12-A, Miapara, W-7", Door("12-A", 7, "Miapara")),
        ("৪ নং ওয়ার্ড ১২ নং হোল্ডিং", Door("12", 4)),
        ("হোল্ডিং ১২৩ ওয়ার্ড ৪", Door("123", 4)),
        ("বাড়ি ১২, মধ্যপাড়া, ওয়ার্ড-০৯", Door("12", 9, "মধ্যপাড়া")),
        ("Holding: 0123 / ক, 4th ward, Station Road", Door("123/ক", 4, "Station Road")),
        ("Ward 4 Holding 77 Court Road", Door("77", 4, "Court Road")),
        ("হোল্ডিং-৪৫/২-খ ওয়ার্ডঃ ১১, কলেজ রোড", Door("45/2-খ", 11, "কলেজ রোড")),
        ("12 West College Road, 12 ward", Door("12", 12, "West College Road")),
        ("Mia Bari, Court Para", Door("", None, "Court Para")),
        ("2nd floor, College Road", Door("", None, "College Road")),
        ("", Door()),
    ],
)
def test_a_door_is_read_from_one_text(address: str, door: Door) -> None:
    read = Written(address).door
    assert (read.holding, read.ward) == (door.holding, door.ward)
    assert door.road in read.road


def test_the_letter_ya_may_come_as_one_code_point_or_as_two() -> None:
    one, two = "ও\u09dfার্ড ৪", "ও\u09af\u09bcার্ড ৪"
    assert Written(one).door == Written(two).door == Door("", 4)


def test_a_field_of_its_own_comes_before_the_text() -> None:
    assert Written("Holding 9, Ward 9, Old Road", "১২৩ / ক", "ওয়ার্ড নং ৪", "College Road").door == Door(
        "123/ক", 4, "College Road"
    )


@pytest.mark.parametrize("written", ["123/ক", "১২৩ / ক", "0123-ক", "Holding no. 123/ক", "হোল্ডিং নং ১২৩/ক"])
def test_a_number_has_one_form_however_it_is_written(written: str) -> None:
    assert holding_number(written).replace("-", "/") == "123/ক"


def test_what_is_no_number_stays_as_it_was_written() -> None:
    assert holding_number(" Mia   Bari ") == "Mia Bari"


def test_a_ward_is_walked_road_by_road_and_each_road_by_its_numbers() -> None:
    doors = [Door("10", 1, "B Road"), Door("9/ক", 1, "B Road"), Door("100", 1, "A road"), Door("9", 1, "b road")]
    ordered = sorted(doors, key=lambda door: door.in_walking_order)
    assert [door.holding for door in ordered] == ["100", "9", "9/ক", "10"]
