"""The parts of an address: what a rider reads, whatever the script, the order or the abbreviation."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from post_logistics.network.loading import load_resolver
from post_logistics.network.text import tidy

DATA = Path(__file__).resolve().parents[2] / "data"
RESOLVER = load_resolver(DATA)


def parts(address: str) -> dict[str, str]:
    """What the address states, by name."""
    found = RESOLVER.resolve(address).parts
    return {name: getattr(found, name) for name in found.__slots__ if getattr(found, name)}


def without_area(address: str) -> dict[str, str]:
    return {name: value for name, value in parts(address).items() if name != "area"}


WRITTEN = {
    "House 12, Road 5, Block D, Section 10, Mirpur, Dhaka": {
        "house": "12",
        "road": "5",
        "block": "D",
        "section": "10",
        "area": "Mirpur 10",
    },
    "বাসা ১২, রোড ৫, ব্লক ডি, সেকশন ১০, মিরপুর, ঢাকা": {
        "house": "12",
        "road": "5",
        "block": "D",
        "section": "10",
        "area": "Mirpur 10",
    },
    "House ১২, রোড 5, Block সি, Mirpur 10, Dhaka": {
        "house": "12",
        "road": "5",
        "block": "C",
        "area": "Mirpur 10 Block C",
    },
    "Flat-5A, House-12, Road-9/A, Dhanmondi, Dhaka": {
        "flat": "5A",
        "house": "12",
        "road": "9/A",
        "area": "Dhanmondi",
    },
    "লেন ৩, ব্লক এ, মিরপুর ১১, ঢাকা": {"lane": "3", "block": "A", "area": "Mirpur 11 Block A"},
    "h#1 r-28 sec-7 uttara": {"house": "1", "road": "28", "sector": "7", "area": "Uttara Sector 7"},
}


@pytest.mark.parametrize(("address", "stated"), WRITTEN.items())
def test_every_part_is_found_in_english_bangla_and_both(address: str, stated: dict[str, str]) -> None:
    assert parts(address) == stated


@pytest.mark.parametrize("address", WRITTEN)
@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: unicodedata.normalize("NFC", text),
        str.upper,
        str.lower,
        lambda text: text.replace(", ", ","),
        lambda text: f"  {text}\n",
    ],
    ids=["nfd", "nfc", "upper", "lower", "tight", "padded"],
)
def test_how_it_is_typed_does_not_change_the_parts(address: str, rewrite: Callable[[str], str]) -> None:
    assert parts(rewrite(address)) == parts(address)


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("House 12, Banani", "12"),
        ("house no. 12, Banani", "12"),
        ("House: 0012, Banani", "12"),
        ("H-12, Banani", "12"),
        ("House 9 / a, Banani", "9/A"),
        ("House 12-b, Banani", "12-B"),
        ("House 12b, Banani", "12B"),
        ("House 12/1/a, Banani", "12/1/A"),
        ("House K-12, Banani", "K-12"),
        ("Holding 45, Banani", "45"),
        ("plot-12, Banani", "12"),
        ("প্লট ৭, বনানী", "7"),
        ("বাড়ি ৫, বনানী", "5"),
        ("বাড়ি#৫, বনানী", "5"),
        ("বাসা ৯৪/ক, বনানী", "94/ক"),
        ("৯৪/ক, বনানী", "94/ক"),
        ("12/A Tajmahal Road, Mohammadpur, Dhaka", "12/A"),
        ("42 Rankin Street, Wari", "42"),
        ("৪২, বনানী", "42"),
        ("ক-১২, মহাখালী, ঢাকা", "ক-12"),
    ],
)
def test_a_house_is_read_with_latin_digits_and_capitals(address: str, house: str) -> None:
    assert parts(address).get("house") == house


@pytest.mark.parametrize("number", ["No 12", "No. 12", "No-12", "NO: 12", "Number 12", "no 12"])
def test_the_word_number_is_no_part_of_the_number(number: str) -> None:
    assert without_area(f"House {number}, Road {number}, Banani") == {"house": "12", "road": "12"}


@pytest.mark.parametrize("number", ["নং ১২", "নং-১২", "নং: ১২", "নাম্বার ১২", "নম্বর ১২"])
def test_the_bangla_word_number_is_no_part_of_the_number(number: str) -> None:
    assert without_area(f"বাসা {number}, রোড {number}, বনানী") == {"house": "12", "road": "12"}


def test_house_and_road_with_the_bangla_word_number_are_told_apart() -> None:
    assert without_area("বাড়ি নং ৫, সড়ক নং ১১, ব্লক-ই, বনানী, ঢাকা") == {"house": "5", "road": "11", "block": "E"}


@pytest.mark.parametrize(
    ("address", "name", "number"),
    [
        ("15 no road, Dhanmondi, Dhaka", "road", "15"),
        ("৫ নং রোড, বনানী, ঢাকা", "road", "5"),
        ("7 no sector, Uttara, Dhaka", "sector", "7"),
        ("৭ নং সেক্টর, উত্তরা, ঢাকা", "sector", "7"),
    ],
)
def test_a_number_may_stand_before_road_and_sector(address: str, name: str, number: str) -> None:
    assert without_area(address) == {name: number}


@pytest.mark.parametrize(
    "address",
    [
        "Sec-10, Mirpur, Dhaka",
        "Sec 7, Uttara, Dhaka",
        "apt 4-C, Banani",
        "৩ তলা, বনানী",
        "3 floor, Banani",
        "01712345678, Banani",
    ],
)
def test_an_address_that_begins_with_another_part_states_no_house(address: str) -> None:
    assert "house" not in parts(address)


@pytest.mark.parametrize(
    "address", ["Mirpur 10, Dhaka", "Shop 4, Banani", "Ward 5, Banani", "Banani", "2nd floor, Banani"]
)
def test_other_numbers_are_no_house(address: str) -> None:
    assert "house" not in parts(address)


@pytest.mark.parametrize(
    ("address", "flat"),
    [
        ("Flat 4B, House 5, Banani", "4B"),
        ("Flat 4-b, House 5, Banani", "4-B"),
        ("Flat: A-3, House 5, Banani", "A-3"),
        ("Flat B, House 5, Banani", "B"),
        ("Flat 502, Banani", "502"),
        ("House 5, apartment 3-B, Banani", "3-B"),
        ("House 5, Apt 3-B, Banani", "3-B"),
        ("Suite 301, Banani", "301"),
        ("ফ্ল্যাট বি, বাসা ৫, বনানী", "B"),
        ("ফ্ল্যাট ৪, বাসা ৫, বনানী", "4"),
    ],
)
def test_a_flat_is_a_number_a_letter_or_both(address: str, flat: str) -> None:
    assert parts(address).get("flat") == flat


@pytest.mark.parametrize(
    ("address", "stated"),
    [
        ("Flat B4, House 5, Banani", {"house": "5", "flat": "B4"}),
        ("House K12, Banani", {"house": "K12"}),
    ],
)
def test_a_letter_may_lead_a_number_without_a_dash(address: str, stated: dict[str, str]) -> None:
    assert without_area(address) == stated


@pytest.mark.parametrize(
    ("address", "name", "values"),
    [
        ("ফ্ল্যাট ৪বি, বাসা ৫, বনানী", "flat", {"4B", "4বি"}),
        ("বাসা-১২/বি, বনানী", "house", {"12/B", "12/বি"}),
        ("১২/বি, বনানী", "house", {"12/B", "12/বি"}),
    ],
)
def test_a_bangla_syllable_after_a_number_is_kept_whole(address: str, name: str, values: set[str]) -> None:
    assert parts(address).get(name) in values


@pytest.mark.parametrize(
    ("address", "floor"),
    [
        ("2nd floor, House 5, Banani", "2"),
        ("House 12 (3rd Floor), Banani", "3"),
        ("5th FLOOR, Banani", "5"),
        ("floor 3, House 5, Banani", "3"),
        ("level-3, Banani", "3"),
        ("১ম তলা, বাসা ৫, বনানী", "1"),
        ("৩য় তলা, বাসা ৫, বনানী", "3"),
        ("৪র্থ তলা, বাসা ৫, বনানী", "4"),
        ("তলা ৪, বনানী", "4"),
        ("লেভেল ৩, বনানী", "3"),
        (unicodedata.normalize("NFD", "২য় তলা, বাসা ৫, বনানী"), "2"),
    ],
)
def test_a_floor_is_counted_before_or_after_its_word(address: str, floor: str) -> None:
    assert parts(address).get("floor") == floor


@pytest.mark.parametrize(
    ("address", "road"),
    [
        ("House 5, Road 11/a, Banani", "11/A"),
        ("House 5, Rd 3, Banani", "3"),
        ("House 5, R# 5, Banani", "5"),
        ("বাসা ৫, সড়ক ১১, বনানী", "11"),
        ("Avenue 5, Block C, Section 11, Mirpur", "5"),
        ("এভিনিউ ৫, মিরপুর ১১", "5"),
        ("12/A Tajmahal Road, Mohammadpur, Dhaka", "Tajmahal Road"),
        ("Satmasjid Road, Dhanmondi, Dhaka", "Satmasjid Road"),
        ("42 Rankin Street, Wari", "Rankin Street"),
    ],
)
def test_a_road_is_its_number_or_its_usual_name(address: str, road: str) -> None:
    assert parts(address).get("road") == road


def test_letters_and_numbers_with_signs_between_them_are_house_and_road() -> None:
    assert without_area("H-12, R# 5, Sector 7, Uttara, Dhaka") == {"house": "12", "road": "5", "sector": "7"}


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("Block D, Section 10, Mirpur", "D"),
        ("Block: E, Banani", "E"),
        ("block c, banani", "C"),
        ("ব্লক-সি, বনানী, ঢাকা", "C"),
        ("ব্লক ক, সেকশন ৬, মিরপুর", "ক"),
        ("Road-3,Block-B,Banani", "B"),
    ],
)
def test_a_block_is_a_letter_of_either_script(address: str, block: str) -> None:
    assert parts(address).get("block") == block


def test_a_section_of_uttara_is_its_sector() -> None:
    assert without_area("House 5, Sec-7, Uttara, Dhaka") == {"house": "5", "sector": "7"}
    assert without_area("House 5, Sec-10, Mirpur, Dhaka") == {"house": "5", "section": "10"}


@pytest.mark.parametrize(
    ("address", "area"),
    [
        ("মিরপুর-১০, ঢাকা", "Mirpur 10"),
        ("৫, উত্তর বাড্ডা, ঢাকা", "North Badda"),
        ("কান্দিরপাড়, কুমিল্লা", "Kandirpar"),
        ("Union Parishad, Rajapur, Cumilla", "Rajapur"),
        ("Debidwar, Cumilla", "Debidwar"),
    ],
)
def test_the_area_is_given_by_its_usual_english_name(address: str, area: str) -> None:
    assert parts(address).get("area") == area


def test_a_district_is_no_area() -> None:
    assert parts("Cumilla") == {}


@pytest.mark.parametrize(
    ("address", "landmark"),
    [
        ("House 5, near Shyamoli Cinema Hall, Shyamoli, Dhaka", "Shyamoli Cinema Hall"),
        ("Opp. to Star Kabab, Banani", "Star Kabab"),
        ("(Near Star Kabab) Banani", "Star Kabab"),
        ("behind the mosque, Mirpur 10, Dhaka", "the mosque"),
        ("Banani, beside Star Kabab; call before", "Star Kabab"),
        ("In front of Star Kabab, Banani", "Star Kabab"),
        ("বাসা ৫, বড় মসজিদ এর পাশে, মিরপুর ১০, ঢাকা", "বড় মসজিদ"),
        ("শ্যামলী সিনেমা হলের পাশে, শ্যামলী, ঢাকা", "শ্যামলী সিনেমা হল"),
        ("বনানী, ব্র্যাক ব্যাংকের বিপরীতে", "ব্র্যাক ব্যাংক"),
        ("ব্র্যাক ব্যাংক সংলগ্ন, বনানী", "ব্র্যাক ব্যাংক"),
        ("Jamuna Future Park, Dhaka", "Jamuna Future Park"),
        ("যমুনা ফিউচার পার্ক, ঢাকা", "Jamuna Future Park"),
    ],
)
def test_a_landmark_is_what_it_is_near_to_as_written(address: str, landmark: str) -> None:
    assert parts(address).get("landmark") == tidy(landmark)


@pytest.mark.parametrize("address", ["Nearby Banani", "Linear Park, Banani", "House 5, Banani"])
def test_words_that_only_contain_near_name_no_landmark(address: str) -> None:
    assert "landmark" not in parts(address)
