"""The end of the day: the office confirms what riders claim, counts their cash and its own till, and pays it in.

Whatever is done for an office's till is done one after the other (``hold_till``). What comes in while cash is counted
is not lost in between: a close after which the books do not show exactly what was counted is not made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from post_logistics.cod.accounts import Account, AccountKind, account, parse
from post_logistics.cod.counting import Count
from post_logistics.cod.day_close import (
    Deposit,
    OfficeClose,
    Reopening,
    RiderClose,
    SaidSlip,
    Slip,
    close_office,
    close_rider,
    confirm_deposit,
    deposit,
    refuse_impossible,
)
from post_logistics.cod.ledger import Transfer, balances, refuse_breaches, reverse, standing, transfer_id
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.delivering import confirmation
from post_logistics.operations.door.proving import unproved
from post_logistics.operations.facts import Facts, refuse_future
from post_logistics.storage.database import Connection
from post_logistics.storage.door.proofs import load_handed
from post_logistics.storage.money import closes as store
from post_logistics.storage.money.ledger import append_transfers, load_balances_of, load_transfers
from post_logistics.storage.money.matches import load_posted, lock_matching
from post_logistics.units import Postcode, RiderId, taka


def close_rider_day(
    connection: Connection,
    facts: Facts,
    *,
    rider: RiderId,
    office: Postcode,
    closed_on: date,
    count: Count,
    at: datetime,
    turn: int = 1,
) -> RiderClose:
    """The rider's close: what was claimed is confirmed, the cash counted is in the till, any difference is named.

    A rider may close several times a day, turn by turn. A turn told again with the same count answers the same; with
    another count it is a Conflict.
    """
    refuse_future(closed_on, at, "closed_on")
    count.refuse_strange_money(facts.cod_rules.on(closed_on))
    store.hold_till(connection, office)
    earlier = _told_before(connection, f"rider:{rider}", closed_on, turn, count)
    if isinstance(earlier, RiderClose):
        return earlier
    cash = account(AccountKind.RIDER_CASH, rider)
    close, transfers = close_rider(
        rider=rider,
        office=office,
        closed_on=closed_on,
        expected_poisha=standing(load_balances_of(connection, [cash]), cash),
        count=count,
        at=at,
        turn=turn,
    )
    _keep(connection, close, transfers, cash, 0)
    _confirm(connection, facts, close.holder, office, closed_on, at)
    return close


def close_office_day(
    connection: Connection,
    facts: Facts,
    *,
    office: Postcode,
    closed_on: date,
    count: Count,
    at: datetime,
    turn: int = 1,
) -> OfficeClose:
    """The office's close, once all its riders hold nothing; what is to be paid in at the bank is decided with it.

    What the counter itself handed over is confirmed. Turns and repeats are as with a rider.
    """
    refuse_future(closed_on, at, "closed_on")
    rules = facts.cod_rules.on(closed_on)
    count.refuse_strange_money(rules)
    store.hold_till(connection, office)
    earlier = _told_before(connection, f"office:{office}", closed_on, turn, count)
    if isinstance(earlier, OfficeClose):
        return earlier
    till = account(AccountKind.OFFICE_TILL, office)
    riders = store.load_accounts_of(connection, AccountKind.RIDER_CASH, office)
    sums = load_balances_of(connection, [till, *riders])
    close, transfers = close_office(
        office=office,
        closed_on=closed_on,
        expected_poisha=standing(sums, till),
        count=count,
        riders_hold_poisha={RiderId(parse(rider)[1]): standing(sums, rider) for rider in riders},
        rules=rules,
        at=at,
        turn=turn,
        waiting_poisha=sum(one.to_deposit_poisha for one in store.load_to_pay_in(connection, office)),
    )
    _keep(connection, close, transfers, till, count.counted_poisha)
    _confirm(connection, facts, close.holder, office, closed_on, at)
    return close


def _told_before(
    connection: Connection, holder: str, closed_on: date, turn: int, count: Count
) -> RiderClose | OfficeClose | None:
    """The close of that turn, if it was made of this count; None if the turn is the next one."""
    turns = store.load_turns(connection, [holder], closed_on)[holder]
    if turn == len(turns) + 1:
        return None
    for earlier in turns:
        if earlier.turn == turn and earlier.rests_on(count):
            return earlier
    if turn <= len(turns):
        what = f"turn {turn} of {closed_on} is closed already, with {taka(turns[turn - 1].counted_poisha)} counted"
    else:
        what = f"{closed_on} has had {len(turns)} closes of {holder}"
    raise Conflict(
        what,
        field="turn",
        remedy=f"close what came since as turn {len(turns) + 1}; open a wrong close again first",
        next_turn=len(turns) + 1,
    )


def _keep(
    connection: Connection,
    close: RiderClose | OfficeClose,
    transfers: Sequence[Transfer],
    cash: Account,
    left_poisha: int,
) -> None:
    """Keeps the close, its transfers and the collections it counted; Conflict if cash moved while that was done."""
    store.append_close(connection, close)
    append_transfers(connection, transfers)
    store.link_collections(connection, close)
    if standing(load_balances_of(connection, [cash]), cash) != left_poisha:
        raise Conflict("cash moved while it was counted", field="counted_poisha", remedy="count again, and close then")


def _confirm(
    connection: Connection, facts: Facts, holder: str, office: Postcode, closed_on: date, at: datetime
) -> None:
    """The office has the cash and the proof for what that rider, or its own counter, says was handed over. What lacks
    its proof waits for the first close after it came."""
    waiting = {one.item_number for one in unproved(connection, facts.proof_rules, [holder], closed_on)}
    handed = [one for one in load_handed(connection, [holder]) if one.item_number not in waiting]
    record_scans(connection, [confirmation(one, office, at) for one in handed])


_MOVED_BY = {
    RiderClose: (Code.SHORTAGE, Code.EXCESS, Code.HAND_IN),
    OfficeClose: (Code.TILL_SHORTAGE, Code.TILL_EXCESS),
}


def reopen(connection: Connection, reopening: Reopening, office: Postcode | None = None) -> Reopening:
    """The close no longer stands: its transfers are taken back, and the cash can be closed in the next turn.

    Told again it answers the same. Conflict while something rests on the close: a later close, a deposit, or money
    that has gone on. ``office``: only that office's closes are known; NotFound for another's.
    """
    close = store.load_close(connection, reopening.close_id, office)
    store.hold_till(connection, close.office)
    earlier = store.load_reopenings(connection, [close.close_id]).get(close.close_id)
    if earlier is not None:
        if replace(earlier, opened_at=reopening.opened_at) != reopening:
            raise Conflict(
                f"{close.close_id} was opened again already, by {earlier.opened_by}",
                field="close_id",
                remedy="close its cash in the next turn",
            )
        return earlier
    paid_in = store.load_deposits(connection, [close.close_id]).get(close.close_id)
    if paid_in is not None:
        raise Conflict(
            f"{close.close_id} is paid in with slip {paid_in.slip_number}",
            field="close_id",
            remedy="leave it: what the bank counts otherwise is put right when its statement comes",
        )
    later = store.load_rests_on(connection, close.close_id)
    if later is not None:
        raise Conflict(
            f"{later} was closed since and rests on {close.close_id}", field="close_id", remedy=f"open {later} first"
        )
    moved = load_transfers(connection, [transfer_id(code, close.close_id) for code in _MOVED_BY[type(close)]])
    backs = [reverse(one, at=reopening.opened_at, cause=f"reopening:{close.close_id}") for one in moved]
    change = balances(backs)
    sums = load_balances_of(connection, list(change))
    refuse_breaches({one: sums.get(one, 0) + moved_poisha for one, moved_poisha in change.items()})
    append_transfers(connection, backs)
    store.append_reopening(connection, reopening, backs)
    return reopening


def pay_in(connection: Connection, close_id: str, slip: Slip, at: datetime, office: Postcode | None = None) -> Deposit:
    """The deposit of an office's close: its cash is on the way to the bank. Told again it answers the same, with the
    slip as it was corrected since.

    ``office``: only that office's closes are known; NotFound for another's."""
    close = _office_close(connection, close_id, office)
    paid_in, moved = deposit(close, slip, at=at)
    earlier = store.load_deposits(connection, [close_id]).get(close_id)
    if earlier is not None:
        if all(one.as_kept() != paid_in.as_kept() for one in store.load_slips(connection, close_id)):
            raise _used(paid_in, close_id)
        return earlier
    _refuse_paying_in(connection, close)
    if not store.append_deposit(connection, paid_in):
        raise _used(paid_in, close_id)
    append_transfers(connection, [moved])
    return paid_in


def correct_slip(
    connection: Connection,
    close_id: str,
    slip: Slip,
    *,
    why: str,
    by: str,
    at: datetime,
    office: Postcode | None = None,
) -> Deposit:
    """The deposit with its slip as it really reads; what was copied wrongly stays on record. Told again, the same.

    Conflict if nothing was paid in with the close, or the slip is another close's. ``office``: as with ``pay_in``."""
    if not why.strip() or not by.strip():
        raise Unacceptable("there is no reason, or nobody", field="why", remedy="say who corrects the slip, and why")
    close = _office_close(connection, close_id, office)
    refuse_impossible(slip, close, at)
    said = store.load_slips(connection, close_id)
    if not said:
        raise _unpaid(close_id)
    right = SaidSlip(
        **slip.as_kept(), close_id=close_id, number=len(said) + 1, why=why.strip(), said_by=by.strip(), said_at=at
    )
    if right.as_kept() != said[-1].as_kept() and not store.append_slip(connection, right):
        raise _used(right, close_id)
    return store.load_deposits(connection, [close_id])[close_id]


