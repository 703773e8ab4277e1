"""A municipality's money and its loop: every taka of a fee is told where it is, and the way of the day is explained."""

import csv
from datetime import date, datetime, timedelta

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import breaches, standing
from post_logistics.consignments.documents import Receiver
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.documents.municipal_reports import loop_of, remittance_of, remittance_table
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.tours.doors import delivery_doors
from post_logistics.operations.tours.planning import keep_plan, load_day, office_plan
from post_logistics.operations.tours.tour_problem import tour_problem
from post_logistics.operations.tours.walking import learn_wards, walked_in_order
from post_logistics.routing.problem import Budget
from post_logistics.routing.solve import solve
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.tours.ward_points import load_ward_points
from post_logistics.tracking.lifecycle import Event
from tests.operations.documents.town import GOPALGANJ, OFFICE, Town, paper

TODAY = date(2026, 11, 22)


@pytest.fixture
def town(connection: Connection, shared_database: Database, facts: Facts, morning: datetime) -> Town:
    return Town(connection, facts, Numbers(shared_database, facts.number_key), morning)


def test_the_fees_of_a_town_come_from_its_doors_into_its_account(town: Town) -> None:
    papers = [paper(f"HT-{n}", holding=str(n), fee_taka=str(1000 * n)) for n in (1, 2, 3)]
    licence = paper("TL-1", service="M40", ward="5", recipient_phone="01712345678")
    first, second, third, _ = town.hand_in(*papers, licence)
    town.serve([first], took_poisha=[1_000_00])
    town.serve([second], took_poisha=[2_000_00], to=Receiver.AFFIXED, witness="Rahim, next door")
    balances = load_balances(town.connection)
    payable = account(AccountKind.MERCHANT_PAYABLE, town.issuer.merchant_id)
    assert standing(balances, payable) == 3_000_00

    town.close(3_000_00)
    found = remittance_of(town.connection, town.issuer, TODAY, TODAY)
    bills, licences = found.rows
    assert (bills.service, bills.ward, bills.handed_in, bills.served, bills.affixed) == ("M10", 4, 3, 2, 1)
    assert (bills.fees_poisha, bills.collected_poisha, bills.settled_poisha) == (6_000_00, 3_000_00, 0)
    assert (licences.service, licences.ward, licences.on_the_way) == ("M40", 5, 1)

    merchant = load_merchant(town.connection, town.issuer.merchant_id)
    on, at = TODAY + timedelta(days=1), town.at + timedelta(days=2)
    settlement = settle_merchant(town.connection, town.facts, merchant, on, at)
    assert settlement.principal_poisha == 3_000_00
    found = remittance_of(town.connection, town.issuer, TODAY, TODAY)
    assert (found.total.collected_poisha, found.total.settled_poisha, found.total.paid_poisha) == (
        3_000_00,
        3_000_00,
        0,
    )
    balances = load_balances(town.connection)
    assert not breaches(balances)
    assert standing(balances, payable) == 0
    assert third not in {line.item_number for line in settlement.lines}


def test_the_report_is_a_table_whose_last_line_is_the_sum(town: Town) -> None:
    town.hand_in(paper("HT-1", fee_taka="12.50"), paper("WB-1", service="M20", ward="", fee_taka="1"))
    found = remittance_of(town.connection, town.issuer, TODAY, TODAY)
    text = remittance_table(found, town.facts.documents.on(TODAY)).removeprefix("\ufeff")
    head, *lines = csv.reader(text.splitlines())
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(row["service"], row["ward"], row["handed_in"], row["fees_taka"]) for row in rows] == [
        ("M10", "4", "1", "12.50"),
        ("M20", "", "1", "1.00"),
        ("", "", "2", "13.50"),
    ]
    assert rows[-1]["name_bn"] == "মোট"


@pytest.mark.parametrize("last_on", [date(2026, 11, 21), date(2027, 11, 23)])
def test_a_period_has_an_end_after_its_beginning_and_within_a_year(town: Town, last_on: date) -> None:
    with pytest.raises(Unacceptable, match="no period"):
        remittance_of(town.connection, town.issuer, TODAY, last_on)


