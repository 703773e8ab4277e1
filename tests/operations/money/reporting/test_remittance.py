"""Remittance: every figure is the ledger's to the poisha, and every day and verdict is what the terms make it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from math import ceil
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.cod.accounts import AccountKind, account, parse
from post_logistics.cod.ledger import Transfer, reverse, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.cod.reports import Report, Sheet, period_of
from post_logistics.cod.terms import Cycle
from post_logistics.errors import NotFound
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting import make_report
from post_logistics.operations.money.reporting.remittance import judged, nearest_rank
from post_logistics.operations.money.sealing import seal_books
from post_logistics.operations.money.settling import settle_batch
from post_logistics.operations.money.terms import agree_terms
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import DHAKA, MerchantId
from tests.cod.random_books import random_books
from tests.operations.money.paying import confirmed, parcels, shop

FEW = 800
LATER = datetime(2027, 2, 1, 12, tzinfo=DHAKA)
OWED_KINDS = {"merchant_payable", "merchant_advance", "merchant_fees_due", "merchant_vat_due", "merchant_billed"}
OF = {
    "collected_poisha": ("collect", 1),
    "claims_poisha": ("compensate", 1),
    "fees_poisha": ("fee", -1),
    "vat_poisha": ("vat", -1),
    "refunds_poisha": ("refund", -1),
}


def rows(sheet: Sheet) -> list[dict[str, Any]]:
    return [dict(zip((column.name for column in sheet.columns), row, strict=True)) for row in sheet.rows]


def by_merchant(report: Report, name: str) -> dict[str, dict[str, Any]]:
    return {row["merchant"]: row for row in rows(report.sheet(name))}


def figures(report: Report) -> dict[str, Any]:
    return {one.name: one.value for one in report.figures}


def remittance(connection: Connection, facts: Facts, month: str, at: datetime = LATER, **more: Any) -> Report:
    return make_report(connection, facts, "remittance", at, written=month, **more)


def plainly(books: Iterable[Transfer], month: str) -> dict[str, Counter[str]]:
    """Merchant -> what a child would reckon from the transfers, one after the other."""
    found: dict[str, Counter[str]] = {}
    for one in books:
        in_month = f"{one.at.astimezone(DHAKA):%Y-%m}"
        for name, sign in ((one.credit, 1), (one.debit, -1)):
            kind, owner = parse(name)
            if kind not in OWED_KINDS:
                continue
            mine, poisha = found.setdefault(owner, Counter()), sign * one.amount_poisha
            if in_month < month:
                mine["opening_poisha"] += poisha
            if in_month <= month:
                mine["closing_poisha"] += poisha
            if in_month == month:
                for column, (prefix, shown) in OF.items():
                    if one.code.split("_")[0] == prefix:
                        mine[column] += shown * poisha
    return found


@pytest.mark.parametrize(("seed", "sealed"), [(1, False), (2, True)])
def test_random_books_agree_with_the_transfers_reckoned_one_by_one(
    connection: Connection, facts: Facts, seed: int, sealed: bool
) -> None:
    books = list(random_books(seed, FEW, days=75))
    append_transfers(connection, books)
    if sealed:
        seal_books(connection, date(2026, 12, 10), LATER)
    assert check_books(load_transfers(connection)) == ()
    for month in ("2026-10", "2026-11", "2026-12", "2027-01"):
        report = remittance(connection, facts, month)
        plain = plainly(books, month)
        found = by_merchant(report, "accounts")
        for merchant in {*plain, *found}:
            mine = found.get(merchant, {})
            for column in ("opening_poisha", "closing_poisha", *OF):
                assert mine.get(column, 0) == plain.get(merchant, Counter())[column], (month, merchant, column)
        for mine in found.values():
            change = sum(mine[f"{name}_poisha"] for name in ("collected", "claims", "came_back", "other"))
            change -= sum(mine[f"{name}_poisha"] for name in ("fees", "vat", "refunds", "paid_out"))
            assert mine["opening_poisha"] + change == mine["closing_poisha"], mine
        assert figures(report)["closing_poisha"] == sum(one["closing_poisha"] for one in plain.values())


def test_red_control_a_transfer_that_the_plain_reckoning_lacks_is_seen(connection: Connection, facts: Facts) -> None:
    books = list(random_books(1, FEW, days=20))
    append_transfers(connection, books)
    lost = next(one for one in books if one.code is Code.COLLECT)
    plain = plainly((one for one in books if one is not lost), "2026-11")
    owner = parse(lost.credit)[1]
    assert (
        by_merchant(remittance(connection, facts, "2026-11"), "accounts")[owner]["collected_poisha"]
        != (plain[owner]["collected_poisha"])
    )


def settle(connection: Connection, facts: Facts, at: datetime, *ids: str) -> dict[str, int]:
    """Merchant -> poisha paid out, of all that was collected."""
    every = load_merchants(connection)
    cleared = {one.item_number for one in load_transfers(connection) if one.item_number}
    made = settle_batch(connection, facts, [every[i] for i in ids], at.date(), at, cleared=cleared).made
    return {merchant: one.payout_poisha for merchant, one in made.items()}


def paid_on(connection: Connection, facts: Facts, merchant: str, collected: datetime, days: int) -> None:
    """A merchant whose Tk 1,000 were collected then, and on the bank's statement so many days later."""
    shop(connection, merchant, collected)
    first = 7_200_000 + 100 * len(load_merchants(connection))
    parcels(connection, merchant, [100_000], collected, first=first)
    at = collected + timedelta(days=days)
    paid = settle(connection, facts, at, merchant)[merchant]
    append_transfers(connection, [confirmed(f"{merchant}-{at.date()}", merchant, paid, at)])


