"""Statements come in: a file is looked at first, with how its columns are understood; what is wrong is put right, and
then it is taken in, whole or not at all.

The file travels with the form, packed, until it is taken in: nothing is kept of one that was only looked at.
"""

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, Typed, attempt, refused, told
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.statements.files import StatementSource, gaps
from post_logistics.cod.statements.layout import FIELDS, Layout, layout_of
from post_logistics.cod.statements.profiles import KnownColumns, load_known_columns
from post_logistics.consignments.order_files.layout import header_key
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.money.importing import (
    FirstLook,
    Imported,
    Preview,
    content_id,
    files_of,
    first_look,
    import_statement,
    keep_source,
    preview_statement,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money.statements import load_file, load_files, load_source, load_sources

router = Slice(include_in_schema=False)

COLUMNS: Final[Mapping[str, str]] = {
    "booked_on": "Day of booking",
    "value_on": "Value date",
    "amount": "Amount, in and out in one column",
    "credit": "Money in",
    "debit": "Money out",
    "direction": "Word for in or out",
    "balance": "Balance after the line",
    "id": "The bank's own number of the line",
    "reference": "Slip, cheque or payment reference",
    "description": "Description",
    "counterparty": "Who paid or was paid",
}
"""What a column can hold, in the order in which people think of it."""
_BESIDE: Final = frozenset({"dates", "positive_is", "title"})
_PACKED_AT_MOST: Final = 5 * 2**20
_UNPACKED_AT_MOST: Final = 64 * 2**20
_SOURCE: Final = r"^[a-z0-9][a-z0-9_-]{1,39}$"
_SourceName = Annotated[str, Path(pattern=_SOURCE)]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, whose statement it is, and what is said of its columns; nothing is said at first."""

    name: str
    body: bytes
    source: str
    provider: str
    said: Mapping[str, str]

    @property
    def packed(self) -> str:
        """The file as it travels with the form."""
        packer = zlib.compressobj(6, wbits=31)
        return urlsafe_b64encode(packer.compress(self.body) + packer.flush()).decode()


async def upload(request: Request) -> Sent:
    """The file of a form; Unacceptable if none was chosen."""
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Unacceptable("no file was chosen", field="file", remedy="choose a CSV or Excel file")
        texts = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        source = texts.get("source") or texts.get("new_source", "")
        return Sent(file.filename[:200], await file.read(), source[:40], texts.get("provider", "")[:40], {})


def _sent_again(said: Mapping[str, str]) -> Sent:
    """The same file, as it came back with the form."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(urlsafe_b64decode(said.get("packed", "")), _UNPACKED_AT_MOST)
    except (NotBase64, zlib.error, ValueError):
        body = b""
    if not body:
        raise Unacceptable("the file did not come back", field="file", remedy="send the file again")
    name, source, provider = (said.get(key, "").strip() for key in ("name", "source", "provider"))
    return Sent(name[:200] or "the file", body, source[:40], provider[:40], said)


@router.get("/finance/statements")
def page_finance_statements(found: OurVisit, connection: InTransaction) -> Response:
    """Where a statement is chosen, whose statements can be read, and the files that came last."""
    return _statements(found, connection)


def _statements(found: Visit, connection: Connection, typed: Typed = NOTHING) -> Response:
    sources = _latest(load_sources(connection))
    files = load_files(connection)
    by_source = {name: [one for one in files if one.source == name] for name in sources}
    return shown(
        found,
        "statements.html",
        typed,
        sources=sources,
        choices=[
            ("", found.say("A new one")),
            *((name, f"{one.layout.get('title', '')} · {name}") for name, one in sources.items()),
        ],
        last={name: max(of, key=lambda one: one.last_on, default=None) for name, of in by_source.items()},
        gaps={name: len(gaps(of)) for name, of in by_source.items()},
    )


def _latest(sources: Sequence[StatementSource]) -> dict[str, StatementSource]:
    """Source -> its version in force, by name."""
    return {one.source: one for one in sorted(sources, key=lambda one: (one.source, one.version))}


@router.get("/finance/statements/{source}")
def page_finance_source(source: _SourceName, found: OurVisit, connection: InTransaction) -> Response:
    """The files of a source, where they do not join, and how its columns are understood."""
    return shown(
        found,
        "source.html",
        source=load_source(connection, source),
        known=files_of(connection, source),
        columns=COLUMNS,
    )


@router.post("/finance/statements/look")
def page_finance_statement_looked(
    found: OurVisit, said: Form, file: Annotated[Sent, Depends(upload)], connection: InTransaction
) -> Response:
    """The file as it is understood, with its first lines; nothing is kept."""
    return _looked(found, connection, file)


@router.post("/finance/statements/take")
def page_finance_statement_taken(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The file as it is understood now; or taken in, if that was pressed and nothing stands against it."""
    return _looked(found, connection, _sent_again(said), take=said.get("do") == "take")


def _looked(found: Visit, connection: Connection, sent: Sent, *, take: bool = False) -> Response:
    form = {"new_source": sent.source, "provider": sent.provider}
    if not re.match(_SOURCE, sent.source):
        remedy = "write 2 to 40 small letters, digits and dashes, such as sonali-collection"
        error = Unacceptable(f"{sent.source!r} cannot name a source", field="new_source", remedy=remedy)
        return _statements(found, connection, refused(found, form, error, ("new_source",)))
    if load_file(connection, content_id(BytesIO(sent.body), sent.source)):
        return go(
            f"/finance/statements/{sent.source}", found, said="This very file was taken in before. Nothing has changed."
        )
    packed = sent.packed
    if len(packed) > _PACKED_AT_MOST:
        error = Unacceptable(
            "the file is too large for a page", field="file", remedy="import it with the command, see the guide"
        )
        return _statements(found, connection, refused(found, form, error, ("file",)))
    kept = _latest(load_sources(connection)).get(sent.source)
    known = load_known_columns(found.engine.settings.facts_dir)
    provider = kept.provider if kept else sent.provider or None
    seen = attempt(
        connection,
        lambda: first_look(connection, BytesIO(sent.body), sent.name, sent.source, known, found.at, provider=provider),
    )
    if isinstance(seen, PostError):
        return _statements(found, connection, refused(found, form, seen, ("file",)))
    headers = _headers(seen)
    base = kept.layout if kept else dict(seen.proposal.table)
    table = _mapped(base, headers, sent.said, known) if sent.said else base
    read = attempt(connection, lambda: _read(found, connection, sent, layout_of(table), take=take))
    if isinstance(read, Imported):
        return _taken_in(found, read)
    return _mapping(found, sent, packed, kept, seen, table, read)


def _read(found: Visit, connection: Connection, sent: Sent, layout: Layout, *, take: bool) -> Preview | Imported:
    """What would become of the file by that layout; or what became of it."""
    file, by = BytesIO(sent.body), found.who.actor
    preview = preview_statement(connection, file, sent.name, sent.source, found.at, layout)
    if not take:
        return preview
    keep_source(connection, sent.source, layout, by, found.at)
    return import_statement(connection, file, sent.name, sent.source, by, found.at)


def _taken_in(found: Visit, done: Imported) -> Response:
    text = found.say("{n} new lines are in. Let the rules match them now.", n=done.file.new_rows)
    return RedirectResponse(f"/finance/statements/{done.file.source}?said={quote(text)}", 303)


def _headers(seen: FirstLook) -> list[str]:
    """The names of the file's columns."""
    names = [one.column for one in seen.proposal.findings] + list(seen.proposal.unread)
    return [name for name in dict.fromkeys(names) if name.strip()]


def _in_file(names: Sequence[str], headers: Sequence[str]) -> str:
    """The first of the file's columns that has one of those names; empty if none has."""
    keys = {header_key(name) for name in names}
    return next((header for header in headers if header_key(header) in keys), "")


def _mapped(
    base: Mapping[str, Any], headers: Sequence[str], said: Mapping[str, str], known: KnownColumns
) -> dict[str, Any]:
    """The layout with what was said of its columns. What the file does not have stays as it was."""
    before: Mapping[str, Sequence[str]] = base.get("columns", {})
    columns: dict[str, Sequence[str]] = {}
    for name in FIELDS:
        chosen, names = said.get(f"column_{name}", ""), before.get(name, ())
        stays = chosen == _in_file(names, headers)
        columns |= {name: names if stays else [chosen]} if chosen or (stays and names) else {}
    table = {key: value for key, value in base.items() if key not in {"columns", "positive_is"}}
    words = dict(base.get("words", {}))
    if "direction" in columns:
        words |= {way: list(known.words[way]) for way in ("credit", "debit") if not words.get(way)}
    if "amount" in columns and "direction" not in columns:
        table["positive_is"] = said.get("positive_is") or "credit"
    dates = [one.strip() for one in re.split(r"[,;]", said.get("dates", "")) if one.strip()]
    title = said.get("title", "").strip() or base["title"]
    return table | {"title": title, "dates": dates, "columns": columns, "words": words}


def _mapping(
    found: Visit,
    sent: Sent,
    packed: str,
    kept: StatementSource | None,
    seen: FirstLook,
    table: Mapping[str, Any],
    read: Preview | Imported | PostError,
) -> Response:
    questions = {one.about: one for one in seen.proposal.questions}
    wrong: dict[str, str] = {}
    if isinstance(read, PostError):
        row = found.say("Row {n} cannot be read:", n=read.row) + " " if read.row else ""
        asked = not (sent.said or kept) and questions  # what nobody has answered yet is no mistake
        wrong = {} if asked else {(read.field or "") if read.field in _BESIDE else "": row + told(found, read)}
    bn, headers = found.language == "bn", _headers(seen)
    findings = {one.field: one for one in seen.proposal.findings}
    return shown(
        found,
        "mapping.html",
        Typed(sent.said, wrong),
        sent=sent,
        packed=packed,
        kept=kept,
        table=table,
        rows=[
            (name, words, _in_file(table["columns"].get(name, ()), headers), _why(findings.get(name), bn=bn))
            for name, words in COLUMNS.items()
        ],
        headers=headers,
        questions=questions,
        dates=[("", "–"), *((one, one) for one in questions["dates"].choices)] if "dates" in questions else [],
        preview=None if isinstance(read, PostError) else read,
    )


def _why(finding: Any, *, bn: bool) -> str:
    """Why a column was taken for it."""
    return (finding.bn if bn else finding.en) if finding else ""
