"""Merchants are paid by their calendar though nobody thinks of it; no day is missed, and no file leaves by itself."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from post_logistics.cod.payout_files import load_payout_layouts
from post_logistics.cod.payouts import PayoutState
from post_logistics.cod.rules import CodRuleBook
from post_logistics.cod.terms import Cycle
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.paydays import Paydays, keep_paydays
from post_logistics.operations.money.payouts import LeftOut
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.money.terms import agree_terms, lift_hold, place_hold
from post_logistics.storage.database import Database
from post_logistics.storage.money.payouts import load_payouts
from post_logistics.storage.money.settlements import load_settlements
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA
from tests.operations.money.bank import insert
from tests.operations.money.paying import parcels
from tests.operations.money.test_payouts import proven

LAYOUTS = load_payout_layouts(Path(__file__).resolve().parents[3] / "data")
SUNDAY = datetime(2026, 11, 22, 23, tzinfo=DHAKA)


class Shops:
    """Shops with an account that was proven, and money in the bank."""

    def __init__(self, database: Database, facts: Facts) -> None:
        self.database, self.facts, self.serial = database, facts, 7_100_000

    def sell(self, name: str, amount: int = 100_000, **changes: Any) -> None:
        """The shop has a parcel whose cash its office counted and the bank has confirmed."""
        self.serial += 1
        close = f"{name}-{self.serial}"
        with self.database.transaction() as connection:
            proven(connection, self.facts, SUNDAY, name, **changes)
            items = parcels(connection, name, [amount], SUNDAY, first=self.serial)
            insert(
                connection,
                "day_closes",
                close_id=close,
                holder="office:1216",
                office="1216",
                closed_on=SUNDAY.date(),
                expected_poisha=amount,
                counted_poisha=amount,
                shortage_poisha=0,
                excess_poisha=0,
                to_deposit_poisha=amount,
                counted_by="karim",
                countersigned_by="rahima",
                closed_at=SUNDAY,
                turn=self.serial,
                pieces="{}",
                reason="",
            )
            counted = text(
                "insert into close_collections (close_id, collection_id) "
                "select :close, transfer_id from transfers where code = 'collect' and item_number = any(:items)"
            )
            connection.execute(counted, {"close": close, "items": items})

    def agree(self, name: str, cycle: Cycle, weekday: str = "") -> None:
        with self.database.transaction() as connection:
            agree_terms(
                connection,
                name,
                valid_from=SUNDAY.date(),
                cycle=cycle,
                weekday=weekday,
                minimum_poisha=None,
                why="agreed",
                by="sales",
                at=SUNDAY,
            )

    def payday(self, days: int = 0, facts: Facts | None = None, layouts: Any = LAYOUTS) -> Paydays:
        return keep_paydays(self.database, facts or self.facts, layouts, SUNDAY + timedelta(days=days))

    def settled(self) -> list[str]:
        with self.database.transaction() as connection:
            return [one.settlement_id for one in load_settlements(connection)]


@pytest.fixture
def shops(database: Database, facts: Facts) -> Shops:
    return Shops(database, facts)


def test_an_evening_settles_and_leaves_a_file_that_waits_for_a_person(shops: Shops) -> None:
    for name in ("daily", "weekly", "asks"):
        shops.sell(name)
    shops.agree("weekly", Cycle.WEEKLY, "monday")
    shops.agree("asks", Cycle.ON_DEMAND)
    made = shops.payday()
    assert [(run.settled_on, run.settlements, run.waiting) for run in made.runs] == [(SUNDAY.date(), 1, {})]
    (file,) = made.files
    assert (file.file.file_id, file.file.paid_on) == ("2026-11-22-settlement-bank", date(2026, 11, 23))
    with shops.database.transaction() as connection:
        assert [one.state for one in load_payouts(connection)] == [PayoutState.FILED]
    assert shops.payday().files == made.files
    assert shops.settled() == ["daily-2026-11-22"]
    shops.payday(1)
    assert shops.settled() == ["daily-2026-11-22", "weekly-2026-11-23"]


def test_a_weekly_day_that_was_missed_is_made_up_for_and_only_once(shops: Shops) -> None:
    shops.payday()
    shops.sell("weekly")
    shops.agree("weekly", Cycle.WEEKLY, "monday")
    made = shops.payday(3)  # the worker stood still for three days
    assert [str(run.settled_on) for run in made.runs] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    shops.sell("weekly")
    shops.payday(4)
    assert shops.settled() == ["weekly-2026-11-23"]


def test_who_could_not_be_paid_is_tried_again_the_next_day_whatever_the_terms(shops: Shops) -> None:
    shops.sell("weekly")
    shops.agree("weekly", Cycle.WEEKLY, "sunday")
    hold = uuid4()
    with shops.database.transaction() as connection:
        kept: dict[str, Any] = {"hold_id": hold, "item_number": None, "until_on": None}
        place_hold(connection, "weekly", reason="a court order", by="desk", at=SUNDAY, **kept)
    assert list(shops.payday().runs[0].waiting) == ["weekly"]
    assert list(shops.payday(1).runs[0].waiting) == ["weekly"]
    with shops.database.transaction() as connection:
        lift_hold(connection, hold, why="lifted", by="desk", at=SUNDAY)
    assert shops.payday(2).runs[0].waiting == {}
    assert shops.settled() == ["weekly-2026-11-24"]


def test_on_a_holiday_nothing_is_settled_and_the_next_day_makes_up_for_it(shops: Shops, facts: Facts) -> None:
    closed = tuple(replace(one, bank_holidays=(SUNDAY.date(),)) for one in facts.cod_rules.rules)
    shops.sell("daily")
    made = shops.payday(facts=replace(facts, cod_rules=CodRuleBook(closed)))
    assert (made.runs, made.files) == ((), ())
    shops.payday(1)
    assert shops.settled() == ["daily-2026-11-23"]


def test_a_name_that_the_bank_cannot_write_keeps_nobody_else_waiting(shops: Shops) -> None:
    shops.sell("latin")
    shops.sell("bangla", holder="নকশী ঘর")
    (file,) = shops.payday(layouts={"fixed-transfer": LAYOUTS["fixed-transfer"]}).files
    assert (file.file.payouts, file.left_out) == (1, {"bangla-2026-11-22": LeftOut.DOES_NOT_FIT})


def test_a_run_that_broke_off_is_done_to_its_end_the_next_time(shops: Shops, facts: Facts) -> None:
    for name in ("a", "b"):
        shops.sell(name)
    with shops.database.transaction() as connection:
        settle_merchant(connection, facts, load_merchant(connection, "a"), SUNDAY.date(), SUNDAY)
    shops.payday(1)
    assert shops.settled() == ["a-2026-11-22", "b-2026-11-23"]
    with shops.database.transaction() as connection:
        assert len(load_payouts(connection)) == 2
