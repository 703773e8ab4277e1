"""What one source's lines may be matched by: windows, fees, tolerances; data in ``data/matching.toml``."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from post_logistics.errors import Unacceptable

Amount = TypeVar("Amount", int, npt.NDArray[np.int64])

ROUNDINGS = ("half_up", "up", "down")
PER = ("entry", "lump")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What a provider keeps: basis points rounded to the poisha, and a fixed part, of each payment or of the lump."""

    bps: int = 0
    fixed_poisha: int = 0
    rounding: str = "half_up"
    per: str = "entry"

    def of(self, amount_poisha: Amount) -> Amount:
        """The fee for an amount, or for each of a column."""
        more = {"half_up": 5_000, "up": 9_999, "down": 0}[self.rounding]
        return (amount_poisha * self.bps + more) // 10_000 + self.fixed_poisha


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules for one source. Days are counted from when an entry is due to when its line is booked.

    ``owners``: owner -> other names under which lines may speak of it. ``only_owner``: all lines are this owner's.
    """

    days_before: int = 2
    days_after: int = 60
    amount_days_before: int = 1
    amount_days_after: int = 7
    lump_days_after: int = 30
    reference_characters: int = 5
    tolerance_poisha: int = 0
    tolerance_needs_person: bool = True
    amount_needs_owner: bool = True
    sum_most_entries: int = 40
    sum_seconds: float = 1.0
    charges: tuple[str, ...] = ()
    interest: tuple[str, ...] = ()
    fees: Mapping[str, Fee] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only_owner: str = ""

    def pattern(self, which: tuple[str, ...]) -> re.Pattern[str] | None:
        """What finds any of these words in a description; None if there are none."""
        return re.compile("|".join(rf"\b{re.escape(word)}\b" for word in which), re.I) if which else None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of every source; a source of its own overrides what it names and shares the rest."""

    default: Rules
    sources: Mapping[str, Rules]

    def of(self, source: str) -> Rules:
        """The rules of one source."""
        return self.sources.get(source, self.default)


def load_match_rules(facts_dir: Path) -> RuleBook:
    """The rule book in ``matching.toml``; Unacceptable names the table and the key that is wrong."""
    path = facts_dir / "matching.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unacceptable(f"{path} cannot be read: {error.strerror}", field="facts_dir") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unacceptable(f"{path} is not TOML: {error}", field="matching.toml") from None
    for name in tables.keys() - {"default", "source"}:
        raise Unacceptable("is no table of rules", field=name, remedy="write [default] or [source.NAME]")
    default = _rules("default", tables.get("default", {}), Rules())
    return RuleBook(
        default, {name: _rules(f"source.{name}", given, default) for name, given in tables.get("source", {}).items()}
    )


def _rules(where: str, given: Mapping[str, Any], base: Rules) -> Rules:
    kinds = {one.name: type(getattr(base, one.name)) for one in fields(Rules)}
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name == "fees":
            changes[name] = {**base.fees, **{key: _fee(f"{where}.fees.{key}", fee) for key, fee in value.items()}}
        elif name == "owners":
            changes[name] = {**base.owners, **{key: _words(f"{where}.owners.{key}", on) for key, on in value.items()}}
        elif name in {"charges", "interest"}:
            changes[name] = _words(f"{where}.{name}", value)
        elif name not in kinds:
            raise Unacceptable("is no rule", field=f"{where}.{name}", remedy=f"use only: {', '.join(kinds)}")
        elif kinds[name] is float and type(value) is int:
            changes[name] = float(value)
        elif type(value) is not kinds[name] or (not isinstance(value, str) and value < 0):
            raise Unacceptable(
                f"{value!r} is not of the kind {kinds[name].__name__}, zero or more", field=f"{where}.{name}"
            )
        else:
            changes[name] = value
    return replace(base, **changes)


def _words(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise Unacceptable("is not a list of words", field=where, remedy='write ["one", "two"]')
    return tuple(value)


def _fee(where: str, value: Mapping[str, Any]) -> Fee:
    wanted = {"bps": int, "fixed_poisha": int, "rounding": str, "per": str}
    for name, given in value.items():
        if name not in wanted or type(given) is not wanted[name] or (isinstance(given, int) and given < 0):
            raise Unacceptable(f"{given!r} is no such part of a fee", field=f"{where}.{name}")
    fee = Fee(**value)
    if fee.rounding not in ROUNDINGS or fee.per not in PER:
        raise Unacceptable("rounds or counts in no known way", field=where, remedy=f"rounding: {ROUNDINGS}; per: {PER}")
    return fee
