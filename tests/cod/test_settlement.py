from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, balances, refuse_breaches, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.settlement import (
    Settlement,
    SettlementLine,
    WaitReason,
    is_genuine,
    settle,
    verification_reference,
)
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.units import bangla_digits
from tests.cod.books import (
    BOIBAZAR,
    KEY,
    NEXT_MORNING,
    NOON,
    RULES,
    SHAJGOJ,
    TILL,
    collect,
    line,
    payable,
    to_the_bank,
)

TOMORROW = date(2026, 11, 23)
FEES_DUE, VAT_DUE = (account(kind, SHAJGOJ) for kind in (AccountKind.MERCHANT_FEES_DUE, AccountKind.MERCHANT_VAT_DUE))


def run(
    lines: list[SettlementLine], books: list[Transfer] | None = None, **changed: Any
) -> tuple[Settlement, list[Transfer]]:
    """The settlement of these parcels, whose money (unless books are given) is all in the bank; and the books after."""
    if books is None:
        books = to_the_bank([collect(x.item_number, x.collected_poisha) for x in lines if x.collected_poisha])
    facts: dict[str, Any] = {
        "merchant": SHAJGOJ,
        "settled_on": TOMORROW,
        "parcels": lines,
        "in_bank": {x.item_number for x in lines},
        "sums": balances(books),
        "payout_account": "DBBL 101.110.22",
        "rules": RULES,
        "key": KEY,
        "at": NEXT_MORNING,
    }
    settlement, moved = settle(**{**facts, **changed})
    return settlement, [*books, *moved]


def adds_up(of: Settlement) -> bool:
    given = of.fees_taken_poisha + of.vat_taken_poisha + of.payout_poisha + of.carried_forward_poisha
    return of.brought_forward_poisha + of.principal_poisha == given


def test_a_delivered_parcel_is_paid_less_its_charges() -> None:
    paid, books = run([line("A", 1_000_00)])
    assert (paid.principal_poisha, paid.fees_taken_poisha, paid.vat_taken_poisha) == (1_000_00, 60_00, 9_00)
    assert paid.payout_poisha == 931_00
    assert standing(balances(books), payable()) == 0
    assert standing(balances(books), account(AccountKind.PAYOUT_IN_TRANSIT, SHAJGOJ)) == 931_00
    assert adds_up(paid)


def test_product_money_and_service_charge_are_posted_apart() -> None:
    _, books = run([line("A", 1_000_00)])
    codes = [each.code for each in books[-5:]]
    assert codes == [Code.FEE, Code.VAT, Code.TAKE_FEE, Code.TAKE_VAT, Code.PAY_OUT]


def test_a_parcel_whose_money_is_not_in_the_bank_waits_and_is_neither_charged_nor_paid() -> None:
    lines = [line("A", 1_000_00), line("B", 700_00)]
    paid, books = run(lines, in_bank={"A"})
    assert [x.item_number for x in paid.lines] == ["A"]
    assert [(x.item_number, x.reason) for x in paid.waiting] == [("B", WaitReason.NOT_IN_BANK)]
    assert paid.payout_poisha == 931_00
    assert standing(balances(books), payable()) == 700_00


def test_money_of_a_parcel_that_is_not_finished_is_not_paid_out() -> None:
    paid, books = run([line("A", 1_000_00), line("B", 700_00, outcome="")])
    assert paid.waiting[0].reason is WaitReason.NOT_FINISHED
    assert standing(balances(books), payable()) == 700_00


def test_a_parcel_without_collection_leaves_its_charges_due() -> None:
    none, books = run([line("A", 0, outcome="returned")], books=[])
    assert (none.payout_poisha, none.fees_due_poisha, none.vat_due_poisha) == (0, 60_00, 9_00)
    assert [each.code for each in books] == [Code.FEE, Code.VAT]
    later, books = run([line("B", 1_000_00)], [*books, *to_the_bank([collect("B", 1_000_00)])])
    assert (later.fees_taken_poisha, later.vat_taken_poisha, later.fees_due_poisha) == (120_00, 18_00, 0)
    assert later.payout_poisha == 862_00


