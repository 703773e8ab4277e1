"""Which of several amounts make up a sum: the one possible answer, or none that is given out."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from ortools.sat.python import cp_model

_COUNTED = 14
"""So few amounts are added up in all their combinations, which takes less time than to put the question."""


class Outcome(StrEnum):
    """What is known of a sum."""

    UNIQUE = "unique"
    NONE = "none"
    SEVERAL = "several"
    TIME = "time"


def unique_sum(amounts: Sequence[int], total: int, seconds: float) -> tuple[Outcome, tuple[int, ...]]:
    """The places of the amounts that add up to the total, if it is proven that no others do.

    A second search, from which the first answer is excluded, has to come to nothing. Amounts and total are above zero;
    the time is counted in the solver's steps (about ``seconds`` of one core), so that the answer is the same anywhere.
    """
    small = [place for place, amount in enumerate(amounts) if amount <= total]
    values = [int(amounts[place]) for place in small]
    if sum(values) < total:
        return Outcome.NONE, ()
    outcome, chosen = (_counted if len(values) <= _COUNTED else _searched)(values, total, seconds)
    return outcome, tuple(small[place] for place in chosen)


def _counted(values: list[int], total: int, _seconds: float) -> tuple[Outcome, tuple[int, ...]]:
    sums = np.zeros(1, np.int64)
    for value in values:
        sums = np.concatenate((sums, sums + value))
    hits = np.flatnonzero(sums == total)
    if len(hits) != 1:
        return Outcome.SEVERAL if len(hits) else Outcome.NONE, ()
    return Outcome.UNIQUE, tuple(place for place in range(len(values)) if hits[0] >> place & 1)


def _searched(values: list[int], total: int, seconds: float) -> tuple[Outcome, tuple[int, ...]]:
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in values]
    model.add(sum(value * one for value, one in zip(values, chosen, strict=True)) == total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = seconds
    first = solver.solve(model)
    if first == cp_model.INFEASIBLE:
        return Outcome.NONE, ()
    if first not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return Outcome.TIME, ()
    answer = tuple(place for place, one in enumerate(chosen) if solver.boolean_value(one))
    taken = set(answer)
    model.add_bool_or([one.Not() if place in taken else one for place, one in enumerate(chosen)])
    second = solver.solve(model)
    if second == cp_model.INFEASIBLE:
        return Outcome.UNIQUE, answer
    return (Outcome.SEVERAL if second in {cp_model.OPTIMAL, cp_model.FEASIBLE} else Outcome.TIME), ()
