"""Days closed by count and by two people, opened again by a new fact; what became of shortages and excesses."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CLOSES = """
ALTER TABLE day_closes
    ADD COLUMN number BIGINT GENERATED ALWAYS AS IDENTITY NOT NULL,
    ADD COLUMN turn INTEGER DEFAULT 1 NOT NULL CONSTRAINT ck_day_closes_turn CHECK (turn > 0),
    ADD COLUMN pieces JSONB DEFAULT '{}' NOT NULL,
    ADD COLUMN reason TEXT DEFAULT '' NOT NULL,
    ADD COLUMN countersigned_by TEXT DEFAULT '(before two had to sign)' NOT NULL;
ALTER TABLE day_closes DISABLE TRIGGER append_only;
UPDATE day_closes SET reason = 'not_known' WHERE expected_poisha <> counted_poisha;
ALTER TABLE day_closes ENABLE TRIGGER append_only;
ALTER TABLE day_closes
    ALTER COLUMN turn DROP DEFAULT,
    ALTER COLUMN pieces DROP DEFAULT,
    ALTER COLUMN reason DROP DEFAULT,
    ALTER COLUMN countersigned_by DROP DEFAULT,
    DROP CONSTRAINT uq_day_closes_holder_closed_on,
    ADD CONSTRAINT uq_day_closes_number UNIQUE (number),
    ADD CONSTRAINT uq_day_closes_holder_closed_on_turn UNIQUE (holder, closed_on, turn),
    ADD CONSTRAINT ck_day_closes_reason CHECK ((reason = '') = (expected_poisha = counted_poisha)),
    ADD CONSTRAINT ck_day_closes_two_people CHECK (counted_by <> countersigned_by and countersigned_by <> '');
CREATE INDEX ix_day_closes_closed_on ON day_closes (closed_on);
CREATE INDEX ix_day_closes_closed_at ON day_closes (closed_at);
CREATE INDEX ix_day_closes_office_number ON day_closes (office, number);
CREATE INDEX ix_day_closes_holder_number ON day_closes (holder, number);
CREATE INDEX ix_transfers_held ON transfers (debit COLLATE "C", at)
    WHERE debit_kind in ('rider_cash', 'agent_cash', 'office_till', 'rider_debt');
"""

PAPERS = """
CREATE TABLE close_collections (
    close_id TEXT NOT NULL,
    collection_id UUID NOT NULL,
    CONSTRAINT pk_close_collections PRIMARY KEY (close_id, collection_id),
    CONSTRAINT fk_close_collections_close_id FOREIGN KEY(close_id) REFERENCES day_closes (close_id),
    CONSTRAINT fk_close_collections_collection_id FOREIGN KEY(collection_id) REFERENCES transfers (transfer_id)
);
CREATE INDEX ix_close_collections_collection_id ON close_collections (collection_id);

CREATE TABLE reopenings (
    close_id TEXT NOT NULL,
    why TEXT NOT NULL CONSTRAINT ck_reopenings_why CHECK (why <> ''),
    opened_by TEXT NOT NULL,
    countersigned_by TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_reopenings PRIMARY KEY (close_id),
    CONSTRAINT fk_reopenings_close_id FOREIGN KEY(close_id) REFERENCES day_closes (close_id),
    CONSTRAINT ck_reopenings_two_people CHECK (opened_by <> countersigned_by)
);

ALTER TABLE deposits
    ADD COLUMN bank TEXT DEFAULT '(not recorded)' NOT NULL,
    ADD COLUMN branch TEXT DEFAULT '(not recorded)' NOT NULL,
    ADD COLUMN paid_in_by TEXT DEFAULT '(not recorded)' NOT NULL,
    ADD COLUMN recorded_at TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL;
ALTER TABLE deposits DISABLE TRIGGER append_only;
UPDATE deposits SET recorded_at = deposited_at;
ALTER TABLE deposits ENABLE TRIGGER append_only;
ALTER TABLE deposits
    ALTER COLUMN bank DROP DEFAULT,
    ALTER COLUMN branch DROP DEFAULT,
    ALTER COLUMN paid_in_by DROP DEFAULT,
    ALTER COLUMN recorded_at DROP DEFAULT,
    DROP CONSTRAINT uq_deposits_slip_number,
    ADD CONSTRAINT uq_deposits_bank_slip_number UNIQUE (bank, slip_number);

CREATE TABLE clearings (
    clearing_id UUID NOT NULL,
    way TEXT NOT NULL,
    office TEXT NOT NULL,
    rider TEXT NOT NULL,
    amount_poisha BIGINT NOT NULL CONSTRAINT ck_clearings_amount_poisha CHECK (amount_poisha > 0),
    item_number TEXT,
    why TEXT NOT NULL CONSTRAINT ck_clearings_why CHECK (why <> ''),
    cleared_by TEXT NOT NULL,
    countersigned_by TEXT NOT NULL,
    cleared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_clearings PRIMARY KEY (clearing_id),
    CONSTRAINT fk_clearings_item_number FOREIGN KEY(item_number) REFERENCES consignments (item_number),
    CONSTRAINT ck_clearings_two_people CHECK (cleared_by <> countersigned_by)
);
CREATE INDEX ix_clearings_item_number ON clearings (item_number);
"""

EARLIER_COLLECTIONS = """
INSERT INTO close_collections (close_id, collection_id)
SELECT c.close_id, t.transfer_id
FROM transfers t
CROSS JOIN LATERAL (
    SELECT close_id FROM day_closes
    WHERE holder = CASE t.debit_kind WHEN 'rider_cash' THEN 'rider:' ELSE 'office:' END || split_part(t.debit, ':', 2)
        AND closed_at >= t.at
    ORDER BY closed_at, number LIMIT 1
) c
WHERE t.code IN ('collect', 'collect_counter') AND t.reverses IS NULL
"""
"""What was closed before the link was kept: each collection with its holder's first close after it."""

COLLECTION_CLOSES = """
CREATE OR REPLACE VIEW collection_closes AS
SELECT c.collection_id, d.close_id, d.office, d.closed_at,
       p.close_id AS paid_in_close_id, p.closed_at AS paid_in_closed_at
FROM close_collections c JOIN day_closes d USING (close_id)
LEFT JOIN LATERAL (
    SELECT o.close_id, o.closed_at FROM day_closes o
    WHERE o.holder = 'office:' || d.office AND o.number >= d.number AND o.to_deposit_poisha > 0
        AND NOT EXISTS (SELECT FROM reopenings r WHERE r.close_id = o.close_id)
    ORDER BY o.number LIMIT 1
) p ON true
WHERE NOT EXISTS (SELECT FROM reopenings r WHERE r.close_id = d.close_id)
"""

APPEND_ONLY = ("close_collections", "reopenings", "clearings")


def upgrade() -> None:
    for statement in (CLOSES, PAPERS, EARLIER_COLLECTIONS, COLLECTION_CLOSES):
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
