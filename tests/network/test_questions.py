"""The one question that settles an address: about the heaviest doubt, in both languages, few choices."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from post_logistics.network.doubts import Doubt
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.loading import load_resolver
from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.network.questions import Candidate, Question, question_about
from post_logistics.network.resolve import SURE, Hints, Unresolved
from post_logistics.units import Postcode

DATA = Path(__file__).resolve().parents[2] / "data"
OFFICES = load_offices(DATA)
PLACES = load_places(DATA)
RESOLVER = load_resolver(DATA)
GAZETTEER = Gazetteer(OFFICES, PLACES)
BY_ID = {place.place_id: place for place in PLACES}

ADDRESSES = [
    *("Rajapur", "রাজাপুর", "Taltola, Dhaka", "House 5, Taltola", "Rampur", "Rampur, Mymensingh", "Shibganj", "শিবগঞ্জ"),
    *("Fulbaria", "Natun Bazar", "Mirpur", "মিরপুর", "Mohammadpur", "Mirpur, Kushtia", "Rajapur, Jhalokathi"),
    *("Cumilla", "কুমিল্লা", "Gazipur, Dhaka", "Lakshmipur", "রাজশাহী", "Uttara, Chattogram", "Kurigrm"),
    *("Mirpur 10, Dhaka 1230", "Banani 1216", "Mirpur 10, Dhaka 9999", "Dhaka-16", "Dhaka 1216", "Agrabad 1216"),
    *("Sector 7", "Section 10", "Road 5, Sector 7, Uttara", "Uttara Bank", "Debidwar Bank", "Dhanmondi Bank"),
    *(
        "Buet Pharmacy",
        "Banani Pharmacy",
        "Polashi Bank, BUET bank",
        "Kabir Nagar, Mirpur",
        "Kabir Nagar",
        "Phulbariaa",
    ),
    *("House 12, Road 5, Block D, Section 10, Mirpur", "মিরপুর-১০, ঢাকা", "উত্তর মুগদা, ঢাকা", "Savar, Dhaka"),
    *("Dhanmondi, Dhaka", "BUET, Polashi, Dhaka", "Kakrail", "Moghbazar, Dhaka", "Debidwar, Cumilla", "Debidver"),
    *(
        "Mirpur 10, Banani",
        "Mirpur 10, Gulshan 1, Dhaka",
        "Tongi Road, Uttara",
        "Tongi, Dhaka",
        "Station Road, Rangpur",
    ),
    *("Mirpur Road, Dhaka", "Shyamolli", "আগ্রাবাদ, চট্টগ্রাম", "জিন্দাবাজার, সিলেট ৩১০০", "Kandirpar", "Noyapara"),
]


def asked(address: str, hints: Hints = Hints()) -> Question:  # noqa: B008 - immutable
    """The question about an address that is not sure, or that tells no office."""
    try:
        question = RESOLVER.resolve(address, hints).question
    except Unresolved as refused:
        return refused.question
    assert question is not None
    return question


def choices(question: str) -> list[str]:
    """The choices of a question that offers any."""
    offered = question.removesuffix("?").partition(": ")[2]
    return re.split(r", (?!\S+ \([0-9০-৯]{4}\))| or | নাকি ", offered) if offered else []


def test_places_of_one_name_are_told_apart_by_their_districts() -> None:
    question = asked("Rajapur")
    assert question == asked("রাজাপুর")
    assert question.en.startswith("Which Rajapur: Jhalokathi, ")
    assert question.bn.startswith("কোন রাজাপুর: ঝালকাঠি, ")
    assert set(choices(question.en)) == {"Jhalokathi", "Feni", "Pabna", "Sirajganj"}
    assert set(choices(question.bn)) == {"ঝালকাঠি", "ফেনী", "পাবনা", "সিরাজগঞ্জ"}


def test_places_of_one_name_in_one_district_are_told_apart_by_their_thanas() -> None:
    question = asked("Rampur, Mymensingh")
    assert question.en.startswith("Which Rampur: ")
    assert set(choices(question.en)) == {"Phulpur", "Trishal"}
    assert set(choices(question.bn)) == {"ফুলপুর", "ত্রিশাল"}


def test_different_places_are_told_apart_by_their_own_names() -> None:
    question = asked("Taltola, Dhaka")
    assert question.en == "Where is it: Agargaon Taltola, Dhaka (1207) or Khilgaon Taltola, Dhaka (1219)?"
    assert question.bn == "এটি কোথায়: আগারগাঁও তালতলা, ঢাকা (১২০৭) নাকি খিলগাঁও তালতলা, ঢাকা (১২১৯)?"


def test_several_codes_of_one_place_are_asked_by_their_offices() -> None:
    doubt, other = Doubt("even_code", ""), Candidate(Postcode("1205"), None, "New Market TSO", "", 1.0)
    question = question_about(BY_ID["dhanmondi"], Postcode("1209"), [doubt], [other], GAZETTEER)
    assert question.en == "Which side of Dhanmondi: Jigatala TSO (1209) or New Market TSO (1205)?"
    assert question.bn == "ধানমন্ডি: কোন দিকে: জিগাতলা টিএসও (১২০৯) নাকি নিউমার্কেট টিএসও (১২০৫)?"


@pytest.mark.parametrize("address", ["Mirpur 10, Dhaka 1230", "মিরপুর ১০, ঢাকা ১২৩০"])
def test_a_postcode_against_its_place_is_asked_about(address: str) -> None:
    question = asked(address)
    assert question.en == (
        "Is the postcode right, or the place: Uttara Model Town TSO (1230) or Mirpur 10, Dhaka (1216)?"
    )
    assert question.bn == ("পোস্টকোড ঠিক, নাকি জায়গা: উত্তরা মডেল টাউন টিএসও (১২৩০) নাকি মিরপুর ১০, ঢাকা (১২১৬)?")


def test_a_postcode_in_its_own_field_against_its_place_is_asked_about() -> None:
    question = asked("Mirpur 10, Dhaka", Hints(postcode="1230"))
    assert question == asked("Mirpur 10, Dhaka 1230")


def test_a_district_alone_is_asked_for_its_thana() -> None:
    assert asked("Cumilla") == asked("কুমিল্লা")
    assert asked("Cumilla").en == "Which thana or upazila of Cumilla district is it in?"
    assert asked("Cumilla").bn == "কুমিল্লা জেলার কোন থানা বা উপজেলায়?"


@pytest.mark.parametrize("address", ["Dhaka", "ঢাকা", "House 5, Road 3, Dhaka", "Dhaka, Bangladesh"])
def test_dhaka_alone_is_asked_for_its_area(address: str) -> None:
    assert asked(address).en.startswith("Which area of Dhaka is it in")
    assert asked(address).bn.startswith("ঢাকার কোন এলাকায়")


@pytest.mark.parametrize("address", ["near the tree", "গাছের কাছে", "", "1216"])
def test_where_nothing_is_known_area_and_district_are_asked_for(address: str) -> None:
    assert "which district?" in asked(address).en
    assert "কোন জেলায়?" in asked(address).bn


def test_a_thana_alone_is_asked_for_something_smaller() -> None:
    question = asked("Debidwar Bank")
    assert question.en == "Which village, market or road of Debidwar (3530) is it in?"
    assert question.bn == "দেবিদ্বার (৩৫৩০) এর কোন গ্রাম, বাজার বা রাস্তায়?"


def test_an_office_without_a_place_is_asked_for_something_smaller() -> None:
    question = asked("Dhaka-16")
    assert question.en == "Which village, market or road of Mirpur TSO (1216) is it in?"
    assert question.bn == "মিরপুর টিএসও (১২১৬) এর কোন গ্রাম, বাজার বা রাস্তায়?"


def test_a_single_place_is_asked_to_be_confirmed() -> None:
    question = asked("Sector 7")
    assert question.en == "Is it Uttara Sector 7, Uttara, Dhaka?"
    assert question.bn == "এটি কি উত্তরা সেক্টর ৭, উত্তরা, ঢাকা?"


def test_both_languages_name_the_same_thana() -> None:
    thanas = {place.name_en: place.name_bn for place in PLACES if place.kind == "thana" and place.district == "Dhaka"}
    question, found = asked("Banani Pharmacy"), RESOLVER.resolve("Banani Pharmacy").place
    assert found is not None
    assert f", {found.thana}, " in question.en
    assert f", {thanas[found.thana]}, " in question.bn


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_question_offers_at_least_two_choices_and_at_most_four_or_none(address: str) -> None:
    question = RESOLVER.resolve(address).question
    for words in (question.en, question.bn) if question else ():
        assert ": " not in words or 2 <= len(choices(words)) <= 4, words


@pytest.mark.parametrize("address", ADDRESSES)
def test_there_is_a_question_exactly_where_the_answer_is_not_sure(address: str) -> None:
    resolution = RESOLVER.resolve(address)
    assert (resolution.question is not None) == (resolution.confidence < SURE)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_question_is_whole_in_both_languages(address: str) -> None:
    question = RESOLVER.resolve(address).question
    if question is not None:
        assert question.en.endswith("?") and question.bn.endswith("?")
        assert question.en.isascii()
        assert not re.search("[0-9]", question.bn)


def namesakes() -> list[Candidate]:
    """Places of one name, each in a district of its own."""
    sadars = [place for place in PLACES if place.kind == "thana" and place.name_en.endswith(" Sadar")][:7]
    return [Candidate(Postcode(one.postcode), replace(one, name_en="Sadar"), "Sadar", "", 1.0) for one in sadars]


def test_of_many_namesakes_four_are_offered() -> None:
    first, *others = namesakes()
    question = question_about(first.place, first.postcode, [Doubt("namesake", "")], others, GAZETTEER)
    districts = [one.place.district for one in (first, *others) if one.place]
    assert len(districts) == 7
    assert choices(question.en) == districts[:4]
    assert len(choices(question.bn)) == 4


def test_what_is_offered_twice_is_offered_once() -> None:
    first, other, *_ = namesakes()
    question = question_about(first.place, first.postcode, [Doubt("namesake", "")], [other, first, other], GAZETTEER)
    assert len(choices(question.en)) == len(choices(question.bn)) == 2
