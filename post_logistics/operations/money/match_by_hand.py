"""What a person says of a line: that a proposal is right, what the line is, or that a match was wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, breaches
from post_logistics.cod.matching.columns import EntryKind, Reason, Rule
from post_logistics.cod.matching.posting import Found, MatchedEntry, refuse_unlike, transfers_of
from post_logistics.cod.matching.sentences import why_matched
from post_logistics.cod.payouts import PayoutState
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.money.match_keeping import (
    CONFIRMING,
    ENGINE,
    Made,
    load_confirmations,
    match_id_of,
    post_unexplained,
    save_matches,
    take_back,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money import matches as store
from post_logistics.storage.money import suspense as waiting
from post_logistics.storage.money.ledger import load_balances_of
from post_logistics.storage.money.matches import KnownLine, Match
from post_logistics.storage.money.payouts import hold_payouts
from post_logistics.storage.money.statements import load_source
from post_logistics.storage.money.suspense import Suspended


def confirm_proposal(connection: Connection, line_id: UUID, *, by: str, at: datetime) -> Match:
    """The match that was proposed for a line, made and posted. Conflict if nothing is proposed, or it is taken."""
    found = waiting.load_one(connection, line_id)
    proposal = found.detail.get("proposal") if found else None
    if not proposal:
        raise Conflict(f"nothing is proposed for {line_id}", field="line_id", remedy="match it by hand instead")
    entries = [(EntryKind(one["kind"]), str(one["entry_id"])) for one in proposal["entries"]]
    return _by_person(connection, [line_id], entries, Rule(proposal["rule"]), "", by, at)


def match_by_hand(
    connection: Connection,
    lines: Sequence[UUID],
    entries: Sequence[tuple[EntryKind, str]],
    *,
    why: str,
    by: str,
    at: datetime,
) -> Match:
    """The match that a person says it is, one line and several entries or the other way round; told again, the same.

    Unacceptable if the amounts cannot go together, or no reason is given; NotFound for what is not there.
    """
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write how you know")
    return _by_person(connection, lines, entries, Rule.BY_HAND, why.strip(), by, at)


def _by_person(
    connection: Connection,
    lines: Sequence[UUID],
    entries: Sequence[tuple[EntryKind, str]],
    rule: Rule,
    why: str,
    by: str,
    at: datetime,
) -> Match:
    name = _person(by)
    if not lines or not entries or (len(lines) > 1 and len(entries) > 1):
        raise Unacceptable(
            "one line is several entries, or several lines one entry", field="entries", remedy="name them so"
        )
    store.lock_matching(connection)
    known = store.load_known(connection, lines)
    for line in lines:
        if line not in known:
            raise NotFound(f"no line {line}", field="line_id", remedy="copy it from the suspense queue")
    if earlier := _told_before(connection, known, set(lines), set(entries)):
        return earlier
    if any(one.match_id for one in known.values()):
        raise Conflict("a line is matched already", field="line_id", remedy="undo that match first")
    if len({one.source for one in known.values()}) > 1:
        raise Unacceptable("the lines are of several sources", field="line_id", remedy="match each by itself")
    source = next(iter(known.values())).source
    provider = load_source(connection, source).provider
    members = tuple(_entry(connection, kind, entry_id, provider) for kind, entry_id in entries)
    found = Found(
        match_id=match_id_of(lines, members),
        source=source,
        rule=rule,
        line_poisha=sum(one.amount_poisha for one in known.values()),
        entries=members,
    )
    refuse_unlike(found)
    made = save_matches(
        connection, [Made(found, tuple(lines), _facts(found, known, why, name), name)], provider is None, at, name
    )
    if not made:
        if found.entries[0].kind is EntryKind.BILL:
            raise Conflict("that bill is not to be paid any more", field="entries", remedy="ask what else it may be")
        raise Conflict("that payout never left the bank", field="entries", remedy="match its payment first")
    return _loaded(connection, made[0].found.match_id)[0]


def _told_before(
    connection: Connection, known: Mapping[UUID, KnownLine], lines: set[UUID], entries: set[tuple[EntryKind, str]]
) -> Match | None:
    """The match that stands of exactly these lines and entries."""
    standing = {one.match_id for one in known.values()}
    only = next(iter(standing))
    if len(standing) > 1 or only is None:
        return None
    match, of_lines, of_entries = _loaded(connection, only)
    same = {one.line_id for one in of_lines} == lines and {(one.kind, one.entry_id) for one in of_entries} == entries
    return match if same else None


def _entry(connection: Connection, kind: EntryKind, entry_id: str, provider: str | None) -> MatchedEntry:
    if (kind is EntryKind.PAYMENT) != (provider is not None):
        raise Unacceptable(f"a {kind} is not on this statement", field="entries", remedy="see the kinds of entries")
    found = store.load_entry(connection, kind, entry_id, provider)
    if found is None:
        raise NotFound(f"no {kind} {entry_id} is expected", field="entries", remedy="copy it from the candidates")
    return found


def _facts(found: Found, known: Mapping[UUID, KnownLine], why: str, by: str) -> dict[str, Any]:
    first = found.entries[0]
    return {
        "lines": len(known),
        "entries": len(found.entries),
        "line_poisha": found.line_poisha,
        "entry_poisha": sum(one.amount_poisha for one in found.entries),
        "booked_on": min(one.booked_on for one in known.values()).isoformat(),
        "kind": first.kind.value,
        "owner": first.owner,
        "reference": first.entry_id,
        "why": why,
        "by": by,
    }


def undo_match(connection: Connection, match_id: UUID, *, why: str, by: str, at: datetime) -> Match:
    """The match no longer stands: what it posted is taken back, and its lines are unexplained again. Told again, the
    same. NotFound if there is none; Conflict where a payout came back since."""
    name = _person(by)
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write what was wrong")
    store.lock_matching(connection)
    match, lines, entries = _loaded(connection, match_id)
    if match.undone_at is not None:
        return match
    paid = [one.entry_id for one in entries if one.kind is EntryKind.PAYOUT]
    stands = hold_payouts(connection, paid)
    if PayoutState.RETURNED in stands.values() or any(one.kind is EntryKind.RETURN for one in entries):
        raise Conflict(
            "the payout came back since", field="match_id", remedy="a return is not undone: pay it out again"
        )
    found = Found(
        match_id=match_id,
        source=match.source,
        rule=Rule(match.rule),
        line_poisha=sum(one.amount_poisha for one in lines),
        entries=tuple(entries),
    )
    at_bank = load_source(connection, match.source).provider is None
    store.undo(connection, match_id, why=why.strip(), by=name, at=at)
    if at_bank:
        posted = [*_own(connection, found, at), *load_confirmations(connection, entries)]
        take_back(connection, posted, str(match_id), why=why.strip(), by=name, at=at)
        _refuse_cleared(connection, found)
        post_unexplained(
            connection, list(store.load_known(connection, [one.line_id for one in lines]).values()), match.source, at
        )
    reopened = [
        Suspended(line_id=one.line_id, reason=Reason.NO_CANDIDATE.value, detail={"undone": str(match_id)}, opened_at=at)
        for one in lines
    ]
    waiting.open_lines(connection, reopened)
    return _loaded(connection, match_id)[0]


def _own(connection: Connection, found: Found, at: datetime) -> list[Transfer]:
    """What stands of what the match itself posted, but for confirmations."""
    wanted = [one for one in transfers_of(found, at) if one.code not in CONFIRMING]
    return store.load_standing(connection, [one.transfer_id for one in wanted])


def _refuse_cleared(connection: Connection, found: Found) -> None:
    """Conflict if the difference of a deposit was made good, or found its owner, since."""
    offices = {one.owner for one in found.entries if one.kind is EntryKind.DEPOSIT}
    kinds = (AccountKind.OFFICE_DEBT, AccountKind.SUSPENSE)
    differences = [account(kind, office) for office in sorted(offices) for kind in kinds if found.difference_poisha]
    for one in breaches(load_balances_of(connection, differences)):
        raise Conflict(
            f"the difference was cleared since: {one} would stand below zero",
            field="match_id",
            remedy="take the clearing back first",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFile:
    """A match as people look at it: its lines, its entries, and the sentence that explains it in two languages."""

    match_id: UUID
    source: str
    rule: Rule
    text_en: str
    text_bn: str
    difference_poisha: int
    difference_kind: str | None
    lines: tuple[UUID, ...]
    entries: tuple[MatchedEntry, ...]
    made_by: str
    made_at: datetime
    confirmed_by: str | None
    undone_by: str | None
    undone_at: datetime | None
    undone_why: str | None


def load_file(connection: Connection, match_id: UUID) -> MatchFile:
    """The match, standing or undone; NotFound if there is none."""
    match, lines, entries = _loaded(connection, match_id)
    rule = Rule(match.rule)
    return MatchFile(
        match_id=match.match_id,
        source=match.source,
        rule=rule,
        text_en=why_matched(rule, match.explanation, "en"),
        text_bn=why_matched(rule, match.explanation, "bn"),
        difference_poisha=match.difference_poisha,
        difference_kind=match.difference_kind,
        lines=tuple(one.line_id for one in lines),
        entries=tuple(entries),
        made_by=match.made_by,
        made_at=match.made_at,
        confirmed_by=match.confirmed_by,
        undone_by=match.undone_by,
        undone_at=match.undone_at,
        undone_why=match.undone_why,
    )


def _loaded(connection: Connection, match_id: UUID) -> tuple[Match, list[KnownLine], list[MatchedEntry]]:
    found = store.load_match(connection, match_id)
    if found is None:
        raise NotFound(f"no match {match_id}", field="match_id", remedy="copy it from the list of matches")
    return found


def _person(by: str) -> str:
    name = " ".join(by.split())
    if not name or name == ENGINE:
        raise Unacceptable("nobody is named", field="by", remedy="write who does this")
    return name
