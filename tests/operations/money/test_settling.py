"""Settling: once, whoever asks and however often; by agreed terms; with advances, claims and holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import event, text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.ledger import breaches
from post_logistics.cod.proof import check_books
from post_logistics.cod.settlement import SettlementLine, WaitReason, is_genuine, settle
from post_logistics.cod.terms import Cycle
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.settling import (
    Settled,
    merchants_due,
    settle_all,
    settle_batch,
    settle_everyone,
    settle_merchant,
    settle_on_demand,
)
from post_logistics.operations.money.terms import agree_terms, lift_hold, place_hold
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.payouts import load_payouts
from post_logistics.storage.money.settlements import load_open, load_settlements
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import MerchantId
from tests.operations.money.paying import of, parcels, shop

SUNDAY = date(2026, 11, 22)
NO_CHANGE: dict[str, Any] = {"weekday": "", "minimum_poisha": None, "why": "agreed", "by": "desk"}


def settled(connection: Connection, facts: Facts, at: datetime, cleared: Any, *ids: str, on: date = SUNDAY) -> Settled:
    every = load_merchants(connection)
    return settle_batch(connection, facts, [every[i] for i in ids], on, at, cleared=set(cleared))


def test_many_merchants_are_paid_in_one_go_each_its_own(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    cleared = []
    for n, name in enumerate(("a", "b", "c")):
        shop(connection, name, morning)
        cleared += parcels(connection, name, [100_000 * (n + 1), 50_000], morning, first=7_100_000 + 10 * n)
    made = settled(connection, facts, morning, cleared, "c", "a", "b").made
    charges = {"a": 7_500, "b": 7_500, "c": 7_500}
    for n, name in enumerate(("a", "b", "c")):
        one = made[MerchantId(name)]
        assert one.principal_poisha == 100_000 * (n + 1) + 50_000
        assert len(one.lines) == 2
        assert one.payout_poisha == one.principal_poisha - one.fees_taken_poisha - one.vat_taken_poisha
        assert one.fees_taken_poisha <= charges[name]
        assert is_genuine(one, facts.advice_key, one.verification_reference)
    books = load_transfers(connection)
    assert check_books(books) == ()
    assert [p.payout_id for p in load_payouts(connection)] == [f"{name}-{SUNDAY}" for name in ("a", "b", "c")]
    assert load_settlements(connection, SUNDAY) == [made[MerchantId(name)] for name in ("a", "b", "c")]
    again = settled(connection, facts, morning, cleared, "a", "b", "c")
    assert again.made == made
    assert load_transfers(connection) == books


def test_what_the_bank_has_not_confirmed_and_what_is_held_waits_with_its_reason(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    shop(connection, "a", morning)
    paid, held, slow = parcels(connection, "a", [100_000, 200_000, 300_000], morning)
    (moving,) = parcels(connection, "a", [400_000], morning, first=7_200_000, state="out_for_delivery")
    hold: dict[str, Any] = {"hold_id": uuid4(), "item_number": held, "until_on": None}
    place_hold(connection, "a", reason="the recipient complains", by="desk", at=morning, **hold)
    made = settled(connection, facts, morning, [paid, held, moving], "a").made[MerchantId("a")]
    assert [line.item_number for line in made.lines] == [paid]
    assert {one.item_number: one.reason for one in made.waiting} == {
        held: WaitReason.HELD,
        slow: WaitReason.NOT_IN_BANK,
        moving: WaitReason.NOT_FINISHED,
    }
    assert of(connection, AccountKind.MERCHANT_PAYABLE, "a") == 900_000
    lift_hold(connection, hold["hold_id"], why="settled among them", by="desk", at=morning)
    tomorrow = morning + timedelta(days=1)
    later = settled(connection, facts, tomorrow, [paid, held], "a", on=SUNDAY + timedelta(days=1)).made[MerchantId("a")]
    assert [line.item_number for line in later.lines] == [held]


def test_a_merchant_on_hold_is_not_paid_until_the_hold_ends(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    a, b = shop(connection, "a", morning), shop(connection, "b", morning)
    cleared = [
        *parcels(connection, "a", [100_000], morning),
        *parcels(connection, "b", [100_000], morning, first=7_200_000),
    ]
    monday = SUNDAY + timedelta(days=1)
    hold: dict[str, Any] = {"hold_id": uuid4(), "item_number": None, "until_on": monday, "reason": "a court order"}
    kept = place_hold(connection, "a", by="desk", at=morning, **hold)
    assert place_hold(connection, "a", by="desk", at=morning + timedelta(hours=1), **hold) == kept
    with pytest.raises(Conflict):
        place_hold(connection, "a", by="desk", at=morning, **hold | {"reason": "another"})
    done = settled(connection, facts, morning, cleared, "a", "b")
    assert list(done.made) == [b.merchant_id]
    assert "a court order" in done.refused[a.merchant_id].message
    with pytest.raises(Conflict, match="a court order"):
        settle_merchant(connection, facts, a, SUNDAY, morning)
    assert settled(connection, facts, morning + timedelta(days=1), cleared, "a", on=monday).made[a.merchant_id].lines


def test_a_parcel_of_somebody_else_cannot_be_held(connection: Connection, morning: datetime) -> None:
    shop(connection, "a", morning)
    shop(connection, "b", morning)
    (theirs,) = parcels(connection, "b", [100_000], morning)
    rest: dict[str, Any] = {"reason": "x", "until_on": None, "by": "desk", "at": morning}
    for number in (theirs, "DP000000005BD"):
        with pytest.raises(NotFound):
            place_hold(connection, "a", hold_id=uuid4(), item_number=number, **rest)
    with pytest.raises(Unacceptable):
        place_hold(connection, "a", hold_id=uuid4(), item_number=None, **rest | {"until_on": SUNDAY})


def test_terms_say_when_and_from_how_much_on_a_merchant_is_paid(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    for name in ("daily", "weekly", "demand", "unspoken"):
        shop(connection, name, morning)
    agree_terms(connection, "daily", valid_from=SUNDAY, cycle=Cycle.DAILY, at=morning, **NO_CHANGE)
    weekly = NO_CHANGE | {"weekday": "tuesday", "minimum_poisha": 200_000}
    agree_terms(connection, "weekly", valid_from=SUNDAY, cycle=Cycle.WEEKLY, at=morning, **weekly)
    agree_terms(connection, "demand", valid_from=SUNDAY, cycle=Cycle.ON_DEMAND, at=morning, **NO_CHANGE)

    def due(days: int) -> list[str]:
        at = morning + timedelta(days=days)
        return [one.merchant_id for one in merchants_due(connection, facts, SUNDAY + timedelta(days=days), at)]

    assert due(0) == ["daily", "unspoken"]
    assert due(2) == ["daily", "unspoken", "weekly"]
    items = parcels(connection, "weekly", [150_000], morning)
    made = settled(connection, facts, morning, items, "weekly").made[MerchantId("weekly")]
    assert (made.payout_poisha, made.carried_forward_poisha > 0) == (0, True)
    with pytest.raises(Conflict, match="weekly, not on demand"):
        settle_on_demand(connection, facts, "weekly", SUNDAY, morning, by="weekly", own_wish=True)
    parcels(connection, "demand", [150_000], morning, first=7_200_000)
    asked = settle_on_demand(connection, facts, "demand", SUNDAY, morning, by="demand", own_wish=True)
    assert asked.waiting


def test_terms_have_versions_and_the_past_is_not_agreed_anew(connection: Connection, morning: datetime) -> None:
    shop(connection, "a", morning)
    first = agree_terms(connection, "a", valid_from=SUNDAY, cycle=Cycle.DAILY, at=morning, **NO_CHANGE)
    again = agree_terms(
        connection, "a", valid_from=SUNDAY, cycle=Cycle.DAILY, at=morning + timedelta(hours=1), **NO_CHANGE
    )
    assert (first, again.version) == (again, 1)
    second = agree_terms(connection, "a", valid_from=SUNDAY, cycle=Cycle.ON_DEMAND, at=morning, **NO_CHANGE)
    assert second.version == 2
    with pytest.raises(Unacceptable) as refused:
        agree_terms(connection, "a", valid_from=SUNDAY - timedelta(days=1), cycle=Cycle.DAILY, at=morning, **NO_CHANGE)
    assert refused.value.field == "valid_from"
    with pytest.raises(Unacceptable):
        agree_terms(connection, "a", valid_from=SUNDAY, cycle=Cycle.WEEKLY, at=morning, **NO_CHANGE)
    with pytest.raises(NotFound):
        agree_terms(connection, "nobody", valid_from=SUNDAY, cycle=Cycle.DAILY, at=morning, **NO_CHANGE)


def test_on_a_bank_holiday_nothing_is_settled(connection: Connection, facts: Facts, morning: datetime) -> None:
    a, victory_day = shop(connection, "a", morning), date(2026, 12, 16)
    parcels(connection, "a", [100_000], morning)
    at = datetime.combine(victory_day, morning.timetz())
    assert settle_all(connection, facts, victory_day, at) == []
    with pytest.raises(Conflict, match="banks are closed") as refused:
        settle_merchant(connection, facts, a, victory_day, at)
    assert "2026-12-17" in (refused.value.remedy or "")


def a_claim(connection: Connection, item: str, amount_poisha: int, at: datetime, *steps: str) -> UUID:
    claim = uuid5(UUID(int=1), item)
    connection.execute(
        text(
            "insert into claims (claim_id, item_number, kind, claimed_poisha, claimed_by, claimed_at, due_on) "
            "values (:id, :item, 'damage', :amount, 'post', :at, '2026-12-31')"
        ),
        {"id": claim, "item": item, "amount": amount_poisha, "at": at},
    )
    for number, step in enumerate(("opened", *steps), 1):
        connection.execute(
            text(
                "insert into claim_steps (claim_id, number, step, amount_poisha, by, note, at) "
                "values (:id, :number, :step, :amount, 'desk', 'x', :at)"
            ),
            {"id": claim, "number": number, "step": step, "at": at}
            | {"amount": amount_poisha if step in {"accepted", "paid"} else None},
        )
    return claim


def test_an_accepted_claim_is_paid_with_the_next_settlement_and_never_again(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    shop(connection, "a", morning)
    broken, other, refused = parcels(connection, "a", [100_000, 200_000, 300_000], morning)
    claim = a_claim(connection, broken, 70_000, morning, "accepted")
    a_claim(connection, other, 70_000, morning, "accepted", "paid")
    a_claim(connection, refused, 70_000, morning, "refused")
    shop(connection, "rich", morning)
    parcels(connection, "rich", [900_000], morning, first=7_200_000)
    made = settled(connection, facts, morning, [broken, other, refused], "a").made[MerchantId("a")]
    assert [one.claim_id for one in made.compensations] == [str(claim)]
    assert made.payout_poisha == 670_000 - made.fees_taken_poisha - made.vat_taken_poisha
    assert of(connection, AccountKind.COMPENSATION) == 70_000
    last = "select step, amount_poisha, note from claim_steps where claim_id = :id order by number desc limit 1"
    assert tuple(connection.execute(text(last), {"id": claim}).one()) == ("paid", 70_000, f"with settlement a-{SUNDAY}")
    assert load_settlements(connection, SUNDAY) == [made]
    tomorrow = SUNDAY + timedelta(days=1)
    later = settled(connection, facts, morning + timedelta(days=1), [], "a", on=tomorrow).made[MerchantId("a")]
    assert (later.compensations, later.payout_poisha) == ((), 0)
    assert check_books(load_transfers(connection)) == ()


def test_settling_with_everyone_goes_on_where_it_stopped(database: Database, facts: Facts, morning: datetime) -> None:
    with database.transaction() as connection:
        for n in range(5):
            shop(connection, f"s{n}", morning)
            parcels(connection, f"s{n}", [100_000], morning, first=7_100_000 + n)
    told: list[tuple[int, int]] = []
    done = settle_everyone(database, facts, SUNDAY, morning, told=lambda n, of_all: told.append((n, of_all)))
    assert (len(done.made), done.refused, told) == (5, {}, [(5, 5)])


def test_two_who_settle_at_once_cannot_pay_more_than_the_bank_holds(
    database: Database, facts: Facts, morning: datetime
) -> None:
    """Eight merchants are due 500 each, and the bank holds enough for three of them."""
    names = [f"s{n}" for n in range(8)]
    with database.transaction() as connection:
        merchants = [shop(connection, name, morning) for name in names]
        cleared = {
            item
            for n, name in enumerate(names)
            for item in parcels(connection, name, [50_000], morning, first=7_100_000 + n, banked=n < 3)
        }

    def pay(n: int) -> int:
        with database.transaction() as connection:
            try:
                return settle_merchant(
                    connection, facts, merchants[n % 8], SUNDAY, morning, cleared=cleared
                ).payout_poisha
            except Conflict:
                return 0

    with ThreadPoolExecutor(8) as pool:
        paid = list(pool.map(pay, range(32)))
    with database.transaction() as connection:
        sums = load_balances(connection)
        orders = load_payouts(connection)
        books = load_transfers(connection)
    assert len(orders) == 3
    assert len({n % 8 for n, amount in enumerate(paid) if amount}) == 3
    assert not breaches(sums)
    assert check_books(books) == ()


def test_money_that_comes_in_while_a_merchant_is_settled_with_is_not_paid_unseen(
    database: Database, facts: Facts, morning: datetime
) -> None:
    """Before each of the statements of a settlement in turn, somebody pays for another parcel of the merchant."""
    for n in range(1, 16):
        name = f"s{n}"
        with database.transaction() as connection:
            merchant = shop(connection, name, morning)
            (item,) = parcels(connection, name, [100_000], morning, first=7_100_000 + n)
            shop(connection, "rich", morning)
            parcels(connection, "rich", [900_000], morning, first=7_300_000 + n)
        statements = count(1)

        def pay_for_another(*_: Any, n: int = n, name: str = name, statements: Any = statements) -> None:
            if next(statements) == n:
                with database.transaction_inside_another() as other:
                    parcels(
                        other, name, [800_000], morning, first=7_200_000 + n, state="out_for_delivery", banked=False
                    )

        with database.transaction() as connection:
            event.listen(connection, "before_cursor_execute", pay_for_another)
            made = settle_merchant(connection, facts, merchant, SUNDAY, morning, cleared={item})
        assert next(statements) > n, "every statement was tried"
        assert made.payout_poisha < 100_000
        with database.transaction() as connection:
            assert of(connection, AccountKind.MERCHANT_PAYABLE, name) == 800_000


def test_red_control_a_sum_read_after_the_parcels_pays_out_what_came_in_between(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    shop(connection, "a", morning)
    (item,) = parcels(connection, "a", [100_000], morning)
    before, _ = load_open(connection, ["a"], ["delivered"], [])
    parcels(connection, "a", [800_000], morning, first=7_200_000, state="out_for_delivery")
    facts_of: dict[str, Any] = {"merchant": "a", "settled_on": SUNDAY, "payout_account": "x", "key": b"key"}
    line = SettlementLine(
        item_number=item,
        order_ref=before[0].order_ref,
        outcome="delivered",
        collected_poisha=100_000,
        postage_poisha=0,
        cod_fee_poisha=0,
        vat_poisha=0,
    )
    naive, _ = settle(
        parcels=[line],
        in_bank={item},
        sums=load_balances(connection),
        rules=facts.cod_rules.on(SUNDAY),
        at=morning,
        **facts_of,
    )
    assert naive.payout_poisha == 900_000


def test_the_number_of_statements_does_not_grow_with_the_parcels(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    counts = []
    for n, size in enumerate((2, 200)):
        name = f"s{n}"
        shop(connection, name, morning)
        cleared = parcels(connection, name, [60_000] * size, morning, first=7_100_000 + 1_000 * n)
        seen: list[str] = []

        def note(_c: Any, _u: Any, statement: str, *_: Any, seen: list[str] = seen) -> None:
            seen.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        settled(connection, facts, morning, cleared, name)
        event.remove(connection, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1] < 25
