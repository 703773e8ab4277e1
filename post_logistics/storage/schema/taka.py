"""Where every taka is, read from the ledger and the closes; and what is wrong there."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, fact, metadata
from post_logistics.storage.schema.money import transfers

money_alarms = Table(  # money that is not where it should be by now; opened and closed by the watch alone
    "money_alarms",
    metadata,
    Column("alarm_id", Uuid, primary_key=True),  # uuid5 of kind, subject and the instant it was opened
    fact("kind", Text),
    fact("subject", Text),  # the account, close, payout, merchant or line that it is about
    fact("office", Text),  # whose business it is; empty: the finance desk's
    fact("owner", Text, server_default=""),  # the person who took it on
    fact("amount_poisha", BigInteger),
    fact("since", Instant),  # since when it has been so
    fact("detail", JSONB),
    fact("opened_at", Instant),
    Column("closed_at", Instant),
    CheckConstraint("closed_at >= opened_at", name="closed"),
    Index("uq_money_alarms_one_open", "kind", "subject", unique=True, postgresql_where=text("closed_at is null")),
    Index("ix_money_alarms_office", "office", "opened_at", postgresql_where=text("closed_at is null")),
)

Index(
    "ix_transfers_deposits",
    transfers.c.cause,
    transfers.c.code,
    postgresql_where=text("code in ('deposit', 'deposit_confirmed', 'deposit_short', 'deposit_over')"),
)

STANDING_TRANSFERS = """
CREATE OR REPLACE VIEW standing_transfers AS
SELECT t.transfer_id, t.code, t.debit, t.credit, t.amount_poisha, t.at, t.item_number, t.cause FROM transfers t
WHERE t.reverses IS NULL AND NOT EXISTS (SELECT FROM transfers back WHERE back.reverses = t.transfer_id OFFSET 0)
"""
"""What was posted and not taken back. ``OFFSET 0``: each row looks for its reversal by the index, however many there
are."""

_TO_THE_BANK = """
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
"""
"""How far the cash is that a standing close ``c`` counted: with the first close of its office from there on with which
the office paid in, it went to the bank. Nothing compares amounts."""

_STAGE = """CASE WHEN banked.at IS NOT NULL THEN 'bank' WHEN paid_in.at IS NOT NULL THEN 'deposit'
                 WHEN shut.close_id IS NOT NULL THEN 'counted' WHEN c.office IS NOT NULL THEN 'till' END"""
_PLACE = """CASE WHEN banked.at IS NOT NULL THEN 'settlement_bank'
                 WHEN paid_in.at IS NOT NULL THEN 'bank_in_transit:' || c.office ELSE 'office_till:' || c.office END"""
_SINCE = "coalesce(banked.at, paid_in.at, c.closed_at)"

CLOSE_PROGRESS = f"""
CREATE OR REPLACE VIEW close_progress AS
SELECT c.close_id, c.office, c.number, shut.close_id AS paid_in_close_id, shut.closed_at AS shut_at,
       {_STAGE} AS stage,
       {_PLACE} AS place,
       {_SINCE} AS since
FROM day_closes c{_TO_THE_BANK}
WHERE NOT EXISTS (SELECT FROM reopenings again WHERE again.close_id = c.close_id OFFSET 0)
"""  # noqa: S608 - only the text of this page
"""Where the cash is now that each standing close counted."""

TAKA = f"""
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
            ELSE coalesce({_STAGE},
                 CASE WHEN brought.at IS NOT NULL THEN 'till' END,
                 CASE t.code WHEN 'collect' THEN 'rider' WHEN 'collect_counter' THEN 'till'
                             WHEN 'collect_agent' THEN 'agent' WHEN 'collect_digital' THEN 'provider' ELSE 'debt' END)
       END AS stage,
       CASE WHEN matched.at IS NOT NULL THEN 'settlement_bank'
            ELSE coalesce({_PLACE}, 'office_till:' || brought.office, t.debit) END AS place,
       coalesce(paid.at, in_cash.at, s.settled_at, matched.at, {_SINCE}, brought.at, t.at) AS since
FROM standing_transfers t
LEFT JOIN LATERAL (
    SELECT closes.office, closes.number, closes.closed_at
    FROM close_collections counted JOIN day_closes closes USING (close_id)
    WHERE counted.collection_id = t.transfer_id
        AND NOT EXISTS (SELECT FROM reopenings again WHERE again.close_id = closes.close_id OFFSET 0)
    ORDER BY closes.number LIMIT 1
) c ON true{_TO_THE_BANK}
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
"""  # noqa: S608 - only the text of this page
"""The money of every collection that stands: the account where it is, how far it has come, since when. No amounts are
compared: a close names the collections that it counted. An agent hands in all there is. What was not collected stays
with who answers for it."""

VIEWS = (STANDING_TRANSFERS, CLOSE_PROGRESS, TAKA)
"""In the order in which they rest on each other."""