SUNDAY = datetime(2026, 11, 1, 14, tzinfo=DHAKA)  # cash of that day is to be paid by Tuesday 10 (test_reports.py)


def test_a_payout_on_the_last_day_of_the_terms_is_in_time_and_a_day_later_it_is_not(
    connection: Connection, facts: Facts
) -> None:
    paid_on(connection, facts, "prompt", SUNDAY, 9)
    paid_on(connection, facts, "late", SUNDAY, 10)
    report = remittance(connection, facts, "2026-11")
    found = by_merchant(report, "speed")
    assert {name: (one["median_days"], one["in_time_bps"]) for name, one in found.items()} == {
        "prompt": (9, 10_000),
        "late": (10, 0),
    }
    told = figures(report)
    assert (told["median_days"], told["most_days"], told["in_time_bps"]) == (9, 10, 5_000)
    (day,) = rows(report.sheet("days"))
    assert (day["collected_on"], day["parts"], day["taken_poisha"], day["late_poisha"]) == (
        "2026-11-01",
        2,
        200_000,
        100_000,
    )


@pytest.mark.parametrize(("at", "open_poisha", "late_poisha"), [(10, 100_000, 0), (11, 0, 100_000)])
def test_what_is_not_paid_is_late_from_the_day_after_the_terms_on(
    connection: Connection, facts: Facts, at: int, open_poisha: int, late_poisha: int
) -> None:
    shop(connection, "slow", SUNDAY)
    parcels(connection, "slow", [100_000], SUNDAY)
    report = remittance(connection, facts, "2026-11", datetime(2026, 11, at, 0, 0, tzinfo=DHAKA))
    one = by_merchant(report, "speed")["slow"]
    assert (one["open_poisha"], one["late_poisha"], one["waiting_poisha"]) == (open_poisha, late_poisha, 100_000)
    assert (one["median_days"], one["in_time_bps"]) == (None, None if open_poisha else 0)


def test_who_is_paid_on_demand_is_never_late_and_terms_count_from_their_first_day(
    connection: Connection, facts: Facts
) -> None:
    shop(connection, "wants", SUNDAY)
    agree_terms(
        connection, "wants", cycle=Cycle.ON_DEMAND, weekday="", minimum_poisha=None, valid_from=date(2026, 11, 2),
        why="agreed", by="desk", at=SUNDAY,
    )  # fmt: skip
    parcels(connection, "wants", [100_000], SUNDAY, first=7_300_000)
    parcels(connection, "wants", [50_000], SUNDAY + timedelta(days=1), first=7_300_010)
    one = by_merchant(remittance(connection, facts, "2026-11"), "speed")["wants"]
    assert (one["late_poisha"], one["open_poisha"], one["waiting_poisha"]) == (100_000, 0, 150_000)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=DHAKA), "2026-11"),
        (datetime(2026, 12, 1, tzinfo=DHAKA), "2026-12"),
    ],
)
def test_a_month_ends_at_midnight_in_dhaka(connection: Connection, facts: Facts, at: datetime, month: str) -> None:
    shop(connection, "night", SUNDAY)
    parcels(connection, "night", [100_000], at)
    for one in ("2026-11", "2026-12"):
        told = figures(remittance(connection, facts, one))
        assert told["collected_poisha"] == (100_000 if one == month else 0)


def test_what_was_taken_back_is_taken_off_in_the_month_in_which_that_was(connection: Connection, facts: Facts) -> None:
    shop(connection, "wrong", SUNDAY)
    parcels(connection, "wrong", [100_000], SUNDAY, banked=False)
    (one,) = (each for each in load_transfers(connection) if each.code is Code.COLLECT)
    append_transfers(connection, [reverse(one, at=SUNDAY + timedelta(days=31), cause="typed twice")])
    november, december = (remittance(connection, facts, month) for month in ("2026-11", "2026-12"))
    assert (figures(november)["collected_poisha"], figures(december)["collected_poisha"]) == (100_000, -100_000)
    assert not november.sheet("speed").rows and not december.sheet("speed").rows


