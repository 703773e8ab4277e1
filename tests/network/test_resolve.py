"""From an address to its office, with reasons, doubts and refusals."""

import csv
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.network.coverage import METROPOLITAN, Coverage, OutsideCoverage
from post_logistics.network.loading import load_resolver
from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.network.resolve import Hints, Resolution, Unresolved
from post_logistics.network.text import tidy
from post_logistics.units import Postcode, bangla_digits

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT.parent / "shared" / "samples" / "addresses_public_sample.csv"
OFFICES = load_offices(ROOT / "data")
PLACES = load_places(ROOT / "data")
RESOLVER = load_resolver(ROOT / "data")
COVERAGE = Coverage(OFFICES, date(2026, 11, 22))

ADDRESSES = {
    "House 12, Road 5, Sector 7, Uttara, Dhaka": "1230",
    "h#1 r-28 sec-7 uttara": "1230",
    "Section 10, Block C, Mirpur, Dhaka": "1216",
    "মিরপুর-১০, ঢাকা": "1216",
    "দোকান ৫, পল্লবী, mirpur 12": "1216",
    "56 Motijheel C/A, Dhaka": "1000",
    "৩৭/২ পুরানা পল্টন, ঢাকা": "1000",
    "Nayapaltan, VIP Road": "1000",
    "Patuatuli, Sadarghat, Dhaka": "1100",
    "42 Rankin Street, Wari": "1203",
    "সতীশ সরকার রোড, গেন্ডারিয়া, ঢাকা": "1204",
    "New Elephant Road, Dhanmondi, Dhaka": "1205",
    "House 9, Mohakhali DOHS, Dhaka": "1206",
    "Tajmahal Road, Block C, Mohammadpur": "1207",
    "৯ ইকবাল রোড, মোহাম্মদপুর, ঢাকা": "1207",
    "Plot 7, Tejgaon I/A, Dhaka": "1208",
    "Zigatola bus stand, Dhanmondi": "1209",
    "Urdu Road, Chawkbazar, Dhaka": "1211",
    "উত্তর বাড্ডা, ঢাকা": "1212",
    "House 49, Block H, Road 11, Banani": "1213",
    "উত্তর মুগদা, ঢাকা": "1214",
    "৪০ কাওরান বাজার, ঢাকা": "1215",
    "বড় মগবাজার, ঢাকা": "1217",
    "Block C, Banasree, Rampura, Dhaka": "1219",
    "Block E, Bashundhara R/A, Dhaka": "1229",
    "Paterbag, Dania, Dhaka": "1236",
    "৫৩/১ জনসন রোড": "1100",
    "bcb office, sher e bangla stadium, mirpur-2": "1216",
    "BUET, Polashi, Dhaka": "1000",
    "Mathertek, Bashabo, Dhaka": "1214",
    "মানিকনগর বিশ্বরোড": "1203",
    "Park Road, Baridhara": "1212",
    "Begunbari, Tejgaon, Dhaka": "1208",
    "Kurmitola General Hospital, Airport Road": "1206",
    "Turag Housing, Mohammadpur, Dhaka": "1207",
    "box nagar, zoo road, mirpur 1": "1216",
}


@pytest.mark.parametrize(("address", "postcode"), ADDRESSES.items())
def test_an_address_in_the_city_finds_its_office(address: str, postcode: str) -> None:
    assert RESOLVER.resolve(address).postcode == postcode


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: unicodedata.normalize("NFC", text),
        bangla_digits,
        str.upper,
        str.lower,
        lambda text: text.replace(", ", ","),
        lambda text: f"  {text}  ",
    ],
    ids=["nfd", "nfc", "bangla digits", "upper", "lower", "tight", "padded"],
)
def test_how_it_is_typed_does_not_change_the_answer(address: str, rewrite: Callable[[str], str]) -> None:
    as_typed, again = RESOLVER.resolve(address), RESOLVER.resolve(rewrite(address))
    assert (again.postcode, again.place, again.confidence, again.rule) == (
        as_typed.postcode,
        as_typed.place,
        as_typed.confidence,
        as_typed.rule,
    )


