"""The end of a day: riders hand in, offices count and pay in, and every poisha that is missing or over gets a name.

Cash is counted piece by piece and signed for by two people. A holder may close several times a day, each time a turn of
its own; a close that was wrong is opened again by a new fact and its cash closed in the next turn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.counting import NEVER_MISSING, NEVER_OVER, Cash, Count, Variance, refuse_one_person, same_person
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.units import DHAKA, Postcode, RiderId, latin_digits, taka


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """What a holder should have had, what was counted, and the difference by name."""

    close_id: str
    office: Postcode
    closed_on: date
    turn: int
    expected_poisha: int
    counted_poisha: int
    shortage_poisha: int
    excess_poisha: int
    pieces: Mapping[int, int]
    reason: Variance | None
    counted_by: str
    countersigned_by: str
    closed_at: datetime

    def rests_on(self, count: Count) -> bool:
        """Whether it was made of that very count."""
        return all(getattr(self, field.name) == getattr(count, field.name) for field in fields(Count))


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderClose(Close):
    """A rider's close; the rider then holds nothing."""

    rider: RiderId

    @property
    def holder(self) -> str:
        """Whose cash it was, as the tables write it."""
        return f"rider:{self.rider}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeClose(Close):
    """An office's close: the till as counted, and what of it is to be paid in or kept."""

    to_deposit_poisha: int
    kept_poisha: int

    @property
    def holder(self) -> str:
        """Whose cash it was, as the tables write it."""
        return f"office:{self.office}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """Why a close no longer stands, and the two who opened it again."""

    close_id: str
    why: str
    opened_by: str
    countersigned_by: str
    opened_at: datetime

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise Unacceptable("a close is not opened without a reason", field="why", remedy="say what was wrong")
        refuse_one_person(self.opened_by, self.countersigned_by, "opened_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What the bank gives for cash: ``deposited_at`` is the time that it stamped."""

    slip_number: str
    bank: str
    branch: str
    deposited_at: datetime
    paid_in_by: str

    def __post_init__(self) -> None:
        for field in ("slip_number", "bank", "branch", "paid_in_by"):
            if not getattr(self, field).strip():
                raise Unacceptable(
                    "a deposit needs its slip, its bank and branch, and who paid it in",
                    field=field,
                    remedy="copy it from the bank's slip",
                )

    def as_kept(self) -> dict[str, Any]:
        """Its fields as they are kept: however it was spaced or its digits written, it is the same slip."""
        texts = ("slip_number", "bank", "branch", "paid_in_by")
        kept: dict[str, Any] = {name: " ".join(latin_digits(getattr(self, name)).split()) for name in texts}
        return kept | {"deposited_at": self.deposited_at.astimezone(DHAKA)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidSlip(Slip):
    """What somebody said of a deposit's slip, the ``number``-th after the first; ``why``: what was wrong with the one
    before. Only the last stands."""

    close_id: str
    number: int = 1
    why: str = ""
    said_by: str
    said_at: datetime
    standing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Slip):
    """Cash that an office paid in at the bank against a slip; the bank's statement has yet to confirm it."""

    close_id: str
    office: Postcode
    amount_poisha: int
    recorded_at: datetime


def close_rider(
    *,
    rider: RiderId,
    office: Postcode,
    closed_on: date,
    expected_poisha: int,
    count: Count,
    at: datetime,
    turn: int = 1,
) -> tuple[RiderClose, tuple[Transfer, ...]]:
    """The close of a rider's day and the transfers that bring the rider's cash to exactly zero.

    ``expected_poisha`` is the standing of the rider's cash account. A shortage becomes the rider's debt, an excess
    waits in suspense. Conflict if the books say the rider holds less than nothing, Unacceptable if the rider counts
    his own cash or a difference has no reason.
    """
    if same_person(count.counted_by, rider):
        raise Unacceptable(
            f"rider {rider} cannot count his own cash",
            field="counted_by",
            remedy="let the counter count, and the rider countersign",
        )
    shortage_poisha, excess_poisha = difference(expected_poisha, count, f"rider {rider}")
    close = RiderClose(
        close_id=f"rider-close:{rider}:{closed_on}:{turn}",
        rider=rider,
        office=office,
        closed_on=closed_on,
        turn=turn,
        expected_poisha=expected_poisha,
        counted_poisha=count.counted_poisha,
        shortage_poisha=shortage_poisha,
        excess_poisha=excess_poisha,
        pieces=count.pieces,
        reason=count.reason,
        counted_by=count.counted_by,
        countersigned_by=count.countersigned_by,
        closed_at=at,
    )
    cash, till = account(AccountKind.RIDER_CASH, rider), account(AccountKind.OFFICE_TILL, office)
    legs = (
        (Code.SHORTAGE, account(AccountKind.RIDER_DEBT, rider), cash, shortage_poisha),
        (Code.EXCESS, cash, account(AccountKind.SUSPENSE, office), excess_poisha),
        (Code.HAND_IN, till, cash, count.counted_poisha),
    )
    return close, _post(legs, at, close.close_id)


