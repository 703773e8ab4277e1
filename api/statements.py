"""Statements of banks and providers: how they are read, and their lines, each kept once."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Form, Path, Query, UploadFile
from pydantic import Field

from api.acting import Acts, Person
from api.context import InTransaction, Now, TheEngine, ThePost
from api.fields import Day, In, Limit, Out, following
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.statements.layout import layout_of
from post_logistics.cod.statements.profiles import load_known_columns
from post_logistics.operations.money.importing import (
    FirstLook,
    files_of,
    first_look,
    import_statement,
    keep_source,
    preview_statement,
)
from post_logistics.storage.money.statements import load_lines, load_sources

router = Slice(prefix="/v1", tags=["statements"], responses=answers(401, 403))

MAX_UPLOAD_BYTES = 512 * 2**20
UPLOADS = ("/v1/statement-files", "/v1/statement-files/first-look", "/v1/statement-files/preview")
"""Paths that take a statement, and so a larger body than others."""

SourceName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{1,39}$", examples=["sonali-collection"])]
OfSource = Annotated[str, Form(max_length=40, description="The source, by its name.", examples=["sonali-collection"])]


class SourceIn(In):
    """How the statements of a source are to be read."""

    layout: Annotated[
        dict[str, Any],
        Field(
            description="As the TOML of a layout, in JSON: kind, title, dates, columns, words.",
            examples=[
                {
                    "kind": "bank",
                    "title": "Collection account",
                    "dates": ["DD/MM/YYYY"],
                    "columns": {"booked_on": ["Date"], "debit": ["Debit"], "credit": ["Credit"]},
                }
            ],
        ),
    ]
    by: Person


class SourceOut(Out):
    """One version of how a source is read."""

    source: str
    version: int
    kind: str
    provider: str | None
    layout: dict[str, Any]
    made_by: str
    made_at: datetime


class SummaryOut(Out):
    """A file as a whole. ``repeated``: rows twice under one number; ``without_amount``: rows that move nothing."""

    rows: int
    repeated: int
    without_amount: int
    credit_poisha: int
    debit_poisha: int
    first_on: date
    last_on: date
    opening_poisha: int | None
    closing_poisha: int | None


class LineOut(Out):
    """One line. ``row`` as a spreadsheet numbers it; credit is above zero."""

    row: int
    booked_on: date
    value_on: date | None
    amount_poisha: int
    reference: str
    description: str
    counterparty: str
    bank_id: str
    balance_poisha: int | None


class KeptLineOut(LineOut):
    """A line that is kept, and the file it came in first."""

    line_id: UUID
    file_id: str


class PreviewOut(Out):
    """What would come of a file: as a whole, how much of it is known, and its first lines as they would be kept."""

    summary: SummaryOut
    known_rows: int
    first: list[LineOut]


class FindingOut(Out):
    """What a column was taken for, and why, in both languages."""

    field: str
    column: str
    sure_percent: int
    en: str
    bn: str


class QuestionOut(Out):
    """What the file cannot say; the answer, one of ``choices``, belongs under the key ``about`` of the layout."""

    about: str
    en: str
    bn: str
    choices: list[str]


class MisfitOut(Out):
    """Why the file does not fit the layout proposed for it."""

    message: str
    field: str | None
    row: int | None
    remedy: str | None


class FirstLookOut(Out):
    """A layout proposed for an unknown file; with questions or misfits there is no preview."""

    layout: dict[str, Any]
    toml: Annotated[str, Field(description="The same to edit, with evidence and questions as comments.")]
    header_row: int
    encoding: Annotated[str | None, Field(description="Null for a workbook.")]
    unread: list[str]
    findings: list[FindingOut]
    questions: list[QuestionOut]
    preview: PreviewOut | None
    misfit: MisfitOut | None

    @classmethod
    def of(cls, value: object) -> Self:
        """The answer made of a first look."""
        assert isinstance(value, FirstLook)
        proposal = value.proposal
        return cls(
            layout=dict(proposal.table),
            toml=proposal.toml(),
            header_row=proposal.header_row,
            encoding=proposal.encoding,
            unread=list(proposal.unread),
            findings=[FindingOut.of(one) for one in proposal.findings],
            questions=[QuestionOut.of(one) for one in proposal.questions],
            preview=PreviewOut.of(value.preview) if value.preview else None,
            misfit=MisfitOut.of(value.refused) if value.refused else None,
        )


class FileOut(Out):
    """An imported file. ``new_rows``: those that no earlier file had."""

    file_id: str
    source: str
    version: int
    file_name: str
    rows: int
    new_rows: int
    first_on: date
    last_on: date
    opening_poisha: int | None
    closing_poisha: int | None
    imported_by: str
    imported_at: datetime


class GapOut(Out):
    """Where two files do not join; ``missing_poisha`` is what the lines between must come to, if that is known."""

    after_file: str
    before_file: str
    after_on: date
    before_on: date
    missing_poisha: int | None


class ImportedOut(Out):
    """What became of a file; ``again``: it was imported before, and nothing was done."""

    file: FileOut
    again: bool
    known_rows: int
    repeated: int
    without_amount: int
    gaps: list[GapOut]


class FilesOut(Out):
    """The files of a source, oldest days first, and where they do not join."""

    files: list[FileOut]
    gaps: list[GapOut]


class LinePage(Out):
    """Lines. ``next``: send it as ``after`` for the next page; null on the last."""

    lines: list[KeptLineOut]
    next: str | None


@router.get("/statement-sources", summary="Whose statements can be read")
def statement_sources(who: ThePost, connection: InTransaction) -> list[SourceOut]:
    """Every version of every source, the latest of each first."""
    return [SourceOut.of(one) for one in load_sources(connection)]


@router.put("/statement-sources/{source}", summary="Say how a source is read", responses=answers(400, 409, 413))
def keep_statement_source(
    source: SourceName, asked: SourceIn, who: ThePost, connection: InTransaction, at: Now
) -> SourceOut:
    """The layout in force from now on, as a new version; the same layout again is the same version."""
    return SourceOut.of(keep_source(connection, source, layout_of(asked.layout), asked.by, at))


@router.post("/statement-files/first-look", summary="Look at an unknown statement", responses=answers(400, 413))
def statement_first_look(
    file: UploadFile,
    who: ThePost,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    source: OfSource = "new",
    provider: Annotated[str, Form(max_length=40, description="Empty: a bank's statement.", examples=[""])] = "",
) -> FirstLookOut:
    """Proposes a layout with the evidence for every column, asks what the file cannot say, and keeps nothing."""
    known = load_known_columns(engine.settings.facts_dir)
    name = file.filename or "the file"
    return FirstLookOut.of(first_look(connection, file.file, name, source, known, at, provider=provider or None))


@router.post("/statement-files/preview", summary="Preview a statement", responses=answers(400, 404, 409, 413))
def statement_preview(
    file: UploadFile, source: OfSource, who: ThePost, connection: InTransaction, at: Now
) -> PreviewOut:
    """Reads and checks the whole file by the source's layout, and keeps nothing."""
    return PreviewOut.of(preview_statement(connection, file.file, file.filename or "the file", source, at))


