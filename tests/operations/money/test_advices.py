"""What a merchant is given to read: the advice, its check, and the statement of account; all of it adds up."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.postings import Code
from post_logistics.cod.settlement import Settlement
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.advances import approve_advance, ask_advance
from post_logistics.operations.money.advices import (
    advice_csv,
    advice_pdf,
    is_genuine_advice,
    statement_csv,
    statement_of_account,
    statement_pdf,
)
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.database import Connection
from post_logistics.units import bangla_digits
from tests.operations.money.paying import of, parcels, shop

SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)


def told(connection: Connection, facts: Facts, at: datetime) -> Settlement:
    """A settlement with an advance taken back, charges brought along, and something that waits."""
    merchant = shop(connection, "a", at)
    paid = parcels(connection, "a", [300_000, 0, 200_000], at)
    parcels(connection, "a", [100_000], at, first=7_200_000, state="out_for_delivery")
    ask_advance(connection, "a", advance_id="adv-1", amount_poisha=50_000, why="x", by="a", at=at)
    approve_advance(connection, facts, "adv-1", by="b", at=at)
    return settle_merchant(connection, facts, merchant, SUNDAY, at, cleared=set(paid))


def pages(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def test_the_rows_of_an_advice_add_up_to_the_payout(connection: Connection, facts: Facts, morning: datetime) -> None:
    made = told(connection, facts, morning)
    rows = list(csv.DictReader(StringIO(advice_csv(made))))
    charges = ("postage_taka", "cod_fee_taka", "vat_taka")
    total = sum((Decimal(row["collected_taka"]) for row in rows), Decimal(0))
    total -= sum(Decimal(row[name] or 0) for row in rows for name in charges)
    assert total * 100 == made.payout_poisha
    assert [row["outcome"] for row in rows] == ["delivered"] * 3 + ["advance_taken"]
    assert {row["verification_reference"] for row in rows} == {made.verification_reference}


def test_an_advice_on_paper_says_what_was_taken_back_and_what_waits(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    page = pages(advice_pdf(told(connection, facts, morning), "চমক গ্যাজেট"))
    for words in ("Advance taken back", "− 500.00", "on its way", "Paid out"):
        assert words in page


def test_a_table_for_a_spreadsheet_has_no_formula_in_it(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    merchant = shop(connection, "a", morning)
    (item,) = parcels(connection, "a", [100_000], morning)
    connection.execute(text("alter table consignments disable trigger append_only"))
    connection.execute(text("update consignments set order_ref = '=HYPERLINK(1)' where item_number = :i"), {"i": item})
    made = settle_merchant(connection, facts, merchant, SUNDAY, morning, cleared={item})
    statement = statement_of_account(connection, "a", SUNDAY, SUNDAY, morning)
    for table in (advice_csv(made), statement_csv(statement)):
        cells = [cell for row in csv.reader(StringIO(table)) for cell in row]
        assert "'=HYPERLINK(1)" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_the_check_knows_our_advices_and_no_others(connection: Connection, facts: Facts, morning: datetime) -> None:
    made = told(connection, facts, morning)
    reference = made.verification_reference
    for typed in (reference, reference.lower().replace("-", " "), bangla_digits(reference)):
        assert is_genuine_advice(connection, facts, made.settlement_id, typed)
    for number, typed in (
        (made.settlement_id, "AAAA-AAAA-AAAA"),
        (made.settlement_id, ""),
        ("a-2026-11-23", reference),
        ("nobody-2026-11-22", ""),
    ):
        assert not is_genuine_advice(connection, facts, number, typed)


def test_an_advice_whose_record_was_changed_is_not_genuine(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    made = told(connection, facts, morning)
    connection.execute(text("alter table settlements disable trigger append_only"))
    connection.execute(
        text(
            "update settlements set payout_poisha = payout_poisha + 1, carried_forward_poisha = -1 where merchant = 'a'"
        )
    )
    assert not is_genuine_advice(connection, facts, made.settlement_id, made.verification_reference)


def test_a_statement_of_account_adds_up_and_any_day_continues_the_one_before(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    made = told(connection, facts, morning)
    tomorrow = morning + timedelta(days=1)
    (late,) = parcels(connection, "a", [70_000], tomorrow, first=7_300_000)
    whole = statement_of_account(connection, "a", SUNDAY, MONDAY, tomorrow)
    first = statement_of_account(connection, "a", SUNDAY, SUNDAY, tomorrow)
    second = statement_of_account(connection, "a", MONDAY, MONDAY, tomorrow)
    assert (first.opening_poisha, second.opening_poisha) == (0, first.closing_poisha)
    assert whole.closing_poisha == second.closing_poisha == 100_000 + 70_000
    assert whole.movements == first.movements + second.movements
    assert whole.opening_poisha + sum(one.change_poisha for one in whole.movements) == whole.closing_poisha
    assert [one.item_number for one in second.movements] == [late]
    assert second.movements[0].order_ref == "REF-7300000"
    assert first.in_transit_poisha == made.payout_poisha + 50_000
    assert {one.code for one in first.movements} == {Code.COLLECT, Code.FEE, Code.VAT, Code.ADVANCE, Code.PAY_OUT}
    owed = (
        of(connection, AccountKind.MERCHANT_PAYABLE, "a")
        - of(connection, AccountKind.MERCHANT_FEES_DUE, "a")
        - of(connection, AccountKind.MERCHANT_VAT_DUE, "a")
        - of(connection, AccountKind.MERCHANT_ADVANCE, "a")
    )
    assert whole.closing_poisha == owed
    page = pages(statement_pdf(whole, "Test Shop"))
    assert "Tk 1,700.00" in page and "Cash collected at the door" in page
    rows = list(csv.DictReader(StringIO(statement_csv(whole))))
    assert (rows[0]["what"], rows[-1]["what"], rows[-1]["owed_taka"]) == ("opening", "closing", "1700.00")


def test_a_statement_of_a_day_without_anything_is_empty(connection: Connection, morning: datetime) -> None:
    shop(connection, "a", morning)
    none = statement_of_account(connection, "a", date(2020, 1, 1), SUNDAY, morning)
    assert (none.opening_poisha, none.movements, none.closing_poisha) == (0, (), 0)
    wrong: list[tuple[Any, Any, str]] = [(MONDAY, MONDAY, "to_on"), (SUNDAY, date(2026, 11, 1), "from_on")]
    for since, until, field in wrong:
        with pytest.raises(Unacceptable) as refused:
            statement_of_account(connection, "a", since, until, morning)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        statement_of_account(connection, "nobody", SUNDAY, SUNDAY, morning)
