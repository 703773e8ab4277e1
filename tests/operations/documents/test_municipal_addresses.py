"""Papers of a municipality are placed inside their town, each with a verdict: nothing is looked up, nothing is lost."""

from dataclasses import replace
from datetime import datetime

import pytest

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.documents.admitting import admit, admitted
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Outcome, Verdict
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.documents.documents import load_documents
from post_logistics.storage.orders.consignments import load_consignment
from tests.operations.documents.town import GOPALGANJ, Town, paper


@pytest.fixture
def numbers(shared_database: Database, facts: Facts) -> Numbers:
    return Numbers(shared_database, facts.number_key)


@pytest.fixture
def town(connection: Connection, facts: Facts, numbers: Numbers, morning: datetime) -> Town:
    return Town(connection, facts, numbers, morning)


def problem(verdict: Verdict) -> tuple[str, str]:
    assert verdict.outcome is Outcome.REJECTED
    return verdict.problems[0].field, verdict.problems[0].remedy


def test_a_bill_stays_in_its_town_and_its_address_is_made_of_holding_road_and_ward(town: Town) -> None:
    (verdict,) = town.seal(paper("HT-1", holding="০১২৩ / ক", fee_taka="১,২৫০.৫০"))
    booked = load_consignment(town.connection, verdict.item_number)
    assert (booked.pickup_office, booked.delivery_office, booked.delivery_postcode) == ("8100", "8100", "8100")
    assert booked.place_id == "ward:gopalganj:4"
    assert booked.recipient_address == "হোল্ডিং ১২৩/ক, কলেজ রোড, ওয়ার্ড ৪, গোপালগঞ্জ"
    assert (booked.cod_poisha, booked.recipient_phone) == (1_250_50, "")
    assert booked.promised_on == town.at.date()
    (document,) = load_documents(town.connection, town.issuer.merchant_id, ["HT-1"])
    assert (document.ward, document.service, document.fee_poisha) == (4, "M10", 1_250_50)


def test_one_text_is_enough_and_is_kept_as_it_was_written(town: Town) -> None:
    line = paper("HT-1", holding="", ward="", road="", recipient_address="H. No. 12-A, Miapara,  Ward No 7")
    (verdict,) = town.seal(line)
    booked = load_consignment(town.connection, verdict.item_number)
    assert booked.recipient_address == "H. No. 12-A, Miapara, Ward No 7, Gopalganj"
    assert booked.place_id == "ward:gopalganj:7"


def test_the_point_that_a_municipality_measured_is_the_door(town: Town) -> None:
    (verdict,) = town.seal(paper("HT-1", lat_deg="২৩.০০৫০", lon_deg="89.8250"))
    booked = load_consignment(town.connection, verdict.item_number)
    assert (booked.lat_deg, booked.lon_deg, booked.precision_m) == (23.005, 89.825, 30)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (paper("HT-1", ward="0"), "ward"),
        (paper("HT-1", ward="four"), "ward"),
        (paper("HT-1", holding="", road=""), "holding_number"),
        (paper("HT-1", lat_deg="23.8", lon_deg="90.4"), "lat_deg"),
        (paper("HT-1", lat_deg="north", lon_deg="90.4"), "lat_deg"),
        (paper("HT-1", lat_deg="23.0"), "lat_deg"),
        (paper("HT-1", service="G10"), "service_code"),
        (paper("HT-1", fee_taka="much"), "fee_taka"),
    ],
)
def test_a_wrong_row_is_named_with_its_field_and_takes_no_other_with_it(
    town: Town, line: dict[str, str], field: str
) -> None:
    wrong, right = town.seal(line, paper("HT-2"))
    assert problem(wrong)[0] == field
    assert problem(wrong)[1]
    assert (right.outcome, right.row) == (Outcome.BOOKED, 2)


def test_a_ward_beyond_the_last_is_refused_where_their_number_is_known(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    nine = replace(facts.municipalities[GOPALGANJ], wards=9)
    known = replace(facts, municipalities=type(facts.municipalities)({GOPALGANJ: nine}))
    town = Town(connection, known, numbers, morning)
    first, last = town.seal(paper("HT-1", ward="9"), paper("HT-2", ward="১০"))
    assert first.outcome is Outcome.BOOKED
    assert problem(last) == ("ward", "write a number of its wards, 1 to 9")


def test_before_its_first_day_every_row_of_a_town_is_refused(
    connection: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    early = morning.replace(month=6, day=30)
    town = Town(connection, facts, numbers, early)
    (verdict,) = town.seal(paper("HT-1"))
    assert problem(verdict) == ("service_on", "hand them in from 2026-07-01 on")


def test_the_same_list_again_changes_nothing(town: Town) -> None:
    first = town.seal(paper("HT-1"), paper("HT-2"))
    again = town.seal(paper("HT-1"), paper("HT-2"))
    assert {one.outcome for one in again} == {Outcome.DUPLICATE}
    assert [one.item_number for one in again] == [one.item_number for one in first]


def test_a_municipality_is_admitted_once_and_a_stranger_does_not_find_it(town: Town) -> None:
    again = admit(town.connection, town.facts, GOPALGANJ, "Sonali 4010 2003 4455", town.at)
    assert again == town.issuer
    with pytest.raises(Conflict, match="another account"):
        admit(town.connection, town.facts, GOPALGANJ, "Sonali 1", town.at)
    assert admitted(town.connection, GOPALGANJ, town.issuer.merchant_id) == town.issuer
    for code, whose in ((GOPALGANJ, "a-shop"), ("natore", None), ("nowhere", None)):
        with pytest.raises(NotFound, match="hands in papers"):
            admitted(town.connection, code, whose)  # type: ignore[arg-type]


def test_only_a_town_with_a_first_day_is_admitted(connection: Connection, facts: Facts, morning: datetime) -> None:
    with pytest.raises(Conflict, match="first day"):
        admit(connection, facts, "bogura", "", morning)
    with pytest.raises(NotFound, match="atlantis"):
        admit(connection, facts, "atlantis", "", morning)
    with pytest.raises(Unacceptable):
        admit(connection, facts, GOPALGANJ, "x" * 65, morning)
