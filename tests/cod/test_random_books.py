"""Every code of the postings table, in any lawful order, against a plain model of pots; and faults that must show."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from post_logistics.cod.beancount import journal as beancount
from post_logistics.cod.hledger import journal as hledger
from post_logistics.cod.hledger import name
from post_logistics.cod.ledger import Transfer, balances, breaches, reverse, transfer, trial_balance
from post_logistics.cod.postings import POSTINGS, Code
from post_logistics.cod.proof import check_books
from tests.cod.hledger_reader import read
from tests.cod.random_books import START, Pots, pair, random_books, sides_are_those_of_the_chart


class RandomBooks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.books: list[Transfer] = []
        self.pots = Pots()

    @rule(
        code=st.sampled_from(Code),
        seed=st.integers(0, 10**6),
        share=st.sampled_from([1, 2, 10**9]),
        times=st.integers(1, 2),
    )
    def post(self, code: Code, seed: int, share: int, times: int) -> None:
        debit, credit = pair(code, Random(seed), owners=2)
        room = self.pots.room_poisha(debit, credit)
        if room < 1:
            return
        at = START + timedelta(minutes=len(self.books))
        amount_poisha = max(1, room // share)
        facts = {"debit": debit, "credit": credit, "amount_poisha": amount_poisha, "cause": f"c{len(self.books)}"}
        one = transfer(code, at=at, **facts)  # type: ignore[arg-type]
        self.books += [one] * times
        self.pots.move(debit, credit, amount_poisha)

    @rule(which=st.integers(0, 10**6))
    def take_back(self, which: int) -> None:
        gone = {one.reverses for one in self.books}
        standing = [one for one in self.books if one.transfer_id not in gone and not one.reverses]
        if standing:
            one = standing[which % len(standing)]
            if self.pots.room_poisha(one.credit, one.debit) >= one.amount_poisha:
                self.books.append(reverse(one, at=START + timedelta(minutes=len(self.books)), cause="mistake"))
                self.pots.move(one.credit, one.debit, one.amount_poisha)

    @invariant()
    def ledger_pots_and_proof_agree(self) -> None:
        sums = balances(self.books)
        assert {one: poisha for one, poisha in sums.items() if poisha} == {
            one: poisha for one, poisha in self.pots.poisha.items() if poisha
        }
        assert breaches(sums) == {}
        assert trial_balance(sums).balanced
        assert check_books(self.books) == ()


TestRandomBooks = RandomBooks.TestCase
TestRandomBooks.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def plain_sums(books: list[Transfer]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in books:
        sums[one.debit] += one.amount_poisha
        sums[one.credit] -= one.amount_poisha
    return sums


def test_five_thousand_random_postings_of_every_code_balance_everywhere() -> None:
    books = list(random_books(1, 5_000))
    assert {one.code for one in books} == set(POSTINGS)
    assert sum(one.reverses is not None for one in books) > 100
    assert balances(books) == plain_sums(books)
    assert check_books(books) == ()
    told = read("".join(hledger(books)))
    assert {account: int(taka * 100) for account, taka in told.items()} == {
        name(account): poisha for account, poisha in balances(books).items()
    }
    assert "".join(beancount(books)).count("\n  id: ") == len(books)


def test_the_model_and_the_chart_tell_the_sides_alike() -> None:
    assert sides_are_those_of_the_chart()


@pytest.mark.parametrize("seed", range(5))
def test_red_control_one_fault_among_thousands_is_seen(seed: int) -> None:
    chance, books = Random(seed), list(random_books(seed, 2_000))
    reversed_ids = {one.reverses for one in books}
    candidates = [n for n, one in enumerate(books) if one.transfer_id in reversed_ids]
    at = chance.choice(candidates)
    assert check_books(books[:at] + books[at + 1 :]), "a transfer was left out"
    wrong = replace(books[at], amount_poisha=books[at].amount_poisha + 1)
    assert check_books([*books[:at], wrong, *books[at + 1 :]]), "an amount was changed"
    twice = next(one for one in books if one.code is Code.PAY_OUT and one.transfer_id not in reversed_ids)
    assert check_books([*books, replace(twice, transfer_id=UUID(int=seed))]), "a payout was made twice"
