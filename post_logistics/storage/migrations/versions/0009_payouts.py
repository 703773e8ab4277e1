"""Terms, holds, advances and payouts of merchants."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE merchant_terms (
    merchant TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT ck_merchant_terms_version CHECK (version > 0),
    valid_from DATE NOT NULL,
    cycle TEXT NOT NULL CONSTRAINT ck_merchant_terms_cycle CHECK (cycle in ('daily', 'weekly', 'on_demand')),
    weekday TEXT NOT NULL,
    minimum_poisha BIGINT CONSTRAINT ck_merchant_terms_minimum_poisha CHECK (minimum_poisha >= 0),
    why TEXT NOT NULL CONSTRAINT ck_merchant_terms_why CHECK (why <> ''),
    set_by TEXT NOT NULL CONSTRAINT ck_merchant_terms_set_by CHECK (set_by <> ''),
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_merchant_terms PRIMARY KEY (merchant, version),
    CONSTRAINT ck_merchant_terms_weekday CHECK ((cycle = 'weekly') = (weekday <> '')),
    CONSTRAINT fk_merchant_terms_merchant FOREIGN KEY(merchant) REFERENCES merchants (merchant_id)
);

CREATE TABLE payout_holds (
    hold_id UUID NOT NULL,
    merchant TEXT NOT NULL,
    item_number TEXT,
    reason TEXT NOT NULL CONSTRAINT ck_payout_holds_reason CHECK (reason <> ''),
    until_on DATE,
    placed_by TEXT NOT NULL CONSTRAINT ck_payout_holds_placed_by CHECK (placed_by <> ''),
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_by TEXT,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_why TEXT,
    CONSTRAINT pk_payout_holds PRIMARY KEY (hold_id),
    CONSTRAINT ck_payout_holds_lifted CHECK ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lifted_why is null)),
    CONSTRAINT fk_payout_holds_merchant FOREIGN KEY(merchant) REFERENCES merchants (merchant_id),
    CONSTRAINT fk_payout_holds_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);

CREATE INDEX ix_payout_holds_merchant ON payout_holds (merchant);

CREATE TABLE payout_accounts (
    merchant TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT ck_payout_accounts_version CHECK (version > 0),
    kind TEXT NOT NULL CONSTRAINT ck_payout_accounts_kind CHECK (kind in ('bank', 'wallet')),
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    routing_number TEXT NOT NULL,
    number TEXT NOT NULL,
    holder TEXT NOT NULL,
    why TEXT NOT NULL CONSTRAINT ck_payout_accounts_why CHECK (why <> ''),
    set_by TEXT NOT NULL CONSTRAINT ck_payout_accounts_set_by CHECK (set_by <> ''),
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    good_from TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_payout_accounts PRIMARY KEY (merchant, version),
    CONSTRAINT ck_payout_accounts_routing_number CHECK ((kind = 'bank') = (routing_number ~ '^[0-9]{9}$')),
    CONSTRAINT ck_payout_accounts_good_from CHECK (good_from >= set_at),
    CONSTRAINT fk_payout_accounts_merchant FOREIGN KEY(merchant) REFERENCES merchants (merchant_id)
);

CREATE TABLE payout_account_checks (
    merchant TEXT NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL CONSTRAINT ck_payout_account_checks_number CHECK (number > 0),
    outcome TEXT NOT NULL CONSTRAINT ck_payout_account_checks_outcome CHECK (outcome in ('proven', 'doubtful')),
    how TEXT NOT NULL CONSTRAINT ck_payout_account_checks_how CHECK (how <> ''),
    by TEXT NOT NULL CONSTRAINT ck_payout_account_checks_by CHECK (by <> ''),
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_payout_account_checks PRIMARY KEY (merchant, version, number),
    CONSTRAINT fk_payout_account_checks_merchant FOREIGN KEY(merchant, version) REFERENCES payout_accounts (merchant, version)
);

CREATE TABLE advances (
    advance_id TEXT NOT NULL,
    merchant TEXT NOT NULL,
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_advances_amount_poisha CHECK (amount_poisha > 0),
    why TEXT NOT NULL CONSTRAINT ck_advances_why CHECK (why <> ''),
    asked_by TEXT NOT NULL CONSTRAINT ck_advances_asked_by CHECK (asked_by <> ''),
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    approved BOOLEAN,
    decided_by TEXT,
    decided_why TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_advances PRIMARY KEY (advance_id),
    CONSTRAINT ck_advances_decided CHECK ((approved is null) = (decided_by is null) and (approved is null) = (decided_at is null)),
    CONSTRAINT ck_advances_two_people CHECK (approved is not true or decided_by <> asked_by),
    CONSTRAINT fk_advances_merchant FOREIGN KEY(merchant) REFERENCES merchants (merchant_id)
);

CREATE INDEX ix_advances_merchant ON advances (merchant);

CREATE TABLE payout_files (
    file_id TEXT NOT NULL CONSTRAINT ck_payout_files_file_id CHECK (file_id ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    layout TEXT NOT NULL,
    paid_on DATE NOT NULL,
    payouts BIGINT NOT NULL CONSTRAINT ck_payout_files_payouts CHECK (payouts >= 0),
    total_poisha BIGINT NOT NULL CONSTRAINT ck_payout_files_total_poisha CHECK (total_poisha >= 0),
    hash_total BIGINT NOT NULL CONSTRAINT ck_payout_files_hash_total CHECK (hash_total >= 0),
    content BYTEA NOT NULL,
    sha256 TEXT NOT NULL,
    made_by TEXT NOT NULL CONSTRAINT ck_payout_files_made_by CHECK (made_by <> ''),
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_payout_files PRIMARY KEY (file_id),
    CONSTRAINT uq_payout_files_sha256 UNIQUE (sha256)
);

CREATE TABLE payouts (
    payout_id TEXT NOT NULL,
    merchant TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_payouts_kind CHECK (kind in ('settlement', 'advance')),
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_payouts_amount_poisha CHECK (amount_poisha > 0),
    account TEXT NOT NULL,
    account_version INTEGER,
    state TEXT NOT NULL CONSTRAINT ck_payouts_state CHECK (state in ('ordered', 'approved', 'filed', 'sent', 'returned', 'cancelled', 'paid_in_cash')),
    needs_approval BOOLEAN NOT NULL,
    ordered_by TEXT NOT NULL CONSTRAINT ck_payouts_ordered_by CHECK (ordered_by <> ''),
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    approved_by TEXT,
    file_id TEXT,
    CONSTRAINT pk_payouts PRIMARY KEY (payout_id),
    CONSTRAINT fk_payouts_account_version FOREIGN KEY(merchant, account_version) REFERENCES payout_accounts (merchant, version),
    CONSTRAINT ck_payouts_two_people CHECK (approved_by <> ordered_by),
    CONSTRAINT ck_payouts_approved CHECK (not needs_approval or approved_by is not null or state in ('ordered', 'cancelled')),
    CONSTRAINT ck_payouts_filed CHECK (state not in ('filed', 'sent') or file_id is not null),
    CONSTRAINT fk_payouts_merchant FOREIGN KEY(merchant) REFERENCES merchants (merchant_id),
    CONSTRAINT fk_payouts_file_id FOREIGN KEY(file_id) REFERENCES payout_files (file_id)
);

CREATE INDEX ix_payouts_file_id ON payouts (file_id);

CREATE INDEX ix_payouts_merchant_ordered_at ON payouts (merchant, ordered_at);

CREATE INDEX ix_payouts_waiting ON payouts (ordered_at) WHERE state in ('ordered', 'approved', 'filed');

CREATE TABLE payout_steps (
    payout_id TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT ck_payout_steps_state CHECK (state in ('ordered', 'approved', 'filed', 'sent', 'returned', 'cancelled', 'paid_in_cash')),
    by TEXT NOT NULL CONSTRAINT ck_payout_steps_by CHECK (by <> ''),
    note TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_payout_steps PRIMARY KEY (payout_id, state),
    CONSTRAINT fk_payout_steps_payout_id FOREIGN KEY(payout_id) REFERENCES payouts (payout_id)
);

CREATE TABLE settlement_compensations (
    claim_id UUID NOT NULL,
    settlement_id TEXT NOT NULL,
    item_number TEXT NOT NULL,
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_settlement_compensations_amount_poisha CHECK (amount_poisha > 0),
    CONSTRAINT pk_settlement_compensations PRIMARY KEY (claim_id),
    CONSTRAINT fk_settlement_compensations_claim_id FOREIGN KEY(claim_id) REFERENCES claims (claim_id),
    CONSTRAINT fk_settlement_compensations_settlement_id FOREIGN KEY(settlement_id) REFERENCES settlements (settlement_id),
    CONSTRAINT fk_settlement_compensations_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);

CREATE INDEX ix_settlement_compensations_settlement_id ON settlement_compensations (settlement_id);

CREATE INDEX ix_transfers_payouts ON transfers (cause) WHERE code in ('payout_confirmed', 'payout_returned');
"""

SETTLEMENTS = """
ALTER TABLE settlements
    ADD COLUMN compensation_poisha BIGINT NOT NULL DEFAULT 0
        CONSTRAINT ck_settlements_compensation_poisha CHECK (compensation_poisha >= 0),
    ADD COLUMN advance_taken_poisha BIGINT NOT NULL DEFAULT 0
        CONSTRAINT ck_settlements_advance_taken_poisha CHECK (advance_taken_poisha >= 0),
    DROP CONSTRAINT ck_settlements_adds_up,
    ADD CONSTRAINT ck_settlements_adds_up CHECK (
        brought_forward_poisha + principal_poisha + compensation_poisha = advance_taken_poisha +
        fees_taken_poisha + vat_taken_poisha + payout_poisha + carried_forward_poisha
    );
ALTER TABLE settlements
    ALTER COLUMN compensation_poisha DROP DEFAULT,
    ALTER COLUMN advance_taken_poisha DROP DEFAULT;
"""

APPEND_ONLY = (
    "settlement_compensations",
    "merchant_terms",
    "payout_accounts",
    "payout_account_checks",
    "payout_files",
    "payout_steps",
)


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(SETTLEMENTS)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
