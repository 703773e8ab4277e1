"""The books can be sealed day by day and closed month by month; who took a transfer back has to say why."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE INDEX ix_transfers_at ON transfers USING brin (at);

CREATE TABLE reversals (
    transfer_id UUID NOT NULL,
    reverses UUID NOT NULL,
    why TEXT NOT NULL CONSTRAINT ck_reversals_why CHECK (why <> ''),
    by TEXT NOT NULL CONSTRAINT ck_reversals_by CHECK (by <> ''),
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_reversals PRIMARY KEY (transfer_id),
    CONSTRAINT fk_reversals_transfer_id FOREIGN KEY(transfer_id) REFERENCES transfers (transfer_id),
    CONSTRAINT uq_reversals_reverses UNIQUE (reverses),
    CONSTRAINT fk_reversals_reverses FOREIGN KEY(reverses) REFERENCES transfers (transfer_id)
);

CREATE TABLE ledger_days (
    on_day DATE NOT NULL,
    transfers BIGINT NOT NULL CONSTRAINT ck_ledger_days_transfers CHECK (transfers >= 0),
    moved_poisha BIGINT NOT NULL CONSTRAINT ck_ledger_days_moved_poisha CHECK (moved_poisha >= 0),
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ledger_days PRIMARY KEY (on_day),
    CONSTRAINT uq_ledger_days_hash UNIQUE (hash)
);

CREATE TABLE ledger_balances (
    account TEXT NOT NULL,
    on_day DATE NOT NULL,
    balance_poisha BIGINT NOT NULL,
    CONSTRAINT pk_ledger_balances PRIMARY KEY (account, on_day),
    CONSTRAINT fk_ledger_balances_on_day FOREIGN KEY(on_day) REFERENCES ledger_days (on_day)
);

CREATE TABLE ledger_periods (
    period TEXT NOT NULL CONSTRAINT ck_ledger_periods_period CHECK (period ~ '^[0-9]{4}-[0-9]{2}$'),
    last_day DATE NOT NULL,
    hash TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    countersigned_by TEXT NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ledger_periods PRIMARY KEY (period),
    CONSTRAINT fk_ledger_periods_last_day FOREIGN KEY(last_day) REFERENCES ledger_days (on_day),
    CONSTRAINT uq_ledger_periods_last_day UNIQUE (last_day),
    CONSTRAINT ck_ledger_periods_two_people CHECK (closed_by <> countersigned_by)
);

CREATE TABLE ledger_openings (
    cause TEXT NOT NULL CONSTRAINT ck_ledger_openings_once CHECK (cause = 'opening'),
    sha256 TEXT NOT NULL,
    accounts BIGINT NOT NULL CONSTRAINT ck_ledger_openings_accounts CHECK (accounts >= 0),
    opened_by TEXT NOT NULL,
    countersigned_by TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ledger_openings PRIMARY KEY (cause),
    CONSTRAINT ck_ledger_openings_two_people CHECK (opened_by <> countersigned_by)
);
"""

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

KEEP_SEALED = """
CREATE TRIGGER keep_sealed AFTER INSERT ON transfers REFERENCING NEW TABLE AS new_transfers
FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed()
"""

APPEND_ONLY = ("reversals", "ledger_days", "ledger_balances", "ledger_periods", "ledger_openings")


def upgrade() -> None:
    for statement in (TABLES, REFUSE_SEALED, KEEP_SEALED):
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
