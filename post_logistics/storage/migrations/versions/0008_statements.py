"""Statements of banks and providers, and what each line was found to be."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE statement_sources (
    source TEXT NOT NULL CONSTRAINT ck_statement_sources_source CHECK (source ~ '^[a-z0-9][a-z0-9_-]{1,39}$'),
    version INTEGER NOT NULL CONSTRAINT ck_statement_sources_version CHECK (version > 0),
    kind TEXT NOT NULL,
    provider TEXT,
    layout JSONB NOT NULL,
    made_by TEXT NOT NULL CONSTRAINT ck_statement_sources_made_by CHECK (made_by <> ''),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_statement_sources PRIMARY KEY (source, version),
    CONSTRAINT ck_statement_sources_kind CHECK (kind in ('bank', 'provider')),
    CONSTRAINT ck_statement_sources_provider CHECK ((kind = 'provider') = (provider is not null))
);

CREATE TABLE statement_files (
    file_id TEXT NOT NULL,
    source TEXT NOT NULL,
    version INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    rows BIGINT NOT NULL CONSTRAINT ck_statement_files_rows CHECK (rows >= 0),
    new_rows BIGINT NOT NULL CONSTRAINT ck_statement_files_new_rows CHECK (new_rows >= 0),
    first_on DATE NOT NULL,
    last_on DATE NOT NULL,
    opening_poisha BIGINT,
    closing_poisha BIGINT,
    imported_by TEXT NOT NULL CONSTRAINT ck_statement_files_imported_by CHECK (imported_by <> ''),
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_statement_files PRIMARY KEY (file_id),
    CONSTRAINT fk_statement_files_source FOREIGN KEY(source, version) REFERENCES statement_sources (source, version),
    CONSTRAINT ck_statement_files_new CHECK (new_rows <= rows),
    CONSTRAINT ck_statement_files_days CHECK (first_on <= last_on)
);
CREATE INDEX ix_statement_files_source_first_on ON statement_files (source, first_on);

CREATE TABLE statement_lines (
    line_id UUID NOT NULL,
    source TEXT NOT NULL,
    file_id TEXT NOT NULL,
    "row" INTEGER NOT NULL CONSTRAINT ck_statement_lines_row CHECK ("row" > 0),
    booked_on DATE NOT NULL,
    value_on DATE,
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_statement_lines_amount_poisha CHECK (amount_poisha <> 0),
    reference TEXT NOT NULL,
    description TEXT NOT NULL,
    counterparty TEXT NOT NULL,
    bank_id TEXT NOT NULL,
    balance_poisha BIGINT,
    CONSTRAINT pk_statement_lines PRIMARY KEY (line_id),
    CONSTRAINT fk_statement_lines_file_id FOREIGN KEY(file_id) REFERENCES statement_files (file_id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_statement_lines_source_booked_on ON statement_lines (source, booked_on);

CREATE TABLE matches (
    match_id UUID NOT NULL,
    source TEXT NOT NULL,
    rule TEXT NOT NULL,
    explanation JSONB NOT NULL,
    difference_poisha BIGINT NOT NULL,
    difference_kind TEXT,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    undone_by TEXT,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_why TEXT,
    CONSTRAINT pk_matches PRIMARY KEY (match_id),
    CONSTRAINT ck_matches_difference CHECK (difference_poisha = 0 or difference_kind is not null),
    CONSTRAINT ck_matches_undone CHECK ((undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_why is null))
);
CREATE INDEX ix_matches_source ON matches (source);

CREATE TABLE match_lines (
    match_id UUID NOT NULL,
    line_id UUID NOT NULL,
    standing BOOLEAN NOT NULL,
    CONSTRAINT pk_match_lines PRIMARY KEY (match_id, line_id),
    CONSTRAINT fk_match_lines_match_id FOREIGN KEY(match_id) REFERENCES matches (match_id),
    CONSTRAINT fk_match_lines_line_id FOREIGN KEY(line_id) REFERENCES statement_lines (line_id)
);
CREATE INDEX ix_match_lines_line_id ON match_lines (line_id);
CREATE UNIQUE INDEX uq_match_lines_standing ON match_lines (line_id) WHERE standing;

CREATE TABLE match_entries (
    match_id UUID NOT NULL,
    kind TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    amount_poisha BIGINT NOT NULL,
    standing BOOLEAN NOT NULL,
    CONSTRAINT pk_match_entries PRIMARY KEY (match_id, kind, entry_id),
    CONSTRAINT fk_match_entries_match_id FOREIGN KEY(match_id) REFERENCES matches (match_id),
    CONSTRAINT ck_match_entries_kind CHECK (kind in ('deposit', 'collection', 'payment', 'payout', 'return'))
);
CREATE UNIQUE INDEX uq_match_entries_standing ON match_entries (kind, entry_id) WHERE standing;

CREATE TABLE suspense (
    line_id UUID NOT NULL,
    reason TEXT NOT NULL,
    detail JSONB NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_suspense PRIMARY KEY (line_id),
    CONSTRAINT fk_suspense_line_id FOREIGN KEY(line_id) REFERENCES statement_lines (line_id)
);
CREATE INDEX ix_suspense_open ON suspense (opened_at) WHERE closed_at is null;

CREATE TABLE suspense_steps (
    line_id UUID NOT NULL,
    number INTEGER NOT NULL CONSTRAINT ck_suspense_steps_number CHECK (number > 0),
    step TEXT NOT NULL CONSTRAINT ck_suspense_steps_step CHECK (step in ('taken', 'noted')),
    by TEXT NOT NULL CONSTRAINT ck_suspense_steps_by CHECK (by <> ''),
    note TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_suspense_steps PRIMARY KEY (line_id, number),
    CONSTRAINT fk_suspense_steps_line_id FOREIGN KEY(line_id) REFERENCES suspense (line_id)
);
CREATE INDEX ix_transfers_unidentified ON transfers (cause)
    WHERE code in ('unidentified_receipt', 'unidentified_payment');
"""

APPEND_ONLY = ("statement_sources", "statement_files", "statement_lines", "suspense_steps")


def upgrade() -> None:
    op.execute(TABLES)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
