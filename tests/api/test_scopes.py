"""Who may do what: every operation for everyone, and that a stranger's things do not exist."""

from typing import Any

import pytest

from tests.api.client import Api, refused, taken
from tests.api.openapi import OPERATIONS, SIGNED, Operation
from tests.closes import counted

POST, MERCHANT, OFFICE = "post", "merchant", "office"
EVERYONE = {POST, MERCHANT, OFFICE}
MAY = {
    "register_merchant": {POST},
    "list_merchants": {POST},
    "merchant": {POST, MERCHANT},
    "resolve": EVERYONE,
    "resolve_many": EVERYONE,
    "correct": EVERYONE,
    "corrections": EVERYONE,
    "withdraw": EVERYONE,
    "offices": EVERYONE,
    "quote": EVERYONE,
    "book": {POST, MERCHANT},
    "book_bulk": {POST, MERCHANT},
    "book_file": {POST, MERCHANT},
    "jobs": {POST, MERCHANT},
    "job": {POST, MERCHANT},
    "job_rows": {POST, MERCHANT},
    "job_table": {POST, MERCHANT},
    "consignments": {POST, MERCHANT},
    "consignment": EVERYONE,
    "label_pdf": EVERYONE,
    "label_zpl": EVERYONE,
    "scans": {POST, OFFICE},
    "scans_by_line": {POST, OFFICE},
    "enrol_device": {POST, OFFICE},
    "enrolled_devices": {POST, OFFICE},
    "retire_device": {POST, OFFICE},
    "acceptances": {POST, OFFICE},
    "weighings": EVERYONE,
    "make_view_card": {POST, OFFICE},
    "view_card": {POST, OFFICE},
    "view_card_side": {POST, OFFICE},
    "pay_view_card": {POST, OFFICE},
    "print_view_card": {POST, OFFICE},
    "post_view_card": {POST, OFFICE},
    "take_view_card_back": {POST, OFFICE},
    "hold_item": {POST, OFFICE},
    "holds_over": {POST, OFFICE},
    "item_lost": {POST, OFFICE},
    "item_damaged": {POST, OFFICE},
    "redirection": EVERYONE,
    "cancellation": EVERYONE,
    "item_return": EVERYONE,
    "number_of_return": {POST, OFFICE},
    "new_label": {POST, OFFICE},
    "item_label": EVERYONE,
    "rest_back": {POST, OFFICE},
    "exchange_back": {POST, OFFICE},
    "correct_a_scan": {POST, OFFICE},
    "request_pickup": {POST, MERCHANT},
    "pickups": {POST, MERCHANT},
    "pickups_at": {POST, OFFICE},
    "plan_pickups": {POST, OFFICE},
    "pickup": EVERYONE,
    "pickup_failure": {POST, OFFICE},
    "deliveries": {POST, OFFICE},
    "plan": {POST, OFFICE},
    "plan_in_force": {POST, OFFICE},
    "run_sheets": {POST, OFFICE},
    "quote_day": EVERYONE,
    "item_forecast": EVERYONE,
    "on_time": {POST},
    "proofs": {POST, OFFICE},
    "evidence": EVERYONE,
    "proof_body": {POST, OFFICE},
    "unproved_deliveries": {POST, OFFICE},
    "contest_by_staff": {POST, OFFICE},
    "office_contests": {POST, OFFICE},
    "decision": {POST, OFFICE},
    "contests": EVERYONE,
    "collection_points": EVERYONE,
    "check_point": {POST, OFFICE},
    "arrivals": {POST, OFFICE},
    "collections": {POST, OFFICE},
    "confirm_agents": {POST, OFFICE},
    "uncollected_parcels": {POST, OFFICE},
    "return_uncollected": {POST, OFFICE},
    "ask_payment": EVERYONE,
    "held_payments": {POST},
    "payment_link": EVERYONE,
    "provider_day": {POST},
    "payment": EVERYONE,
    "check_payment": EVERYONE,
    "place_payment": {POST},
    "refund_payment": {POST, OFFICE},
    "receipts": EVERYONE,
    "reverse_receipt": {POST, OFFICE},
    "refund": {POST, OFFICE},
    "refunds": EVERYONE,
    "ask_for_price": EVERYONE,
    "open_prices": {POST, MERCHANT},
    "price_decision": {POST, MERCHANT},
    "rider_cash": {POST, OFFICE},
    "agent_cash": {POST, OFFICE},
    "centres": {POST, OFFICE},
    "centre": {POST, OFFICE},
    "my_centre": {POST, OFFICE},
    "centre_acts": {POST, OFFICE},
    "centre_due": {POST, OFFICE},
    "centre_shifts": {POST, OFFICE},
    "statement_of_centre": {POST, OFFICE},
    "centre_receipt": {POST, OFFICE},
    "centre_receipt_pdf": {POST, OFFICE},
    "float_in": {POST, OFFICE},
    "float_out": {POST, OFFICE},
    "agent_hand_in": {POST, OFFICE},
    "statement_of_agent": {POST, OFFICE},
    "make_claim": {POST, MERCHANT},
    "list_claims": {POST, MERCHANT},
    "list_overdue_claims": {POST},
    "claim_lost": {POST},
    "claim": {POST, MERCHANT},
    "claim_step": {POST, MERCHANT},
    "close_rider": {POST, OFFICE},
    "close_office": {POST, OFFICE},
    "closes_of_day": {POST, OFFICE},
    "cash_to_count": {POST, OFFICE},
    "day_close": {POST, OFFICE},
    "sheet_of_close": {POST, OFFICE},
    "reopen_close": {POST, OFFICE},
    "deposit": {POST, OFFICE},
    "slip_correction": {POST, OFFICE},
    "confirmation": {POST},
    "cash_overdue": {POST},
    "cash_overdue_at": {POST, OFFICE},
    "clearing": {POST, OFFICE},
    "shortages": {POST},
    "shortages_of_office": {POST, OFFICE},
    "shortages_of_rider": {POST, OFFICE},
    "settle": {POST},
    "settlement": {POST, MERCHANT},
    "advice": {POST, MERCHANT},
    "settle_one": {POST, MERCHANT},
    "advice_table": {POST, MERCHANT},
    "account": {POST, MERCHANT},
    "account_pdf": {POST, MERCHANT},
    "account_table": {POST, MERCHANT},
    "agree": {POST},
    "agreed": {POST, MERCHANT},
    "hold_payouts": {POST},
    "payout_holds": {POST},
    "lift": {POST},
    "set_account": {POST},
    "payout_accounts": {POST, MERCHANT},
    "prove_account": {POST},
    "advance": {POST, MERCHANT},
    "advances": {POST, MERCHANT},
    "grant_advance": {POST},
    "deny_advance": {POST},
    "payouts": {POST, MERCHANT},
    "bills": {POST, MERCHANT},
    "a_bill": {POST, MERCHANT, OFFICE},
    "bill_paper": {POST, MERCHANT, OFFICE},
    "pay_a_bill": {POST, OFFICE},
    "draw_a_bill": {POST},
    "withdraw_a_bill": {POST},
    "payout": {POST, MERCHANT},
    "approval": {POST},
    "cancel": {POST},
    "bounce": {POST},
    "cash_code": {POST, MERCHANT},
    "cash": {POST, OFFICE},
    "make_payout_file": {POST},
    "payout_file": {POST},
    "file_sent": {POST},
    "file_withdrawn": {POST},
    "statement_sources": {POST},
    "keep_statement_source": {POST},
    "statement_first_look": {POST},
    "statement_preview": {POST},
    "statement_file": {POST},
    "statement_files": {POST},
    "statement_lines": {POST},
    "match_statements": {POST},
    "suspense": {POST},
    "take_suspended": {POST},
    "note_suspended": {POST},
    "confirm_suspended": {POST},
    "make_match": {POST},
    "a_match": {POST},
    "undo": {POST},
    "match_report": {POST},
    "quarterly_match_report": {POST},
    "ledger": {POST},
    "parcel_money": EVERYONE,
    "merchant_money": {POST, MERCHANT},
    "merchant_money_by_parcel": {POST, MERCHANT},
    "money_with": {POST, OFFICE},
    "ageing": {POST},
    "remittance": {POST, MERCHANT},
    "money_report": {POST},
    "money_alarms": {POST, OFFICE},
    "take_money_alarm": {POST, OFFICE},
    "books_proof": {POST},
    "trial_balance": {POST},
    "seal_days": {POST},
    "close_books_of_month": {POST},
    "opening": {POST},
    "take_transfer_back": {POST},
    "add_webhook": {POST, MERCHANT},
    "list_webhooks": {POST, MERCHANT},
    "remove_webhook": {POST, MERCHANT},
    "change_webhook_secret": {POST, MERCHANT},
    "resume_webhook": {POST, MERCHANT},
    "ping_webhook": {POST, MERCHANT},
    "webhook_messages": {POST, MERCHANT},
    "replay_webhook": {POST, MERCHANT},
    "replay_webhooks": {POST, MERCHANT},
    "connect_shop": {POST, MERCHANT},
    "list_shops": {POST, MERCHANT},
    "disconnect_shop": {POST, MERCHANT},
    "shop_orders_of": {POST, MERCHANT},
    "answer_shop_order": {POST, MERCHANT},
    "leave_shop_order": {POST, MERCHANT},
    "shop_privacy": {POST, MERCHANT},
    "connect_a_partner": {POST},
    "disconnect_a_partner": {POST},
    "list_partners": {POST, MERCHANT},
    "partner_unreadable": {POST, MERCHANT},
    "partner_weights": {POST, MERCHANT},
    "partner_told": {POST, MERCHANT},
    "partner_findings": {POST, MERCHANT},
    "pull_partner": {POST},
    "compare_partner": {POST},
    "settle_partner_finding": {POST},
    "storage_months": {POST},
    "forget_recipients": {POST},
    "journey": {POST, MERCHANT},
    "item": {POST, OFFICE},
    "epcis_feed": {POST, MERCHANT},
    "cloudevents_feed": {POST, MERCHANT},
    "emsevt_feed": {POST, MERCHANT},
    "emsevt_table": {POST, MERCHANT},
    "confirmations": {POST},
    "confirmation_key": {POST},
    "confirmation_keys": {POST},
    "offices_board": {POST},
    "office_board": {POST, OFFICE},
    "hands_board": {POST, OFFICE},
    "who_answers": {POST, OFFICE},
    "open_exceptions": {POST, OFFICE},
    "exception_history": {POST, OFFICE},
    "take_exception": {POST, OFFICE},
    "close_exception": {POST, OFFICE},
    "silent_devices": {POST, OFFICE},
    "register_document_issuer": {POST},
    "issuers": {POST},
    "seal_manifest": {POST, MERCHANT},
    "seal_manifest_file": {POST, MERCHANT},
    "manifests": {POST, MERCHANT},
    "manifest": {POST, MERCHANT},
    "correct_manifest": {POST, MERCHANT},
    "documents": {POST, MERCHANT},
    "document_advices": {POST, MERCHANT},
    "expected_manifests": {POST, OFFICE},
    "receive_manifest": {POST, OFFICE},
    "number_bags": {POST, OFFICE},
    "bag": {POST, OFFICE},
    "put_into_bag": {POST, OFFICE},
    "take_out_of_bag": {POST, OFFICE},
    "seal_bag": {POST, OFFICE},
    "unseal_bag": {POST, OFFICE},
    "bag_label": {POST, OFFICE},
    "bag_manifest": {POST, OFFICE},
    "bag_manifest_pdf": {POST, OFFICE},
    "receive_bags": {POST, OFFICE},
    "open_a_bag": {POST, OFFICE},
    "dispatch": {POST, OFFICE},
    "dispatches": {POST, OFFICE},
    "dispatch_loading": {POST, OFFICE},
    "dispatch_failure": {POST, OFFICE},
    "dispatch_manifest": {POST, OFFICE},
    "dispatch_list": {POST, OFFICE},
    "me": EVERYONE,
    "close_session": EVERYONE,
    "change_own_password": EVERYONE,
    "ask_own_second_factor": EVERYONE,
    "prove_own_second_factor": EVERYONE,
    "keys": {POST, MERCHANT},
    "make_a_key": {POST, MERCHANT},
    "renew_key": {POST, MERCHANT},
    "end_key": {POST, MERCHANT},
    "stores": {POST, MERCHANT},
    "add_a_store": {POST, MERCHANT},
    "close_a_store": {POST, MERCHANT},
    "municipalities": EVERYONE,
    "admit_municipality": {POST},
    "municipal_statuses": {POST, MERCHANT},
    "municipal_status_table": {POST, MERCHANT},
    "municipal_remittance": {POST, MERCHANT},
    "municipal_remittance_table": {POST, MERCHANT},
    "municipal_loop": {POST, OFFICE},
    "people": EVERYONE,
    "take_somebody_on": EVERYONE,
    "give_a_role": {POST, OFFICE},
    "take_a_role": EVERYONE,
    "dismiss": {POST},
    "new_password": {POST},
    "shifts": {POST, OFFICE},
    "audit_trail": {POST},
    "audit_proof": {POST},
}
"""A new operation needs a row, or its test fails."""
SCOPES: dict[str, dict[str, Any]] = {POST: {}, MERCHANT: {"merchant": "nobody"}, OFFICE: {"office": "1216"}}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_is_open_to_those_it_is_meant_for_and_to_nobody_else(api: Api, operation: Operation) -> None:
    without_key = api.client.request(operation.method, operation.url)
    needs_nothing = operation.is_public and operation.name not in SIGNED
    assert (without_key.status_code == 401) != needs_nothing
    for role, scope in SCOPES.items():
        status = api.request(operation.method, operation.url, **scope).status_code
        assert (status == 403) == (role not in MAY.get(operation.name, EVERYONE)), (role, status)
        assert status != 500
        assert (status == 401) == (operation.name in SIGNED)


