"""What a merchant is paid, parcel by parcel, and a reference by which the merchant can tell that it is true.

Product money and service charge are kept apart (Bangladesh Bank, COD guideline of 6 May 2021): each finished parcel's
charges are first booked as due, then taken out of the money collected, and never more than is there: an advance first,
then the service charge, then the VAT. Only money that is confirmed in the settlement account is paid out.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from post_logistics.cod.accounts import Account, AccountKind, account, parse
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.units import ItemNumber, MerchantId, latin_digits, taka

MERCHANT_KINDS = (
    AccountKind.MERCHANT_PAYABLE,
    AccountKind.MERCHANT_ADVANCE,
    AccountKind.MERCHANT_FEES_DUE,
    AccountKind.MERCHANT_VAT_DUE,
)
"""The accounts that a settlement with a merchant looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementLine:
    """One parcel on a payout advice; ``outcome`` is how it ended, empty while it has not."""

    item_number: ItemNumber
    order_ref: str
    outcome: str
    collected_poisha: int
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int

    @property
    def fee_poisha(self) -> int:
        """The service charge before VAT."""
        return self.postage_poisha + self.cod_fee_poisha


class WaitReason(StrEnum):
    """Why a parcel is not in this settlement yet."""

    NOT_FINISHED = "not_finished"
    NOT_IN_BANK = "not_in_bank"
    NEEDS_ACCOUNT = "needs_account"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A parcel left for a later settlement, and why."""

    item_number: ItemNumber
    order_ref: str
    collected_poisha: int
    reason: WaitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation:
    """What is paid with this settlement for a claim that was accepted."""

    claim_id: str
    item_number: ItemNumber
    amount_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A payout advice; it adds up to the poisha:

    brought forward + principal + compensation = advance taken + fees taken + VAT taken + payout + carried forward.
    ``brought_forward_poisha`` is what earlier settlements carried forward less refunds since, so it can be negative;
    ``fees_due_poisha`` and ``vat_due_poisha`` are what the money did not cover. An empty ``payout_account`` means cash.
    """

    settlement_id: str
    merchant: MerchantId
    settled_on: date
    payout_account: str
    lines: tuple[SettlementLine, ...]
    waiting: tuple[Waiting, ...]
    brought_forward_poisha: int
    principal_poisha: int
    fees_taken_poisha: int
    vat_taken_poisha: int
    payout_poisha: int
    carried_forward_poisha: int
    fees_due_poisha: int
    vat_due_poisha: int
    verification_reference: str
    compensations: tuple[Compensation, ...] = ()
    compensation_poisha: int = 0
    advance_taken_poisha: int = 0


