"""Which rows are facts, which a trigger keeps as they are; what of them may be forgotten; months of those that grow."""

from post_logistics.storage.schema.base import metadata

APPEND_ONLY = (
    "consignments",
    "scans",
    "uploads",
    "bag_numbers",
    "dispatches",
    "item_aliases",
    "linked_consignments",
    "pickup_requests",
    "weighings",
    "redirections",
    "return_requests",
    "holds",
    "proofs",
    "claims",
    "claim_steps",
    "manifests",
    "manifest_lines",
    "documents",
    "manifest_receipts",
    "manifest_differences",
    "document_advices",
    "exception_steps",
    "confirmations",
    "address_corrections",
    "plans",
    "postings",
    "transfers",
    "reversals",
    "ledger_days",
    "ledger_balances",
    "ledger_periods",
    "ledger_openings",
    "day_closes",
    "close_collections",
    "reopenings",
    "deposits",
    "clearings",
    "agent_hand_ins",
    "centre_services",
    "centre_shifts",
    "centre_shift_closes",
    "bills",
    "settlements",
    "settlement_lines",
    "settlement_compensations",
    "merchant_terms",
    "payout_accounts",
    "payout_account_checks",
    "payout_files",
    "payout_steps",
    "statement_sources",
    "statement_files",
    "statement_lines",
    "suspense_steps",
    "audit",
    "audit_seals",
    "lesson_certificates",
    "view_cards",
    "confirmation_keys",
)
"""Tables whose rows are never changed or removed: a trigger refuses it, whoever asks."""

FORGETTABLE = {
    "scans": ("note", "''"),
    "claim_steps": ("note", "''"),
    "return_requests": ("reason", "''"),
    "exception_steps": ("note", "''"),
    "plans": ("sheets", "'[]'"),
}
"""Append-only table -> its column that can tell of people, and what that column may be emptied to: to forget is all
that is allowed. (A run sheet has the recipients' points.)"""

PARTITIONED = ("scans", "uploads")
"""Tables with a partition for each month, made by ``ensure_months`` before the first row of the month comes."""

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are facts: add a new one that corrects it', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""

ENSURE_MONTHS = """
CREATE OR REPLACE FUNCTION ensure_months(wanted timestamptz[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    month timestamptz;
    name text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['scans', 'uploads'] LOOP
        FOR month IN SELECT DISTINCT date_trunc('month', one, 'Asia/Dhaka') FROM unnest(wanted) AS one ORDER BY 1 LOOP
            name := parent || '_' || to_char(month AT TIME ZONE 'Asia/Dhaka', 'YYYYMM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('LOCK TABLE %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
            EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, month,
                           ((month AT TIME ZONE 'Asia/Dhaka') + interval '1 month') AT TIME ZONE 'Asia/Dhaka');
        END LOOP;
    END LOOP;
END $$
"""
"""Months begin at midnight in Dhaka. The lock is the one that attaching takes; no scan waits for it. It also makes the
server forget what it remembered of the names: behind an advisory lock, the second look was as old as the first."""


def append_only(table: str) -> list[str]:
    """The statements after which the table's rows can be neither changed nor removed, at most emptied of people."""
    what, statements = "UPDATE", []
    if table in FORGETTABLE:
        column, empty = FORGETTABLE[table]
        what = f"UPDATE OF {', '.join(c.name for c in metadata.tables[table].c if c.name != column)}"
        statements.append(
            f"CREATE TRIGGER only_forget BEFORE UPDATE OF {column} ON {table} "
            f"FOR EACH ROW WHEN (NEW.{column} <> {empty}) EXECUTE FUNCTION refuse_change()"
        )
    statements.append(
        f"CREATE TRIGGER append_only BEFORE {what} OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    return statements
