"""Lines of statements that nobody explains: why, what came close, and what a person says of them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, picked, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.matching.columns import EntryKind, Reason, Rule
from post_logistics.cod.matching.rules import load_match_rules
from post_logistics.cod.matching.sentences import KIND_TEXTS, REASON_TEXTS
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.money.desk import expected_near, match_of_line
from post_logistics.operations.money.match_by_hand import confirm_proposal, match_by_hand
from post_logistics.operations.money.matching import match_sources, rules_for
from post_logistics.operations.money.suspense import in_words, note_line, take_line
from post_logistics.storage.database import Connection
from post_logistics.storage.money.matches import Match
from post_logistics.storage.money.statements import load_sources
from post_logistics.storage.money.suspense import Waiting, load_one, load_queue, load_steps

router = Slice(include_in_schema=False)

PROPOSED: Final[Mapping[Rule, str]] = {
    Rule.AMOUNT: "The line names whose money it is, and this is the only one of that amount.",
    Rule.SUM: "These together are exactly the amount of the line, and no others are.",
    Rule.SPLIT: "Several lines together are exactly this one.",
    Rule.TOLERANCE: "The reference is right, and the amount differs a little.",
    Rule.NEARLY: "The reference is right but for one slip of the pen, and so is the amount.",
}
"""Why something is proposed, where the rule says it better than nothing."""


@router.get("/finance/lines")
def page_finance_lines(
    found: OurVisit,
    connection: InTransaction,
    source: Annotated[str, Query(max_length=40)] = "",
    reason: Annotated[str, Query(max_length=40)] = "",
    mine: Annotated[str, Query(max_length=3)] = "",
    after: Annotated[str, Query(max_length=50)] = "",
) -> Response:
    """A page of the queue, those booked first first."""
    asked = {"source": source, "reason": reason, "mine": mine}
    return _queue(found, connection, asked, after)


def _queue(
    found: Visit, connection: Connection, asked: Mapping[str, str], after: str = "", typed: Typed = NOTHING
) -> Response:
    rows = load_queue(
        connection,
        source=asked.get("source") or None,
        reason=asked["reason"] if asked.get("reason") in set(Reason) else None,
        owner=found.who.actor if asked.get("mine") else None,
        after=_after(after),
        limit=PAGE,
    )
    sources = sorted({one.source for one in load_sources(connection)})
    return shown(
        found,
        "lines.html",
        typed,
        rows=[in_words(one, found.at) for one in rows],
        kinds=KIND_TEXTS,
        proposed=PROPOSED,
        asked=dict(asked),
        more=f"{rows[-1].booked_on}:{rows[-1].line_id}" if len(rows) == PAGE else "",
        sources=[("", found.say("All")), *((one, one) for one in sources)],
        reasons=[("", found.say("All")), *((one.value, REASON_TEXTS[one][found.language]) for one in Reason)],
        me=found.who.actor,
    )


def _after(text: str) -> tuple[date, UUID] | None:
    """The place in the queue from which to go on; None for what is no place."""
    day, _, line = text.partition(":")
    try:
        return date.fromisoformat(day), UUID(line)
    except ValueError:
        return None


@router.post("/finance/lines/match")
def page_finance_matched(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The rules go through every line that nothing explains."""
    facts = found.engine.facts
    rules = rules_for(load_match_rules(facts.facts_dir), facts.offices.values())
    runs = match_sources(found.engine.database, rules, [], found.at, lambda lines: None)
    if any(run.matches for run in runs):
        return go("/finance/matches", found, said="Matched. These are the latest.")
    return go("/finance/lines", found, said="The rules explain none of these.")


