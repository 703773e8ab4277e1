"""A first look at an unknown statement: a proposed layout, the evidence for every column, and what has to be asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, BinaryIO

import numpy as np

from post_logistics.cod.statements.balances import Balances
from post_logistics.cod.statements.cells import amount_in, day_in
from post_logistics.cod.statements.columns import NO_AMOUNT, day_of
from post_logistics.cod.statements.header import HEADER_ROWS, beginning
from post_logistics.cod.statements.layout import FIELDS, Layout, layout_of, layout_to_toml
from post_logistics.cod.statements.profiles import KnownColumns, Profile, looks_like_day, profiles
from post_logistics.cod.statements.table import TableFile, open_table
from post_logistics.consignments.order_files.layout import header_key
from post_logistics.errors import Unacceptable
from post_logistics.units import local_day

SAMPLE_ROWS = 2_000
"""No more rows are looked at."""

_TRIED_AMOUNT_COLUMNS = 5
_MAX_WORDS = 8
_PROVING_LINES = 3
"""Fewer balances that follow from one another prove nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a column was taken for, how sure that is, and why, in English and Bangla."""

    field: str
    column: str
    sure_percent: int
    en: str
    bn: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the file cannot say. ``about`` is the key of the layout that the answer goes to, one of ``choices``."""

    about: str
    en: str
    bn: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A layout as far as the file shows it: ``table`` is incomplete while there are ``questions``.

    ``header_row`` as a spreadsheet numbers it; ``unread``: headers nothing is taken from.
    """

    table: Mapping[str, Any]
    findings: tuple[Finding, ...]
    questions: tuple[Question, ...]
    header_row: int
    unread: tuple[str, ...]
    encoding: str | None

    def layout(self) -> Layout | None:
        """The layout, if nothing has to be asked."""
        return None if self.questions else layout_of(self.table)

    def toml(self) -> str:
        """The layout to edit: evidence and questions stand as comments above what they are about."""
        notes: dict[str, list[str]] = {}
        for found in self.findings:
            notes.setdefault(f"columns.{found.field}", []).append(f"{found.sure_percent} %: {found.en}")
        for asked in self.questions:
            notes.setdefault(asked.about, []).extend((f"? {asked.en} ({' | '.join(asked.choices)})", f"? {asked.bn}"))
        return layout_to_toml(self.table, notes)


@dataclass(slots=True)
class _Look:
    """What has been found so far."""

    columns: list[Profile]
    known: KnownColumns
    fields: dict[str, Profile] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def free(self) -> list[Profile]:
        taken = {column.position for column in self.fields.values()}
        return [column for column in self.columns if column.position not in taken]

    def named(self, name: str) -> list[Profile]:
        """The columns nothing is taken from yet whose header is known for the field."""
        return [column for column in self.free() if self.known.field_of(column.header) == name]

    def take(self, name: str, column: Profile, sure_percent: int, en: str, bn: str) -> None:
        self.fields[name] = column
        self.findings.append(Finding(name, column.header, sure_percent, en, bn))


def guess(
    file: BinaryIO, name: str, known: KnownColumns, *, title: str | None = None, provider: str | None = None
) -> Proposal:
    """A layout for the file, with evidence and questions; nothing that can be read in two ways is decided.

    Unacceptable when no table of days and amounts can be found.
    """
    table = open_table(file, name)
    delimiter, header_row, header = _find_table(table, known, name)
    body = beginning(table, delimiter, header_row + SAMPLE_ROWS)[header_row:]
    lines = [row for row in body if sum(map(looks_like_day, row)) and any(_is_amount(cell) for cell in row)]
    look = _Look(profiles(header, lines), known)
    dates = _look_for_days(look)
    positive_is = _look_for_amounts(look)
    _look_for_texts(look)
    if "booked_on" not in look.fields or not look.fields.keys() & {"amount", "credit", "debit"}:
        raise _no_table(name)
    written: dict[str, Any] = {"kind": "provider" if provider else "bank", "title": title or name}
    written |= {"provider": provider} if provider else {}
    written |= {"dates": list(dates)} | ({} if positive_is is None else {"positive_is": positive_is})
    written["columns"] = {one: [look.fields[one].header] for one in FIELDS if one in look.fields}
    written["words"] = {
        one: list(words)
        for one, words in known.words.items()
        if one not in {"credit", "debit"} or "direction" in look.fields
    }
    unread = tuple(column.header for column in look.free())
    return Proposal(written, tuple(look.findings), tuple(look.questions), header_row, unread, table.encoding)


def _is_amount(cell: str) -> bool:
    return amount_in(cell) is not None and not looks_like_day(cell)


def _no_table(name: str) -> Unacceptable:
    return Unacceptable(
        f"no table of days and amounts was found in {name}",
        field="file",
        remedy="send a statement with a row of column names and at least one line, or write the layout by hand",
    )


def _find_table(table: TableFile, known: KnownColumns, name: str) -> tuple[str, int, list[str]]:
    """Delimiter, header row and header: the row with the most known names, or the one above the first line."""
    best: tuple[int, int, str, int, list[str]] | None = None
    for delimiter in table.delimiters:
        rows = beginning(table, delimiter, HEADER_ROWS)
        for at, cells in enumerate(rows):
            names = len({known.field_of(cell) for cell in cells} - {None})
            below = next((row for row in rows[at + 1 :] if any(map(str.strip, row))), [])
            is_above_line = any(map(looks_like_day, below)) and not any(map(looks_like_day, cells))
            rank = names if names >= 2 else int(is_above_line and sum(map(bool, cells)) >= 2)
            if rank and (best is None or (rank, len(cells)) > best[:2]):
                best = rank, len(cells), delimiter, at + 1, cells
    if best is None:
        raise _no_table(name)
    return best[2:]


def _look_for_days(look: _Look) -> tuple[str, ...]:
    """Finds the columns of days; gives back their format, or nothing when that has to be asked."""
    days = [column for column in look.columns if column.filled and all(map(looks_like_day, column.filled))]
    formats: tuple[str, ...] = ()
    for name in ("booked_on", "value_on"):
        named = [column for column in look.named(name) if column in days]
        others = [column for column in look.free() if column in days and look.known.field_of(column.header) is None]
        if named:
            look.take(name, named[0], 95, *_known_and("days", "দিন"))
        elif others and name == "booked_on":
            look.take(name, others[0], 70, "it is the first column of days", "এটি তারিখের প্রথম কলাম")
    for column in (look.fields[name] for name in ("booked_on", "value_on") if name in look.fields):
        fitting = column.date_formats()
        formats = tuple(one for one in formats if one in fitting) if formats else fitting
    orders = {tuple(part[0] for part in one.replace("-", "/").replace(".", "/").split("/")) for one in formats}
    if len(formats) > 1 and len(orders) > 1:
        look.questions.append(_which_day(look.fields["booked_on"], formats))
        return ()
    if not formats and "booked_on" in look.fields:
        about = look.fields["booked_on"]
        en = f"In which format are the days of {about.header!r} written? No one format fits them all."
        look.questions.append(Question("dates", en, f"“{about.header}” কলামের তারিখ কোন বিন্যাসে লেখা?", ()))
    return formats[:1]


def _known_and(en: str, bn: str) -> tuple[str, str]:
    return f"its header is known for it, and it holds {en}", f"শিরোনামটি পরিচিত, আর কলামে আছে {bn}"


def _which_day(column: Profile, formats: Sequence[str]) -> Question:
    """Asks which of the readings of the first day is meant."""
    cell = column.filled[0]
    readings = [(one, day_in(cell, (one,))) for one in formats]
    said = [(one, day_of(read[0])) for one, read in readings if read]
    en = "; ".join(f"{local_day(day)} ({one})" for one, day in said)
    bn = "; ".join(f"{local_day(day, 'bn')} ({one})" for one, day in said)
    return Question("dates", f"{cell!r} can be {en}. Which?", f"‘{cell}’ বলতে কোন দিন: {bn}?", tuple(formats))


def _look_for_amounts(look: _Look) -> str | None:
    """Finds the columns of amounts; gives back what a plain amount in a single column is, "" where that is open.

    None where other columns say it.
    """
    holding = [column for column in look.free() if column.holds_amounts()]
    for name in ("balance", "credit", "debit", "amount"):
        named = [
            column for column in look.named(name) if column in holding or (not column.filled and name != "balance")
        ]
        if named and not (name == "amount" and look.fields.keys() & {"credit", "debit"}):
            look.take(name, named[0], 80, *_known_and("amounts", "টাকার অঙ্ক"))
    if "amount" in look.fields and _look_for_direction(look):
        return None
    proven = _prove(look, [column for column in holding if look.known.field_of(column.header) in _MONEY | {None}])
    if "amount" not in look.fields or proven:
        return proven if "amount" in look.fields else None
    if any((amount_in(cell) or (0, False))[0] < 0 for cell in look.fields["amount"].filled):
        return "credit"
    column = look.fields["amount"].header
    en = f"All amounts in {column!r} are without a sign. Are they money in (credit) or money out (debit)?"
    bn = f"“{column}” কলামের অঙ্কে কোনো চিহ্ন নেই। এগুলো জমা (credit) নাকি খরচ (debit)?"
    look.questions.append(Question("positive_is", en, bn, ("credit", "debit")))
    return ""


def _look_for_direction(look: _Look) -> bool:
    """Finds the column whose words say which way an amount goes, and asks about those that nobody knows."""
    words = {way: look.known.words[way] for way in ("credit", "debit")}
    known = (*words["credit"], *words["debit"])
    ways = [column for column in look.free() if column.says_only(known)]
    if ways:
        en, bn = "it holds nothing but words for credit and debit", "এতে শুধু জমা ও খরচের শব্দ আছে"
        look.take("direction", ways[0], 90, en, bn)
        return True
    for column in look.named("direction"):
        keys = {header_key(word) for word in known}
        unknown = sorted({cell for cell in column.filled if header_key(cell) not in keys})
        if column.filled and len(unknown) <= _MAX_WORDS:
            look.take("direction", column, 60, *_known_and("few words", "অল্প কয়েকটি শব্দ"))
            listed = ", ".join(unknown)
            en = f"Which of these words are money in and which money out: {listed}? Add each under [words]."
            bn = f"এই শব্দগুলোর কোনটি জমা, কোনটি খরচ: {listed}? [words] অংশে যোগ করুন।"
            look.questions.append(Question("words", en, bn, ("words.credit", "words.debit")))
            return True
    return False


_MONEY = {"balance", "credit", "debit", "amount"}


def _prove(look: _Look, holding: Sequence[Profile]) -> str | None:
    """Finds columns in which each balance follows from the one before, those named first; None if there are none."""
    for columns, positive_is in _readings(look, holding):
        credit, debit, balance = (columns.get(name) for name in ("credit", "debit", "balance"))
        assert balance
        moved = _poisha(columns["amount"], 0) if "amount" in columns else _poisha(credit, 0) - np.abs(_poisha(debit, 0))
        if positive_is == "debit":
            moved = -moved
        if not _follows(moved, _poisha(balance, NO_AMOUNT)):
            continue
        en, bn = (
            "each balance follows from the one before by these amounts",
            "প্রতিটি স্থিতি আগের স্থিতি ও এই অঙ্ক থেকে মেলে",
        )
        for name in _MONEY & look.fields.keys():
            del look.fields[name]
        look.findings = [one for one in look.findings if one.field not in _MONEY]
        for name, column in columns.items():
            look.take(name, column, 99, en, bn)
        return positive_is
    return None


def _readings(look: _Look, holding: Sequence[Profile]) -> Iterator[tuple[dict[str, Profile], str]]:
    """The ways in which columns could be amounts and balance, the one by their names before all others."""
    named = {name: column for name, column in look.fields.items() if name in _MONEY}
    if "balance" in named and len(named) > 1:
        yield named, "credit"
        if "amount" in named:
            yield named, "debit"
    tried = holding[:_TRIED_AMOUNT_COLUMNS]
    for amount, balance in permutations(tried, 2):
        yield {"amount": amount, "balance": balance}, "credit"
        yield {"amount": amount, "balance": balance}, "debit"
    for credit, debit, balance in permutations(tried, 3):
        yield {"credit": credit, "debit": debit, "balance": balance}, "credit"


def _poisha(column: Profile | None, missing: int) -> Any:
    """(n,) int64: the amounts of a column, ``missing`` where it has none."""
    if column is None:
        return np.int64(0)
    read = (amount_in(cell) for cell in column.cells)
    return np.array([one[0] if one else missing for one in read], dtype=np.int64)


def _follows(moved: Any, balance: Any) -> bool:
    balances = Balances()
    balances.add(np.arange(len(balance), dtype=np.int32), moved, balance)
    return balances.broken is None and bool(np.count_nonzero(moved) >= _PROVING_LINES and (balance != NO_AMOUNT).all())


def _look_for_texts(look: _Look) -> None:
    """Finds the columns of numbers and words; the bank's own number only where no two lines share one."""
    for column in look.named("id"):
        if column.is_unique() and "id" not in look.fields:
            en, bn = (
                "its header is known for it, and no two lines share a number",
                "শিরোনামটি পরিচিত, আর কোনো নম্বর দুবার নেই",
            )
            look.take("id", column, 85, en, bn)
        elif "reference" not in look.fields:
            en, bn = "a number that several lines share, so it only refers", "একাধিক লাইনে একই নম্বর, তাই এটি শুধু রেফারেন্স"
            look.take("reference", column, 60, en, bn)
    for name in ("reference", "description", "counterparty"):
        if named := look.named(name):
            look.take(name, named[0], 80, "its header is known for it", "শিরোনামটি পরিচিত")
    if "reference" not in look.fields and "id" in look.fields:
        en, bn = "there is no other reference than the bank's own number", "আলাদা কোনো রেফারেন্স নেই"
        look.take("reference", look.fields["id"], 70, en, bn)
    wordy = [c for c in look.free() if c.filled and not c.holds_amounts() and not looks_like_day(c.filled[0])]
    if "description" not in look.fields and wordy:
        longest = max(wordy, key=Profile.mean_chars)
        look.take("description", longest, 50, "it holds the longest texts", "এই কলামের লেখা সবচেয়ে দীর্ঘ")
