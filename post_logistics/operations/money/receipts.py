"""The money of hand-overs: posted with a receipt, once for each parcel; and taken back as a new fact that says why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, breaches, reverse, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.cod.tenders import HandOver, Reckoned, ShortReason, Taken, reckon
from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.centres.commissions import Commission, earned
from post_logistics.operations.money.door_refunds import DoorRefund, refund_at_door
from post_logistics.storage.database import Connection
from post_logistics.storage.money import receipts as store
from post_logistics.storage.money.books import Reversal, append_reversal, load_resting
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.receipts import NOTHING, Receipt
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber, taka


@dataclass(frozen=True, slots=True)
class Paid:
    """The money of one hand-over that is kept: its scan, how it was, what changed hands, and the parcel."""

    scan: Scan
    how: HandOver
    taken: Taken
    consignment: Consignment


_CASH = {
    "rider": (Code.COLLECT, AccountKind.RIDER_CASH),
    "office": (Code.COLLECT_COUNTER, AccountKind.OFFICE_TILL),
    "agent": (Code.COLLECT_AGENT, AccountKind.AGENT_CASH),
}
"""Kind of holder -> why its cash is posted, and where it is then."""


def post(
    connection: Connection,
    paid: Sequence[Paid],
    rules: CodRules | None = None,
    agents: Mapping[str, Commission] = MappingProxyType({}),
) -> list[str]:
    """Posts the money of hand-overs whose items the transaction holds; for each, what a person should know, or "".

    A parcel has one receipt that stands: whoever comes second has taken what is not due. With ``rules``, riders over
    the cap hear that they should hand in first. ``agents``: holders ``agent:...`` and what they earn.
    """
    known = store.load_known(connection, {one.scan.item_number for one in paid})
    made: list[tuple[Paid, Reckoned, Receipt]] = []
    reckonings: list[tuple[Paid, Reckoned]] = []
    why = [""] * len(paid)
    for n, one in enumerate(paid):
        known_here = known.get(one.scan.item_number, NOTHING)
        due = known_here.due(one.consignment.cod_poisha, since=one.scan.corrected_at)
        reckoned = reckon(one.how, one.taken, due)
        why[n] = reckoned.why
        reckonings.append((one, reckoned))
        if reckoned.due_poisha:
            made.append((one, reckoned, _receipt(one, reckoned)))
    new = store.append_receipts(connection, [receipt for *_, receipt in made])
    fresh = [(one, reckoned) for one, reckoned, receipt in made if receipt.receipt_id in new]
    given = [DoorRefund(one.scan, one.consignment, one.taken.refunded_poisha) for one in paid]
    refund_at_door(connection, [one for one in given if one.amount_poisha])
    handed = [*fresh, *((one, nothing) for one, nothing in reckonings if not nothing.due_poisha)]
    append_transfers(
        connection,
        [
            *(each for one, reckoned in fresh for each in _transfers(one, reckoned)),
            *(
                each
                for one, reckoned in handed
                if (commission := agents.get(one.scan.holder))
                for each in earned(one.scan.holder.partition(":")[2], one.scan, commission, reckoned.cash_poisha)
            ),
        ],
    )
    _bind(connection, [one for one, _ in fresh], known)
    told_before = {receipt.receipt_id for *_, receipt in made} - new
    for n, one in enumerate(paid):
        if one.scan.scan_id in told_before:
            why[n] = f"{taka(one.taken.total_poisha)} taken for a parcel that is paid already: hand it in as an excess"
    return _over_cap(connection, paid, why, rules) if rules else why


def _receipt(one: Paid, reckoned: Reckoned) -> Receipt:
    return Receipt(
        receipt_id=one.scan.scan_id,
        item_number=one.scan.item_number,
        due_poisha=reckoned.due_poisha,
        cash_poisha=reckoned.cash_poisha,
        digital_poisha=reckoned.digital_poisha,
        short_poisha=reckoned.short_poisha,
        short_reason=reckoned.short_reason or "",
        holder=one.scan.holder,
        office=one.scan.office,
        taken_at=one.scan.corrected_at,
        posted_at=one.scan.recorded_at,
    )


def _transfers(one: Paid, reckoned: Reckoned) -> list[Transfer]:
    """Cash, and what is short. What a provider has is posted on the provider's word."""
    kind, _, owner = one.scan.holder.partition(":")
    payable = account(AccountKind.MERCHANT_PAYABLE, one.consignment.merchant_id)
    legs = []
    if reckoned.cash_poisha:
        code, where = _CASH[kind]
        legs.append((code, account(where, owner), payable, reckoned.cash_poisha))
    if reckoned.short_poisha:
        code, debt = _who_answers(one.scan.holder, one.scan.office)
        legs.append((code, debt, payable, reckoned.short_poisha))
    return [
        transfer(
            code,
            debit=debit,
            credit=credit,
            amount_poisha=amount_poisha,
            at=one.scan.recorded_at,
            cause=str(one.scan.scan_id),
            item_number=one.scan.item_number,
        )
        for code, debit, credit, amount_poisha in legs
    ]


