"""What recipients pay: receipts, prices agreed since the order, payments by wallet, card and QR, refunds, agents."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata


def _of_item() -> Column[object]:
    return fact("item_number", Text, ForeignKey("consignments.item_number"), index=True)


def _positive(name: str) -> Column[int]:
    return Column(name, BigInteger, CheckConstraint(f"{name} > 0", name=name), nullable=False)


receipts = Table(  # what was paid at one hand-over; taken back it no longer stands, and the parcel can be paid again
    "receipts",
    metadata,
    Column("receipt_id", Uuid, primary_key=True),  # the scan of the hand-over
    fact("item_number", Text, ForeignKey("consignments.item_number")),
    amount("due_poisha"),
    amount("cash_poisha"),
    amount("digital_poisha"),
    amount("short_poisha"),
    fact("short_reason", Text, server_default=""),
    fact("holder", Text),
    fact("office", Text),
    fact("taken_at", Instant),
    fact("posted_at", Instant),
    fact("standing", Boolean, server_default="true"),
    CheckConstraint("due_poisha = cash_poisha + digital_poisha + short_poisha", name="adds_up"),
    CheckConstraint("(short_poisha > 0) = (short_reason <> '')", name="explained"),
    Index("uq_receipts_standing", "item_number", unique=True, postgresql_where=text("standing")),
    Index("ix_receipts_item_number", "item_number"),
)

price_changes = Table(  # what a parcel costs its recipient instead of what the order said, once the merchant approves
    "price_changes",
    metadata,
    Column("change_id", Uuid, primary_key=True),
    _of_item(),
    fact("was_poisha", BigInteger),
    fact("price_poisha", BigInteger),  # below zero: given to the recipient in an exchange
    Column("why", Text, CheckConstraint("why <> ''", name="why"), nullable=False),
    fact("asked_by", Text),
    fact("asked_at", Instant),
    Column("state", Text, CheckConstraint("state in ('asked', 'approved', 'refused')", name="state"), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided"),
    Index("uq_price_changes_asked", "item_number", unique=True, postgresql_where=text("state = 'asked'")),
)

payments = Table(  # asked of a provider for one parcel; what came of it is the provider's word alone
    "payments",
    metadata,
    Column("payment_id", Text, primary_key=True),
    _of_item(),
    fact("provider", Text),
    _positive("amount_poisha"),
    fact("state", Text),
    fact("url", Text, server_default=""),
    fact("qr", Text, server_default=""),
    Column("provider_ref", Text),
    amount("paid_poisha"),
    amount("collected_poisha"),
    amount("held_poisha"),
    fact("why", Text, server_default=""),
    Column("receipt_id", Uuid, ForeignKey("receipts.receipt_id"), index=True),
    fact("asked_by", Text),
    fact("made_at", Instant),
    fact("expires_at", Instant),
    Column("next_ask_at", Instant),
    fact("asks", Integer, server_default="0"),
    Column("heard_at", Instant),
    Column("changed_at", Instant),
    Column(
        "purpose",
        Text,
        CheckConstraint("purpose in ('cod', 'postage')", name="purpose"),
        nullable=False,
        server_default="cod",
    ),
    Column(
        "vat_poisha",
        BigInteger,
        CheckConstraint("vat_poisha >= 0", name="vat_poisha"),
        nullable=False,
        server_default="0",
    ),
    Column("session_ref", Text),  # the provider's name for the asking; provider_ref is its name for the money
    Column("paid_at", Instant),
    CheckConstraint("collected_poisha + held_poisha <= paid_poisha", name="came"),
    CheckConstraint("held_poisha = 0 or why <> ''", name="explained"),
    CheckConstraint("expires_at > made_at", name="expires_at"),
    CheckConstraint("vat_poisha = 0 or purpose = 'postage'", name="vat_of_postage"),
    Index("ix_payments_session_ref", "provider", "session_ref", postgresql_where=text("session_ref is not null")),
    Index("ix_payments_paid_at", "provider", "paid_at", postgresql_where=text("paid_at is not null")),
    Index(
        "ix_payments_postage",
        "item_number",
        postgresql_where=text("purpose = 'postage' and collected_poisha > 0"),
    ),
    Index("uq_payments_provider_ref", "provider", "provider_ref", unique=True),
    Index("ix_payments_next_ask_at", "next_ask_at", postgresql_where=text("next_ask_at is not null")),
    Index("ix_payments_held", "changed_at", postgresql_where=text("held_poisha > 0")),
)

refunds = Table(  # given back to a recipient: over the counter, at the door, or by the provider once it says so
    "refunds",
    metadata,
    Column("refund_id", Uuid, primary_key=True),
    _of_item(),
    Column("payment_id", Text, ForeignKey("payments.payment_id"), index=True),
    Column(
        "way",
        Text,
        CheckConstraint("way in ('counter', 'door', 'provider', 'held', 'postage')", name="way"),
        nullable=False,
    ),
    _positive("amount_poisha"),
    amount("advanced_poisha"),
    Column("why", Text, CheckConstraint("why <> ''", name="why"), nullable=False),
    Column("by", Text, CheckConstraint("by <> ''", name="by"), nullable=False),
    fact("office", Text),
    Column("state", Text, CheckConstraint("state in ('asked', 'done', 'refused')", name="state"), nullable=False),
    fact("asked_at", Instant),
    Column("done_at", Instant),
    fact("answer", Text, server_default=""),
    CheckConstraint("advanced_poisha <= amount_poisha", name="advanced"),
    CheckConstraint("(payment_id is not null) = (way in ('provider', 'held', 'postage'))", name="by_provider"),
    CheckConstraint("(state = 'asked') = (done_at is null)", name="done"),
    Index("ix_refunds_asked", "asked_at", postgresql_where=text("state = 'asked'")),
)

agent_hand_ins = Table(  # an agent's cash counted at the parent office, the commission kept from it
    "agent_hand_ins",
    metadata,
    Column("hand_in_id", Uuid, primary_key=True),
    fact("agent", Text, index=True),
    fact("office", Text),
    amount("expected_poisha"),
    amount("netted_poisha"),
    amount("counted_poisha"),
    amount("shortage_poisha"),
    fact("handed_by", Text),
    fact("counted_by", Text),
    fact("at", Instant),
    fact("pieces", JSONB),  # poisha of a note or coin -> how many of it were counted
    fact("reason", Text),
    CheckConstraint("(reason = '') = (shortage_poisha = 0)", name="reason"),
    CheckConstraint("expected_poisha = netted_poisha + counted_poisha + shortage_poisha", name="explained"),
    CheckConstraint("handed_by <> counted_by", name="two_people"),
)
