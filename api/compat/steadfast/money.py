"""What is owed to a shop, and what it was paid."""

from hashlib import blake2b
from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.compat.access import SteadfastMerchant
from api.compat.steadfast.words import STATUS
from api.compat.wire import instant
from api.context import InTransaction
from api.fields import Out
from post_logistics.cod.settlement import SettlementLine
from post_logistics.consignments.order_refs import given_ref
from post_logistics.consignments.short_numbers import short_code, short_number
from post_logistics.errors import NotFound
from post_logistics.operations.money.owing import owed_now
from post_logistics.operations.money.settling import OUTCOMES
from post_logistics.storage.money.paid import Payment, load_paid
from post_logistics.storage.money.settlements import load_settlement
from post_logistics.units import taka_number

router = APIRouter(tags=["steadfast"])

_STATUS = {outcome: STATUS[state] for state, outcome in OUTCOMES.items()}
_NUMBER_BYTES = 6
"""Of a payment's number: few enough for any language's whole numbers."""


class BalanceOut(Out):
    """What is owed to the shop."""

    status: int = 200
    current_balance: int | float


class PaymentOut(Out):
    """A payment to the shop: amount - due bills - charges = total. Either of the two identifiers finds it."""

    id: int
    payment_id: str
    amount: int | float
    due_bills: int | float
    charges: int | float
    total: int | float
    method: str
    status: str = "paid"
    paid_at: str
    created_at: str
    updated_at: str


class PaidConsignmentOut(Out):
    """A consignment that a payment was for."""

    consignment_id: int
    invoice: str
    tracking_code: str
    cod_amount: int | float
    delivery_charge: int | float
    status: str


class PaymentDetailOut(PaymentOut):
    """A payment with its consignments."""

    consignments: list[PaidConsignmentOut]


class PaymentsOut(Out):
    """The payments, the latest first."""

    status: int = 200
    payments: list[PaymentOut]


class OnePaymentOut(Out):
    """One payment."""

    status: int = 200
    payment: PaymentDetailOut


@router.get("/get_balance", name="steadfast_balance")
def balance(merchant_id: SteadfastMerchant, connection: InTransaction) -> BalanceOut:
    """What the post owes the shop now; below zero, the shop owes the post."""
    return BalanceOut(current_balance=taka_number(owed_now(connection, merchant_id)))


@router.get("/payments", name="steadfast_payments")
def payments(merchant_id: SteadfastMerchant, connection: InTransaction) -> PaymentsOut:
    """What was paid to the shop."""
    return PaymentsOut(payments=[PaymentOut(**_told(one)) for one in load_paid(connection, merchant_id)])


@router.get("/payments/{payment_id}", name="steadfast_payment")
def payment(
    payment_id: Annotated[str, Path(max_length=80)], merchant_id: SteadfastMerchant, connection: InTransaction
) -> OnePaymentOut:
    """One payment with its consignments."""
    paid = load_paid(connection, merchant_id)
    found = next((one for one in paid if payment_id in {one.payout_id, str(_number(one))}), None)
    if found is None:
        raise NotFound("Payment not found", field="payment_id", remedy="look at the list of your payments")
    settled = load_settlement(connection, found.settlement_id, merchant_id) if found.settlement_id else None
    lines = [_line(line) for line in settled.lines] if settled else []
    return OnePaymentOut(payment=PaymentDetailOut(**_told(found), consignments=lines))


def _number(payment: Payment) -> int:
    return int.from_bytes(blake2b(payment.payout_id.encode(), digest_size=_NUMBER_BYTES).digest())


def _told(payment: Payment) -> dict[str, Any]:
    return {
        "id": _number(payment),
        "payment_id": payment.payout_id,
        "amount": taka_number(payment.gross_poisha),
        "due_bills": taka_number(payment.advance_poisha),
        "charges": taka_number(payment.charges_poisha),
        "total": taka_number(payment.paid_poisha),
        "method": "cash" if payment.in_cash else "bank",
        "paid_at": instant(payment.paid_at)[:19].replace("T", " "),
        "created_at": instant(payment.paid_at),
        "updated_at": instant(payment.paid_at),
    }


def _line(line: SettlementLine) -> PaidConsignmentOut:
    return PaidConsignmentOut(
        consignment_id=short_number(line.item_number),
        invoice=given_ref(line.order_ref) or "",
        tracking_code=short_code(line.item_number),
        cod_amount=taka_number(line.collected_poisha),
        delivery_charge=taka_number(line.fee_poisha + line.vat_poisha),
        status=_STATUS.get(line.outcome, "pending"),
    )
