"""A postcode is a number that stands where postcodes stand."""

from pathlib import Path

import pytest

from post_logistics.network.lexicon import Lexicon
from post_logistics.network.places import load_places
from post_logistics.network.postcodes import stated_postcode
from post_logistics.network.text import tidy, tokens
from post_logistics.units import bangla_digits

LEXICON = Lexicon(load_places(Path(__file__).resolve().parents[2] / "data"))


def stated(address: str) -> str | None:
    tidied = tidy(address)
    words = tokens(tidied)
    found = stated_postcode(tidied, words, LEXICON.mentions(tidied, words))
    return found.postcode if found else None


@pytest.mark.parametrize(
    "address",
    [
        "House 5, Mirpur, Dhaka-1216",
        "House 5, Mirpur, Dhaka - 1216.",
        "House 5, Mirpur, Dhaka 1216, Bangladesh",
        "House 5, Mirpur, Dhaka, Bangladesh 1216",
        "House 5, Mirpur, 1216",
        "House 5, Mirpur-10, 1216, Dhaka",
        "House 5 Mirpur 10 Dhaka 1216 please call before delivery",
        "House 5, Mirpur-1216",
        "House 5, Mirpur, 1216 Dhaka",
        "বাড়ি ৫, মিরপুর, ঢাকা-১২১৬",
        "বাড়ি ৫, মিরপুর, ঢাকা ১২১৬।",
        "Mirpur, post code: 1216",
        "মিরপুর, পোস্ট কোড ১২১৬",
        "Dhaka 1216",
    ],
)
def test_a_number_after_the_place_or_at_the_end_is_the_postcode(address: str) -> None:
    assert stated(address) == "1216"
    assert stated(bangla_digits(address)) == "1216"


@pytest.mark.parametrize(
    "address",
    [
        "House 1216, Road 2, Banani, Dhaka",
        "H# 1216, Banani, Dhaka",
        "Holding No. 1216, Dhaka",
        "1216/A East Khilgaon, Dhaka",
        "1216, Kazi Bari, Khilgaon, Dhaka",
        "12-1216 Khilgaon, Dhaka",
        "1216-B Khilgaon, Dhaka",
        "Plot 1216, Aftabnagar, Dhaka",
        "1216 Kamal Ataturk Avenue, Banani, Dhaka",
        "Vision 2021 Tower, Karwan Bazar, Dhaka",
        "Flat 5, Road 1216, Uttara",
        "Khilgaon, Dhaka, phone 01711121616",
        "Khilgaon, mobile 1216, Dhaka",
        "ক-১২১৬, Khilgaon, Dhaka",
        "Mirpur 10, Dhaka",
        "",
    ],
)
def test_a_house_number_a_year_or_a_telephone_number_is_none(address: str) -> None:
    assert stated(address) is None


def test_of_two_the_last_counts() -> None:
    assert stated("Banani, Dhaka-1213, now moved to Mirpur, Dhaka-1216") == "1216"


def test_a_number_of_no_office_is_still_what_the_address_states() -> None:
    assert stated("Mirpur, Dhaka-1218") == "1218"