def test_the_evidence_quotes_the_address_and_names_the_office() -> None:
    evidence = RESOLVER.resolve("বাসা ৫, মিরপুর-১০, ঢাকা").evidence
    assert evidence[0] == f"'{tidy('মিরপুর-১০')}' names Mirpur 10, delivered by 1216 Mirpur TSO"
    assert evidence[1] == "the address names the district Dhaka"


@pytest.mark.parametrize(
    ("address", "postcode"),
    [
        ("Mirpur Road, Shyamoli, Dhaka", "1207"),
        ("Shyamoli, Mirpur Road, Dhaka", "1207"),
        ("International Airport Road, Banani, Dhaka", "1213"),
        ("Chittagong Road, Jatrabari, Dhaka", "1204"),
        ("Tongi Road, Uttara, Dhaka", "1230"),
        ("Uttara Bank, Motijheel, Dhaka", "1000"),
        ("Comilla Bakery, Section 11, Mirpur", "1216"),
        ("বরিশাল হোটেল, খিলগাঁও, ঢাকা", "1219"),
    ],
)
def test_roads_and_firms_named_after_other_places_mislead_nobody(address: str, postcode: str) -> None:
    assert RESOLVER.resolve(address).postcode == postcode


@pytest.mark.parametrize(
    ("address", "district"),
    [
        ("Agrabad C/A, Chattogram", "Chattogram"),
        ("আগ্রাবাদ, চট্টগ্রাম", "Chattogram"),
        ("Station Road, Rangpur", "Rangpur"),
        ("Zindabazar, Sylhet", "Sylhet"),
        ("Mirpur, Kushtia", "Kushtia"),
        ("Mohammadpur, Magura", "Magura"),
        ("চকবাজার, চট্টগ্রাম", "Chattogram"),
        ("Dhaka Bank, Kandirpar, Cumilla", "Cumilla"),
        ("Mymensingh Road, Tangail Sadar, Tangail", "Tangail"),
        ("House 1216, Kandirpar, Cumilla 3500", "Cumilla"),
        ("Tongi, Dhaka", "Gazipur"),
        ("Savar, Dhaka", "Dhaka"),
        ("জিঞ্জিরা, কেরানীগঞ্জ, ঢাকা", "Dhaka"),
        ("Moulvibazar", "Moulvibazar"),
        ("রাজশাহী", "Rajshahi"),
    ],
)
def test_an_address_elsewhere_is_known_to_lie_elsewhere_and_refused(address: str, district: str) -> None:
    resolution = RESOLVER.resolve(address)
    assert resolution.district == district
    with pytest.raises(OutsideCoverage):
        COVERAGE.responsible(resolution.postcode)


@pytest.mark.parametrize("address", ["Dhaka", "ঢাকা", "House 5, Road 3, Dhaka", "ঢাকা, বাংলাদেশ", "Dhaka-1218"])
def test_dhaka_alone_is_asked_for_the_area(address: str) -> None:
    with pytest.raises(Unresolved) as refused:
        RESOLVER.resolve(address)
    assert refused.value.remedy is not None
    assert "area" in refused.value.remedy
    assert "postcode" in refused.value.remedy


@pytest.mark.parametrize("address", ["", "   ", "asdf qwer", "House 5, Road 3", "1216", "!!!", "ঠিকানা নেই"])
def test_an_unknown_address_is_refused_and_never_sent_to_the_gpo(address: str) -> None:
    with pytest.raises(Unresolved):
        RESOLVER.resolve(address)


@given(st.text(alphabet="bcdfghjklmnpqrstvwxz 0123456789,-/", max_size=80))
@settings(max_examples=100, deadline=None)
def test_noise_never_becomes_a_confident_answer(noise: str) -> None:
    with suppress(Unresolved):
        assert RESOLVER.resolve(noise).confidence < 0.9


def test_two_districts_without_a_hint_which_is_meant_are_asked_about() -> None:
    with pytest.raises(Unresolved) as refused:
        RESOLVER.settle("New Market, Ukhia")
    assert {"1205", "4750"} <= set(refused.value.choices)
    assert "Ukhia, Cox's Bazar (4750) or New Market, Dhaka (1205)" in refused.value.question.en
    assert tidy("উখিয়া, কক্সবাজার (৪৭৫০) নাকি") in tidy(refused.value.question.bn)


