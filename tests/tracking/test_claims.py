"""Claims: the steps that may follow, the clock, and what is owed at most."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.tracking.claims import (
    NEXT_STEPS,
    OPEN,
    TAKEN_BY,
    Claim,
    ClaimKind,
    ClaimStep,
    ClaimTerms,
    Step,
    claim_id_of,
    compensation_due,
    due_now_on,
    due_on,
    is_overdue,
    load_claim_rules,
)
from post_logistics.units import DHAKA, ItemNumber

ITEM = ItemNumber("DP473124829BD")
SHIPPED = Settings(_env_file=None).facts_dir  # type: ignore[call-arg]
VALUE = ClaimTerms(covers="value", share_bps=10_000, undeclared_poisha=100_000, within_days=60, answer_days=21)
POSTAGE = ClaimTerms(covers="postage", share_bps=5_000, undeclared_poisha=0, within_days=60, answer_days=21)
OPENED_AT = datetime(2026, 11, 22, 23, 59, tzinfo=DHAKA)


def claim(claimed_at: datetime = OPENED_AT) -> Claim:
    return Claim(
        claim_id=claim_id_of(ITEM, ClaimKind.LOSS),
        item_number=ITEM,
        kind=ClaimKind.LOSS,
        claimed_poisha=1,
        claimed_by="post",
        claimed_at=claimed_at,
        due_on=due_on(VALUE, claimed_at),
    )


def steps(*taken: tuple[Step, int]) -> list[ClaimStep]:
    """Steps with the days after the opening on which they were taken."""
    return [
        ClaimStep(claim_id=claim().claim_id, number=n, step=step, by="x", note="", at=OPENED_AT + timedelta(days=day))
        for n, (step, day) in enumerate(taken, 1)
    ]


def test_every_step_has_a_row_and_a_side_and_can_be_reached() -> None:
    assert NEXT_STEPS.keys() == TAKEN_BY.keys() == set(Step)
    reached, todo = set(), [Step.OPENED]
    while todo:
        step = todo.pop()
        if step not in reached:
            reached.add(step)
            todo += NEXT_STEPS[step]
    assert reached == set(Step)


def test_a_claim_is_open_until_the_post_decides_or_the_claimant_gives_up() -> None:
    assert {Step.OPENED, Step.ASKED_FOR_EVIDENCE, Step.EVIDENCE_GIVEN} == OPEN
    assert all(step not in NEXT_STEPS[after] for step in OPEN for after in set(Step) - OPEN)


def test_money_is_paid_only_after_it_was_accepted() -> None:
    assert {step for step, after in NEXT_STEPS.items() if Step.PAID in after} == {Step.ACCEPTED}


@pytest.mark.parametrize(
    ("claimed", "declared", "due"),
    [(50_000, 0, 50_000), (100_000, 0, 100_000), (100_001, 0, 100_000), (80_001, 80_000, 80_000), (0, 80_000, 0)],
)
def test_value_is_owed_up_to_what_was_declared_or_the_limit_where_nothing_was(
    claimed: int, declared: int, due: int
) -> None:
    found = compensation_due(VALUE, claimed_poisha=claimed, declared_value_poisha=declared, postage_poisha=1)
    assert found == due


def test_for_a_delay_a_share_of_the_postage_is_owed_whatever_was_declared() -> None:
    assert compensation_due(POSTAGE, claimed_poisha=10**9, declared_value_poisha=10**9, postage_poisha=1501) == 751


amounts = st.integers(0, 10**12)


@given(st.sampled_from([VALUE, POSTAGE]), amounts, amounts, amounts)
def test_never_more_than_claimed_and_never_below_zero(
    terms: ClaimTerms, claimed: int, declared: int, postage: int
) -> None:
    due = compensation_due(terms, claimed_poisha=claimed, declared_value_poisha=declared, postage_poisha=postage)
    assert 0 <= due <= claimed
    assert due <= max(declared, terms.undeclared_poisha, postage)


def test_the_clock_goes_by_days_in_dhaka() -> None:
    assert due_on(VALUE, OPENED_AT) == date(2026, 12, 13)
    assert due_on(VALUE, OPENED_AT + timedelta(minutes=1)) == date(2026, 12, 14)


def test_days_that_the_post_waits_for_evidence_do_not_count() -> None:
    waiting = steps((Step.OPENED, 0), (Step.ASKED_FOR_EVIDENCE, 5))
    assert due_now_on(claim(), waiting, date(2026, 12, 7)) == claim().due_on + timedelta(days=10)
    given_after = steps((Step.OPENED, 0), (Step.ASKED_FOR_EVIDENCE, 5), (Step.EVIDENCE_GIVEN, 9))
    assert due_now_on(claim(), given_after, date(2027, 1, 1)) == claim().due_on + timedelta(days=4)
    again = [*given_after, *steps((Step.ASKED_FOR_EVIDENCE, 10), (Step.EVIDENCE_GIVEN, 12))]
    assert due_now_on(claim(), again, date(2027, 1, 1)) == claim().due_on + timedelta(days=6)


def test_a_claim_is_overdue_the_day_after_it_was_due_and_not_while_it_waits_or_once_it_is_decided() -> None:
    opened, due = steps((Step.OPENED, 0)), claim().due_on
    assert not is_overdue(claim(), opened, due)
    assert is_overdue(claim(), opened, due + timedelta(days=1))
    assert not is_overdue(claim(), [*opened, *steps((Step.ASKED_FOR_EVIDENCE, 1))], due + timedelta(days=100))
    for step in set(Step) - OPEN:
        assert not is_overdue(claim(), [*opened, *steps((step, 1))], due + timedelta(days=100))


def test_the_shipped_rules_know_every_kind() -> None:
    rules = load_claim_rules(SHIPPED).on(date(2026, 11, 22))
    assert rules.terms.keys() == set(ClaimKind)
    assert all(terms.answer_days and terms.within_days for terms in rules.terms.values())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('covers = "postage"', 'covers = "pride"'), "covers"),
        (("share_bps = 10_000", "share_bps = 10_001"), "share_bps"),
        (("lost_after_days = 15", "lost_after_days = -1"), "lost_after_days"),
        (("lost_after_days = 15", ""), "lost_after_days"),
        (("[rules.delay]", "[rules.boredom]"), "boredom"),
        (("answer_days = 30", ""), "answer_days"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    shipped = (SHIPPED / "claims.toml").read_text(encoding="utf-8")
    assert change[0] in shipped
    (tmp_path / "claims.toml").write_text(shipped.replace(*change), encoding="utf-8")
    with pytest.raises(Unacceptable) as refused:
        load_claim_rules(tmp_path)
    assert refused.value.field == says and refused.value.remedy
