"""How long work takes, whatever else the machine does meanwhile: for tests that hold a speed.

A shared machine is at times three times slower than at others, and its processor clock counts what
neighbours take. So a yardstick is measured just before and after, and the time said in its terms.
"""

from collections.abc import Callable
from time import process_time

YARDSTICK_S = 0.07
"""What the yardstick takes on the machine the limits were set on, when it is quiet."""


def quiet_seconds(work: Callable[[], object], runs: int = 2) -> float:
    """Processor seconds the work takes on a quiet machine, about: the best of so many runs."""
    return min(_once(work) for _ in range(runs))


def _once(work: Callable[[], object]) -> float:
    before_s, spent_s, after_s = _measured(_yardstick), _measured(work), _measured(_yardstick)
    return spent_s * YARDSTICK_S / max(before_s, after_s)


def _measured(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def _yardstick() -> int:
    words = [str(number * 7_919 % 100_003) for number in range(100_000)]
    return len({word: len(word) for word in sorted(words)})