@pytest.mark.parametrize(
    ("collected", "fees", "vat", "payout", "carried"),
    [
        (59_99, 59_99, 0, 0, 0),
        (60_00, 60_00, 0, 0, 0),
        (60_01, 60_00, 1, 0, 0),
        (69_00, 60_00, 9_00, 0, 0),
        (69_01, 60_00, 9_00, 0, 1),
        (168_99, 60_00, 9_00, 0, 99_99),
        (169_00, 60_00, 9_00, 100_00, 0),
    ],
)
def test_charges_come_first_then_vat_and_a_small_rest_is_carried_forward(
    collected: int, fees: int, vat: int, payout: int, carried: int
) -> None:
    rich = to_the_bank([collect("A", collected), collect("Z", 900_00, merchant=BOIBAZAR)])
    paid, books = run([line("A", collected)], rich)
    taken = (paid.fees_taken_poisha, paid.vat_taken_poisha, paid.payout_poisha, paid.carried_forward_poisha)
    assert taken == (fees, vat, payout, carried)
    assert standing(balances(books), payable()) == carried
    assert adds_up(paid)
    refuse_breaches(balances(books))


def test_what_was_carried_forward_is_paid_with_the_next() -> None:
    rich = to_the_bank([collect("A", 150_00), collect("B", 160_00), collect("Z", 900_00, merchant=BOIBAZAR)])
    first, books = run([line("A", 150_00), line("B", 160_00)], rich, in_bank={"A"})
    assert first.carried_forward_poisha == 81_00
    second, books = run([line("B", 160_00)], books, settled_on=TOMORROW + timedelta(days=1))
    assert second.brought_forward_poisha == 81_00
    assert second.payout_poisha == 81_00 + 160_00 - 69_00


def test_without_an_account_cash_is_paid_up_to_the_limit_per_delivery_and_a_dearer_parcel_waits() -> None:
    at_limit, above = line("A", 5_000_00), line("B", 5_000_01)
    paid, _ = run([at_limit, above], payout_account="")
    assert [x.item_number for x in paid.lines] == ["A"]
    assert [(x.item_number, x.reason) for x in paid.waiting] == [("B", WaitReason.NEEDS_ACCOUNT)]
    assert paid.payout_poisha == 4_931_00
    with_account, _ = run([at_limit, above])
    assert len(with_account.lines) == 2


def test_nothing_is_paid_that_the_settlement_account_does_not_hold() -> None:
    books = to_the_bank([collect("A", 1_000_00)], short_poisha=69_00)
    assert run([line("A", 1_000_00)], books)[0].payout_poisha == 931_00
    shorter = to_the_bank([collect("A", 1_000_00)], short_poisha=69_01)
    with pytest.raises(Conflict, match="settlement account"):
        run([line("A", 1_000_00)], shorter)


def test_a_refund_after_the_payout_is_taken_from_the_next() -> None:
    _, books = run([line("A", 1_000_00)])
    books = [*books, *to_the_bank([collect("B", 1_000_00)], day=TOMORROW)]
    refund = transfer(Code.REFUND, debit=payable(), credit=TILL, amount_poisha=200_00, at=NEXT_MORNING, cause="claim-1")
    till = transfer(
        Code.COLLECT_COUNTER,
        debit=TILL,
        credit=payable(BOIBAZAR),
        amount_poisha=300_00,
        at=NOON,
        cause="c",
    )
    paid, _ = run([line("B", 1_000_00)], [*books, refund, till], settled_on=TOMORROW + timedelta(days=1))
    assert paid.brought_forward_poisha == -200_00
    assert paid.payout_poisha == 1_000_00 - 200_00 - 69_00
    assert adds_up(paid)


@pytest.mark.parametrize("minimum", [0, 100_00])
def test_a_refund_greater_than_what_is_ready_takes_nothing_and_pays_nothing(minimum: int) -> None:
    books = to_the_bank([collect("A", 1_000_00), collect("B", 600_00, merchant=BOIBAZAR)])
    at_counter = transfer(
        Code.COLLECT_COUNTER, debit=TILL, credit=payable(), amount_poisha=300_00, at=NEXT_MORNING, cause="scan-C"
    )
    refund = transfer(Code.REFUND, debit=payable(), credit=TILL, amount_poisha=200_00, at=NEXT_MORNING, cause="claim-1")
    paid, after = run(
        [line("A", 1_000_00), line("C", 300_00)],
        [*books, at_counter, refund],
        in_bank=set(),
        rules=replace(RULES, payout_minimum_poisha=minimum),
    )
    assert (paid.fees_taken_poisha, paid.vat_taken_poisha, paid.payout_poisha) == (0, 0, 0)
    assert paid.carried_forward_poisha == -200_00
    assert adds_up(paid)
    refuse_breaches(balances(after))


