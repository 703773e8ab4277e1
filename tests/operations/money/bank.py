"""A bank that shows what it is told to show, and offices and providers whose money is on its way there."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing, transfer
from post_logistics.cod.matching.rules import Fee, Rules
from post_logistics.cod.postings import Code
from post_logistics.operations.money.matching import Run, match_source
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import append_transfers, load_balances
from post_logistics.units import DHAKA

NAMES = UUID("6f2e0d62-3c51-4f39-8a53-4b7f7a6f0c11")
RULES = Rules(charges=("bank charge",), tolerance_poisha=500_00, fees={"bkash": Fee(bps=150)})
AT = datetime(2026, 11, 22, 12, tzinfo=DHAKA)


def insert(connection: Connection, table: str, **row: Any) -> None:
    """A row as the test gives it."""
    names, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"insert into {table} ({names}) values ({values}) on conflict do nothing"), row)


class Bank:
    """What is on its way to one bank, and what the bank shows."""

    def __init__(self, database: Database, provider: str | None = None) -> None:
        self.database, self.source = database, "bank" if provider is None else provider
        self.rows = 0
        with database.transaction() as connection:
            insert(
                connection,
                "statement_sources",
                source=self.source,
                version=1,
                kind="provider" if provider else "bank",
                provider=provider,
                layout="{}",
                made_by="rahima",
                made_at=AT,
            )
            insert(
                connection,
                "statement_files",
                file_id=f"file of {self.source}",
                source=self.source,
                version=1,
                file_name="nov.csv",
                rows=9,
                new_rows=9,
                first_on=date(2026, 11, 1),
                last_on=date(2026, 11, 30),
                imported_by="rahima",
                imported_at=AT,
            )

    def shows(self, amount: int, reference: str = "", text: str = "CASH DEPOSIT", on: int = 22) -> UUID:
        """A line of its statement."""
        self.rows += 1
        line_id = uuid5(NAMES, f"{self.source} {self.rows}")
        with self.database.transaction() as connection:
            insert(
                connection,
                "statement_lines",
                line_id=line_id,
                source=self.source,
                file_id=f"file of {self.source}",
                row=self.rows,
                booked_on=date(2026, 11, on),
                amount_poisha=amount,
                reference=reference,
                description=text,
                counterparty="",
                bank_id="",
            )
        return line_id

    def match(self, rules: Rules = RULES, at: datetime = AT) -> Run:
        """A run over its lines."""
        return match_source(self.database, rules, self.source, at)

    def standing(self, kind: AccountKind, owner: str = "") -> int:
        """What the books say of an account."""
        with self.database.transaction() as connection:
            return standing(load_balances(connection), account(kind, owner))

    def ask(self, query: str) -> Any:
        """One value out of the database."""
        with self.database.transaction() as connection:
            return connection.execute(text(query)).scalar_one()


def deposit(database: Database, amount: int, slip: str, office: str = "1216", on: int = 21) -> str:
    """An office has paid in; gives back the close it did so with."""
    at = datetime.combine(date(2026, 11, on), time(11), DHAKA)
    close_id = f"office-close:{office}:{slip}"
    till, transit = account(AccountKind.OFFICE_TILL, office), account(AccountKind.BANK_IN_TRANSIT, office)
    shop = account(AccountKind.MERCHANT_PAYABLE, "shop")
    with database.transaction() as connection:
        insert(
            connection,
            "day_closes",
            close_id=close_id,
            holder=f"office:{office}",
            office=office,
            closed_on=at.date(),
            expected_poisha=amount,
            counted_poisha=amount,
            shortage_poisha=0,
            excess_poisha=0,
            to_deposit_poisha=amount,
            counted_by="karim",
            countersigned_by="rahima",
            closed_at=at,
            turn=abs(hash(slip)) % 10**6 + 1,
            pieces="{}",
            reason="",
        )
        insert(
            connection,
            "deposits",
            close_id=close_id,
            office=office,
            amount_poisha=amount,
            recorded_at=at,
        )
        insert(
            connection,
            "slips",
            close_id=close_id,
            number=1,
            slip_number=slip,
            bank="sonali",
            branch="Main",
            deposited_at=at,
            paid_in_by="karim",
            why="",
            said_by="karim",
            said_at=at,
            standing=True,
        )
        moves = [
            transfer(Code.COLLECT_COUNTER, debit=till, credit=shop, amount_poisha=amount, at=at, cause=f"scan {slip}"),
            transfer(Code.DEPOSIT, debit=transit, credit=till, amount_poisha=amount, at=at, cause=close_id),
        ]
        append_transfers(connection, moves)
    return close_id


def payment(database: Database, amount: int, name: str, provider: str = "bkash", on: int = 21) -> str:
    """A recipient has paid a provider; gives back the id of the collection."""
    at = datetime.combine(date(2026, 11, on), time(11), DHAKA)
    moved = transfer(
        Code.COLLECT_DIGITAL,
        debit=account(AccountKind.PROVIDER_CLEARING, provider),
        credit=account(AccountKind.MERCHANT_PAYABLE, "shop"),
        amount_poisha=amount,
        at=at,
        cause=name,
    )
    with database.transaction() as connection:
        append_transfers(connection, [moved])
    return str(moved.transfer_id)


def payout(database: Database, amount: int, payout_id: str) -> str:
    """A merchant is to be paid, and the bank has been told."""
    at = AT - timedelta(days=1)
    with database.transaction() as connection:
        insert(
            connection,
            "merchants",
            merchant_id="shop",
            name="Shop",
            store_address="New Market",
            payout_account="account-1",
            registered_at=at,
        )
        insert(
            connection,
            "payouts",
            payout_id=payout_id,
            merchant="shop",
            kind="settlement",
            amount_poisha=amount,
            account="account-1",
            state="approved",
            needs_approval=False,
            ordered_by="system",
            ordered_at=at,
        )
        shop, transit = (
            account(kind, "shop") for kind in (AccountKind.MERCHANT_PAYABLE, AccountKind.PAYOUT_IN_TRANSIT)
        )
        moved = transfer(Code.PAY_OUT, debit=shop, credit=transit, amount_poisha=amount, at=at, cause=payout_id)
        append_transfers(connection, [moved])
    return payout_id
