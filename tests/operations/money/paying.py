"""A shop with money in the bank, made of transfers alone: what settling and paying out begin with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import text

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.merchants import Merchant
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_balances
from post_logistics.storage.orders.consignments import append_consignments
from post_logistics.storage.orders.merchants import append_merchants, load_merchant
from post_logistics.units import ItemNumber, MerchantId
from tests.operations.conftest import consignment

RIDER, TILL, TRANSIT = (
    account(kind, owner)
    for kind, owner in (
        (AccountKind.RIDER_CASH, "1216-R01"),
        (AccountKind.OFFICE_TILL, "1216"),
        (AccountKind.BANK_IN_TRANSIT, "1216"),
    )
)
BANK = account(AccountKind.SETTLEMENT_BANK)


def payable(merchant: str) -> Account:
    return account(AccountKind.MERCHANT_PAYABLE, merchant)


def shop(connection: Connection, merchant_id: str, at: datetime, payout_account: str = "account-1") -> Merchant:
    merchant = Merchant(MerchantId(merchant_id), merchant_id, "New Market, Dhaka", payout_account, at)
    append_merchants(connection, [merchant])
    return load_merchant(connection, merchant_id)


def charged(connection: Connection, merchant: str, fees_poisha: int, vat_poisha: int, at: datetime) -> None:
    """Parcels of the merchant have come to their end, and brought no money."""
    legs = (
        (Code.FEE, AccountKind.MERCHANT_FEES_DUE, AccountKind.FEE_REVENUE, fees_poisha),
        (Code.VAT, AccountKind.MERCHANT_VAT_DUE, AccountKind.VAT_PAYABLE, vat_poisha),
    )
    made = [
        transfer(
            code,
            debit=account(due, merchant),
            credit=account(earned),
            amount_poisha=poisha,
            at=at,
            cause=f"{merchant} {fees_poisha} {at}",
        )
        for code, due, earned, poisha in legs
    ]
    append_transfers(connection, made)


def parcels(
    connection: Connection,
    merchant: str,
    amounts: Sequence[int],
    at: datetime,
    *,
    first: int = 7_100_000,
    state: str = "delivered",
    banked: bool = True,
) -> list[ItemNumber]:
    """That merchant's parcels in that state, each paid for at the door; the cash is in the bank or with the rider."""
    made = [replace(consignment(first + n, at, cod), merchant_id=MerchantId(merchant)) for n, cod in enumerate(amounts)]
    append_consignments(connection, made, ["print"] * len(made))
    connection.execute(
        text(
            "insert into journeys (item_number, state, holder, office, destination, since, attempts, misfits, last_at, "
            "version) select one, :state, 'office:1216', '1216', '1216', :at, 0, 0, :at, 1 from unnest(:items) as one"
        ),
        {"items": [one.item_number for one in made], "state": state, "at": at},
    )
    collected = [
        transfer(
            Code.COLLECT,
            debit=RIDER,
            credit=payable(merchant),
            amount_poisha=one.cod_poisha,
            at=at,
            cause=f"scan-{one.item_number}",
            item_number=one.item_number,
        )
        for one in made
        if one.cod_poisha
    ]
    total = sum(amounts)
    append_transfers(connection, [*collected, *(to_the_bank(total, at, f"{merchant}-{first}") if banked else [])])
    return [one.item_number for one in made]


def to_the_bank(amount_poisha: int, at: datetime, cause: str) -> list[Transfer]:
    way = ((Code.HAND_IN, TILL, RIDER), (Code.DEPOSIT, TRANSIT, TILL), (Code.DEPOSIT_CONFIRMED, BANK, TRANSIT))
    return [
        transfer(code, debit=debit, credit=credit, amount_poisha=amount_poisha, at=at, cause=cause)
        for code, debit, credit in way
        if amount_poisha
    ]


def confirmed(payout_id: str, merchant: str, amount_poisha: int, at: datetime) -> Transfer:
    """The bank's statement shows the payout."""
    return transfer(
        Code.PAYOUT_CONFIRMED,
        debit=account(AccountKind.PAYOUT_IN_TRANSIT, merchant),
        credit=BANK,
        amount_poisha=amount_poisha,
        at=at,
        cause=payout_id,
    )


def of(connection: Connection, kind: AccountKind, owner: str = "") -> int:
    return standing(load_balances(connection), account(kind, owner))
