"""Matches are kept, posted and closed in one transaction, and what nobody explains is posted as unidentified."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from post_logistics.cod.ledger import Transfer, reverse
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.matching.posting import Found, MatchedEntry, transfers_of, unexplained
from post_logistics.cod.payouts import PayoutState
from post_logistics.cod.postings import Code
from post_logistics.operations.money.payouts import return_payout
from post_logistics.storage.database import Connection
from post_logistics.storage.money import matches as store
from post_logistics.storage.money import suspense as waiting
from post_logistics.storage.money.bills import hold_open_bills
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.matches import KnownLine, Match
from post_logistics.storage.money.payouts import hold_payouts, load_confirmed

_MATCHES = UUID("0b7f6a64-5c55-5b0f-9d0a-6a1f5f0a7c31")
_UNEXPLAINED = (Code.UNIDENTIFIED_RECEIPT, Code.UNIDENTIFIED_PAYMENT)
_MAY_HAVE_LEFT = {PayoutState.APPROVED, PayoutState.FILED, PayoutState.SENT, PayoutState.RETURNED}
_OF_DEPOSITS = (Code.DEPOSIT_CONFIRMED, Code.DEPOSIT_SHORT, Code.DEPOSIT_OVER)
CONFIRMING = frozenset({*_OF_DEPOSITS, Code.PAYOUT_CONFIRMED})
"""The reasons by which deposits and payouts are confirmed; their cause is the entry."""
ENGINE = "matching"
"""Who makes the matches that no person makes."""


@dataclass(frozen=True, slots=True)
class Made:
    """A match about to be kept: what was found, its lines, and what it rests on."""

    found: Found
    lines: tuple[UUID, ...]
    facts: Mapping[str, Any]
    confirmed_by: str | None = None


def match_id_of(lines: Sequence[UUID], entries: Sequence[MatchedEntry]) -> UUID:
    """The one id that these lines and entries give to a match."""
    whole = [sorted(map(str, lines)), sorted([one.kind.value, one.entry_id] for one in entries)]
    return uuid5(_MATCHES, json.dumps(whole))


def save_matches(
    connection: Connection, wanted: Sequence[Made], at_bank: bool, at: datetime, by: str = ENGINE
) -> list[Made]:
    """Keeps and posts those of the matches whose lines and entries are still free; gives back these."""
    store.lock_matching(connection)
    known = store.load_known(connection, [line for made in wanted for line in made.lines])
    come = store.load_come(
        connection, [(one.kind.value, one.entry_id) for made in wanted for one in made.found.entries]
    )
    free = []
    for made in wanted:
        if any(known[line].match_id for line in made.lines):
            continue
        if any((one.kind.value, one.entry_id) in come for one in made.found.entries):
            continue
        free.append(_another_turn(made, known))
    free = _without_what_cannot_be(connection, free)
    store.append_match_rows(
        connection,
        [_row(made, by, at) for made in free],
        [(made.found.match_id, line) for made in free for line in made.lines],
        [(made.found.match_id, one) for made in free for one in made.found.entries],
    )
    if at_bank:
        _explain(connection, free, by, at)
        _post(connection, free, by, at)
    waiting.close(connection, [line for made in free for line in made.lines], at)
    return free


def _another_turn(made: Made, known: Mapping[UUID, KnownLine]) -> Made:
    """The match under an id of its own, where the same one was undone before."""
    turns = sum(known[line].turns for line in made.lines)
    if not turns:
        return made
    return replace(made, found=replace(made.found, match_id=uuid5(made.found.match_id, str(turns))))


def _without_what_cannot_be(connection: Connection, wanted: Sequence[Made]) -> list[Made]:
    """Without payouts that were cancelled meanwhile, returns of what never left, and bills that are paid or withdrawn.

    They are held: who changes one at the same time waits, and then sees that it was matched.
    """
    payouts, back, bills = (
        [one.entry_id for made in wanted for one in made.found.entries if one.kind is kind]
        for kind in (EntryKind.PAYOUT, EntryKind.RETURN, EntryKind.BILL)
    )
    possible: dict[EntryKind, Set[str]] = {}
    if payouts or back:
        standing = hold_payouts(connection, [*payouts, *back])
        possible[EntryKind.PAYOUT] = {one for one, state in standing.items() if state in _MAY_HAVE_LEFT}
        possible[EntryKind.RETURN] = set(load_confirmed(connection, back)) if back else set()
    if bills:
        possible[EntryKind.BILL] = hold_open_bills(connection, bills)
    return [
        made
        for made in wanted
        if all(one.kind not in possible or one.entry_id in possible[one.kind] for one in made.found.entries)
    ]


def _row(made: Made, by: str, at: datetime) -> Match:
    found = made.found
    return Match(
        match_id=found.match_id,
        source=found.source,
        rule=found.rule.value,
        explanation=dict(made.facts),
        difference_poisha=found.difference_poisha,
        difference_kind=found.difference_kind,
        made_by=by,
        made_at=at,
        confirmed_by=made.confirmed_by,
        confirmed_at=at if made.confirmed_by else None,
    )


def _explain(connection: Connection, made: Sequence[Made], by: str, at: datetime) -> None:
    """What was posted of the lines as unidentified is taken back."""
    match_of = {str(line): one.found.match_id for one in made for line in one.lines}
    posted = store.load_posted(connection, _UNEXPLAINED, list(match_of))
    back = [reverse(one, at=at, cause=str(match_of[one.cause])) for one in posted]
    append_transfers(connection, back)
    store.append_reversals(connection, back, why="the line is explained", by=by, at=at)


def _post(connection: Connection, made: Sequence[Made], by: str, at: datetime) -> None:
    """Posts the matches. What somebody confirmed by hand before the statement came is not posted again; where the bank
    counted otherwise, it is taken back first."""
    wanted = [one for each in made for one in transfers_of(each.found, at)]
    counted_otherwise = {one.cause for one in wanted if one.code in {Code.DEPOSIT_SHORT, Code.DEPOSIT_OVER}}
    by_hand = load_confirmations(connection, [entry for each in made for entry in each.found.entries])
    wrong = [one for one in by_hand if one.cause in counted_otherwise]
    take_back(connection, wrong, "matching", why="the bank counted otherwise", by=by, at=at)
    standing = {(one.code, one.cause) for one in by_hand} - {(one.code, one.cause) for one in wrong}
    append_transfers(connection, [one for one in wanted if (one.code, one.cause) not in standing])
    for each in made:
        for one in each.found.entries:
            if one.kind is EntryKind.RETURN:
                return_payout(connection, one.entry_id, why="the bank's statement shows it", by=by, at=at)


def load_confirmations(connection: Connection, entries: Sequence[MatchedEntry]) -> list[Transfer]:
    """The transfers that stand by which these deposits and payouts are confirmed, with the difference of a deposit."""
    causes = {
        kind: [one.entry_id for one in entries if one.kind is kind] for kind in (EntryKind.DEPOSIT, EntryKind.PAYOUT)
    }
    return [
        *store.load_posted(connection, _OF_DEPOSITS, causes[EntryKind.DEPOSIT]),
        *store.load_posted(connection, (Code.PAYOUT_CONFIRMED,), causes[EntryKind.PAYOUT]),
    ]


def take_back(
    connection: Connection, posted: Sequence[Transfer], cause: str, *, why: str, by: str, at: datetime
) -> None:
    """Reverses these transfers, which stand."""
    back = [reverse(one, at=at, cause=cause) for one in posted]
    append_transfers(connection, back)
    store.append_reversals(connection, back, why=why, by=by, at=at)


def post_unexplained(connection: Connection, lines: Sequence[KnownLine], source: str, at: datetime) -> None:
    """The books have what the bank has, also of lines that nobody explains; what is posted stays."""
    posted = {one.cause for one in store.load_posted(connection, _UNEXPLAINED, [str(one.line_id) for one in lines])}
    left = [one for one in lines if str(one.line_id) not in posted]
    append_transfers(connection, unexplained([(one.line_id, one.amount_poisha, one.turns) for one in left], source, at))
