"""The files of ``data/``: shown row by row; a changed one checked, its effect told, and handed back for the review.

Nothing is applied by these pages: what prices and areas rest on is changed by a file that somebody else has read.
"""

from typing import Annotated, Final, Literal

from fastapi import Depends, Path, Query, Request, Response
from starlette.datastructures import UploadFile

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, kept, refused
from api.pages.shell import Form, OurVisit, Visit
from api.slices import Slice
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.keeping.effects import effect_of
from post_logistics.operations.keeping.fact_files import MAX_BYTES, check_change, read_fact_file, rows_of
from post_logistics.units import latin_digits

router = Slice(include_in_schema=False)

ABOUT: Final = {
    "post_offices.csv": "Offices of delivery, and since when the service is there",
    "timetable.csv": "Legs between the offices",
    "fleet.toml": "Riders and what they ride",
    "collection_points.csv": "Where recipients collect",
    "tariffs.toml": "Prices, from which day on",
    "booking.toml": "What may be posted",
    "cod.toml": "Limits of cash on delivery",
    "agents.toml": "What digital centres earn",
    "view_cards.toml": "What may be printed on view cards",
    "money_alarms.toml": "How long money may be where it is",
    "promises.toml": "How late vehicles arrive",
    "attempts.toml": "How attempts at the door end",
    "custody.toml": "Which scan is due next, and by when",
    "lifecycle.toml": "When a parcel is sent back",
    "proofs.toml": "What shows that a delivery is true",
    "claims.toml": "What is owed when something went wrong",
    "messages.toml": "Text messages to recipients",
    "order_columns.toml": "Names of columns in order files",
    "matching.toml": "How lines of statements are matched",
    "payout_layouts.toml": "Files with payouts, as banks want them",
    "costs.toml": "What carrying a parcel costs the post",
    "retention.toml": "How long what is known of people is kept",
    "places.csv": "Places people write in addresses",
    "unions.csv": "Unions, paurashavas and wards",
    "thanas.csv": "Thanas and upazilas",
    "districts.csv": "Districts",
}
"""What each file says. Those that are changed most come first."""
_Name = Annotated[str, Path(pattern=r"^[a-z_]{1,40}\.(csv|toml)$")]
_SHOWN_ROWS: Final = 200


async def sent_file(request: Request) -> bytes:
    """The file of a form; nothing if none was chosen."""
    async with request.form() as form:
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            return b""
        return await sent.read(MAX_BYTES + 1)


@router.get("/admin/facts")
def page_admin_facts(found: OurVisit) -> Response:
    """Every file that a postmaster changes."""
    return shown(found, "facts.html", files=ABOUT)


@router.get("/admin/facts/{name}")
def page_admin_fact(
    name: _Name,
    found: OurVisit,
    words: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> Response:
    """One file, row by row, and where a changed one is checked."""
    return _fact(found, name, words=words, after=after)


def _fact(found: Visit, name: str, typed: Typed = NOTHING, words: str = "", after: int = 0) -> Response:
    content = read_fact_file(found.engine.facts.facts_dir, name)
    wanted = latin_digits(words.strip()).casefold()
    rows = [
        (key, cells)
        for key, cells in rows_of(name, content).items()
        if not wanted or wanted in key.casefold() or any(wanted in cell.casefold() for cell in cells.values())
    ]
    return shown(
        found,
        "fact.html",
        typed,
        name=name,
        about=ABOUT[name],
        columns=list(rows[0][1]) if rows and name.endswith(".csv") else [],
        rows=rows[after : after + PAGE],
        more=after + PAGE if len(rows) > after + PAGE else 0,
        count=len(rows),
        words=words,
    )


@router.get("/admin/facts/{name}/file")
def page_admin_fact_file(name: _Name, found: OurVisit) -> Response:
    """The file as it is in use, to be changed."""
    return kept(read_fact_file(found.engine.facts.facts_dir, name), _media_type(name), name)


def _media_type(name: str) -> str:
    return "text/csv; charset=utf-8" if name.endswith(".csv") else "application/toml"


@router.post("/admin/facts/{name}/check")
def page_admin_fact_checked(
    name: _Name, found: OurVisit, said: Form, content: Annotated[bytes, Depends(sent_file)], connection: InTransaction
) -> Response:
    """The changed file as the engine reads it: what is wrong, or what is other and what that would do."""
    facts = found.engine.facts
    if not content:
        nothing = Unacceptable("no file was chosen", field="file", remedy="choose the changed file")
        return _fact(found, name, refused(found, {}, nothing, ("file",)))
    checked = attempt(connection, lambda: check_change(facts.facts_dir, name, content))
    if isinstance(checked, PostError):
        where = found.say("Row {row}, column {column}: ", row=checked.row, column=checked.field) if checked.row else ""
        typed = refused(found, {}, checked, ())
        return _fact(found, name, Typed({}, {"file": where + next(iter(typed.wrong.values()))}))
    return shown(
        found,
        "change.html",
        checked=checked,
        about=ABOUT[name],
        rows=checked.rows[:_SHOWN_ROWS],
        effect=effect_of(connection, facts, checked, found.at),
        kinds=KINDS,
        most=PAGE,
    )


KINDS: Final = {"new": ("new", "good"), "gone": ("gone", "bad"), "other": ("other", "warn")}
"""Kind of difference -> its word, and its badge."""


@router.post("/admin/facts/{name}/reviewed")
def page_admin_fact_handed(
    name: _Name, found: OurVisit, said: Form, do: Annotated[Literal["file", "patch"], Query()] = "file"
) -> Response:
    """The checked file, or its difference alone, for whoever reviews it. It is checked once more on the way."""
    checked = check_change(found.engine.facts.facts_dir, name, said.get("content", "").encode())
    if do == "patch":
        return kept(checked.patch.encode(), "text/x-diff; charset=utf-8", f"{name}.patch")
    return kept(checked.text.encode(), _media_type(name), name)
