"""What it costs the post to carry parcels and money: the model of ``data/costs.toml``, by first day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from post_logistics.consignments.facts import fact_of, read_facts
from post_logistics.errors import Unacceptable

_FILE = "costs.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Poisha for each time that something is done, from ``valid_from`` on; ``_bps`` are hundredths of a percent."""

    valid_from: date
    parcel_poisha: int
    sent_on_poisha: int
    sent_on_per_kg_poisha: int
    try_poisha: int
    return_poisha: int
    cash_poisha: int
    cash_bps: int
    digital_bps: int
    payout_poisha: int


@dataclass(frozen=True, slots=True)
class CostBook:
    """All versions, oldest first."""

    versions: tuple[Costs, ...]

    def on(self, day: date) -> Costs:
        """What things cost on a day; Unacceptable before the first version."""
        begun = [one for one in self.versions if one.valid_from <= day]
        if not begun:
            raise Unacceptable(
                f"{_FILE}: nothing has a cost on {day}",
                field="valid_from",
                remedy=f"the first version begins on {self.versions[0].valid_from}; add a [[costs]] block before it",
            )
        return begun[-1]


def load_costs(facts_dir: Path) -> CostBook:
    """The model of the file; Unacceptable names the block and the key that is wrong."""
    blocks = read_facts(facts_dir / _FILE).get("costs")
    if not isinstance(blocks, list) or not blocks:
        raise Unacceptable(f"{_FILE} holds no costs", field="costs", remedy="add a [[costs]] block")
    book = sorted((_costs(block, n) for n, block in enumerate(blocks, 1)), key=lambda one: one.valid_from)
    if len({one.valid_from for one in book}) < len(book):
        raise Unacceptable(
            f"{_FILE}: two blocks begin on one day", field="valid_from", remedy="give each a first day of its own"
        )
    return CostBook(tuple(book))


def _costs(block: Mapping[str, Any], number: int) -> Costs:
    if not isinstance(block, Mapping):
        raise Unacceptable(f"{_FILE}, block {number}: is no block", field="costs", remedy="write [[costs]] above it")
    return fact_of(Costs, block, f"{_FILE}, block {number}")