def test_two_parcels_of_one_order_are_both_charged() -> None:
    two = [replace(line(item, 1_000_00), order_ref="order-1") for item in ("A", "B")]
    assert run(two)[0].fees_taken_poisha == 120_00
    assert standing(balances(run(two)[1]), FEES_DUE) == 0


def test_settling_twice_gives_the_same_settlement_and_the_same_transfers() -> None:
    books = to_the_bank([collect("A", 1_000_00)])
    once, after = run([line("A", 1_000_00)], books)
    again, after_again = run([line("A", 1_000_00)], books)
    assert (once, after) == (again, after_again)
    assert balances([*after, *after_again]) == balances(after)
    assert once.settlement_id == "shajgoj-2026-11-23"


def test_red_control_a_second_payout_of_one_settlement_is_a_conflict() -> None:
    _, books = run([line("A", 1_000_00)])
    payout = books[-1]
    with pytest.raises(Conflict):
        balances([*books, replace(payout, amount_poisha=payout.amount_poisha + 1)])
    forced = replace(payout, transfer_id=collect("x", 1).transfer_id)
    with pytest.raises(Conflict):
        refuse_breaches(balances([*books, forced]))


def test_a_parcel_settled_again_in_another_settlement_is_charged_once_and_paid_once() -> None:
    _, books = run([line("A", 1_000_00)])
    again, after = run([line("A", 1_000_00)], books, settled_on=TOMORROW + timedelta(days=1))
    assert again.payout_poisha == 0
    assert standing(balances(after), account(AccountKind.FEE_REVENUE)) == 60_00


@pytest.mark.parametrize("wrong", [[line("A", 1), line("A", 2)], [line("A", -1)], [line("A", 1, fee_poisha=-60_00)]])
def test_a_parcel_listed_twice_or_below_zero_is_refused(wrong: list[SettlementLine]) -> None:
    with pytest.raises(Unacceptable):
        run(wrong, books=[])


def test_the_reference_is_that_of_this_advice_and_of_no_other() -> None:
    paid, _ = run([line("A", 1_000_00), line("B", 500_00)])
    reference = paid.verification_reference
    assert len(reference) == 14
    assert is_genuine(paid, KEY, reference)
    assert is_genuine(paid, KEY, f" {reference.lower().replace('-', ' ')} ")
    assert is_genuine(paid, KEY, bangla_digits(reference))
    for other in (
        replace(paid, payout_poisha=paid.payout_poisha + 1),
        replace(paid, payout_account="someone else's"),
        replace(paid, lines=paid.lines[:1]),
    ):
        assert not is_genuine(other, KEY, reference)
    assert not is_genuine(paid, b"another key", reference)
    assert not is_genuine(paid, KEY, "AAAA-AAAA-AAAA")
    assert not is_genuine(paid, KEY, "")
    with pytest.raises(Unacceptable):
        verification_reference(paid, b"")


amounts = st.one_of(st.just(0), st.integers(1, 300_00), st.integers(1, 90_000_00))


@settings(max_examples=60, deadline=None)
@given(
    parcels=st.lists(st.tuples(amounts, st.integers(0, 150_00), st.booleans(), st.booleans()), max_size=12),
    has_account=st.booleans(),
)
def test_every_settlement_adds_up_and_leaves_the_books_in_order(
    parcels: list[tuple[int, int, bool, bool]], has_account: bool
) -> None:
    lines = [
        line(f"P{n:02}", collected, fee_poisha=fee, outcome="delivered" if finished else "")
        for n, (collected, fee, finished, _) in enumerate(parcels)
    ]
    reached = {f"P{n:02}" for n, parcel in enumerate(parcels) if parcel[3]}
    books = to_the_bank(
        [
            collect("Z", 600_00, merchant=BOIBAZAR),
            *(collect(x.item_number, x.collected_poisha) for x in lines if x.collected_poisha),
        ]
    )
    paid, after = run(lines, books, in_bank=reached, payout_account="bKash 017" if has_account else "")
    sums = balances(after)
    refuse_breaches(sums)
    assert adds_up(paid)
    assert len(paid.lines) + len(paid.waiting) == len(lines)
    assert standing(sums, payable()) == paid.carried_forward_poisha + sum(x.collected_poisha for x in paid.waiting)
    assert standing(sums, FEES_DUE) == paid.fees_due_poisha
    assert standing(sums, VAT_DUE) == paid.vat_due_poisha
