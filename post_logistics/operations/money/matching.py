"""Lines of statements are matched with what is expected, and posted; the rest waits in suspense.

A run loads, decides and saves in parts, each a transaction that looks again at what is taken: whoever matches at the
same time, by a run or by hand, a line and an entry are matched once. A run that was broken off is run again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from typing import Any

import numpy as np

from post_logistics.cod.matching.columns import KINDS, REASONS, RULES, Entries, EntryKind, Flags, Matched, Reason
from post_logistics.cod.matching.engine import match
from post_logistics.cod.matching.posting import Found, MatchedEntry
from post_logistics.cod.matching.rules import RuleBook, Rules
from post_logistics.cod.matching.sentences import facts_of
from post_logistics.cod.statements.columns import LineColumns
from post_logistics.network.offices import PostOffice
from post_logistics.operations.money.match_keeping import Made, match_id_of, post_unexplained, save_matches
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import matches as store
from post_logistics.storage.money import suspense as waiting
from post_logistics.storage.money.statements import load_source, load_sources
from post_logistics.storage.money.suspense import Suspended

_AT_ONCE = 2_000


@dataclass(slots=True)
class Run:
    """What a run came to: lines looked at, lines matched by rule, lines waiting by reason."""

    source: str
    lines: int = 0
    matches: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    by_reason: dict[str, int] = field(default_factory=dict)


def rules_for(book: RuleBook, offices: Iterable[PostOffice]) -> Callable[[str], Rules]:
    """The rules of each source, which also know the offices by their names, where no two have the same."""
    times = Counter(name for one in offices for name in {one.name_en, one.name_bn})
    names = {
        str(one.postcode): tuple(name for name in (one.name_en, one.name_bn) if name and times[name] == 1)
        for one in offices
    }

    def of(source: str) -> Rules:
        rules = book.of(source)
        return replace(rules, owners={**names, **rules.owners})

    return of


def match_sources(
    database: Database, rules: Callable[[str], Rules], sources: Sequence[str], at: datetime, told: Callable[[int], None]
) -> list[Run]:
    """A run for each source, or for every source there is; providers first, for theirs move no money."""
    with database.transaction() as connection:
        known = {one.source: one for one in reversed(load_sources(connection))}
        for source in sources:
            load_source(connection, source)
    wanted = sorted(sources or known, key=lambda name: (known[name].kind == "bank", name))
    return [match_source(database, rules(name), name, at, told) for name in wanted]


def match_source(
    database: Database, rules: Rules, source: str, at: datetime, told: Callable[[int], None] = lambda lines: None
) -> Run:
    """Matches all lines of the source that nothing explains yet; ``told`` hears how many lines have been kept.

    The same run again changes nothing. What cannot be explained is posted as unidentified and waits in suspense.
    """
    with database.transaction() as connection:
        provider = load_source(connection, source).provider
        lines, explained = store.load_lines(connection, source)
        amounts = _amounts(lines, rules)
        entries = store.load_entries(connection, provider, amounts, _first_day(lines, explained, rules))
    if provider is not None:
        rules = replace(rules, only_owner=provider)
    matched = match(lines, entries, rules, explained)
    run = Run(source, lines=int((~explained).sum()))
    matched_now = set[Any]()
    for part in _in_turn(_found(matched, lines, entries, source)):
        with database.transaction() as connection:
            for made in save_matches(connection, part, provider is None, at):
                run.matches += 1
                rule = made.found.rule.value
                run.by_rule[rule] = run.by_rule.get(rule, 0) + len(made.lines)
                matched_now.update(made.lines)
        told(sum(run.by_rule.values()))
    rest = (row for row in np.flatnonzero(~explained).tolist() if lines.line[row] not in matched_now)
    for rows in _parts(rest):
        with database.transaction() as connection:
            for one in _suspend(connection, matched, lines, entries, rows, source, provider is None, at):
                run.by_reason[one] = run.by_reason.get(one, 0) + 1
        told(sum(run.by_rule.values()) + sum(run.by_reason.values()))
    return run


def _first_day(lines: LineColumns, explained: Flags, rules: Rules) -> int:
    """The earliest day, counted from 1970, of which a line that waits may be the money."""
    waits = lines.booked_on[~explained]
    return int(waits.min()) - max(rules.amount_days_after, rules.lump_days_after) if len(waits) else 0


def _amounts(lines: LineColumns, rules: Rules) -> list[int]:
    """The amounts that the lines may be, whole or after a provider's fee."""
    amounts = np.unique(lines.amount_poisha)
    possible = [amounts]
    for fee in rules.fees.values():
        before = (amounts + fee.fixed_poisha) * 10_000 // max(10_000 - fee.bps, 1)
        possible += [before + step for step in (-1, 0, 1, 2)]
    return np.unique(np.concatenate(possible)).tolist()  # type: ignore[no-any-return]


