"""The central bank's pack: each rule with what was found, and every figure the ledger's or the bank's."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.proof import check_books
from post_logistics.cod.reports import Report
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting import make_report
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.units import DHAKA
from tests.cod.random_books import random_books
from tests.operations.money.bank import AT, Bank, deposit, insert
from tests.operations.money.paying import of, parcels, shop
from tests.operations.money.reporting.test_remittance import SUNDAY, paid_on, rows

DECEMBER = datetime(2026, 12, 20, 12, tzinfo=DHAKA)


def pack(connection: Connection, facts: Facts, month: str = "2026-11", at: datetime = DECEMBER) -> Report:
    return make_report(connection, facts, "central-bank", at, written=month)


def rules(report: Report) -> dict[str, tuple[Any, bool | None]]:
    return {one.name: (one.value, one.verdict) for one in report.figures}


def owed(report: Report) -> int:
    return sum(row["owed_poisha"] for row in rows(report.sheet("owed")))


def says(connection: Connection, closing_poisha: int) -> None:
    """The bank's last statement of November ends with that."""
    insert(
        connection, "statement_files", file_id=f"ends with {closing_poisha}", source="bank", version=1, rows=0,
        file_name="last.csv", new_rows=0, first_on=date(2026, 11, 30), last_on=date(2026, 11, 30), imported_by="rahima",
        imported_at=AT + timedelta(minutes=closing_poisha % 2 + 1), closing_poisha=closing_poisha,
    )  # fmt: skip


@pytest.mark.parametrize("month", ["2026-11", "2026-Q4"])
def test_all_accounts_balance_and_agree_with_the_proven_books(connection: Connection, facts: Facts, month: str) -> None:
    append_transfers(connection, random_books(5, 900, days=50))
    assert check_books(load_transfers(connection)) == ()
    report = pack(connection, facts, month)
    total = dict(zip((c.name for c in report.sheet("balances").columns), report.sheet("balances").total, strict=True))
    assert total["debit_poisha"] == total["credit_poisha"] > 0
    last = rows(report.sheet("days"))[-1]
    assert (
        last["held_poisha"] == last["merchant_payable_poisha"] + last["payout_in_transit_poisha"] + last["rest_poisha"]
    )
    assert owed(report) == last["merchant_payable_poisha"] + last["payout_in_transit_poisha"]
    assert rules(report)["owed_poisha"][0] == owed(report)
    assert len(report.sheet("days").rows) == (30 if month == "2026-11" else 81)  # 20 December is not over


def test_money_is_as_old_as_the_days_from_its_collection_to_the_end_of_the_month(
    connection: Connection, facts: Facts
) -> None:
    shop(connection, "parked", SUNDAY)
    parcels(connection, "parked", [100_000], SUNDAY, first=7_400_000)
    parcels(connection, "parked", [30_000], SUNDAY + timedelta(days=25), first=7_400_010)
    paid_on(connection, facts, "paid", SUNDAY, 9)
    for at, month in ((DECEMBER, "2026-11"), (datetime(2026, 11, 30, 23, tzinfo=DHAKA), "2026-11")):
        table = {
            row["age"].split(" days")[0]: row["owed_poisha"]
            for row in rows(pack(connection, facts, month, at).sheet("owed"))
        }
        assert (table["15-30"], table["4-7"], table["0-1"]) == (100_000, 30_000, 0)


def test_what_was_paid_after_the_month_was_owed_at_its_end(connection: Connection, facts: Facts) -> None:
    paid_on(connection, facts, "later", SUNDAY, 35)
    assert owed(pack(connection, facts, "2026-11")) == 100_000
    december = pack(connection, facts, "2026-12")
    assert owed(december) == 0
    assert rows(december.sheet("payouts"))[0]["state"] == "on the bank's statement"


def test_suspense_and_the_bank_agree_with_the_ledger_and_a_late_match_breaks_the_rule(
    database: Database, facts: Facts
) -> None:
    bank = Bank(database)
    deposit(database, 1_000_00, "S-1")
    bank.shows(1_000_00, "S-1")
    bank.shows(77_00, "nobody knows", on=20)
    bank.match()
    with database.transaction() as connection:
        says(connection, 1_077_00)
        report = pack(connection, facts)
        (line,) = rows(report.sheet("suspense"))
        assert line["in_poisha"] == of(connection, AccountKind.UNIDENTIFIED_RECEIPTS, "bank") == 77_00
        assert (line["lines_4_to_15_days"], line["lines_0_to_3_days"]) == (1, 0)
        assert rules(report)["bank_difference_poisha"] == (0, True)
        assert rules(report)["matched_2026-11_bps"] == (5_000, False)
        assert rules(pack(connection, facts, at=datetime(2026, 12, 15, 23, 59, tzinfo=DHAKA)))[
            "matched_2026-11_bps"
        ] == (5_000, None)
        says(connection, 1_077_01)
        assert rules(pack(connection, facts))["bank_difference_poisha"] == (1, False)


