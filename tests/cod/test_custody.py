import random
from datetime import timedelta

from post_logistics.cod.accounts import AccountKind, account, parse
from post_logistics.cod.custody import CASH_PLACES, in_bank, lots
from post_logistics.cod.day_close import close_rider
from post_logistics.cod.ledger import Transfer, balances, reverse, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.units import ItemNumber
from tests.cod.books import (
    BANK,
    DAY,
    EVENING,
    NEXT_MORNING,
    NOON,
    OFFICE,
    OTHER_RIDER,
    RIDER,
    TILL,
    a_settled_day,
    carried_by,
    collect,
    count,
    payable,
    to_the_bank,
)


def where(books: list[Transfer]) -> dict[str, str]:
    return {lot.item_number: lot.account for lot in lots(books)}


def test_money_is_with_the_rider_then_in_the_till_then_in_the_bank() -> None:
    books = [collect("A", 600_00)]
    assert where(books) == {"A": carried_by()}
    assert lots(books)[0].since_at == NOON
    books = to_the_bank(books)
    handed_in = [each for each in books if each.at <= EVENING]
    assert where(handed_in) == {"A": TILL}
    assert lots(handed_in)[0].since_at == EVENING
    assert where([each for each in books if each.at <= NEXT_MORNING]) == {
        "A": account(AccountKind.BANK_IN_TRANSIT, OFFICE)
    }
    assert where(books) == {"A": BANK}
    assert in_bank(books) == {"A"}


def test_cash_taken_after_the_close_is_not_in_the_deposit_of_that_close() -> None:
    at_counter = transfer(
        Code.COLLECT_COUNTER,
        debit=TILL,
        credit=payable(),
        amount_poisha=600_00,
        at=NEXT_MORNING - timedelta(minutes=5),
        cause="scan-B",
        item_number=ItemNumber("B"),
    )
    books = [*to_the_bank([collect("A", 600_00)]), at_counter]
    assert where(books) == {"A": BANK, "B": TILL}
    assert in_bank(books) == {"A"}


def test_a_collection_from_a_clock_that_ran_ahead_leaves_with_the_money_it_was_part_of() -> None:
    ahead = collect("A", 600_00, at=NOON + timedelta(days=3))
    in_time = collect("A", 600_00)
    moved = [each for each in to_the_bank([in_time]) if each.code is not Code.COLLECT]
    assert in_bank([ahead, *moved]) == {"A"}
    later = collect("B", 100_00, at=NOON + timedelta(days=4))
    assert where([ahead, later, *moved]) == {"A": BANK, "B": carried_by()}


def test_a_short_rider_does_not_keep_any_merchant_waiting() -> None:
    books = to_the_bank([collect("A", 600_00), collect("B", 600_00)], short_poisha=700_00)
    assert in_bank(books) == {"A", "B"}


def test_when_everything_was_lost_the_parcels_are_with_the_debt_until_it_is_repaid() -> None:
    lost = to_the_bank([collect("A", 600_00), collect("B", 600_00, rider=OTHER_RIDER)], short_poisha=600_00)
    debt = account(AccountKind.RIDER_DEBT, RIDER)
    assert where(lost) == {"A": debt, "B": BANK}
    repaid = transfer(
        Code.SHORTAGE_REPAID,
        debit=TILL,
        credit=debt,
        amount_poisha=600_00,
        at=NEXT_MORNING + timedelta(days=1),
        cause="receipt-1",
    )
    assert where([*lost, repaid]) == {"A": TILL, "B": BANK}


def test_a_collection_taken_back_is_nowhere() -> None:
    wrong = collect("A", 600_00)
    books = [wrong, reverse(wrong, at=EVENING, cause="wrong parcel"), collect("B", 700_00)]
    assert where(books) == {"B": carried_by()}


def test_a_parcel_paid_by_two_tenders_is_in_the_bank_when_both_are() -> None:
    wallet = transfer(
        Code.COLLECT_DIGITAL,
        debit=account(AccountKind.PROVIDER_CLEARING, "bkash"),
        credit=payable(),
        amount_poisha=100_00,
        at=NOON,
        cause="scan-A",
        item_number=ItemNumber("A"),
    )
    books = to_the_bank([collect("A", 600_00), wallet])
    assert in_bank(books) == frozenset()
    confirmed = transfer(
        Code.DIGITAL_CONFIRMED,
        debit=BANK,
        credit=wallet.debit,
        amount_poisha=100_00,
        at=NEXT_MORNING,
        cause="bkash-9",
    )
    assert in_bank([*books, confirmed]) == {"A"}
    assert in_bank([collect("A", 600_00, at=NOON - timedelta(hours=1)), wallet, confirmed]) == frozenset()
    assert in_bank([collect("A", 600_00, at=NOON + timedelta(hours=1)), wallet, confirmed]) == frozenset()


def test_where_money_is_does_not_depend_on_the_order_of_the_transfers() -> None:
    books = a_settled_day()
    expected = {(lot.item_number, lot.account) for lot in lots(books)}
    for seed in range(20):
        shuffled = list(books)
        random.Random(seed).shuffle(shuffled)
        assert {(lot.item_number, lot.account) for lot in lots(shuffled)} == expected


def test_no_more_parcels_are_in_a_place_than_money_has_come_to_it() -> None:
    """Random shifts with hand-ins in the middle: what the lots say is never ahead of what the ledger says."""
    for seed in range(30):
        chance, books = random.Random(seed), []
        for number in range(25):
            at = NOON + timedelta(minutes=number)
            books.append(collect(f"P{number}", chance.randint(1, 900_00), at=at))
            if chance.random() < 0.3:
                held = standing(balances(books), carried_by())
                counted = held if chance.random() < 0.5 else chance.randint(0, held + 100)
                books += close_rider(
                    rider=RIDER,
                    office=OFFICE,
                    closed_on=DAY + timedelta(days=number),
                    expected_poisha=held,
                    count=count(held, counted),
                    at=at,
                )[1]
        by_place: dict[str, int] = {}
        for lot in lots(books):
            by_place[lot.account] = by_place.get(lot.account, 0) + lot.amount_poisha
        sums = balances(books)
        assert by_place.get(carried_by(), 0) == standing(sums, carried_by())
        assert len(lots(books)) == 25
        assert all(parse(place)[0] in CASH_PLACES | {AccountKind.RIDER_DEBT} for place in by_place)
