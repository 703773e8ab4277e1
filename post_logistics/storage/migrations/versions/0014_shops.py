"""Shops that send their orders by themselves."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE shops (
    shop_id UUID NOT NULL,
    merchant_id TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_shops_kind CHECK (kind in ('woocommerce', 'shopify')),
    domain TEXT NOT NULL,
    prefix TEXT NOT NULL,
    secret TEXT NOT NULL,
    send_when JSONB NOT NULL,
    store_address TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_why TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_shops PRIMARY KEY (shop_id),
    CONSTRAINT uq_shops_merchant_id_prefix UNIQUE (merchant_id, prefix),
    CONSTRAINT fk_shops_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (merchant_id)
);

CREATE TABLE shop_deliveries (
    shop_id UUID NOT NULL,
    delivery_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    body BYTEA,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT DEFAULT '' NOT NULL,
    orders JSONB DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_shop_deliveries PRIMARY KEY (shop_id, delivery_id),
    CONSTRAINT ck_shop_deliveries_kept CHECK (body is not null or taken_at is not null),
    CONSTRAINT fk_shop_deliveries_shop_id FOREIGN KEY(shop_id) REFERENCES shops (shop_id)
);

CREATE INDEX ix_shop_deliveries_open ON shop_deliveries (shop_id, received_at) WHERE taken_at is null;

CREATE TABLE shop_orders (
    shop_id UUID NOT NULL,
    order_id TEXT NOT NULL,
    number TEXT NOT NULL,
    modified_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL CONSTRAINT ck_shop_orders_state CHECK (state in ('not_due', 'due', 'waiting', 'booked', 'dropped', 'left')),
    why TEXT NOT NULL,
    revision INTEGER NOT NULL CONSTRAINT ck_shop_orders_revision CHECK (revision > 0),
    item_number TEXT,
    content TEXT NOT NULL,
    fields JSONB NOT NULL,
    answers JSONB NOT NULL,
    problems JSONB NOT NULL,
    question JSONB NOT NULL,
    choices JSONB NOT NULL,
    heard_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_shop_orders PRIMARY KEY (shop_id, order_id),
    CONSTRAINT ck_shop_orders_booked CHECK (state <> 'booked' or item_number is not null),
    CONSTRAINT ck_shop_orders_forgotten CHECK (state in ('due', 'waiting') or (fields = '{}' and answers = '{}')),
    CONSTRAINT fk_shop_orders_shop_id FOREIGN KEY(shop_id) REFERENCES shops (shop_id),
    CONSTRAINT fk_shop_orders_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);

CREATE INDEX ix_shop_orders_item_number ON shop_orders (item_number);
CREATE INDEX ix_shop_orders_waiting ON shop_orders (shop_id, heard_at) WHERE state = 'waiting';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
