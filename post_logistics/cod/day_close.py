"""The end of a day: riders hand in, offices count and pay in, and every poisha that is missing or over gets a name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.units import Postcode, RiderId, taka


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderClose:
    """What a rider should have had, what was counted, and the difference by name; the rider then holds nothing."""

    close_id: str
    rider: RiderId
    office: Postcode
    closed_on: date
    expected_poisha: int
    counted_poisha: int
    shortage_poisha: int
    excess_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeClose:
    """What an office's till should have held, what was counted, and what of it is to be paid in or kept."""

    close_id: str
    office: Postcode
    closed_on: date
    expected_poisha: int
    counted_poisha: int
    shortage_poisha: int
    excess_poisha: int
    to_deposit_poisha: int
    kept_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Cash that an office paid in at the bank against a slip; the bank has yet to confirm it."""

    slip_number: str
    close_id: str
    office: Postcode
    amount_poisha: int
    deposited_at: datetime


def close_rider(
    *, rider: RiderId, office: Postcode, closed_on: date, expected_poisha: int, counted_poisha: int, at: datetime
) -> tuple[RiderClose, tuple[Transfer, ...]]:
    """The close of a rider's day and the transfers that bring the rider's cash to exactly zero.

    ``expected_poisha`` is the standing of the rider's cash account. A shortage becomes the rider's debt, an excess
    waits in suspense. A rider closes once a day; Conflict if the books say the rider holds less than nothing.
    """
    shortage_poisha, excess_poisha = _difference(expected_poisha, counted_poisha, f"rider {rider}")
    close = RiderClose(
        close_id=f"rider-close:{rider}:{closed_on}",
        rider=rider,
        office=office,
        closed_on=closed_on,
        expected_poisha=expected_poisha,
        counted_poisha=counted_poisha,
        shortage_poisha=shortage_poisha,
        excess_poisha=excess_poisha,
    )
    cash, till = account(AccountKind.RIDER_CASH, rider), account(AccountKind.OFFICE_TILL, office)
    legs = (
        (Code.SHORTAGE, account(AccountKind.RIDER_DEBT, rider), cash, shortage_poisha),
        (Code.EXCESS, cash, account(AccountKind.SUSPENSE, office), excess_poisha),
        (Code.HAND_IN, till, cash, counted_poisha),
    )
    return close, _post(legs, at, close.close_id)


def close_office(
    *,
    office: Postcode,
    closed_on: date,
    expected_poisha: int,
    counted_poisha: int,
    riders_hold_poisha: Mapping[RiderId, int],
    rules: CodRules,
    at: datetime,
) -> tuple[OfficeClose, tuple[Transfer, ...]]:
    """The close of an office's day: its till as counted, and whether all of it is to be paid in or kept.

    ``expected_poisha`` is the standing of the till, ``riders_hold_poisha`` of each of its riders' cash: Conflict names
    those who have not handed in. A till below the deposit minimum is kept; at the next close it counts again.
    """
    out = {rider: held for rider, held in riders_hold_poisha.items() if held}
    if out:
        named = ", ".join(f"{rider} ({taka(held)})" for rider, held in sorted(out.items()))
        raise Conflict(
            f"riders of office {office} still hold cash: {named}",
            field="riders_hold_poisha",
            remedy="close these riders first",
            riders=out,
        )
    shortage_poisha, excess_poisha = _difference(expected_poisha, counted_poisha, f"office {office}")
    to_deposit_poisha = counted_poisha if counted_poisha >= rules.deposit_minimum_poisha else 0
    close = OfficeClose(
        close_id=f"office-close:{office}:{closed_on}",
        office=office,
        closed_on=closed_on,
        expected_poisha=expected_poisha,
        counted_poisha=counted_poisha,
        shortage_poisha=shortage_poisha,
        excess_poisha=excess_poisha,
        to_deposit_poisha=to_deposit_poisha,
        kept_poisha=counted_poisha - to_deposit_poisha,
    )
    till = account(AccountKind.OFFICE_TILL, office)
    legs = (
        (Code.TILL_SHORTAGE, account(AccountKind.OFFICE_DEBT, office), till, shortage_poisha),
        (Code.TILL_EXCESS, till, account(AccountKind.SUSPENSE, office), excess_poisha),
    )
    return close, _post(legs, at, close.close_id)


def deposit(close: OfficeClose, *, slip_number: str, at: datetime) -> tuple[Deposit, Transfer]:
    """The cash of a close, paid in at the bank: leaves the till, and stays in transit until the bank confirms the slip.

    Its transfer follows from the close alone, so that one close is paid in once whatever the slip says.
    """
    if not close.to_deposit_poisha:
        raise Conflict(
            f"{close.close_id} has nothing to pay in", field="to_deposit_poisha", kept_poisha=close.kept_poisha
        )
    if not slip_number.strip():
        raise Unacceptable(
            "a deposit needs its slip", field="slip_number", remedy="copy the number from the bank's slip"
        )
    paid_in = Deposit(
        slip_number=slip_number.strip(),
        close_id=close.close_id,
        office=close.office,
        amount_poisha=close.to_deposit_poisha,
        deposited_at=at,
    )
    return paid_in, transfer(
        Code.DEPOSIT,
        debit=account(AccountKind.BANK_IN_TRANSIT, close.office),
        credit=account(AccountKind.OFFICE_TILL, close.office),
        amount_poisha=close.to_deposit_poisha,
        at=at,
        cause=close.close_id,
    )


def confirm_deposit(paid_in: Deposit, *, confirmed_poisha: int, at: datetime) -> Transfer:
    """The transfer into the settlement account once the bank confirms a slip; Conflict if it names another amount."""
    if confirmed_poisha != paid_in.amount_poisha:
        raise Conflict(
            f"the bank confirms {taka(confirmed_poisha)} for slip {paid_in.slip_number}, paid in were "
            f"{taka(paid_in.amount_poisha)}",
            field="confirmed_poisha",
            remedy="settle the difference with the bank; until then the money stays in transit",
        )
    return transfer(
        Code.DEPOSIT_CONFIRMED,
        debit=account(AccountKind.SETTLEMENT_BANK),
        credit=account(AccountKind.BANK_IN_TRANSIT, paid_in.office),
        amount_poisha=confirmed_poisha,
        at=at,
        cause=paid_in.close_id,
    )


def _post(legs: Iterable[tuple[Code, Account, Account, int]], at: datetime, cause: str) -> tuple[Transfer, ...]:
    """A transfer for each (code, debit, credit, poisha) that moves anything."""
    return tuple(
        transfer(code, debit=debit, credit=credit, amount_poisha=amount, at=at, cause=cause)
        for code, debit, credit, amount in legs
        if amount
    )


def _difference(expected_poisha: int, counted_poisha: int, who: str) -> tuple[int, int]:
    """Shortage and excess, at most one of them above zero."""
    if expected_poisha < 0:
        raise Conflict(
            f"the books say {who} holds {taka(expected_poisha)}",
            field="expected_poisha",
            remedy="a collection is missing: find and record it before closing",
        )
    if counted_poisha < 0:
        raise Unacceptable("cash cannot count below zero", field="counted_poisha")
    return max(expected_poisha - counted_poisha, 0), max(counted_poisha - expected_poisha, 0)
