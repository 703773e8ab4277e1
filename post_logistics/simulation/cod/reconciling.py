"""The statement of a made-up month given to the real reader and the real engine, which know the books and no truth."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.matching.columns import KINDS, REASONS, RULES, Entries, EntryKind, Matched
from post_logistics.cod.matching.engine import match
from post_logistics.cod.matching.rules import Fee, Rules
from post_logistics.cod.statements.columns import LineColumns, day_number
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.reading import read_columns
from post_logistics.simulation.cod.judging import Found
from post_logistics.simulation.cod.month import FEE_BPS, FIRST_DAY, IN_ONE_SUM, Kind, Month, Tender

SOURCE = "simulated-bank"
LAYOUT = Layout(
    kind="bank",
    title="Settlement account of a made-up month",
    dates=("DD/MM/YYYY",),
    columns={
        "booked_on": ("Date",),
        "value_on": ("Value Date",),
        "description": ("Particulars",),
        "reference": ("Reference",),
        "debit": ("Debit",),
        "credit": ("Credit",),
        "balance": ("Balance",),
    },
)
RULES_OF_THE_BANK = Rules(
    tolerance_poisha=500_00,
    charges=("CASH HANDLING CHARGE",),
    interest=("INTEREST CREDITED",),
    fees={
        tender.name.lower(): Fee(bps=bps, per="lump" if tender in IN_ONE_SUM else "entry")
        for tender, bps in FEE_BPS.items()
        if bps
    },
    owners={"qr": ("BANGLA QR",), "card": ("CARD POS",)},
)
"""What is agreed with this bank and the providers who pay into it."""
_KINDS = {
    Kind.DEPOSIT: EntryKind.DEPOSIT,
    Kind.COLLECTION: EntryKind.COLLECTION,
    Kind.PAYOUT: EntryKind.PAYOUT,
    Kind.RETURN: EntryKind.RETURN,
}

Engine = Callable[[LineColumns, Entries, Rules], Matched]


def expected(month: Month) -> Entries:
    """What the books expect on the statement; an entry's id is its position."""
    entries = month.entries
    owners = np.empty(len(entries.kind), object)
    names = {
        Kind.DEPOSIT: [code for code, _ in month.offices],
        Kind.COLLECTION: [tender.name.lower() for tender in Tender],
        Kind.PAYOUT: (merchants := [f"merchant-{n}" for n in range(int(month.merchant.max()) + 1)]),
        Kind.RETURN: merchants,
    }
    for kind, known in names.items():
        chosen = entries.kind == kind
        owners[chosen] = np.array(known, object)[entries.owner[chosen]]
    places = np.array([KINDS.index(_KINDS[kind]) for kind in Kind], np.int8)
    return Entries(
        entry=range(len(entries.kind)),
        kind=places[entries.kind],
        owner=owners.tolist(),
        due_on=(entries.day + day_number(FIRST_DAY)).astype(np.int32),
        amount_poisha=entries.amount_poisha,
        references=(entries.reference.astype("U12").tolist(),),
    )


def read_lines(path: Path) -> LineColumns:
    """The lines of the statement at that path, each by its position: 0 is the first below the header."""
    with path.open("rb") as file:
        lines = read_columns(file, path.name, LAYOUT, SOURCE)
    return replace(lines, line=lines.line - 2)


def reconcile(path: Path, month: Month, engine: Engine = match) -> Found:
    """What the engine makes of the statement at that path and of the books of that month."""
    start, busy = perf_counter(), process_time()
    lines = read_lines(path)
    read = perf_counter()
    matched = engine(lines, expected(month), RULES_OF_THE_BANK)
    done = perf_counter()
    line, entry = matched.pairs()
    return Found(
        line=lines.line[line],
        entry=entry,
        rule=_named(RULES, np.where(matched.match_of_line < 0, -1, matched.rule[matched.match_of_line]), lines),
        reason=_named(REASONS, matched.reason, lines),
        read_s=read - start,
        match_s=done - read,
        processor_s=process_time() - busy,
    )


def _named(names: tuple[str, ...], code: NDArray[Any], lines: LineColumns) -> NDArray[np.object_]:
    """For each position the name of its line's code, "" for -1 and where a line was not read."""
    texts = np.full(int(lines.line.max()) + 1, "", object)
    texts[lines.line] = np.array([*names, ""], object)[code]
    return texts