@router.post("/statement-files", summary="Import a statement", responses=answers(400, 404, 409, 413))
def statement_file(
    file: UploadFile,
    source: OfSource,
    by: Annotated[str, Form(min_length=1, max_length=80, description="Who imports it.", examples=["rahima"]), Acts()],
    who: ThePost,
    connection: InTransaction,
    at: Now,
) -> ImportedOut:
    """CSV or XLSX. Keeps the lines that no earlier file had; refuses a file that does not fit with row, column and
    remedy, and then keeps nothing of it. The same file again changes nothing."""
    return ImportedOut.of(import_statement(connection, file.file, file.filename or "the file", source, by, at))


@router.get("/statement-files", summary="The statements of a source")
def statement_files(who: ThePost, connection: InTransaction, source: Annotated[str, Query(max_length=40)]) -> FilesOut:
    """What was imported, and between which files something is missing."""
    return FilesOut.of(files_of(connection, source))


@router.get("/statement-lines", summary="The lines of a source")
def statement_lines(
    who: ThePost,
    connection: InTransaction,
    source: Annotated[str, Query(max_length=40)],
    first_on: Annotated[Day, Query(description="The first day of booking.")],
    last_on: Annotated[Day, Query(description="The last, itself included.")],
    after: Annotated[UUID | None, Query(description="The `next` of a page.")] = None,
    limit: Limit = 100,
) -> LinePage:
    """A page of the lines booked in those days, in the order of their ids."""
    found = load_lines(connection, source, first_on, last_on, after, limit)
    return LinePage(
        lines=[KeptLineOut.of(one) for one in found], next=following([str(one.line_id) for one in found], limit)
    )
