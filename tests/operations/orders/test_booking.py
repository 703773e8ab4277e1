"""Orders become consignments: placed, rated, numbered once, or refused with a reason and a remedy."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.consignments.booking import Order, parse_order
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.numbers import check_digit
from post_logistics.errors import Conflict
from post_logistics.network.offices import Offices
from post_logistics.network.resolve import Hints
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, Undecided, Verdict, book, book_one
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.lifecycle import State
from post_logistics.units import MerchantId

SHOP = Merchant(MerchantId("shop"), "Shop", "New Market, Dhaka", "", datetime(2026, 1, 1, tzinfo=UTC))


def order(facts: Facts, reference: str, address: str = "House 5, Road 3, Mirpur-10, Dhaka", cod: str = "500") -> Order:
    fields = {
        "merchant": SHOP.name,
        "store_address": SHOP.store_address,
        "order_ref": reference,
        "recipient_name": "কৃষ্ণা",
        "recipient_phone": "০১৭১২৩৪৫৬৭৮",
        "recipient_address": address,
        "weight_kg": "1.2",
        "cod_taka": cod,
    }
    return parse_order(fields, None, facts.booking_rules)


@pytest.fixture
def numbers(shared_database: Database, facts: Facts) -> Numbers:
    return Numbers(shared_database, facts.number_key)


@pytest.fixture
def shop(connection: Connection) -> Connection:
    append_merchants(connection, [SHOP])
    return connection


def booked(
    connection: Connection, facts: Facts, numbers: Numbers, orders: Sequence[Order], at: datetime, **options: Any
) -> list[Verdict]:
    asked = [Asked(order=one, merchant=SHOP, row=row) for row, one in enumerate(orders, 1)]
    return book(connection, facts, numbers, asked, at, **options)


def test_an_order_is_placed_rated_and_numbered(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    (verdict,) = booked(shop, facts, numbers, [order(facts, "A")], morning)
    made = verdict.consignment
    assert verdict.outcome is Outcome.BOOKED and made is not None
    assert (made.pickup_office, made.delivery_office, made.delivery_postcode) == ("1205", "1216", "1216")
    assert (made.postage_poisha, made.cod_fee_poisha) == (1500, 500)
    assert made.tariff_version == "2025-04-01"
    assert made.item_number[:2] == "DP" and int(made.item_number[10]) == check_digit(int(made.item_number[2:10]))
    assert "1216" in made.resolved_by
    assert made.promised_on == date(2026, 11, 22)
    assert load_standings(shop, [made.item_number])[0].state is State.BOOKED


def test_the_same_order_again_is_the_same_booking(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    first, other = (booked(shop, facts, numbers, [order(facts, "A")], morning)[0] for _ in range(2))
    assert (first.outcome, other.outcome) == (Outcome.BOOKED, Outcome.DUPLICATE)
    assert first.item_number == other.item_number


def test_a_used_reference_with_other_content_is_refused(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    booked(shop, facts, numbers, [order(facts, "A")], morning)
    (verdict,) = booked(shop, facts, numbers, [order(facts, "A", cod="501")], morning)
    assert [problem.field for problem in verdict.problems] == ["order_ref"]
    with pytest.raises(Conflict):
        book_one(shop, facts, numbers, Asked(order=order(facts, "A", cod="501"), merchant=SHOP), morning)


@pytest.mark.parametrize(
    "address",
    [
        "GEC Circle, Chattogram",
        "জিন্দাবাজার, সিলেট ৩১০০",
        "Savar Bus Stand, Savar 1340",
    ],
)
def test_an_address_that_is_not_served_is_refused_and_never_sent_to_gpo(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime, address: str
) -> None:
    served, refused = booked(shop, facts, numbers, [order(facts, "A"), order(facts, "B", address)], morning)
    assert (served.outcome, refused.outcome) == (Outcome.BOOKED, Outcome.REJECTED)
    assert [problem.field for problem in refused.problems] == ["recipient_address"]
    assert refused.problems[0].remedy


@pytest.mark.parametrize("address", ["Dhaka, Bangladesh", "near the tree", "House 5, Taltola"])
def test_an_address_that_could_only_be_guessed_is_left_to_decide(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime, address: str
) -> None:
    (verdict,) = booked(shop, facts, numbers, [order(facts, "A", address)], morning)
    assert verdict.outcome is Outcome.TO_DECIDE
    assert verdict.question is not None
    with pytest.raises(Undecided) as asked:
        book_one(shop, facts, numbers, Asked(order=order(facts, "A", address), merchant=SHOP), morning)
    assert asked.value.facts["question_bn"] == verdict.question.bn
    assert asked.value.facts["choices"] == list(verdict.choices)


def test_the_postcode_chosen_decides(shop: Connection, facts: Facts, numbers: Numbers, morning: datetime) -> None:
    (undecided,) = booked(shop, facts, numbers, [order(facts, "A", "House 5, Taltola")], morning)
    assert set(undecided.choices) == {"1207", "1219"}
    decided = Asked(order=order(facts, "A", "House 5, Taltola"), merchant=SHOP, hints=Hints(postcode="1219"))
    assert book_one(shop, facts, numbers, decided, morning).delivery_postcode == "1219"


def test_an_address_that_is_hardly_sure_is_booked_with_a_question(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    sure, unsure = booked(
        shop, facts, numbers, [order(facts, "A"), order(facts, "B", "House 12, Road 5, Sector 7")], morning
    )
    assert (sure.outcome, unsure.outcome) == (Outcome.BOOKED, Outcome.BOOKED)
    assert sure.question is None
    assert unsure.question is not None
    assert unsure.choices[0] == "1230"


def test_a_dry_run_decides_the_same_and_books_nothing(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    orders = [order(facts, "A"), order(facts, "B", "Chattogram")]
    dry = booked(shop, facts, numbers, orders, morning, dry_run=True)
    assert shop.execute(text("select count(*) from consignments")).scalar_one() == 0
    real = booked(shop, facts, numbers, orders, morning)
    assert [v.outcome for v in dry] == [v.outcome for v in real]


def test_a_full_office_overflows_to_its_nearest_neighbour(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    small = {o.postcode: replace(o, capacity_parcels=2) if o.postcode == "1216" else o for o in facts.offices.values()}
    tight = replace(facts, offices=Offices(small))
    verdicts = booked(shop, tight, numbers, [order(facts, str(n)) for n in range(5)], morning)
    offices = [v.consignment.delivery_office for v in verdicts if v.consignment]
    assert offices.count("1216") == 2
    assert len(offices) == 5
    why = [v.consignment.resolved_by for v in verdicts if v.consignment and v.consignment.delivery_office != "1216"]
    assert all("1216 is full" in reason for reason in why)
    (late,) = booked(shop, tight, numbers, [order(facts, "late")], morning)
    assert late.consignment is not None and late.consignment.delivery_office != "1216"


def test_what_is_booked_after_the_round_has_left_goes_out_the_next_day(
    shop: Connection, facts: Facts, numbers: Numbers, morning: datetime
) -> None:
    (verdict,) = booked(shop, facts, numbers, [order(facts, "A")], morning.replace(hour=7, minute=1))
    assert verdict.consignment is not None and verdict.consignment.promised_on == date(2026, 11, 23)


def test_many_booking_the_same_order_at_once_book_it_once(database: Database, facts: Facts, morning: datetime) -> None:
    numbers = Numbers(database, facts.number_key)
    with database.transaction() as connection:
        append_merchants(connection, [SHOP])

    def one(_: int) -> str:
        with database.transaction() as connection:
            return book_one(
                connection, facts, numbers, Asked(order=order(facts, "A"), merchant=SHOP), morning
            ).item_number

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(one, range(32)))
    with database.transaction() as connection:
        assert connection.execute(text("select count(*) from consignments")).scalar_one() == 1
    assert len(made) == 1


def test_numbers_are_given_out_once_and_cannot_be_guessed(database: Database, facts: Facts, morning: datetime) -> None:
    first, second = (Numbers(database, facts.number_key, block=50) for _ in range(2))
    with ThreadPoolExecutor(8) as pool:
        taken = [n for batch in pool.map(lambda i: (first, second)[i % 2].take(7, morning), range(100)) for n in batch]
    assert len(set(taken)) == 700
    serials = [int(number[2:10]) for number in taken[:50]]
    assert not any(abs(a - b) == 1 for a, b in pairwise(serials))
