"""One form for every way of writing the same words."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.network import text as text_module
from post_logistics.network.text import glue, plain, sound, tidy, tokens
from post_logistics.units import bangla_digits

ADDRESS_TEXT = st.text(
    alphabet="".join(chr(code) for code in range(0x0985, 0x09B9))
    + "ািীুেোৌ্ংঁড়ঢ়য়০১২৩৯"
    + "abcdehkmnorstuwyzABDKMR0129 ,-/#.'\u200c",
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("H#12, R-5/A, Sec-07", "house 12 road 5 a sec 7"),
        ("House No.-1, Road No. 28, Sector # 7", "house 1 road 28 sector 7"),
        ("Mirpur10", "mirpur 10"),
        ("মিরপুর-১০", "মিরপুর 10"),
        ("D.I.T. Extension Rd.", "d i t extension road"),
        ("Cox's Bazaar", "coxs bazar"),
        ("২য় তলা, 3rd Fl", "2য় floor 3rd floor"),
        ("উত্তর বাড্ডা", "north বাড্ডা"),
        ("হাউজ নং ৪, সেক্টর নং-৭", "house 4 sector 7"),
        ("", ""),
        (" ,-/ ", ""),
    ],
)
def test_abbreviations_digits_and_punctuation_come_to_one_form(written: str, expected: str) -> None:
    assert plain(written) == unicodedata.normalize("NFC", expected)


def test_the_two_ways_to_store_a_bangla_letter_are_one() -> None:
    composed, decomposed = "\u09df\u09dc", "\u09af\u09bc\u09a1\u09bc"
    assert composed != decomposed
    assert plain(composed) == plain(decomposed)


@given(ADDRESS_TEXT)
@settings(max_examples=150)
def test_code_points_digit_script_case_and_invisible_characters_do_not_matter(written: str) -> None:
    for same in (
        unicodedata.normalize("NFD", written),
        unicodedata.normalize("NFC", written),
        bangla_digits(written),
        written.upper(),
        written.lower(),
        "\ufeff" + written,
    ):
        assert plain(same) == plain(written)
        assert sound(same) == sound(written)


@given(ADDRESS_TEXT)
@settings(max_examples=100)
def test_every_token_stands_where_it_says(written: str) -> None:
    tidied = tidy(written)
    found = tokens(tidied)
    assert all(tidied[token.start : token.end].strip() for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)
    assert [token.part for token in found] == sorted(token.part for token in found)


def test_commas_and_brackets_part_an_address() -> None:
    assert [token.part for token in tokens("Road 5, Block C (near mosque), Banani")] == [0, 0, 1, 1, 2, 2, 4]


@pytest.mark.parametrize(
    "spellings",
    [
        "মগবাজার Moghbazar Mogbazar Magbazar",
        "মিরপুর Mirpur",
        "উত্তরা Uttara Uttora",
        "ধানমন্ডি ধানমণ্ডি Dhanmondi Danmondi Dhanmandi",
        "তেজগাঁও তেজগাও Tejgaon Tejgoan Tejgao",
        "ওয়ারী Wari",
        "শ্যামলী Shyamoli Shamoly",
        "যাত্রাবাড়ী যাত্রাবাড়ি Jatrabari Zatrabari",
        "কামরাঙ্গীরচর Kamrangirchar",
        "লক্ষ্মীবাজার Laxmibazar Lakshmibazar",
        "ভাটারা Bhatara Vatara",
        "বসুন্ধরা Bashundhara Basundhara",
        "শেওড়াপাড়া Shewrapara Shawrapara",
        "নারায়ণগঞ্জ Narayanganj Narayangonj",
        "জিঞ্জিরা Zinzira Jinjira",
    ],
)
def test_a_name_sounds_the_same_in_every_spelling(spellings: str) -> None:
    assert len({sound(spelling) for spelling in spellings.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Banani", "Badda"),
        ("Rampura", "Rayerbazar"),
        ("গুলশান", "Gulistan"),
        ("Mirpur 1", "Mirpur 11"),
        ("Demra", "Dhamrai"),
    ],
)
def test_red_control_different_names_sound_different(one: str, other: str) -> None:
    assert sound(one) != sound(other)


def test_words_are_glued_but_numbers_stay_apart() -> None:
    assert glue("naya", "paltan") == "nayapaltan"
    assert glue(glue("mirpur", "1"), "2") == "mirpur1 2" != glue("mirpur", "12")


def test_the_letters_in_the_rules_are_themselves_in_one_form() -> None:
    source = Path(text_module.__file__).read_text(encoding="utf-8")
    assert source == unicodedata.normalize("NFC", source)
