"""What the bank makes of the month: its lines in order, with all that goes wrong on a statement, and what is true."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from post_logistics.simulation.cod.month import (
    DAYS,
    IN_ONE_SUM,
    Entries,
    Ints,
    Kind,
    Month,
    Tender,
    banking_days,
    fees,
)

OPENING_POISHA = 10_00_00_000_00
"""What stands in the account when the month begins: Tk 10 crore."""


class What(IntEnum):
    """What a line is."""

    DEPOSIT = 0
    PAYMENT = 1
    LUMP = 2
    PAYOUT = 3
    RETURNED = 4
    CHARGE = 5
    INTEREST = 6
    STRANGER = 7


class Trouble(IntEnum):
    """What is wrong with a line; the first eight are about its text alone."""

    NONE = 0
    BURIED = 1
    BANGLA = 2
    SWAPPED = 3
    WRONG_DIGIT = 4
    NAMELESS = 5
    ANONYMOUS = 6
    TRUNCATED = 7
    LATE = 8
    MERGED = 9
    SPLIT = 10
    MISCOUNTED = 11
    DUPLICATE = 12
    STRANGER = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The statement, (n,) each, as the bank prints it; position 0 is row 1. ``line`` and ``entry`` are the truth: (p,)
    each, a pair for every entry that a line is money of."""

    what: Ints
    day: Ints
    amount_poisha: Ints
    balance_poisha: Ints
    owner: Ints
    """Of the office, the tender or the merchant; -1 for nobody."""
    reference_of: Ints
    """The entry whose reference the line should show; -1 for none."""
    trouble: Ints
    chance: Ints
    """A random number for its wording."""
    line: Ints
    entry: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Some lines before they are put in order; ``line`` counts within the block."""

    what: Ints
    day: Ints
    amount_poisha: Ints
    owner: Ints
    reference_of: Ints
    trouble: Ints
    line: Ints
    entry: Ints


def make_lines(month: Month) -> Lines:
    """The statement of that month, the same for the same month."""
    chance = np.random.default_rng([month.recipe.seed, 2])
    blocks = [*_deposits(month, chance), *_payments(month), _lumps(month, chance)]
    blocks += [_payouts(month.entries), _returned(month.entries, chance), _own(month)]
    tidy = _joined(blocks)
    troubled = _distorted(tidy, month, chance)
    return _in_order(_joined([troubled, _strangers(month, len(tidy.day), chance)]), month, chance)


def _block(what: What, entries: Entries, chosen: Ints, day: Ints, amount: Ints, trouble: Trouble) -> _Block:
    """A line for each chosen entry."""
    n = len(chosen)
    return _Block(
        what=np.full(n, what),
        day=day,
        amount_poisha=amount,
        owner=entries.owner[chosen],
        reference_of=chosen,
        trouble=np.full(n, trouble),
        line=np.arange(n),
        entry=chosen,
    )


def _deposits(month: Month, chance: np.random.Generator) -> list[_Block]:
    """Most come as one line; some slips of an office as one, some in two parts, some counted otherwise by the bank."""
    entries, noise = month.entries, month.recipe.noise
    every = np.flatnonzero(entries.kind == Kind.DEPOSIT)
    group = _merged(entries, every, noise.merged, chance)
    single = every[group < 0]
    lot = chance.random(len(single))
    split, off = lot < noise.split, (lot >= noise.split) & (lot < noise.split + noise.miscounted)
    day = banking_days()[entries.day[single] + (chance.random(len(single)) < 0.1)]
    amount = entries.amount_poisha[single]
    plain, parts = ~split & ~off, split & (amount >= 200_00)
    first = chance.integers(1, np.maximum(amount // 100_00, 2)) * 100_00
    counted = amount - chance.choice([-500_00, -100_00, 10_00, 50_00, 100_00, 500_00], len(single))
    off &= counted > 0
    plain |= ~parts & ~off
    return [
        _block(What.DEPOSIT, entries, single[plain], day[plain], amount[plain], Trouble.NONE),
        _block(What.DEPOSIT, entries, single[off], day[off], counted[off], Trouble.MISCOUNTED),
        _block(What.DEPOSIT, entries, single[parts], day[parts], first[parts], Trouble.SPLIT),
        _block(What.DEPOSIT, entries, single[parts], day[parts], (amount - first)[parts], Trouble.SPLIT),
        _sums(What.DEPOSIT, entries, every[group >= 0], group[group >= 0], 0, Trouble.MERGED),
    ]


def _merged(entries: Entries, every: Ints, share: float, chance: np.random.Generator) -> Ints:
    """For each deposit the number of the line on which it is together with its office's next one or two; -1 for none.
    Slips of one banking day are put together, as after a weekend, or of two."""
    group = np.full(len(every), -1)
    owner, day = entries.owner[every], entries.day[every]
    starts = np.flatnonzero(chance.random(len(every)) < share / 1.5)
    sizes = chance.choice([2, 3], len(starts))
    for n, (start, size) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True)):
        members = slice(start, start + size)
        fits = (owner[members] == owner[start]) & (day[members] <= day[start] + 1) & (group[members] < 0)
        if len(fits) == size and fits.all():
            group[members] = n
    return group


def _sums(what: What, entries: Entries, members: Ints, group: Ints, kept: Ints | int, trouble: Trouble) -> _Block:
    """A line for each group of entries, on the day of the last of them; ``kept``: (groups,) what is kept of each."""
    _, first, line = np.unique(group, return_index=True, return_inverse=True)
    amount, day = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
    np.add.at(amount, line, entries.amount_poisha[members])
    np.maximum.at(day, line, entries.day[members])
    return _Block(
        what=np.full(len(first), what),
        day=day,
        amount_poisha=amount - kept,
        owner=entries.owner[members[first]],
        reference_of=members[first],
        trouble=np.full(len(first), trouble),
        line=line,
        entry=members,
    )


def _payments(month: Month) -> list[_Block]:
    """Payments that a provider pays one by one: a QR at once and whole, a card the next banking day less its fee."""
    entries = month.entries
    made = []
    for tender, later in ((Tender.QR, 0), (Tender.CARD, 1)):
        chosen = np.flatnonzero((entries.kind == Kind.COLLECTION) & (entries.owner == tender))
        day = entries.day[chosen]
        amount = entries.amount_poisha[chosen]
        on = banking_days()[day + later] if later else day
        made.append(
            _block(What.PAYMENT, entries, chosen, on, amount - fees(entries.owner[chosen], amount), Trouble.NONE)
        )
    return made


def _lumps(month: Month, chance: np.random.Generator) -> _Block:
    """What a provider pays for a day in one sum, less its fee, on the next banking day; some for several days."""
    entries = month.entries
    members = np.flatnonzero((entries.kind == Kind.COLLECTION) & np.isin(entries.owner, IN_ONE_SUM))
    on = banking_days()[entries.day[members] + 1]
    together = chance.random((len(Tender), DAYS + 60)) < month.recipe.noise.merged
    owner = entries.owner[members]
    several = together[owner, on]
    group = owner * 10_000 + np.where(several, on * 100 + 99, entries.day[members] * 100)
    made = _sums(What.LUMP, entries, members, group, 0, Trouble.NONE)
    days = np.zeros((len(made.day), DAYS), np.int64)
    np.add.at(days, (made.line, entries.day[members]), 1)
    tender = made.owner
    return _Block(
        what=made.what,
        day=banking_days()[made.day + 1],
        amount_poisha=made.amount_poisha - fees(tender, made.amount_poisha),
        owner=tender,
        reference_of=made.reference_of,
        trouble=np.where((days > 0).sum(axis=1) > 1, Trouble.MERGED, Trouble.NONE),
        line=made.line,
        entry=made.entry,
    )


def _payouts(entries: Entries) -> _Block:
    chosen = np.flatnonzero(entries.kind == Kind.PAYOUT)
    day = banking_days()[entries.day[chosen] + 1]
    return _block(What.PAYOUT, entries, chosen, day, entries.amount_poisha[chosen], Trouble.NONE)


def _returned(entries: Entries, chance: np.random.Generator) -> _Block:
    """One payout in two hundred comes back two days later."""
    chosen = np.flatnonzero((entries.kind == Kind.RETURN) & (chance.random(len(entries.kind)) < 0.005))
    day = banking_days()[entries.day[chosen] + 3]
    return _block(What.RETURNED, entries, chosen, day, entries.amount_poisha[chosen], Trouble.NONE)


def _own(month: Month) -> _Block:
    """What the bank charges each week, and its interest at the end."""
    day = np.array([6, 13, 20, 27, DAYS - 1])
    what = np.array([What.CHARGE] * 4 + [What.INTEREST])
    amount = np.array([-575_00, -575_00, -575_00, -1_150_00, 43_210_55])
    return _loose(what, day, amount)


def _strangers(month: Month, lines: int, chance: np.random.Generator) -> _Block:
    """Credits that are nobody's, of amounts as everybody pays them."""
    n = max(3, int(lines * month.recipe.noise.stranger)) if month.recipe.noise.stranger else 0
    made = _loose(np.full(n, What.STRANGER), chance.integers(0, DAYS, n), chance.choice(month.price_poisha, n))
    return _Block(**_columns(made) | {"trouble": np.full(n, Trouble.STRANGER)})


