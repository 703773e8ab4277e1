"""Lines of statements matched with what is expected, by the engine and by people; the queue of those that wait."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.acting import Person
from api.context import TRACED, InTransaction, Now, TheEngine, ThePost
from api.fields import Csv, In, Limit, Line, Note, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.matching.columns import EntryKind, Reason, Rule
from post_logistics.cod.matching.rules import load_match_rules
from post_logistics.operations.money.match_by_hand import (
    confirm_proposal,
    load_file,
    match_by_hand,
    undo_match,
)
from post_logistics.operations.money.match_reports import month_report, quarter_report, report_csv
from post_logistics.operations.money.matching import match_sources, rules_for
from post_logistics.operations.money.suspense import in_words, note_line, take_line
from post_logistics.storage.money.suspense import load_queue

router = Slice(prefix="/v1", tags=["matching"], responses=answers(401, 403))

Why = Annotated[Note, Field(min_length=1, examples=["the bank sent the slip"])]
Source = Annotated[Line, Field(max_length=40, examples=["sonali-collection"])]
EntryId = Annotated[Line, Field(min_length=1, examples=["office-close:1216:2026-11-22"])]


class MatchingIn(In):
    """Whose lines to match; all sources, if the list is empty."""

    sources: Annotated[list[Source], Field(max_length=100, examples=[["sonali-collection"]])]


class RunOut(Out):
    """What a run came to: lines looked at, lines matched by rule, lines in suspense by reason."""

    source: str
    lines: int
    matches: int
    by_rule: dict[str, int]
    by_reason: dict[str, int]


class EntryIn(In):
    """Something expected, by its kind and id."""

    kind: Annotated[EntryKind, Field(strict=False, examples=["deposit"])]
    entry_id: EntryId


class MatchIn(In):
    """What lines are: one line and several entries, or several lines and one."""

    lines: Annotated[
        list[Annotated[UUID, Field(strict=False)]],
        Field(min_length=1, max_length=500, examples=[["00000000-0000-4000-8000-000000000000"]]),
    ]
    entries: Annotated[list[EntryIn], Field(min_length=1, max_length=5000)]
    why: Why
    by: Person


class PersonIn(In):
    """Who acts."""

    by: Person


class ReasonIn(PersonIn):
    """Who acts, and why."""

    why: Why


class NoteIn(PersonIn):
    """What somebody found out."""

    note: Why


class EntryOut(Out):
    """An entry of a match."""

    kind: EntryKind
    entry_id: str
    owner: str
    amount_poisha: int


class MatchOut(Out):
    """A match, and why it is one."""

    match_id: UUID
    source: str
    rule: Rule
    text_en: str
    text_bn: str
    difference_poisha: int
    difference_kind: str | None
    lines: list[UUID]
    entries: list[EntryOut]
    made_by: str
    made_at: datetime
    confirmed_by: str | None
    undone_by: str | None
    undone_at: datetime | None
    undone_why: str | None


class WaitingOut(Out):
    """A line in suspense: why, what came close, whose business it is, what to do next."""

    line_id: UUID
    source: str
    booked_on: date
    amount_poisha: int
    reference: str
    description: str
    file_id: str
    row: int
    reason: Reason
    text_en: str
    text_bn: str
    next_en: str
    next_bn: str
    age_days: int
    owner: str
    note: str
    candidates: list[dict[str, Any]]
    proposal: dict[str, Any] | None


class FigureOut(Out):
    """One figure of a report."""

    measure: str
    count: int
    amount_poisha: int


class MonthOut(Out):
    """A month's match report; ``matched_in_time`` is null before its day is over."""

    month: str
    due_on: date
    matched_in_time: bool | None
    figures: list[FigureOut]


@router.post(
    "/statement-matching",
    dependencies=TRACED,
    summary="Match what has been imported",
    responses=answers(400, 404, 409, 413),
)
def match_statements(asked: MatchingIn, who: ThePost, engine: TheEngine, at: Now) -> list[RunOut]:
    """Matches every line that nothing explains yet; the others wait in suspense. Asked again, it changes nothing."""
    rules = rules_for(load_match_rules(engine.settings.facts_dir), engine.facts.offices.values())
    runs = match_sources(engine.database, rules, asked.sources, at, lambda lines: None)
    return [RunOut.of(run) for run in runs]


