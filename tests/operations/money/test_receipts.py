"""Receipts: every way to pay, what is short and who answers, taken back and paid again, the cap, refunds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import breaches, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.cod.rules import CodRules
from post_logistics.cod.tenders import ShortReason
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.prices import ask_price, decide_price
from post_logistics.operations.money.receipts import room_of, take_back_receipt
from post_logistics.operations.money.refunds import Wish, refund_at_counter
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from post_logistics.storage.money.payouts import load_advances
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.money.receipts import load_receipts, load_refunds
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import MerchantId, Postcode

RIDER, HOLDER = "1216-R01", "rider:1216-R01"
OFFICE = Postcode("1216")
SHOP = Actor(merchant_id=MerchantId("test-shop"))
POST = Actor()


@pytest.fixture(autouse=True)
def books_are_sound(story: Any) -> Any:
    """After every test of this page the independent proof finds nothing."""
    yield
    assert not check_books(load_transfers(story.connection))
    assert not breaches(load_balances(story.connection))


@pytest.fixture
def rules(facts: Facts) -> CodRules:
    return facts.cod_rules.on(date(2026, 11, 22))


def sums(story: Any) -> dict[str, int]:
    return {name: amount for name, amount in load_balances(story.connection).items() if amount}


def claim(story: Any, item: str, cash: int = 0, holder: str = HOLDER, **more: Any) -> Claim:
    event = more.pop("event", Event.DELIVERED_CLAIMED)
    return Claim(story.scan(item, event, holder), cash, **more)


def out(story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    story.out_for_delivery(*items)
    return items


def asked(story: Any, facts: Facts, item: str, price: int, actor: Actor = POST, change_id: UUID | None = None) -> Any:
    return ask_price(
        story.connection,
        facts.booking_rules,
        change_id=change_id or uuid4(),
        number=item,
        price_poisha=price,
        why="the box is dented",
        by="clerk",
        actor=actor,
        at=story.at + timedelta(minutes=story.sequence, seconds=30),
    )


def decided(story: Any, change: Any, approved: bool = True) -> Any:
    at = story.at + timedelta(minutes=story.sequence, seconds=45)
    return decide_price(
        story.connection, change.change_id, approved=approved, by="shop", merchant=SHOP.merchant_id, at=at
    )


def test_a_receipt_says_what_was_paid_and_to_whom(story: Any) -> None:
    (item,) = out(story, 100_000)
    told = claim(story, item, 100_000)
    deliver(story.connection, [told])
    (receipt,) = load_receipts(story.connection, [item])
    assert receipt.receipt_id == told.scan.scan_id and receipt.standing
    assert (receipt.due_poisha, receipt.cash_poisha, receipt.short_poisha) == (100_000, 100_000, 0)
    assert receipt.holder == HOLDER
    assert load_due(story.connection, [item]) == {item: 0}


@pytest.mark.parametrize(
    ("holder", "debt"), [(HOLDER, "rider_debt:1216-R01"), ("office:1216", "office_debt:1216")], ids=["door", "counter"]
)
def test_who_hands_over_for_less_answers_for_it_and_the_merchant_is_owed_the_whole(
    story: Any, holder: str, debt: str
) -> None:
    (item,) = out(story, 100_000)
    (verdict,) = deliver(story.connection, [claim(story, item, 99_900, holder, short_reason=ShortReason.NO_CHANGE)])
    assert verdict.outcome is ScanOutcome.MISFIT and "Tk 1.00 short" in verdict.why
    assert sums(story)[debt] == 100
    assert sums(story)["merchant_payable:test-shop"] == -100_000
    (receipt,) = load_receipts(story.connection, [item])
    assert (receipt.short_poisha, receipt.short_reason) == (100, "no_change")


@pytest.mark.parametrize(
    ("cash", "reason"),
    [(99_999, None), (99_999, ShortReason.PAYMENT_FAILED), (100_001, ShortReason.NO_CHANGE), (100_001, None)],
)
def test_money_that_cannot_be_right_keeps_nothing(story: Any, cash: int, reason: ShortReason | None) -> None:
    (item,) = out(story, 100_000)
    (verdict,) = deliver(story.connection, [claim(story, item, cash, short_reason=reason)])
    assert verdict.outcome is ScanOutcome.REJECTED
    assert sums(story) == {} and load_receipts(story.connection, [item]) == []


def test_a_lower_price_is_in_force_the_moment_the_merchant_approves(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    change = asked(story, facts, item, 80_000)
    assert load_due(story.connection, [item]) == {item: 100_000}
    assert decided(story, change).state == "approved"
    assert load_due(story.connection, [item]) == {item: 80_000}
    (verdict,) = deliver(story.connection, [claim(story, item, 80_000)])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    assert sums(story) == {"rider_cash:1216-R01": 80_000, "merchant_payable:test-shop": -80_000}


def test_what_the_merchant_asks_for_is_approved_and_what_others_ask_above_the_order_is_not(
    story: Any, facts: Facts
) -> None:
    dear, asked_by_post = out(story, 100_000, 100_000)
    assert asked(story, facts, dear, 110_000, SHOP).state == "approved"
    assert asked(story, facts, asked_by_post, 110_000).state == "asked"
    verdicts = deliver(story.connection, [claim(story, dear, 110_000), claim(story, asked_by_post, 110_000)])
    assert [v.outcome for v in verdicts] == [ScanOutcome.ACCEPTED, ScanOutcome.REJECTED]


def test_a_rider_offline_who_took_the_old_price_has_an_excess(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    told = claim(story, item, 100_000)
    asked(story, facts, item, 80_000, SHOP)
    (verdict,) = deliver(story.connection, [told])
    assert verdict.outcome is ScanOutcome.MISFIT and "excess" in verdict.why and "200.00" in verdict.why
    assert sums(story)["rider_cash:1216-R01"] == 80_000


def test_a_rider_offline_who_took_the_lower_old_price_owes_nothing(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    told = claim(story, item, 100_000)
    asked(story, facts, item, 120_000, SHOP)
    (verdict,) = deliver(story.connection, [told])
    assert verdict.outcome is ScanOutcome.MISFIT and "price before" in verdict.why
    assert sums(story) == {"rider_cash:1216-R01": 100_000, "merchant_payable:test-shop": -100_000}


def test_a_price_that_was_gone_before_the_door_is_not_taken(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    asked(story, facts, item, 50_000, SHOP)
    story.sequence += 1
    asked(story, facts, item, 100_000, SHOP)
    story.sequence += 1
    (verdict,) = deliver(story.connection, [claim(story, item, 50_000)])
    assert verdict.outcome is ScanOutcome.REJECTED


def test_approval_that_comes_after_the_door_lets_the_rider_off(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    change = asked(story, facts, item, 70_000)
    told = claim(story, item, 60_000, short_reason=ShortReason.AGREED_BY_MERCHANT)
    (verdict,) = deliver(story.connection, [told])
    assert "not on record" in verdict.why and sums(story)["rider_debt:1216-R01"] == 40_000
    decided(story, change)
    assert sums(story)["rider_debt:1216-R01"] == 10_000
    assert sums(story)["merchant_payable:test-shop"] == -70_000
    (receipt,) = load_receipts(story.connection, [item])
    assert (receipt.due_poisha, receipt.short_poisha) == (70_000, 10_000)
    before = load_transfers(story.connection)
    assert decided(story, change).state == "approved"
    assert load_transfers(story.connection) == before


def test_one_question_is_open_at_a_time_and_a_decision_stays(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    name = uuid4()
    first = asked(story, facts, item, 80_000, change_id=name)
    assert asked(story, facts, item, 80_000, change_id=name) == first
    with pytest.raises(Conflict, match="800"):
        asked(story, facts, item, 81_000, change_id=name)
    with pytest.raises(Conflict, match="another price"):
        asked(story, facts, item, 70_000)
    with pytest.raises(NotFound):
        decide_price(story.connection, name, approved=True, by="x", merchant=MerchantId("other-shop"), at=story.at)
    assert decided(story, first, approved=False).state == "refused"
    with pytest.raises(Conflict, match="was refused"):
        decided(story, first)
    assert load_due(story.connection, [item]) == {item: 100_000}
    with pytest.raises(Unacceptable):
        asked(story, facts, item, facts.booking_rules.max_cod_poisha + 1)


def test_no_price_changes_once_the_parcel_is_paid(story: Any, facts: Facts) -> None:
    (item,) = out(story, 100_000)
    deliver(story.connection, [claim(story, item, 100_000)])
    with pytest.raises(Conflict, match="is paid"):
        asked(story, facts, item, 80_000, SHOP)


def test_an_exchange_gives_money_back_within_what_the_merchant_agreed(story: Any, facts: Facts) -> None:
    swap, sold = out(story, 0, 100_000)
    deliver(story.connection, [claim(story, sold, 100_000)])
    over = claim(story, swap, event=Event.EXCHANGED, refunded_poisha=30_000)
    assert deliver(story.connection, [over])[0].outcome is ScanOutcome.REJECTED
    asked(story, facts, swap, -30_000, SHOP)
    story.sequence += 1
    (more,) = deliver(story.connection, [claim(story, swap, event=Event.EXCHANGED, refunded_poisha=30_001)])
    assert more.outcome is ScanOutcome.REJECTED and "agreed" in more.why
    told = claim(story, swap, event=Event.EXCHANGED, refunded_poisha=30_000)
    outcomes = [deliver(story.connection, [told])[0].outcome for _ in range(2)]
    assert outcomes == [ScanOutcome.ACCEPTED, ScanOutcome.DUPLICATE]
    assert sums(story) == {"rider_cash:1216-R01": 70_000, "merchant_payable:test-shop": -70_000}
    (given,) = load_refunds(story.connection, swap)
    assert (given.way, given.amount_poisha) == ("door", 30_000)


def test_what_was_agreed_for_an_exchange_is_given_back_once_whoever_says_it_again(story: Any, facts: Facts) -> None:
    swap, sold = out(story, 0, 100_000)
    deliver(story.connection, [claim(story, sold, 100_000)])
    asked(story, facts, swap, -30_000, SHOP)
    story.sequence += 1
    first, second, third = (claim(story, swap, event=Event.EXCHANGED, refunded_poisha=20_000) for _ in range(3))
    verdicts = deliver(story.connection, [first, second])
    assert [one.outcome for one in verdicts] == [ScanOutcome.ACCEPTED, ScanOutcome.REJECTED]
    (later,) = deliver(story.connection, [third])
    assert later.outcome is ScanOutcome.REJECTED and "Tk 100.00 of what was agreed" in later.why
    assert sums(story)["rider_cash:1216-R01"] == 80_000
    hand_in(story, 80_000)
    refund(story, swap, 10_000)
    with pytest.raises(Conflict):
        refund(story, swap, 1)


def test_what_a_rider_took_in_a_batch_he_may_have_given_back_in_it(story: Any, facts: Facts) -> None:
    swap, sold = out(story, 0, 100_000)
    asked(story, facts, swap, -30_000, SHOP)
    story.sequence += 1
    given, taken = claim(story, swap, event=Event.EXCHANGED, refunded_poisha=30_000), claim(story, sold, 100_000)
    verdicts = deliver(story.connection, [given, taken])
    assert [(one.scan.item_number, one.outcome) for one in verdicts] == [
        (swap, ScanOutcome.ACCEPTED),
        (sold, ScanOutcome.ACCEPTED),
    ]
    assert sums(story)["rider_cash:1216-R01"] == 70_000


def test_a_rider_without_network_took_a_price_that_had_fallen_before(story: Any, facts: Facts) -> None:
    fallen, risen = out(story, 100_000, 100_000)
    asked(story, facts, fallen, 80_000, SHOP)
    asked(story, facts, risen, 120_000, SHOP)
    story.sequence += 1
    much, little = deliver(story.connection, [claim(story, fallen, 100_000), claim(story, risen, 100_000)])
    assert much.outcome is ScanOutcome.MISFIT and "Tk 200.00 was taken that is not due" in much.why
    assert little.outcome is ScanOutcome.REJECTED, "too little is short, with a reason"
    assert sums(story) == {"rider_cash:1216-R01": 80_000, "merchant_payable:test-shop": -80_000}


def test_no_office_puts_money_into_the_till_of_another_nor_takes_it_out(story: Any, facts: Facts) -> None:
    sold, short, swap = out(story, 100_000, 100_000, 0)
    asked(story, facts, swap, -30_000, SHOP)
    story.sequence += 1
    verdicts = deliver(
        story.connection,
        [
            claim(story, sold, 100_000, "office:1230"),
            claim(story, short, 0, "office:1230", short_reason=ShortReason.PAID_LESS),
            claim(story, swap, 0, "office:1230", event=Event.EXCHANGED, refunded_poisha=30_000),
        ],
    )
    assert [one.outcome for one in verdicts] == [ScanOutcome.REJECTED] * 3
    assert all("till of 1230" in one.why for one in verdicts) and sums(story) == {}


def test_a_rider_gives_back_no_cash_that_he_does_not_carry(story: Any, facts: Facts) -> None:
    (swap,) = out(story, 0)
    asked(story, facts, swap, -30_000, SHOP)
    story.sequence += 1
    (verdict,) = deliver(story.connection, [claim(story, swap, event=Event.EXCHANGED, refunded_poisha=30_000)])
    assert verdict.outcome is ScanOutcome.REJECTED and "counter" in verdict.why


def test_an_exchange_may_cost_the_recipient_something(story: Any) -> None:
    (swap,) = out(story, 20_000)
    (verdict,) = deliver(story.connection, [claim(story, swap, 20_000, event=Event.EXCHANGED)])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    assert sums(story)["rider_cash:1216-R01"] == 20_000


def test_a_receipt_taken_back_can_be_paid_again_and_says_who_and_why(story: Any) -> None:
    (item,) = out(story, 100_000)
    first = claim(story, item, 99_000, short_reason=ShortReason.MISCOUNTED)
    deliver(story.connection, [first])
    for _ in range(2):
        gone = take_back_receipt(story.connection, first.scan.scan_id, why="wrong parcel", by="clerk", at=story.at)
        assert not gone.standing
    assert sums(story) == {}
    assert load_due(story.connection, [item]) == {item: 100_000}
    assert deliver(story.connection, [first])[0].outcome is ScanOutcome.DUPLICATE
    assert sums(story) == {}
    deliver(story.connection, [claim(story, item, 100_000)])
    assert sums(story)["rider_cash:1216-R01"] == 100_000
    assert [one.standing for one in load_receipts(story.connection, [item])] == [False, True]


def test_taking_back_needs_a_reason_the_right_office_and_money_that_is_still_there(story: Any) -> None:
    (item,) = out(story, 100_000)
    told = claim(story, item, 100_000)
    deliver(story.connection, [told])
    said: dict[str, Any] = {"by": "clerk", "at": story.at + timedelta(hours=2)}
    with pytest.raises(Unacceptable):
        take_back_receipt(story.connection, told.scan.scan_id, why=" ", **said)
    with pytest.raises(NotFound):
        take_back_receipt(story.connection, told.scan.scan_id, why="x", offices={"1230"}, **said)
    with pytest.raises(NotFound):
        take_back_receipt(story.connection, uuid4(), why="x", **said)
    hand_in(story, 100_000)
    with pytest.raises(Conflict, match="moved on"), story.connection.begin_nested():
        take_back_receipt(story.connection, told.scan.scan_id, why="x", **said)


def hand_in(story: Any, amount_poisha: int) -> None:
    at = story.at + timedelta(hours=1)
    till, cash = account(AccountKind.OFFICE_TILL, OFFICE), account(AccountKind.RIDER_CASH, RIDER)
    append_transfers(
        story.connection,
        [transfer(Code.HAND_IN, debit=till, credit=cash, amount_poisha=amount_poisha, at=at, cause="test")],
    )


def test_cash_that_passes_the_cap_is_kept_and_the_rider_is_told_to_hand_in(story: Any, rules: CodRules) -> None:
    small = replace(rules, rider_cash_cap_poisha=150_000)
    first, second = out(story, 100_000, 50_001)
    assert room_of(story.connection, small, RIDER).room_poisha == 150_000
    (fine,) = deliver(story.connection, [claim(story, first, 100_000)], rules=small)
    assert fine.outcome is ScanOutcome.ACCEPTED
    assert room_of(story.connection, small, RIDER).room_poisha == 50_000
    (over,) = deliver(story.connection, [claim(story, second, 50_001)], rules=small)
    assert over.outcome is ScanOutcome.MISFIT and "hand in first" in over.why
    assert sums(story)["rider_cash:1216-R01"] == 150_001


def refund(story: Any, item: str, amount: int, name: UUID | None = None, *, force: bool = False) -> Any:
    wish = Wish(name or uuid4(), amount, "came back damaged", "clerk", force)
    return refund_at_counter(story.connection, item, OFFICE, wish, POST, story.at + timedelta(hours=3))


def test_a_refund_is_never_more_than_was_paid_and_given_once(story: Any) -> None:
    item, other = out(story, 100_000, 100_000)
    deliver(story.connection, [claim(story, item, 100_000), claim(story, other, 100_000)])
    hand_in(story, 200_000)
    name = uuid4()
    assert refund(story, item, 60_000, name) == refund(story, item, 60_000, name)
    with pytest.raises(Conflict):
        refund(story, item, 50_000, name)
    with pytest.raises(Conflict, match="another refund"):
        refund(story, other, 60_000, name)
    with pytest.raises(Conflict, match=r"400\.00"):
        refund(story, item, 40_001)
    refund(story, item, 40_000)
    assert sums(story) == {"merchant_payable:test-shop": -100_000, "office_till:1216": 100_000}
    for wrong in (0, -1):
        with pytest.raises(Unacceptable):
            refund(story, item, wrong)


def test_a_till_gives_no_more_than_it_holds(story: Any) -> None:
    (item,) = out(story, 100_000)
    deliver(story.connection, [claim(story, item, 100_000)])
    with pytest.raises(Conflict, match="office_till"):
        refund(story, item, 1)


def test_beyond_what_the_merchant_is_owed_a_refund_is_the_merchants_debt_and_only_knowingly(story: Any) -> None:
    (item,) = out(story, 100_000)
    deliver(story.connection, [claim(story, item, 100_000)])
    hand_in(story, 100_000)
    shop = account(AccountKind.MERCHANT_PAYABLE, "test-shop")
    transit = account(AccountKind.PAYOUT_IN_TRANSIT, "test-shop")
    at = story.at + timedelta(hours=2)
    append_transfers(
        story.connection,
        [transfer(Code.PAY_OUT, debit=shop, credit=transit, amount_poisha=70_000, at=at, cause="paid")],
    )
    with pytest.raises(Conflict, match="debt"):
        refund(story, item, 50_000)
    made = refund(story, item, 50_000, force=True)
    assert made.advanced_poisha == 20_000
    (advance,) = load_advances(story.connection, "test-shop")
    assert (advance.advance_id, advance.amount_poisha) == (f"refund:{made.refund_id}", 20_000)
    assert load_advances(story.connection, "test-shop", undecided=True) == []
    assert load_advances(story.connection, "another") == []
    assert sums(story)["merchant_advance:test-shop"] == 20_000
    assert "merchant_payable:test-shop" not in sums(story)