@router.get("/finance/lines/{line_id}")
def page_finance_line(
    line_id: UUID, found: OurVisit, connection: InTransaction, words: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """One line: what came close, what is expected near its amount, and what was done about it."""
    match = match_of_line(connection, line_id)
    if match is not None:
        return RedirectResponse(f"/finance/matches/{match}", 303)
    return _line(found, connection, _waiting(connection, line_id), words=words)


def _waiting(connection: Connection, line_id: UUID) -> Waiting:
    waiting = load_one(connection, line_id)
    if waiting is None:
        raise NotFound(f"line {line_id} is not in suspense", field="line_id", remedy="copy it from the queue")
    return waiting


def _line(
    found: Visit, connection: Connection, waiting: Waiting, *, words: str = "", typed: Typed = NOTHING
) -> Response:
    line = in_words(waiting, found.at)
    near = {}
    for one in expected_near(connection, waiting, words):
        entry = _entry({name: getattr(one, name) for name in _ENTRY})
        near[entry["key"]] = entry
    close = [near.pop(one["key"], one) for one in map(_entry, line.candidates)]
    return shown(
        found,
        "line.html",
        typed,
        line=line,
        counterparty=waiting.counterparty,
        close=close,
        near=list(near.values()),
        words=words,
        kinds=KIND_TEXTS,
        proposed=PROPOSED,
        steps=load_steps(connection, line.line_id),
        me=found.who.actor,
        ticked=set(picked(typed.texts)),
    )


_ENTRY: Final = ("kind", "entry_id", "owner", "due_on", "amount_poisha", "reference")


def _entry(one: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with the key under which it is ticked."""
    return {"due_on": None, **one, "key": f"{one['kind']}~{one['entry_id']}"}


@router.post("/finance/lines/{line_id}/confirm")
def page_finance_line_confirmed(line_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The line is what was proposed for it."""
    made = attempt(connection, lambda: confirm_proposal(connection, line_id, by=found.who.actor, at=found.at))
    return _made(found, connection, line_id, said, made)


@router.post("/finance/lines/{line_id}/match")
def page_finance_line_matched(line_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The line is what was ticked, and why that is known."""
    made = attempt(connection, lambda: _by_hand(found, connection, line_id, said))
    return _made(found, connection, line_id, said, made)


def _by_hand(found: Visit, connection: Connection, line_id: UUID, said: Mapping[str, str]) -> Match:
    ticked = [one.partition("~") for one in picked(said)]
    entries = [(EntryKind(kind), entry) for kind, _, entry in ticked if kind in set(EntryKind)]
    if not entries:
        raise Unacceptable("nothing is ticked", field="entries", remedy="tick what the line is")
    return match_by_hand(connection, [line_id], entries, why=said.get("why", "")[:500], by=found.who.actor, at=found.at)


def _made(
    found: Visit, connection: Connection, line_id: UUID, said: Mapping[str, str], made: Match | PostError
) -> Response:
    if isinstance(made, PostError):
        if match := match_of_line(connection, line_id):  # somebody was faster, or the form was sent twice
            return RedirectResponse(f"/finance/matches/{match}", 303)
        typed = refused(found, said, made, ("why", "entries"))
        return _line(found, connection, _waiting(connection, line_id), typed=typed)
    return go(f"/finance/matches/{made.match_id}", found, said="Matched and posted.")


@router.post("/finance/lines/{line_id}/take")
def page_finance_line_taken(line_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """Whoever presses it finds out what the line is."""
    take_line(connection, line_id, by=found.who.actor, at=found.at)
    return go(f"/finance/lines/{line_id}", found, said="The line is yours.")


@router.post("/finance/lines/{line_id}/note")
def page_finance_line_noted(line_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The line stays in suspense, with what was found out."""
    note = said.get("note", "")[:500]
    noted = attempt(connection, lambda: note_line(connection, line_id, note, by=found.who.actor, at=found.at))
    if isinstance(noted, PostError):
        typed = refused(found, said, noted, ("note",))
        return _line(found, connection, _waiting(connection, line_id), typed=typed)
    return go(f"/finance/lines/{line_id}", found, said="Noted. The line stays in suspense.")
