"""The provider made of files: asked, paid and given back without a network."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from post_logistics.channels.payments.port import Handle, Wanted
from post_logistics.channels.payments.practice import PracticePayments
from post_logistics.cod.payments import Said
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 14, 0, tzinfo=DHAKA)
ENDS = AT + timedelta(minutes=30)
WANTED = Wanted("pay-1", 125_050, "DP473124829BD", AT, ENDS)


def named(payment_id: str) -> Handle:
    return Handle(payment_id, AT, ENDS)


def test_practice_is_asked_paid_and_given_back_without_a_network(tmp_path: Path) -> None:
    provider = PracticePayments(tmp_path)
    offer = provider.offer(WANTED)
    assert offer == provider.offer(WANTED) and "1250.50" in offer.qr and not offer.why
    assert provider.status(named("pay-1")).said is Said.WAITING
    assert provider.pay("pay-1", AT)
    word = provider.status(named("pay-1"))
    assert (word.said, word.paid_poisha, word.currency, word.payment_id, word.paid_at) == (
        Said.PAID,
        125_050,
        "BDT",
        "pay-1",
        AT,
    )
    assert [provider.give_back(named("pay-1"), "r1", 125_050).done for _ in range(2)] == [True, True]
    assert provider.give_back(named("pay-1"), "r2", 1).refused


@pytest.mark.parametrize("name", ["nothing", "../../etc/passwd", "", "pay 1", "a" * 61])
def test_practice_knows_nothing_of_what_was_not_asked(tmp_path: Path, name: str) -> None:
    provider = PracticePayments(tmp_path)
    assert provider.status(named(name)).said is Said.NOTHING
    assert not provider.pay(name, AT) and not provider.fail(name)
    assert provider.give_back(named(name), "r", 1).refused


def test_a_payment_that_fails_says_so(tmp_path: Path) -> None:
    provider = PracticePayments(tmp_path)
    provider.offer(WANTED)
    assert provider.fail("pay-1") and provider.status(named("pay-1")).said is Said.FAILED


def test_its_daily_file_has_what_was_paid_on_that_day(tmp_path: Path) -> None:
    provider = PracticePayments(tmp_path)
    provider.offer(WANTED)
    provider.pay("pay-1", AT)
    (told, next_day) = (provider.daily_file(AT.date() + timedelta(days=n)) for n in (0, 1))
    assert told and [(one.payment_id, one.amount_poisha) for one in told.lines] == [("pay-1", 125_050)]
    assert next_day and not next_day.lines