@router.get("/suspense", summary="Lines that wait for a person")
def suspense(
    who: ThePost,
    connection: InTransaction,
    at: Now,
    source: Annotated[str | None, Query(max_length=40)] = None,
    reason: Reason | None = None,
    owner: Annotated[str | None, Query(max_length=80)] = None,
    limit: Limit = 100,
) -> list[WaitingOut]:
    """Those booked first first."""
    found = load_queue(connection, source=source, reason=reason, owner=owner, limit=limit)
    return [WaitingOut.of(in_words(one, at)) for one in found]


@router.post("/suspense/{line_id}/owner", summary="Take a line on", responses=answers(400, 404, 409, 413))
def take_suspended(line_id: UUID, given: PersonIn, who: ThePost, connection: InTransaction, at: Now) -> WaitingOut:
    """The line is that person's business."""
    return WaitingOut.of(in_words(take_line(connection, line_id, by=given.by, at=at), at))


@router.post("/suspense/{line_id}/notes", summary="Note what was found out", responses=answers(400, 404, 409, 413))
def note_suspended(line_id: UUID, given: NoteIn, who: ThePost, connection: InTransaction, at: Now) -> WaitingOut:
    """The note is kept with the line."""
    return WaitingOut.of(in_words(note_line(connection, line_id, given.note, by=given.by, at=at), at))


@router.post(
    "/suspense/{line_id}/confirmation", summary="Confirm what is proposed", responses=answers(400, 404, 409, 413)
)
def confirm_suspended(line_id: UUID, given: PersonIn, who: ThePost, connection: InTransaction, at: Now) -> MatchOut:
    """The line is the entry that was proposed for it."""
    made = confirm_proposal(connection, line_id, by=given.by, at=at)
    return MatchOut.of(load_file(connection, made.match_id))


@router.post("/matches", summary="Say what a line is", responses=answers(400, 404, 409, 413))
def make_match(given: MatchIn, who: ThePost, connection: InTransaction, at: Now) -> MatchOut:
    """One line is several entries, or several lines are one; told again, it is the same match."""
    entries = [(one.kind, one.entry_id) for one in given.entries]
    made = match_by_hand(connection, given.lines, entries, why=given.why, by=given.by, at=at)
    return MatchOut.of(load_file(connection, made.match_id))


@router.get("/matches/{match_id}", summary="A match and why it is one", responses=answers(404))
def a_match(match_id: UUID, who: ThePost, connection: InTransaction) -> MatchOut:
    """Its lines, its entries, and the sentence that explains it."""
    return MatchOut.of(load_file(connection, match_id))


@router.post("/matches/{match_id}/undoing", summary="Undo a match", responses=answers(400, 404, 409, 413))
def undo(match_id: UUID, given: ReasonIn, who: ThePost, connection: InTransaction, at: Now) -> MatchOut:
    """What it posted is taken back, and its lines wait again."""
    undone = undo_match(connection, match_id, why=given.why, by=given.by, at=at)
    return MatchOut.of(load_file(connection, undone.match_id))


@router.get("/match-reports/months/{month}", summary="The match report of a month", responses=answers(404))
def match_report(
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-11"])],
    who: ThePost,
    connection: InTransaction,
    at: Now,
) -> MonthOut:
    """Due by the 15th of the next month."""
    return MonthOut.of(month_report(connection, month, at))


@router.get(
    "/match-reports/quarters/{quarter}.csv",
    summary="The quarterly report for the central bank",
    response_class=Csv,
    responses=answers(404),
)
def quarterly_match_report(
    quarter: Annotated[str, Field(pattern=r"^[0-9]{4}-Q[1-4]$", examples=["2026-Q4"])],
    who: ThePost,
    connection: InTransaction,
    at: Now,
) -> Csv:
    """Three months, a row per figure."""
    return Csv(report_csv(quarter_report(connection, quarter, at)))