def _loose(what: Ints, day: Ints, amount: Ints) -> _Block:
    none = np.full(len(what), -1)
    nothing = np.zeros(0, np.int64)
    trouble = np.zeros(len(what), np.int64)
    return _Block(
        what=what, day=day, amount_poisha=amount, owner=none, reference_of=none, trouble=trouble, line=nothing,
        entry=nothing,
    )  # fmt: skip


def _columns(block: _Block) -> dict[str, Ints]:
    return {f.name: getattr(block, f.name) for f in fields(_Block)}


def _joined(blocks: Iterable[_Block]) -> _Block:
    """The blocks one after another, their pairs numbered through."""
    parts = list(blocks)
    starts = np.concatenate([[0], np.cumsum([len(part.day) for part in parts])])
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Block)}
    columns["line"] = np.concatenate([part.line + start for part, start in zip(parts, starts, strict=False)])
    return _Block(**columns)


_OF_THE_TEXT = ("buried", "bangla", "swapped", "wrong_digit", "nameless", "anonymous", "truncated")


def _distorted(block: _Block, month: Month, chance: np.random.Generator) -> _Block:
    """Wrong texts, late lines, lines that do not come this month, lines printed twice: at most one trouble a line."""
    noise = month.recipe.noise
    shares = [*(getattr(noise, name) for name in _OF_THE_TEXT), noise.late, noise.beyond, noise.duplicate]
    edges = np.cumsum([0.0, *shares])
    lot = chance.random(len(block.day))
    has_text = np.isin(block.what, (What.DEPOSIT, What.PAYMENT, What.LUMP)) & (block.trouble == Trouble.NONE)
    trouble, day = block.trouble.copy(), block.day.copy()
    drawn = [has_text & (lot >= low) & (lot < high) for low, high in pairwise(edges)]
    for kind, hit in zip([*range(Trouble.BURIED, Trouble.LATE + 1)], drawn, strict=False):
        trouble[hit] = kind
    late, beyond, twice = drawn[-3:]
    day[late] = banking_days()[day[late] + chance.integers(4, 13, int(late.sum()))]
    day[beyond] = DAYS + 30
    copies = np.flatnonzero(twice)
    again = _Block(
        **{name: column[copies] for name, column in _columns(block).items() if name not in {"line", "entry"}}
        | {
            "day": banking_days()[day[copies] + chance.integers(0, 2, len(copies))],
            "trouble": np.full(len(copies), Trouble.DUPLICATE),
            "line": np.zeros(0, np.int64),
            "entry": np.zeros(0, np.int64),
        }
    )
    return _joined([_Block(**_columns(block) | {"trouble": trouble, "day": day}), again])


