"""Every shipped data file has a check here and a section in ``data/README.md``, and the files agree with each other."""

import csv
import hashlib
import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from post_logistics.channels.partners.book import load_partners
from post_logistics.cod.statements.layout import layout_from_toml
from post_logistics.consignments.documents import load_document_columns, read_services
from post_logistics.consignments.order_files import read_order_file
from post_logistics.consignments.order_files.layout import load_order_columns
from post_logistics.consignments.tariffs import load_tariffs
from post_logistics.network.collection_points import load_collection_points
from post_logistics.network.hierarchy import load_hierarchy, missing_numbers, read_numbers
from post_logistics.network.loading import load_resolver
from post_logistics.network.offices import Offices, load_offices
from post_logistics.network.places import Place, load_places, thana_id
from post_logistics.settings import Settings
from post_logistics.tracking.dated import load_rule_book

DATA = Settings().facts_dir
README = (DATA / "README.md").read_text(encoding="utf-8")
KM_PER_DEGREE_LAT = 110.6
KM_PER_DEGREE_LON = 101.8
"""At the latitude of Dhaka; good enough to say that a point is in the wrong part of town."""


GIVEN_OUT = "71a2a73ba02a4712dd9685b154fc334168cd6e834b6811086359b390158e1a3b"
"""SHA-256 of the numbers that shops have: the first lines of ``hierarchy.csv``."""


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def offices() -> Offices:
    return load_offices(DATA)


@pytest.fixture(scope="module")
def places() -> dict[str, Place]:
    return {place.place_id: place for place in load_places(DATA)}


def loads(module: str, function: str) -> Callable[[], object]:
    """Loads the file with the program's own loader, which refuses a wrong one."""
    return lambda: getattr(import_module(f"post_logistics.{module}"), function)(DATA)


def check_hubs() -> None:
    codes = load_offices(DATA)
    hubs = rows("hubs.csv")
    assert len(hubs) == 79
    assert Counter(hub["hub_class"] for hub in hubs) == {"GPO": 5, "MPC": 14, "HPO": 60}
    assert all(hub["postcode"] in codes for hub in hubs)
    assert {hub["opened"] for hub in hubs} == {"before 2016", "2018-2022"}
    for hub in hubs:
        office = codes[hub["postcode"]]
        assert km(float(hub["lat_deg"]), float(hub["lon_deg"]), office.lat_deg, office.lon_deg) < 1, hub["name_en"]


def check_collection_points() -> None:
    offices = load_offices(DATA)
    for point in load_collection_points(DATA):
        assert offices[point.office].pilot, point.point_id
    assert {row["source"] for row in rows("collection_points.csv")} == {"assumed"}


def check_partners() -> None:
    points = {point.point_id for point in load_collection_points(DATA)}
    partners = load_partners(DATA)
    assert {"ekshop"} < partners.keys()
    for partner in partners.values():
        assert set(partner.centres.values()) <= points, partner.name


def check_hierarchy() -> None:
    resolver, content = load_resolver(DATA), (DATA / "hierarchy.csv").read_bytes()
    hierarchy = load_hierarchy(DATA, resolver)
    assert (len(hierarchy.districts), len(hierarchy.thanas)) == (64, 597)
    assert all(hierarchy.areas_of(thana) for thana in hierarchy.thanas)
    assert not missing_numbers(resolver.gazetteer, read_numbers(DATA)), "run post-logistics number-places"
    given_out = b"".join(content.splitlines(keepends=True)[:12_282])
    assert hashlib.sha256(given_out).hexdigest() == GIVEN_OUT, "these numbers have been given out: only add to them"


def check_sample_truth() -> None:
    orders, truth = rows("samples/orders.csv"), rows("samples/expected.csv")
    assert [order["order_ref"] for order in orders] == [line["order_ref"] for line in truth]
    assert [int(line["row"]) for line in truth] == list(range(1, len(orders) + 1))
    codes = load_offices(DATA)
    for line in truth:
        assert bool(line["postcode_expected"]) != bool(line["rejected_field"]), line
        assert all(code in codes for code in line["postcode_expected"].split(";") if code), line


def check_orders() -> None:
    orders = rows("samples/orders.csv")
    assert len(orders) >= 250
    assert len({order["merchant"] for order in orders}) >= 5
    bangla = [order for order in orders if re.search("[\u0980-\u09ff]", order["recipient_address"])]
    assert len(bangla) >= len(orders) / 3


def readable(name: str) -> Callable[[], None]:
    """Reads a merchant's order file to its end."""

    def check() -> None:
        assert read_order_file(DATA / name, name, {}, load_order_columns(DATA)).rows

    return check


def is_layout(name: str) -> Callable[[], None]:
    """Reads a layout of statements as it would be kept."""

    def check() -> None:
        assert layout_from_toml((DATA / name).read_text(encoding="utf-8")).title

    return check


