"""The end of the day at a counter: riders hand in, the till is counted, the bank gets its share; signed for by two."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.agent_cash import agents_of
from api.pages.code import code
from api.pages.counting import count_of, problems_of, variances, whole, worths_on
from api.pages.forms import attempt, day_of, kept, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.station import Here
from api.slices import Slice
from post_logistics.cod.counting import VARIANCE_TEXTS
from post_logistics.cod.day_close import OfficeClose, Reopening, RiderClose, Slip
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.money.close_sheets import close_sheet
from post_logistics.operations.money.closing import (
    ToClose,
    close_office_day,
    close_rider_day,
    correct_slip,
    pay_in,
    reopen,
    to_close,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money.closes import (
    load_close,
    load_closes,
    load_deposits,
    load_reopenings,
    load_slips,
    load_to_pay_in,
)
from post_logistics.units import DHAKA, Postcode, latin_digits

router = Slice(include_in_schema=False)

TILL: Final = "till"
"""Stands in an address for the office's own cash; riders by their names."""
_Holder = Annotated[str, Path(max_length=64)]
_CloseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9:.-]{1,120}$")]


@router.get("/station/close")
def page_station_close(
    found: OurVisit, office: Here, connection: InTransaction, on: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """What is to be counted, what was closed that day, and what has yet to be paid in."""
    day = _day(found, on)
    closes = load_closes(connection, day, office, opened_again=True)
    return page(
        found,
        "station/close.html",
        on=day,
        today=_day(found, ""),
        office_name=_office_name(found, office),
        counts=to_close(connection, found.engine.facts, office, day),
        holder_of=_holder_of,
        closes=closes,
        opened_again=load_reopenings(connection, [one.close_id for one in closes]),
        to_pay_in=load_to_pay_in(connection, office),
        agents=agents_of(found, connection, office),
    )


def _day(found: Visit, text: str) -> date:
    """That day; today where none is named."""
    return day_of(text, "on") or found.at.astimezone(DHAKA).date()


def _office_name(found: Visit, office: Postcode) -> str:
    here = found.engine.facts.offices[office]
    return found.named(here)


def _holder_of(holder: str) -> str:
    """How an address names whose cash it is."""
    kind, _, name = holder.partition(":")
    return TILL if kind == "office" else name


@router.get("/station/close/count/{holder}")
def page_station_count(
    holder: _Holder,
    found: OurVisit,
    office: Here,
    connection: InTransaction,
    on: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The sheet on which the cash of a rider, or of the till, is counted."""
    day = _day(found, on)
    return _count_form(found, office, _to_close(found, connection, office, holder, day), day, {"countersigned_by": ""})


def _to_close(found: Visit, connection: Connection, office: Postcode, holder: str, on: date) -> ToClose:
    """What that holder has; NotFound for nobody of this office."""
    for one in to_close(connection, found.engine.facts, office, on):
        if _holder_of(one.holder) == holder:
            return one
    raise NotFound(f"nobody here is called {holder}", field="holder", remedy="choose whose cash is counted")


def _count_form(
    found: Visit,
    office: Postcode,
    one: ToClose,
    on: date,
    typed: Mapping[str, str],
    problems: Mapping[str, str] = {},
) -> Response:
    return page(
        found,
        "station/count.html",
        422 if problems else 200,
        code=code,
        one=one,
        holder=_holder_of(one.holder),
        office_name=_office_name(found, office),
        on=on,
        worths=worths_on(found, on),
        reasons=variances(found),
        typed=typed,
        problems=problems,
        wrong=lambda field: problems.get(field, ""),
    )


@router.post("/station/close/count/{holder}")
def page_station_counted(
    holder: _Holder, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """Closed as it was counted; or the sheet again, where something does not fit."""
    day = _day(found, said.get("on", "")[:10])
    one = _to_close(found, connection, office, holder, day)
    made = attempt(connection, lambda: _close(found, connection, office, one, day, said))
    if isinstance(made, PostError):
        return _count_form(
            found, office, one, day, said, problems_of(found, worths_on(found, day), one.held_poisha, said, made)
        )
    return go(f"/station/close/{made.close_id}", found, said="Closed. Print the sheet, and let both sign it.")


def _close(
    found: Visit, connection: Connection, office: Postcode, one: ToClose, on: date, said: Mapping[str, str]
) -> RiderClose | OfficeClose:
    count = count_of(said, worths_on(found, on), found.who.actor)
    facts, at, turn = found.engine.facts, found.at, whole(said.get("turn", ""), "turn") or one.turn
    if one.holder.startswith("office:"):
        return close_office_day(connection, facts, office=office, closed_on=on, count=count, at=at, turn=turn)
    rider = facts.fleet.rider(office, _holder_of(one.holder)).rider_id
    return close_rider_day(connection, facts, rider=rider, office=office, closed_on=on, count=count, at=at, turn=turn)


@router.get("/station/close/{close_id}")
def page_station_closed(close_id: _CloseId, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """One close: what was counted, what became of it, and what can be done about it."""
    return _closed(found, connection, load_close(connection, close_id, office))


def _closed(
    found: Visit,
    connection: Connection,
    close: RiderClose | OfficeClose,
    typed: Mapping[str, str] = {},
    problems: Mapping[str, str] = {},
) -> Response:
    deposit = load_deposits(connection, [close.close_id]).get(close.close_id)
    fields = ("slip_number", "bank", "branch", "paid_in_by", "why", "countersigned_by")
    empty: dict[str, Any] = dict.fromkeys(fields, "") | {"deposited_at": f"{found.at.astimezone(DHAKA):%Y-%m-%dT%H:%M}"}
    if deposit:
        empty |= {name: getattr(deposit, name) for name in fields[:4]}
        empty["deposited_at"] = f"{deposit.deposited_at.astimezone(DHAKA):%Y-%m-%dT%H:%M}"
    return page(
        found,
        "station/closed.html",
        422 if problems else 200,
        close=close,
        holder=_holder_of(close.holder),
        deposit=deposit,
        slips=load_slips(connection, close.close_id),
        reopening=load_reopenings(connection, [close.close_id]).get(close.close_id),
        reason=VARIANCE_TEXTS[close.reason][found.language == "bn"] if close.reason else "",
        to_deposit_poisha=close.to_deposit_poisha if isinstance(close, OfficeClose) else 0,
        typed=empty | dict(typed),
        problems=problems,
        wrong=lambda field: problems.get(field, ""),
    )


@router.get("/station/close/{close_id}/sheet.pdf")
def page_station_sheet(close_id: _CloseId, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """The sheet to sign, A4, in both languages."""
    return kept(close_sheet(connection, found.engine.facts, close_id, office), "application/pdf", "close.pdf")


@router.post("/station/close/{close_id}/deposit")
def page_station_paid_in(
    close_id: _CloseId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """Paid in with that slip; or the slip as it really reads, where one was copied before."""
    made = attempt(connection, lambda: _paid_in(found, connection, close_id, office, said))
    if isinstance(made, PostError):
        problems = {made.field or "": told(found, made)}
        return _closed(found, connection, load_close(connection, close_id, office), said, problems)
    return go(f"/station/close/{close_id}", found, said="The slip is kept. The bank's statement will confirm it.")


def _paid_in(found: Visit, connection: Connection, close_id: str, office: Postcode, said: Mapping[str, str]) -> object:
    texts = {name: said.get(name, "").strip()[:80] for name in ("slip_number", "bank", "branch", "paid_in_by")}
    slip = Slip(**texts, deposited_at=_instant(said.get("deposited_at", "")))
    if load_slips(connection, close_id):
        why, by = said.get("why", "")[:200], found.who.actor
        return correct_slip(connection, close_id, slip, why=why, by=by, at=found.at, office=office)
    return pay_in(connection, close_id, slip, found.at, office=office)


def _instant(text: str) -> datetime:
    """The time in Dhaka that a field says."""
    try:
        return datetime.fromisoformat(latin_digits(text.strip())).replace(tzinfo=DHAKA)
    except ValueError:
        raise Unacceptable(
            "that is no time", field="deposited_at", remedy="write it as 2026-11-22T10:00, as the bank stamped it"
        ) from None


@router.post("/station/close/{close_id}/reopening")
def page_station_reopened(
    close_id: _CloseId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """The close does not stand any more; its cash is counted again in the next turn."""
    made = attempt(connection, lambda: _reopened(found, connection, close_id, office, said))
    if isinstance(made, PostError):
        problems = {f"reopening_{made.field}": told(found, made)}
        return _closed(found, connection, load_close(connection, close_id, office), said, problems)
    return go(f"/station/close/{close_id}", found, said="Opened again. Count its cash once more.")


def _reopened(found: Visit, connection: Connection, close_id: str, office: Postcode, said: Mapping[str, str]) -> object:
    wanted = Reopening(
        close_id=close_id,
        why=said.get("why", "").strip()[:200],
        opened_by=found.who.actor,
        countersigned_by=said.get("countersigned_by", "").strip()[:80],
        opened_at=found.at,
    )
    return reopen(connection, wanted, office)
