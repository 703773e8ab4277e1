"""Statements as a made-up bank writes them, for the tests."""

import io
from collections.abc import Sequence

from post_logistics.cod.statements.columns import Lines
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.reading import StatementReader, Summary

BANK = Layout(
    kind="bank",
    title="Collection account",
    dates=("DD/MM/YYYY", "DD-MMM-YYYY"),
    columns={
        "booked_on": ("Date", "Txn Date"),
        "reference": ("Slip No",),
        "description": ("Particulars",),
        "debit": ("Debit",),
        "credit": ("Credit",),
        "balance": ("Balance",),
    },
    words={"opening": ("Opening Balance",), "closing": ("Closing Balance",), "total": ("Total",)},
)
WALLET = Layout(
    kind="provider",
    provider="wallet",
    title="Merchant wallet",
    dates=("DD-MM-YYYY",),
    columns={"booked_on": ("Time",), "id": ("Trx ID",), "reference": ("Trx ID",), "amount": ("Amount",)},
)
HEADER = "Date,Slip No,Particulars,Debit,Credit,Balance"
LINES = (
    '22/11/2026,SB-1,cash of 1215,,"1,23,456.50","1,33,456.50"',
    "22/11/2026,SB-2,cash of 1216,,500.00,133956.50",
    '23/11/2026,,charge,"1,150.00",,"1,32,806.50"',
)
STATEMENT = "\n".join(("Some Bank PLC", 'Opening Balance,"10,000.00"', HEADER, *LINES))
WALLET_STATEMENT = "Time,Trx ID,Amount\n22-11-2026 10:00,AB1,500.00\n22-11-2026 10:01,AB2,-20.00\n"


def read(
    content: str | bytes, layout: Layout = BANK, source: str = "bank", name: str = "statement"
) -> tuple[Lines, Summary]:
    """All lines of a file, and the file as a whole."""
    raw = content.encode() if isinstance(content, str) else content
    reader = StatementReader(io.BytesIO(raw), name, layout, source)
    lines = Lines.joined(reader)
    assert reader.summary
    return lines, reader.summary


def ids(content: str | bytes, layout: Layout = BANK) -> list[str]:
    """The ids of a file's lines."""
    return list(read(content, layout)[0].line_id)


def table(header: str, *rows: str) -> str:
    """A file of these rows."""
    return "\n".join((header, *rows)) + "\n"


def many(amounts: Sequence[int], *, opening_poisha: int = 0) -> str:
    """A statement in which these amounts were booked one after the other."""
    rows, balance = [], opening_poisha
    for at, amount in enumerate(amounts):
        balance += amount
        debit, credit = (f"{-amount / 100:.2f}", "") if amount < 0 else ("", f"{amount / 100:.2f}")
        rows.append(f"22/11/2026,R-{at},x,{debit},{credit},{balance / 100:.2f}")
    return table(HEADER, *rows)
