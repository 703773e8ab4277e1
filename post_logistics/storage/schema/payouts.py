"""How merchants are paid: terms, holds, accounts, advances, payouts and the files in which banks are told."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata
from post_logistics.storage.schema.money import transfers

PAYOUT_STATES = "'ordered', 'approved', 'filed', 'sent', 'returned', 'cancelled', 'paid_in_cash'"

merchant_terms = Table(
    "merchant_terms",
    metadata,
    Column("merchant", Text, ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("version", Integer, CheckConstraint("version > 0", name="version"), primary_key=True, autoincrement=False),
    fact("valid_from", Date),
    fact("cycle", Text, CheckConstraint("cycle in ('daily', 'weekly', 'on_demand')", name="cycle")),
    fact("weekday", Text),
    Column("minimum_poisha", BigInteger, CheckConstraint("minimum_poisha >= 0", name="minimum_poisha")),
    fact("why", Text, CheckConstraint("why <> ''", name="why")),
    fact("set_by", Text, CheckConstraint("set_by <> ''", name="set_by")),
    fact("set_at", Instant),
    CheckConstraint("(cycle = 'weekly') = (weekday <> '')", name="weekday"),
)

payout_holds = Table(  # a merchant, or one of its parcels, is not paid for now
    "payout_holds",
    metadata,
    Column("hold_id", Uuid, primary_key=True),
    fact("merchant", Text, ForeignKey("merchants.merchant_id"), index=True),
    Column("item_number", Text, ForeignKey("consignments.item_number")),
    fact("reason", Text, CheckConstraint("reason <> ''", name="reason")),
    Column("until_on", Date),
    fact("placed_by", Text, CheckConstraint("placed_by <> ''", name="placed_by")),
    fact("placed_at", Instant),
    Column("lifted_by", Text),
    Column("lifted_at", Instant),
    Column("lifted_why", Text),
    CheckConstraint(
        "(lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lifted_why is null)", name="lifted"
    ),
)

payout_accounts = Table(
    "payout_accounts",
    metadata,
    Column("merchant", Text, ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("version", Integer, CheckConstraint("version > 0", name="version"), primary_key=True, autoincrement=False),
    fact("kind", Text, CheckConstraint("kind in ('bank', 'wallet')", name="kind")),
    fact("bank", Text),
    fact("branch", Text),
    fact("routing_number", Text),
    fact("number", Text),
    fact("holder", Text),
    fact("why", Text, CheckConstraint("why <> ''", name="why")),
    fact("set_by", Text, CheckConstraint("set_by <> ''", name="set_by")),
    fact("set_at", Instant),
    fact("good_from", Instant),
    CheckConstraint("(kind = 'bank') = (routing_number ~ '^[0-9]{9}$')", name="routing_number"),
    CheckConstraint("good_from >= set_at", name="good_from"),
)

payout_account_checks = Table(  # somebody looked at the account; the last look counts
    "payout_account_checks",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, CheckConstraint("number > 0", name="number"), primary_key=True, autoincrement=False),
    fact("outcome", Text, CheckConstraint("outcome in ('proven', 'doubtful')", name="outcome")),
    fact("how", Text, CheckConstraint("how <> ''", name="how")),
    fact("by", Text, CheckConstraint("by <> ''", name="by")),
    fact("at", Instant),
    ForeignKeyConstraint(["merchant", "version"], ["payout_accounts.merchant", "payout_accounts.version"]),
)

advances = Table(
    "advances",
    metadata,
    Column("advance_id", Text, primary_key=True),
    fact("merchant", Text, ForeignKey("merchants.merchant_id"), index=True),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    fact("why", Text, CheckConstraint("why <> ''", name="why")),
    fact("asked_by", Text, CheckConstraint("asked_by <> ''", name="asked_by")),
    fact("asked_at", Instant),
    Column("approved", Boolean),  # null while nobody has decided
    Column("decided_by", Text),
    Column("decided_why", Text),
    Column("decided_at", Instant),
    CheckConstraint(
        "(approved is null) = (decided_by is null) and (approved is null) = (decided_at is null)", name="decided"
    ),
    CheckConstraint("approved is not true or decided_by <> asked_by", name="two_people"),
)

payout_files = Table(
    "payout_files",
    metadata,
    Column("file_id", Text, CheckConstraint("file_id ~ '^[a-z0-9][a-z0-9-]{0,59}$'", name="file_id"), primary_key=True),
    fact("layout", Text),
    fact("paid_on", Date),
    amount("payouts"),
    amount("total_poisha"),
    amount("hash_total"),
    fact("content", LargeBinary),
    fact("sha256", Text, unique=True),
    fact("made_by", Text, CheckConstraint("made_by <> ''", name="made_by")),
    fact("made_at", Instant),
)

payouts = Table(  # an order to pay a merchant; its id is that of the settlement or advance, and the cause of transfers
    "payouts",
    metadata,
    Column("payout_id", Text, primary_key=True),
    fact("merchant", Text, ForeignKey("merchants.merchant_id")),
    fact("kind", Text, CheckConstraint("kind in ('settlement', 'advance')", name="kind")),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    fact("account", Text),
    Column("account_version", Integer),
    fact("state", Text, CheckConstraint(f"state in ({PAYOUT_STATES})", name="state")),
    fact("needs_approval", Boolean),
    fact("ordered_by", Text, CheckConstraint("ordered_by <> ''", name="ordered_by")),
    fact("ordered_at", Instant),
    Column("approved_by", Text),
    Column("file_id", Text, ForeignKey("payout_files.file_id"), index=True),
    ForeignKeyConstraint(
        ["merchant", "account_version"],
        ["payout_accounts.merchant", "payout_accounts.version"],
        name="fk_payouts_account_version",
    ),
    CheckConstraint("approved_by <> ordered_by", name="two_people"),
    CheckConstraint(
        "not needs_approval or approved_by is not null or state in ('ordered', 'cancelled')", name="approved"
    ),
    CheckConstraint("state not in ('filed', 'sent') or file_id is not null", name="filed"),
    Index(None, "merchant", "ordered_at"),
    Index("ix_payouts_waiting", "ordered_at", postgresql_where=text("state in ('ordered', 'approved', 'filed')")),
)

payout_steps = Table(  # what became of a payout: it comes to each state once
    "payout_steps",
    metadata,
    Column("payout_id", Text, ForeignKey("payouts.payout_id"), primary_key=True),
    Column("state", Text, CheckConstraint(f"state in ({PAYOUT_STATES})", name="state"), primary_key=True),
    fact("by", Text, CheckConstraint("by <> ''", name="by")),
    fact("note", Text),
    fact("at", Instant),
)

payout_codes = Table(  # against which a payout is handed out in cash: only a keyed hash is kept, the last one counts
    "payout_codes",
    metadata,
    Column("payout_id", Text, ForeignKey("payouts.payout_id"), primary_key=True),
    Column("number", Integer, CheckConstraint("number > 0", name="number"), primary_key=True, autoincrement=False),
    fact("code_hash", Text),
    fact("made_by", Text, CheckConstraint("made_by <> ''", name="made_by")),
    fact("made_at", Instant),
    fact("wrong_tries", Integer),  # since the post itself issued a code
)

settlement_runs = Table(  # the days whose settlements by the calendar are made, and the merchants that still wait
    "settlement_runs",
    metadata,
    Column("settled_on", Date, primary_key=True),
    amount("settlements"),
    fact("waiting", JSONB),  # merchant -> why
    fact("run_at", Instant),
)

settlement_compensations = Table(  # a claim is paid once, whatever happens
    "settlement_compensations",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claims.claim_id"), primary_key=True),
    fact("settlement_id", Text, ForeignKey("settlements.settlement_id"), index=True),
    fact("item_number", Text, ForeignKey("consignments.item_number")),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
)

Index(
    "ix_transfers_payouts",
    transfers.c.cause,
    postgresql_where=text("code in ('payout_confirmed', 'payout_returned')"),
)
