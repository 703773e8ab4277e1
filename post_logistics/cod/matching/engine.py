"""What each line of a statement is: the rules in their order, the surest first."""

from post_logistics.cod.matching.amounts import (
    Unnamed,
    match_amounts,
    match_splits,
    match_sums,
    propose_amounts,
)
from post_logistics.cod.matching.columns import (
    KINDS,
    NONE,
    Entries,
    EntryKind,
    Flags,
    Matched,
    Proposal,
    Reason,
    Rule,
)
from post_logistics.cod.matching.keys import key_index
from post_logistics.cod.matching.lumps import match_batches, match_days
from post_logistics.cod.matching.references import Mentions, match_references, match_several
from post_logistics.cod.matching.rules import Rules
from post_logistics.cod.matching.work import REASON_CODE, Work
from post_logistics.cod.matching.written import match_nearly
from post_logistics.cod.statements.columns import LineColumns

_DEPOSIT = KINDS.index(EntryKind.DEPOSIT)


def match(lines: LineColumns, entries: Entries, rules: Rules, explained: Flags | None = None) -> Matched:
    """What the lines of one source are, each match by a rule that leaves no doubt; every other line with its reason.

    ``explained``: (lines,) bool, lines matched before, here only so that nothing takes their place. The order in which
    lines and entries come changes nothing.
    """
    work = Work(lines, entries, rules, explained)
    keys = key_index(entries.references, rules.reference_characters)
    mentions = match_references(work, keys)
    match_several(work, mentions)
    mentions = _left(work, mentions)
    match_nearly(work, keys, mentions)
    _match_banks_own(work)
    mentions = _left(work, mentions)
    unnamed = Unnamed(work, mentions, keys)
    for rule in (match_batches, match_days, match_amounts, match_sums, match_splits, propose_amounts):
        rule(unnamed)
    _match_tolerated(work, mentions)
    _say_why(work, mentions)
    return work.matched()


def _left(work: Work, mentions: Mentions) -> Mentions:
    return mentions.only(work.match_of_line[mentions.line] == NONE)


def _match_banks_own(work: Work) -> None:
    """Charges and interest, by the words that the source's bank has for them."""
    rules = work.rules
    for rule, pattern, way in (
        (Rule.CHARGE, rules.pattern(rules.charges), -1),
        (Rule.INTEREST, rules.pattern(rules.interest), 1),
    ):
        if pattern is None:
            continue
        for line in work.open_lines().tolist():
            if work.amount[line] * way > 0 and pattern.search(work.lines.description[line]):
                work.take(rule, [line], [])


def _match_tolerated(work: Work, mentions: Mentions) -> None:
    """A deposit that the bank counted a little differently: right reference, small difference."""
    named = _left(work, mentions).by_line()
    times: dict[int, int] = {}
    for entries in named.values():
        for entry in entries:
            times[entry] = times.get(entry, 0) + 1
    for line, entries in named.items():
        entry = entries[0]
        if len(entries) > 1 or times[entry] > 1 or work.match_of_entry[entry] != NONE:
            continue
        difference = int(work.amount[line] - work.gross[entry])
        near = 0 < abs(difference) <= work.rules.tolerance_poisha and work.entries.kind[entry] == _DEPOSIT
        if (
            not near
            or work.amount[line] <= 0
            or not -work.rules.days_before <= work.booked[line] - work.due[entry] <= (work.rules.days_after)
        ):
            continue
        if work.rules.tolerance_needs_person:
            work.doubt(line, Reason.TO_CONFIRM, [entry])
            work.proposals[line] = Proposal(Rule.TOLERANCE, (entry,), difference)
        else:
            work.take(Rule.TOLERANCE, [line], [entry])


def _say_why(work: Work, mentions: Mentions) -> None:
    """The reason of each line that has a reference and no other reason yet."""
    unsaid = work.reason == REASON_CODE[Reason.NO_CANDIDATE]
    left = mentions.only(unsaid[mentions.line] & (work.match_of_line[mentions.line] == NONE))
    fits, within = work.fits(left.line, left.entry), work.in_window(left.line, left.entry)
    come = work.match_of_entry[left.entry] != NONE
    for chosen, reason in (
        (~fits, Reason.AMOUNT_DIFFERS),
        (fits & ~within, Reason.OUTSIDE_WINDOW),
        (fits & within & come, Reason.DUPLICATE),
    ):
        for line, entries in left.only(chosen).by_line().items():
            work.doubt(line, reason, entries)