def _parts(values: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(values, _AT_ONCE)):
        yield part


def _in_turn(found: Iterator[Made]) -> Iterator[list[Made]]:
    """The matches in parts; payouts that came back are in parts of their own, after those in which they left."""
    for _, some in groupby(found, key=_came_back):
        yield from _parts(some)


def _came_back(made: Made) -> bool:
    return bool(made.found.entries) and made.found.entries[0].kind is EntryKind.RETURN


def _found(matched: Matched, lines: LineColumns, entries: Entries, source: str) -> Iterator[Made]:
    """What the engine found, as it is kept; returned payouts last, for they have to have left first."""
    last = []
    for number, of_lines, of_entries in matched.members():
        ids = tuple(lines.line[line] for line in of_lines)
        members = tuple(
            MatchedEntry(
                kind=KINDS[entries.kind[one]],
                entry_id=str(entries.entry[one]),
                owner=str(entries.owner[one]),
                amount_poisha=int(entries.amount_poisha[one]),
            )
            for one in of_entries
        )
        facts = facts_of(lines, entries, of_lines, of_entries, matched.written.get(number, ""))
        found = Found(
            match_id=match_id_of(ids, members),
            source=source,
            rule=RULES[matched.rule[number]],
            line_poisha=facts["line_poisha"],
            entries=members,
        )
        made = Made(found, ids, facts)
        if _came_back(made):
            last.append(made)
        else:
            yield made
    yield from last


def _suspend(
    connection: Connection,
    matched: Matched,
    lines: LineColumns,
    entries: Entries,
    rows: Sequence[int],
    source: str,
    at_bank: bool,
    at: datetime,
) -> list[str]:
    """Puts the lines that are still not matched into suspense; gives back their reasons."""
    store.lock_matching(connection)
    known = store.load_known(connection, [lines.line[row] for row in rows])
    free = [row for row in rows if known[lines.line[row]].match_id is None]
    opened = [
        Suspended(
            line_id=lines.line[row],
            reason=(REASONS[matched.reason[row]] if matched.match_of_line[row] < 0 else Reason.NO_CANDIDATE).value,
            detail=_detail(matched, entries, row),
            opened_at=at,
        )
        for row in free
    ]
    waiting.open_lines(connection, opened)
    if at_bank:
        post_unexplained(connection, [known[lines.line[row]] for row in free], source, at)
    return [one.reason for one in opened]


def _detail(matched: Matched, entries: Entries, row: int) -> dict[str, Any]:
    """What came close to a line, and what a person may confirm."""
    close = [_named(entries, one) for one in matched.candidates.get(row, ())]
    proposal = matched.proposals.get(row)
    if proposal is None:
        return {"candidates": close}
    return {
        "candidates": close,
        "proposal": {"rule": proposal.rule.value, "entries": [_named(entries, one) for one in proposal.entries]},
    }


def _named(entries: Entries, one: int) -> dict[str, Any]:
    return {
        "kind": KINDS[entries.kind[one]].value,
        "entry_id": str(entries.entry[one]),
        "owner": str(entries.owner[one]),
        "amount_poisha": int(entries.amount_poisha[one]),
        "reference": next((column[one] for column in entries.references if column[one]), ""),
    }
