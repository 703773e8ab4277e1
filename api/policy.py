"""Who may do what: one table, operation -> roles. What is not in it does not start.

A role says what somebody may do, their place for whom (a shop, an office, the post): the two are never mixed. Auditors
may read everything that staff may read, and change nothing. A key may be narrowed further by scopes: the groups of
operations that it is for (the tags of the documentation), and ``read`` for whatever only looks.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from post_logistics.access.roles import AT_AN_OFFICE, OF_THE_POST, Role

MERCHANT, COUNTER, MANAGER, RIDER = Role.MERCHANT, Role.COUNTER, Role.MANAGER, Role.RIDER
AGENT, FINANCE, ADMINISTRATOR, AUDITOR = Role.AGENT, Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR

EVERYBODY: Final = frozenset(Role)
OFFICES: Final = AT_AN_OFFICE | {ADMINISTRATOR}
DESK: Final = frozenset({COUNTER, MANAGER, ADMINISTRATOR})
DESK_AND_AGENTS: Final = DESK | {AGENT}
DESK_AND_RIDERS: Final = DESK | {RIDER}
COUNTERS: Final = frozenset({COUNTER, MANAGER})
MANAGERS: Final = frozenset({MANAGER, ADMINISTRATOR})
CASHIERS: Final = frozenset({COUNTER, MANAGER, FINANCE})
ONLY_SHOPS: Final = frozenset({MERCHANT})
SHOPS: Final = frozenset({MERCHANT, ADMINISTRATOR})
SHOPS_AND_FINANCE: Final = frozenset({MERCHANT, FINANCE, ADMINISTRATOR})
STAFF_AND_SHOPS: Final = frozenset({MERCHANT, FINANCE}) | OFFICES
ONLY_MANAGERS: Final = frozenset({MANAGER})
ONLY_FINANCE: Final = frozenset({FINANCE})
ONLY_RIDERS: Final = frozenset({RIDER})
ONLY_AGENTS: Final = frozenset({AGENT})
ONLY_ADMINISTRATORS: Final = frozenset({ADMINISTRATOR})
POST: Final = frozenset({FINANCE, ADMINISTRATOR})

_TABLE: Final[tuple[tuple[frozenset[Role], str], ...]] = (
    # the network, prices and promises
    (EVERYBODY, "resolve resolve_many offices quote quote_day collection_points corrections correct withdraw"),
    # shops and what they post
    (ONLY_ADMINISTRATORS, "register_merchant list_merchants"),
    (SHOPS_AND_FINANCE, "merchant"),
    (SHOPS, "book book_bulk book_file jobs job job_rows job_table"),
    (SHOPS, "consignments journey request_pickup pickups open_prices price_decision"),
    (SHOPS, "make_claim list_claims claim claim_step"),
    (SHOPS, "add_webhook list_webhooks remove_webhook change_webhook_secret resume_webhook ping_webhook"),
    (SHOPS, "connect_shop list_shops disconnect_shop shop_orders_of answer_shop_order leave_shop_order shop_privacy"),
    (ONLY_ADMINISTRATORS, "connect_a_partner disconnect_a_partner"),
    (SHOPS_AND_FINANCE, "list_partners partner_unreadable partner_weights partner_told partner_findings"),
    (POST, "pull_partner compare_partner settle_partner_finding"),
    (SHOPS, "webhook_messages replay_webhook replay_webhooks epcis_feed cloudevents_feed emsevt_feed emsevt_table"),
    # documents and those who issue them
    (ONLY_ADMINISTRATORS, "register_document_issuer issuers"),
    (SHOPS, "seal_manifest seal_manifest_file manifests manifest correct_manifest documents document_advices"),
    (DESK, "expected_manifests receive_manifest"),
    (ONLY_SHOPS, "page_issuer page_issuer_list_sent page_issuer_list"),
    (COUNTERS, "page_manifests page_manifest_received"),
    (STAFF_AND_SHOPS - {RIDER}, "consignment label_pdf label_zpl"),
    (STAFF_AND_SHOPS, "item_label weighings item_forecast pickup evidence contests"),
    (STAFF_AND_SHOPS, "redirection cancellation item_return ask_for_price receipts refunds parcel_money"),
    (STAFF_AND_SHOPS, "ask_payment payment check_payment payment_link"),
    # municipalities
    (EVERYBODY, "municipalities"),
    (ONLY_ADMINISTRATORS, "admit_municipality"),
    (SHOPS_AND_FINANCE, "municipal_statuses municipal_status_table municipal_remittance municipal_remittance_table"),
    (DESK, "municipal_loop"),
    (ONLY_SHOPS, "page_municipality page_municipality_table"),
    # shops that speak another courier's dialect
    (ONLY_SHOPS, "steadfast_order steadfast_orders steadfast_status_by_number steadfast_status_by_invoice"),
    (ONLY_SHOPS, "steadfast_status_by_code steadfast_return steadfast_return_request steadfast_return_requests"),
    (ONLY_SHOPS, "steadfast_stations steadfast_balance steadfast_payments steadfast_payment"),
    (ONLY_SHOPS, "redx_areas redx_add_store redx_stores redx_store redx_order redx_parcel redx_tracking redx_cancel"),
    (ONLY_SHOPS, "redx_charge"),
    (SHOPS, "easypost_make_tracker easypost_tracker easypost_trackers"),
    (ONLY_SHOPS, "pathao_user pathao_cities pathao_zones pathao_areas pathao_all_zones pathao_all_areas"),
    (ONLY_SHOPS, "pathao_stores pathao_store pathao_add_store pathao_order pathao_orders pathao_order_list"),
    (ONLY_SHOPS, "pathao_order_info pathao_cancel pathao_activity pathao_price pathao_success"),
    # the pages of a shop
    (ONLY_SHOPS, "page_shop page_shop_book page_shop_booked page_shop_look page_shop_files page_shop_file_sent"),
    (ONLY_SHOPS, "page_shop_rows_sent page_shop_file page_shop_orders page_shop_labels page_shop_decided"),
    (ONLY_SHOPS, "page_shop_order page_shop_label page_shop_priced page_shop_pickups page_shop_pickup_asked"),
    (ONLY_SHOPS, "page_shop_waiting page_shop_price_decided page_shop_order_answered page_shop_money"),
    (ONLY_SHOPS, "page_shop_bill page_shop_money_parcels page_shop_advice page_shop_advice_file"),
    (ONLY_SHOPS, "page_shop_statement page_shop_statement_file page_shop_claims page_shop_claim_made"),
    (ONLY_SHOPS, "page_shop_claim page_shop_claim_step page_shop_webhooks page_shop_webhook_made"),
    (ONLY_SHOPS, "page_shop_webhook page_shop_webhook_pinged page_shop_webhook_resumed"),
    (ONLY_SHOPS, "page_shop_webhook_replayed page_shop_webhook_secret page_shop_webhook_removed"),
    (ONLY_SHOPS, "page_shop_message_again page_shop_access page_shop_key_made page_shop_key_changed"),
    (ONLY_SHOPS, "page_shop_person_made page_shop_person_left page_shop_store_made page_shop_store_closed"),
    # the pages of the finance desk
    (ONLY_FINANCE, "page_finance page_finance_advance_decided page_finance_advice"),
    (ONLY_FINANCE, "page_finance_ageing page_finance_alarm_taken page_finance_alarms page_finance_chart"),
    (ONLY_FINANCE, "page_finance_close page_finance_close_sheet page_finance_closes page_finance_file"),
    (ONLY_FINANCE, "page_finance_file_content page_finance_file_made page_finance_file_sent"),
    (ONLY_FINANCE, "page_finance_file_withdrawn page_finance_files page_finance_hold_lifted"),
    (ONLY_FINANCE, "page_finance_hold_placed page_finance_holds page_finance_journal page_finance_line"),
    (ONLY_FINANCE, "page_finance_line_confirmed page_finance_line_matched page_finance_line_noted"),
    (ONLY_FINANCE, "page_finance_line_taken page_finance_lines page_finance_match page_finance_match_report"),
    (ONLY_FINANCE, "page_finance_match_undone page_finance_matched page_finance_matches"),
    (ONLY_FINANCE, "page_finance_payment_placed page_finance_payout page_finance_payout_approved"),
    (ONLY_FINANCE, "page_finance_payout_cancelled page_finance_payout_returned page_finance_payouts"),
    (ONLY_FINANCE, "page_finance_report page_finance_report_file page_finance_reports page_finance_settled"),
    (ONLY_FINANCE, "page_finance_shortage page_finance_shortage_cleared page_finance_shortages"),
    (ONLY_FINANCE, "page_finance_source page_finance_statement_looked page_finance_statement_taken"),
    (ONLY_FINANCE, "page_finance_statements page_finance_merchants page_finance_merchant page_finance_account_set"),
    (ONLY_FINANCE, "page_finance_partners page_finance_partner page_finance_partner_settled"),
    (ONLY_FINANCE, "page_finance_account_looked page_finance_terms_agreed"),
    (ONLY_FINANCE, "page_finance_bills page_finance_bill page_finance_bill_drawn page_finance_bill_withdrawn"),
    (ONLY_SHOPS, "page_shop_connections page_shop_connected page_shop_connection page_shop_connection_secret"),
    (ONLY_SHOPS, "page_shop_disconnected"),
    (MANAGERS, "page_join_requests page_join_decided"),
    # custody
    (OFFICES, "item scans scans_by_line who_answers proofs"),
    (DESK_AND_AGENTS, "acceptances number_of_return"),
    (COUNTERS, "make_view_card view_card view_card_side pay_view_card print_view_card post_view_card"),
    (COUNTERS, "take_view_card_back"),
    (DESK, "hold_item holds_over item_damaged new_label rest_back exchange_back"),
    (MANAGERS, "item_lost correct_a_scan enrol_device retire_device"),
    (DESK, "enrolled_devices silent_devices"),
    (DESK, "number_bags bag put_into_bag take_out_of_bag seal_bag unseal_bag bag_label bag_manifest bag_manifest_pdf"),
    (DESK, "receive_bags open_a_bag dispatch dispatches dispatch_loading dispatch_failure dispatch_manifest"),
    (DESK, "dispatch_list office_board open_exceptions exception_history take_exception close_exception"),
    (DESK_AND_RIDERS | {AGENT}, "hands_board"),
    (ONLY_ADMINISTRATORS, "offices_board on_time"),
    # tours, doors and collection points
    (DESK, "pickups_at plan_pickups pickup_failure plan"),
    (DESK_AND_RIDERS, "plan_in_force run_sheets deliveries"),
    (MANAGERS, "proof_body unproved_deliveries contest_by_staff office_contests decision"),
    (DESK_AND_AGENTS, "check_point arrivals collections uncollected_parcels"),
    (DESK_AND_AGENTS, "centre_acts centre_due centre_receipt centre_receipt_pdf"),
    (DESK_AND_AGENTS | {FINANCE}, "centres centre centre_shifts statement_of_centre"),
    (ONLY_AGENTS, "my_centre"),
    (DESK, "confirm_agents return_uncollected"),
    # cash
    (CASHIERS | {ADMINISTRATOR}, "reverse_receipt refund refund_payment clearing cash"),
    (CASHIERS | {RIDER}, "rider_cash"),
    (CASHIERS | {AGENT}, "agent_cash statement_of_agent"),
    (CASHIERS, "float_in float_out agent_hand_in close_rider close_office closes_of_day cash_to_count day_close"),
    (CASHIERS, "sheet_of_close reopen_close deposit slip_correction cash_overdue_at shortages_of_office"),
    (CASHIERS | {RIDER}, "shortages_of_rider"),
    (CASHIERS | {RIDER, AGENT}, "money_with"),
    (CASHIERS | {ADMINISTRATOR}, "money_alarms take_money_alarm"),
    (ONLY_FINANCE, "held_payments place_payment provider_day confirmation"),
    (POST, "cash_overdue shortages ageing list_overdue_claims"),
    # the shop's money
    (SHOPS_AND_FINANCE, "settle_one settlement advice advice_table account account_pdf account_table agreed cash_code"),
    (SHOPS_AND_FINANCE, "remittance"),
    (POST, "money_report"),
    (
        SHOPS_AND_FINANCE,
        "payout_accounts advance advances payouts payout merchant_money merchant_money_by_parcel",
    ),
    (SHOPS_AND_FINANCE, "bills"),
    (SHOPS_AND_FINANCE | CASHIERS, "a_bill bill_paper"),
    (CASHIERS | {ADMINISTRATOR}, "pay_a_bill"),
    (ONLY_FINANCE, "draw_a_bill withdraw_a_bill"),
    (ONLY_FINANCE, "settle agree hold_payouts payout_holds lift set_account prove_account grant_advance deny_advance"),
    (ONLY_FINANCE, "approval cancel bounce make_payout_file payout_file file_sent file_withdrawn claim_lost"),
    # the books
    (ONLY_FINANCE, "books_proof trial_balance seal_days close_books_of_month opening take_transfer_back ledger"),
    (ONLY_FINANCE, "statement_sources keep_statement_source statement_first_look statement_preview statement_file"),
    (ONLY_FINANCE, "statement_files statement_lines match_statements suspense take_suspended note_suspended"),
    (ONLY_FINANCE, "confirm_suspended make_match a_match undo match_report quarterly_match_report"),
    # keeping
    (ONLY_ADMINISTRATORS, "confirmations confirmation_key confirmation_keys storage_months forget_recipients"),
    # access
    (EVERYBODY, "page_account page_account_password page_account_factor page_account_proven page_account_left"),
    (EVERYBODY, "me close_session change_own_password ask_own_second_factor prove_own_second_factor"),
    (SHOPS, "keys make_a_key renew_key end_key stores add_a_store close_a_store"),
    (SHOPS | MANAGERS, "people take_somebody_on"),
    (MANAGERS, "give_a_role"),
    (SHOPS | MANAGERS, "take_a_role"),
    (ONLY_ADMINISTRATORS, "dismiss new_password"),
    (MANAGERS, "shifts"),
    (ONLY_ADMINISTRATORS, "audit_trail audit_proof"),
    # the pages of the administration
    (
        ONLY_ADMINISTRATORS,
        "page_admin page_admin_offices page_admin_office page_admin_tariffs page_admin_tariff_effect",
    ),
    (ONLY_ADMINISTRATORS, "page_admin_facts page_admin_fact page_admin_fact_file page_admin_fact_checked"),
    (ONLY_ADMINISTRATORS, "page_admin_fact_handed page_admin_people page_admin_person page_admin_newcomer"),
    (ONLY_ADMINISTRATORS, "page_admin_taken_on page_admin_role_given page_admin_role_taken page_admin_password_reset"),
    (ONLY_ADMINISTRATORS, "page_admin_dismissed page_admin_keys page_admin_key_made page_admin_key_changed"),
    (ONLY_ADMINISTRATORS, "page_admin_devices page_admin_device_retired page_admin_agents page_admin_shops"),
    (ONLY_ADMINISTRATORS, "page_admin_shop_registered page_admin_shop page_admin_audit page_admin_audit_proof"),
    (ONLY_ADMINISTRATORS, "page_admin_audit_table page_admin_health"),
    # pages
    (ONLY_RIDERS, "page_rider page_rider_facts page_rider_sheet page_rider_phone_code"),
    (ONLY_RIDERS, "page_rider_pay page_rider_pay_asked page_rider_pay_standing"),
    (ONLY_MANAGERS, "page_rider_phone page_rider_phone_known"),
    (ONLY_AGENTS, "page_centre page_centre_facts page_centre_device_code"),
    (ONLY_MANAGERS, "page_centre_device page_centre_device_known"),
    # the pages of a hub
    (ONLY_MANAGERS, "page_hub page_hub_things page_hub_thing page_hub_exceptions page_hub_exception"),
    (ONLY_MANAGERS, "page_hub_exception_taken page_hub_exception_closed page_hub_plan page_hub_plan_made"),
    (ONLY_MANAGERS, "page_hub_draft page_hub_draft_approved page_hub_draft_tour page_hub_tour page_hub_run_sheets"),
    (ONLY_MANAGERS, "page_hub_compare page_hub_stop page_hub_stop_moved"),
    (ONLY_MANAGERS, "page_hub_day page_hub_day_table"),
    (COUNTERS, "page_station page_station_facts page_station_receipt page_station_labels"),
    (COUNTERS, "page_station_close page_station_count page_station_counted page_station_closed page_station_sheet"),
    (COUNTERS, "page_station_paid_in page_station_reopened"),
    (COUNTERS, "page_station_agent page_station_agent_handed_in page_station_agent_float"),
    (COUNTERS, "page_station_bill page_station_bill_paid page_station_bill_paper"),
    (COUNTERS, "page_kiosk page_kiosk_card page_kiosk_made page_kiosk_side page_kiosk_paid page_kiosk_print"),
    (COUNTERS, "page_kiosk_posted page_kiosk_taken_back"),
)

POLICY: Final[Mapping[str, frozenset[Role]]] = {name: roles for roles, names in _TABLE for name in names.split()}
"""Operation -> the roles that may do it, but for auditors."""

SHOWS_PEOPLE: Final = frozenset(
    {"consignment", "consignments", "label_pdf", "label_zpl", "item_label", "run_sheets", "evidence", "proof_body"}
    | {"redx_parcel", "pathao_order_list", "page_shop", "page_shop_orders", "page_shop_order", "page_shop_label"}
    | {"page_hub_run_sheets", "page_rider_sheet", "page_shop_file", "page_shop_waiting", "page_station_labels"}
    | {"view_card_side", "print_view_card", "page_kiosk_card", "page_kiosk_print"}
)
"""Operations that answer with a recipient's name, number or address: they are audited though they change nothing."""

_LOOKING: Final = frozenset({"GET", "HEAD"})
READ: Final = "read"
ACCESS: Final = "access"


def may(operation: str, method: str, roles: frozenset[Role]) -> bool:
    """Whether one of the roles may do that."""
    allowed = POLICY.get(operation, frozenset())
    if allowed == EVERYBODY:
        return True  # whoever was let in, even with no role until a second factor is given
    return bool(roles & allowed) or (
        AUDITOR in roles and method in _LOOKING and bool(allowed & (OF_THE_POST | AT_AN_OFFICE))
    )


def within(scopes: frozenset[str], tags: Iterable[str], method: str) -> bool:
    """Whether a key that is narrowed to these scopes is meant for that. No narrowed key gives access: it could give
    more than it has."""
    groups = scopes - {ACCESS}
    return not scopes or not groups.isdisjoint(tags) or (READ in scopes and method in _LOOKING)


def is_audited(operation: str, method: str) -> bool:
    """Whether a trace of it stays: of whatever changes something, and of whoever looked at people."""
    return method not in _LOOKING or operation in SHOWS_PEOPLE
