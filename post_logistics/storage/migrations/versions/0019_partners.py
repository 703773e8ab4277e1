"""Partners whose orders the post carries."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE shops DROP CONSTRAINT ck_shops_kind,
    ADD CONSTRAINT ck_shops_kind CHECK (kind in ('woocommerce', 'shopify', 'partner'));

CREATE TABLE partner_lines (
    shop_id UUID NOT NULL,
    url TEXT NOT NULL,
    token TEXT NOT NULL,
    failures INTEGER DEFAULT '0' NOT NULL,
    paused_until TIMESTAMP WITH TIME ZONE,
    asked_at TIMESTAMP WITH TIME ZONE,
    asked_why TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_partner_lines PRIMARY KEY (shop_id),
    CONSTRAINT fk_partner_lines_shop_id FOREIGN KEY(shop_id) REFERENCES shops (shop_id)
);


CREATE TABLE partner_orders (
    shop_id UUID NOT NULL,
    order_id TEXT NOT NULL,
    heard_on DATE NOT NULL,
    listed_on DATE,
    state TEXT NOT NULL,
    cod_poisha BIGINT,
    weight_g INTEGER,
    CONSTRAINT pk_partner_orders PRIMARY KEY (shop_id, order_id),
    CONSTRAINT fk_partner_orders_shop_id FOREIGN KEY(shop_id) REFERENCES shops (shop_id)
);

CREATE INDEX ix_partner_orders_shop_id_heard_on ON partner_orders (shop_id, heard_on);
CREATE INDEX ix_partner_orders_shop_id_listed_on ON partner_orders (shop_id, listed_on);

CREATE TABLE partner_calls (
    call_id UUID NOT NULL,
    shop_id UUID NOT NULL,
    order_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    what TEXT NOT NULL CONSTRAINT ck_partner_calls_what CHECK (what in ('state', 'message')),
    text TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT NOT NULL CONSTRAINT ck_partner_calls_status CHECK (status in ('waiting', 'sent', 'refused', 'failed')),
    tries SMALLINT DEFAULT '0' NOT NULL,
    next_try_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_tried_at TIMESTAMP WITH TIME ZONE,
    last_answer TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_partner_calls PRIMARY KEY (call_id),
    CONSTRAINT fk_partner_calls_shop_id FOREIGN KEY(shop_id) REFERENCES shops (shop_id)
);

CREATE INDEX ix_partner_calls_made_at ON partner_calls (made_at);
CREATE INDEX ix_partner_calls_shop_id_order_id ON partner_calls (shop_id, order_id);
CREATE INDEX ix_partner_calls_waiting ON partner_calls (shop_id, order_id, number) WHERE status = 'waiting';

CREATE TABLE partner_findings (
    finding_id UUID NOT NULL,
    shop_id UUID NOT NULL,
    on_day DATE NOT NULL,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT ck_partner_findings_kind CHECK (kind in ('missing_here', 'missing_there', 'state', 'amount')),
    theirs TEXT NOT NULL,
    ours TEXT NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_partner_findings PRIMARY KEY (finding_id),
    CONSTRAINT ck_partner_findings_closed CHECK ((closed_at is null) = (closed_by = '')),
    CONSTRAINT fk_partner_findings_shop_id FOREIGN KEY(shop_id) REFERENCES shops (shop_id)
);

CREATE INDEX ix_partner_findings_open ON partner_findings (shop_id, found_at) WHERE closed_at is null;
CREATE INDEX ix_partner_findings_shop_id_on_day ON partner_findings (shop_id, on_day);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
