"""A provider's day against ours: its file, a file that was given, or asked payment by payment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from post_logistics.channels.payments.port import DailyFile, FileLine
from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.cod.payments import PaymentState
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.payments import Requested, hear, request_payment
from post_logistics.operations.money.provider_days import compare_day
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.money.payments import Payment, load_payment
from tests.operations.conftest import Story


@dataclass(frozen=True, slots=True)
class Filed(PracticePayments):
    """A provider whose file is what a test says: None where it has none."""

    told: DailyFile | None = None

    def daily_file(self, on: date) -> DailyFile | None:
        return self.told


@pytest.fixture(scope="module")
def kept(settings: Any) -> Iterator[tuple[Database, list[str], datetime]]:
    morning = datetime.fromisoformat("2026-11-22T09:00:00+06:00")
    with open_scratch(settings.model_copy(update={"schema_name": "provider_days"})) as database:
        with database.transaction() as connection:
            items = Story(connection, morning).book(*[100_000] * 8)
        yield database, items, morning + timedelta(hours=1)


def asked(kept: Any, provider: PracticePayments, facts: Facts, n: int) -> Payment:
    database, items, at = kept
    return request_payment(database, {"practice": provider}, facts, Requested(items[n], "door", "x"), Actor(), at)


def test_a_lost_call_is_made_up_for_by_the_file(kept: Any, facts: Facts, tmp_path: Path) -> None:
    database, _, at = kept
    provider = PracticePayments(tmp_path)
    heard, unheard = asked(kept, provider, facts, 0), asked(kept, provider, facts, 1)
    for one in (heard, unheard):
        provider.pay(one.payment_id, at)
    hear(database, {"practice": provider}, heard.payment_id, at)
    for turn in range(2):
        day = compare_day(database, {"practice": provider}, "practice", at.date(), at)
        assert (day.source, day.compared.lines, day.compared.agreed) == ("file", 2, 2)
        assert day.heard == ((unheard.payment_id,) if turn == 0 else ())
    with database.transaction() as connection:
        assert load_payment(connection, unheard.payment_id).state is PaymentState.COLLECTED


def test_without_a_file_every_payment_of_the_day_is_asked_about(kept: Any, facts: Facts, tmp_path: Path) -> None:
    database, _, at = kept
    provider = Filed(tmp_path)
    made, unpaid = asked(kept, provider, facts, 2), asked(kept, provider, facts, 3)
    provider.pay(made.payment_id, at)
    day = compare_day(database, {"practice": provider}, "practice", at.date(), at)
    assert day.source == "asked" and made.payment_id not in {one.payment_id for one in day.compared.differences}
    with database.transaction() as connection:
        assert load_payment(connection, made.payment_id).state is PaymentState.COLLECTED
        assert load_payment(connection, unpaid.payment_id).state is PaymentState.REQUESTED
    with pytest.raises(Conflict, match="payments to ask about"):
        compare_day(database, {"practice": provider}, "practice", at.date(), at, ask_at_most=1)


def test_a_file_alone_moves_no_money(kept: Any, facts: Facts, tmp_path: Path) -> None:
    database, _, at = kept
    provider = PracticePayments(tmp_path)
    made = asked(kept, provider, facts, 4)
    lies = [FileLine(made.payment_id, "X1", 100_000), FileLine("", "X2", 5)]
    day = compare_day(database, {"practice": provider}, "practice", at.date(), at, lines=lies)
    names = {(one.difference.value, one.payment_id) for one in day.compared.differences}
    assert {("other_amount", made.payment_id), ("missing_with_us", "")} <= names and day.heard == ()
    with database.transaction() as connection:
        assert load_payment(connection, made.payment_id).state is PaymentState.REQUESTED


def test_no_provider_no_file_and_no_future(kept: Any, tmp_path: Path) -> None:
    database, _, at = kept
    silent = {"practice": Filed(tmp_path, told=DailyFile(why="no answer in time"))}
    with pytest.raises(Conflict, match="not set up"):
        compare_day(database, silent, "bkash", at.date(), at)
    with pytest.raises(Conflict, match="no answer in time"):
        compare_day(database, silent, "practice", at.date(), at)
    with pytest.raises(Unacceptable):
        compare_day(database, silent, "practice", at.date() + timedelta(days=1), at)
