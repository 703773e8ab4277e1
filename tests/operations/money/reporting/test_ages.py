"""Ageing as a report: balances, ages and places agree with the ledger, now and on every day of the last month."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest

from post_logistics.cod.accounts import parse
from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting import make_report
from post_logistics.operations.money.reporting.places import balances_by_day
from post_logistics.operations.money.sealing import seal_books
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from post_logistics.units import DHAKA
from tests.cod.random_books import START, random_books
from tests.operations.money.cash_days import CashDays


def test_every_balance_is_its_ages_and_the_sums_are_the_ledgers(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    days, chance = CashDays(connection, facts, morning, 20), Random(7)
    for _ in range(40):
        days.at_random(chance)
    report = make_report(connection, facts, "ageing", days.at)
    place, merchant, by_day = report.sheets
    sums = load_balances(connection)
    for sheet in (place, merchant):
        for account, balance, *rest in sheet.rows:
            ages, other = rest[:6], rest[6]
            assert abs(sums[account]) == balance == sum(ages) + other  # type: ignore[index,arg-type]
    figures = {one.name: one.value for one in report.figures}
    assert figures["under_way_poisha"] == sum(row[1] for row in place.rows)  # type: ignore[misc]
    assert figures["owed_poisha"] == -sum(sums[one] for one in sums if parse(one)[0] == "merchant_payable")
    names = [column.name for column in by_day.columns]
    last = dict(zip(names, by_day.rows[-1], strict=True))
    assert last["held_poisha"] == figures["under_way_poisha"] + sum(
        poisha for one, poisha in sums.items() if parse(one)[0] in {"settlement_bank", "rider_debt", "office_debt"}
    )


@pytest.mark.parametrize("sealed", [False, True])
def test_balances_of_every_day_are_a_plain_sum_of_all_before(connection: Connection, sealed: bool) -> None:
    append_transfers(connection, random_books(3, 600, days=20))
    if sealed:
        seal_books(connection, (START + timedelta(days=9)).date(), START + timedelta(days=40))
    days = [(START + timedelta(days=n)).date() for n in range(5, 25)]
    found = balances_by_day(connection, days)
    for day in days:
        plain: Counter[str] = Counter()
        for one in load_transfers(connection):
            if one.at.astimezone(DHAKA).date() <= day:
                plain[parse(one.debit)[0]] += one.amount_poisha
                plain[parse(one.credit)[0]] -= one.amount_poisha
        assert {kind: n for kind, n in found.loc[day].items() if n} == {kind: n for kind, n in plain.items() if n}
        assert found.loc[day].sum() == 0


def test_ageing_is_of_now_and_of_everybody(connection: Connection, facts: Facts, morning: datetime) -> None:
    with pytest.raises(Unacceptable, match="now"):
        make_report(connection, facts, "ageing", morning, written="2026-10")
    with pytest.raises(Unacceptable, match="all merchants"):
        make_report(connection, facts, "ageing", morning, merchant="shop")  # type: ignore[arg-type]
