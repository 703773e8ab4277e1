"""Payout advices and statements of account on paper and as tables, and the check whether an advice is genuine."""

import hmac
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from post_logistics import printing
from post_logistics.cod.account_statement import AccountStatement, Movement, account_statement, accounts_of
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing
from post_logistics.cod.settlement import Settlement, SettlementLine, WaitReason, is_genuine
from post_logistics.consignments.labels import breakable, spaced
from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import Facts, dhaka, refuse_future
from post_logistics.printing.tables import table_text
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_balances_of
from post_logistics.storage.money.movements import load_movements
from post_logistics.storage.money.settlements import load_reference, load_settlement
from post_logistics.storage.orders.merchants import load_merchant, load_merchants
from post_logistics.units import latin_digits, local_day, local_time, taka, taka_plain

MOST_MOVEMENTS: Final = 200_000
"""Of one statement of account."""

_WAITING = {
    WaitReason.NOT_FINISHED: "on its way · পথে আছে",
    WaitReason.NOT_IN_BANK: "not confirmed by the bank yet · ব্যাংকে নিশ্চিত হয়নি",
    WaitReason.NEEDS_ACCOUNT: "needs your bank account · আপনার ব্যাংক হিসাব প্রয়োজন",
    WaitReason.HELD: "on hold, ask us why · স্থগিত, কারণ জানতে যোগাযোগ করুন",
}


def advice_pdf(settlement: Settlement, merchant: str) -> bytes:
    """The payout advice of a settlement: every parcel, product money and service charges apart."""
    due_poisha = settlement.fees_due_poisha + settlement.vat_due_poisha
    into = settlement.payout_account
    return printing.pdf(
        "advice",
        {
            "settlement_id": settlement.settlement_id,
            "merchant": merchant,
            "day": local_day(settlement.settled_on),
            "account": f"•••• {into[-4:]}" if into else "cash · নগদ",
            "reference": settlement.verification_reference,
            "lines": [_line(line) for line in settlement.lines],
            "waiting": [
                {
                    "item_text": spaced(one.item_number),
                    "order_ref": breakable(one.order_ref),
                    "collected": _amount(one.collected_poisha),
                    "reason": _WAITING[one.reason],
                }
                for one in settlement.waiting
            ],
            "claims": [
                {"item_text": spaced(one.item_number), "amount": _amount(one.amount_poisha)}
                for one in settlement.compensations
            ],
            "brought_forward": _amount(settlement.brought_forward_poisha),
            "principal": _amount(settlement.principal_poisha),
            "compensation": _amount(settlement.compensation_poisha) if settlement.compensation_poisha else "",
            "advance": _amount(settlement.advance_taken_poisha) if settlement.advance_taken_poisha else "",
            "fees": _amount(settlement.fees_taken_poisha),
            "vat": _amount(settlement.vat_taken_poisha),
            "payout": taka(settlement.payout_poisha),
            "carried_forward": _amount(settlement.carried_forward_poisha),
            "still_due": taka(due_poisha) if due_poisha > 0 else "",
        },
    )


def _line(line: SettlementLine) -> dict[str, str]:
    net_poisha = line.collected_poisha - line.fee_poisha - line.vat_poisha
    return {
        "item_text": spaced(line.item_number),
        "order_ref": breakable(line.order_ref),
        "outcome": line.outcome.replace("_", " "),
        "collected": _amount(line.collected_poisha),
        "postage": _amount(line.postage_poisha),
        "cod_fee": _amount(line.cod_fee_poisha),
        "vat": _amount(line.vat_poisha),
        "net": _amount(net_poisha),
    }


def _amount(amount_poisha: int) -> str:
    return taka(amount_poisha).removeprefix("Tk ")


ADVICE_COLUMNS = (
    "item_number",
    "order_ref",
    "outcome",
    "collected_taka",
    "postage_taka",
    "cod_fee_taka",
    "vat_taka",
    "settlement_id",
    "verification_reference",
)
"""A row for each parcel; then one for each claim, and one for each sum that is about no parcel."""


def advice_csv(settlement: Settlement) -> str:
    """The advice for a merchant's own books; the first amount of all rows, less the three others, is the payout."""
    parcels = [
        (
            *(line.item_number, line.order_ref, line.outcome),
            *map(taka_plain, (line.collected_poisha, line.postage_poisha, line.cod_fee_poisha, line.vat_poisha)),
        )
        for line in settlement.lines
    ]
    charged_poisha = sum(line.fee_poisha + line.vat_poisha for line in settlement.lines)
    later_poisha = charged_poisha - settlement.fees_taken_poisha - settlement.vat_taken_poisha
    sums = [("", "", "brought_forward", settlement.brought_forward_poisha)]
    sums += [(one.item_number, one.claim_id, "compensation", one.amount_poisha) for one in settlement.compensations]
    sums += [
        ("", "", "advance_taken", -settlement.advance_taken_poisha),
        ("", "", "charges_not_taken_now", later_poisha),
        ("", "", "carried_forward", -settlement.carried_forward_poisha),
    ]
    rows = [
        *parcels,
        *((item, ref, name, taka_plain(amount), "", "", "") for item, ref, name, amount in sums if amount),
    ]
    proof = (settlement.settlement_id, settlement.verification_reference)
    return table_text(ADVICE_COLUMNS, [(*row, *proof) for row in rows])


