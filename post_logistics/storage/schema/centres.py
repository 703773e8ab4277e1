"""Digital centres: what they did, when they were open, and who sent what was booked there."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata

centre_services = Table(  # one service given to one customer; what was earned with it is in the ledger
    "centre_services",
    metadata,
    Column("service_id", Uuid, primary_key=True),  # the scan of it, or what would be its id
    fact("centre", Text),
    fact("service", Text),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    amount("cash_poisha"),
    fact("by", Text),
    fact("device_id", Text),
    fact("happened_at", Instant),
    fact("recorded_at", Instant),
    fact("why", Text),  # what a person should know about it; empty if nothing
    CheckConstraint("service in ('booking', 'drop_off', 'hand_over', 'payment')", name="service"),
    CheckConstraint("happened_at <= recorded_at", name="happened_at"),
    Index(None, "centre", "happened_at"),
)

centre_shifts = Table(  # when a centre began to work, and what then lay in its drawer
    "centre_shifts",
    metadata,
    Column("shift_id", Uuid, primary_key=True),
    fact("centre", Text),
    fact("opened_by", Text),
    fact("device_id", Text),
    amount("opening_poisha"),
    fact("pieces", JSONB),  # poisha of a note or coin -> how many of it
    fact("opened_at", Instant),
    fact("recorded_at", Instant),
    CheckConstraint("opened_at <= recorded_at", name="opened_at"),
    Index(None, "centre", "opened_at"),
)

centre_shift_closes = Table(  # the end of a shift, counted; what was short came from the float as far as it reached
    "centre_shift_closes",
    metadata,
    Column("shift_id", Uuid, ForeignKey("centre_shifts.shift_id"), primary_key=True),
    fact("close_id", Uuid, unique=True),
    fact("closed_by", Text),
    fact("device_id", Text),
    fact("expected_poisha", BigInteger),
    amount("counted_poisha"),
    fact("pieces", JSONB),
    fact("reason", Text),
    amount("from_float_poisha"),
    fact("closed_at", Instant),
    fact("recorded_at", Instant),
    CheckConstraint("(reason = '') = (counted_poisha = expected_poisha)", name="reason"),
    CheckConstraint("from_float_poisha <= greatest(expected_poisha - counted_poisha, 0)", name="from_float"),
    CheckConstraint("closed_at <= recorded_at", name="closed_at"),
)

walk_in_senders = Table(  # who to turn to about a parcel that was posted without an account; erased with its recipient
    "walk_in_senders",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("name", Text),
    fact("phone", Text),
)
