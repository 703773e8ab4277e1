"""A month made, written down, read back, matched and judged."""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from post_logistics.cod.matching.engine import match
from post_logistics.errors import Unacceptable
from post_logistics.simulation.cod.files import README, pairs, write_pairs, write_statement
from post_logistics.simulation.cod.judging import Verdict, judge
from post_logistics.simulation.cod.lines import make_lines
from post_logistics.simulation.cod.month import Recipe, make_month
from post_logistics.simulation.cod.reconciling import Engine, reconcile

MOST_PARCELS = 20_000_000
_PARCELS_AN_OFFICE = 150
_FEWEST_OFFICES = 5

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was made and what became of it."""

    facts: dict[str, Any]
    verdict: Verdict

    @property
    def holds(self) -> bool:
        """Whether nothing was matched wrongly and nothing was left without a reason."""
        return not self.verdict.wrong and not self.facts["lines_neither_matched_nor_in_suspense"]


def simulate_month(
    recipe: Recipe,
    offices: Sequence[tuple[str, str]],
    out: Path,
    *,
    engine: Engine = match,
    step: Step = lambda what: None,
) -> Report:
    """Makes the month of the recipe, writes ``statement.csv``, ``truth.csv``, ``matches.csv`` and ``README.txt`` into
    ``out``, and judges what the engine matched. ``offices``: all there are, (postcode, name); a small month needs few.
    """
    if not 1 <= recipe.parcels <= MOST_PARCELS:
        raise Unacceptable(f"{recipe.parcels} parcels", field="--parcels", remedy=f"ask for 1 to {MOST_PARCELS}")
    start = perf_counter()
    step("a month of payments")
    month = make_month(recipe, chosen_offices(offices, recipe))
    lines = make_lines(month)
    step("the bank's statement")
    out.mkdir(parents=True, exist_ok=True)
    write_statement(out / "statement.csv", month, lines)
    write_pairs(out / "truth.csv", month, *pairs(month, lines.line, lines.entry))
    made_s = perf_counter() - start
    step("reading and matching")
    found = reconcile(out / "statement.csv", month, engine)
    step("judging")
    write_pairs(out / "matches.csv", month, *pairs(month, found.line, found.entry))
    (out / "README.txt").write_text(README.format(parcels=recipe.parcels, seed=recipe.seed), encoding="utf-8")
    verdict = judge(month, lines, found)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Report(verdict.figures | {"made_s": round(made_s, 2), "peak_memory_mb": peak_mb}, verdict)


def chosen_offices(offices: Sequence[tuple[str, str]], recipe: Recipe) -> list[tuple[str, str]]:
    """So many of the offices, spread over all, that each has something to pay in on most days."""
    wanted = min(len(offices), max(_FEWEST_OFFICES, recipe.parcels // _PARCELS_AN_OFFICE))
    return [offices[n * len(offices) // wanted] for n in range(wanted)]
