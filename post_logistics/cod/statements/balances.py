"""The sums of a statement: each balance follows from the one before, and opening + lines = closing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.columns import NO_AMOUNT


@dataclass(slots=True)
class _Order:
    """One way to read the file, oldest or newest line first, for as long as its balances bear it out.

    Oldest first, balance less all amounts so far is the opening; newest first, balance and all amounts above it are the
    closing. Either is one number for the whole file.
    """

    newest_first: bool
    base_poisha: int | None = None
    broken: tuple[int, int, int] | None = None  # row, expected and found

    def check(self, row: NDArray[np.int32], moved: NDArray[np.int64], balance: NDArray[np.int64]) -> None:
        """Breaks at the first balance that does not follow. ``moved``: the sum of amounts that the base leaves out."""
        if self.broken or not len(row):
            return
        base = balance + moved if self.newest_first else balance - moved
        if self.base_poisha is None:
            self.base_poisha = int(base[0])
        wrong = np.flatnonzero(base != self.base_poisha)
        if len(wrong):
            at = int(wrong[0])
            expected = int(balance[at]) - int(base[at]) + self.base_poisha
            self.broken = int(row[at]), expected, int(balance[at])


class Balances:
    """Follows the running balance of a file whose lines come chunk by chunk, in whichever order they stand."""

    def __init__(self) -> None:
        self.total_poisha = 0
        self._orders = [_Order(newest_first=False), _Order(newest_first=True)]

    def add(self, row: NDArray[np.int32], amount: NDArray[np.int64], balance: NDArray[np.int64]) -> None:
        """Takes in lines; ``balance`` may be ``NO_AMOUNT`` where the bank gives none."""
        after = self.total_poisha + np.cumsum(amount)
        said = balance != NO_AMOUNT
        oldest, newest = self._orders
        oldest.check(row[said], after[said], balance[said])
        newest.check(row[said], (after - amount)[said], balance[said])
        self.total_poisha = int(after[-1]) if len(after) else self.total_poisha

    @property
    def broken(self) -> tuple[int, int, int] | None:
        """Row, expected and found balance where no order of the lines bears the balances out; None if one does."""
        breaks = [order.broken for order in self._orders]
        if None in breaks:
            return None
        return max(one for one in breaks if one)

    def ends(self, *, newest_first: bool) -> tuple[int, int] | None:
        """Opening and closing balance; None without balances. ``newest_first`` decides when both orders fit."""
        fitting = [one for one in self._orders if not one.broken and one.base_poisha is not None]
        if not fitting:
            return None
        order = next((one for one in fitting if one.newest_first == newest_first), fitting[0])
        base = order.base_poisha or 0
        return (base - self.total_poisha, base) if order.newest_first else (base, base + self.total_poisha)
