"""Turns, re-opened closes, deposits, and which collections each close and deposit carries."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from post_logistics.cod.accounts import AccountKind, account, parse
from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.day_close import OfficeClose, Reopening, RiderClose
from post_logistics.cod.ledger import breaches, reverse, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.close_sheets import close_sheet
from post_logistics.operations.money.closing import (
    close_office_day,
    close_rider_day,
    confirm,
    correct_slip,
    pay_in,
    reopen,
    to_close,
)
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.closes import (
    load_close,
    load_closes,
    load_counted,
    load_handed_in,
    load_slips,
)
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_balances_of, load_transfers
from post_logistics.units import Postcode, RiderId
from tests.closes import RULES, count, slip
from tests.operations.money.test_closing_and_settling import delivered
from tests.printing.test_papers import texts

OFFICE = Postcode("1216")
TODAY = date(2026, 11, 22)
SHOP = account(AccountKind.MERCHANT_PAYABLE, "test-shop")
TILL = account(AccountKind.OFFICE_TILL, OFFICE)


def carried(rider: str = "1216-R01") -> Any:
    return account(AccountKind.RIDER_CASH, rider)


class Office:
    """An office whose cash is taken, counted and paid in, a minute apart."""

    def __init__(self, connection: Connection, facts: Facts, at: datetime) -> None:
        self.connection, self.facts, self.at = connection, facts, at
        self.taken = 0

    def later(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def collect(self, poisha: int, holder: Any = None, code: Code = Code.COLLECT) -> UUID:
        """Cash for a parcel, posted as the door posts it."""
        self.taken += 1
        moved = transfer(
            code,
            debit=holder or carried(),
            credit=SHOP,
            amount_poisha=poisha,
            at=self.later(),
            cause=f"scan-{self.taken}-{holder}",
        )
        append_transfers(self.connection, [moved])
        return moved.transfer_id

    def rider(
        self, counted: int, *, rider: str = "1216-R01", turn: int = 1, on: date = TODAY, **how: Any
    ) -> RiderClose:
        return close_rider_day(
            self.connection,
            self.facts,
            rider=RiderId(rider),
            office=Postcode(rider[:4]),
            closed_on=on,
            turn=turn,
            count=count(counted, **how),
            at=self.later(),
        )

    def office(self, counted: int, *, turn: int = 1, on: date = TODAY, **how: Any) -> OfficeClose:
        return close_office_day(
            self.connection,
            self.facts,
            office=OFFICE,
            closed_on=on,
            turn=turn,
            count=count(counted, **how),
            at=self.later(),
        )

    def open_again(self, close_id: str, why: str = "miscounted", office: Postcode | None = None) -> Reopening:
        wanted = Reopening(
            close_id=close_id, why=why, opened_by="clerk", countersigned_by="master", opened_at=self.later()
        )
        return reopen(self.connection, wanted, office)

    def of(self, name: Any) -> int:
        return standing(load_balances_of(self.connection, [name]), name)

    def carried_by(self, *closes: OfficeClose) -> set[tuple[str, UUID]]:
        rows = self.connection.execute(
            text(
                "select paid_in_close_id, collection_id from close_collections join close_progress using (close_id) "
                "where paid_in_close_id = any(:closes) "
                "and not exists (select from transfers back where back.reverses = collection_id)"
            ),
            {"closes": [one.close_id for one in closes]},
        ).all()
        found = {(row.paid_in_close_id, row.collection_id) for row in rows}
        assert len(found) == len(rows)
        return found


@pytest.fixture
def office(connection: Connection, facts: Facts, morning: datetime) -> Office:
    return Office(connection, facts, morning)


@contextmanager
def refused(office: Office, kind: type[Exception] = Conflict, match: str | None = None) -> Iterator[None]:
    with pytest.raises(kind, match=match), office.connection.begin_nested():
        yield


def test_cash_that_comes_after_the_close_is_closed_in_the_next_turn(office: Office) -> None:
    office.collect(500_00)
    first = office.rider(500_00)
    office.collect(70_00)
    with refused(office, match="had 1 closes"):
        office.rider(70_00, turn=3)
    with refused(office, match="closed already"):
        office.rider(70_00)
    second = office.rider(70_00, turn=2)
    assert (first.turn, second.turn, second.expected_poisha) == (1, 2, 70_00)
    assert office.rider(500_00) == first, "the first turn told again is the first turn"
    assert office.of(TILL) == 570_00
    assert [one.holder for one in load_closes(office.connection, TODAY, OFFICE)] == ["rider:1216-R01"] * 2


def test_a_turn_told_again_with_other_pieces_or_names_is_refused(office: Office) -> None:
    office.collect(500_00)
    office.rider(500_00)
    with refused(office):
        office.rider(500_00, counted_by="another")
    loose = Count(counted_poisha=500_00, pieces={100_00: 5}, counted_by="clerk", countersigned_by="witness")
    with refused(office):
        close_rider_day(
            office.connection,
            office.facts,
            rider=RiderId("1216-R01"),
            office=OFFICE,
            closed_on=TODAY,
            count=loose,
            at=office.at,
        )


def test_yesterday_is_closed_after_midnight_and_its_transfers_are_posted_when_it_is_told(office: Office) -> None:
    office.collect(500_00)
    office.at += timedelta(days=1)
    close = office.rider(500_00)
    assert (close.closed_on, close.closed_at) == (TODAY, office.at)
    (moved,) = [one for one in load_transfers(office.connection) if one.code is Code.HAND_IN]
    assert moved.at == office.at
    with refused(office, Unacceptable):
        office.rider(0, on=office.at.date() + timedelta(days=1))


def test_an_office_asks_its_own_riders_and_no_others(office: Office) -> None:
    office.collect(5_00, carried("1215-R01"))
    office.collect(5_00, carried("12160-R1"))
    office.collect(600_00, TILL, Code.COLLECT_COUNTER)
    assert office.office(600_00).counted_poisha == 600_00
    office.collect(1, carried("1216-X9"))
    with refused(office, match=r"1216-X9 \(Tk 0\.01\)"):
        office.office(600_00, turn=2)


def test_what_is_to_be_counted_is_listed_with_the_turn_in_which_it_is_closed(office: Office) -> None:
    office.collect(5_00)
    office.collect(7_00, carried("1216-X9"))
    office.rider(5_00)
    found = {one.holder: one for one in to_close(office.connection, office.facts, OFFICE, TODAY)}
    assert (found["rider:1216-R01"].held_poisha, found["rider:1216-R01"].turn) == (0, 2)
    assert (found["rider:1216-X9"].held_poisha, found["rider:1216-X9"].turn) == (7_00, 1)
    assert list(found)[-1] == "office:1216" and found["office:1216"].held_poisha == 5_00
    assert "rider:1216-R02" in found, "who holds nothing is listed too"


def test_a_reopened_close_gives_everything_back_and_is_closed_again_with_another_count(office: Office) -> None:
    office.collect(500_00)
    before = load_balances(office.connection)
    close = office.rider(480_00, reason=Variance.NOT_KNOWN)
    opened = office.open_again(close.close_id)
    assert {a: p for a, p in load_balances(office.connection).items() if p} == before
    assert office.open_again(close.close_id) == opened, "told again"
    with refused(office, match="opened again already"):
        office.open_again(close.close_id, why="another reason")
    again = office.rider(500_00, turn=2)
    assert (again.shortage_poisha, office.of(TILL), office.of(carried())) == (0, 500_00, 0)
    assert office.of(account(AccountKind.RIDER_DEBT, "1216-R01")) == 0
    assert [one.turn for one in load_closes(office.connection, TODAY, OFFICE)] == [2]
    assert [one.turn for one in load_closes(office.connection, TODAY, OFFICE, opened_again=True)] == [1, 2]
    who = office.connection.execute(text("select why, by from reversals")).all()
    assert {tuple(one) for one in who} == {("miscounted", "clerk, master")} and len(who) == 2


def test_a_close_is_opened_by_two_people_for_a_reason(office: Office) -> None:
    close = office.rider(0)
    for wrong in ({"why": " "}, {"countersigned_by": "CLERK"}, {"opened_by": ""}):
        told = {"why": "wrong", "opened_by": "clerk", "countersigned_by": "master"} | wrong
        with pytest.raises(Unacceptable):
            Reopening(close_id=close.close_id, opened_at=office.at, **told)
    with refused(office, NotFound):
        office.open_again(close.close_id, office=Postcode("1000"))
    with refused(office, NotFound):
        office.open_again("rider-close:none")


def test_what_rests_on_a_close_is_opened_first(office: Office) -> None:
    office.collect(600_00)
    first = office.rider(600_00)
    office.collect(1_00)
    second = office.rider(1_00, turn=2)
    with refused(office, match=second.close_id):
        office.open_again(first.close_id)
    closed = office.office(601_00)
    with refused(office, match=closed.close_id):
        office.open_again(second.close_id)
    office.open_again(closed.close_id)
    office.open_again(second.close_id)
    office.open_again(first.close_id)
    assert office.of(carried()) == 601_00


def test_what_is_paid_in_is_not_opened_and_what_is_open_is_not_paid_in(office: Office) -> None:
    office.collect(600_00, TILL, Code.COLLECT_COUNTER)
    close = office.office(600_00)
    office.open_again(close.close_id)
    with refused(office, match="opened again"):
        pay_in(office.connection, close.close_id, slip("S-1", office.at), office.at)
    again = office.office(600_00, turn=2)
    pay_in(office.connection, again.close_id, slip("S-1", office.at), office.at)
    with refused(office, match="S-1"):
        office.open_again(again.close_id)


def test_a_close_whose_shortage_is_made_good_is_not_opened(office: Office) -> None:
    office.collect(500_00)
    close = office.rider(480_00, reason=Variance.LOST)
    debt = account(AccountKind.RIDER_DEBT, "1216-R01")
    repaid = transfer(
        Code.SHORTAGE_REPAID, debit=TILL, credit=debt, amount_poisha=20_00, at=office.later(), cause="repaid"
    )
    append_transfers(office.connection, [repaid])
    with refused(office, match="rider_debt:1216-R01 would stand at"):
        office.open_again(close.close_id)


def test_a_till_emptied_by_another_way_is_not_paid_in(office: Office) -> None:
    office.collect(600_00, TILL, Code.COLLECT_COUNTER)
    close = office.office(600_00)
    refund = transfer(Code.REFUND, debit=SHOP, credit=TILL, amount_poisha=1, at=office.later(), cause="refund")
    append_transfers(office.connection, [refund])
    with refused(office, match=r"holds Tk 599\.99"):
        pay_in(office.connection, close.close_id, slip("S-1", office.at), office.at)


def test_the_cash_of_an_unpaid_close_is_not_paid_in_twice(office: Office) -> None:
    first_cash = office.collect(900_00, TILL, Code.COLLECT_COUNTER)
    first = office.office(900_00)
    second_cash = office.collect(600_00, TILL, Code.COLLECT_COUNTER)
    second = office.office(1_500_00, turn=2)
    assert (second.to_deposit_poisha, second.kept_poisha) == (600_00, 900_00)
    assert office.carried_by(first, second) == {(first.close_id, first_cash), (second.close_id, second_cash)}
    for number, close in enumerate((second, first)):
        pay_in(office.connection, close.close_id, slip(f"S-{number}", office.at), office.at)
        confirm(office.connection, close.close_id, close.to_deposit_poisha, office.at)
    assert office.of(TILL) == 0 and not breaches(load_balances(office.connection))


def test_one_number_may_be_on_the_slips_of_two_banks(office: Office) -> None:
    for number in (1, 2):
        office.collect(600_00, TILL, Code.COLLECT_COUNTER)
        close = office.office(600_00, turn=number)
        paper = replace(slip("S-1", office.at), bank=f"Bank {number}")
        assert pay_in(office.connection, close.close_id, paper, office.at).slip_number == "S-1"


def test_a_slip_that_was_copied_wrongly_is_corrected_and_stays_on_record(office: Office) -> None:
    closes = []
    for number in (1, 2):
        office.collect(600_00, TILL, Code.COLLECT_COUNTER)
        closes.append(office.office(600_00, turn=number))
        if number == 1:
            pay_in(office.connection, closes[0].close_id, slip("S-24", office.at), office.at)
    first, second = (one.close_id for one in closes)
    wrong, right = slip("S-24", closes[0].closed_at), slip("S-42", closes[0].closed_at)
    with refused(office, match="does not go with"):
        pay_in(office.connection, second, slip("S-24", office.at), office.at)
    told: dict[str, Any] = {"why": "swapped digits", "by": "master", "at": office.later()}
    made = correct_slip(office.connection, first, right, **told)
    assert (made.slip_number, made.amount_poisha) == ("S-42", 600_00)
    assert correct_slip(office.connection, first, right, **told) == made, "told again, nothing changes"
    assert [(one.slip_number, one.why, one.standing) for one in load_slips(office.connection, first)] == [
        ("S-24", "", False),
        ("S-42", "swapped digits", True),
    ]
    before = load_transfers(office.connection)
    assert pay_in(office.connection, first, wrong, office.at) == made, "a counter that was offline tells it again"
    assert load_transfers(office.connection) == before
    assert pay_in(office.connection, second, slip("S-24", office.at), office.at).slip_number == "S-24"
    for bad, why in ((slip("s-৪২", office.at), "does not go"), (slip("S-9", office.at + timedelta(days=1)), "future")):
        with refused(office, (Conflict, Unacceptable), match=why):  # type: ignore[arg-type]
            correct_slip(office.connection, second, bad, **told)
    with refused(office, Unacceptable, match="reason"):
        correct_slip(office.connection, second, right, **told | {"why": " "})
    with refused(office, NotFound):
        correct_slip(office.connection, first, wrong, **told, office=Postcode("1205"))


@pytest.mark.parametrize("again", ["sonali  bank", "SONALI BANK", " Sonali Bank"])
def test_a_slip_is_used_once_however_its_bank_is_written(office: Office, again: str) -> None:
    for number in (1, 2):
        office.collect(600_00, TILL, Code.COLLECT_COUNTER)
        close = office.office(600_00, turn=number)
        paper = slip("S-1", office.at) if number == 1 else replace(slip("s-১", office.at), bank=again)
        with refused(office) if number == 2 else nullcontext():
            pay_in(office.connection, close.close_id, paper, office.at)


def test_what_was_not_paid_in_has_no_slip_to_correct(office: Office) -> None:
    office.collect(600_00, TILL, Code.COLLECT_COUNTER)
    close = office.office(600_00)
    with refused(office, match="has not been paid in"):
        correct_slip(office.connection, close.close_id, slip("S-1", office.at), why="x", by="y", at=office.at)


def test_a_deposit_carries_what_riders_and_the_counter_took_since_the_one_before(office: Office) -> None:
    small = office.collect(100_00)
    office.rider(100_00)
    kept = office.office(100_00)
    assert (kept.to_deposit_poisha, office.carried_by(kept)) == (0, set())
    big, at_counter = office.collect(450_00), office.collect(50_00, TILL, Code.COLLECT_COUNTER)
    lost = office.collect(70_00, carried("1216-R02"))
    office.rider(450_00, turn=2)
    office.rider(0, rider="1216-R02", reason=Variance.ROBBED)
    close = office.office(600_00, turn=2)
    after = office.collect(5_00)
    carried_then = {(close.close_id, one) for one in (small, big, at_counter, lost)}
    assert office.carried_by(close) == carried_then, "also what was lost on the way: the merchant does not wait for it"
    assert after not in {one for _, one in office.carried_by(close, kept)}
    assert [one.holder for one in load_handed_in(office.connection, close.close_id)] == [
        "rider:1216-R01",
        "rider:1216-R02",
    ]


def test_a_collection_taken_back_is_carried_no_more_and_a_reopened_close_carries_nothing(office: Office) -> None:
    one, other = office.collect(300_00), office.collect(400_00)
    (wrong,) = load_transfers(office.connection, [one])
    append_transfers(office.connection, [reverse(wrong, at=office.later(), cause="mistake")])
    close = office.rider(400_00)
    office.open_again(close.close_id)
    office.rider(400_00, turn=2)
    closed = office.office(400_00 + office.of(TILL) - 400_00)
    office.open_again(closed.close_id)
    assert office.carried_by(closed) == set()
    office.collect(200_00, TILL, Code.COLLECT_COUNTER)
    final = office.office(600_00, turn=2)
    assert {found for _, found in office.carried_by(final)} >= {other}
    assert one not in {found for _, found in office.carried_by(final)}


@pytest.mark.parametrize("seed", range(6))
def test_random_days_carry_what_a_child_with_bags_would_say(office: Office, seed: int) -> None:
    """The oracle has a bag for each rider, one for the till and one for each deposit, and moves collections."""
    chance, riders = Random(seed), ("1216-R01", "1216-R02")
    bags: dict[str, set[UUID]] = {holder: set() for holder in (*riders, "till")}
    paid_in: dict[str, set[UUID]] = {}
    undo: list[tuple[Any, Any]] = []
    turns = dict.fromkeys((*riders, "till"), 0)
    for _ in range(60):
        what = chance.choice(["door"] * 5 + ["counter", "rider", "rider", "office", "open"])
        if what == "door":
            rider = chance.choice(riders)
            bags[rider].add(office.collect(chance.randint(1, 900_00), carried(rider)))
        elif what == "counter":
            bags["till"].add(office.collect(chance.randint(1, 900_00), TILL, Code.COLLECT_COUNTER))
        elif what == "rider":
            rider = chance.choice(riders)
            turns[rider] += 1
            close = office.rider(office.of(carried(rider)), rider=rider, turn=turns[rider])
            undo.append((close, (rider, bags[rider], "till")))
            bags["till"], bags[rider] = bags["till"] | bags[rider], set()
        elif what == "office" and not any(office.of(carried(rider)) for rider in riders):
            turns["till"] += 1
            closed = office.office(office.of(TILL), turn=turns["till"])
            undo.append((closed, None))
            if closed.to_deposit_poisha:
                paid_in[closed.close_id], bags["till"] = bags["till"], set()
                pay_in(office.connection, closed.close_id, slip(f"S-{turns['till']}", office.at), office.at)
                undo.clear()  # what is paid in stays
        elif what == "open" and undo:
            last, moved = undo.pop()
            office.open_again(last.close_id)
            if moved:
                rider, bag, _ = moved
                bags["till"], bags[rider] = bags["till"] - bag, bags[rider] | bag
    closes = [load_close(office.connection, name) for name in paid_in]
    found = office.carried_by(*[one for one in closes if isinstance(one, OfficeClose)])
    assert found == {(name, one) for name, bag in paid_in.items() for one in bag}


MOMENTS = ("insert into day_closes", "insert into transfers", "insert into close_collections")


@pytest.mark.parametrize("of_rider", [True, False])
def test_cash_that_comes_in_while_cash_is_counted_is_counted_again(
    database: Database, facts: Facts, morning: datetime, of_rider: bool
) -> None:
    holder, code = (carried(), Code.COLLECT) if of_rider else (TILL, Code.COLLECT_COUNTER)

    def take(number: int) -> None:
        with database.transaction() as connection:
            door = Office(connection, facts, morning)
            door.taken = number
            door.collect(10_00, holder, code)

    def close(counted: int, turn: int, moment: str = "", number: int = 0) -> None:
        pending = [moment] if moment else []

        def come_in(_: Any, __: Any, statement: str, *___: Any) -> None:
            if pending and pending[0] in statement:
                pending.clear()
                take(number)

        with database.transaction() as connection:
            office = Office(connection, facts, morning + timedelta(hours=1))
            event.listen(connection, "before_cursor_execute", come_in)
            try:
                reason = Variance.NOT_KNOWN if moment else None  # with a difference, so that it moves in any case
                office.rider(counted, turn=turn, reason=reason) if of_rider else office.office(
                    counted, turn=turn, reason=reason
                )
            finally:
                event.remove(connection, "before_cursor_execute", come_in)
                assert not pending, "red control: it did come in meanwhile"

    for turn, moment in enumerate(MOMENTS, 1):
        take(2 * turn)
        in_till = 0 if of_rider else 20_00 * (turn - 1)
        with pytest.raises(Conflict, match="moved while it was counted"):
            close(in_till + 9_99, turn, moment, 2 * turn + 1)
        close(in_till + 20_00, turn)
    with database.transaction() as connection:
        linked = connection.execute(text("select count(*) from close_collections group by close_id")).scalars().all()
    assert linked == [2] * len(MOMENTS)


def test_the_sheet_shows_pieces_difference_signatures_and_parcels(story: Any, facts: Facts) -> None:
    items = delivered(story, 100_000, 50_000)
    office = Office(story.connection, facts, story.at + timedelta(hours=3))
    close = office.rider(149_000, reason=Variance.FALSE_NOTE, countersigned_by="1216-R01")
    assert {one.item_number for one in load_counted(story.connection, close.close_id)} == set(items)
    (page,) = texts(close_sheet(story.connection, facts, close.close_id))
    for shown in ("1,490.00", "1,500.00", "10.00", "False note", "1216-R01", "clerk", close.close_id, "1,000.00"):
        assert shown in page
    closed = office.office(149_000)
    pay_in(story.connection, closed.close_id, slip("SB-0042", office.at), office.at)
    (page,) = texts(close_sheet(story.connection, facts, closed.close_id))
    for shown in ("SB-0042", "Sonali Bank", "1216-R01", "1,490.00"):
        assert shown in page
    with pytest.raises(NotFound):
        close_sheet(story.connection, facts, close.close_id, "1000")


def test_the_sheet_of_a_reopened_close_says_so(office: Office) -> None:
    close = office.rider(0)
    office.open_again(close.close_id, why="the wrong rider")
    (page,) = texts(close_sheet(office.connection, office.facts, close.close_id))
    assert "does not stand" in page and "the wrong rider" in page


def test_strange_money_is_not_counted(office: Office) -> None:
    strange = Count(counted_poisha=3_00, pieces={3_00: 1}, counted_by="clerk", countersigned_by="witness")
    facts: dict[str, Any] = {"closed_on": TODAY, "count": strange, "at": office.at, "office": OFFICE}
    with refused(office, Unacceptable, r"Tk 3\.00"):
        close_office_day(office.connection, office.facts, **facts)
    with refused(office, Unacceptable, r"Tk 3\.00"):
        close_rider_day(office.connection, office.facts, rider=RiderId("1216-R01"), **facts)
    assert 3_00 not in RULES.denominations_poisha and parse(TILL)[1] == OFFICE
