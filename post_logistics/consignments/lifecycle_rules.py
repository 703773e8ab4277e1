"""The limits in ``data/lifecycle.toml``: attempts, holding, pickups, and what weighing does to the price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.errors import Unacceptable


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """What is charged for parcels booked from ``valid_from`` on."""

    valid_from: date
    weighing_tolerance_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    attempts_before_return: int
    longest_hold_days: int
    longest_pickup_wait_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRules:
    """The rules as the operations use them; ``charges`` are all that ever held, oldest first."""

    attempts_before_return: int
    longest_hold_days: int
    longest_pickup_wait_days: int
    charges: tuple[Charges, ...]

    def charges_on(self, day: date) -> Charges:
        """What holds for a parcel booked that day; Unacceptable before the first block."""
        in_force = [one for one in self.charges if one.valid_from <= day]
        if not in_force:
            raise Unacceptable(
                f"lifecycle.toml has no charges for {day}",
                field="valid_from",
                remedy="add a [[charges]] block with an earlier valid_from",
            )
        return in_force[-1]


def load_lifecycle_rules(facts_dir: Path) -> LifecycleRules:
    """The rules in ``lifecycle.toml``; Unacceptable names the key that is wrong."""
    file = read_facts(facts_dir / "lifecycle.toml")
    blocks = file.pop("charges", None)
    limits = fact_of(_Limits, file, "lifecycle.toml")
    if not limits.attempts_before_return:
        raise Unacceptable(
            "lifecycle.toml: attempts_before_return is 0", field="attempts_before_return", remedy="write 1 or more"
        )
    return LifecycleRules(
        attempts_before_return=limits.attempts_before_return,
        longest_hold_days=limits.longest_hold_days,
        longest_pickup_wait_days=limits.longest_pickup_wait_days,
        charges=_charges(blocks),
    )


def _charges(blocks: Any) -> tuple[Charges, ...]:
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, Mapping) for block in blocks):
        raise Unacceptable("lifecycle.toml holds no charges", field="charges", remedy="add a [[charges]] block")
    made = [fact_of(Charges, block, f"lifecycle.toml, charges {row}") for row, block in enumerate(blocks, 1)]
    made.sort(key=lambda one: one.valid_from)
    for earlier, later in pairwise(made):
        if earlier.valid_from == later.valid_from:
            raise Unacceptable(
                f"lifecycle.toml: two blocks of charges begin on {later.valid_from}",
                field="valid_from",
                remedy="give each its own first day",
            )
    return tuple(made)
