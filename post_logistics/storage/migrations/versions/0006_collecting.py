"""What recipients pay: receipts, agreed prices, payments by wallet, card and QR, refunds, and what agents hand in."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
DROP INDEX uq_transfers_one_collection;

CREATE TABLE receipts (
    receipt_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    due_poisha BIGINT NOT NULL CONSTRAINT ck_receipts_due_poisha CHECK (due_poisha >= 0),
    cash_poisha BIGINT NOT NULL CONSTRAINT ck_receipts_cash_poisha CHECK (cash_poisha >= 0),
    digital_poisha BIGINT NOT NULL CONSTRAINT ck_receipts_digital_poisha CHECK (digital_poisha >= 0),
    short_poisha BIGINT NOT NULL CONSTRAINT ck_receipts_short_poisha CHECK (short_poisha >= 0),
    short_reason TEXT DEFAULT '' NOT NULL,
    holder TEXT NOT NULL,
    office TEXT NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    posted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    standing BOOLEAN DEFAULT 'true' NOT NULL,
    CONSTRAINT pk_receipts PRIMARY KEY (receipt_id),
    CONSTRAINT ck_receipts_adds_up CHECK (due_poisha = cash_poisha + digital_poisha + short_poisha),
    CONSTRAINT ck_receipts_explained CHECK ((short_poisha > 0) = (short_reason <> '')),
    CONSTRAINT fk_receipts_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);

CREATE INDEX ix_receipts_item_number ON receipts (item_number);
CREATE UNIQUE INDEX uq_receipts_standing ON receipts (item_number) WHERE standing;

CREATE TABLE price_changes (
    change_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    was_poisha BIGINT NOT NULL,
    price_poisha BIGINT NOT NULL,
    why TEXT NOT NULL CONSTRAINT ck_price_changes_why CHECK (why <> ''),
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL CONSTRAINT ck_price_changes_state CHECK (state in ('asked', 'approved', 'refused')),
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_price_changes PRIMARY KEY (change_id),
    CONSTRAINT ck_price_changes_decided CHECK ((state = 'asked') = (decided_at is null)),
    CONSTRAINT fk_price_changes_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number)
);

CREATE INDEX ix_price_changes_item_number ON price_changes (item_number);
CREATE UNIQUE INDEX uq_price_changes_asked ON price_changes (item_number) WHERE state = 'asked';

CREATE TABLE payments (
    payment_id TEXT NOT NULL,
    item_number TEXT NOT NULL,
    provider TEXT NOT NULL,
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_payments_amount_poisha CHECK (amount_poisha > 0),
    state TEXT NOT NULL,
    url TEXT DEFAULT '' NOT NULL,
    qr TEXT DEFAULT '' NOT NULL,
    provider_ref TEXT,
    paid_poisha BIGINT NOT NULL CONSTRAINT ck_payments_paid_poisha CHECK (paid_poisha >= 0),
    collected_poisha BIGINT NOT NULL CONSTRAINT ck_payments_collected_poisha CHECK (collected_poisha >= 0),
    held_poisha BIGINT NOT NULL CONSTRAINT ck_payments_held_poisha CHECK (held_poisha >= 0),
    why TEXT DEFAULT '' NOT NULL,
    receipt_id UUID,
    asked_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_ask_at TIMESTAMP WITH TIME ZONE,
    asks INTEGER DEFAULT '0' NOT NULL,
    heard_at TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_payments PRIMARY KEY (payment_id),
    CONSTRAINT ck_payments_came CHECK (collected_poisha + held_poisha <= paid_poisha),
    CONSTRAINT ck_payments_explained CHECK (held_poisha = 0 or why <> ''),
    CONSTRAINT ck_payments_expires_at CHECK (expires_at > made_at),
    CONSTRAINT fk_payments_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT fk_payments_receipt_id FOREIGN KEY(receipt_id) REFERENCES receipts (receipt_id)
);

CREATE INDEX ix_payments_held ON payments (changed_at) WHERE held_poisha > 0;
CREATE INDEX ix_payments_item_number ON payments (item_number);
CREATE INDEX ix_payments_next_ask_at ON payments (next_ask_at) WHERE next_ask_at is not null;
CREATE INDEX ix_payments_receipt_id ON payments (receipt_id);
CREATE UNIQUE INDEX uq_payments_provider_ref ON payments (provider, provider_ref);

CREATE TABLE refunds (
    refund_id UUID NOT NULL,
    item_number TEXT NOT NULL,
    payment_id TEXT,
    way TEXT NOT NULL CONSTRAINT ck_refunds_way CHECK (way in ('counter', 'door', 'provider', 'held')),
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_refunds_amount_poisha CHECK (amount_poisha > 0),
    advanced_poisha BIGINT NOT NULL CONSTRAINT ck_refunds_advanced_poisha CHECK (advanced_poisha >= 0),
    why TEXT NOT NULL CONSTRAINT ck_refunds_why CHECK (why <> ''),
    by TEXT NOT NULL CONSTRAINT ck_refunds_by CHECK (by <> ''),
    office TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT ck_refunds_state CHECK (state in ('asked', 'done', 'refused')),
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    answer TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_refunds PRIMARY KEY (refund_id),
    CONSTRAINT ck_refunds_advanced CHECK (advanced_poisha <= amount_poisha),
    CONSTRAINT ck_refunds_by_provider CHECK ((payment_id is not null) = (way in ('provider', 'held'))),
    CONSTRAINT ck_refunds_done CHECK ((state = 'asked') = (done_at is null)),
    CONSTRAINT fk_refunds_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT fk_refunds_payment_id FOREIGN KEY(payment_id) REFERENCES payments (payment_id)
);

CREATE INDEX ix_refunds_asked ON refunds (asked_at) WHERE state = 'asked';
CREATE INDEX ix_refunds_item_number ON refunds (item_number);
CREATE INDEX ix_refunds_payment_id ON refunds (payment_id);

CREATE TABLE agent_hand_ins (
    hand_in_id UUID NOT NULL,
    agent TEXT NOT NULL,
    office TEXT NOT NULL,
    expected_poisha BIGINT NOT NULL CONSTRAINT ck_agent_hand_ins_expected_poisha CHECK (expected_poisha >= 0),
    netted_poisha BIGINT NOT NULL CONSTRAINT ck_agent_hand_ins_netted_poisha CHECK (netted_poisha >= 0),
    counted_poisha BIGINT NOT NULL CONSTRAINT ck_agent_hand_ins_counted_poisha CHECK (counted_poisha >= 0),
    shortage_poisha BIGINT NOT NULL CONSTRAINT ck_agent_hand_ins_shortage_poisha CHECK (shortage_poisha >= 0),
    handed_by TEXT NOT NULL,
    counted_by TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_agent_hand_ins PRIMARY KEY (hand_in_id),
    CONSTRAINT ck_agent_hand_ins_explained CHECK (expected_poisha = netted_poisha + counted_poisha + shortage_poisha),
    CONSTRAINT ck_agent_hand_ins_two_people CHECK (handed_by <> counted_by)
);

CREATE INDEX ix_agent_hand_ins_agent ON agent_hand_ins (agent);
"""

RECEIPTS = """
INSERT INTO receipts (receipt_id, item_number, due_poisha, cash_poisha, digital_poisha, short_poisha, holder, office,
    taken_at, posted_at, standing)
SELECT cause::uuid, item_number, amount_poisha, amount_poisha, 0, 0,
    CASE code WHEN 'collect' THEN 'rider:' ELSE 'office:' END || split_part(debit, ':', 2),
    left(split_part(debit, ':', 2), 4), at, at,
    NOT EXISTS (SELECT FROM transfers back WHERE back.reverses = one.transfer_id)
FROM transfers one WHERE code IN ('collect', 'collect_counter') AND reverses IS NULL AND pg_input_is_valid(cause, 'uuid');
"""


def upgrade() -> None:
    for statement in (TABLES, RECEIPTS):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agent_hand_ins "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
