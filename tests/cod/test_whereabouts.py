"""What comes next and by when: hours, banking days, midnight, and the sentences a merchant reads."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from post_logistics.cod.accounts import Account
from post_logistics.cod.rules import load_cod_rules
from post_logistics.cod.terms import Cycle, Terms
from post_logistics.cod.whereabouts import Stage, Taka, banking_day, due_at, load_money_rules, sentence
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.units import DHAKA, ItemNumber, MerchantId

DATA = Settings().facts_dir
SUNDAY = date(2026, 11, 22)
COD, MONEY = load_cod_rules(DATA).on(SUNDAY), load_money_rules(DATA)
PLACES = {
    Stage.RIDER: "rider_cash:1216-R01",
    Stage.AGENT: "agent_cash:dc-1216-01",
    Stage.PROVIDER: "provider_clearing:bkash",
}


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """That time in November 2026; the 22nd is a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=DHAKA)


def money(stage: Stage, since: datetime) -> Taka:
    """Tk 1,250 that has come so far."""
    place = Account(PLACES.get(stage, "office_till:1216"))
    return Taka(
        transfer_id=UUID(int=1),
        item_number=ItemNumber("DP473124829BD"),
        owed_to=Account("merchant_payable:shop"),
        taken_by=place,
        amount_poisha=1_250_00,
        at=since,
        stage=stage,
        place=place,
        since=since,
        office="1216",
        close_id="c",
        closed_at=since,
        settlement_id="shop-2026-11-23",
    )


def agreed(cycle: Cycle, weekday: str = "") -> Terms:
    """Terms in force."""
    return Terms(
        merchant=MerchantId("shop"),
        version=1,
        valid_from=SUNDAY,
        cycle=cycle,
        weekday=weekday,
        minimum_poisha=None,
        why="agreed",
        set_by="finance",
        set_at=at(22),
    )


@pytest.mark.parametrize(
    ("stage", "since", "due"),
    [
        (Stage.RIDER, at(22, 14), at(22, 21)),
        (Stage.RIDER, at(22, 21), at(22, 21)),
        (Stage.RIDER, at(22, 21, 1), at(23, 21)),
        (Stage.RIDER, at(22, 23, 59), at(23, 21)),
        (Stage.AGENT, at(22), at(24, 21)),
        (Stage.COUNTED, at(22, 20), at(23, 16)),
        (Stage.COUNTED, at(26, 20), at(29, 16)),  # Thursday evening: the bank opens on Sunday
        (Stage.DEPOSIT, at(23, 10), at(25, 16)),
        (Stage.DEPOSIT, at(26, 10), at(30, 16)),
        (Stage.PROVIDER, at(27, 10), at(29, 16) + timedelta(days=2)),  # paid on Friday: counts from Sunday
        (Stage.PAYOUT, at(22), at(25, 16)),
        (Stage.BANK, at(22), at(23, 16)),
        (Stage.PAID, at(22), None),
        (Stage.SETTLED, at(22), None),
    ],
)
def test_the_next_step_has_its_hour(stage: Stage, since: datetime, due: datetime | None) -> None:
    assert due_at(money(stage, since), at(22, 14), MONEY, COD) == due


def test_a_kept_till_is_counted_at_the_next_close_however_old_it_is() -> None:
    assert due_at(money(Stage.TILL, at(1)), at(22, 14), MONEY, COD) == at(22, 21)
    assert due_at(money(Stage.TILL, at(1)), at(22, 22), MONEY, COD) == at(23, 21)


def test_an_hour_of_24_is_the_midnight_at_the_end_of_the_day() -> None:
    late = replace(COD, closing_hour=24)
    assert due_at(money(Stage.RIDER, at(22, 23, 59)), at(22), MONEY, late) == at(23, 0)
    told = sentence(money(Stage.RIDER, at(22, 23)), at(23, 0), at(22, 23, 30), "Mirpur")
    assert told.endswith("to be handed in today.")


def test_money_in_the_bank_is_settled_as_the_merchant_has_agreed() -> None:
    one = money(Stage.BANK, at(22))
    assert due_at(one, at(22), MONEY, COD, agreed(Cycle.WEEKLY, "thursday")) == at(26, 16)
    assert due_at(one, at(22), MONEY, COD, agreed(Cycle.ON_DEMAND)) is None
    assert "when you ask for it" in sentence(one, None, at(22), "Mirpur")


def test_a_holiday_is_no_banking_day() -> None:
    victory_day = date(2026, 12, 16)
    assert victory_day in COD.bank_holidays
    assert banking_day(victory_day, 0, MONEY, COD) == date(2026, 12, 17)
    assert banking_day(date(2026, 12, 15), 2, MONEY, COD) == date(2026, 12, 20)


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_told_in_both_languages(stage: Stage) -> None:
    one = money(stage, at(22))
    due = due_at(one, at(22), MONEY, COD)
    english, bangla = sentence(one, due, at(22), "Mirpur"), sentence(one, due, at(22), "মিরপুর", "bn")
    assert english.startswith("Tk 1,250.00") and english.endswith(".")
    assert "৳১,২৫০.০০" in bangla and bangla.endswith("।")
    assert "{" not in english + bangla and "None" not in english + bangla


def test_what_is_late_says_so() -> None:
    one = money(Stage.COUNTED, at(22))
    told = sentence(one, at(23, 16), at(25), "Mirpur")
    assert told == "Tk 1,250.00 is with Mirpur post office, to be paid in at the bank by 23 Nov 2026: this is late."
    assert sentence(one, at(23, 16), at(25), "মিরপুর", "bn").endswith("; দেরি হচ্ছে।")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"sunday"', '"funday"', "bank_weekdays"),
        ("bank_closes_hour = 16", "bank_closes_hour = 24", "bank_closes_hour"),
        ("bank_closes_hour = 16", "", "bank_closes_hour"),
        ("payout_confirmed_within_days = 3", 'payout_confirmed_within_days = "3"', "payout_confirmed_within_days"),
        ("payout_confirmed_within_days", "payout_confirmed_in_days", "payout_confirmed_in_days"),
    ],
)
def test_rules_that_are_wrong_name_their_key(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = (DATA / "money_alarms.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "money_alarms.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Unacceptable) as caught:
        load_money_rules(tmp_path)
    assert caught.value.field == field
