"""Money, mended: what testers found."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE payout_codes (
    payout_id TEXT NOT NULL,
    number INTEGER NOT NULL CONSTRAINT ck_payout_codes_number CHECK (number > 0),
    code_hash TEXT NOT NULL,
    made_by TEXT NOT NULL CONSTRAINT ck_payout_codes_made_by CHECK (made_by <> ''),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    wrong_tries INTEGER NOT NULL,
    CONSTRAINT pk_payout_codes PRIMARY KEY (payout_id, number),
    CONSTRAINT fk_payout_codes_payout_id FOREIGN KEY(payout_id) REFERENCES payouts (payout_id)
);

CREATE TABLE settlement_runs (
    settled_on DATE NOT NULL,
    settlements BIGINT NOT NULL CONSTRAINT ck_settlement_runs_settlements CHECK (settlements >= 0),
    waiting JSONB NOT NULL,
    run_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_settlement_runs PRIMARY KEY (settled_on)
);

ALTER TABLE match_entries DROP CONSTRAINT ck_match_entries_kind, ADD CONSTRAINT ck_match_entries_kind
    CHECK (kind in ('deposit', 'collection', 'payment', 'payout', 'return', 'deduction'));

DROP VIEW collection_closes;

DROP INDEX ix_transfers_deposits;
CREATE INDEX ix_transfers_deposits ON transfers (cause, code)
    WHERE code in ('deposit', 'deposit_confirmed', 'deposit_short', 'deposit_over');

CREATE TABLE slips (
    close_id TEXT NOT NULL,
    number INTEGER NOT NULL CONSTRAINT ck_slips_number CHECK (number > 0),
    slip_number TEXT NOT NULL,
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    deposited_at TIMESTAMP WITH TIME ZONE NOT NULL,
    paid_in_by TEXT NOT NULL,
    why TEXT NOT NULL,
    said_by TEXT NOT NULL CONSTRAINT ck_slips_said_by CHECK (said_by <> ''),
    said_at TIMESTAMP WITH TIME ZONE NOT NULL,
    standing BOOLEAN NOT NULL,
    CONSTRAINT pk_slips PRIMARY KEY (close_id, number),
    CONSTRAINT fk_slips_close_id FOREIGN KEY(close_id) REFERENCES deposits (close_id),
    CONSTRAINT ck_slips_why CHECK ((why = '') = (number = 1))
);
INSERT INTO slips
SELECT close_id, 1, slip_number, bank, branch, deposited_at, paid_in_by, '', paid_in_by, recorded_at, true FROM deposits;
CREATE UNIQUE INDEX uq_slips_close_id ON slips (close_id) WHERE standing;
CREATE UNIQUE INDEX uq_slips_slip ON slips (lower(bank), lower(slip_number)) WHERE standing;
ALTER TABLE deposits
    DROP COLUMN slip_number,
    DROP COLUMN bank,
    DROP COLUMN branch,
    DROP COLUMN deposited_at,
    DROP COLUMN paid_in_by;

ALTER TABLE agent_hand_ins
    ADD COLUMN pieces JSONB DEFAULT '{}' NOT NULL,
    ADD COLUMN reason TEXT DEFAULT '' NOT NULL;
ALTER TABLE agent_hand_ins DISABLE TRIGGER append_only;
UPDATE agent_hand_ins SET reason = 'not_known' WHERE shortage_poisha > 0;
ALTER TABLE agent_hand_ins ENABLE TRIGGER append_only;
ALTER TABLE agent_hand_ins
    ALTER COLUMN pieces DROP DEFAULT,
    ALTER COLUMN reason DROP DEFAULT,
    ADD CONSTRAINT ck_agent_hand_ins_reason CHECK ((reason = '') = (shortage_poisha = 0));
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
