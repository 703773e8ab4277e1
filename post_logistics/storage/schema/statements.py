"""What banks and providers say: their statements, line by line, and what each line was found to be."""

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
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata
from post_logistics.storage.schema.money import transfers

statement_sources = Table(  # an account at a bank, or a provider: how its statements are to be read, a row per version
    "statement_sources",
    metadata,
    Column("source", Text, CheckConstraint("source ~ '^[a-z0-9][a-z0-9_-]{1,39}$'", name="source"), primary_key=True),
    Column("version", Integer, CheckConstraint("version > 0", name="version"), primary_key=True, autoincrement=False),
    fact("kind", Text),
    Column("provider", Text),
    fact("layout", JSONB),
    fact("made_by", Text, CheckConstraint("made_by <> ''", name="made_by")),
    fact("made_at", Instant),
    CheckConstraint("kind in ('bank', 'provider')", name="kind"),
    CheckConstraint("(kind = 'provider') = (provider is not null)", name="provider"),
)

statement_files = Table(  # a file is imported once, whole or not at all
    "statement_files",
    metadata,
    Column("file_id", Text, primary_key=True),  # sha256 of source and content
    fact("source", Text),
    fact("version", Integer),
    fact("file_name", Text),
    amount("rows"),
    amount("new_rows"),
    fact("first_on", Date),
    fact("last_on", Date),
    Column("opening_poisha", BigInteger),
    Column("closing_poisha", BigInteger),
    fact("imported_by", Text, CheckConstraint("imported_by <> ''", name="imported_by")),
    fact("imported_at", Instant),
    ForeignKeyConstraint(["source", "version"], ["statement_sources.source", "statement_sources.version"]),
    CheckConstraint("new_rows <= rows", name="new"),
    CheckConstraint("first_on <= last_on", name="days"),
    Index("ix_statement_files_source_first_on", "source", "first_on"),
)

statement_lines = Table(  # each row that a bank has ever shown us, once, however its files overlap
    "statement_lines",
    metadata,
    Column("line_id", Uuid, primary_key=True),  # uuid5 of source and fingerprint
    fact("source", Text),
    fact("file_id", Text, ForeignKey("statement_files.file_id", deferrable=True, initially="DEFERRED")),
    fact("row", Integer, CheckConstraint('"row" > 0', name="row")),  # as a spreadsheet numbers it
    fact("booked_on", Date),
    Column("value_on", Date),
    fact("amount_poisha", BigInteger, CheckConstraint("amount_poisha <> 0", name="amount_poisha")),  # credit > 0
    fact("reference", Text),
    fact("description", Text),
    fact("counterparty", Text),
    fact("bank_id", Text),
    Column("balance_poisha", BigInteger),
    Index("ix_statement_lines_source_booked_on", "source", "booked_on"),
)

matches = Table(  # lines and entries that were found to be the same money
    "matches",
    metadata,
    Column("match_id", Uuid, primary_key=True),
    fact("source", Text, index=True),
    fact("rule", Text),
    fact("explanation", JSONB),
    fact("difference_poisha", BigInteger),
    Column("difference_kind", Text),
    fact("made_by", Text),
    fact("made_at", Instant),
    Column("confirmed_by", Text),
    Column("confirmed_at", Instant),
    Column("undone_by", Text),
    Column("undone_at", Instant),
    Column("undone_why", Text),
    CheckConstraint("difference_poisha = 0 or difference_kind is not null", name="difference"),
    CheckConstraint(
        "(undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_why is null)", name="undone"
    ),
)

match_lines = Table(  # a line is explained once at a time
    "match_lines",
    metadata,
    Column("match_id", Uuid, ForeignKey("matches.match_id"), primary_key=True),
    Column("line_id", Uuid, ForeignKey("statement_lines.line_id"), primary_key=True, index=True),
    fact("standing", Boolean),
    Index("uq_match_lines_standing", "line_id", unique=True, postgresql_where=text("standing")),
)

match_entries = Table(  # what was expected comes once at a time
    "match_entries",
    metadata,
    Column("match_id", Uuid, ForeignKey("matches.match_id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    fact("amount_poisha", BigInteger),
    fact("standing", Boolean),
    CheckConstraint(
        "kind in ('deposit', 'collection', 'payment', 'payout', 'return', 'deduction', 'bill')", name="kind"
    ),
    Index("uq_match_entries_standing", "kind", "entry_id", unique=True, postgresql_where=text("standing")),
)

suspense = Table(  # lines that nobody has explained yet: why not, and whose business they are
    "suspense",
    metadata,
    Column("line_id", Uuid, ForeignKey("statement_lines.line_id"), primary_key=True),
    fact("reason", Text),
    fact("detail", JSONB),  # what came close: candidates, and a proposal where the rule wants a person to confirm it
    fact("owner", Text, server_default=""),
    fact("opened_at", Instant),
    Column("closed_at", Instant),
    Index("ix_suspense_open", "opened_at", postgresql_where=text("closed_at is null")),
)

suspense_steps = Table(  # what people did about a line
    "suspense_steps",
    metadata,
    Column("line_id", Uuid, ForeignKey("suspense.line_id"), primary_key=True),
    Column("number", Integer, CheckConstraint("number > 0", name="number"), primary_key=True, autoincrement=False),
    fact("step", Text, CheckConstraint("step in ('taken', 'noted')", name="step")),
    fact("by", Text, CheckConstraint("by <> ''", name="by")),
    fact("note", Text),
    fact("at", Instant),
)

Index(  # what was posted of a line that nobody explained
    "ix_transfers_unidentified",
    transfers.c.cause,
    postgresql_where=text("code in ('unidentified_receipt', 'unidentified_payment')"),
)
