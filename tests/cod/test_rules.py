from datetime import date, timedelta
from pathlib import Path

import pytest

from post_logistics.cod.rules import load_cod_rules
from post_logistics.errors import Unacceptable

DATA = Path(__file__).resolve().parents[2] / "data"
GOOD = """
[[rules]]
valid_from = 2026-01-01
rider_cash_cap_poisha = 5_000_000
deposit_minimum_poisha = 0
payout_minimum_poisha = 0
cash_payout_limit_poisha = 500_000
settlement_weekdays = ["sunday", "wednesday"]
bank_holidays = [2026-12-02]
payout_approval_over_poisha = 10_000_000
advance_share_bps = 7_000
account_change_hold_hours = 24
denominations_poisha = [100, 1]
closing_hour = 21
till_limit_poisha = 20_000_000
deposit_within_days = 1
clear_alone_poisha = 0
excess_kept_after_days = 180
payment_expires_minutes = 30
bill_days = 15
"""


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "cod.toml").write_text(text, encoding="utf-8")
    return load_cod_rules(tmp_path)


def test_the_shipped_rules_are_in_force_and_keep_the_central_banks_limit() -> None:
    book = load_cod_rules(DATA)
    for rules in book.rules:
        assert rules.cash_payout_limit_poisha <= 5_000_00
        assert rules.payout_minimum_poisha <= rules.cash_payout_limit_poisha <= rules.rider_cash_cap_poisha
    assert book.on(date(2026, 11, 22)).valid_from <= date(2026, 11, 22)


def test_a_later_block_takes_over_on_its_first_day(tmp_path: Path) -> None:
    later = GOOD.replace("2026-01-01", "2026-07-01").replace("5_000_000", "1")
    (tmp_path / "cod.toml").write_text(later + GOOD, encoding="utf-8")
    book = load_cod_rules(tmp_path)
    assert book.on(date(2026, 6, 30)).rider_cash_cap_poisha == 5_000_000
    assert book.on(date(2026, 7, 1)).rider_cash_cap_poisha == 1
    with pytest.raises(Unacceptable, match="2025-12-31"):
        book.on(date(2025, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "field", "row"),
    [
        ("deposit_minimum_poisha = 0", "", "deposit_minimum_poisha", 1),
        ("deposit_minimum_poisha = 0", "deposit_minimum_poisha = -1", "deposit_minimum_poisha", 1),
        ("deposit_minimum_poisha = 0", "deposit_minimum_poisha = 0.5", "deposit_minimum_poisha", 1),
        ("deposit_minimum_poisha = 0", "deposit_minimum_poisha = true", "deposit_minimum_poisha", 1),
        ("payout_minimum_poisha", "payout_minimun_poisha", "payout_minimum_poisha", 1),
        ("[[rules]]", "[[rules]]\nholiday = 1", "holiday", 1),
        ("2026-01-01", '"2026-01-01"', "valid_from", 1),
        ("2026-01-01", "2026-01-01T00:00:00Z", "valid_from", 1),
        ('["sunday", "wednesday"]', "[]", "settlement_weekdays", 1),
        ('["sunday", "wednesday"]', '["caturday"]', "settlement_weekdays", 1),
        ("[2026-12-02]", '["2026-12-02"]', "bank_holidays", 1),
        ("[2026-12-02]", "2026-12-02", "bank_holidays", 1),
        ("advance_share_bps = 7_000", "advance_share_bps = 0.7", "advance_share_bps", 1),
        ("[100, 1]", "[]", "denominations_poisha", 1),
        ("[100, 1]", "[1, 100]", "denominations_poisha", 1),
        ("[100, 1]", "[100]", "denominations_poisha", 1),
        ("[100, 1]", "[100, 1.0]", "denominations_poisha", 1),
        ("[100, 1]", "[true]", "denominations_poisha", 1),
        (GOOD, GOOD + GOOD, "valid_from", None),
        (GOOD, "", "rules", None),
        (GOOD, "rules = 3", "rules", None),
        ("[[rules]]", "[[rules]", "cod.toml", None),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, old: str, new: str, field: str, row: int | None) -> None:
    with pytest.raises(Unacceptable) as refused:
        load(tmp_path, GOOD.replace(old, new))
    assert (refused.value.field, refused.value.row) == (field, row)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match=r"cod\.toml cannot be read"):
        load_cod_rules(tmp_path)


def test_settlement_falls_on_the_next_day_of_settlement(tmp_path: Path) -> None:
    (tmp_path / "cod.toml").write_text(GOOD, encoding="utf-8")
    rules = load_cod_rules(tmp_path).on(date(2026, 11, 22))
    sunday = date(2026, 11, 22)
    assert rules.settlement_on(sunday) == sunday
    assert rules.settlement_on(sunday + timedelta(days=1)) == date(2026, 11, 25)
    assert rules.settlement_on(date(2026, 11, 26)) == date(2026, 11, 29)


def test_a_day_on_which_the_banks_are_closed_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "cod.toml").write_text(GOOD, encoding="utf-8")
    rules = load_cod_rules(tmp_path).on(date(2026, 11, 22))
    assert not rules.settles_on(date(2026, 12, 2))
    assert rules.settlement_on(date(2026, 11, 30)) == date(2026, 12, 6)
