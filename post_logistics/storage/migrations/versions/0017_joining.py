"""Shops that want to join."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE join_requests (
    request_id UUID NOT NULL,
    shop_name TEXT NOT NULL,
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    store_address TEXT NOT NULL,
    office TEXT NOT NULL,
    payout_account TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    network TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL CONSTRAINT ck_join_requests_outcome CHECK (outcome in ('waiting', 'opened', 'declined')),
    why TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    merchant_id TEXT CONSTRAINT fk_join_requests_merchant_id REFERENCES merchants (merchant_id),
    person_id TEXT NOT NULL,
    CONSTRAINT pk_join_requests PRIMARY KEY (request_id),
    CONSTRAINT ck_join_requests_decided CHECK ((outcome = 'waiting') = (decided_at is null)),
    CONSTRAINT ck_join_requests_merchant_id CHECK ((outcome = 'opened') = (merchant_id is not null)),
    CONSTRAINT ck_join_requests_forgotten CHECK (outcome = 'waiting' or (password_hash = '' and network = ''))
);

CREATE INDEX ix_join_requests_waiting ON join_requests (asked_at) WHERE outcome = 'waiting';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