def _office_close(connection: Connection, close_id: str, office: Postcode | None) -> OfficeClose:
    """The close, its office's till held."""
    close = store.load_close(connection, close_id, office)
    if not isinstance(close, OfficeClose):
        raise Conflict(f"{close_id} is a rider's close", field="close_id", remedy="pay in with the close of the office")
    store.hold_till(connection, close.office)
    return close


def _used(slip: Slip, close_id: str) -> Conflict:
    return Conflict(
        f"slip {slip.slip_number} does not go with {close_id}",
        field="slip_number",
        remedy="a slip is used once, and a close is paid in with one slip: correct the one that was copied wrongly",
    )


def _unpaid(close_id: str) -> Conflict:
    return Conflict(f"{close_id} has not been paid in", field="close_id", remedy="record the deposit first")


def _refuse_paying_in(connection: Connection, close: OfficeClose) -> None:
    """Conflict if the close no longer stands, or its cash has left the till by another way."""
    if store.load_reopenings(connection, [close.close_id]):
        raise Conflict(
            f"{close.close_id} was opened again", field="close_id", remedy="close the till again, and pay in with that"
        )
    till = account(AccountKind.OFFICE_TILL, close.office)
    held_poisha = standing(load_balances_of(connection, [till]), till)
    if held_poisha < close.to_deposit_poisha:
        raise Conflict(
            f"the till holds {taka(held_poisha)}, {taka(close.to_deposit_poisha)} were to be paid in",
            field="close_id",
            remedy="open the close again, count the till and close it in the next turn",
        )