def _bind(connection: Connection, fresh: Sequence[Paid], known: Mapping[str, store.Known]) -> None:
    """Every payment that a hand-over counts on names its receipt: those it named, and those that had come before."""
    pairs = []
    for one in fresh:
        named = {each.payment_id for each in one.taken.digital}
        for payment_id, asked in (known.get(one.scan.item_number, NOTHING).payments or {}).items():
            if payment_id in named or asked.collected_poisha:
                pairs.append((payment_id, one.scan.scan_id))
    store.bind_payments(connection, pairs)


# The cap on a rider's cash


@dataclass(frozen=True, slots=True)
class Room:
    """What a rider carries, may carry at most, and may still take."""

    holder: str
    held_poisha: int
    cap_poisha: int

    @property
    def room_poisha(self) -> int:
        """How much more may be taken before handing in."""
        return max(0, self.cap_poisha - self.held_poisha)


def room_of(connection: Connection, rules: CodRules, rider: str) -> Room:
    """What the rider carries now by the books, and the cap."""
    cash = account(AccountKind.RIDER_CASH, rider)
    held_poisha = standing(load_balances_of(connection, [cash]), cash)
    return Room(f"rider:{rider}", held_poisha, rules.rider_cash_cap_poisha)


def _over_cap(connection: Connection, paid: Sequence[Paid], why: list[str], rules: CodRules) -> list[str]:
    """Says so where a rider now carries more than the cap. The money is kept: a fact is not refused."""
    took = {one.scan.holder for one in paid if one.taken.cash_poisha and one.scan.holder.startswith("rider:")}
    cash = {holder: account(AccountKind.RIDER_CASH, holder.partition(":")[2]) for holder in took}
    sums = load_balances_of(connection, list(cash.values())) if cash else {}
    cap_poisha = rules.rider_cash_cap_poisha
    over = {
        holder: f"{holder} carries {taka(held)}, at most {taka(cap_poisha)} is allowed: hand in first"
        for holder, name in cash.items()
        if (held := standing(sums, name)) > cap_poisha
    }
    for n, one in enumerate(paid):
        if one.taken.cash_poisha and not why[n]:
            why[n] = over.get(one.scan.holder, "")
    return why


# Taking back


def take_back_receipt(
    connection: Connection,
    receipt_id: UUID,
    *,
    why: str,
    by: str,
    at: datetime,
    offices: Collection[str] | None = None,
) -> Receipt:
    """The receipt no longer stands, and its parcel can be paid again; told again, nothing changes.

    ``offices``: only receipts of those are known; NotFound for another's. Conflict once the cash has moved on, the
    merchant was paid, or something was given back: then a refund is what remains. Payments stay with the parcel.
    """
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write what really happened")
    receipt = store.load_receipt(connection, receipt_id)
    if offices is not None and receipt.office not in offices:
        raise NotFound(f"no receipt {receipt_id}", field="receipt_id", remedy="copy it from the parcel's receipts")
    if not receipt.standing:
        return receipt
    if any(one.state != "refused" for one in store.load_refunds(connection, receipt.item_number)):
        raise Conflict("something was given back for it", field="receipt_id", remedy="refund the rest")
    posted = store.load_standing_transfers(connection, [str(receipt_id)], receipt.item_number)
    take_back(connection, posted, why=why, by=by, at=at)
    gone = replace(receipt, standing=False)
    store.change_receipt(connection, gone)
    return gone


def take_back(connection: Connection, posted: Sequence[Transfer], *, why: str, by: str, at: datetime) -> None:
    """Takes those transfers back, each with its reason and author; Conflict if their money has moved on."""
    accounts = sorted({name for one in posted for name in (one.debit, one.credit)})
    store.hold_accounts(connection, accounts)
    back = [reverse(one, at=at, cause=one.cause) for one in posted]
    for one in posted:
        for resting in load_resting(connection, one.transfer_id):
            raise _moved_on(f"the {resting.what} {resting.name} rests on it")
    append_transfers(connection, back)
    for name, amount_poisha in breaches(load_balances_of(connection, accounts)).items():
        raise _moved_on(f"{name} would stand at {taka(amount_poisha)}")
    for one, new in zip(posted, back, strict=True):
        said = Reversal(transfer_id=new.transfer_id, reverses=one.transfer_id, why=why.strip(), by=by, at=at)
        append_reversal(connection, said)