def settle(
    *,
    merchant: MerchantId,
    settled_on: date,
    parcels: Sequence[SettlementLine],
    in_bank: Set[ItemNumber],
    sums: Mapping[Account, int],
    payout_account: str,
    rules: CodRules,
    key: bytes,
    at: datetime,
    compensations: Sequence[Compensation] = (),
    held: Set[ItemNumber] = frozenset(),
    minimum_poisha: int | None = None,
    free_poisha: int | None = None,
) -> tuple[Settlement, tuple[Transfer, ...]]:
    """A merchant's settlement of a day and the transfers that carry it out.

    ``parcels`` must be all the merchant's parcels that no settlement has listed and that are finished or have brought
    in money: those left out would be paid with the rest. ``in_bank``: the parcels whose money the bank has confirmed;
    ``held``: those that wait because somebody said so. ``sums``: balances of at least the merchant's accounts, and of
    the settlement bank and all payouts in transit unless ``free_poisha`` says what may leave the bank.
    ``payout_account``: the merchant's bank or wallet account, empty if there is none. ``minimum_poisha``: less is
    carried forward; that of the rules if None. ``key``: the secret behind the verification reference.

    Same merchant and day, same ids: a settlement that exists already must be read, not made again. Conflict if the
    settlement account holds less than the payout.
    """
    _refuse_wrong_parcels(parcels)
    lines, waiting = _split(parcels, in_bank, held, None if payout_account else rules.cash_payout_limit_poisha)
    payable_poisha, advance_poisha, *due = (standing(sums, account(kind, merchant)) for kind in MERCHANT_KINDS)
    fees_due_poisha = due[0] + sum(line.fee_poisha for line in lines)
    vat_due_poisha = due[1] + sum(line.vat_poisha for line in lines)
    principal_poisha = sum(line.collected_poisha for line in lines)
    compensation_poisha = sum(one.amount_poisha for one in compensations)
    ready_poisha = payable_poisha - sum(parcel.collected_poisha for parcel in waiting)
    net_poisha = ready_poisha + compensation_poisha
    net_poisha -= (advance_taken_poisha := _at_most(advance_poisha, net_poisha))
    net_poisha -= (fees_taken_poisha := _at_most(fees_due_poisha, net_poisha))
    net_poisha -= (vat_taken_poisha := _at_most(vat_due_poisha, net_poisha))
    minimum_poisha = rules.payout_minimum_poisha if minimum_poisha is None else minimum_poisha
    payout_poisha = net_poisha if net_poisha >= minimum_poisha else 0
    _refuse_uncovered(payout_poisha, free_in(sums) if free_poisha is None else free_poisha, merchant)
    settlement = Settlement(
        settlement_id=f"{merchant}-{settled_on}",
        merchant=merchant,
        settled_on=settled_on,
        payout_account=payout_account,
        lines=lines,
        waiting=waiting,
        brought_forward_poisha=ready_poisha - principal_poisha,
        principal_poisha=principal_poisha,
        fees_taken_poisha=fees_taken_poisha,
        vat_taken_poisha=vat_taken_poisha,
        payout_poisha=payout_poisha,
        carried_forward_poisha=net_poisha - payout_poisha,
        fees_due_poisha=fees_due_poisha - fees_taken_poisha,
        vat_due_poisha=vat_due_poisha - vat_taken_poisha,
        verification_reference="",
        compensations=tuple(sorted(compensations, key=lambda one: one.claim_id)),
        compensation_poisha=compensation_poisha,
        advance_taken_poisha=advance_taken_poisha,
    )
    settlement = replace(settlement, verification_reference=verification_reference(settlement, key))
    return settlement, (*_charges(settlement, at), *_credits(settlement, at), *_payments(settlement, at))


def verification_reference(settlement: Settlement, key: bytes) -> str:
    """Twelve characters in groups of four that only the holder of the key can make for exactly this advice.

    The first 60 bits of an HMAC-SHA-256 over every field and line. A merchant gives the settlement's id and the
    reference; the Post works it out again from its own record (`is_genuine`). A made-up payout message has none. What
    an advice has only since later (``_LATER``) counts where there is some, so that older references stay true.
    """
    if not key:
        raise Unacceptable("a verification reference needs a secret key", field="key")
    facts = asdict(replace(settlement, verification_reference=""))
    facts = {name: value for name, value in facts.items() if value or name not in _LATER}
    document = json.dumps(facts, sort_keys=True, default=str)
    text = base64.b32encode(hmac.digest(key, document.encode(), hashlib.sha256)).decode()
    return f"{text[:4]}-{text[4:8]}-{text[8:12]}"


def is_genuine(settlement: Settlement, key: bytes, reference: str) -> bool:
    """Whether a reference as a person types it (any case, spaces, dashes) is that of the settlement on record."""
    typed = "".join(c for c in latin_digits(reference).upper() if c.isalnum())
    expected = verification_reference(settlement, key).replace("-", "")
    return hmac.compare_digest(typed.encode(), expected.encode())


_LATER = frozenset({"compensations", "compensation_poisha", "advance_taken_poisha"})


def _refuse_wrong_parcels(parcels: Sequence[SettlementLine]) -> None:
    seen: set[ItemNumber] = set()
    for parcel in parcels:
        if parcel.item_number in seen:
            raise Unacceptable("the parcel is listed twice", field="item_number", item_number=parcel.item_number)
        seen.add(parcel.item_number)
        if min(parcel.collected_poisha, parcel.postage_poisha, parcel.cod_fee_poisha, parcel.vat_poisha) < 0:
            raise Unacceptable("an amount is below zero", field="parcels", item_number=parcel.item_number)


def _split(
    parcels: Sequence[SettlementLine],
    in_bank: Set[ItemNumber],
    held: Set[ItemNumber],
    cash_limit_poisha: int | None,
) -> tuple[tuple[SettlementLine, ...], tuple[Waiting, ...]]:
    """The parcels to settle now and those that wait, each in order of item number."""
    lines, waiting = [], []
    for parcel in sorted(parcels, key=lambda each: each.item_number):
        reason = _reason_to_wait(parcel, in_bank, held, cash_limit_poisha)
        if reason is None:
            lines.append(parcel)
        else:
            waiting.append(
                Waiting(
                    item_number=parcel.item_number,
                    order_ref=parcel.order_ref,
                    collected_poisha=parcel.collected_poisha,
                    reason=reason,
                )
            )
    return tuple(lines), tuple(waiting)


