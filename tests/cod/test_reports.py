"""Periods as people type them, sums of tables, and the day by which a merchant has its money."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.reports import Column, Report, Sheet, Tender, Unit, paid_by, period_of
from post_logistics.cod.rules import load_cod_rules
from post_logistics.cod.terms import Cycle, Terms
from post_logistics.cod.whereabouts import load_money_rules
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.units import DHAKA, MerchantId

DATA = Settings().facts_dir
MONEY, COD = load_money_rules(DATA), load_cod_rules(DATA).on(date(2026, 11, 1))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("written", "name", "first_on", "last_on"),
    [
        ("2026-11", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("২০২৬-০২", "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        (" 2024-02 ", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-12", "2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        ("2026-q4", "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("২০২৬-Q১", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        (None, "2026-10", date(2026, 10, 1), date(2026, 10, 31)),
    ],
)
def test_a_period_is_a_month_or_a_quarter(written: str | None, name: str, first_on: date, last_on: date) -> None:
    period = period_of(written, TODAY)
    assert (period.name, period.first_on, period.last_on) == (name, first_on, last_on)
    assert (period.days[0], period.days[-1]) == (first_on, last_on)


@given(st.dates(date(2000, 1, 1), date(2200, 1, 1)))
def test_the_months_of_a_year_touch_and_make_up_its_quarters(day: date) -> None:
    far = date(2300, 1, 1)
    months = [period_of(f"{day.year}-{n:02d}", far) for n in range(1, 13)]
    quarters = [period_of(f"{day.year}-Q{n}", far) for n in range(1, 5)]
    assert [m.first_on for m in months[1:]] == [m.last_on + timedelta(days=1) for m in months[:-1]]
    assert [on for q in quarters for on in q.days] == [on for m in months for on in m.days]
    assert [name for q in quarters for name in q.months] == [m.name for m in months]


@pytest.mark.parametrize(
    "wrong", ["", "2026", "2026-13", "2026-00", "2026-Q5", "26-11", "2026-1", "²026-11", "2026-11-1"]
)
def test_what_is_neither_is_refused_with_how_to_write_it(wrong: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        period_of(wrong, TODAY)
    assert refused.value.field == "month"


def test_a_month_that_has_not_begun_is_refused_on_its_eve_and_taken_on_its_first_day() -> None:
    with pytest.raises(Unacceptable, match="has not begun"):
        period_of("2026-12", date(2026, 11, 30))
    assert period_of("2026-12", date(2026, 12, 1)).name == "2026-12"


def test_a_table_sums_what_is_summed_and_nothing_else() -> None:
    columns = (
        Column("who", "", ""),
        Column("a_poisha", "", "", Unit.POISHA, summed=True),
        Column("d", "", "", Unit.DAYS),
    )
    assert Sheet("x", "", "", columns, (("p", 5, 2), ("q", -7, None))).total == (None, -2, None)
    assert Sheet("x", "", "", columns, ()).total == ()
    assert Sheet("x", "", "", columns[:1], (("p",),)).total == ()


def test_a_table_that_a_report_has_not_is_refused_with_those_it_has() -> None:
    sheet = Sheet("one", "", "", (), ())
    report = Report("r", "", "", None, TODAY, (), (sheet,), ())
    assert report.sheet(None) is report.sheet("one") is sheet
    with pytest.raises(Unacceptable, match="no table"):
        report.sheet("two")


def terms(cycle: Cycle, weekday: str = "") -> Terms:
    return Terms(
        merchant=MerchantId("m"),
        version=1,
        valid_from=date(2026, 1, 1),
        cycle=cycle,
        weekday=weekday,
        minimum_poisha=None,
        why="agreed",
        set_by="desk",
        set_at=datetime(2026, 1, 1, tzinfo=DHAKA),
    )


@pytest.mark.parametrize(
    ("collected_on", "tender", "agreed", "by"),
    [
        # Sunday 1 Nov: paid in on Monday, on the statement by Wednesday 4, settled on Thursday 5, paid by Tuesday 10
        (date(2026, 11, 1), Tender.CASH, None, date(2026, 11, 10)),
        # an agent has two days more: Wednesday, Sunday 8, Monday 9, Thursday 12
        (date(2026, 11, 1), Tender.AGENT, None, date(2026, 11, 12)),
        # a provider pays by Tuesday 3, settled on Wednesday 4, paid by Monday 9
        (date(2026, 11, 1), Tender.DIGITAL, None, date(2026, 11, 9)),
        # never collected: settled on Monday 2, paid by Thursday 5
        (date(2026, 11, 1), Tender.SHORT, None, date(2026, 11, 5)),
        # once a week, on Saturday 7: the bank has three days from Sunday 8
        (date(2026, 11, 1), Tender.CASH, terms(Cycle.WEEKLY, "saturday"), date(2026, 11, 11)),
        (date(2026, 11, 1), Tender.CASH, terms(Cycle.ON_DEMAND), None),
        # Tuesday 15 Dec: paid in on Thursday 17, because Wednesday is Victory Day
        (date(2026, 12, 15), Tender.CASH, None, date(2026, 12, 27)),
    ],
)
def test_a_merchant_has_its_money_by_a_day_that_terms_and_banking_days_make(
    collected_on: date, tender: Tender, agreed: Terms | None, by: date | None
) -> None:
    assert paid_by(collected_on, tender, MONEY, COD, agreed) == by
