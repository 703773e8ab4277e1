"""A manifest against what was found: nothing is lost between the lists, nothing is in two of them."""

from hypothesis import given
from hypothesis import strategies as st

from post_logistics.consignments.manifests import reconcile

numbers = st.lists(st.sampled_from([f"item {n}" for n in range(12)]))


@given(expected=numbers, found=numbers, damaged=numbers, astray=numbers)
def test_every_number_is_matched_short_or_excess_and_only_one_of_them(
    expected: list[str], found: list[str], damaged: list[str], astray: list[str]
) -> None:
    result = reconcile(expected, found, damaged, astray)
    there = {*found, *damaged}
    assert sorted([*result.matched, *result.short, *result.excess]) == sorted({*expected, *there})
    assert result.matched | result.short == set(expected)
    assert result.matched | result.excess == there
    assert result.missent == there & set(astray)
    assert result.damaged == set(damaged)
    assert result.is_clean == (set(expected) == there and not damaged and not there & set(astray))


@given(expected=numbers, found=numbers, damaged=numbers, data=st.data())
def test_order_and_repetition_change_nothing(
    expected: list[str], found: list[str], damaged: list[str], data: st.DataObject
) -> None:
    again = [data.draw(st.permutations([*one, *one])) for one in (expected, found, damaged)]
    assert reconcile(*again) == reconcile(expected, found, damaged)


@given(expected=numbers, found=numbers)
def test_looked_at_from_the_other_side_short_and_excess_change_places(expected: list[str], found: list[str]) -> None:
    here, there = reconcile(expected, found), reconcile(found, expected)
    assert (here.short, here.excess, here.matched) == (there.excess, there.short, there.matched)


def test_what_is_damaged_need_not_be_named_twice() -> None:
    result = reconcile(["a", "b"], ["a"], ["b"])
    assert result.matched == {"a", "b"} and not result.short and result.damaged == {"b"}


def test_an_empty_bag_that_should_be_empty_is_clean() -> None:
    assert reconcile([], []).is_clean