def _reason_to_wait(
    parcel: SettlementLine, in_bank: Set[ItemNumber], held: Set[ItemNumber], cash_limit_poisha: int | None
) -> WaitReason | None:
    if not parcel.outcome:
        return WaitReason.NOT_FINISHED
    if parcel.item_number in held:
        return WaitReason.HELD
    if parcel.collected_poisha and parcel.item_number not in in_bank:
        return WaitReason.NOT_IN_BANK
    if cash_limit_poisha is not None and parcel.collected_poisha > cash_limit_poisha:
        return WaitReason.NEEDS_ACCOUNT
    return None


def _at_most(wanted_poisha: int, available_poisha: int) -> int:
    """What can be taken: all that is wanted or all that is there, and nothing where either is below zero."""
    return max(min(wanted_poisha, available_poisha), 0)


def free_in(sums: Mapping[Account, int]) -> int:
    """What the settlement account holds beyond the payouts that are ordered and have not left it."""
    ordered = sum(standing(sums, one) for one in sums if parse(one)[0] is AccountKind.PAYOUT_IN_TRANSIT)
    return standing(sums, account(AccountKind.SETTLEMENT_BANK)) - ordered


def _refuse_uncovered(payout_poisha: int, bank_poisha: int, merchant: MerchantId) -> None:
    if payout_poisha > bank_poisha:
        raise Conflict(
            f"the settlement account has {taka(bank_poisha)} free, {merchant} is due {taka(payout_poisha)}",
            field="payout_poisha",
            remedy="make good the shortages that riders and offices owe, or wait for the next confirmed deposit",
        )


def _charges(settlement: Settlement, at: datetime) -> list[Transfer]:
    """Each line's service charge and VAT booked as due; caused by the parcel, so that no two settlements charge it."""
    merchant = settlement.merchant
    return [
        transfer(
            code,
            debit=account(due, merchant),
            credit=account(earned),
            amount_poisha=amount_poisha,
            at=at,
            cause=f"parcel:{merchant}:{line.order_ref}",
            item_number=line.item_number,
            part=line.item_number,
        )
        for line in settlement.lines
        for code, due, earned, amount_poisha in (
            (Code.FEE, AccountKind.MERCHANT_FEES_DUE, AccountKind.FEE_REVENUE, line.fee_poisha),
            (Code.VAT, AccountKind.MERCHANT_VAT_DUE, AccountKind.VAT_PAYABLE, line.vat_poisha),
        )
        if amount_poisha
    ]


def _credits(settlement: Settlement, at: datetime) -> list[Transfer]:
    """What is owed for accepted claims; caused by the claim, so that no two settlements pay it."""
    return [
        transfer(
            Code.COMPENSATE,
            debit=account(AccountKind.COMPENSATION),
            credit=account(AccountKind.MERCHANT_PAYABLE, settlement.merchant),
            amount_poisha=one.amount_poisha,
            at=at,
            cause=one.claim_id,
            item_number=one.item_number,
        )
        for one in settlement.compensations
    ]


def _payments(settlement: Settlement, at: datetime) -> list[Transfer]:
    """Advance, service charges and VAT taken out of the money collected, and the payout; caused by the settlement."""
    merchant = settlement.merchant
    return [
        transfer(
            code,
            debit=account(AccountKind.MERCHANT_PAYABLE, merchant),
            credit=credit,
            amount_poisha=amount_poisha,
            at=at,
            cause=settlement.settlement_id,
        )
        for code, credit, amount_poisha in (
            (Code.TAKE_ADVANCE, account(AccountKind.MERCHANT_ADVANCE, merchant), settlement.advance_taken_poisha),
            (Code.TAKE_FEE, account(AccountKind.MERCHANT_FEES_DUE, merchant), settlement.fees_taken_poisha),
            (Code.TAKE_VAT, account(AccountKind.MERCHANT_VAT_DUE, merchant), settlement.vat_taken_poisha),
            (Code.PAY_OUT, account(AccountKind.PAYOUT_IN_TRANSIT, merchant), settlement.payout_poisha),
        )
        if amount_poisha
    ]
