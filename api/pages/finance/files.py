"""Files for banks: made of what is approved, fetched, and what became of them."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Path, Response

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.finance.payouts import STATES
from api.pages.forms import NOTHING, PAGE, Typed, attempt, day_of, kept, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.payout_files import layout_named, load_payout_layouts
from post_logistics.cod.payouts import PayoutState
from post_logistics.cod.whereabouts import banking_day
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.money.payouts import FileMade, LeftOut, make_file, mark_sent, withdraw_file
from post_logistics.storage.database import Connection
from post_logistics.storage.money.desk import load_latest_files
from post_logistics.storage.money.payouts import load_file, load_payouts
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

LEFT_OUT: Final = {
    LeftOut.CASH: "is paid in cash",
    LeftOut.ON_HOLD: "is on hold",
    LeftOut.NO_DETAILS: "has no account",
    LeftOut.ACCOUNT_CHANGED: "the account was changed since",
    LeftOut.NOT_PROVEN: "the account is not proven, or still rests",
    LeftOut.OTHER_LAYOUT: "belongs into a file of another kind",
    LeftOut.DOES_NOT_FIT: "does not fit what the bank takes",
}
"""Why a payout is not in a file."""
_FileId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]


@router.get("/finance/files")
def page_finance_files(found: OurVisit, connection: InTransaction) -> Response:
    """The files made last, and what waits to go into one."""
    return _files(found, connection)


def _files(
    found: Visit, connection: Connection, typed: Typed = NOTHING, left_out: dict[str, LeftOut] | None = None
) -> Response:
    facts, today = found.engine.facts, found.at.astimezone(DHAKA).date()
    next_on = banking_day(today + timedelta(days=1), 0, facts.money_rules, facts.cod_rules.on(today))
    waiting = load_payouts(connection, states=[PayoutState.APPROVED])
    layouts = load_payout_layouts(facts.facts_dir)
    return shown(
        found,
        "files.html",
        typed,
        files=load_latest_files(connection, PAGE),
        waiting=len(waiting),
        waiting_poisha=sum(one.amount_poisha for one in waiting),
        layouts=[(name, one.title) for name, one in layouts.items()],
        paid_on=typed.texts.get("paid_on", next_on.isoformat()),
        left_out=left_out or {},
        reasons=LEFT_OUT,
    )


@router.post("/finance/files")
def page_finance_file_made(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The file of that day for that bank, of every approved payout that can go into it."""
    made = attempt(connection, lambda: _made(found, connection, said.get("layout", ""), said.get("paid_on", "")))
    if isinstance(made, PostError):
        return _files(found, connection, refused(found, said, made, ("paid_on",)), made.facts.get("left_out"))
    return go(
        f"/finance/files/{made.file.file_id}", found, said="The file is made. Fetch it, and say when the bank has it."
    )


def _made(found: Visit, connection: Connection, layout_name: str, day: str) -> FileMade:
    """The file, under a name that no earlier one of the day has."""
    layout = layout_named(found.engine.facts.facts_dir, layout_name)
    today, paid_on = found.at.astimezone(DHAKA).date(), day_of(day, "paid_on")
    if paid_on is None or paid_on < today:
        raise Unacceptable("that day is over, or none is named", field="paid_on", remedy="name today or a later day")
    names = {one.file_id for one in load_latest_files(connection, 500)}
    name = next(name for n in range(1, 1000) if (name := f"{today}-{layout.name}-{n}") not in names)
    return make_file(connection, layout, file_id=name, paid_on=paid_on, by=found.who.actor, at=found.at)


@router.get("/finance/files/{file_id}")
def page_finance_file(file_id: _FileId, found: OurVisit, connection: InTransaction) -> Response:
    """One file, and the payouts in it."""
    return _file(found, connection, file_id)


def _file(found: Visit, connection: Connection, file_id: str, typed: Typed = NOTHING) -> Response:
    glance = load_latest_files(connection, 1, file_id)
    if not glance:
        raise NotFound(f"no payout file {file_id}", field="file_id", remedy="copy it from the list of files")
    payouts = load_payouts(connection, file_id=file_id)
    return shown(found, "file.html", typed, file=glance[0], payouts=payouts, states=STATES)


@router.get("/finance/files/{file_id}/content")
def page_finance_file_content(file_id: _FileId, found: OurVisit, connection: InTransaction) -> Response:
    """The file for the bank, byte for byte."""
    file, layouts = load_file(connection, file_id), load_payout_layouts(found.engine.facts.facts_dir)
    is_csv = file.layout in layouts and layouts[file.layout].format == "csv"
    return kept(file.content, "application/octet-stream", f"{file_id}.{'csv' if is_csv else 'txt'}")


@router.post("/finance/files/{file_id}/sent")
def page_finance_file_sent(file_id: _FileId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The bank has it: its payouts are sent."""
    sent = attempt(connection, lambda: mark_sent(connection, file_id, by=found.who.actor, at=found.at))
    if isinstance(sent, PostError):
        return _file(found, connection, file_id, refused(found, said, sent, ()))
    return go(f"/finance/files/{file_id}", found, said="Its payouts are sent.")


@router.post("/finance/files/{file_id}/withdraw")
def page_finance_file_withdrawn(file_id: _FileId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """It never went to the bank: its payouts are cancelled, and owed again."""
    why = said.get("why", "")[:500]
    gone = attempt(connection, lambda: withdraw_file(connection, file_id, why=why, by=found.who.actor, at=found.at))
    if isinstance(gone, PostError):
        return _file(found, connection, file_id, refused(found, said, gone, ("why",)))
    return go(f"/finance/files/{file_id}", found, said="Withdrawn. Its payouts are cancelled and owed again.")
