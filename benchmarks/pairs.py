"""Two things measured turn by turn in one run, because a machine that is fast now may be slow in a minute."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, process_time

Timed = Callable[[], object]
"""The work that is timed."""
Prepare = Callable[[], Timed]
"""Makes everything ready for one round, untimed, and gives back the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Our way to do something, and what it is held against; ``units`` of work in each round on either side."""

    what: str
    units: int
    ours: Prepare
    against: str = ""
    reference: Prepare | None = None
    mark: str = ""
    """What we want to reach, of the ratio or of the rate."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one round: by the clock, and of this process on the processor."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """Every round of a pair."""

    pair: Pair
    ours: tuple[Spent, ...]
    reference: tuple[Spent, ...]

    @property
    def ratios(self) -> list[float]:
        """Our rate over the reference's, round by round."""
        return [theirs.wall_s / ours.wall_s for ours, theirs in zip(self.ours, self.reference, strict=False)]

    def row(self) -> list[str]:
        """The cells of this result under `COLUMNS`."""
        cpu_ms = 1000 * median(one.cpu_s for one in self.ours) / self.pair.units
        return [
            self.pair.what,
            f"{self._rate(self.ours):,.0f}",
            f"{cpu_ms:.3f}",
            self.pair.against or "-",
            f"{self._rate(self.reference):,.0f}" if self.reference else "-",
            _spread(self.ratios) if self.reference else "-",
            self.pair.mark or "-",
        ]

    def _rate(self, spent: Sequence[Spent]) -> float:
        return self.pair.units / median(one.wall_s for one in spent)


COLUMNS = ("what", "per second", "CPU ms each", "against", "per second", "ratio (quartiles)", "mark")


def _spread(ratios: Sequence[float]) -> str:
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return f"{median(ratios):.2f} ({low:.2f}-{high:.2f})"


def measure(pairs: Sequence[Pair], rounds: int, said: Callable[[str], None]) -> list[Result]:
    """Every pair in every round, ours first in one and last in the next; a first round of each is thrown away."""
    spent: dict[str, tuple[list[Spent], list[Spent]]] = {pair.what: ([], []) for pair in pairs}
    for number in range(rounds + 1):
        for pair in pairs:
            said(f"round {number} of {rounds}: {pair.what}")
            sides = [(pair.ours, 0)] + ([(pair.reference, 1)] if pair.reference else [])
            for prepare, side in sides if number % 2 else reversed(sides):
                one = _timed(prepare)
                if number:
                    spent[pair.what][side].append(one)
    return [Result(pair, tuple(spent[pair.what][0]), tuple(spent[pair.what][1])) for pair in pairs]


def _timed(prepare: Prepare) -> Spent:
    work = prepare()
    wall_s, cpu_s = perf_counter(), process_time()
    work()
    return Spent(perf_counter() - wall_s, process_time() - cpu_s)


def table(results: Iterable[Result]) -> str:
    """The results as a Markdown table."""
    rows = [list(COLUMNS), *(result.row() for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