def check_documents() -> None:
    """Every service travels by one of the tariff, and no code tells what is inside."""
    load_document_columns(DATA)
    tariffs = load_tariffs(DATA)
    for first, services in load_rule_book(DATA / "documents.toml", read_services).versions:
        for code, one in services.items():
            offered = tariffs.service(one.tariff_service, first)
            assert 0 < one.weight_g <= offered.max_weight_g, code
            assert re.fullmatch(r"[A-Z][0-9]{2}", code), code


CHECKS: dict[str, Callable[[], object]] = {
    "post_offices.csv": loads("network.offices", "load_offices"),
    "places.csv": loads("network.places", "load_places"),
    "unions.csv": loads("network.places", "load_places"),
    "thanas.csv": loads("network.places", "load_places"),
    "districts.csv": loads("network.places", "load_places"),
    "hubs.csv": check_hubs,
    "hierarchy.csv": check_hierarchy,
    "timetable.csv": loads("network.timetable", "load_timetable"),
    "promises.toml": loads("routing.promises", "load_delays"),
    "attempts.toml": loads("tracking.forecast", "load_assumptions"),
    "fleet.toml": loads("network.fleet", "load_fleet"),
    "booking.toml": loads("consignments.booking", "load_booking_rules"),
    "lifecycle.toml": loads("consignments.lifecycle_rules", "load_lifecycle_rules"),
    "view_cards.toml": loads("consignments.view_cards", "load_view_card_rules"),
    "tariffs.toml": loads("consignments.tariffs", "load_tariffs"),
    "partners.toml": check_partners,
    "documents.toml": check_documents,
    "order_columns.toml": loads("consignments.order_files.layout", "load_order_columns"),
    "collection_points.csv": check_collection_points,
    "municipalities.csv": loads("network.municipalities", "load_municipalities"),
    "proofs.toml": loads("tracking.proofs", "load_proof_rules"),
    "claims.toml": loads("tracking.claims", "load_claim_rules"),
    "cod.toml": loads("cod.rules", "load_cod_rules"),
    "agents.toml": loads("operations.centres.commissions", "load_commissions"),
    "costs.toml": loads("cod.costs", "load_costs"),
    "money_alarms.toml": loads("cod.whereabouts", "load_money_rules"),
    "payout_layouts.toml": loads("cod.payout_files", "load_payout_layouts"),
    "matching.toml": loads("cod.matching.rules", "load_match_rules"),
    "statement_columns.toml": loads("cod.statements.profiles", "load_known_columns"),
    "statement_sources/example-bank.toml": is_layout("statement_sources/example-bank.toml"),
    "statement_sources/example-wallet.toml": is_layout("statement_sources/example-wallet.toml"),
    "messages.toml": loads("channels.messages", "load_messages"),
    "retention.toml": loads("operations.keeping.retention", "load_retention_rules"),
    "custody.toml": loads("tracking.due", "load_due_rules"),
    "lessons/": loads("operations.training.lessons", "load_lessons"),
    "samples/orders.csv": check_orders,
    "samples/expected.csv": check_sample_truth,
    "samples/woocommerce.csv": readable("samples/woocommerce.csv"),
    "samples/pathao_bulk.csv": readable("samples/pathao_bulk.csv"),
    "samples/steadfast_bulk.xlsx": readable("samples/steadfast_bulk.xlsx"),
}
"""Data file -> what must hold for it alone. A new file needs a line here; one in a folder that has a line does not."""

FILES = sorted(path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file())
DATA_FILES = [name for name in FILES if not name.endswith("README.md")]


def listed(name: str) -> str:
    """The file as it is listed: by itself, or with the folder it is in."""
    return next((folder for folder in CHECKS if folder.endswith("/") and name.startswith(folder)), name)


def section(name: str, readme: str) -> str | None:
    """The text under the README's heading about this file."""
    sections = re.split(r"(?m)^## ", readme)[1:]
    return next((text for text in sections if f"`{name}`" in text.partition("\n")[0]), None)


@pytest.mark.parametrize("name", DATA_FILES)
def test_every_data_file_passes_its_check(name: str) -> None:
    assert listed(name) in CHECKS, f"{name}: add a check to CHECKS in {Path(__file__).name}"
    CHECKS[listed(name)]()


@pytest.mark.parametrize("name", DATA_FILES)
def test_every_data_file_has_a_section_in_the_readme(name: str) -> None:
    assert section(listed(name), README), f"add a section with `{name}` in its heading to data/README.md"


@pytest.mark.parametrize("name", [name for name in DATA_FILES if name.endswith(".csv") and "/" not in name])
def test_every_column_is_explained(name: str) -> None:
    text = section(name, README) or ""
    unexplained = [column for column in rows(name)[0] if f"`{column}`" not in text]
    assert not unexplained


def test_red_control_an_undocumented_file_is_seen() -> None:
    assert section("secrets.csv", README) is None
    assert section("places.csv", "## Sources\nThe file `places.csv` is mentioned, but not in a heading.\n") is None


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith(".xlsx")])
def test_text_is_utf_8_with_unix_line_ends_in_one_unicode_form(name: str) -> None:
    content = (DATA / name).read_bytes()
    text = content.decode("utf-8")
    assert b"\r" not in content
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    if "/" not in name:  # sample orders are written as merchants write
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("name", [name for name in DATA_FILES if name.endswith(".csv") and "/" not in name])
def test_cells_have_no_stray_spaces(name: str) -> None:
    for row in rows(name):
        assert all(cell == " ".join(cell.split()) for cell in row.values()), row


