"""A day of real operations is proven with its papers; a paper changed by somebody with all rights is named."""

from typing import Any

import pytest

from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.checking import prove_books
from post_logistics.operations.money.settling import settle_all
from post_logistics.operations.money.taking_back import take_back
from post_logistics.storage.money.ledger import load_transfers
from tests.operations.money.test_checking import forge, violated
from tests.operations.money.test_closing_and_settling import TODAY, settled_day

STATEMENT = (
    "insert into statement_sources values ('sonali', 1, 'bank', null, '{}', 'x', now())",
    "insert into statement_lines (line_id, source, file_id, row, booked_on, amount_poisha, reference, description, "
    "counterparty, bank_id) select cast('00000000-0000-4000-8000-00000000000' || n as uuid), 'sonali', 'f', n, "
    "'2026-11-22', amount, '', '', '', '' from (values (1, 9700), (2, -50), (3, 70), (4, 500), (5, -600)) "
    "as line (n, amount)",
    "insert into matches (match_id, source, rule, explanation, difference_poisha, difference_kind, made_by, made_at) "
    "select cast('10000000-0000-4000-8000-00000000000' || n as uuid), 'sonali', rule, '{}', 0, null, 'x', now() "
    "from (values (1, 'sum'), (2, 'charge'), (3, 'interest')) as found (n, rule)",
    "insert into match_lines select match_id, cast('0' || substr(match_id::text, 2) as uuid), true from matches",
    "insert into match_entries select match_id, 'collection', n, 5000, true from matches, (values ('a'), ('b')) e (n) "
    "where rule = 'sum'",
    "insert into suspense (line_id, reason, detail, opened_at) select line_id, 'no_candidate', '{}', now() "
    "from statement_lines where row > 3",
    "insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause) "
    "select gen_random_uuid(), code, debit, credit, amount, '2026-11-22', cause from (values "
    "('opening_debit', 'provider_clearing:bkash', 'opening_balances', 10000, 'opening'), "
    "('digital_confirmed', 'settlement_bank', 'provider_clearing:bkash', 9700, "
    "'10000000-0000-4000-8000-000000000001'), "
    "('provider_fee', 'provider_fees:bkash', 'provider_clearing:bkash', 300, '10000000-0000-4000-8000-000000000001'), "
    "('bank_charge', 'bank_charges:sonali', 'settlement_bank', 50, '10000000-0000-4000-8000-000000000002'), "
    "('bank_interest', 'settlement_bank', 'other_income', 70, '10000000-0000-4000-8000-000000000003'), "
    "('unidentified_receipt', 'settlement_bank', 'unidentified_receipts:sonali', 500, "
    "'00000000-0000-4000-8000-000000000004'), ('unidentified_payment', 'unidentified_payments:sonali', "
    "'settlement_bank', 600, '00000000-0000-4000-8000-000000000005')) as t (code, debit, credit, amount, cause)",
    "insert into ledger_openings values ('opening', '', 2, 'x', 'y', now())",
)
"""A statement with a provider's lump, a charge, interest, and two lines that nobody explains; and what was posted."""


@pytest.fixture
def day(story: Any, facts: Facts) -> Any:
    """Two parcels delivered, paid in, settled and ordered to be paid out, all by the real operations."""
    settled_day(story, facts, 100_000, 50_000)
    (made,) = settle_all(story.connection, facts, TODAY, story.at)
    assert made.payout_poisha
    forge(story.connection, *STATEMENT)
    return story


def test_the_papers_of_a_real_day_agree_with_its_transfers(day: Any) -> None:
    assert violated(day.connection) == {}
    checked = {check.name: check.checked for check in prove_books(day.connection)}
    assert checked["every_receipt_is_posted"] == 4
    assert checked["every_close_is_posted"] >= 5
    assert checked["every_match_with_a_bank_is_posted"] == 4
    assert checked["every_line_in_suspense_is_posted"] == 2


FORGED = {
    "update receipts set cash_poisha = 1, due_poisha = 1 where due_poisha = 100000": "every_receipt_is_posted",
    "update receipts set standing = false where due_poisha = 50000": "every_receipt_is_posted",
    "delete from receipts where due_poisha = 50000": "every_receipt_is_posted",
    "update day_closes set expected_poisha = expected_poisha + 5, shortage_poisha = 5, reason = 'x'": (
        "every_close_is_posted"
    ),
    "delete from day_closes where holder like 'rider:%'": "every_close_is_posted",
    "update deposits set amount_poisha = amount_poisha - 1": "every_deposit_is_posted",
    "delete from deposits": "every_confirmed_deposit_is_what_was_paid_in",
    "update settlements set payout_poisha = payout_poisha + 1, carried_forward_poisha = -1": (
        "every_settlement_is_posted"
    ),
    "update settlements set vat_taken_poisha = 0, carried_forward_poisha = vat_taken_poisha": (
        "every_settlement_is_posted"
    ),
    "update settlements set principal_poisha = principal_poisha - 1, brought_forward_poisha = 1": (
        "every_settlement_adds_up_its_parcels_and_claims"
    ),
    "update settlement_lines set vat_poisha = vat_poisha + 1": "every_parcel_is_charged_what_its_settlement_says",
    "update settlement_lines set collected_poisha = collected_poisha + 1": (
        "every_parcel_is_settled_for_what_was_collected"
    ),
    "update payouts set amount_poisha = amount_poisha + 1": "every_payout_is_posted",
    "update payouts set state = 'cancelled'": "every_payout_is_posted",
    "update statement_lines set amount_poisha = 9701 where row = 1": "every_match_with_a_bank_is_posted",
    "update statement_lines set amount_poisha = -51 where row = 2": "every_match_with_a_bank_is_posted",
    "update matches set undone_at = now(), undone_by = 'x', undone_why = 'x'": "every_match_with_a_bank_is_posted",
    "update statement_lines set amount_poisha = 501 where row = 4": "every_line_in_suspense_is_posted",
    "delete from suspense where line_id = '00000000-0000-4000-8000-000000000005'": "every_line_in_suspense_is_posted",
    "delete from ledger_openings": "the_books_were_opened_as_two_people_signed",
    "delete from transfers where code = 'pay_out'": "every_settlement_is_posted",
}


@pytest.mark.parametrize("forgery", FORGED)
def test_red_control_a_paper_that_says_something_else_is_named(day: Any, forgery: str) -> None:
    forge(day.connection, forgery)
    found = violated(day.connection)
    assert FORGED[forgery] in found
    assert found[FORGED[forgery]].examples


PAPERS_OF = {
    "collect": ("receipt", "take the receipt back"),
    "hand_in": ("day close", "open the close again"),
    "deposit": ("day close", "open the close again"),
    "deposit_confirmed": ("day close", "open the close again"),
    "pay_out": ("payout", "cancel the payout, or record its return"),
    "take_fee": ("settlement", "put it right in the next settlement"),
    "digital_confirmed": ("match", "undo the match"),
    "bank_charge": ("match", "undo the match"),
    "unidentified_receipt": ("line in suspense", "match the line"),
}


@pytest.mark.parametrize("code", PAPERS_OF)
def test_what_a_paper_posted_is_undone_by_the_paper_and_not_alone(day: Any, code: str) -> None:
    one = next(one for one in load_transfers(day.connection) if one.code == code)
    with pytest.raises(Conflict, match="rests on it") as refused:
        take_back(day.connection, one.transfer_id, why="wrong", by="Rahima Khatun", at=day.at)
    assert (refused.value.facts["rests"], refused.value.remedy) == PAPERS_OF[code]
    assert violated(day.connection) == {}
