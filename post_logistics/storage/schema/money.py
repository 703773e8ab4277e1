"""Where the money is: the ledger, and settlements."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata

postings = Table(  # the only reasons for which money moves, and between which kinds of account
    "postings",
    metadata,
    Column("code", Text, primary_key=True),
    Column("debit_kind", Text, primary_key=True),
    Column("credit_kind", Text, primary_key=True),
    Column("taken_back", Boolean, primary_key=True),  # the same reason read backwards, for a reversal
)

transfers = Table(
    "transfers",
    metadata,
    Column("transfer_id", Uuid, primary_key=True),
    fact("code", Text),
    fact("debit", Text, index=True),
    fact("credit", Text, index=True),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    fact("at", Instant),
    Column("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("cause", Text),
    Column("reverses", Uuid, ForeignKey("transfers.transfer_id"), unique=True),
    Column("debit_kind", Text, Computed("split_part(debit, ':', 1)", persisted=True)),
    Column("credit_kind", Text, Computed("split_part(credit, ':', 1)", persisted=True)),
    Column("taken_back", Boolean, Computed("reverses is not null", persisted=True)),
    ForeignKeyConstraint(
        ["code", "debit_kind", "credit_kind", "taken_back"],
        [f"postings.{name}" for name in ("code", "debit_kind", "credit_kind", "taken_back")],
    ),
    CheckConstraint("debit <> credit", name="two_accounts"),
    Index("ix_transfers_at", "at", postgresql_using="brin"),
)

reversals = Table(  # who took a transfer back, and why; the reversal itself is a transfer like any other
    "reversals",
    metadata,
    Column("transfer_id", Uuid, ForeignKey("transfers.transfer_id"), primary_key=True),
    Column("reverses", Uuid, ForeignKey("transfers.transfer_id"), nullable=False, unique=True),
    Column("why", Text, CheckConstraint("why <> ''", name="why"), nullable=False),
    Column("by", Text, CheckConstraint("by <> ''", name="by"), nullable=False),
    fact("at", Instant),
)

ledger_days = Table(  # a sealed day takes no transfer more; each names the one before, so that none can be left out
    "ledger_days",
    metadata,
    Column("on_day", Date, primary_key=True),
    amount("transfers"),
    amount("moved_poisha"),
    fact("previous_hash", Text),
    fact("hash", Text, unique=True),
    fact("sealed_at", Instant),
)

ledger_balances = Table(  # what an account stood at when a day was sealed on which it moved; debit positive
    "ledger_balances",
    metadata,
    Column("account", Text, primary_key=True),
    Column("on_day", Date, ForeignKey("ledger_days.on_day"), primary_key=True),
    fact("balance_poisha", BigInteger),
)

ledger_periods = Table(  # a month that two people have closed
    "ledger_periods",
    metadata,
    Column("period", Text, CheckConstraint("period ~ '^[0-9]{4}-[0-9]{2}$'", name="period"), primary_key=True),
    fact("last_day", Date, ForeignKey("ledger_days.on_day"), unique=True),
    fact("hash", Text),
    fact("closed_by", Text),
    fact("countersigned_by", Text),
    fact("closed_at", Instant),
    CheckConstraint("closed_by <> countersigned_by", name="two_people"),
)

ledger_openings = Table(  # what the books began with: once, by two people; the transfers say what it was
    "ledger_openings",
    metadata,
    Column("cause", Text, CheckConstraint("cause = 'opening'", name="once"), primary_key=True),
    fact("sha256", Text),
    amount("accounts"),
    fact("opened_by", Text),
    fact("countersigned_by", Text),
    fact("opened_at", Instant),
    CheckConstraint("opened_by <> countersigned_by", name="two_people"),
)

settlements = Table(
    "settlements",
    metadata,
    Column("settlement_id", Text, primary_key=True),
    fact("merchant", Text, ForeignKey("merchants.merchant_id")),
    fact("settled_on", Date),
    fact("payout_account", Text),
    fact("brought_forward_poisha", BigInteger),
    amount("principal_poisha"),
    amount("fees_taken_poisha"),
    amount("vat_taken_poisha"),
    amount("payout_poisha"),
    fact("carried_forward_poisha", BigInteger),
    fact("fees_due_poisha", BigInteger),
    fact("vat_due_poisha", BigInteger),
    fact("waiting", JSONB),
    fact("verification_reference", Text),
    fact("settled_at", Instant),
    amount("compensation_poisha"),
    amount("advance_taken_poisha"),
    UniqueConstraint("merchant", "settled_on"),
    CheckConstraint(
        "brought_forward_poisha + principal_poisha + compensation_poisha = advance_taken_poisha + "
        "fees_taken_poisha + vat_taken_poisha + payout_poisha + carried_forward_poisha",
        name="adds_up",
    ),
)

settlement_lines = Table(
    "settlement_lines",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),  # a parcel is settled once
    fact("settlement_id", Text, ForeignKey("settlements.settlement_id"), index=True),
    fact("order_ref", Text),
    fact("outcome", Text),
    amount("collected_poisha"),
    amount("postage_poisha"),
    amount("cod_fee_poisha"),
    amount("vat_poisha"),
)

bills = Table(  # charges that a merchant is asked to pay; the transfers say whether it has, or the bill was withdrawn
    "bills",
    metadata,
    Column("bill_id", Text, primary_key=True),
    fact("merchant", Text, ForeignKey("merchants.merchant_id"), index=True),
    amount("fees_poisha"),
    amount("vat_poisha"),
    fact("due_on", Date),
    fact("drawn_by", Text, CheckConstraint("drawn_by <> ''", name="drawn_by")),
    fact("drawn_at", Instant),
    CheckConstraint("fees_poisha + vat_poisha > 0", name="worth"),
)

Index(
    "ix_transfers_bills",
    transfers.c.cause,
    transfers.c.code,
    postgresql_where=text("code in ('bill', 'bill_vat', 'bill_counter', 'bill_bank')"),
)

REFUSE_SEALED = """
CREATE OR REPLACE FUNCTION refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    early record;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1818584935);
    SELECT on_day, cause INTO early FROM (SELECT max(on_day) AS on_day FROM ledger_days) AS sealed
    JOIN new_transfers ON (new_transfers.at AT TIME ZONE 'Asia/Dhaka')::date <= sealed.on_day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the books are sealed through %: % has to be posted on a later day', early.on_day, early.cause
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""
"""Sealing holds the same lock alone: it waits for what is being posted, and what is posted afterwards sees the seal."""

KEEP_SEALED = """
CREATE TRIGGER keep_sealed AFTER INSERT ON transfers REFERENCING NEW TABLE AS new_transfers
FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed()
"""
