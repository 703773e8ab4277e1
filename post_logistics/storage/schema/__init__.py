"""The whole database, a page per axis. Facts are appended and never changed; small tables remember where things stand.

Every constraint here makes a wrong state impossible rather than unlikely: what a programme forgets, the table refuses.
``migrations/`` brings a database to these pages; a test compares the two.
"""

from sqlalchemy import DDL, event

from post_logistics.storage.schema.access import (
    KEEP_SEALED_AUDIT,
    REFUSE_SEALED_AUDIT,
    audit,
    audit_seals,
    kept_answers,
    keys,
    memberships,
    people,
    shifts,
    sign_in_failures,
    stores,
)
from post_logistics.storage.schema.base import metadata
from post_logistics.storage.schema.centres import centre_services, centre_shift_closes, centre_shifts, walk_in_senders
from post_logistics.storage.schema.closing import (
    clearings,
    close_collections,
    day_closes,
    deposits,
    reopenings,
    slips,
)
from post_logistics.storage.schema.collecting import agent_hand_ins, payments, price_changes, receipts, refunds
from post_logistics.storage.schema.compat import return_requests, store_areas
from post_logistics.storage.schema.custody import (
    archives,
    bag_numbers,
    devices,
    dispatches,
    journeys,
    receptacles,
    scans,
    uploads,
)
from post_logistics.storage.schema.documents import (
    document_advices,
    documents,
    issuers,
    manifest_differences,
    manifest_lines,
    manifest_receipts,
    manifests,
)
from post_logistics.storage.schema.facts import (
    APPEND_ONLY,
    ENSURE_MONTHS,
    FORGETTABLE,
    PARTITIONED,
    REFUSE_CHANGE,
    append_only,
)
from post_logistics.storage.schema.items import (
    claim_steps,
    claims,
    holds,
    item_aliases,
    linked_consignments,
    one_time_codes,
    pickup_requests,
    proof_bodies,
    proofs,
    recipient_links,
    redirections,
    weighings,
)
from post_logistics.storage.schema.joining import join_requests
from post_logistics.storage.schema.money import (
    KEEP_SEALED,
    REFUSE_SEALED,
    bills,
    ledger_balances,
    ledger_days,
    ledger_openings,
    ledger_periods,
    postings,
    reversals,
    settlement_lines,
    settlements,
    transfers,
)
from post_logistics.storage.schema.municipalities import ward_points
from post_logistics.storage.schema.parcels import (
    address_corrections,
    consignments,
    merchants,
    number_ranges,
    plans,
    recipients,
)
from post_logistics.storage.schema.partners import partner_calls, partner_findings, partner_lines, partner_orders
from post_logistics.storage.schema.payouts import (
    advances,
    merchant_terms,
    payout_account_checks,
    payout_accounts,
    payout_codes,
    payout_files,
    payout_holds,
    payout_steps,
    payouts,
    settlement_compensations,
    settlement_runs,
)
from post_logistics.storage.schema.shops import shop_deliveries, shop_orders, shops
from post_logistics.storage.schema.statements import (
    match_entries,
    match_lines,
    matches,
    statement_files,
    statement_lines,
    statement_sources,
    suspense,
    suspense_steps,
)
from post_logistics.storage.schema.taka import VIEWS as TAKA_VIEWS
from post_logistics.storage.schema.taka import money_alarms
from post_logistics.storage.schema.telling import (
    confirmations,
    outbox,
    sms_messages,
    webhook_endpoints,
    webhook_messages,
)
from post_logistics.storage.schema.training import learners, lesson_certificates, lesson_runs, lesson_steps
from post_logistics.storage.schema.view_cards import confirmation_keys, view_card_drafts, view_cards
from post_logistics.storage.schema.watching import VIEWS as CUSTODY_VIEWS
from post_logistics.storage.schema.watching import (
    due_rules,
    exception_steps,
    exceptions,
    leg_runs,
    leg_times,
    office_days,
)
from post_logistics.storage.schema.work import job_rows, jobs, plan_drafts

__all__ = [
    "APPEND_ONLY",
    "FORGETTABLE",
    "FUNCTIONS",
    "PARTITIONED",
    "address_corrections",
    "advances",
    "agent_hand_ins",
    "archives",
    "audit",
    "audit_seals",
    "bag_numbers",
    "bills",
    "centre_services",
    "centre_shift_closes",
    "centre_shifts",
    "claim_steps",
    "claims",
    "clearings",
    "close_collections",
    "confirmation_keys",
    "confirmations",
    "consignments",
    "day_closes",
    "deposits",
    "devices",
    "dispatches",
    "document_advices",
    "documents",
    "due_rules",
    "exception_steps",
    "exceptions",
    "holds",
    "issuers",
    "item_aliases",
    "job_rows",
    "jobs",
    "join_requests",
    "journeys",
    "kept_answers",
    "keys",
    "learners",
    "ledger_balances",
    "ledger_days",
    "ledger_openings",
    "ledger_periods",
    "leg_runs",
    "leg_times",
    "lesson_certificates",
    "lesson_runs",
    "lesson_steps",
    "linked_consignments",
    "manifest_differences",
    "manifest_lines",
    "manifest_receipts",
    "manifests",
    "match_entries",
    "match_lines",
    "matches",
    "memberships",
    "merchant_terms",
    "merchants",
    "metadata",
    "money_alarms",
    "number_ranges",
    "office_days",
    "one_time_codes",
    "outbox",
    "partner_calls",
    "partner_findings",
    "partner_lines",
    "partner_orders",
    "payments",
    "payout_account_checks",
    "payout_accounts",
    "payout_codes",
    "payout_files",
    "payout_holds",
    "payout_steps",
    "payouts",
    "people",
    "pickup_requests",
    "plan_drafts",
    "plans",
    "postings",
    "price_changes",
    "proof_bodies",
    "proofs",
    "receipts",
    "receptacles",
    "recipient_links",
    "recipients",
    "redirections",
    "refunds",
    "reopenings",
    "return_requests",
    "reversals",
    "scans",
    "settlement_compensations",
    "settlement_lines",
    "settlement_runs",
    "settlements",
    "shifts",
    "shop_deliveries",
    "shop_orders",
    "shops",
    "sign_in_failures",
    "slips",
    "sms_messages",
    "statement_files",
    "statement_lines",
    "statement_sources",
    "store_areas",
    "stores",
    "suspense",
    "suspense_steps",
    "transfers",
    "uploads",
    "view_card_drafts",
    "view_cards",
    "walk_in_senders",
    "ward_points",
    "webhook_endpoints",
    "webhook_messages",
    "weighings",
]

FUNCTIONS = {
    "refuse_change": REFUSE_CHANGE,
    "refuse_sealed": REFUSE_SEALED,
    "refuse_sealed_audit": REFUSE_SEALED_AUDIT,
    "ensure_months": ENSURE_MONTHS,
}


def _also(when: str, statement: str) -> None:
    event.listen(metadata, when, DDL(statement.replace("%", "%%")))  # type: ignore[no-untyped-call]


for _statement in FUNCTIONS.values():
    _also("before_create", _statement)
_VIEWS = (*CUSTODY_VIEWS, *TAKA_VIEWS)
_KEPT = (one for table in APPEND_ONLY for one in append_only(table))
for _statement in (KEEP_SEALED, KEEP_SEALED_AUDIT, *_VIEWS, *_KEPT):
    _also("after_create", _statement)
