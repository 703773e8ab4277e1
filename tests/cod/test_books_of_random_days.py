"""Random days against a plain model: integers in pots, no ledger, no ids, no tables.

The machine drives the real functions and the model side by side; after every step the two must agree on every pot, on
which parcels' money is in the bank, and on the identity: collected = paid out + charges + VAT taken + still owed.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from post_logistics.cod.accounts import parse
from post_logistics.cod.custody import in_bank
from post_logistics.cod.day_close import Deposit, close_office, close_rider, confirm_deposit
from post_logistics.cod.ledger import Transfer, balances, breaches, reverse, standing
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.cod.settlement import SettlementLine, settle
from post_logistics.errors import Conflict, Unacceptable
from tests.cod.books import (
    BOIBAZAR,
    DAY,
    KEY,
    NOON,
    OFFICE,
    OTHER_RIDER,
    RIDER,
    RULES,
    SHAJGOJ,
    TILL,
    carried_by,
    collect,
    count,
    left_the_bank,
    line,
    pay_in,
)

RIDERS, MERCHANTS = (RIDER, OTHER_RIDER), (SHAJGOJ, BOIBAZAR)


@dataclass
class Plain:
    """What should be where, kept as a child would: one number per pot, one place per parcel."""

    pots: Counter[str] = field(default_factory=Counter)
    place: dict[str, str] = field(default_factory=dict)
    collected: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)

    def collect(self, item: str, amount: int, rider: str, merchant: str) -> None:
        self.pots[f"rider_cash:{rider}"] += amount
        self.pots[f"merchant_payable:{merchant}"] += amount
        self.collected[merchant] += amount
        self.place[item] = rider

    def move(self, source: str, target: str) -> None:
        self.place = {item: target if place == source else place for item, place in self.place.items()}

    def hand_in(self, rider: str, counted: int) -> None:
        expected = self.pots[f"rider_cash:{rider}"]
        self.pots[f"rider_cash:{rider}"] = 0
        self.pots[f"office_till:{OFFICE}"] += counted
        self.pots[f"rider_debt:{rider}"] += max(expected - counted, 0)
        self.pots[f"suspense:{OFFICE}"] += max(counted - expected, 0)
        self.move(rider, "till" if counted or not expected else "lost")

    def pay_in(self, counted: int) -> None:
        before = self.pots[f"office_till:{OFFICE}"]
        self.pots[f"office_debt:{OFFICE}"] += max(before - counted, 0)
        self.pots[f"suspense:{OFFICE}"] += max(counted - before, 0)
        self.pots[f"office_till:{OFFICE}"] = 0 if counted >= 500_00 else counted
        if counted >= 500_00:
            self.pots[f"bank_in_transit:{OFFICE}"] += counted
            self.move("till", "on the way")

    def confirm(self) -> None:
        self.pots["settlement_bank"] += self.pots.pop(f"bank_in_transit:{OFFICE}")
        self.move("on the way", "bank")

    def settle(self, merchant: str, ready: list[SettlementLine], waiting_poisha: int) -> bool:
        """Whether the bank could pay; nothing changes if it could not."""
        fees = self.pots[f"merchant_fees_due:{merchant}"] + sum(x.postage_poisha for x in ready)
        vat = self.pots[f"merchant_vat_due:{merchant}"] + sum(x.vat_poisha for x in ready)
        rest = self.pots[f"merchant_payable:{merchant}"] - waiting_poisha
        take_fees = min(fees, rest)
        take_vat = min(vat, rest - take_fees)
        pay = rest - take_fees - take_vat
        pay = pay if pay >= 100_00 else 0
        if pay > self.pots["settlement_bank"]:
            return False
        self.pots["fee_revenue"] += sum(x.postage_poisha for x in ready)
        self.pots["vat_payable"] += sum(x.vat_poisha for x in ready)
        self.pots[f"merchant_fees_due:{merchant}"] = fees - take_fees
        self.pots[f"merchant_vat_due:{merchant}"] = vat - take_vat
        self.pots[f"merchant_payable:{merchant}"] -= take_fees + take_vat + pay
        self.pots["settlement_bank"] -= pay
        self.given[merchant] += take_fees + take_vat + pay
        return True


def disagreements(books: list[Transfer], plain: Plain) -> list[str]:
    """Where the ledger and the plain model differ, and whatever the proof finds."""
    sums = balances(books)
    wrong = [
        f"{name}: ledger {standing(sums, name)}, plain {plain.pots[name]}"
        for name in {*sums, *plain.pots}
        if standing(sums, name) != plain.pots[name]
    ]
    if in_bank(books) != {item for item, place in plain.place.items() if place == "bank"}:
        wrong.append("in the bank")
    wrong += [
        f"collected of {merchant}"
        for merchant in MERCHANTS
        if plain.collected[merchant] != plain.given[merchant] + standing(sums, f"merchant_payable:{merchant}")
    ]
    return [*wrong, *map(str, breaches(sums)), *check_books(books)]


class RandomDays(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.books: list[Transfer] = []
        self.plain = Plain()
        self.open: dict[str, list[SettlementLine]] = {merchant: [] for merchant in MERCHANTS}
        self.on_the_way: list[Deposit] = []
        self.step = 0

    def at(self) -> datetime:
        """A later instant at every call, each on a day of its own, so that every close has its own id."""
        self.step += 1
        return NOON + timedelta(days=self.step)

    @rule(
        amount=st.one_of(st.integers(1, 200_00), st.integers(1, 20_000_00)),
        fee=st.integers(0, 120_00),
        rider=st.sampled_from(RIDERS),
        merchant=st.sampled_from(MERCHANTS),
        outcome=st.sampled_from(["delivered", "partially_delivered", ""]),
    )
    def deliver(self, amount: int, fee: int, rider: str, merchant: str, outcome: str) -> None:
        at = self.at()
        item = f"P{self.step:04}"
        self.books.append(collect(item, amount, rider=rider, merchant=merchant, at=at))
        self.plain.collect(item, amount, rider, merchant)
        self.open[merchant].append(line(item, amount, fee_poisha=fee, outcome=outcome))

    @rule(fee=st.integers(1, 120_00), merchant=st.sampled_from(MERCHANTS))
    def give_back_to_the_merchant(self, fee: int, merchant: str) -> None:
        self.at()
        self.open[merchant].append(line(f"P{self.step:04}", 0, fee_poisha=fee, outcome="returned"))

    @rule(merchant=st.sampled_from(MERCHANTS))
    def finish_all(self, merchant: str) -> None:
        self.open[merchant] = [replace(x, outcome=x.outcome or "delivered") for x in self.open[merchant]]

    @rule()
    def take_back_the_last_collection(self) -> None:
        last = next((each for each in reversed(self.books) if each.code is Code.COLLECT and not each.reverses), None)
        if last is None or self.plain.place.get(last.item_number) not in RIDERS:
            return
        rider, merchant = (parse(account)[1] for account in (last.debit, last.credit))
        self.books.append(reverse(last, at=self.at(), cause="wrong amount"))
        self.plain.pots[last.debit] -= last.amount_poisha
        self.plain.pots[last.credit] -= last.amount_poisha
        self.plain.collected[merchant] -= last.amount_poisha
        assert self.plain.place.pop(last.item_number) == rider
        self.open[merchant] = [x for x in self.open[merchant] if x.item_number != last.item_number]

    @rule(rider=st.sampled_from(RIDERS), over=st.sampled_from([0, 0, 0, 1, -1, 50_00, -50_00, -(10**9)]))
    def rider_hands_in(self, rider: str, over: int) -> None:
        expected = standing(balances(self.books), carried_by(rider))
        counted, at = max(expected + over, 0), self.at()
        self.books += close_rider(
            rider=rider,
            office=OFFICE,
            closed_on=at.date(),
            expected_poisha=expected,
            count=count(expected, counted),
            at=at,
        )[1]
        assert standing(balances(self.books), carried_by(rider)) == 0
        self.plain.hand_in(rider, counted)

    @rule(over=st.sampled_from([0, 0, 1, -1]))
    def office_pays_in(self, over: int) -> None:
        sums = balances(self.books)
        held = {rider: standing(sums, carried_by(rider)) for rider in RIDERS}
        expected = standing(sums, TILL)
        counted, at = max(expected + over, 0), self.at()
        facts = {
            "office": OFFICE,
            "closed_on": at.date(),
            "expected_poisha": expected,
            "count": count(expected, counted),
        }
        if any(held.values()):
            with pytest.raises(Conflict):
                close_office(**facts, riders_hold_poisha=held, rules=RULES, at=at)
            return
        close, moved = close_office(**facts, riders_hold_poisha=held, rules=RULES, at=at)
        self.books += moved
        self.plain.pay_in(counted)
        if close.to_deposit_poisha:
            paid_in, out = pay_in(close, f"SB-{self.step}", self.at())
            self.on_the_way.append(paid_in)
            self.books.append(out)

    @precondition(lambda self: self.on_the_way)
    @rule()
    def bank_confirms(self) -> None:
        for paid_in in self.on_the_way:
            self.books.append(confirm_deposit(paid_in, confirmed_poisha=paid_in.amount_poisha, at=self.at()))
        self.on_the_way = []
        self.plain.confirm()

    @rule(merchant=st.sampled_from(MERCHANTS), payout_account=st.sampled_from(["", "bKash 01700000000"]))
    def settle(self, merchant: str, payout_account: str) -> None:
        at, parcels = self.at(), self.open[merchant]
        cash_limit = 10**12 if payout_account else 5_000_00
        ready = [
            x
            for x in parcels
            if x.outcome
            and (not x.collected_poisha or self.plain.place[x.item_number] == "bank")
            and x.collected_poisha <= cash_limit
        ]
        waiting_poisha = sum(x.collected_poisha for x in parcels if x not in ready)

        def really() -> list[Transfer]:
            settlement, moved = settle(
                merchant=merchant,
                settled_on=at.date(),
                parcels=parcels,
                in_bank=in_bank(self.books),
                sums=balances(self.books),
                payout_account=payout_account,
                rules=RULES,
                key=KEY,
                at=at,
            )
            assert list(settlement.lines) == ready
            return [*moved, *left_the_bank(moved)]

        if not self.plain.settle(merchant, ready, waiting_poisha):
            with pytest.raises(Conflict):
                really()
            return
        self.books += really()
        self.open[merchant] = [x for x in parcels if x not in ready]

    @invariant()
    def the_books_agree_with_the_plain_model(self) -> None:
        assert disagreements(self.books, self.plain) == []


TestRandomDays = RandomDays.TestCase
TestRandomDays.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def a_history() -> RandomDays:
    """Two days driven by hand through every rule."""
    machine = RandomDays()
    for day in range(2):
        machine.deliver(1_500_00 + day, 60_00, RIDER, SHAJGOJ, "delivered")
        machine.deliver(700_00, 60_00, OTHER_RIDER, BOIBAZAR, "partially_delivered")
        machine.deliver(900_00, 60_00, RIDER, BOIBAZAR, "delivered")
        machine.take_back_the_last_collection()
        machine.give_back_to_the_merchant(60_00, SHAJGOJ)
        machine.rider_hands_in(RIDER, -50_00)
        machine.rider_hands_in(OTHER_RIDER, 1)
        machine.office_pays_in(-1)
        machine.bank_confirms()
        machine.settle(SHAJGOJ, "bKash 01700000000")
        machine.settle(BOIBAZAR, "")
    assert {each.code for each in machine.books} >= {Code.SHORTAGE, Code.EXCESS, Code.TILL_SHORTAGE, Code.PAY_OUT}
    return machine


def test_red_control_any_transfer_left_out_is_seen() -> None:
    machine = a_history()
    assert disagreements(machine.books, machine.plain) == []
    for dropped in machine.books:
        rest = [each for each in machine.books if each is not dropped]
        assert disagreements(rest, machine.plain), f"nobody misses {dropped}"


def test_red_control_any_poisha_more_or_less_is_seen() -> None:
    machine = a_history()
    for wrong in machine.books:
        for off in (-1, 1):
            changed = [replace(x, amount_poisha=x.amount_poisha + off) if x is wrong else x for x in machine.books]
            assert disagreements(changed, machine.plain), f"nobody sees {off} on {wrong}"


def test_red_control_a_double_payout_is_seen() -> None:
    machine = a_history()
    for number, each in enumerate(machine.books):
        if each.code is Code.PAY_OUT:
            again = replace(each, transfer_id=UUID(int=number))
            found = disagreements([*machine.books, again], machine.plain)
            assert any("posted 2 times" in each for each in found)


def test_red_control_a_float_is_refused_by_the_ledger_and_named_by_the_proof() -> None:
    with pytest.raises(Unacceptable):
        collect("A", 1_250.5)  # type: ignore[arg-type]
    forged = replace(collect("A", 1), amount_poisha=0.1 + 0.2)
    assert "no amount in whole poisha" in check_books([forged])[0]


def test_the_model_starts_on_the_day_of_the_books() -> None:
    assert RandomDays().at().date() == DAY + timedelta(days=1)