def test_a_postcode_that_fits_the_place_makes_it_sure() -> None:
    resolution = RESOLVER.resolve("House 5, Road 3, Dhanmondi, Dhaka-1205")
    assert (resolution.postcode, resolution.rule) == ("1205", "postcode")
    assert resolution.confidence >= 0.95


def test_a_postcode_against_the_place_is_asked_about() -> None:
    with pytest.raises(Unresolved) as refused:
        RESOLVER.settle("House 5, Sector 4, Uttara, Dhaka-1100")
    assert {"1100", "1230"} <= set(refused.value.choices)
    assert "postcode right, or the place" in refused.value.question.en


def test_a_postcode_of_another_district_than_the_one_named_is_said_and_not_followed() -> None:
    resolution = RESOLVER.resolve("Zindabazar, Sylhet-1216")
    assert (resolution.postcode, resolution.rule) == ("3100", "place")
    assert resolution.confidence < RESOLVER.resolve("Zindabazar, Sylhet").confidence
    assert any("1216 Mirpur TSO in Dhaka" in sentence for sentence in resolution.evidence)
    assert "1216" in {candidate.postcode for candidate in resolution.alternatives}


def test_of_several_postcodes_the_last_counts_and_1232_is_1236() -> None:
    assert RESOLVER.resolve("Road 5, Dhanmondi 1209, Dhaka 1205").postcode == "1205"
    assert RESOLVER.resolve("Dania, Dhaka-1232").postcode == "1236"


def test_the_zone_numbers_of_old_addresses_are_understood() -> None:
    resolution = RESOLVER.resolve("House 7, Dhaka-16")
    assert (resolution.postcode, resolution.doubts) == ("1216", ("old_zone",))


def test_a_postcode_of_the_city_does_not_bring_in_an_address_elsewhere() -> None:
    for address in ("Agrabad, Chattogram-1216", "Savar, Dhaka-1205", "Dinajpur 1216"):
        with suppress(Unresolved):
            assert OFFICES[RESOLVER.resolve(address).postcode] not in METROPOLITAN, address


def test_a_postcode_of_no_office_is_said_and_the_place_decides() -> None:
    resolution = RESOLVER.resolve("Mirpur 10, Dhaka-1218")
    assert resolution.postcode == "1216"
    assert any("1218" in sentence for sentence in resolution.evidence)


def test_a_sound_or_a_slip_is_less_sure_than_a_known_spelling() -> None:
    known = RESOLVER.resolve("Pallabi, Dhaka")
    slip = RESOLVER.resolve("Pallabii, Dhaka")
    assert (known.postcode, slip.postcode) == ("1216", "1216")
    assert slip.confidence < known.confidence


def test_a_sector_or_section_is_that_of_the_area_named_with_it() -> None:
    assert RESOLVER.resolve("Sec 10, Block C, Mirpur").place == RESOLVER.resolve("Mirpur 10").place
    assert RESOLVER.resolve("Sec 10, Road 12, Uttara").postcode == "1230"


def test_a_sector_without_a_name_is_that_of_uttara_and_a_section_that_of_mirpur_but_hardly_sure() -> None:
    for address, postcode in {"H 12 R 5 Sector 7": "1230", "House 5, Section 10": "1216"}.items():
        resolution = RESOLVER.resolve(address)
        assert resolution.postcode == postcode
        assert resolution.confidence < RESOLVER.resolve(f"{address}, Dhaka").confidence < 0.95
        assert resolution.question is not None
    with pytest.raises(Unresolved):
        RESOLVER.resolve("House 5, Block C")


def test_a_name_with_many_bearers_is_the_one_inside_the_place_named_with_it() -> None:
    assert RESOLVER.resolve("Kadamtali, Keraniganj").postcode == "1310"
    assert RESOLVER.resolve("Kadamtali, Jatrabari").postcode == "1204"
    assert RESOLVER.resolve("গুদারাঘাট, মিরপুর-১").postcode == "1216"
    with pytest.raises(Unresolved):
        RESOLVER.resolve("House 5, Park Road, Dhaka")


def test_hints_stand_for_what_the_text_leaves_out() -> None:
    assert RESOLVER.resolve("House 5, Road 3", Hints(area="Banani", district="Dhaka")).postcode == "1213"
    assert RESOLVER.resolve("House 5, Road 3", Hints(thana="মিরপুর", district="ঢাকা")).postcode == "1216"
    assert RESOLVER.resolve("House 5, Road 3", Hints(postcode="১২১৬")).postcode == "1216"


