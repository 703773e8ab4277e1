"""Which words of an address name which places."""

import pytest

from post_logistics.network.lexicon import Lexicon, Match, Mention
from post_logistics.network.places import Place
from post_logistics.network.slips import Slips
from post_logistics.network.text import tidy, tokens
from post_logistics.network.wording import Use


def place(place_id: str, *names: str, within: str = "district:dhaka", kind: str = "area") -> Place:
    return Place(
        place_id=place_id,
        name_en=names[0],
        name_bn="",
        spellings=names[1:],
        kind=kind,
        within=within,
        thana="",
        district="Dhaka",
        postcode="",
        other_postcodes=(),
        lat_deg=23.8,
        lon_deg=90.4,
        precision_m=500,
        source="test",
    )


LEXICON = Lexicon(
    [
        place("district:dhaka", "Dhaka", "ঢাকা", within="", kind="district"),
        place("mirpur", "Mirpur", "মিরপুর"),
        place("mirpur-10", "Mirpur Section 10", "Mirpur 10", within="mirpur"),
        place("mirpur-road", "Mirpur Road", kind="road"),
        place("naya-paltan", "Naya Paltan"),
        place("banani", "Banani"),
        place("banani-road-11", "Banani Road 11", within="banani", kind="road"),
        place("moulvibazar-dhaka", "Moulvibazar Dhaka"),
        place("shewrapara", "Shewrapara"),
        place("box-nagar-mirpur", "Box Nagar Mirpur", within="mirpur"),
        place("mugda-medical-college", "Mugda Medical College", kind="landmark"),
        place("thana:dhaka:savar", "Savar", kind="thana"),
        place("union:1", "Shimulia", within="thana:dhaka:savar", kind="union"),
    ]
)


def mentions(address: str, *, guess: bool = False) -> list[Mention]:
    tidied = tidy(address)
    words = tokens(tidied)
    found = LEXICON.mentions(tidied, words)
    return Slips(LEXICON).misspelt(tidied, words, found) if guess else found


def named(address: str) -> list[str]:
    return [place.place_id for mention in mentions(address) for place in mention.places]


@pytest.mark.parametrize("address", ["Mirpur 10", "mirpur-10", "MIRPUR SECTION # 10", "Mirpur, Section-10", "মিরপুর ১০"])
def test_the_longest_name_wins(address: str) -> None:
    assert "mirpur-10" in named(address)


@pytest.mark.parametrize("address", ["Nayapaltan", "Naya Paltan", "naya-paltan", "নয়াপল্টন", "নয়া পল্টন"])
def test_blanks_hyphens_and_script_do_not_matter(address: str) -> None:
    assert named(address) == ["naya-paltan"]


def test_a_name_does_not_reach_over_a_comma() -> None:
    assert named("Naya, Paltan") == []


def test_a_mention_says_what_was_written_and_how_well_it_fits() -> None:
    exact, heard = mentions("House 5, Mirpur-10, শেওড়াপাড়া")
    assert (exact.words, exact.match) == ("Mirpur-10", Match.EXACT)
    assert (tidy("শেওড়াপাড়া"), Match.SOUND) == (heard.words, heard.match)


@pytest.mark.parametrize(
    ("address", "use"),
    [
        ("Mirpur", Use.PLACE),
        ("Mirpur lane", Use.ROAD),
        ("Mirpur Bank, Dhaka", Use.NAME),
        ("Mirpur house 5", Use.PLACE),
        ("Mirpur, Road 5", Use.PLACE),
        ("Mirpur lane 5", Use.PLACE),
        ("Mugda Medical College Hospital", Use.PLACE),
    ],
)
def test_a_name_may_be_that_of_a_road_or_a_firm(address: str, use: Use) -> None:
    assert mentions(address)[0].use is use


def test_the_rest_of_a_name_counts_where_its_place_is_named_too() -> None:
    assert named("House 5, Road 11, Banani") == ["banani-road-11", "banani"]
    assert named("4 Moulvibazar, Dhaka") == ["moulvibazar-dhaka", "district:dhaka"]


def test_a_small_place_names_the_larger_one_it_lies_in() -> None:
    assert named("Box Nagar, Mirpur-10") == ["box-nagar-mirpur", "mirpur-10"]


def test_red_control_the_rest_of_a_name_alone_names_nothing() -> None:
    assert named("House 5, Road 11, Mirpur") == ["mirpur"]
    assert named("4 Moulvibazar") == []
    assert named("Box Nagar, Banani") == ["banani"]


@pytest.mark.parametrize("word", ["Shewrapura", "Shewrapada", "Mipur", "Mrpur", "Mirqpur"])
def test_one_slip_of_the_pen_in_a_long_word_is_forgiven(word: str) -> None:
    assert mentions(word) == []
    assert [mention.match for mention in mentions(word, guess=True)] == [Match.MISSPELT]


@pytest.mark.parametrize("word", ["Sherpara", "Market", "Hospital", "Pur", "Manirpur"])
def test_red_control_other_words_are_not_bent_into_names(word: str) -> None:
    assert mentions(word) == []
    assert mentions(word, guess=True) == []


def test_a_union_counts_only_beside_its_thana_or_its_district() -> None:
    assert named("Shimulia, Savar") == ["union:1", "thana:dhaka:savar"]
    assert named("Shimulia, Dhaka") == ["union:1", "district:dhaka"]
    assert named("Shimulia") == []
    assert named("Shimulia, Banani") == ["banani"]


def test_what_is_said_to_the_rider_is_in_no_name() -> None:
    assert named("Naya please Paltan") == []
    assert named("Banani pls call before delivery") == ["banani"]


@pytest.mark.parametrize(
    ("written", "parts"), [("shewraparadhaka", ["shewrapara", "dhaka"]), ("bananiroad", ["banani", "road"])]
)
def test_two_words_written_as_one_are_taken_apart(written: str, parts: list[str]) -> None:
    words = tokens(tidy(written))
    parted = Slips(LEXICON).parted(words, [])
    assert parted is not None
    assert [token.text for token in parted] == parts


@pytest.mark.parametrize("word", ["market", "mirpur", "hospitality"])
def test_red_control_one_word_stays_one(word: str) -> None:
    assert Slips(LEXICON).parted(tokens(tidy(word)), []) is None
