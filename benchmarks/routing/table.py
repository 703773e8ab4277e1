"""The competition, turn by turn, and what it comes to in Markdown."""

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import geometric_mean, median
from time import perf_counter, process_time

from benchmarks.routing.expressing import Orders, plan_of
from benchmarks.routing.peers import OURS, Competitor
from benchmarks.routing.sets import Case
from post_logistics.routing.check import Fault, check_plan
from post_logistics.routing.plan import RoutePlan
from post_logistics.routing.problem import RoutingProblem

_Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One plan: what it costs, how many rules it breaks, and the seconds it took by the clock and on the processor."""

    left_behind: int
    cost_m: int
    violations: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A case and the outcomes of each competitor that can be told it, seed by seed."""

    case: Case
    stops: int
    best_known_m: int | None
    outcomes: Mapping[str, Sequence[Outcome]]

    def ratio(self, peer: str) -> float:
        """Our cost over the peer's, median over the seeds; zero or infinite where stops left behind decide."""
        pairs = zip(self.outcomes[OURS], self.outcomes[peer], strict=True)
        return median(_ratio(ours, theirs) for ours, theirs in pairs)


def _ratio(ours: Outcome, theirs: Outcome) -> float:
    if ours.left_behind != theirs.left_behind:
        return inf if ours.left_behind > theirs.left_behind else 0.0
    return ours.cost_m / theirs.cost_m if theirs.cost_m else 1.0


def compete(
    case: Case, competitors: Sequence[Competitor], seconds: Mapping[str, float], seeds: int, say: Callable[[str], None]
) -> Line:
    """Every competitor with every seed, in turns, the first of one round being the last of the next."""
    problem, best_known_m = case.load()
    able = [one for one in competitors if one.knows_enough(problem)]
    for one in able:
        one.warm(problem)
    outcomes: dict[str, list[Outcome]] = {one.name: [] for one in able}
    for seed in range(1, seeds + 1):
        first = seed % len(able)
        for one in (*able[first:], *able[:first]):
            outcome = _outcome(problem, one, seconds[one.name], seed)
            outcomes[one.name].append(outcome)
            say(f"{case.name}, seed {seed}: {one.name} {_cost(outcome)}, {outcome.wall_s:.1f} s")
    return Line(case=case, stops=len(problem.stops), best_known_m=best_known_m, outcomes=outcomes)


def _outcome(problem: RoutingProblem, competitor: Competitor, seconds: float, seed: int) -> Outcome:
    """The outcome as the judge sees it; orders come without reasons, so those that `plan_of` made up do not count."""
    wall_s, cpu_s = perf_counter(), process_time()
    answer, refused = _answer(problem, competitor, seconds, seed)
    wall_s, cpu_s = perf_counter() - wall_s, process_time() - cpu_s
    plan, late = (answer, 0) if isinstance(answer, RoutePlan) else plan_of(problem, answer)
    overlooked = () if plan is answer else (Fault.UNTRUE_REASON,)
    faults = [violation for violation in check_plan(problem, plan) if violation.fault not in overlooked]
    return Outcome(
        left_behind=plan.cost.left_behind,
        cost_m=plan.cost.total_m,
        violations=refused + late + len(faults),
        wall_s=wall_s,
        cpu_s=cpu_s,
    )


def _answer(
    problem: RoutingProblem, competitor: Competitor, seconds: float, seed: int
) -> tuple[RoutePlan | Orders, int]:
    """The plan or orders; or none and one rule broken if the search itself finds its plan to be wrong."""
    try:
        return competitor.run(problem, seconds, seed), 0
    except AssertionError as error:
        print(f"{competitor.name}: {error}", file=sys.stderr, flush=True)
        return (), 1