def test_what_was_imported_after_the_month_is_named_and_explains_the_difference(
    database: Database, facts: Facts
) -> None:
    bank = Bank(database)
    deposit(database, 1_000_00, "S-1")
    bank.shows(1_000_00, "S-1")
    bank.match(at=AT + timedelta(days=12))  # on 4 December, of a line of November
    with database.transaction() as connection:
        says(connection, 1_000_00)
        report = pack(connection, facts)
        (said,) = rows(report.sheet("banks"))
        assert (said["later_poisha"], said["closing_poisha"]) == (1_000_00, 1_000_00)
        assert rules(report)["bank_difference_poisha"] == (0, True)


def test_without_a_closing_balance_nothing_is_claimed_about_the_bank(database: Database, facts: Facts) -> None:
    Bank(database).shows(5_00)
    with database.transaction() as connection:
        assert rules(pack(connection, facts))["bank_difference_poisha"] == (0, None)


@pytest.mark.parametrize(("collected", "kept"), [(5_000_00, True), (5_000_01, False)])
def test_cash_above_the_limit_for_one_delivery_breaks_the_rule(
    connection: Connection, facts: Facts, collected: int, kept: bool
) -> None:
    shop(connection, "poor", SUNDAY, payout_account="")
    (item,) = parcels(connection, "poor", [collected], SUNDAY)
    insert(
        connection, "settlements", settlement_id="poor-1", merchant="poor", settled_on=SUNDAY.date(), payout_account="",
        brought_forward_poisha=0, principal_poisha=collected, fees_taken_poisha=0, vat_taken_poisha=0,
        payout_poisha=collected, carried_forward_poisha=0, fees_due_poisha=0, vat_due_poisha=0, waiting="[]",
        verification_reference="x", settled_at=SUNDAY, compensation_poisha=0, advance_taken_poisha=0,
    )  # fmt: skip
    insert(
        connection, "settlement_lines", item_number=item, settlement_id="poor-1", order_ref="r", outcome="delivered",
        collected_poisha=collected, postage_poisha=0, cod_fee_poisha=0, vat_poisha=0,
    )  # fmt: skip
    insert(
        connection, "payouts", payout_id="poor-1", merchant="poor", kind="settlement", amount_poisha=collected,
        account="", state="paid_in_cash", needs_approval=False, ordered_by="desk", ordered_at=SUNDAY,
    )  # fmt: skip
    insert(connection, "payout_steps", payout_id="poor-1", state="paid_in_cash", by="desk", note="", at=SUNDAY)
    report = pack(connection, facts)
    assert rules(report)["dearest_in_cash_poisha"] == (collected, kept)
    assert rules(report)["to_accounts_poisha"] == (0, None)
    assert rows(report.sheet("payouts"))[0]["way"] == "Cash"


def test_failures_are_listed_with_their_reason_and_without_an_account_number(
    connection: Connection, facts: Facts
) -> None:
    paid_on(connection, facts, "gone", SUNDAY, 9)
    (payout,) = connection.execute(text("select payout_id from payouts")).scalars()
    insert(connection, "payout_steps", payout_id=payout, state="returned", by="bank", note="account closed", at=AT)
    (one,) = rows(pack(connection, facts).sheet("failures"))
    assert (one["payout"], one["what"], one["why"]) == (payout, "came back", "account closed")
    assert "account-1" not in str(pack(connection, facts))


def test_a_running_month_is_told_as_far_as_it_goes(connection: Connection, facts: Facts) -> None:
    report = pack(connection, facts, "2026-11", datetime(2026, 11, 5, 9, tzinfo=DHAKA))
    assert report.as_of_on == date(2026, 11, 5)
    assert [row["on_day"] for row in rows(report.sheet("days"))] == [f"2026-11-0{n}" for n in range(1, 6)]
    quarter = pack(connection, facts, "2026-Q4", datetime(2026, 11, 5, 9, tzinfo=DHAKA))
    assert {row["month"] for row in rows(quarter.sheet("matching"))} == {"2026-10", "2026-11"}
