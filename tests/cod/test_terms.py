"""When a merchant is due, and what can be an account."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.rules import WEEKDAYS
from post_logistics.cod.terms import Cycle, Hold, Institution, PayoutAccount, Terms, is_due, payout_account
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, MerchantId, bangla_digits
from tests.cod.books import RULES

AT = datetime(2026, 11, 22, 9, tzinfo=DHAKA)
SUNDAY = date(2026, 11, 22)


def terms(cycle: Cycle, weekday: str = "") -> Terms:
    return Terms(
        merchant=MerchantId("a"),
        version=1,
        valid_from=SUNDAY,
        cycle=cycle,
        weekday=weekday,
        minimum_poisha=None,
        why="x",
        set_by="x",
        set_at=AT,
    )


@given(
    weekday=st.sampled_from(WEEKDAYS),
    open_days=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    holidays=st.sets(st.integers(0, 20), max_size=6),
    week=st.integers(0, 3),
)
def test_a_weekly_merchant_is_due_once_for_each_week_whatever_is_closed(
    weekday: str, open_days: set[str], holidays: set[int], week: int
) -> None:
    """But for a week that is closed whole: then once for both."""
    rules = replace(
        RULES,
        settlement_weekdays=tuple(open_days),
        bank_holidays=tuple(SUNDAY + timedelta(days=n) for n in holidays),
    )
    agreed = terms(Cycle.WEEKLY, weekday)
    chosen = SUNDAY + timedelta(days=7 * week + (WEEKDAYS.index(weekday) - SUNDAY.weekday()) % 7)
    due = rules.settlement_on(chosen)
    assert is_due(agreed, due, rules)
    assert not [n for n in range((due - chosen).days) if is_due(agreed, chosen + timedelta(days=n), rules)]


def test_daily_and_unspoken_are_due_whenever_banks_are_open_and_on_demand_never() -> None:
    closed = replace(RULES, bank_holidays=(SUNDAY,))
    for agreed in (None, terms(Cycle.DAILY)):
        assert is_due(agreed, SUNDAY, RULES)
        assert not is_due(agreed, SUNDAY, closed)
    assert not is_due(terms(Cycle.ON_DEMAND), SUNDAY, RULES)


@pytest.mark.parametrize(
    ("cycle", "weekday"), [(Cycle.WEEKLY, ""), (Cycle.WEEKLY, "caturday"), (Cycle.DAILY, "sunday")]
)
def test_a_weekday_goes_with_weekly_alone(cycle: Cycle, weekday: str) -> None:
    with pytest.raises(Unacceptable):
        terms(cycle, weekday)


def test_a_hold_ends_when_its_day_begins_or_when_it_is_lifted() -> None:
    hold = Hold(
        hold_id=uuid4(),
        merchant=MerchantId("a"),
        item_number=None,
        reason="x",
        until_on=SUNDAY,
        placed_by="x",
        placed_at=AT,
    )
    assert hold.holds_on(SUNDAY - timedelta(days=1))
    assert not hold.holds_on(SUNDAY)
    assert replace(hold, until_on=None).holds_on(date(2099, 1, 1))
    assert not replace(hold, until_on=None, lifted_at=AT).holds_on(SUNDAY)


BANK: dict[str, Any] = {
    "kind": Institution.BANK,
    "bank": "BRAC Bank",
    "branch": "Gulshan",
    "routing_number": "060261726",
    "number": "1501 2003-4455",
    "holder": "Nakshi Ghar",
}
WALLET: dict[str, Any] = {
    "kind": Institution.WALLET,
    "bank": "bKash",
    "branch": "",
    "routing_number": "",
    "number": "01712-345678",
    "holder": "কৃষ্ণা ক্ষত্রী",
}


def read(told: dict[str, Any]) -> PayoutAccount:
    return payout_account(merchant=MerchantId("a"), version=1, why="x", by="x", at=AT, hold_hours=24, **told)


def test_an_account_is_read_as_people_write_it() -> None:
    assert read(BANK).number == "150120034455"
    assert read(BANK | {"number": bangla_digits("1501 2003 4455")}) == read(BANK)
    assert read(WALLET).text == "bKash 01712345678"
    assert read(BANK).good_from == AT + timedelta(hours=24)


@pytest.mark.parametrize(
    ("told", "change", "field"),
    [
        (BANK, {"routing_number": "06026172"}, "routing_number"),
        (BANK, {"routing_number": ""}, "routing_number"),
        (BANK, {"number": "123"}, "number"),
        (BANK, {"number": "=1+1234567"}, "number"),
        (BANK, {"holder": "=HYPERLINK()"}, "holder"),
        (BANK, {"holder": "@me and you"}, "holder"),
        (BANK, {"holder": "A\nB"}, "holder"),
        (BANK, {"bank": ""}, "bank"),
        (BANK, {"branch": ""}, "branch"),
        (WALLET, {"number": "0171234567"}, "number"),
        (WALLET, {"number": "150120034455"}, "number"),
        (WALLET, {"branch": "Gulshan"}, "branch"),
        (WALLET, {"routing_number": "060261726"}, "routing_number"),
    ],
)
def test_what_cannot_be_an_account_is_refused_by_the_field(
    told: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Unacceptable) as refused:
        read(told | change)
    assert refused.value.field == field