def test_the_point_given_is_used_only_where_the_text_does_not_tell() -> None:
    mirpur = Hints(lat_deg=23.8067, lon_deg=90.3687)
    by_point = RESOLVER.resolve("Near the big tree", mirpur)
    assert (by_point.rule, by_point.postcode) == ("coordinates", "1216")
    assert (by_point.lat_deg, by_point.lon_deg) == (23.8067, 90.3687)
    assert RESOLVER.resolve("Gulshan 2, Dhaka", mirpur).postcode == "1212"


def test_a_point_that_agrees_becomes_the_door_and_one_that_does_not_is_a_doubt() -> None:
    plain = RESOLVER.resolve("Gulshan 2, Dhaka")
    near = RESOLVER.resolve("Gulshan 2, Dhaka", Hints(lat_deg=23.795, lon_deg=90.415))
    far = RESOLVER.resolve("Gulshan 2, Dhaka", Hints(lat_deg=23.71, lon_deg=90.41))
    assert (near.lat_deg, near.confidence) == (23.795, plain.confidence)
    assert near.precision_m < plain.precision_m
    assert (far.lat_deg, far.lon_deg) == (plain.lat_deg, plain.lon_deg)
    assert far.confidence < plain.confidence


def test_a_point_at_sea_tells_nothing() -> None:
    with pytest.raises(Unresolved):
        RESOLVER.resolve("Near the big tree", Hints(lat_deg=0.0, lon_deg=0.0))


def test_a_place_with_several_codes_names_the_others() -> None:
    resolution = RESOLVER.resolve("Mohakhali, Dhaka")
    assert resolution.confidence < RESOLVER.resolve("Pallabi, Dhaka").confidence
    assert {candidate.postcode for candidate in resolution.alternatives} >= {"1206", "1213"}
    assert all(0 < candidate.score <= 1 for candidate in resolution.alternatives)


@pytest.mark.parametrize(
    ("address", "districts", "asked_bn"),
    [
        (
            "House 5, Rajapur",
            {"Jhalokathi", "Feni", "Pabna", "Sirajganj"},
            "কোন রাজাপুর: ঝালকাঠি, ফেনী, পাবনা নাকি সিরাজগঞ্জ?",
        ),
        (
            "কচুয়া",
            {"Bagerhat", "Chandpur", "Tangail"},
            "এটি কোথায়: কচুয়া, বাগেরহাট (৯৩১০), কচুয়া, চাঁদপুর (৩৬৩০) নাকি কচুয়া, টাঙ্গাইল (১৯৫১)?",
        ),
    ],
)
def test_a_name_that_several_districts_have_is_asked_about(address: str, districts: set[str], asked_bn: str) -> None:
    with pytest.raises(Unresolved) as refused:
        RESOLVER.settle(address)
    assert {OFFICES[code].district for code in refused.value.choices} == districts
    assert all(district in refused.value.question.en for district in districts)
    assert tidy(refused.value.question.bn) == tidy(asked_bn)
    for district in districts:
        assert RESOLVER.settle(f"{address}, {district}").district == district


def test_two_places_of_one_name_in_the_city_are_asked_about() -> None:
    with pytest.raises(Unresolved) as refused:
        RESOLVER.settle("House 5, Taltola, Dhaka")
    assert set(refused.value.choices) == {"1207", "1219"}


@pytest.mark.parametrize("address", ["Gazipur, Dhaka", "Konabari, Gazipur, Dhaka", "Chandina, Cumilla, Chattogram"])
def test_a_division_after_the_district_is_not_taken_for_the_district(address: str) -> None:
    assert RESOLVER.resolve(address).district in {"Gazipur", "Cumilla"}