def confirm(
    connection: Connection, close_id: str, confirmed_poisha: int, at: datetime, office: Postcode | None = None
) -> None:
    """The bank has the money of that close, as somebody says now or its statement showed: it is in its account."""
    store.load_close(connection, close_id, office)
    lock_matching(connection)
    paid_in = store.load_deposits(connection, [close_id]).get(close_id)
    if paid_in is None:
        raise _unpaid(close_id)
    moved = confirm_deposit(paid_in, confirmed_poisha=confirmed_poisha, at=at)
    if not load_posted(connection, [Code.DEPOSIT_CONFIRMED], [close_id]):
        append_transfers(connection, [moved])


@dataclass(frozen=True, slots=True)
class ToClose:
    """What a holder of an office has in cash by the books, and the turn in which it would be closed."""

    holder: str
    held_poisha: int
    turn: int


def to_close(connection: Connection, facts: Facts, office: Postcode, on: date) -> list[ToClose]:
    """Every rider of the office, and the office's own till last: what is to be counted on that day."""
    fleet = facts.fleet.deliveries.get(office, ())
    riders = {account(AccountKind.RIDER_CASH, one.rider_id) for one in fleet}
    riders |= set(store.load_accounts_of(connection, AccountKind.RIDER_CASH, office))
    accounts = [*sorted(riders), account(AccountKind.OFFICE_TILL, office)]
    holders = [
        f"{'office' if kind is AccountKind.OFFICE_TILL else 'rider'}:{own}" for kind, own in map(parse, accounts)
    ]
    sums = load_balances_of(connection, accounts)
    turns = store.load_turns(connection, holders, on)
    return [
        ToClose(holder, standing(sums, one), len(turns[holder]) + 1)
        for holder, one in zip(holders, accounts, strict=True)
    ]