def write_advices(connection: Connection, settlements: Iterable[Settlement], folder: Path) -> None:
    """Writes each advice into the folder, as PDF for people and as CSV for a merchant's books."""
    merchants = load_merchants(connection)
    folder.mkdir(parents=True, exist_ok=True)
    for one in settlements:
        path = folder / f"{one.settlement_id}.pdf"
        path.write_bytes(advice_pdf(one, merchants[one.merchant].name))
        path.with_suffix(".csv").write_text(advice_csv(one), encoding="utf-8", newline="")


def is_genuine_advice(connection: Connection, facts: Facts, settlement_id: str, reference: str) -> bool:
    """Whether the post made an advice of that number with that reference, and its record still says the same.

    The record is only worked out again when the reference is the one that was given out: asking costs little.
    """
    typed = "".join(c for c in latin_digits(reference).upper() if c.isalnum())
    given = (load_reference(connection, settlement_id) or "").replace("-", "")
    if not given or not hmac.compare_digest(typed.encode(), given.encode()):
        return False
    return is_genuine(load_settlement(connection, settlement_id), facts.advice_key, reference)


def statement_of_account(
    connection: Connection, merchant_id: str, from_on: date, to_on: date, at: datetime
) -> AccountStatement:
    """The merchant's statement from the beginning of one day to the end of the other, both included.

    Unacceptable for a day that has not come, days in the wrong order, or more movements than ``MOST_MOVEMENTS``.
    """
    refuse_future(to_on, at, "to_on")
    if from_on > to_on:
        raise Unacceptable(f"{from_on} is after {to_on}", field="from_on", remedy="name the earlier day first")
    merchant = load_merchant(connection, merchant_id).merchant_id
    mine, transit = accounts_of(merchant), account(AccountKind.PAYOUT_IN_TRANSIT, merchant)
    begin, end = dhaka(from_on, time.min), dhaka(to_on + timedelta(days=1), time.min)
    instant = timedelta(microseconds=1)
    transfers, order_refs = load_movements(connection, mine, begin, end, MOST_MOVEMENTS + 1)
    if len(transfers) > MOST_MOVEMENTS:
        raise Unacceptable(
            f"there are more than {MOST_MOVEMENTS} movements", field="from_on", remedy="ask for fewer days"
        )
    return account_statement(
        merchant=merchant,
        from_on=from_on,
        to_on=to_on,
        opening=load_balances_of(connection, mine, begin - instant),
        transfers=transfers,
        order_refs=order_refs,
        in_transit_poisha=standing(load_balances_of(connection, [transit], end - instant), transit),
    )


STATEMENT_COLUMNS = (
    "at",
    "what",
    "text_en",
    "text_bn",
    "item_number",
    "order_ref",
    "cause",
    "change_taka",
    "owed_taka",
)


def statement_csv(statement: AccountStatement) -> str:
    """The statement as a table: a row with the opening, one for each movement, one with the closing."""

    def edge(on: date, name: str, owed_poisha: int) -> tuple[str, ...]:
        return (on.isoformat(), name, "", "", "", "", "", "", taka_plain(owed_poisha))

    rows = [
        (
            one.at.isoformat(),
            one.code.value,
            one.text_en,
            one.text_bn,
            one.item_number,
            one.order_ref,
            one.cause,
            taka_plain(one.change_poisha),
            taka_plain(one.owed_poisha),
        )
        for one in statement.movements
    ]
    first = edge(statement.from_on, "opening", statement.opening_poisha)
    return table_text(STATEMENT_COLUMNS, [first, *rows, edge(statement.to_on, "closing", statement.closing_poisha)])


def statement_pdf(statement: AccountStatement, merchant: str) -> bytes:
    """The statement on paper, in both languages."""
    return printing.pdf(
        "accountstatement",
        {
            "merchant": merchant,
            "merchant_id": statement.merchant,
            "from": local_day(statement.from_on),
            "to": local_day(statement.to_on),
            "opening": _amount(statement.opening_poisha),
            "closing": taka(statement.closing_poisha),
            "in_transit": taka(statement.in_transit_poisha) if statement.in_transit_poisha else "",
            "lines": [_movement(one) for one in statement.movements],
        },
    )


def _movement(one: Movement) -> dict[str, Any]:
    return {
        "at": local_time(one.at),
        "en": one.text_en,
        "bn": one.text_bn,
        "about": spaced(one.item_number) if one.item_number else breakable(one.cause),
        "order_ref": breakable(one.order_ref),
        "change": _amount(one.change_poisha),
        "owed": _amount(one.owed_poisha),
    }
