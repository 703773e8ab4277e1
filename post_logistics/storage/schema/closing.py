"""The end of the day: closes counted and signed by two, opened again by a new fact; deposits; what became of shortages.

A close stands unless ``reopenings`` names it. ``number`` is the order in which an office's closes came about: they are
made one at a time (``storage.money.closes.hold_till``), so that what an office paid in with a close is all that
lies, by number, between that close and the standing one before it with which it paid in.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata
from post_logistics.storage.schema.money import transfers

day_closes = Table(
    "day_closes",
    metadata,
    Column("close_id", Text, primary_key=True),
    fact("holder", Text),
    fact("office", Text),
    fact("closed_on", Date, index=True),
    amount("expected_poisha"),
    amount("counted_poisha"),
    amount("shortage_poisha"),
    amount("excess_poisha"),
    amount("to_deposit_poisha"),
    fact("counted_by", Text),
    fact("closed_at", Instant, index=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("turn", Integer, CheckConstraint("turn > 0", name="turn"), nullable=False),
    fact("pieces", JSONB),  # poisha of a note or coin -> how many of it were counted
    fact("reason", Text),
    fact("countersigned_by", Text),
    UniqueConstraint("holder", "closed_on", "turn"),
    CheckConstraint("expected_poisha = counted_poisha + shortage_poisha - excess_poisha", name="explained"),
    CheckConstraint("shortage_poisha = 0 or excess_poisha = 0", name="one_way"),
    CheckConstraint("to_deposit_poisha <= counted_poisha", name="deposit"),
    CheckConstraint("(reason = '') = (expected_poisha = counted_poisha)", name="reason"),
    CheckConstraint("counted_by <> countersigned_by and countersigned_by <> ''", name="two_people"),
    Index("ix_day_closes_office_number", "office", "number"),
    Index("ix_day_closes_holder_number", "holder", "number"),
)

close_collections = Table(  # the collections whose cash a close counted: a rider's, or those of the office's counter
    "close_collections",
    metadata,
    Column("close_id", Text, ForeignKey("day_closes.close_id"), primary_key=True),
    Column("collection_id", Uuid, ForeignKey("transfers.transfer_id"), primary_key=True, index=True),
)

reopenings = Table(  # a close that no longer stands; its transfers are taken back, and the cash is closed again
    "reopenings",
    metadata,
    Column("close_id", Text, ForeignKey("day_closes.close_id"), primary_key=True),
    Column("why", Text, CheckConstraint("why <> ''", name="why"), nullable=False),
    fact("opened_by", Text),
    fact("countersigned_by", Text),
    fact("opened_at", Instant),
    CheckConstraint("opened_by <> countersigned_by", name="two_people"),
)

deposits = Table(
    "deposits",
    metadata,
    Column("close_id", Text, ForeignKey("day_closes.close_id"), primary_key=True),  # a close is paid in once
    fact("office", Text),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    fact("recorded_at", Instant),
)

slips = (
    Table(  # what the bank gave for a deposit; one that was copied wrongly gives way to the next, and stays on record
        "slips",
        metadata,
        Column("close_id", Text, ForeignKey("deposits.close_id"), primary_key=True),
        Column("number", Integer, CheckConstraint("number > 0", name="number"), primary_key=True, autoincrement=False),
        fact("slip_number", Text),
        fact("bank", Text),
        fact("branch", Text),
        fact("deposited_at", Instant),  # as the bank stamped it
        fact("paid_in_by", Text),
        fact("why", Text),  # what was wrong with the one before; empty for the first
        fact("said_by", Text, CheckConstraint("said_by <> ''", name="said_by")),
        fact("said_at", Instant),
        fact("standing", Boolean),
        CheckConstraint("(why = '') = (number = 1)", name="why"),
        Index("uq_slips_close_id", "close_id", unique=True, postgresql_where=text("standing")),
        Index(
            "uq_slips_slip",
            text("lower(bank)"),
            text("lower(slip_number)"),
            unique=True,
            postgresql_where=text("standing"),
        ),
    )
)

clearings = Table(  # how a shortage was made good or an excess found its owner; the transfer's cause is its id
    "clearings",
    metadata,
    Column("clearing_id", Uuid, primary_key=True),
    fact("way", Text),
    fact("office", Text),
    fact("rider", Text),  # empty: the office's own
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    Column("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    Column("why", Text, CheckConstraint("why <> ''", name="why"), nullable=False),
    fact("cleared_by", Text),
    fact("countersigned_by", Text),  # empty: small enough for one
    fact("cleared_at", Instant),
    CheckConstraint("cleared_by <> countersigned_by", name="two_people"),
)

Index(  # what came to one holder, in the order of its coming; and, by prefix, which riders of an office ever held any
    "ix_transfers_held",
    transfers.c.debit.collate("C"),
    transfers.c.at,
    postgresql_where=text("debit_kind in ('rider_cash', 'agent_cash', 'office_till', 'rider_debt')"),
)
