import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.cod.accounts import CHART, AccountKind, Owner, account
from post_logistics.cod.ledger import (
    Transfer,
    balances,
    breaches,
    distinct,
    refuse_breaches,
    reverse,
    standing,
    transfer,
    trial_balance,
)
from post_logistics.cod.postings import Code, kinds
from post_logistics.errors import Conflict, Unacceptable
from tests.cod.books import BANK, EVENING, NOON, RIDER, SHAJGOJ, TILL, a_settled_day, carried_by, collect, payable


def post(**changed: Any) -> Transfer:
    good: dict[str, Any] = {
        "code": Code.COLLECT,
        "debit": carried_by(),
        "credit": payable(),
        "amount_poisha": 1,
        "at": NOON,
        "cause": "scan-1",
    }
    return transfer(**{**good, **changed})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("debit", TILL),
        ("credit", BANK),
        ("debit", "rider_cash"),
        ("credit", "merchant_payable:"),
        ("amount_poisha", 0),
        ("amount_poisha", -1),
        ("amount_poisha", 1.0),
        ("amount_poisha", True),
        ("at", datetime(2026, 11, 22, 12, 30)),  # noqa: DTZ001
        ("cause", ""),
    ],
)
def test_a_transfer_that_the_table_does_not_allow_is_refused(field: str, value: object) -> None:
    with pytest.raises(Unacceptable):
        post(**{field: value})


def test_one_poisha_can_be_moved() -> None:
    assert post(amount_poisha=1).amount_poisha == 1


def test_the_same_cause_gives_the_same_id_and_another_part_another() -> None:
    assert post().transfer_id == post(amount_poisha=2).transfer_id
    assert len({post().transfer_id, post(part="2").transfer_id, post(cause="scan-2").transfer_id}) == 3
    assert post(cause="a", part="bc").transfer_id != post(cause="ab", part="c").transfer_id


def test_ids_do_not_change_between_versions() -> None:
    assert str(post().transfer_id) == "1b821b63-d7c9-5379-b70d-cb054223c899"


def test_a_transfer_seen_twice_counts_once() -> None:
    one = collect("A", 500_00)
    assert balances([one, one, replace(one)]) == balances([one])


def test_one_id_with_two_amounts_is_a_conflict() -> None:
    one = collect("A", 500_00)
    with pytest.raises(Conflict) as refused:
        balances([one, replace(one, amount_poisha=500_01)])
    assert refused.value.facts["recorded"] == one


def test_a_reversal_takes_back_the_whole_amount_once() -> None:
    one = collect("A", 500_00)
    back = reverse(one, at=EVENING, cause="correction-7")
    assert set(balances([one, back]).values()) == {0}
    assert back.reverses == one.transfer_id
    with pytest.raises(Conflict):
        distinct([one, back, reverse(one, at=EVENING, cause="correction-8")])
    with pytest.raises(Unacceptable):
        reverse(back, at=EVENING, cause="correction-9")


def test_every_posting_can_be_taken_back() -> None:
    for code, (debit, credit) in ((code, next(kinds(code))) for code in Code):
        one = post(
            code=code,
            debit=account(debit, owner_for(debit)),
            credit=account(credit, owner_for(credit)),
        )
        assert set(balances([one, reverse(one, at=EVENING, cause="c")]).values()) == {0}


def owner_for(kind: AccountKind) -> str:
    return "" if CHART[kind].owner is Owner.NONE else "1215"


def test_balances_do_not_depend_on_the_order_of_the_transfers() -> None:
    books = a_settled_day()
    expected = balances(books)
    for seed in range(20):
        shuffled = [*books, *random.Random(seed).choices(books, k=5)]
        random.Random(seed).shuffle(shuffled)
        assert balances(shuffled) == expected


def test_a_balance_stands_on_its_own_side() -> None:
    sums = balances([collect("A", 500_00)])
    assert sums == {carried_by(): 500_00, payable(): -500_00}
    assert standing(sums, carried_by()) == standing(sums, payable()) == 500_00
    assert standing(sums, BANK) == 0


def test_an_account_may_stand_at_exactly_zero_but_not_a_poisha_below() -> None:
    collected = collect("A", 500_00)
    handed_in = post(code=Code.HAND_IN, debit=TILL, credit=carried_by(), amount_poisha=500_00)
    assert breaches(balances([collected, handed_in])) == {}
    too_much = replace(handed_in, amount_poisha=500_01)
    assert breaches(balances([collected, too_much])) == {carried_by(): -1}
    with pytest.raises(Conflict, match=RIDER):
        refuse_breaches(balances([collected, too_much]))


def test_a_corrected_charge_may_stand_to_the_merchants_credit() -> None:
    due = account(AccountKind.MERCHANT_FEES_DUE, SHAJGOJ)
    charged = post(code=Code.FEE, debit=due, credit="fee_revenue", amount_poisha=60_00)
    taken = post(code=Code.TAKE_FEE, debit=payable(), credit=due, amount_poisha=60_00)
    books = [collect("A", 500_00), charged, taken, reverse(charged, at=EVENING, cause="re-rated")]
    assert standing(balances(books), due) == -60_00
    refuse_breaches(balances(books))


def test_the_trial_balance_of_a_settled_day_adds_up() -> None:
    trial = trial_balance(balances(a_settled_day()))
    assert trial.balanced
    assert trial.debit_poisha > 0
    assert (account(AccountKind.RIDER_DEBT, RIDER), 20_00, 0) in trial.rows
    assert not trial_balance({BANK: 1}).balanced


def test_balances_at_a_past_instant_are_those_of_the_transfers_up_to_it() -> None:
    evening = balances(each for each in a_settled_day() if each.at <= EVENING)
    assert standing(evening, TILL) == 1_250_50 + 800_00 + 3_000_00 - 20_00


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Code), st.integers(1, 10**12), st.sampled_from("ABC")), max_size=40))
def test_balances_agree_with_plain_sums(moves: list[tuple[Code, int, str]]) -> None:
    plain: dict[str, int] = {}
    books = []
    for number, (code, amount, who) in enumerate(moves):
        debit, credit = (account(kind, owner_for(kind) and who) for kind in next(kinds(code)))
        books.append(post(code=code, debit=debit, credit=credit, amount_poisha=amount, cause=f"c{number}"))
        plain[debit] = plain.get(debit, 0) + amount
        plain[credit] = plain.get(credit, 0) - amount
    assert balances(books) == plain
    assert sum(plain.values()) == 0
