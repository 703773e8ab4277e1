"""Small statements and what was expected on them, written a row at a time."""

from datetime import date
from typing import Any

import numpy as np

from post_logistics.cod.matching.columns import KINDS, REASONS, RULES, Entries, EntryKind, Matched
from post_logistics.cod.matching.engine import match
from post_logistics.cod.matching.rules import Fee, Rules
from post_logistics.cod.statements.columns import LineColumns, day_number, texts

DAY = date(2026, 11, 1)
RULES_OF_TEST = Rules(
    charges=("bank charge",), interest=("interest",), tolerance_poisha=500_00, fees={"bkash": Fee(bps=150)}
)


def day(n: int) -> int:
    """The number of the n-th of November."""
    return day_number(DAY) + n - 1


class World:
    """Entries and lines, each by the name that the test gives it."""

    def __init__(self, rules: Rules = RULES_OF_TEST) -> None:
        self.rules = rules
        self.entries: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, dict[str, Any]] = {}

    def entry(
        self,
        name: str,
        amount: int,
        reference: str = "",
        owner: str = "1216",
        on: int = 2,
        kind: EntryKind = EntryKind.DEPOSIT,
        group: str = "",
        come: bool = False,
        also: str = "",
    ) -> None:
        """Something expected from the n-th on."""
        self.entries[name] = locals() | {"self": None}

    def line(
        self, name: str, amount: int, reference: str = "", text: str = "CASH DEPOSIT", on: int = 3, known: bool = False
    ) -> None:
        """A line booked on the n-th, below those before it."""
        self.lines[name] = locals() | {"self": None, "row": len(self.lines) + 2}

    def columns(self) -> tuple[LineColumns, Entries, Any]:
        """What the engine takes."""
        lines, entries = list(self.lines.values()), list(self.entries.values())
        return (
            LineColumns(
                line=texts(one["name"] for one in lines),
                row=np.array([one["row"] for one in lines], dtype=np.int32),
                booked_on=np.array([day(one["on"]) for one in lines], dtype=np.int32),
                amount_poisha=np.array([one["amount"] for one in lines], dtype=np.int64),
                reference=texts(one["reference"] for one in lines),
                description=texts(one["text"] for one in lines),
                source=texts("bank" for _ in lines),
            ),
            Entries(
                entry=[one["name"] for one in entries],
                kind=np.array([KINDS.index(one["kind"]) for one in entries], dtype=np.int8),
                owner=[one["owner"] for one in entries],
                due_on=np.array([day(one["on"]) for one in entries], dtype=np.int32),
                amount_poisha=np.array([one["amount"] for one in entries], dtype=np.int64),
                references=([one["reference"] for one in entries], [one["also"] for one in entries]),
                group=[one["group"] for one in entries],
                explained=np.array([one["come"] for one in entries], dtype=np.bool_),
            ),
            np.array([one["known"] for one in lines], dtype=np.bool_),
        )

    def run(self) -> Matched:
        """What the engine says."""
        lines, entries, known = self.columns()
        return match(lines, entries, self.rules, known)

    def found(self) -> dict[tuple[str, ...], tuple[str, tuple[str, ...]]]:
        """Lines -> rule and entries, of every match."""
        matched, lines, entries = self.run(), list(self.lines), list(self.entries)
        return {
            tuple(sorted(lines[one] for one in of_lines)): (
                RULES[matched.rule[number]].value,
                tuple(sorted(entries[one] for one in of_entries)),
            )
            for number, of_lines, of_entries in matched.members()
        }

    def waits(self) -> dict[str, str]:
        """Line -> why it is not matched."""
        reasons = self.run().reason.tolist()
        return {name: REASONS[code].value for name, code in zip(self.lines, reasons, strict=True) if code >= 0}
