"""A day small enough to follow by hand: one office, two riders, two merchants, and what became of the cash."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.custody import in_bank
from post_logistics.cod.day_close import Deposit, OfficeClose, Slip, close_office, close_rider, confirm_deposit, deposit
from post_logistics.cod.ledger import Transfer, balances, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import WEEKDAYS, CodRules
from post_logistics.cod.settlement import SettlementLine, settle
from post_logistics.units import DHAKA, ItemNumber, MerchantId, Postcode, RiderId

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, 30, tzinfo=DHAKA)
EVENING = NOON.replace(hour=20, minute=0)
NEXT_MORNING = EVENING + timedelta(hours=14)
OFFICE = Postcode("1215")
RIDER, OTHER_RIDER = RiderId("1215-R01"), RiderId("1215-R02")
SHAJGOJ, BOIBAZAR = MerchantId("shajgoj"), MerchantId("boibazar")
KEY = b"a key for tests"
BANK = account(AccountKind.SETTLEMENT_BANK)
TILL = account(AccountKind.OFFICE_TILL, OFFICE)
RULES = CodRules(
    valid_from=date(2026, 1, 1),
    rider_cash_cap_poisha=50_000_00,
    deposit_minimum_poisha=500_00,
    payout_minimum_poisha=100_00,
    cash_payout_limit_poisha=5_000_00,
    settlement_weekdays=WEEKDAYS,
    denominations_poisha=(1_000_00, 500_00, 100_00, 50_00, 20_00, 10_00, 5_00, 2_00, 1_00, 50, 10, 1),
)


def count(expected_poisha: int, counted_poisha: int) -> Count:
    """The cash on the table; nobody knows why it is not what was expected, where it is not."""
    reason = None if expected_poisha == counted_poisha else Variance.NOT_KNOWN
    return Count.in_fewest(counted_poisha, RULES, "clerk", "witness", reason)


def pay_in(close: OfficeClose, slip_number: str, at: datetime) -> tuple[Deposit, Transfer]:
    """The cash of a close, paid in at that time."""
    slip = Slip(slip_number=slip_number, bank="Sonali", branch="Tejgaon", deposited_at=at, paid_in_by="postmaster")
    return deposit(close, slip, at=at)


def payable(merchant: str = SHAJGOJ) -> str:
    return account(AccountKind.MERCHANT_PAYABLE, merchant)


def carried_by(rider: str = RIDER) -> str:
    return account(AccountKind.RIDER_CASH, rider)


def collect(
    item: str, amount_poisha: int, *, rider: str = RIDER, merchant: str = SHAJGOJ, at: datetime = NOON
) -> Transfer:
    return transfer(
        Code.COLLECT,
        debit=account(AccountKind.RIDER_CASH, rider),
        credit=account(AccountKind.MERCHANT_PAYABLE, merchant),
        amount_poisha=amount_poisha,
        at=at,
        cause=f"scan-{item}",
        item_number=ItemNumber(item),
    )


def line(item: str, collected_poisha: int, *, outcome: str = "delivered", fee_poisha: int = 60_00) -> SettlementLine:
    return SettlementLine(
        item_number=ItemNumber(item),
        order_ref=f"order-{item}",
        outcome=outcome,
        collected_poisha=collected_poisha,
        postage_poisha=fee_poisha,
        cod_fee_poisha=0,
        vat_poisha=fee_poisha * 15 // 100,
    )


def to_the_bank(books: list[Transfer], *, short_poisha: int = 0, day: date = DAY) -> list[Transfer]:
    """The books after the riders hand in (the first one short), the office pays in, and the bank confirms."""
    evening, closed = datetime(day.year, day.month, day.day, 20, tzinfo=DHAKA), list(books)
    for rider in (RIDER, OTHER_RIDER):
        expected = standing(balances(closed), account(AccountKind.RIDER_CASH, rider))
        counted = expected - (short_poisha if rider == RIDER else 0)
        closed += close_rider(
            rider=rider,
            office=OFFICE,
            closed_on=day,
            expected_poisha=expected,
            count=count(expected, counted),
            at=evening,
        )[1]
    till_poisha = standing(balances(closed), TILL)
    close, moved = close_office(
        office=OFFICE,
        closed_on=day,
        expected_poisha=till_poisha,
        count=count(till_poisha, till_poisha),
        riders_hold_poisha={},
        rules=RULES,
        at=evening,
    )
    paid_in, moved_out = pay_in(close, "SB-0042", evening + timedelta(hours=14))
    arrived = confirm_deposit(paid_in, confirmed_poisha=paid_in.amount_poisha, at=evening + timedelta(hours=19))
    return [*closed, *moved, moved_out, arrived]


def left_the_bank(moved: Iterable[Transfer]) -> list[Transfer]:
    """What was ordered to be paid out has gone, as the bank's statement shows."""
    return [
        transfer(
            Code.PAYOUT_CONFIRMED,
            debit=each.credit,
            credit=BANK,
            amount_poisha=each.amount_poisha,
            at=each.at,
            cause=each.cause,
        )
        for each in moved
        if each.code is Code.PAY_OUT
    ]


def a_settled_day() -> list[Transfer]:
    """Three parcels delivered, one rider 20 taka short, everything paid in, both merchants settled and paid."""
    books = to_the_bank(
        [
            collect("DP000000019BD", 1_250_50),
            collect("DP000000022BD", 800_00, merchant=BOIBAZAR),
            collect("DP000000036BD", 3_000_00, rider=OTHER_RIDER),
        ],
        short_poisha=20_00,
    )
    for merchant, lines in (
        (SHAJGOJ, [line("DP000000019BD", 1_250_50), line("DP000000036BD", 3_000_00)]),
        (BOIBAZAR, [line("DP000000022BD", 800_00), line("DP000000040BD", 0, outcome="returned")]),
    ):
        moved = settle(
            merchant=merchant,
            settled_on=DAY + timedelta(days=1),
            parcels=lines,
            in_bank=in_bank(books),
            sums=balances(books),
            payout_account="DBBL 101.110.22",
            rules=RULES,
            key=KEY,
            at=EVENING + timedelta(hours=20),
        )[1]
        books += [*moved, *left_the_bank(moved)]
    return books