def report(lines: Sequence[Line], names: Sequence[str], terms: str) -> str:
    """All tables: cost by instance, ratios by family, seconds and violations by family."""
    return "\n\n".join(
        [
            f"{_machine()}\n{terms}; plans of each instance: {len(lines[0].outcomes[OURS])}",
            "Cost in metres, median over the seeds (-n: so many stops left behind that had to go), x: median of ours "
            "over theirs, %: above the best known.",
            _costs(lines, names),
            "Ours over theirs, by class; how often more or fewer stops that had to go were left behind:",
            _ratios(lines, [name for name in names if name != OURS]),
            "Seconds for one plan, median and most, and rules broken in all plans:",
            _seconds(lines, names),
        ]
    )


def _machine() -> str:
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; load at the end: {load}"


def _costs(lines: Sequence[Line], names: Sequence[str]) -> str:
    rows = [[line.case.name, f"{line.stops:,}", *(_cell(line, name) for name in names)] for line in lines]
    return _markdown(["instance", "stops", *names], rows)


def _cell(line: Line, name: str) -> str:
    if name not in line.outcomes:
        return "-"
    middle = sorted(line.outcomes[name], key=_rank)[len(line.outcomes[name]) // 2]
    ratio = f" x {line.ratio(name):.3f}" if name != OURS else ""
    gap = f" {middle.cost_m / line.best_known_m - 1:+.2%}" if line.best_known_m else ""
    return _cost(middle) + ratio + gap


def _rank(outcome: Outcome) -> tuple[int, int]:
    return outcome.left_behind, outcome.cost_m


def _cost(outcome: Outcome) -> str:
    return f"{outcome.cost_m:,}" + (f" -{outcome.left_behind}" if outcome.left_behind else "")


def _ratios(lines: Sequence[Line], peers: Iterable[str]) -> str:
    rows = []
    for peer in peers:
        met = [line for line in lines if peer in line.outcomes]
        for family, cases in [*_families(lines, peer), *([("all", met)] if met else [])]:
            rows.append([family, peer, *_summary({line.case.name: line.ratio(peer) for line in cases})])
    columns = ("class", "against", "instances", "no worse", "geometric mean", "best", "worst", "leaves more / fewer")
    return _markdown(columns, rows)


def _summary(ratios: Mapping[str, float]) -> _Row:
    """The geometric mean is of the instances on which both leave as many stops behind."""
    comparable = [ratio for ratio in ratios.values() if 0 < ratio < inf]
    worst = max(ratios, key=lambda name: ratios[name])
    more, fewer = (list(ratios.values()).count(decided) for decided in (inf, 0.0))
    return [
        str(len(ratios)),
        f"{sum(ratio <= 1 for ratio in ratios.values()) / len(ratios):.0%}",
        f"{geometric_mean(comparable):.4f}" if comparable else "-",
        f"{min(ratios.values()):.3f}",
        f"{ratios[worst]:.3f} {worst}",
        f"{more} / {fewer}",
    ]


def _seconds(lines: Sequence[Line], names: Iterable[str]) -> str:
    rows = []
    for name in names:
        for family, cases in _families(lines, name):
            outcomes = [outcome for line in cases for outcome in line.outcomes[name]]
            wall_s, cpu_s = [one.wall_s for one in outcomes], [one.cpu_s for one in outcomes]
            broken = sum(one.violations for one in outcomes)
            rows.append([family, name, _middle_and_most(wall_s), _middle_and_most(cpu_s), str(broken)])
    return _markdown(["class", "who", "clock", "processor", "rules broken"], rows)


def _middle_and_most(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.1f} / {max(seconds):.1f}"


def _families(lines: Sequence[Line], name: str) -> Iterable[tuple[str, list[Line]]]:
    """The lines of each family in which that competitor took part."""
    for family in dict.fromkeys(line.case.family for line in lines):
        cases = [line for line in lines if line.case.family == family and name in line.outcomes]
        if cases:
            yield family, cases


def _markdown(header: _Row, rows: Sequence[_Row]) -> str:
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    ruled = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (header, ruled, *rows)
    )