def close_office(
    *,
    office: Postcode,
    closed_on: date,
    expected_poisha: int,
    count: Count,
    riders_hold_poisha: Mapping[RiderId, int],
    rules: CodRules,
    at: datetime,
    turn: int = 1,
    waiting_poisha: int = 0,
) -> tuple[OfficeClose, tuple[Transfer, ...]]:
    """The close of an office's day: its till as counted, and whether all of it is to be paid in or kept.

    ``expected_poisha`` is the standing of the till, ``riders_hold_poisha`` of each of its riders' cash: Conflict names
    those who have not handed in. Below the deposit minimum the cash is kept; at the next close it counts again.
    ``waiting_poisha`` is in the till and still to be paid in with earlier closes: this one leaves it to them.
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
    shortage_poisha, excess_poisha = difference(expected_poisha, count, f"office {office}")
    new_poisha = max(count.counted_poisha - waiting_poisha, 0)
    to_deposit_poisha = new_poisha if new_poisha >= rules.deposit_minimum_poisha else 0
    close = OfficeClose(
        close_id=f"office-close:{office}:{closed_on}:{turn}",
        office=office,
        closed_on=closed_on,
        turn=turn,
        expected_poisha=expected_poisha,
        counted_poisha=count.counted_poisha,
        shortage_poisha=shortage_poisha,
        excess_poisha=excess_poisha,
        pieces=count.pieces,
        reason=count.reason,
        counted_by=count.counted_by,
        countersigned_by=count.countersigned_by,
        closed_at=at,
        to_deposit_poisha=to_deposit_poisha,
        kept_poisha=count.counted_poisha - to_deposit_poisha,
    )
    till = account(AccountKind.OFFICE_TILL, office)
    legs = (
        (Code.TILL_SHORTAGE, account(AccountKind.OFFICE_DEBT, office), till, shortage_poisha),
        (Code.TILL_EXCESS, till, account(AccountKind.SUSPENSE, office), excess_poisha),
    )
    return close, _post(legs, at, close.close_id)


def deposit(close: OfficeClose, slip: Slip, *, at: datetime) -> tuple[Deposit, Transfer]:
    """The cash of a close, paid in at the bank: leaves the till, and stays in transit until the bank confirms the slip.

    Its transfer follows from the close alone, so that one close is paid in once whatever the slip says.
    """
    if not close.to_deposit_poisha:
        raise Conflict(
            f"{close.close_id} has nothing to pay in",
            field="close_id",
            remedy="keep the cash in the till until the next close",
            kept_poisha=close.kept_poisha,
        )
    refuse_impossible(slip, close, at)
    paid_in = Deposit(
        **slip.as_kept(),
        close_id=close.close_id,
        office=close.office,
        amount_poisha=close.to_deposit_poisha,
        recorded_at=at,
    )
    return paid_in, transfer(
        Code.DEPOSIT,
        debit=account(AccountKind.BANK_IN_TRANSIT, close.office),
        credit=account(AccountKind.OFFICE_TILL, close.office),
        amount_poisha=close.to_deposit_poisha,
        at=at,
        cause=close.close_id,
    )


def refuse_impossible(slip: Slip, close: OfficeClose, at: datetime) -> None:
    """Unacceptable if the bank cannot have stamped the slip then; returns if it can."""
    if not close.closed_on <= slip.deposited_at.astimezone(DHAKA).date() or slip.deposited_at > at:
        raise Unacceptable(
            "cash is paid in after it was counted, and a slip is not of the future",
            field="deposited_at",
            remedy="copy the time that the bank stamped",
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


def difference(expected_poisha: int, count: Cash, who: str) -> tuple[int, int]:
    """Shortage and excess, at most one of them above zero, and then with a reason that can have made it; Unacceptable
    for another reason or none. ``who`` handed the cash in."""
    if expected_poisha < 0:
        raise Conflict(
            f"the books say {who} holds {taka(expected_poisha)}",
            field="expected_poisha",
            remedy="a collection is missing: find and record it before closing",
        )
    return apart(expected_poisha, count, who)


def apart(expected_poisha: int, count: Cash, who: str) -> tuple[int, int]:
    """The same of a drawer, which may have paid out more than came into it."""
    short, over = max(expected_poisha - count.counted_poisha, 0), max(count.counted_poisha - expected_poisha, 0)
    fitting = [one for one in Variance if one not in (NEVER_MISSING if short else NEVER_OVER)] if short or over else []
    if (count.reason in fitting) if fitting else count.reason is None:
        return short, over
    what = f"{taka(short)} missing" if short else f"{taka(over)} too much" if over else "nothing missing or too much"
    raise Unacceptable(
        f"{who} has {what}: {count.reason or 'no reason'} does not explain it",
        field="reason",
        remedy=f"count again; if it stays, give one of: {', '.join(fitting)}" if fitting else "leave the reason out",
    )
