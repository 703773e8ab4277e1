"""The limits of cash on delivery that a postmaster may change, read from ``data/cod.toml``, each with its first day."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from post_logistics.errors import Unacceptable

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodRules:
    """The rules in force from ``valid_from`` on; every amount in poisha. See ``data/cod.toml`` for their sources."""

    valid_from: date
    rider_cash_cap_poisha: int
    deposit_minimum_poisha: int
    payout_minimum_poisha: int
    cash_payout_limit_poisha: int
    settlement_weekdays: tuple[str, ...]
    denominations_poisha: tuple[int, ...]
    closing_hour: int = 24
    till_limit_poisha: int = 0
    deposit_within_days: int = 0
    clear_alone_poisha: int = 0
    excess_kept_after_days: int = 0
    bank_holidays: tuple[date, ...] = ()
    payout_approval_over_poisha: int = 0
    advance_share_bps: int = 0
    account_change_hold_hours: int = 0
    payment_expires_minutes: int = 30
    bill_days: int = 15

    def settles_on(self, day: date) -> bool:
        """Whether settlements are made on that day."""
        return WEEKDAYS[day.weekday()] in self.settlement_weekdays and day not in self.bank_holidays

    def settlement_on(self, earliest_on: date) -> date:
        """The first day of settlement that is not before ``earliest_on``."""
        days = (earliest_on + timedelta(days=n) for n in range(7 * (len(self.bank_holidays) + 1)))
        return next(day for day in days if self.settles_on(day))


@dataclass(frozen=True, slots=True)
class CodRuleBook:
    """All rules ever in force, oldest first."""

    rules: tuple[CodRules, ...]

    def on(self, day: date) -> CodRules:
        """The rules in force on a day; Unacceptable before the first."""
        in_force = [rules for rules in self.rules if rules.valid_from <= day]
        if not in_force:
            raise Unacceptable(
                f"no cash-on-delivery rules are in force on {day}",
                field="valid_from",
                remedy="add a [[rules]] block with an earlier valid_from to data/cod.toml",
            )
        return in_force[-1]


def load_cod_rules(facts_dir: Path) -> CodRuleBook:
    """The rule book in ``cod.toml``; Unacceptable names the block (as row) and the key that is wrong."""
    path = facts_dir / "cod.toml"
    try:
        blocks = tomllib.loads(path.read_text(encoding="utf-8")).get("rules")
    except OSError as error:
        raise Unacceptable(f"{path} cannot be read: {error.strerror}", field="facts_dir") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unacceptable(f"{path} is not TOML: {error}", field="cod.toml") from None
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
        raise Unacceptable(f"{path} holds no rules", field="rules", remedy="add a [[rules]] block")
    book = sorted((_rules(block, row) for row, block in enumerate(blocks, 1)), key=lambda rules: rules.valid_from)
    for earlier, later in pairwise(book):
        if earlier.valid_from == later.valid_from:
            raise Unacceptable(
                f"two blocks of rules begin on {later.valid_from}",
                field="valid_from",
                remedy="give each its own first day",
            )
    return CodRuleBook(tuple(book))


def _rules(block: Mapping[str, Any], row: int) -> CodRules:
    names = [field.name for field in fields(CodRules)]
    for name in [*names, *block]:
        if name not in block:
            raise Unacceptable("is missing", field=name, row=row, remedy="every block has all the keys")
        if name not in names:
            raise Unacceptable("is no rule", field=name, row=row, remedy=f"use only: {', '.join(names)}")
    for name in names:
        wrong = _wrong(name, block[name])
        if wrong:
            raise Unacceptable(f"{block[name]!r} {wrong}", field=name, row=row)
    lists = {name: tuple(block[name]) for name in ("settlement_weekdays", "bank_holidays", "denominations_poisha")}
    return CodRules(**{**block, **lists})


def _wrong(name: str, value: object) -> str:
    """Why the value cannot be this rule's; empty if it can."""
    if name == "valid_from":
        return "" if type(value) is date else "is not a date such as 2026-01-01"
    if name == "settlement_weekdays":
        known = isinstance(value, list) and value and all(day in WEEKDAYS for day in value)
        return "" if known else f"is not a list of days out of: {', '.join(WEEKDAYS)}"
    if name == "denominations_poisha":
        given = value if isinstance(value, list) else []
        falling = given == sorted(set(map(_worth, given)), reverse=True) and given[-1:] == [1]
        return "" if falling else "is not a list of whole poisha that falls to 1"
    if name == "bank_holidays":
        days = isinstance(value, list) and all(type(day) is date for day in value)
        return "" if days else "is not a list of dates such as 2026-12-16"
    return "" if type(value) is int and value >= 0 else "is not a whole number (of poisha, hours, days), zero or more"


def _worth(value: object) -> int:
    return value if type(value) is int else 0
