"""Over the counter with the scales: the price follows the weight, once, and that is what the merchant is charged."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import breaches, standing
from post_logistics.operations.counter.accepting import Acceptance, Weighed, accept, rated
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.correcting_scans import correct_scan
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.money.settling import settle_all
from post_logistics.storage.counter.weighings import load_weighings, load_weighings_that_count
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import Postcode, RiderId
from tests.closes import count, slip
from tests.operations.conftest import consignment

OFFICE = Postcode("1216")
TODAY = date(2026, 11, 22)


def weighed(story: Any, item: str, weight_g: int) -> Weighed:
    return Weighed(story.scan(item, Event.ACCEPTED, "office:1216"), weight_g)


def accept_one(story: Any, facts: Facts, item: str, weight_g: int) -> Acceptance:
    (answer,) = accept(story.connection, facts, [weighed(story, item, weight_g)])
    return answer


@pytest.mark.parametrize(
    ("weight_g", "postage_poisha"),
    [
        (1_500, 1500),
        (1_520, 1500),  # within 20 g
        (1_521, 1500),  # beyond, but the same started kilogram
        (2_000, 1500),
        (2_001, 2000),
        (900, 1000),  # lighter than booked
        (20_000, 10_500),
        (1, 1000),
    ],
)
def test_the_price_is_that_of_the_scales(story: Any, facts: Facts, weight_g: int, postage_poisha: int) -> None:
    (item,) = story.book(100_000)
    weighing = accept_one(story, facts, item, weight_g).weighing
    assert weighing is not None
    vat_poisha = ((postage_poisha + 1000) * 15 + 50) // 100
    assert (weighing.postage_poisha, weighing.vat_poisha) == (postage_poisha, vat_poisha)
    assert weighing.difference_poisha == postage_poisha + vat_poisha - 1500 - 375
    assert (weighing.booked_weight_g, weighing.tariff_version) == (1500, "2025-04-01")
    assert load_standings(story.connection, [item])[0].state is State.ACCEPTED
    assert load_weighings(story.connection, [item]) == [weighing]


def test_within_the_tolerance_the_booking_stands_though_the_tariff_has_a_step_there(story: Any, facts: Facts) -> None:
    booked = replace(consignment(1, story.at), weight_g=1_990, postage_poisha=1500)
    at = story.scan(booked.item_number, Event.ACCEPTED, "office:1216")
    assert rated(facts, Weighed(at, 2_010), booked).difference_poisha == 0
    assert rated(facts, Weighed(at, 2_011), booked).difference_poisha > 0


def test_what_is_too_heavy_for_its_service_is_not_taken(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    answer = accept_one(story, facts, item, 20_001)
    assert answer.verdict.outcome is ScanOutcome.REJECTED and "20 kg" in answer.verdict.why
    assert answer.weighing is None
    assert load_standings(story.connection, [item])[0].state is State.BOOKED


def test_an_acceptance_told_twice_counts_once_and_with_another_weight_is_refused(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    row = weighed(story, item, 2_500)
    (first,) = accept(story.connection, facts, [row])
    again, other = accept(story.connection, facts, [row, replace(row, weight_g=2_501)])
    assert (again.verdict.outcome, again.weighing) == (ScanOutcome.DUPLICATE, first.weighing)
    assert other.verdict.outcome is ScanOutcome.REJECTED and "2.5 kg" in other.verdict.why
    assert len(load_weighings(story.connection, [item])) == 1


def test_one_bad_row_takes_no_other_with_it(story: Any, facts: Facts) -> None:
    items = story.book(0, 0)
    rows = [weighed(story, items[0], 99_999), weighed(story, "DP000000005BD", 500), weighed(story, items[1], 1_600)]
    outcomes = [answer.verdict.outcome for answer in accept(story.connection, facts, rows)]
    assert outcomes == [ScanOutcome.REJECTED, ScanOutcome.REJECTED, ScanOutcome.ACCEPTED]
    assert accept(story.connection, facts, []) == []


def test_the_latest_weighing_counts_and_one_taken_back_does_not(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    accept_one(story, facts, item, 2_500)
    slip = weighed(story, item, 12_500)
    accept(story.connection, facts, [slip])
    assert load_weighings_that_count(story.connection, [item])[item].weight_g == 12_500
    at = story.at + timedelta(hours=1)
    correct_scan(story.connection, item, slip.scan.scan_id, "typed 12 for 2", "clerk", Actor(office=OFFICE), at)
    assert load_weighings_that_count(story.connection, [item])[item].weight_g == 2_500
    assert len(load_weighings(story.connection, [item])) == 2


def test_the_settlement_charges_what_was_weighed(story: Any, facts: Facts) -> None:
    items = story.book(100_000, 100_000)
    accept_one(story, facts, items[0], 3_200)
    story.out_for_delivery(*items)
    claims = [Claim(story.scan(item, Event.DELIVERED_CLAIMED, "rider:1216-R01"), 100_000) for item in items]
    deliver(story.connection, claims)
    at = story.at + timedelta(hours=12)
    close_rider_day(
        story.connection,
        facts,
        rider=RiderId("1216-R01"),
        office=OFFICE,
        closed_on=TODAY,
        count=count(200_000),
        at=at,
    )
    close = close_office_day(story.connection, facts, office=OFFICE, closed_on=TODAY, count=count(200_000), at=at)
    pay_in(story.connection, close.close_id, slip("SLIP-1", at), at)
    confirm(story.connection, close.close_id, close.to_deposit_poisha, at)
    (settlement,) = settle_all(story.connection, facts, TODAY, at)
    lines = {line.item_number: line for line in settlement.lines}
    as_booked, as_weighed = lines[items[1]], lines[items[0]]
    assert (as_booked.postage_poisha, as_booked.vat_poisha) == (1500, 375)
    assert (as_weighed.postage_poisha, as_weighed.vat_poisha) == (2500, 525)  # four started kilograms
    assert settlement.payout_poisha == 200_000 - (1500 + 1000 + 375) - (2500 + 1000 + 525)
    assert standing(load_balances(story.connection), account(AccountKind.MERCHANT_FEES_DUE, "test-shop")) == 0
    assert not breaches(load_balances(story.connection))


@given(weight_g=st.integers(1, 20_000), booked_g=st.integers(1, 20_000), cod_poisha=st.integers(0, 5_000_000))
@hypothesis(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_parcel_costs_as_if_it_had_been_booked_with_the_weight_of_the_scales(
    facts: Facts, morning: Any, tell: Any, weight_g: int, booked_g: int, cod_poisha: int
) -> None:
    def quoted(grams: int) -> Any:
        return facts.tariffs.quote("speed_post_parcel", grams, cod_poisha, 0, TODAY, same_city=True)

    of_booking = quoted(booked_g)
    booked = replace(
        consignment(1, morning, cod_poisha),
        weight_g=booked_g,
        postage_poisha=of_booking.postage_poisha,
        vat_poisha=of_booking.vat_poisha,
    )
    scan = tell(None, morning).scan(booked.item_number, Event.ACCEPTED, "office:1216")
    weighing = rated(facts, Weighed(scan, weight_g), booked)
    counts = quoted(weight_g if abs(weight_g - booked_g) > 20 else booked_g)
    assert weighing.difference_poisha == counts.total_poisha - of_booking.total_poisha
    assert (weighing.difference_poisha > 0) <= (weight_g > booked_g)


def test_a_rider_accepts_at_the_door_and_the_counter_weighs_afterwards(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    record_scans(story.connection, [story.scan(item, Event.ACCEPTED, "rider:1216-R01")])
    answer = accept_one(story, facts, item, 1_500)
    assert answer.verdict.outcome is ScanOutcome.ACCEPTED
    assert load_standings(story.connection, [item])[0].holder == "office:1216"
    assert load_consignment(story.connection, item).weight_g == 1500