def planned(town: Town) -> None:
    doors = delivery_doors(town.connection, town.facts, OFFICE, TODAY)
    problem = tour_problem(town.facts, OFFICE, "delivery", doors, TODAY)
    found = walked_in_order(problem, solve(problem.routing, Budget(iterations=300)))
    keep_plan(town.connection, office_plan(problem, found, TODAY), town.at)


def test_the_papers_of_a_day_are_one_loop_ward_by_ward_and_each_street_by_its_numbers(town: Town) -> None:
    streets = {"1": "College Road", "2": "Station Road", "3": "Court Road"}
    numbers = (9, 100, 1, 20)
    listed = [(n, ward, road) for n in numbers for ward, road in streets.items()]
    town.hand_in(*(paper(f"HT-{n}-{ward}", holding=str(n), ward=ward, road=road) for n, ward, road in listed))
    planned(town)
    loop = loop_of(town.connection, town.facts, town.facts.municipalities[GOPALGANJ], TODAY)
    assert (loop.riders, loop.papers, loop.doors, loop.left) == (1, 12, 12, 0)
    assert sorted(call.place for call in loop.calls) == [f"Gopalganj, ward {n}" for n in (1, 2, 3)]
    assert [call.papers for call in loop.calls] == [4, 4, 4]
    assert loop.distance_m < loop.distance_before_m
    assert (loop.own_points, loop.ward_points, loop.wards_only, loop.others) == (0, 0, 12, 0)
    assert "12 papers for 12 doors, in 1 tours." in loop.why_en
    assert "১২টি দরজার ১২টি কাগজ" in loop.why_bn[0]
    assert holdings_in_order(town) == sorted(numbers) * 3


def holdings_in_order(town: Town) -> list[int]:
    items = [item for sheet in load_day(town.connection, OFFICE, TODAY).sheets for item in sheet.items]
    booked = load_consignments(town.connection, items)
    return [int(booked[item].order_ref.split("-")[1]) for item in items]


def test_two_bills_for_one_door_are_one_stop(town: Town) -> None:
    town.hand_in(paper("HT-1"), paper("WB-1", service="M20"), paper("WB-2", service="M20", holding="13"))
    doors = delivery_doors(town.connection, town.facts, OFFICE, TODAY)
    assert sorted(len(door.items) for door in doors) == [1, 2]


def test_a_ward_is_learnt_from_the_doors_that_were_shown_and_no_household_is_kept(town: Town) -> None:
    at = {"lat_deg": 23.02, "lon_deg": 89.80}
    items = town.hand_in(*(paper(f"HT-{n}", holding=str(n)) for n in range(1, 7)))
    town.serve(items[:4], took_poisha=[0] * 4, **at)
    assert learn_wards(town.connection, town.at) == 0, "four doors are too few"
    town.serve(items[4:5], took_poisha=[0], lat_deg=23.9, lon_deg=90.5)
    assert learn_wards(town.connection, town.at) == 1
    learned = load_ward_points(town.connection, ["ward:gopalganj:4"])["ward:gopalganj:4"]
    assert (learned.lat_deg, learned.lon_deg) == (23.02, 89.80), "one telephone that was wrong moves nothing"
    (door,) = delivery_doors(town.connection, town.facts, OFFICE, TODAY, items[5:])
    assert (door.lat_deg, door.lon_deg, door.place) == (23.02, 89.80, "Gopalganj, ward 4")


def test_a_door_that_was_measured_stands_for_itself(town: Town) -> None:
    items = town.hand_in(paper("HT-1", lat_deg="23.0050", lon_deg="89.8250"))
    (door,) = delivery_doors(town.connection, town.facts, OFFICE, TODAY, items)
    assert (door.area, door.walk, door.precision_m, door.place) == ("", None, 30, "Gopalganj, ward 4")


def test_a_day_without_a_plan_has_no_loop(town: Town) -> None:
    with pytest.raises(NotFound):
        loop_of(town.connection, town.facts, town.facts.municipalities[GOPALGANJ], TODAY)


def test_a_bill_that_comes_back_is_told_as_returned_and_owes_no_fee(town: Town) -> None:
    (item,) = town.hand_in(paper("HT-1", fee_taka="100"))
    town.scan([item], Event.RETURN_REQUESTED, f"office:{OFFICE}")
    found = remittance_of(town.connection, town.issuer, TODAY, TODAY).total
    assert (found.served, found.returned, found.collected_poisha, found.on_the_way) == (0, 0, 0, 1)
