"""A provider's account of a day against ours: every difference named once, nothing counted twice."""

from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.provider_days import DIFFERENCE_TEXTS, Difference, Ours, Theirs, compare

PAID = Ours("pay-1", "T1", "DP1", 500, True)


def kinds(theirs: list[Theirs], ours: list[Ours]) -> list[tuple[Difference, str]]:
    return [(one.difference, one.payment_id) for one in compare(theirs, ours).differences]


def test_the_same_is_the_same_by_our_id_or_by_their_reference() -> None:
    for line in (Theirs("pay-1", "other", 500), Theirs("", "T1", 500)):
        found = compare([line], [PAID])
        assert (found.agreed, found.differences, found.theirs_poisha, found.ours_poisha) == (1, (), 500, 500)


def test_each_difference_has_its_name() -> None:
    assert kinds([Theirs("pay-9", "T9", 1)], []) == [(Difference.MISSING_WITH_US, "pay-9")]
    assert kinds([], [PAID]) == [(Difference.MISSING_WITH_THEM, "pay-1")]
    assert kinds([Theirs("pay-1", "T1", 501)], [PAID]) == [(Difference.OTHER_AMOUNT, "pay-1")]
    assert kinds([Theirs("pay-1", "T1", 500, currency="USD")], [PAID]) == [(Difference.OTHER_CURRENCY, "pay-1")]
    assert set(DIFFERENCE_TEXTS) == set(Difference)


def test_a_payment_that_they_list_twice_is_another_amount_unless_it_was_paid_twice() -> None:
    twice = [Theirs("pay-1", "T1", 500), Theirs("pay-1", "T2", 500)]
    assert kinds(twice, [PAID]) == [(Difference.OTHER_AMOUNT, "pay-1")]
    assert kinds(twice, [Ours("pay-1", "T1", "DP1", 1_000, True)]) == []


def test_what_was_paid_at_midnight_may_be_told_on_either_day() -> None:
    yesterdays = Ours("pay-1", "T1", "DP1", 500, False)
    assert compare([Theirs("pay-1", "T1", 500)], [yesterdays]).agreed == 1
    assert compare([], [yesterdays]).differences == () and compare([], [yesterdays]).ours_poisha == 0


@given(st.dictionaries(st.integers(0, 9), st.integers(1, 9)), st.dictionaries(st.integers(0, 9), st.integers(1, 9)))
def test_the_differences_are_all_that_differs(theirs: dict[int, int], ours: dict[int, int]) -> None:
    found = compare(
        [Theirs(f"pay-{n}", f"T{n}", poisha, 1) for n, poisha in theirs.items()],
        [Ours(f"pay-{n}", f"T{n}", f"DP{n}", poisha, True) for n, poisha in ours.items()],
    )
    assert {one.payment_id for one in found.differences} == {
        f"pay-{n}" for n in theirs.keys() | ours.keys() if theirs.get(n) != ours.get(n)
    }
    assert found.agreed + len(found.differences) == len(theirs.keys() | ours.keys())
    explained = sum(one.theirs_poisha - one.ours_poisha for one in found.differences)
    assert found.theirs_poisha - found.ours_poisha == explained
    assert found.fees_poisha == found.lines == len(theirs)