def test_the_table_has_a_row_for_every_operation_that_needs_a_key() -> None:
    assert MAY.keys() == {operation.name for operation in OPERATIONS if not operation.is_public}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic development"},
        {"Authorization": "development"},
        {"Authorization": "Bearer উন্নয়ন".encode()},
    ],
    ids=str,
)
def test_without_the_key_nothing_is_answered(api: Api, headers: Any) -> None:
    answer = api.client.get("/v1/offices", headers=headers)
    refused(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_merchant_and_an_office_at_once_is_nobody(api: Api) -> None:
    assert refused(api.get("/v1/offices", merchant="nobody", office="1216"), 422)["field"] == "Post-Office"


def test_what_is_done_for_a_merchant_names_one(api: Api) -> None:
    assert refused(api.get("/v1/consignments"), 422)["field"] == "Post-Merchant"


@pytest.mark.parametrize("path", ["", "/label.pdf", "/label.zpl"])
def test_a_strangers_consignment_is_answered_like_an_absent_one(api: Api, path: str) -> None:
    owner, stranger = api.shop(), api.shop()
    item = api.item(owner)
    theirs = refused(api.get(f"/v1/consignments/{item}{path}", merchant=stranger), 404)
    absent = refused(api.get(f"/v1/consignments/DP000000005BD{path}", merchant=stranger), 404)
    assert {**theirs, "detail": ""} == {**absent, "detail": ""}
    assert theirs["detail"].replace(item, "DP000000005BD") == absent["detail"]
    assert api.get(f"/v1/consignments/{item}{path}", merchant=owner).status_code == 200
    assert api.get(f"/v1/consignments/{item}{path}").status_code == 200


def test_a_merchant_sees_itself_and_no_other(api: Api) -> None:
    owner, stranger = api.shop(), api.shop()
    theirs = refused(api.get(f"/v1/merchants/{owner}", merchant=stranger), 404)
    absent = refused(api.get("/v1/merchants/nobody", merchant=stranger), 404)
    assert {**theirs, "detail": theirs["detail"].replace(owner, "nobody")} == absent
    assert taken(api.get(f"/v1/merchants/{owner}", merchant=owner))["merchant_id"] == owner


def test_an_unknown_merchant_has_nothing_and_books_nothing(api: Api) -> None:
    assert taken(api.get("/v1/consignments", merchant="nobody")) == {"consignments": [], "next": None}
    refused(api.book("nobody"), 404)


@pytest.mark.parametrize("office", ["1215", "9999"])
def test_another_office_does_not_exist(api: Api, office: str) -> None:
    count = {"office": office, "closed_on": "2026-11-22", **counted(0)}
    answers = [
        api.get(f"/v1/plans/{office}/2026-11-22", office="1216"),
        api.get(f"/v1/plans/{office}/2026-11-22/run-sheets.pdf", office="1216"),
        api.post("/v1/plans", {"office": office, "service_on": "2026-11-22"}, office="1216"),
        api.post("/v1/day-closes/offices", count, office="1216"),
        api.post("/v1/day-closes/riders", count | {"rider": f"{office}-R01"}, office="1216"),
    ]
    assert {refused(answer, 404)["detail"] for answer in answers} == {f"no office {office}"}


def test_a_scan_for_another_office_is_rejected_and_those_beside_it_are_kept(api: Api) -> None:
    item = api.item(api.shop())
    verdicts = api.scans(
        api.scan(item, "accepted", office="1215"),
        api.scan(item, "accepted", office="9999"),
        api.scan(item, "accepted"),
        office="1216",
    )
    assert [verdict["outcome"] for verdict in verdicts] == ["rejected", "rejected", "accepted"]
    assert verdicts[0]["why"].replace("1215", "9999") == verdicts[1]["why"]


def test_an_office_pays_in_its_own_close_only(api: Api) -> None:
    close = {"office": "1230", "closed_on": "2026-11-22", **counted(0)}
    close_id = taken(api.post("/v1/day-closes/offices", close, office="1230"))["close_id"]
    slip = {"close_id": close_id, "slip_number": "S-1230", "bank": "Sonali", "branch": "Mirpur", "paid_in_by": "x"}
    slip |= {"deposited_at": "2026-11-22T06:30:00+06:00"}
    theirs = refused(api.post("/v1/deposits", slip, office="1216"), 404)
    absent = refused(api.post("/v1/deposits", slip | {"close_id": "no"}, office="1216"), 404)
    assert {**theirs, "detail": theirs["detail"].replace(close_id, "no")} == absent
