"""Shortages made good and excesses given to whom they belong: never more than is open, once, above a limit by two."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Variance
from post_logistics.cod.ledger import breaches
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.cod.shortages import WAY_TEXTS, Clearing, Way
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import confirm, pay_in
from post_logistics.operations.money.shortages import (
    LATE_TEXTS,
    Late,
    clear_difference,
    history,
    history_of_rider,
    open_differences,
    overdue_cash,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.units import Postcode
from tests.closes import RULES, slip
from tests.operations.money.test_closing import OFFICE, TILL, TODAY, Office, carried, refused

RIDER = "1216-R01"
DEBT, OWN_DEBT = account(AccountKind.RIDER_DEBT, RIDER), account(AccountKind.OFFICE_DEBT, OFFICE)
SUSPENSE = account(AccountKind.SUSPENSE, OFFICE)


@pytest.fixture
def office(connection: Connection, facts: Facts, morning: datetime) -> Office:
    """A rider who lost Tk 1,000 and an office that has Tk 700 too much, Tk 600 in the till missing later."""
    made = Office(connection, facts, morning)
    made.collect(5_000_00)
    made.rider(4_000_00, reason=Variance.LOST)
    made.office(4_700_00, reason=Variance.NOT_KNOWN)
    return made


def clear(office: Office, way: Way, poisha: int, **changes: Any) -> Clearing:
    told: dict[str, Any] = {
        "clearing_id": uuid4(),
        "way": way,
        "office": OFFICE,
        "amount_poisha": poisha,
        "why": "letter 42",
        "cleared_by": "postmaster",
        "rider": RIDER if way in {Way.REPAID, Way.DEDUCTED, Way.WRITTEN_OFF} else "",
        "cleared_at": office.later(),
    }
    return clear_difference(office.connection, office.facts, Clearing(**told | changes))


def test_every_way_and_every_delay_has_words_in_both_languages() -> None:
    for texts, words in ((WAY_TEXTS, Way), (LATE_TEXTS, Late)):
        assert set(texts) == set(words)
        assert all(any("ঀ" <= c <= "৿" for c in bangla) for _, bangla in texts.values())


def test_a_shortage_is_made_good_in_parts_and_its_history_adds_up(office: Office) -> None:
    clear(office, Way.REPAID, 300_00)
    clear(office, Way.DEDUCTED, 200_00)
    clear(office, Way.WRITTEN_OFF, 500_00)
    assert (office.of(DEBT), office.of(TILL)) == (0, 5_000_00)
    assert office.of(account(AccountKind.PAY_DEDUCTIONS, OFFICE)) == 200_00
    assert office.of(account(AccountKind.LOSSES)) == 500_00
    told = history_of_rider(office.connection, OFFICE, RIDER)
    assert [(one.code, one.amount_poisha, one.left_poisha, one.why) for one in told] == [
        (Code.SHORTAGE, 1_000_00, 1_000_00, "lost"),
        (Code.SHORTAGE_REPAID, -300_00, 700_00, "letter 42"),
        (Code.SHORTAGE_DEDUCTED, -200_00, 500_00, "letter 42"),
        (Code.SHORTAGE_WRITTEN_OFF, -500_00, 0, "letter 42"),
    ]
    assert history_of_rider(office.connection, Postcode("1215"), RIDER) == []
    assert not breaches(load_balances(office.connection))
    assert check_books(load_transfers(office.connection)) == ()


@pytest.mark.parametrize("way", [Way.REPAID, Way.DEDUCTED, Way.WRITTEN_OFF])
def test_not_a_poisha_more_than_is_open_is_cleared(office: Office, way: Way) -> None:
    with refused(office, Conflict, r"Tk 1,000\.00 are open"):
        clear(office, way, 1_000_01, countersigned_by="inspector")
    clear(office, way, 1_000_00, countersigned_by="inspector")
    with refused(office, Conflict, r"Tk 0\.00 are open"):
        clear(office, way, 1)


def test_a_clearing_told_twice_counts_once_and_its_id_is_its_own(office: Office) -> None:
    first = clear(office, Way.REPAID, 300_00)
    again = clear_difference(office.connection, office.facts, replace(first, cleared_at=office.later()))
    assert again == first
    assert office.of(DEBT) == 700_00
    with refused(office, Conflict, "another clearing"):
        clear(office, Way.REPAID, 1_00, clearing_id=first.clearing_id)


def test_above_the_limit_two_people_give_money_away_and_one_may_take_it(office: Office) -> None:
    limit = RULES.clear_alone_poisha
    with refused(office, Unacceptable, "second person"):
        clear(office, Way.WRITTEN_OFF, limit + 1)
    with refused(office, Unacceptable, "two different people"):
        clear(office, Way.WRITTEN_OFF, limit + 1, countersigned_by=" POSTMASTER ")
    with refused(office, Unacceptable, "second person"):
        clear(office, Way.RETURNED, limit + 1)
    clear(office, Way.REPAID, limit + 1)
    clear(office, Way.WRITTEN_OFF, 1)
    clear(office, Way.RETURNED, limit)


def test_an_excess_is_given_back_out_of_the_till(office: Office) -> None:
    clear(office, Way.RETURNED, 700_00, countersigned_by="inspector")
    assert (office.of(SUSPENSE), office.of(TILL)) == (0, 4_000_00)


def test_what_the_till_no_longer_holds_is_not_given_back(office: Office) -> None:
    pay_in(office.connection, f"office-close:1216:{TODAY}:1", slip("S-1", office.at), office.at)
    with refused(office, Conflict, "the till holds"):
        clear(office, Way.RETURNED, 1_00)


def test_an_excess_is_credited_to_the_merchant_of_a_parcel(story: Any, facts: Facts) -> None:
    (item,) = story.book(100_000)
    office = Office(story.connection, facts, story.at + timedelta(hours=1))
    first = office.office(600_00, reason=Variance.NOT_RECORDED)
    with refused(office, Conflict, r"Tk 0\.00 are open and in the bank"):
        clear(office, Way.CREDITED, 300_00, item_number=item)
    pay_in(office.connection, first.close_id, slip("S-1", office.at), office.at)
    with refused(office, Conflict, r"Tk 0\.00 are open and in the bank"):
        clear(office, Way.CREDITED, 300_00, item_number=item)
    confirm(office.connection, first.close_id, 600_00, office.at)
    office.office(50_00, turn=2, reason=Variance.NOT_RECORDED)
    clear(office, Way.CREDITED, 300_00, item_number=item)
    with refused(office, Conflict, r"Tk 300\.00 are open and in the bank"):
        clear(office, Way.CREDITED, 300_01, item_number=item)
    clear(office, Way.CREDITED, 300_00, item_number=item)
    assert office.of(account(AccountKind.MERCHANT_PAYABLE, "test-shop")) == 600_00
    assert office.of(SUSPENSE) == 50_00


def test_an_excess_is_kept_only_once_nobody_has_claimed_it_for_long(office: Office) -> None:
    since = timedelta(days=RULES.excess_kept_after_days)
    came = next(one.at for one in load_transfers(office.connection) if one.code is Code.TILL_EXCESS)
    office.office(4_700_00 + 50_00, turn=2, reason=Variance.NOT_KNOWN)
    two = {"countersigned_by": "inspector"}
    with refused(office, Conflict, r"Tk 0\.00 are open since"):
        clear(office, Way.KEPT, 1, cleared_at=came + since - timedelta(microseconds=1))
    with refused(office, Conflict, r"Tk 700\.00 are open since"):
        clear(office, Way.KEPT, 700_01, cleared_at=came + since, **two)
    clear(office, Way.RETURNED, 100_00)
    with refused(office, Conflict, r"Tk 600\.00 are open since"):
        clear(office, Way.KEPT, 600_01, cleared_at=came + since, **two)
    clear(office, Way.KEPT, 600_00, cleared_at=came + since, **two)
    assert (office.of(SUSPENSE), office.of(account(AccountKind.OTHER_INCOME))) == (50_00, 600_00)


@pytest.mark.parametrize(
    ("way", "changes", "field"),
    [
        (Way.REPAID, {"why": " "}, "why"),
        (Way.REPAID, {"cleared_by": ""}, "cleared_by"),
        (Way.REPAID, {"amount_poisha": 0}, "amount_poisha"),
        (Way.RETURNED, {"rider": RIDER}, "rider"),
        (Way.CREDITED, {}, "item_number"),
        (Way.RETURNED, {"item_number": "DP000000005BD"}, "item_number"),
    ],
)
def test_a_clearing_that_cannot_be_is_named(office: Office, way: Way, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Unacceptable) as wrong:
        clear(office, way, **{"poisha": 1} | {k: v for k, v in changes.items() if k != "amount_poisha"}) if (
            "amount_poisha" not in changes
        ) else clear(office, way, 0)
    assert wrong.value.field == field


@pytest.mark.parametrize("rider", ["1215-R01", "1216-R99"])
def test_a_rider_who_owes_the_office_nothing_is_nobody_here(office: Office, rider: str) -> None:
    office.collect(9_00, carried("1215-R01"))
    office.rider(8_00, rider="1215-R01", reason=Variance.LOST)
    with refused(office, NotFound, f"rider {rider} owes office 1216 nothing"):
        clear(office, Way.REPAID, 1, rider=rider)


def test_what_is_open_is_listed_by_office_and_for_all(office: Office) -> None:
    office.collect(9_00, carried("1215-R01"))
    office.rider(8_00, rider="1215-R01", reason=Variance.LOST)
    own = {(one.kind, one.owner, one.open_poisha) for one in open_differences(office.connection, OFFICE)}
    assert own == {(AccountKind.RIDER_DEBT, RIDER, 1_000_00), (AccountKind.SUSPENSE, OFFICE, 700_00)}
    every = {(one.kind, one.owner, one.open_poisha) for one in open_differences(office.connection)}
    assert every == own | {(AccountKind.RIDER_DEBT, "1215-R01", 1_00)}
    assert [one.left_poisha for one in history(office.connection, AccountKind.SUSPENSE, OFFICE)] == [700_00]


def late(office: Office, at: datetime, of: Postcode | None = OFFICE) -> list[tuple[Late, str, int]]:
    found = overdue_cash(office.connection, office.facts, at, of)
    assert [one for one in overdue_cash(office.connection, office.facts, at) if of in {None, one.office}] == found
    return [(one.late, one.holder, one.amount_poisha) for one in found]


def test_who_has_not_closed_by_the_closing_hour_is_named_until_he_has(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    office = Office(connection, facts, morning)
    office.collect(40_00)
    office.collect(30_00, TILL, Code.COLLECT_COUNTER)
    nine = morning.replace(hour=RULES.closing_hour)
    assert late(office, nine - timedelta(microseconds=1)) == []
    due = [(Late.OFFICE_NOT_CLOSED, "office:1216", 30_00), (Late.RIDER_NOT_CLOSED, "rider:1216-R01", 40_00)]
    assert late(office, nine) == due
    assert late(office, nine + timedelta(hours=23)) == due, "also the next day, until the next closing hour"
    office.at = nine + timedelta(hours=12)
    office.rider(40_00)
    assert late(office, office.at) == [(Late.OFFICE_NOT_CLOSED, "office:1216", 70_00)]
    office.office(70_00)
    office.collect(5_00)
    assert late(office, office.at) == [], "what came since is of today"


def test_an_office_that_closed_its_day_and_keeps_little_is_not_late(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    office = Office(connection, facts, morning)
    office.collect(30_00, TILL, Code.COLLECT_COUNTER)
    office.office(30_00)
    assert late(office, morning.replace(hour=23)) == []
    assert late(office, morning.replace(hour=23) + timedelta(days=1)) == [
        (Late.OFFICE_NOT_CLOSED, "office:1216", 30_00)
    ]


def test_a_till_above_its_limit_and_a_close_not_paid_in_are_named(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    office = Office(connection, facts, morning)
    limit = RULES.till_limit_poisha
    office.collect(limit, TILL, Code.COLLECT_COUNTER)
    assert late(office, office.at) == []
    office.collect(1, TILL, Code.COLLECT_COUNTER)
    assert late(office, office.at) == [(Late.TILL_ABOVE_LIMIT, "office:1216", limit + 1)]
    close = office.office(limit + 1)
    due_on = TODAY + timedelta(days=RULES.deposit_within_days + 1)
    midnight = morning.replace(hour=0) + (due_on - TODAY)
    waits = (Late.NOT_PAID_IN, "office:1216", limit + 1)
    assert waits not in late(office, midnight - timedelta(microseconds=1))
    assert waits in late(office, midnight)
    assert date(2026, 11, 24) == due_on
    pay_in(connection, close.close_id, slip("S-1", midnight), midnight)
    assert late(office, midnight) == []
