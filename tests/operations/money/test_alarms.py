"""Alarms: opened by what is wrong, closed by its being right, taken on by people, told in two languages."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.alarms import TEXTS, AlarmKind, alarm_text
from post_logistics.cod.ledger import transfer
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.alarms import Watched, open_alarms, take_alarm, watch_money
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.units import Postcode
from tests.operations.conftest import SHOP
from tests.operations.money.cash_days import AGENT_CASH, BANK, PAYABLE, PROVIDER, RIDERS, TILL, CashDays

_K = AlarmKind


@pytest.fixture
def days(connection: Connection, facts: Facts, morning: datetime) -> CashDays:
    return CashDays(connection, facts, morning, 5)


def look(days: CashDays, at: datetime | None = None) -> Watched:
    return watch_money(days.connection, days.facts, at or days.at)


def kinds(days: CashDays, **wanted: Any) -> set[tuple[AlarmKind, str]]:
    found = open_alarms(days.connection, days.at + timedelta(days=99), **wanted)
    return {(one.kind, one.subject) for one in found}


def paid_in(days: CashDays, poisha: int = 1_000_00) -> str:
    """A close with that much for the first parcel, paid in."""
    days.collect(TILL, poisha, days.items[0])
    close = days.close_office()
    assert close is not None
    days.pay_in(close.close_id)
    return close.close_id


def test_all_is_well_when_nothing_has_happened(days: CashDays) -> None:
    assert look(days) == Watched(0, 0, 0)


@pytest.mark.parametrize(("over", "alarms"), [(0, 0), (1, 1)])
def test_a_rider_is_over_the_cap_by_one_poisha_and_not_at_it(days: CashDays, over: int, alarms: int) -> None:
    cap = days.facts.cod_rules.on(days.at.date()).rider_cash_cap_poisha
    days.collect(RIDERS[0], cap + over, days.items[0])
    assert look(days).open == alarms
    assert kinds(days) == ({(_K.RIDER_OVER_CAP, RIDERS[0])} if alarms else set())


def test_who_has_not_handed_in_by_the_closing_hour_has_an_alarm_until_he_has(days: CashDays) -> None:
    days.collect(RIDERS[0], 600_00, days.items[0])
    look(days)
    assert kinds(days) == set()
    days.later(60 * 24)
    assert look(days).opened == 1
    assert kinds(days, office=Postcode("1216")) == {(_K.RIDER_NOT_CLOSED, "rider:1216-R01")}
    assert kinds(days, office=Postcode("1230")) == set()
    assert look(days, days.later(60)).opened == 0, "it is not opened twice"
    days.close_rider(RIDERS[0])
    days.close_office()
    assert (look(days).closed, kinds(days)) == (1, set())


def test_a_deposit_nobody_confirms_rings_after_two_banking_days_and_stops_when_it_is_there(days: CashDays) -> None:
    close_id = paid_in(days)  # on Sunday, 22 November 2026
    look(days, days.at + timedelta(days=2, hours=9))
    assert kinds(days) == set(), "until four in the afternoon of Tuesday"
    look(days, days.at + timedelta(days=2, hours=10))
    assert kinds(days) == {(_K.DEPOSIT_UNCONFIRMED, close_id)}
    days.later(3 * 24 * 60)
    days.confirm(close_id, 1_000_00)
    look(days)
    assert kinds(days) == set()


def test_the_bank_does_not_work_on_friday_and_saturday(days: CashDays) -> None:
    days.later(4 * 24 * 60)  # Thursday
    close_id = paid_in(days)
    look(days, days.at + timedelta(days=4, hours=9))
    assert kinds(days) == set(), "Monday is the second banking day after Thursday"
    look(days, days.at + timedelta(days=4, hours=10))
    assert kinds(days) == {(_K.DEPOSIT_UNCONFIRMED, close_id)}


def test_a_close_that_is_not_paid_in_rings(days: CashDays) -> None:
    days.collect(TILL, 600_00, days.items[0])
    close = days.close_office()
    assert close is not None
    look(days, days.at + timedelta(days=3))
    assert (_K.NOT_PAID_IN, close.close_id) in kinds(days)


def test_a_provider_that_keeps_money_rings_until_it_is_matched(days: CashDays) -> None:
    collection = days.collect(PROVIDER, 600_00, days.items[0])
    days.later(5 * 24 * 60)
    look(days)
    assert kinds(days) == {(_K.PROVIDER_LATE, PROVIDER)}
    days.match(collection)
    look(days, days.later(60))
    assert kinds(days) == set()


def test_money_in_the_bank_that_nobody_settles_rings_unless_the_merchant_is_on_hold(days: CashDays) -> None:
    days.confirm(paid_in(days), 1_000_00)
    days.later(4 * 24 * 60)
    look(days)
    assert kinds(days) == {(_K.SETTLEMENT_LATE, SHOP)}
    days.connection.execute(
        text(
            "insert into payout_holds (hold_id, merchant, reason, placed_by, placed_at) "
            "values (gen_random_uuid(), :shop, 'fraud?', 'x', :at)"
        ),
        {"shop": SHOP, "at": days.at},
    )
    look(days, days.later())
    assert kinds(days) == set()


def test_a_payout_that_is_not_on_the_statement_rings(days: CashDays) -> None:
    days.connection.execute(
        text(
            "insert into payouts (payout_id, merchant, kind, amount_poisha, account, state, needs_approval, "
            "ordered_by, ordered_at) values ('p-1', :shop, 'settlement', 100, 'a', 'approved', false, 'x', :at)"
        ),
        {"shop": SHOP, "at": days.at},
    )
    look(days, days.at + timedelta(days=7))
    assert kinds(days) == {(_K.PAYOUT_LATE, "p-1")}
    confirmed = transfer(
        Code.PAYOUT_CONFIRMED,
        debit=account(AccountKind.PAYOUT_IN_TRANSIT, SHOP),
        credit=BANK,
        amount_poisha=100,
        at=days.later(),
        cause="p-1",
    )
    append_transfers(days.connection, [confirmed])
    look(days, days.at + timedelta(days=7))
    assert (_K.PAYOUT_LATE, "p-1") not in kinds(days)
    assert (_K.BELOW_ZERO, "settlement_bank") in kinds(days), "red control: money left that never came"


def test_an_agent_with_more_than_its_float_rings_for_the_parent_office(days: CashDays) -> None:
    paid = transfer(
        Code.AGENT_FLOAT_IN,
        debit=TILL,
        credit=account(AccountKind.AGENT_FLOAT, "dc-1216-01"),
        amount_poisha=500_00,
        at=days.later(),
        cause="float",
    )
    append_transfers(days.connection, [paid])
    days.collect(AGENT_CASH, 500_00, days.items[0])
    look(days)
    assert kinds(days) == set()
    days.collect(AGENT_CASH, 1, days.items[1])
    look(days)
    assert kinds(days, office=Postcode("1216")) == {(_K.AGENT_OVER_FLOAT, AGENT_CASH)}


def test_lines_that_nobody_explains_ring_for_their_source(days: CashDays) -> None:
    for statement in (
        "insert into statement_sources (source, version, kind, layout, made_by, made_at) "
        "values ('sonali', 1, 'bank', '{}', 'x', :at)",
        "insert into statement_files (file_id, source, version, file_name, rows, new_rows, first_on, last_on, "
        "imported_by, imported_at) values ('f', 'sonali', 1, 'f.csv', 1, 1, :day, :day, 'x', :at)",
        "insert into statement_lines (line_id, source, file_id, row, booked_on, amount_poisha, reference, description, "
        "counterparty, bank_id) values ('00000000-0000-4000-8000-000000000001', 'sonali', 'f', 1, :day, -5000, '', '', "
        "'', '')",
        "insert into suspense (line_id, reason, detail, opened_at) "
        "values ('00000000-0000-4000-8000-000000000001', 'no_candidate', '{}', :at)",
    ):
        given = {
            name: value for name, value in {"at": days.at, "day": days.at.date()}.items() if f":{name}" in statement
        }
        days.connection.execute(text(statement), given)
    look(days, days.at + timedelta(days=5))
    assert kinds(days) == set()
    look(days, days.at + timedelta(days=10))
    (one,) = open_alarms(days.connection, days.at + timedelta(days=99))
    assert (one.kind, one.subject, one.amount_poisha, one.detail["count"]) == (_K.LINES_UNEXPLAINED, "sonali", 5000, 1)


def test_an_alarm_keeps_its_age_and_owner_while_its_amount_changes(days: CashDays) -> None:
    days.collect(RIDERS[0], 60_000_00, days.items[0])
    look(days)
    (first,) = open_alarms(days.connection, days.at)
    taken = take_alarm(days.connection, first.alarm_id, "  রহিমা  খাতুন ")
    assert taken.owner == "রহিমা খাতুন"
    days.collect(RIDERS[0], 1_00, days.items[1])
    look(days, days.later())
    (again,) = open_alarms(days.connection, days.at)
    assert (again.alarm_id, again.owner, again.since) == (first.alarm_id, taken.owner, first.since)
    assert again.amount_poisha == 60_001_00
    assert open_alarms(days.connection, days.at, unowned=True) == []
    assert open_alarms(days.connection, days.at, older_than=timedelta(days=1)) == []


def test_an_alarm_is_taken_on_by_its_office_and_only_while_it_is_open(days: CashDays) -> None:
    days.collect(RIDERS[0], 60_000_00, days.items[0])
    look(days)
    (one,) = open_alarms(days.connection, days.at)
    with pytest.raises(NotFound):
        take_alarm(days.connection, one.alarm_id, "rahima", Postcode("1230"))
    with pytest.raises(Unacceptable):
        take_alarm(days.connection, one.alarm_id, "  ")
    days.close_rider(RIDERS[0])
    look(days)
    with pytest.raises(Conflict):
        take_alarm(days.connection, one.alarm_id, "rahima", Postcode("1216"))


def test_what_goes_wrong_again_is_a_new_alarm(days: CashDays) -> None:
    days.collect(RIDERS[0], 60_000_00, days.items[0])
    look(days)
    (first,) = open_alarms(days.connection, days.at)
    days.close_rider(RIDERS[0])
    look(days)
    days.collect(RIDERS[0], 60_000_00, days.items[1])
    look(days)
    (second,) = [one for one in open_alarms(days.connection, days.at) if one.kind is _K.RIDER_OVER_CAP]
    assert second.alarm_id != first.alarm_id


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_reads_in_both_languages_and_says_what_to_do(days: CashDays, kind: AlarmKind) -> None:
    days.collect(RIDERS[0], 60_000_00, days.items[0])
    look(days)
    (one,) = open_alarms(days.connection, days.at)
    words = TEXTS[kind]
    assert words.remedy_en and words.remedy_bn
    assert "{" not in alarm_text(one) and "৳৬০,০০০.০০" in alarm_text(one, "bn")
    assert PAYABLE not in alarm_text(one)
