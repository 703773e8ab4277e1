"""Bills: charges that a merchant pays at a counter or into the bank."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE bills (
    bill_id TEXT NOT NULL,
    merchant TEXT NOT NULL CONSTRAINT fk_bills_merchant REFERENCES merchants (merchant_id),
    fees_poisha BIGINT NOT NULL CONSTRAINT ck_bills_fees_poisha CHECK (fees_poisha >= 0),
    vat_poisha BIGINT NOT NULL CONSTRAINT ck_bills_vat_poisha CHECK (vat_poisha >= 0),
    due_on DATE NOT NULL,
    drawn_by TEXT NOT NULL CONSTRAINT ck_bills_drawn_by CHECK (drawn_by <> ''),
    drawn_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_bills PRIMARY KEY (bill_id),
    CONSTRAINT ck_bills_worth CHECK (fees_poisha + vat_poisha > 0)
);
CREATE INDEX ix_bills_merchant ON bills (merchant);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bills
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX ix_transfers_bills ON transfers (cause, code)
    WHERE code in ('bill', 'bill_vat', 'bill_counter', 'bill_bank');

ALTER TABLE match_entries DROP CONSTRAINT ck_match_entries_kind, ADD CONSTRAINT ck_match_entries_kind
    CHECK (kind in ('deposit', 'collection', 'payment', 'payout', 'return', 'deduction', 'bill'));
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
