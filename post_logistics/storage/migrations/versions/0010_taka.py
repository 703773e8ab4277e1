"""Where every taka is: a view from a collection to the payout, and alarms where money is not where it should be."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE money_alarms (
    alarm_id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    office TEXT NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    amount_poisha BIGINT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    detail JSONB NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_money_alarms PRIMARY KEY (alarm_id),
    CONSTRAINT ck_money_alarms_closed CHECK (closed_at >= opened_at)
);
CREATE UNIQUE INDEX uq_money_alarms_one_open ON money_alarms (kind, subject) WHERE closed_at is null;
CREATE INDEX ix_money_alarms_office ON money_alarms (office, opened_at) WHERE closed_at is null;
CREATE INDEX ix_transfers_deposits ON transfers (cause, code) WHERE code in ('deposit', 'deposit_confirmed');
"""

STANDING_TRANSFERS = """
CREATE OR REPLACE VIEW standing_transfers AS
SELECT t.transfer_id, t.code, t.debit, t.credit, t.amount_poisha, t.at, t.item_number, t.cause FROM transfers t
WHERE t.reverses IS NULL AND NOT EXISTS (SELECT FROM transfers back WHERE back.reverses = t.transfer_id OFFSET 0)
"""

CLOSE_PROGRESS = """
CREATE OR REPLACE VIEW close_progress AS
SELECT c.close_id, c.office, c.number, shut.close_id AS paid_in_close_id, shut.closed_at AS shut_at,
       CASE WHEN banked.at IS NOT NULL THEN 'bank' WHEN paid_in.at IS NOT NULL THEN 'deposit'
                 WHEN shut.close_id IS NOT NULL THEN 'counted' WHEN c.office IS NOT NULL THEN 'till' END AS stage,
       CASE WHEN banked.at IS NOT NULL THEN 'settlement_bank'
                 WHEN paid_in.at IS NOT NULL THEN 'bank_in_transit:' || c.office ELSE 'office_till:' || c.office END AS place,
       coalesce(banked.at, paid_in.at, c.closed_at) AS since
FROM day_closes c
LEFT JOIN LATERAL (
    SELECT o.close_id, o.closed_at FROM day_closes o
    WHERE o.holder = 'office:' || c.office AND o.number >= c.number AND o.to_deposit_poisha > 0
        AND NOT EXISTS (SELECT FROM reopenings again WHERE again.close_id = o.close_id OFFSET 0)
    ORDER BY o.number LIMIT 1
) shut ON true
LEFT JOIN LATERAL (
    SELECT max(d.at) AS at FROM standing_transfers d WHERE d.cause = shut.close_id AND d.code = 'deposit'
) paid_in ON true
LEFT JOIN LATERAL (
    SELECT max(d.at) AS at FROM standing_transfers d WHERE d.cause = shut.close_id AND d.code = 'deposit_confirmed'
) banked ON true

WHERE NOT EXISTS (SELECT FROM reopenings again WHERE again.close_id = c.close_id OFFSET 0)
"""

TAKA = """
CREATE OR REPLACE VIEW taka AS
SELECT t.transfer_id, t.code, t.item_number, t.credit AS owed_to, t.debit AS taken_by, t.amount_poisha, t.at,
       coalesce(c.office, brought.office,
                CASE WHEN t.code IN ('collect', 'collect_counter', 'collect_short', 'collect_short_counter')
                THEN split_part(split_part(t.debit, ':', 2), '-', 1) END) AS office,
       shut.close_id, shut.closed_at, line.settlement_id,
       CASE WHEN paid.at IS NOT NULL OR p.state = 'paid_in_cash' THEN 'paid'
            WHEN p.state IN ('ordered', 'approved', 'filed', 'sent') THEN 'payout'
            WHEN line.settlement_id IS NOT NULL THEN 'settled'
            WHEN matched.at IS NOT NULL THEN 'bank'
            ELSE coalesce(CASE WHEN banked.at IS NOT NULL THEN 'bank' WHEN paid_in.at IS NOT NULL THEN 'deposit'
                 WHEN shut.close_id IS NOT NULL THEN 'counted' WHEN c.office IS NOT NULL THEN 'till' END,
                 CASE WHEN brought.at IS NOT NULL THEN 'till' END,
                 CASE t.code WHEN 'collect' THEN 'rider' WHEN 'collect_counter' THEN 'till'
                             WHEN 'collect_agent' THEN 'agent' WHEN 'collect_digital' THEN 'provider' ELSE 'debt' END)
       END AS stage,
       CASE WHEN matched.at IS NOT NULL THEN 'settlement_bank'
            ELSE coalesce(CASE WHEN banked.at IS NOT NULL THEN 'settlement_bank'
                 WHEN paid_in.at IS NOT NULL THEN 'bank_in_transit:' || c.office ELSE 'office_till:' || c.office END, 'office_till:' || brought.office, t.debit) END AS place,
       coalesce(paid.at, in_cash.at, s.settled_at, matched.at, coalesce(banked.at, paid_in.at, c.closed_at), brought.at, t.at) AS since
FROM standing_transfers t
LEFT JOIN LATERAL (
    SELECT closes.office, closes.number, closes.closed_at
    FROM close_collections counted JOIN day_closes closes USING (close_id)
    WHERE counted.collection_id = t.transfer_id
        AND NOT EXISTS (SELECT FROM reopenings again WHERE again.close_id = closes.close_id OFFSET 0)
    ORDER BY closes.number LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT o.close_id, o.closed_at FROM day_closes o
    WHERE o.holder = 'office:' || c.office AND o.number >= c.number AND o.to_deposit_poisha > 0
        AND NOT EXISTS (SELECT FROM reopenings again WHERE again.close_id = o.close_id OFFSET 0)
    ORDER BY o.number LIMIT 1
) shut ON true
LEFT JOIN LATERAL (
    SELECT max(d.at) AS at FROM standing_transfers d WHERE d.cause = shut.close_id AND d.code = 'deposit'
) paid_in ON true
LEFT JOIN LATERAL (
    SELECT max(d.at) AS at FROM standing_transfers d WHERE d.cause = shut.close_id AND d.code = 'deposit_confirmed'
) banked ON true

LEFT JOIN LATERAL (
    SELECT h.office, h.at FROM agent_hand_ins h
    WHERE h.agent = split_part(t.debit, ':', 2) AND h.at >= t.at ORDER BY h.at LIMIT 1
) brought ON t.code = 'collect_agent'
LEFT JOIN LATERAL (
    SELECT m.made_at AS at FROM match_entries e JOIN matches m USING (match_id)
    WHERE e.kind = 'collection' AND e.entry_id = t.transfer_id::text AND e.standing
) matched ON t.code = 'collect_digital'
LEFT JOIN settlement_lines line ON line.item_number = t.item_number
LEFT JOIN settlements s ON s.settlement_id = line.settlement_id
LEFT JOIN payouts p ON p.payout_id = line.settlement_id
LEFT JOIN payout_steps in_cash ON in_cash.payout_id = p.payout_id AND in_cash.state = 'paid_in_cash'
LEFT JOIN LATERAL (
    SELECT max(d.at) AS at FROM standing_transfers d
    WHERE d.cause = p.payout_id AND d.code = 'payout_confirmed' AND p.state NOT IN ('returned', 'cancelled')
) paid ON true
WHERE t.code IN ('collect', 'collect_counter', 'collect_agent', 'collect_digital', 'collect_short',
                 'collect_short_counter')
"""


def upgrade() -> None:
    for statement in (TABLES, STANDING_TRANSFERS, CLOSE_PROGRESS, TAKA):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("facts are never taken back: restore a backup instead")
