"""Payouts: orders to pay a merchant, what may become of them, and the code for one that is paid in cash."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.settlement import Settlement
from post_logistics.units import MerchantId, latin_digits


class PayoutState(StrEnum):
    """Where a payout stands. That the bank has carried it out is said by the ledger, not here."""

    ORDERED = "ordered"
    APPROVED = "approved"
    FILED = "filed"
    SENT = "sent"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    PAID_IN_CASH = "paid_in_cash"


_S = PayoutState
NEXT: dict[PayoutState, tuple[PayoutState, ...]] = {
    _S.ORDERED: (_S.APPROVED, _S.CANCELLED),
    _S.APPROVED: (_S.FILED, _S.PAID_IN_CASH, _S.CANCELLED, _S.RETURNED),
    _S.FILED: (_S.SENT, _S.CANCELLED, _S.RETURNED),
    _S.SENT: (_S.RETURNED, _S.CANCELLED),
    _S.RETURNED: (),
    _S.CANCELLED: (),
    _S.PAID_IN_CASH: (),
}
"""Where a payout stands -> what may follow; it comes to each state once. What somebody paid by hand, without a file,
can be returned by the bank, too."""


def before(state: PayoutState) -> tuple[PayoutState, ...]:
    """The states from which a payout may come to this one."""
    return tuple(earlier for earlier, after in NEXT.items() if state in after)


class PayoutKind(StrEnum):
    """What is paid."""

    SETTLEMENT = "settlement"
    ADVANCE = "advance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """An order to pay a merchant; its id is that of the settlement or the advance, and the cause of its transfers.

    ``account`` is the account as the advice names it, empty for cash; ``account_version`` that of its details, None if
    none were known. ``needs_approval``: of a second person, who is ``approved_by``.
    """

    payout_id: str
    merchant: MerchantId
    kind: PayoutKind
    amount_poisha: int
    account: str
    account_version: int | None
    state: PayoutState
    needs_approval: bool
    ordered_by: str
    ordered_at: datetime
    approved_by: str | None = None
    file_id: str | None = None


def payout_of(
    settlement: Settlement, *, account_version: int | None, approval_over_poisha: int, by: str, at: datetime
) -> Payout:
    """The order that carries a settlement out; above the limit it waits for a second person."""
    needs_approval = settlement.payout_poisha > approval_over_poisha
    return Payout(
        payout_id=settlement.settlement_id,
        merchant=settlement.merchant,
        kind=PayoutKind.SETTLEMENT,
        amount_poisha=settlement.payout_poisha,
        account=settlement.payout_account,
        account_version=account_version,
        state=PayoutState.ORDERED if needs_approval else PayoutState.APPROVED,
        needs_approval=needs_approval,
        ordered_by=by,
        ordered_at=at,
    )


def taken_back(payout: Payout, at: datetime) -> Transfer:
    """The money of a payout that never left is owed to the merchant again."""
    return transfer(
        Code.PAYOUT_CANCELLED,
        debit=account(AccountKind.PAYOUT_IN_TRANSIT, payout.merchant),
        credit=account(AccountKind.MERCHANT_PAYABLE, payout.merchant),
        amount_poisha=payout.amount_poisha,
        at=at,
        cause=payout.payout_id,
    )


def come_back(payout: Payout, at: datetime) -> Transfer:
    """The money of a payout that the bank returned is owed to the merchant again."""
    return transfer(
        Code.PAYOUT_RETURNED,
        debit=account(AccountKind.SETTLEMENT_BANK),
        credit=account(AccountKind.MERCHANT_PAYABLE, payout.merchant),
        amount_poisha=payout.amount_poisha,
        at=at,
        cause=payout.payout_id,
    )


def handed_out(payout: Payout, office: str, at: datetime) -> Transfer:
    """The money of a payout was paid out of an office's till."""
    return transfer(
        Code.PAYOUT_CASH,
        debit=account(AccountKind.PAYOUT_IN_TRANSIT, payout.merchant),
        credit=account(AccountKind.OFFICE_TILL, office),
        amount_poisha=payout.amount_poisha,
        at=at,
        cause=payout.payout_id,
    )


TRIES = 5
"""Wrong codes after which a payout is not handed out until the post issues another code."""
CODE_BYTES = 5
_LOOKS_LIKE = str.maketrans("018", "OIB")


def cash_code(drawn: bytes) -> str:
    """Eight letters and digits out of ``CODE_BYTES`` of chance, in two groups of four: 40 bits, which nobody guesses in
    ``TRIES`` tries. ``0``, ``1`` and ``8`` do not occur."""
    text = base64.b32encode(drawn[:CODE_BYTES]).decode()
    return f"{text[:4]}-{text[4:]}"


def cash_code_hash(payout_id: str, typed: str, key: bytes) -> str:
    """What is kept of a payout's code: an HMAC-SHA-256 under the secret of the post. A code may be typed in any case,
    with any spaces and dashes, in Bangla digits, and with ``0`` for ``O``."""
    plain = "".join(c for c in latin_digits(typed).upper() if c.isalnum()).translate(_LOOKS_LIKE)
    return hmac.digest(key, f"cash:{payout_id}:{plain}".encode(), hashlib.sha256).hex()