def test_one_merchant_sees_its_own_row_and_nobody_elses(connection: Connection, facts: Facts) -> None:
    paid_on(connection, facts, "mine", SUNDAY, 9)
    paid_on(connection, facts, "rival", SUNDAY, 12)
    every = remittance(connection, facts, "২০২৬-১১")
    own = remittance(connection, facts, "2026-11", merchant=MerchantId("mine"))
    for name in ("accounts", "speed"):
        assert by_merchant(own, name) == {"mine": by_merchant(every, name)["mine"]}
    assert "rival" not in str(own)
    assert figures(own)["in_time_bps"] == 10_000
    with pytest.raises(NotFound):
        remittance(connection, facts, "2026-11", merchant=MerchantId("nobody"))


def test_a_payout_that_came_back_is_no_longer_paid_and_nothing_is_lost_between_the_columns(
    connection: Connection, facts: Facts
) -> None:
    paid_on(connection, facts, "back", SUNDAY, 9)
    before = by_merchant(remittance(connection, facts, "2026-11"), "speed")["back"]
    connection.exec_driver_sql("update payouts set state = 'returned'")
    after = by_merchant(remittance(connection, facts, "2026-11"), "speed")["back"]
    assert (before["paid_poisha"], before["settled_poisha"]) == (100_000, 0)
    assert (after["paid_poisha"], after["settled_poisha"], after["median_days"]) == (0, 100_000, None)
    for one in (before, after):
        assert one["taken_poisha"] == sum(one[f"{name}_poisha"] for name in ("paid", "ordered", "settled", "waiting"))


def test_the_histogram_counts_every_collection_that_was_paid(connection: Connection, facts: Facts) -> None:
    for n, days in enumerate((0, 2, 2, 40)):
        paid_on(connection, facts, f"shop-{n}", SUNDAY, days)
    chart = next(one for one in remittance(connection, facts, "2026-11").charts if one.name == "days_to_payout")
    counted = dict(zip(chart.labels, chart.series[0].values, strict=True))
    assert {label: n for label, n in counted.items() if n} == {"0": 1, "2": 2, "15+": 1}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(1, 5)), min_size=1), st.integers(1, 100)
)
def test_so_many_percent_are_paid_within_the_day_that_is_named(
    given_parts: list[tuple[str, int, int]], percent: int
) -> None:
    frame = pd.DataFrame(given_parts, columns=["merchant", "days", "parts"])
    found = nearest_rank(frame, "merchant", percent)
    for merchant in {one for one, *_ in given_parts}:
        each = sorted(days for name, days, parts in given_parts if name == merchant for _ in range(parts))
        assert found[merchant] == each[ceil(len(each) * percent / 100) - 1]


def test_every_tender_has_a_verdict_of_its_own(connection: Connection, facts: Facts) -> None:
    shop(connection, "mixed", SUNDAY)
    items = parcels(connection, "mixed", [0, 0, 0, 0], SUNDAY)
    ways = {
        Code.COLLECT: account(AccountKind.RIDER_CASH, "1216-R01"),
        Code.COLLECT_AGENT: account(AccountKind.AGENT_CASH, "dc-1216-01"),
        Code.COLLECT_DIGITAL: account(AccountKind.PROVIDER_CLEARING, "bkash"),
        Code.COLLECT_SHORT: account(AccountKind.RIDER_DEBT, "1216-R01"),
    }
    payable = account(AccountKind.MERCHANT_PAYABLE, "mixed")
    append_transfers(
        connection,
        [
            transfer(code, debit=debit, credit=payable, amount_poisha=100, at=SUNDAY, cause=item, item_number=item)
            for (code, debit), item in zip(ways.items(), items, strict=True)
        ],
    )
    late_on = {}
    for day, (tender, late) in product(range(1, 30), (("short", 5), ("digital", 9), ("cash", 10), ("agent", 12))):
        parts = judged(connection, facts, period_of("2026-11", LATER.date()), date(2026, 11, day))
        if bool(parts.loc[parts["tender"] == tender, "late"].all()):
            late_on.setdefault(tender, day - 1)
        assert late_on.get(tender, late) == late
    assert late_on == {"short": 5, "digital": 9, "cash": 10, "agent": 12}


def test_it_is_a_matter_of_few_rows_and_the_same_asked_twice(connection: Connection, facts: Facts) -> None:
    paid_on(connection, facts, "same", SUNDAY, 9)
    one, two = (remittance(connection, facts, "2026-11") for _ in range(2))
    assert one == two
    assert replace(one, name="x") != two
