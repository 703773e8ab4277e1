"""Rules with a first day: every version ever in force, so that an old decision can always be made again."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

from post_logistics.consignments.facts import read_facts
from post_logistics.errors import Unacceptable

Rules = TypeVar("Rules")


@dataclass(frozen=True, slots=True)
class RuleBook(Generic[Rules]):
    """Versions of the rules with their first days, oldest first."""

    versions: tuple[tuple[date, Rules], ...]
    file: str

    def on(self, day: date) -> Rules:
        """The rules in force on a day; Unacceptable before the first."""
        begun = bisect_right(self.versions, day, key=lambda version: version[0])
        if not begun:
            raise Unacceptable(
                f"no rules of {self.file} are in force on {day}",
                field="valid_from",
                remedy=f"the first begin on {self.versions[0][0]}; add a [[rules]] block with an earlier valid_from",
            )
        return self.versions[begun - 1][1]


def load_rule_book(path: Path, read: Callable[[Mapping[str, Any], str], Rules]) -> RuleBook[Rules]:
    """The ``[[rules]]`` blocks of a TOML file, each made into rules by ``read(block, where)`` without its first day.

    Unacceptable names the block and the key that is wrong.
    """
    blocks = read_facts(path).get("rules")
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
        raise Unacceptable(f"{path.name} holds no rules", field="rules", remedy="add a [[rules]] block")
    versions = sorted(
        (_version(block, f"{path.name}, block {n}", read) for n, block in enumerate(blocks, 1)), key=_first
    )
    for earlier, later in pairwise(versions):
        if earlier[0] == later[0]:
            raise Unacceptable(
                f"{path.name}: two blocks begin on {later[0]}",
                field="valid_from",
                remedy="give each block a first day of its own",
            )
    return RuleBook(tuple(versions), path.name)


def _version(
    block: Mapping[str, Any], where: str, read: Callable[[Mapping[str, Any], str], Rules]
) -> tuple[date, Rules]:
    first = block.get("valid_from")
    if type(first) is not date:
        raise Unacceptable(
            f"{where}: valid_from is {first!r}", field="valid_from", remedy="write a day such as 2026-01-01"
        )
    return first, read({key: value for key, value in block.items() if key != "valid_from"}, where)


def _first(version: tuple[date, Any]) -> date:
    return version[0]