@pytest.mark.parametrize("name", [name for name in DATA_FILES if name.endswith(".toml")])
def test_toml_files_say_something(name: str) -> None:
    assert tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def test_the_country_is_complete(places: dict[str, Place]) -> None:
    kinds = Counter(place.kind for place in places.values())
    assert kinds["district"] == 64
    census = [row for row in rows("thanas.csv") if row["thana_code"]]
    assert len(census) == 544
    assert len({row["thana_code"] for row in census}) == 544
    assert len({place.district for place in places.values() if place.kind == "thana"}) == 64


def test_a_thana_formed_after_the_census_names_the_one_it_was_formed_from(places: dict[str, Place]) -> None:
    for row in rows("thanas.csv"):
        assert bool(row["thana_code"]) != bool(row["formed_from"]), row
        assert row["thana_code"] or thana_id(row["district"], row["formed_from"]) in places


def test_an_office_lies_in_a_known_thana_under_the_same_names(offices: Offices, places: dict[str, Place]) -> None:
    divisions = {row["name_en"]: (row["division"], row["name_bn"]) for row in rows("districts.csv")}
    for office in offices.values():
        thana = places[thana_id(office.district, office.thana)]
        assert (office.division, office.district_bn) == divisions[office.district], office.postcode
        assert office.thana_bn == thana.name_bn, office.postcode


def test_an_alias_row_repeats_the_office_it_stands_for() -> None:
    table = {row["postcode"]: row for row in rows("post_offices.csv")}
    aliases = [row for row in table.values() if row["alias_of"]]
    assert [(row["postcode"], row["alias_of"]) for row in aliases] == [("1232", "1236")]
    for row in aliases:
        assert row | {"postcode": "", "alias_of": ""} == table[row["alias_of"]] | {"postcode": "", "alias_of": ""}


def test_every_district_has_its_head_office(offices: Offices) -> None:
    for row in rows("districts.csv"):
        office = offices[row["head_office"]]
        assert (office.district, office.office_class in {"GPO", "HPO"}) == (row["name_en"], True)


def test_codes_of_places_are_codes_of_offices_in_their_district(offices: Offices, places: dict[str, Place]) -> None:
    for place in places.values():
        for code in filter(None, (place.postcode, *place.other_postcodes)):
            assert code in offices, place.place_id
        assert not place.postcode or offices[place.postcode].district == place.district, place.place_id
        assert place.postcode not in place.other_postcodes, place.place_id


def test_no_place_lists_a_spelling_twice(places: dict[str, Place]) -> None:
    for place in places.values():
        names = [name.casefold() for name in (place.name_en, place.name_bn, *place.spellings)]
        assert len(names) == len(set(names)), place.place_id


def km(lat_deg: float, lon_deg: float, other_lat_deg: float, other_lon_deg: float) -> float:
    north, east = (lat_deg - other_lat_deg) * KM_PER_DEGREE_LAT, (lon_deg - other_lon_deg) * KM_PER_DEGREE_LON
    return math.hypot(north, east)


def in_the_city(places: dict[str, Place]) -> Iterator[Place]:
    return (p for p in places.values() if p.kind not in {"thana", "district"} and "1000" <= p.postcode <= "1236")


def test_a_place_in_the_city_is_near_its_thana_or_its_office(offices: Offices, places: dict[str, Place]) -> None:
    for place in in_the_city(places):
        thana, office = places[thana_id(place.district, place.thana)], offices[place.postcode]
        to_thana_km = km(place.lat_deg, place.lon_deg, thana.lat_deg, thana.lon_deg)
        to_office_km = km(place.lat_deg, place.lon_deg, office.lat_deg, office.lon_deg)
        assert min(to_thana_km, to_office_km) <= 4, place.place_id


def test_a_place_without_a_point_of_its_own_is_vaguer_than_the_one_it_lies_in(places: dict[str, Place]) -> None:
    for place in places.values():
        if place.source == "parent":
            parent = places[place.within]
            assert (place.lat_deg, place.lon_deg) == (parent.lat_deg, parent.lon_deg)
            assert place.precision_m > parent.precision_m


def test_nearly_every_city_place_has_a_bangla_name_in_bangla_letters(places: dict[str, Place]) -> None:
    city = list(in_the_city(places))
    assert len(city) > 1000
    assert all(re.search("[\u0980-\u09ff]", place.name_bn) for place in city)
    assert not [place.place_id for place in city if re.search("[a-z]", place.name_bn)]


def test_the_pilot_can_carry_five_thousand_parcels_a_day(offices: Offices) -> None:
    capacities = [office.capacity_parcels for office in offices.values() if office.pilot]
    assert len(capacities) == 11
    assert sum(filter(None, capacities)) >= 6000
