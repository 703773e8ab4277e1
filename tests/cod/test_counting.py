"""Cash on the table: every piece counted, every amount payable, two people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.counting import VARIANCE_TEXTS, Count, Variance, refuse_one_person, same_person
from post_logistics.errors import Unacceptable
from tests.closes import RULES


def of(pieces: dict[int, int], counted_poisha: int, by: str = "clerk", with_: str = "rider") -> Count:
    return Count(counted_poisha=counted_poisha, pieces=pieces, counted_by=by, countersigned_by=with_)


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(VARIANCE_TEXTS) == set(Variance)
    for english, bangla in VARIANCE_TEXTS.values():
        assert english.isascii() and any("ঀ" <= c <= "৿" for c in bangla)


def test_the_pieces_make_the_total() -> None:
    assert of({100_000: 1, 50_000: 1, 25: 2}, 150_050).counted_poisha == 150_050
    assert of({}, 0).pieces == {}


@pytest.mark.parametrize(
    ("pieces", "counted", "field"),
    [
        ({100_000: 1}, 100_001, "pieces"),
        ({100_000: 1}, 99_999, "pieces"),
        ({}, 1, "pieces"),
        ({100_000: -1, 50_000: 2}, 0, "counted_poisha"),
        ({1: -1}, -1, "counted_poisha"),
    ],
)
def test_a_total_that_the_pieces_do_not_make_is_refused(pieces: dict[int, int], counted: int, field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        of(pieces, counted)
    assert refused.value.field == field


def test_money_that_is_not_in_circulation_is_named() -> None:
    of({100: 1}, 100).refuse_strange_money(RULES)
    with pytest.raises(Unacceptable, match=r"Tk 3\.00"):
        of({300: 1}, 300).refuse_strange_money(RULES)


@given(st.integers(0, 10**9))
def test_the_fewest_pieces_make_any_amount_and_no_piece_could_be_changed_up(amount_poisha: int) -> None:
    pieces = Count.in_fewest(amount_poisha, RULES, "clerk", "rider").pieces
    assert sum(worth * many for worth, many in pieces.items()) == amount_poisha
    for worth, larger in zip(RULES.denominations_poisha[1:], RULES.denominations_poisha, strict=False):
        assert worth * pieces.get(worth, 0) < larger


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Rahima", " rahima ", True),
        ("Rahima  Khatun", "Rahima Khatun", True),
        ("rider 1", "rider ১", True),
        ("Rahima", "Karima", False),
    ],
)
def test_two_signatures_are_of_one_person_however_they_are_written(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same
    if same:
        with pytest.raises(Unacceptable, match="two different people"):
            refuse_one_person(one, other, "counted_by")
    else:
        refuse_one_person(one, other, "counted_by")


@pytest.mark.parametrize(("by", "with_", "field"), [("", "x", "counted_by"), ("x", " ", "countersigned_by")])
def test_a_count_that_one_has_not_signed_is_refused(by: str, with_: str, field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        of({}, 0, by, with_)
    assert refused.value.field == field
