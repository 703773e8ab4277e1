"""What merchants who come from other couriers need kept."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE webhook_endpoints ADD COLUMN dialect TEXT DEFAULT 'native' NOT NULL
    CONSTRAINT ck_webhook_endpoints_dialect CHECK (dialect in ('native', 'steadfast', 'pathao', 'redx', 'easypost'));
CREATE TABLE return_requests (
    item_number TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_return_requests PRIMARY KEY (item_number),
    CONSTRAINT fk_return_requests_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT fk_return_requests_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (merchant_id)
);
CREATE INDEX ix_return_requests_merchant_id_asked_at ON return_requests (merchant_id, asked_at);
CREATE INDEX ix_consignments_merchant_id_booked_at_item_number ON consignments (merchant_id, booked_at, item_number);
CREATE INDEX ix_recipients_phone ON recipients USING hash (recipient_phone);
CREATE TABLE store_areas (
    store_id INTEGER NOT NULL,
    area_number INTEGER NOT NULL,
    CONSTRAINT pk_store_areas PRIMARY KEY (store_id),
    CONSTRAINT fk_store_areas_store_id FOREIGN KEY(store_id) REFERENCES stores (store_id)
);
"""

ONLY_FORGET = """
CREATE TRIGGER only_forget BEFORE UPDATE OF reason ON return_requests
FOR EACH ROW WHEN (NEW.reason <> '') EXECUTE FUNCTION refuse_change()
"""

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OF item_number, merchant_id, asked_at OR DELETE OR TRUNCATE ON return_requests
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    for statement in (TABLES, ONLY_FORGET, APPEND_ONLY):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
