"""How each merchant is settled with: terms and accounts by version, what was found out about an account, and holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from post_logistics.cod.terms import Cycle, Hold, Institution, PayoutAccount, Terms
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import merchant_terms, payout_account_checks, payout_accounts, payout_holds


def append_terms(connection: Connection, terms: Terms) -> bool:
    """Keeps the terms; False if the merchant has terms of that version already."""
    return bool(append(connection, merchant_terms, [terms], keep_first=True))


def load_terms(connection: Connection, merchant: str) -> list[Terms]:
    """Everything that was ever agreed with the merchant, oldest first."""
    wanted = select(merchant_terms).where(merchant_terms.c.merchant == merchant).order_by(merchant_terms.c.version)
    return read(connection.execute(wanted), Terms, cycle=Cycle)


def load_terms_on(connection: Connection, on: date, merchants: Sequence[str] | None = None) -> dict[str, Terms]:
    """Merchant -> the terms in force on that day, for those with whom anything was agreed."""
    wanted = (
        select(merchant_terms)
        .ext(distinct_on(merchant_terms.c.merchant))
        .where(merchant_terms.c.valid_from <= on)
        .order_by(merchant_terms.c.merchant, merchant_terms.c.version.desc())
    )
    if merchants is not None:
        wanted = wanted.where(merchant_terms.c.merchant == func.any(list(merchants)))
    return {terms.merchant: terms for terms in read(connection.execute(wanted), Terms, cycle=Cycle)}


def append_hold(connection: Connection, hold: Hold) -> bool:
    """Places the hold; False if it was placed before."""
    return bool(append(connection, payout_holds, [hold], keep_first=True))


def load_hold(connection: Connection, hold_id: UUID) -> Hold:
    """One hold; NotFound if there is none."""
    for hold in read(connection.execute(select(payout_holds).where(payout_holds.c.hold_id == hold_id)), Hold):
        return hold
    raise NotFound(f"no hold {hold_id}", field="hold_id", remedy="see the list of holds")


def load_holds(connection: Connection, on: date, merchants: Sequence[str] | None = None) -> list[Hold]:
    """The holds in force on that day, of those merchants or of all, the oldest first."""
    wanted = select(payout_holds).where(
        payout_holds.c.lifted_at.is_(None), or_(payout_holds.c.until_on.is_(None), payout_holds.c.until_on > on)
    )
    if merchants is not None:
        wanted = wanted.where(payout_holds.c.merchant == func.any(list(merchants)))
    return read(connection.execute(wanted.order_by(payout_holds.c.placed_at, payout_holds.c.hold_id)), Hold)


def lift_hold(connection: Connection, hold_id: UUID, by: str, why: str, at: datetime) -> bool:
    """Ends the hold; False if it was lifted before, or there is none."""
    changed = connection.execute(
        text(
            "update payout_holds set lifted_by = :by, lifted_why = :why, lifted_at = :at "
            "where hold_id = :hold and lifted_at is null"
        ),
        {"hold": hold_id, "by": by, "why": why, "at": at},
    )
    return changed.rowcount == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """What somebody found out about an account: ``proven`` or ``doubtful``, and how."""

    merchant: str
    version: int
    number: int
    outcome: str
    how: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """An account and the last look at it; None while nobody has looked."""

    account: PayoutAccount
    check: AccountCheck | None

    def is_good(self, at: datetime) -> bool:
        """Whether money may be paid into it at that instant."""
        return self.check is not None and self.check.outcome == "proven" and self.account.good_from <= at


def append_account(connection: Connection, account: PayoutAccount) -> bool:
    """Keeps the account; False if the merchant has one of that version already."""
    return bool(append(connection, payout_accounts, [account], keep_first=True))


def append_checks(connection: Connection, checks: Sequence[AccountCheck]) -> bool:
    """Keeps what was found out; False if somebody else has just looked at one of the accounts."""
    return len(append(connection, payout_account_checks, checks, keep_first=True)) == len(checks)


def load_accounts(connection: Connection, merchant: str) -> list[KeptAccount]:
    """Every account that the merchant ever had, oldest first."""
    rows = connection.execute(
        select(payout_accounts).where(payout_accounts.c.merchant == merchant).order_by(payout_accounts.c.version)
    )
    return _with_checks(connection, read(rows, PayoutAccount, kind=Institution))


def load_accounts_in_use(connection: Connection, merchants: Sequence[str]) -> dict[str, KeptAccount]:
    """Merchant -> its latest account, for those of the merchants whose details are known."""
    rows = connection.execute(
        select(payout_accounts)
        .ext(distinct_on(payout_accounts.c.merchant))
        .where(payout_accounts.c.merchant == func.any(list(merchants)))
        .order_by(payout_accounts.c.merchant, payout_accounts.c.version.desc())
    )
    found = _with_checks(connection, read(rows, PayoutAccount, kind=Institution))
    return {one.account.merchant: one for one in found}


def _with_checks(connection: Connection, accounts: Sequence[PayoutAccount]) -> list[KeptAccount]:
    rows = connection.execute(
        select(payout_account_checks)
        .ext(distinct_on(payout_account_checks.c.merchant, payout_account_checks.c.version))
        .where(payout_account_checks.c.merchant == func.any([one.merchant for one in accounts]))
        .order_by(
            payout_account_checks.c.merchant, payout_account_checks.c.version, payout_account_checks.c.number.desc()
        )
    )
    last = {(one.merchant, one.version): one for one in read(rows, AccountCheck)}
    return [KeptAccount(one, last.get((one.merchant, one.version))) for one in accounts]
