"""A million statement lines read and matched, and a million parcels: seconds, memory, what was found, what is wrong.

``python -m benchmarks.reconciliation [--parcels 1000000] [--lines 1000000] [--seeds 1]`` makes a month of so many
parcels, and one in which nearly all pay without cash, so that its statement has so many lines. Each runs in a process
of its own, whose peak memory is that of making, reading, matching and judging together.
"""

import argparse
import json
import multiprocessing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from post_logistics.network.offices import load_offices
from post_logistics.simulation.cod.month import Recipe
from post_logistics.simulation.cod.run import simulate_month

FACTS = Path(__file__).resolve().parent.parent / "data"
LEAST_SHARE, MOST_S, MOST_MB = 0.99, 60, 2_048
_LINES_A_PARCEL = 0.77
"""So many lines come of a parcel that is not paid in cash: wallets pay a day in one sum."""
_SHOWN = (
    *("parcels", "statement_lines", "pairs", "pairs_matched_share", "pairs_wrongly_matched", "lines_matched_share"),
    *("lines_in_suspense", "lines_neither_matched_nor_in_suspense"),
    *("made_s", "read_s", "match_s", "processor_s", "peak_memory_mb"),
)


def figures(recipe: Recipe) -> dict[str, Any]:
    """The figures of that month."""
    offices = sorted((one.postcode, one.name_en) for one in load_offices(FACTS).values())
    with TemporaryDirectory(prefix="post-logistics-bench-") as folder:
        return simulate_month(recipe, offices, Path(folder)).facts


def holds(found: dict[str, Any]) -> bool:
    """Whether the figures are those that were promised."""
    wrong = found["lines_wrongly_matched"] + found["lines_neither_matched_nor_in_suspense"]
    quick = found["read_s"] + found["match_s"] <= MOST_S and found["peak_memory_mb"] <= MOST_MB
    return not wrong and quick and bool(found["pairs_matched_share"] >= LEAST_SHARE)


def main() -> None:
    """Prints a line of JSON for each month."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconciliation", description=(__doc__ or "")[:110])
    parser.add_argument("--parcels", type=int, default=1_000_000, help="parcels of the usual month (1000000), 0: none")
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of the other month (1000000), 0: none")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1], help="a month for each (1)")
    given = parser.parse_args()
    wanted = [
        recipe
        for seed in given.seeds
        for recipe in (
            Recipe(parcels=given.parcels, seed=seed),
            Recipe(parcels=round(given.lines / _LINES_A_PARCEL), seed=seed, digital=1.0),
        )
        if recipe.parcels
    ]
    for recipe in wanted:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(figures, (recipe,))
        print(json.dumps({"seed": recipe.seed, "holds": holds(found)} | {name: found[name] for name in _SHOWN}))


if __name__ == "__main__":
    main()
