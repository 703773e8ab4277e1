"""What the matching of a made-up month is worth, measured against the truth: the only place that sees both."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from post_logistics.simulation.cod.files import pairs
from post_logistics.simulation.cod.lines import Lines, Trouble, What
from post_logistics.simulation.cod.month import Ints, Month

_OWN = (What.CHARGE, What.INTEREST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an engine made of the statement. ``line`` and ``entry``: (p,) the pairs it found; ``rule`` and ``reason``:
    (lines,) the rule by which a line is explained and the reason why it waits, "" for none; ``read_s`` and ``match_s``:
    what it took, and ``processor_s`` how much of that was work."""

    line: Ints
    entry: Ints
    rule: NDArray[np.object_]
    reason: NDArray[np.object_]
    read_s: float = 0.0
    match_s: float = 0.0
    processor_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How much of the truth was found, and how much that is not true."""

    figures: dict[str, Any]
    examples: tuple[str, ...]
    """Some of what is wrong, in words."""

    @property
    def wrong(self) -> int:
        """Lines that were taken for something that they are not; 0 or the engine is not to be trusted."""
        return int(self.figures["lines_wrongly_matched"])


def judge(month: Month, lines: Lines, found: Found) -> Verdict:
    """The figures of that matching."""
    n, m = len(lines.day), len(month.entries.kind)
    true, told = np.unique(lines.line * m + lines.entry), np.unique(found.line * m + found.entry)
    right, wrong = told[np.isin(told, true)], told[~np.isin(told, true)]
    matchable = np.zeros(n, bool)
    matchable[lines.line] = True
    whole = matchable.copy()
    whole[np.setdiff1d(true, told) // m] = False
    explained = found.rule != ""
    paired = np.zeros(n, bool)
    paired[found.line] = True
    falsely = np.zeros(n, bool)
    falsely[wrong // m] = True
    falsely |= explained & ~paired & ~np.isin(lines.what, _OWN)
    of_payments, kept, false = (len(pairs(month, key // m, key % m)[0]) for key in (true, right, wrong))
    figures = {
        "parcels": month.recipe.parcels,
        "seed": month.recipe.seed,
        "offices": len(month.offices),
        "collections": len(month.collections.parcel),
        "entries": m,
        "statement_lines": n,
        "pairs": of_payments,
        "pairs_matched": kept,
        "pairs_matched_share": _share(kept, of_payments),
        "pairs_wrongly_matched": false,
        "lines_matchable": int(matchable.sum()),
        "lines_matched": int(whole.sum()),
        "lines_matched_share": _share(int(whole.sum()), int(matchable.sum())),
        "lines_wrongly_matched": int(falsely.sum()),
        "lines_of_the_bank_itself": int((explained & np.isin(lines.what, _OWN)).sum()),
        "lines_in_suspense": int((found.reason != "").sum()),
        "lines_neither_matched_nor_in_suspense": int((~explained & (found.reason == "")).sum()),
        "by_rule": _counts(found.rule),
        "by_reason": _counts(found.reason),
        "by_trouble": _by(lines.trouble, Trouble, matchable, whole, found.reason),
        "by_kind": _by(lines.what, What, matchable, whole, found.reason),
        "read_s": round(found.read_s, 2),
        "match_s": round(found.match_s, 2),
        "processor_s": round(found.processor_s, 2),
    }
    return Verdict(figures=figures, examples=_examples(lines, falsely, found))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 1.0


def _counts(texts: NDArray[np.object_]) -> dict[str, int]:
    names, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _by(
    column: Ints, kinds: Any, matchable: NDArray[np.bool_], whole: NDArray[np.bool_], reason: NDArray[np.object_]
) -> dict[str, dict[str, Any]]:
    """For each kind of line: how many there are, could be matched, were, and why the others were not."""
    made = {}
    for kind in kinds:
        of = column == kind
        if of.any():
            made[kind.name.lower()] = {
                "lines": int(of.sum()),
                "matchable": int((of & matchable).sum()),
                "matched": int((of & whole).sum()),
                "in_suspense": _counts(reason[of]),
            }
    return made


def _examples(lines: Lines, falsely: NDArray[np.bool_], found: Found) -> tuple[str, ...]:
    told = []
    for line in np.flatnonzero(falsely)[:5].tolist():
        true = lines.entry[lines.line == line].tolist()
        said = found.entry[found.line == line].tolist()
        what, trouble = What(lines.what[line]).name.lower(), Trouble(lines.trouble[line]).name.lower()
        by = found.rule[line]
        told.append(f"row {line + 1} ({what}, {trouble}): by {by} matched with {said[:4]}, true are {true[:4]}")
    return tuple(told)
