"""The month on paper: the statement as a bank gives it, the truth, the matches, and what they say."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np

from post_logistics.simulation.cod.lines import Lines, Trouble, What
from post_logistics.simulation.cod.month import DAYS, FIRST_DAY, Ints, Month, Tender
from post_logistics.simulation.cod.wording import words
from post_logistics.units import bangla_digits

HEADER = "Sl,Date,Value Date,Particulars,Reference,Debit,Credit,Balance"
PAIRS_HEADER = "statement_row,collection_id"
_ROWS = 50_000
"""So many rows are worded at a time: memory stays flat however long the statement is."""

_KINDS = 10_000
"""More than there are offices."""
_WORDED_PLAINLY = (Trouble.NONE, Trouble.LATE, Trouble.SPLIT, Trouble.MISCOUNTED, Trouble.DUPLICATE)

README = """\
statement.csv  The account statement of a made-up month, as a bank gives it. Its first column, Sl, is the number of
               the row, and the statement_row of the two other files.
truth.csv      statement_row,collection_id: which payment of a recipient is in the money of which row. A row per pair.
               A row that is in neither file belongs to no payment: a payout, a charge, a second print, a stranger's.
matches.csv    The same, as the engine matched it without knowing the truth. What it left out is in suspense.

A collection_id is the number of the parcel, and which of its payments it is: -2 is the cash beside a wallet or card.
Made by: post-logistics cod simulate --parcels {parcels} --seed {seed}
"""


def write_statement(path: Path, month: Month, lines: Lines) -> None:
    """Writes the statement, amounts grouped as in Bangladesh."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        for start in range(0, len(lines.day), _ROWS):
            file.writelines(_rows(month, lines, start, min(start + _ROWS, len(lines.day))))


def _rows(month: Month, lines: Lines, start: int, end: int) -> Iterator[str]:
    """The rows of those positions. Most are worded by their kind alone; the others one by one."""
    chosen = slice(start, end)
    dates = [f"{FIRST_DAY + timedelta(days=n):%d/%m/%Y}" for n in range(DAYS)]
    texts, references = _wording(month, lines, start, end)
    columns = (lines.trouble, lines.day, lines.amount_poisha, lines.balance_poisha)
    values = zip(*(column[chosen].tolist() for column in columns), texts, references, strict=True)
    for row, (trouble, day, amount, balance, text, reference) in enumerate(values, start + 1):
        debit, credit = ("", grouped(amount)) if amount > 0 else (grouped(-amount), "")
        if trouble == Trouble.BANGLA:
            credit = bangla_digits(credit)
        date = dates[day]
        yield f'{row},{date},{date},{text},{reference},"{debit}","{credit}","{grouped(balance)}"\n'


def _wording(month: Month, lines: Lines, start: int, end: int) -> tuple[list[str], list[str]]:
    """Particulars, as a CSV has them, and references of those positions."""
    what, trouble, owner, of = (getattr(lines, n)[start:end] for n in ("what", "trouble", "owner", "reference_of"))
    references = month.entries.reference[np.maximum(of, 0)].astype("U12").tolist()
    kinds, kind = np.unique(what * _KINDS + owner + 1, return_inverse=True)
    plain = [words(What(k // _KINDS), Trouble.NONE, ["-"], _owner(month, k // _KINDS, k % _KINDS - 1), 0, 0)[0]
             for k in kinds.tolist()]  # fmt: skip
    texts = [plain[k] for k in kind.tolist()]
    special = ~np.isin(trouble, _WORDED_PLAINLY) | ~np.isin(what, (What.DEPOSIT, What.PAYMENT, What.PAYOUT))
    for n in np.flatnonzero(special).tolist():
        entries = [references[n]]
        if trouble[n] == Trouble.MERGED and what[n] == What.DEPOSIT:
            low, high = np.searchsorted(lines.line, [start + n, start + n + 1])
            entries = month.entries.reference[lines.entry[low:high]].astype("U12").tolist()
        on, chance = int(month.entries.day[max(of[n], 0)]), int(lines.chance[start + n])
        texts[n], references[n] = words(
            What(what[n]), Trouble(trouble[n]), entries, _owner(month, int(what[n]), int(owner[n])), on, chance
        )
    return [f'"{text}"' if "," in text else text for text in texts], references


def _owner(month: Month, what: int, owner: int) -> tuple[str, str] | Tender | None:
    """The office or the tender that a line is of."""
    if owner < 0:
        return None
    return month.offices[owner] if what == What.DEPOSIT else Tender(owner % len(Tender))


def grouped(amount_poisha: int) -> str:
    """Poisha, zero or more, as a bank of Bangladesh prints them: ``1,23,45,678.90``."""
    taka, poisha = divmod(amount_poisha, 100)
    if taka < 1_00_000:
        return f"{taka:,}.{poisha:02d}"
    lakhs, rest = divmod(taka, 1_00_000)
    return f"{_by_twos(lakhs)},{rest // 1_000:02d},{rest % 1_000:03d}.{poisha:02d}"


def _by_twos(number: int) -> str:
    return f"{number}" if number < 100 else f"{_by_twos(number // 100)},{number % 100:02d}"


def pairs(month: Month, line: Ints, entry: Ints) -> tuple[Ints, Ints]:
    """Line and collection, (q,) each: for each line and entry that go together, every collection the entry consists
    of. Sorted by line and collection_id, each pair once."""
    kept = month.collections.entry
    by_entry = np.argsort(kept, kind="stable")
    first, last = np.searchsorted(kept[by_entry], entry), np.searchsorted(kept[by_entry], entry, side="right")
    count = last - first
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    collection = by_entry[np.repeat(first, count) + within]
    row = np.repeat(line, count)
    number = np.unique(month.items, return_inverse=True)[1][month.collections.parcel[collection]]
    order = np.lexsort((collection, number, row))
    row, collection = row[order], collection[order]
    new = np.ones(len(row), bool)
    new[1:] = (row[1:] != row[:-1]) | (collection[1:] != collection[:-1])
    return row[new], collection[new]


def write_pairs(path: Path, month: Month, line: Ints, collection: Ints) -> None:
    """Writes those pairs in their order; a line's position 0 is row 1."""
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(PAIRS_HEADER + "\n")
        for start in range(0, len(line), _ROWS):
            file.writelines(_pairs(month, line[start : start + _ROWS], collection[start : start + _ROWS]))


def _pairs(month: Month, line: Ints, collection: Ints) -> Iterable[str]:
    numbers = month.items[month.collections.parcel[collection]].astype("U13").tolist()
    second = (collection >= len(month.items)).tolist()
    rows = (line + 1).tolist()
    return (f"{row},{number}-{1 + nth}\n" for row, number, nth in zip(rows, numbers, second, strict=True))
