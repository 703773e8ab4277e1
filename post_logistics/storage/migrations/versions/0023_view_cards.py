"""View cards, and the keys by which deliveries were confirmed."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE view_card_drafts (
    card_id UUID NOT NULL,
    office TEXT NOT NULL,
    picture BYTEA NOT NULL,
    message TEXT NOT NULL,
    recipient_name TEXT NOT NULL,
    recipient_address TEXT NOT NULL,
    recipient_phone TEXT NOT NULL,
    recipient_postcode TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_view_card_drafts PRIMARY KEY (card_id)
);

CREATE INDEX ix_view_card_drafts_changed_at ON view_card_drafts (changed_at);

CREATE TABLE view_cards (
    card_id UUID NOT NULL,
    item_number TEXT NOT NULL CONSTRAINT fk_view_cards_item_number REFERENCES consignments (item_number),
    office TEXT NOT NULL,
    postage_poisha BIGINT NOT NULL CONSTRAINT ck_view_cards_postage_poisha CHECK (postage_poisha >= 0),
    vat_poisha BIGINT NOT NULL CONSTRAINT ck_view_cards_vat_poisha CHECK (vat_poisha >= 0),
    paid_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_view_cards PRIMARY KEY (card_id),
    CONSTRAINT uq_view_cards_item_number UNIQUE (item_number)
);

CREATE TABLE confirmation_keys (
    kid TEXT NOT NULL,
    jwk JSONB NOT NULL,
    first_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_confirmation_keys PRIMARY KEY (kid)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("view_cards", "confirmation_keys"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
