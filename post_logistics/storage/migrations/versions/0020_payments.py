"""Payments at gateways: what each is for, how the gateway calls the asking, and when it was paid."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE payments
    ADD COLUMN purpose TEXT DEFAULT 'cod' NOT NULL
        CONSTRAINT ck_payments_purpose CHECK (purpose in ('cod', 'postage')),
    ADD COLUMN vat_poisha BIGINT DEFAULT '0' NOT NULL
        CONSTRAINT ck_payments_vat_poisha CHECK (vat_poisha >= 0),
    ADD COLUMN session_ref TEXT,
    ADD COLUMN paid_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT ck_payments_vat_of_postage CHECK (vat_poisha = 0 or purpose = 'postage');

UPDATE payments SET paid_at = changed_at WHERE paid_poisha > 0;

ALTER TABLE refunds
    DROP CONSTRAINT ck_refunds_way,
    ADD CONSTRAINT ck_refunds_way CHECK (way in ('counter', 'door', 'provider', 'held', 'postage')),
    DROP CONSTRAINT ck_refunds_by_provider,
    ADD CONSTRAINT ck_refunds_by_provider
        CHECK ((payment_id is not null) = (way in ('provider', 'held', 'postage')));

CREATE INDEX ix_payments_paid_at ON payments (provider, paid_at) WHERE paid_at is not null;
CREATE INDEX ix_payments_postage ON payments (item_number) WHERE purpose = 'postage' and collected_poisha > 0;
CREATE INDEX ix_payments_session_ref ON payments (provider, session_ref) WHERE session_ref is not null;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
