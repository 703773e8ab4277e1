"""What moves when a line is found to be what was expected: the transfers of a match, and of a line nobody explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.matching.columns import EntryKind, Rule
from post_logistics.cod.postings import Code
from post_logistics.errors import Unacceptable
from post_logistics.units import taka

_BANK = account(AccountKind.SETTLEMENT_BANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedEntry:
    """An entry as a match keeps it. ``amount_poisha``: below zero for what left."""

    kind: EntryKind
    entry_id: str
    owner: str
    amount_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lines of one source are: the entries, and the rule by which they were recognised."""

    match_id: UUID
    source: str
    rule: Rule
    line_poisha: int
    entries: tuple[MatchedEntry, ...]

    @property
    def difference_poisha(self) -> int:
        """Money of the lines less that of the entries; 0 for the bank's own lines, which have none."""
        return self.line_poisha - sum(one.amount_poisha for one in self.entries) if self.entries else 0

    @property
    def difference_kind(self) -> str | None:
        """What the difference is: a count, or a provider's fee."""
        if not self.difference_poisha:
            return None
        return "provider_fee" if self.entries[0].kind in {EntryKind.COLLECTION, EntryKind.PAYMENT} else "count"


def refuse_unlike(found: Found) -> None:
    """Returns if these entries can be one money with these lines; Unacceptable with what is wrong otherwise."""
    kinds, owners = {one.kind for one in found.entries}, {one.owner for one in found.entries}
    difference = found.difference_poisha
    if len(kinds) > 1:
        raise Unacceptable("the entries are of several kinds", field="entries", remedy="match each kind by itself")
    if not difference:
        return
    kind = found.entries[0].kind
    if kind in {EntryKind.COLLECTION, EntryKind.PAYMENT} and difference < 0 and len(owners) == 1:
        return  # the provider's fee
    counted = kind is EntryKind.DEPOSIT and len(found.entries) == 1 and found.line_poisha > 0
    if not counted:
        raise Unacceptable(
            f"lines and entries differ by {taka(abs(difference))}",
            field="entries",
            remedy="name the entries that the lines are made of; only one deposit may be counted differently",
        )


def transfers_of(found: Found, at: datetime) -> list[Transfer]:
    """What the match posts; nothing for a provider's own statement. Returned payouts are posted as such elsewhere."""
    if found.rule in {Rule.CHARGE, Rule.INTEREST}:
        return [_of_bank(found, at)]
    made: list[Transfer] = []
    cause, part = str(found.match_id), str(found.match_id)
    for one in found.entries:
        if one.kind is EntryKind.DEPOSIT:
            made += _deposit(found, one, at)
        elif one.kind is EntryKind.PAYOUT:
            transit = account(AccountKind.PAYOUT_IN_TRANSIT, one.owner)
            made.append(_leg(Code.PAYOUT_CONFIRMED, transit, _BANK, -one.amount_poisha, at, one.entry_id, part))
        elif one.kind is EntryKind.DEDUCTION:
            owed = account(AccountKind.PAY_DEDUCTIONS, one.owner)
            made.append(_leg(Code.PAY_DEDUCTIONS_PAID, _BANK, owed, one.amount_poisha, at, one.entry_id, part))
        elif one.kind is EntryKind.BILL:
            billed = account(AccountKind.MERCHANT_BILLED, one.owner)
            made.append(_leg(Code.BILL_BANK, _BANK, billed, one.amount_poisha, at, one.entry_id, part))
    digital = [one for one in found.entries if one.kind is EntryKind.COLLECTION]
    for owner in sorted({one.owner for one in digital}):
        clearing = account(AccountKind.PROVIDER_CLEARING, owner)
        gross = sum(one.amount_poisha for one in digital if one.owner == owner)
        fee = -found.difference_poisha
        if fee:
            fees = account(AccountKind.PROVIDER_FEES, owner)
            made.append(_leg(Code.PROVIDER_FEE, fees, clearing, fee, at, cause, ""))
        if gross > fee:
            made.append(_leg(Code.DIGITAL_CONFIRMED, _BANK, clearing, gross - fee, at, cause, owner))
        elif gross < fee:
            made.append(_leg(Code.DIGITAL_REPAID, clearing, _BANK, fee - gross, at, cause, owner))
    return made


def _of_bank(found: Found, at: datetime) -> Transfer:
    cause = str(found.match_id)
    if found.rule is Rule.CHARGE:
        charges = account(AccountKind.BANK_CHARGES, found.source)
        return _leg(Code.BANK_CHARGE, charges, _BANK, -found.line_poisha, at, cause, "")
    return _leg(Code.BANK_INTEREST, _BANK, account(AccountKind.OTHER_INCOME), found.line_poisha, at, cause, "")


def _deposit(found: Found, one: MatchedEntry, at: datetime) -> list[Transfer]:
    """The office's cash is at the bank; what was counted differently has a name first."""
    transit, part = account(AccountKind.BANK_IN_TRANSIT, one.owner), str(found.match_id)
    difference = found.difference_poisha
    made = []
    if difference < 0:
        debt = account(AccountKind.OFFICE_DEBT, one.owner)
        made.append(_leg(Code.DEPOSIT_SHORT, debt, transit, -difference, at, one.entry_id, part))
    elif difference > 0:
        waiting = account(AccountKind.SUSPENSE, one.owner)
        made.append(_leg(Code.DEPOSIT_OVER, transit, waiting, difference, at, one.entry_id, part))
    confirmed = one.amount_poisha + difference
    return [*made, _leg(Code.DEPOSIT_CONFIRMED, _BANK, transit, confirmed, at, one.entry_id, part)]


def unexplained(lines: Sequence[tuple[UUID, int, int]], source: str, at: datetime) -> list[Transfer]:
    """The transfers of lines that nobody explains, so that the books always have what the bank has.

    ``lines``: id, poisha, and how many of its matches were undone, each of which makes the posting another one.
    """
    receipts = account(AccountKind.UNIDENTIFIED_RECEIPTS, source)
    payments = account(AccountKind.UNIDENTIFIED_PAYMENTS, source)
    return [
        _leg(Code.UNIDENTIFIED_RECEIPT, _BANK, receipts, amount, at, str(line), str(turns or ""))
        if amount > 0
        else _leg(Code.UNIDENTIFIED_PAYMENT, payments, _BANK, -amount, at, str(line), str(turns or ""))
        for line, amount, turns in lines
    ]


def _leg(code: Code, debit: Account, credit: Account, amount: int, at: datetime, cause: str, part: str) -> Transfer:
    return transfer(code, debit=debit, credit=credit, amount_poisha=amount, at=at, cause=cause, part=part)
