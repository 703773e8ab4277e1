"""Which way the amounts of a statement go: one column with signs, marks or words, or a column for each way."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.columns import NO_AMOUNT
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.parsing import BAD_AMOUNT, amounts, shown
from post_logistics.consignments.order_files.layout import header_key

Reasons = dict[int, tuple[str, str, str]]
"""By position: the field, what is wrong with it, and what to do."""
Column = Sequence[str]

_AS_TAKA = "write taka in digits, such as 1,250.50"


def signed_amounts(columns: Mapping[str, Column], layout: Layout) -> tuple[NDArray[np.int64], Reasons]:
    """Poisha of every row, credit > 0, and why some could not be told.

    ``NO_AMOUNT`` where the row has none, ``BAD_AMOUNT`` where there is a reason.
    """
    reasons: Reasons = {}
    if "direction" in columns:
        poisha = _by_word(columns["amount"], columns["direction"], layout, reasons)
    elif "amount" in columns:
        poisha, marked = _read("amount", columns["amount"], reasons)
        if layout.positive_is == "debit":
            plain = ~marked & (poisha > BAD_AMOUNT)
            poisha[plain] = -poisha[plain]
    else:
        poisha = _by_column(columns, reasons)
    if reasons:
        poisha[list(reasons)] = BAD_AMOUNT
    return poisha, reasons


def _read(field: str, cells: Column, reasons: Reasons) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    poisha, marked = amounts(cells)
    for at in np.flatnonzero(poisha == BAD_AMOUNT).tolist():
        reasons[at] = field, f"{shown(cells[at])} is no exact amount of taka", _AS_TAKA
    return poisha, marked


def _by_word(cells: Column, words: Column, layout: Layout, reasons: Reasons) -> NDArray[np.int64]:
    """Amounts whose way a word in another column says."""
    poisha, marked = _read("amount", cells, reasons)
    way_of = {header_key(word): way for way, name in ((1, "credit"), (-1, "debit")) for word in layout.words[name]}
    known = {word: way_of.get(header_key(word), 0) for word in set(words)}
    way = np.fromiter(map(known.__getitem__, words), dtype=np.int64, count=len(words))
    there = (poisha > BAD_AMOUNT) & (poisha != 0)
    for at in np.flatnonzero(there & (way == 0)).tolist():
        remedy = "add the bank's word to words.credit or words.debit of the layout"
        reasons[at] = "direction", f"{shown(words[at])} says neither credit nor debit", remedy
    for at in np.flatnonzero(there & (marked | (poisha < 0)) & (way != 0) & (way != np.sign(poisha))).tolist():
        reasons[at] = "amount", "sign and direction contradict each other", "ask the bank what this line means"
    poisha[there] = np.abs(poisha[there]) * way[there]
    return poisha


def _by_column(columns: Mapping[str, Column], reasons: Reasons) -> NDArray[np.int64]:
    """Amounts of which each way has its own column, of which a row fills one; 0 in the other is nothing."""
    rows = len(columns["booked_on"])
    poisha = np.full(rows, NO_AMOUNT, dtype=np.int64)
    for field, way in (("credit", 1), ("debit", -1)):
        if field not in columns:
            continue
        read, marked = _read(field, columns[field], reasons)
        there = read > BAD_AMOUNT
        wrong = there & marked & (np.sign(read) == -way)
        # a bank may write what went out as -500; without a balance that could also be money that came back
        wrong |= there & ~marked & (read < 0) & (way == 1 or "balance" not in columns)
        for at in np.flatnonzero(wrong).tolist():
            remedy = "ask the bank what this line means; a layout may use one column, amount, instead"
            reasons[at] = field, "the sign contradicts the column", remedy
        for at in np.flatnonzero(there & (read != 0) & (poisha > BAD_AMOUNT) & (poisha != 0)).tolist():
            reasons[at] = field, "the row has both a credit and a debit", "export the statement again"
        moved = there & ((poisha == NO_AMOUNT) | (read != 0))
        poisha[moved] = np.abs(read[moved]) * way
    return poisha