def _in_order(block: _Block, month: Month, chance: np.random.Generator) -> Lines:
    """The lines of the month by day, each second print after its first; what comes later is on the next statement."""
    n = len(block.day)
    shuffled = chance.random(n) + (block.trouble == Trouble.DUPLICATE)
    order = np.lexsort((shuffled, block.day))
    order = order[block.day[order] < DAYS]
    place = np.full(n, -1)
    place[order] = np.arange(len(order))
    shown: NDArray[np.bool_] = place[block.line] >= 0
    line, entry = place[block.line][shown], block.entry[shown]
    by_line = np.lexsort((entry, line))
    amount = block.amount_poisha[order]
    wording = chance.integers(0, 1 << 30, n)
    twins = _wording_of_twins(block, wording)
    return Lines(
        what=block.what[order],
        day=block.day[order],
        amount_poisha=amount,
        balance_poisha=OPENING_POISHA + np.cumsum(amount),
        owner=block.owner[order],
        reference_of=block.reference_of[order],
        trouble=block.trouble[order],
        chance=twins[order],
        line=line[by_line],
        entry=entry[by_line],
    )


def _wording_of_twins(block: _Block, wording: Ints) -> Ints:
    """The same wording for a line and its second print."""
    again = np.flatnonzero(block.trouble == Trouble.DUPLICATE)
    if not len(again):
        return wording
    first = np.flatnonzero((block.reference_of >= 0) & (block.trouble == Trouble.NONE))
    by_entry = dict(zip(block.reference_of[first].tolist(), first.tolist(), strict=True))
    wording = wording.copy()
    wording[again] = wording[[by_entry[one] for one in block.reference_of[again].tolist()]]
    return wording


def first_prints(lines: Lines) -> Ints:
    """(n,) for each line itself, or the line of the same day of which it is a second print: nobody can tell these two
    apart."""
    first = np.arange(len(lines.day))
    shown = {
        (entry, day): line
        for line, entry, day in zip(
            lines.line.tolist(), lines.entry.tolist(), lines.day[lines.line].tolist(), strict=True
        )
    }
    for again in np.flatnonzero(lines.trouble == Trouble.DUPLICATE).tolist():
        first[again] = shown.get((int(lines.reference_of[again]), int(lines.day[again])), again)
    return first
