"""The only amounts that make up a sum: two ways of looking for them, and a third that counts them all."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.cod.matching.sums import Outcome, _counted, _searched, unique_sum


def plainly(amounts: list[int], total: int) -> tuple[Outcome, tuple[int, ...]]:
    """By trying everything."""
    places = range(len(amounts))
    hits = [
        chosen
        for size in places
        for chosen in combinations(places, size + 1)
        if sum(amounts[n] for n in chosen) == total
    ]
    if len(hits) == 1:
        return Outcome.UNIQUE, hits[0]
    return (Outcome.SEVERAL if hits else Outcome.NONE), ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=8), st.integers(1, 90))
def test_both_ways_know_what_trying_everything_knows(amounts: list[int], total: int) -> None:
    truth = plainly(amounts, total)
    assert _counted(amounts, total, 1) == truth
    assert _searched(amounts, total, 1) == truth
    assert unique_sum(amounts, total, 1) == truth


def test_forty_amounts_with_one_answer_are_proven() -> None:
    amounts = [2**place for place in range(40)]
    assert unique_sum(amounts, 2**39 + 2**7 + 1, 5) == (Outcome.UNIQUE, (0, 7, 39))


def test_two_equal_amounts_are_never_told_apart() -> None:
    assert unique_sum([5, 5, 7], 12, 1)[0] is Outcome.SEVERAL
    assert unique_sum([1000] * 20, 3000, 1)[0] is Outcome.SEVERAL


@pytest.mark.parametrize("amounts", [[], [4, 5], [100]])
def test_what_does_not_add_up_does_not(amounts: list[int]) -> None:
    assert unique_sum(amounts, 10, 1) == (Outcome.NONE, ())


def test_without_time_there_is_no_answer() -> None:
    amounts = [1_000_003 * n % 999_983 + 10**6 for n in range(40)]
    assert unique_sum(amounts, sum(amounts) // 2, 0.0)[0] in {Outcome.TIME, Outcome.SEVERAL}


def test_the_answer_is_the_same_each_time() -> None:
    amounts = [1_000_003 * n % 999_983 + 10**6 for n in range(30)]
    total = sum(amounts[::5])
    assert len({unique_sum(amounts, total, 0.3) for _ in range(3)}) == 1