@pytest.mark.parametrize(
    ("address", "thana", "postcode"),
    [
        ("Daibaghati, Morrelganj, Bagerhat", "Morrelganj", "9320"),
        ("KODALPUR, GOSAIRHAT, SHARIATPUR", "Gosairhat", "8050"),
        ("Kansat Bazar, Shibganj, Chapainawabganj", "Shibganj", "6341"),
        ("মধ্যম পাড়া, বান্দরবান সদর", "Bandarban Sadar", "4600"),
        ("Masdair, Fatullah, N.ganj", "Fatullah", "1420"),
        ("Chowgacha Bazar, Chowgacha, Jessore", "Chaugachha", "7410"),
        ("kairmganj, kishoreganj", "Karimganj", "2310"),
        ("dumuria bazar dumuriakhulna", "Dumuria", "9250"),
        ("Mohanpur, Rajshahi", "Mohanpur", "6220"),
        ("Tantar Bazar, Akhaura, B.Baria", "Akhaura", "3450"),
    ],
)
def test_all_of_the_country_down_to_the_thana(address: str, thana: str, postcode: str) -> None:
    resolution = RESOLVER.resolve(address)
    assert (resolution.thana, resolution.postcode) == (thana, postcode)
    assert resolution.division == OFFICES[postcode].division


def test_a_learned_phrase_comes_first_but_not_in_another_district() -> None:
    learned = {"notun pollob mirpur": Postcode("1206")}
    resolution = RESOLVER.resolve("House 5, Notun Pollob, Mirpur 12, Dhaka", learned=learned)
    assert (resolution.postcode, resolution.rule) == ("1206", "learned")
    assert resolution.confidence > 0.9
    assert RESOLVER.resolve("Mirpur, Dhaka", learned=learned).rule == "place"
    assert RESOLVER.resolve("Notun Pollob, Mirpur, Kushtia", learned=learned).district == "Kushtia"


def test_every_place_of_the_city_is_found_by_each_of_its_names() -> None:
    lost = []
    for place in PLACES:
        if place.postcode not in OFFICES or OFFICES[place.postcode] not in METROPOLITAN or place.kind == "thana":
            continue
        for name in filter(None, (place.name_en, place.name_bn, *place.spellings)):
            resolution = RESOLVER.resolve(f"House 5, {name}, {place.thana}, {place.district}")
            if resolution.postcode not in (place.postcode, *place.other_postcodes):
                lost.append((name, place.postcode, resolution.postcode))
    assert lost == []


def sample_rows() -> list[dict[str, str]]:
    if not SAMPLE.exists():
        pytest.skip(f"the public sample of addresses is not there: {SAMPLE}")
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def resolved(address: str) -> Resolution | None:
    try:
        return RESOLVER.resolve(address)
    except Unresolved:
        return None


def in_city(postcode: str) -> bool:
    return postcode in OFFICES and OFFICES[postcode] in METROPOLITAN


@pytest.mark.parametrize("column", ["address_text", "messy_variant"])
def test_of_the_public_sample_nearly_every_city_address_is_right(column: str) -> None:
    rows = [row for row in sample_rows() if in_city(row["postcode"])]
    answers = [(row["postcode"], resolved(row[column])) for row in rows]
    exact = sum(answer is not None and answer.postcode == truth for truth, answer in answers)
    pilot = sum(
        answer is not None
        and in_city(answer.postcode)
        and COVERAGE.responsible(answer.postcode) == COVERAGE.responsible(Postcode(truth))
        for truth, answer in answers
    )
    assert len(rows) >= 50
    assert exact / len(rows) >= 0.95
    assert pilot / len(rows) >= 0.95


@pytest.mark.parametrize("column", ["address_text", "messy_variant"])
def test_of_the_public_sample_no_address_elsewhere_is_taken_into_the_city(column: str) -> None:
    rows = [row for row in sample_rows() if row["district"] != METROPOLITAN.district]
    answers = [(row["district"], resolved(row[column])) for row in rows]
    taken_in = [
        row[column] for row, (_, answer) in zip(rows, answers, strict=True) if answer and in_city(answer.postcode)
    ]
    right = sum(answer is not None and answer.district == truth for truth, answer in answers)
    assert taken_in == []
    assert right / len(rows) >= 0.9


def test_of_the_public_sample_confident_answers_are_right() -> None:
    confident = [
        (row["postcode"], answer)
        for row in sample_rows()
        for column in ("address_text", "messy_variant", "address_with_postcode")
        if in_city(row["postcode"]) and (answer := resolved(row[column])) is not None and answer.confidence >= 0.9
    ]
    right = sum(answer.postcode == truth for truth, answer in confident)
    assert len(confident) >= 60
    assert right / len(confident) >= 0.97
