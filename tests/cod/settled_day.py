"""A settled day in plain transfers, worked out by hand: it rests on no rule but the postings table.

Three parcels are delivered; one rider is Tk 20 short; everything is paid in; two merchants are settled and paid.
"""

from datetime import datetime, timedelta

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.units import DHAKA, ItemNumber

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=DHAKA)
EVENING = NOON.replace(hour=20, minute=0)
NEXT_MORNING = EVENING + timedelta(hours=14)
NEXT_EVENING = EVENING + timedelta(hours=20)
DAY = NOON.date()
BANK = account(AccountKind.SETTLEMENT_BANK)
TILL = account(AccountKind.OFFICE_TILL, "1215")
WAY = account(AccountKind.BANK_IN_TRANSIT, "1215")
RIDER, OTHER_RIDER = (account(AccountKind.RIDER_CASH, f"1215-R0{n}") for n in (1, 2))
SHAJGOJ, BOIBAZAR = (account(AccountKind.MERCHANT_PAYABLE, name) for name in ("shajgoj", "boibazar"))


def collect(
    item: str, amount_poisha: int, *, rider: str = RIDER, merchant: str = SHAJGOJ, at: datetime = NOON
) -> Transfer:
    return moved(Code.COLLECT, rider, merchant, amount_poisha, at, f"scan-{item}", item)


def moved(
    code: Code, debit: str, credit: str, amount_poisha: int, at: datetime, cause: str, item: str = ""
) -> Transfer:
    facts = {"debit": debit, "credit": credit, "amount_poisha": amount_poisha, "at": at, "cause": cause}
    return transfer(code, **facts, item_number=ItemNumber(item), part=item)  # type: ignore[arg-type]


def settled(merchant: str, parcels: dict[str, int], paid_poisha: int) -> list[Transfer]:
    """Tk 60 and Tk 9 of VAT for each parcel, the rest paid out and on the bank's statement."""
    owner, cause, at = merchant.partition(":")[2], f"settlement-{merchant}", NEXT_EVENING
    fees, vat = account(AccountKind.MERCHANT_FEES_DUE, owner), account(AccountKind.MERCHANT_VAT_DUE, owner)
    way, revenue = account(AccountKind.PAYOUT_IN_TRANSIT, owner), account(AccountKind.FEE_REVENUE)
    return [
        *(moved(Code.FEE, fees, revenue, 60_00, at, cause, item) for item in parcels),
        *(moved(Code.VAT, vat, account(AccountKind.VAT_PAYABLE), 9_00, at, cause, item) for item in parcels),
        moved(Code.TAKE_FEE, merchant, fees, 60_00 * len(parcels), at, cause),
        moved(Code.TAKE_VAT, merchant, vat, 9_00 * len(parcels), at, cause),
        moved(Code.PAY_OUT, merchant, way, paid_poisha, at, cause),
        moved(Code.PAYOUT_CONFIRMED, way, BANK, paid_poisha, at + timedelta(hours=1), cause),
    ]


def a_settled_day() -> list[Transfer]:
    """The transfers of the day in their order."""
    debt, close = account(AccountKind.RIDER_DEBT, "1215-R01"), "rider-close:1215-R01"
    return [
        collect("DP000000019BD", 1_250_50),
        collect("DP000000022BD", 800_00, merchant=BOIBAZAR),
        collect("DP000000036BD", 3_000_00, rider=OTHER_RIDER),
        moved(Code.SHORTAGE, debt, RIDER, 20_00, EVENING, close),
        moved(Code.HAND_IN, TILL, RIDER, 2_030_50, EVENING, close),
        moved(Code.HAND_IN, TILL, OTHER_RIDER, 3_000_00, EVENING, "rider-close:1215-R02"),
        moved(Code.DEPOSIT, WAY, TILL, 5_030_50, NEXT_MORNING, "office-close:1215"),
        moved(Code.DEPOSIT_CONFIRMED, BANK, WAY, 5_030_50, NEXT_MORNING + timedelta(hours=5), "office-close:1215"),
        *settled(SHAJGOJ, {"DP000000019BD": 1_250_50, "DP000000036BD": 3_000_00}, 4_112_50),
        *settled(BOIBAZAR, {"DP000000022BD": 800_00, "DP000000040BD": 0}, 662_00),
    ]