def _moved_on(because: str) -> Conflict:
    return Conflict(
        f"the money has moved on: {because}", field="receipt_id", remedy="refund the recipient at the counter instead"
    )


def answer_for(
    connection: Connection, receipt: Receipt, amount_poisha: int, merchant: str, payment_id: str, at: datetime
) -> None:
    """A payment that the hand-over counted on never came: who handed over answers for it, the merchant is owed it."""
    code, debt = _who_answers(receipt.holder, receipt.office)
    owed = transfer(
        code,
        debit=debt,
        credit=account(AccountKind.MERCHANT_PAYABLE, merchant),
        amount_poisha=amount_poisha,
        at=at,
        cause=str(receipt.receipt_id),
        item_number=ItemNumber(receipt.item_number),
        part=payment_id,
    )
    append_transfers(connection, [owed])
    short = replace(
        receipt,
        digital_poisha=receipt.digital_poisha - amount_poisha,
        short_poisha=receipt.short_poisha + amount_poisha,
        short_reason=receipt.short_reason or ShortReason.PAYMENT_FAILED,
    )
    store.change_receipt(connection, short)


def _who_answers(holder: str, office: str) -> tuple[Code, Account]:
    """The reason and the account of a short payment: the rider's, or the office's for its counter and its agents."""
    kind, _, owner = holder.partition(":")
    if kind == "rider":
        return Code.COLLECT_SHORT, account(AccountKind.RIDER_DEBT, owner)
    return Code.COLLECT_SHORT_COUNTER, account(AccountKind.OFFICE_DEBT, office)


def let_off(connection: Connection, receipt: Receipt, price_poisha: int, change_id: str, by: str, at: datetime) -> None:
    """The merchant agreed to a price that a hand-over came short of: nobody owes that difference any more."""
    paid_poisha = receipt.cash_poisha + receipt.digital_poisha
    short_poisha = max(0, price_poisha - paid_poisha)
    if short_poisha < receipt.short_poisha:
        _owe(connection, receipt, short_poisha, change_id, "the merchant agreed to less", by, at)
        reason = receipt.short_reason if short_poisha else ""
        due_poisha = paid_poisha + short_poisha
        less = replace(receipt, due_poisha=due_poisha, short_poisha=short_poisha, short_reason=reason)
        store.change_receipt(connection, less)


def make_good(
    connection: Connection, receipt_id: UUID | None, payment_id: str, amount_poisha: int, *, by: str, at: datetime
) -> bool:
    """A payment that a hand-over counted on has come after all: nobody answers for it any more. False if nobody did."""
    receipt = None if receipt_id is None else store.load_receipt(connection, receipt_id)
    if receipt is None or not receipt.standing or receipt.short_poisha < amount_poisha:
        return False
    short_poisha = receipt.short_poisha - amount_poisha
    _owe(connection, receipt, short_poisha, payment_id, "the payment came after all", by, at)
    reason = receipt.short_reason if short_poisha else ""
    digital_poisha = receipt.digital_poisha + amount_poisha
    good = replace(receipt, digital_poisha=digital_poisha, short_poisha=short_poisha, short_reason=reason)
    store.change_receipt(connection, good)
    return True


def _owe(
    connection: Connection, receipt: Receipt, short_poisha: int, because_of: str, why: str, by: str, at: datetime
) -> None:
    """Who handed over owes that much of what was short, and no more: what stood before is taken back."""
    posted = store.load_standing_transfers(connection, [str(receipt.receipt_id)], receipt.item_number)
    shorts = [one for one in posted if one.code in {Code.COLLECT_SHORT, Code.COLLECT_SHORT_COUNTER}]
    take_back(connection, shorts, why=why, by=by, at=at)
    again = [
        transfer(
            first.code,
            debit=first.debit,
            credit=first.credit,
            amount_poisha=short_poisha,
            at=at,
            cause=first.cause,
            item_number=first.item_number,
            part=f"after/{because_of}",
        )
        for first in shorts[:1]
        if short_poisha
    ]
    append_transfers(connection, again)
