"""Corrections of addresses."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE address_corrections (
    correction_id UUID NOT NULL,
    phrase TEXT NOT NULL,
    postcode TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdraws UUID,
    CONSTRAINT pk_address_corrections PRIMARY KEY (correction_id),
    CONSTRAINT fk_address_corrections_withdraws FOREIGN KEY(withdraws) REFERENCES address_corrections (correction_id),
    CONSTRAINT uq_address_corrections_withdraws UNIQUE (withdraws),
    CONSTRAINT ck_address_corrections_phrase CHECK (phrase <> ''),
    CONSTRAINT ck_address_corrections_postcode CHECK (postcode ~ '^[0-9]{4}$')
);
CREATE INDEX ix_address_corrections_phrase ON address_corrections (phrase);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON address_corrections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
