"""Two devices of one centre at the same moment, on a real server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

from post_logistics.cod.ledger import breaches
from post_logistics.cod.proof import check_books
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.centres.acts import Counter, Served
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import pay_in_float, standing_of_agent
from post_logistics.operations.numbering import Numbers
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances, load_transfers

from .conftest import CENTRE, Desk

AT_ONCE = 6
HOUR = timedelta(hours=1)


def all_at_once(database: Database, counter: Counter, at: datetime, do: Callable[[Desk, int], Any]) -> list[Served]:
    barrier = Barrier(AT_ONCE)

    def one(n: int) -> Served:
        with database.transaction() as connection:
            desk = Desk(connection, counter, at)
            desk.sequence = 10 + 10 * n
            barrier.wait(30)
            (served,) = desk.serve(do(desk, n))
            return served

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def opened_centre(database: Database, facts: Facts, centre: CollectionPoint, at: datetime) -> Counter:
    counter = Counter(centre, replace(facts, advice_key=b"k"), Numbers(database, facts.number_key))
    with database.transaction() as connection:
        pay_in_float(connection, centre, 1_500_00, UUID(int=1), at)
        Desk(connection, counter, at).serve(Desk(connection, counter, at).opened())
    return counter


def books_are_sound(connection: Connection) -> bool:
    return not check_books(load_transfers(connection)) and not breaches(load_balances(connection))


def test_no_two_pass_the_float_together(
    database: Database, facts: Facts, centre: CollectionPoint, morning: datetime, tell: Any
) -> None:
    counter = opened_centre(database, facts, centre, morning)
    with database.transaction() as connection:
        items = tell(connection, morning - timedelta(hours=1)).book(*[1_000_00] * AT_ONCE)
    answers = all_at_once(database, counter, morning, lambda desk, n: desk.paid(items[n], 1_000_00))
    assert sorted(one.outcome for one in answers) == ["accepted", *["rejected"] * (AT_ONCE - 1)]
    with database.transaction() as connection:
        assert standing_of_agent(connection, CENTRE).cash_poisha == 1_000_00
        assert books_are_sound(connection)


def test_one_parcel_is_paid_for_once(
    database: Database, facts: Facts, centre: CollectionPoint, morning: datetime, tell: Any
) -> None:
    counter = opened_centre(database, facts, centre, morning)
    with database.transaction() as connection:
        (item,) = tell(connection, morning - timedelta(hours=1)).book(200_00)
    answers = all_at_once(database, counter, morning, lambda desk, _: desk.paid(item, 200_00))
    assert sum(one.outcome is ScanOutcome.ACCEPTED for one in answers) == 1
    with database.transaction() as connection:
        assert standing_of_agent(connection, CENTRE).cash_poisha == 200_00
        assert books_are_sound(connection)


def test_the_same_booking_told_six_times_at_once_is_one(
    database: Database, facts: Facts, centre: CollectionPoint, morning: datetime
) -> None:
    counter = opened_centre(database, facts, centre, morning)

    def same(desk: Desk, _: int) -> Any:
        return desk.posted(scan=desk.scan(sequence=5))

    answers = all_at_once(database, counter, morning, same)
    assert sorted(one.outcome for one in answers) == ["accepted", *["duplicate"] * (AT_ONCE - 1)]
    assert len({one.item_number for one in answers}) == 1
    with database.transaction() as connection:
        assert standing_of_agent(connection, CENTRE).cash_poisha == 17_25
        assert books_are_sound(connection)


def test_one_shift_is_open_however_many_open_one(
    database: Database, facts: Facts, centre: CollectionPoint, morning: datetime
) -> None:
    counter = Counter(centre, facts, Numbers(database, facts.number_key))
    answers = all_at_once(
        database, counter, morning, lambda desk, n: desk.opened(scan=desk.scan(sequence=n, late=HOUR))
    )
    assert sum(one.outcome is ScanOutcome.ACCEPTED for one in answers) == 1
    with database.transaction() as connection:
        desk = Desk(connection, counter, morning + HOUR)
        desk.sequence = AT_ONCE
        (last,) = desk.serve(desk.closed(0))
        assert last.outcome is ScanOutcome.ACCEPTED
