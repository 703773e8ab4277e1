"""The days of the offices: who has closed, what was counted and signed for; shortages, and what becomes of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Path, Query, Response

from api.context import InTransaction, in_office
from api.pages.finance.frame import names_of_offices, shown
from api.pages.finance.overview import STAGES
from api.pages.forms import NOTHING, PAGE, Typed, amount_of, attempt, day_of, id_of, kept, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.counting import VARIANCE_TEXTS
from post_logistics.cod.day_close import OfficeClose
from post_logistics.cod.ledger import NO_ITEM
from post_logistics.cod.postings import POSTINGS
from post_logistics.cod.shortages import OF_SHORTAGES, WAY_TEXTS, Clearing, Way
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.money.close_sheets import close_sheet
from post_logistics.operations.money.desk import OfficeDay, days_of_offices
from post_logistics.operations.money.shortages import (
    LATE_TEXTS,
    Open,
    clear_difference,
    history,
    open_differences,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money.closes import load_close, load_deposits, load_reopenings, load_slips
from post_logistics.storage.money.taka import load_banked
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

_CloseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,120}$")]
_Owner = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_SHOWN: Final = {"open": "Not finished", "differences": "With a difference", "late": "Late"}
DEBTS: Final = {
    AccountKind.RIDER_DEBT: "short, of a rider",
    AccountKind.OFFICE_DEBT: "short, of an office",
    AccountKind.SUSPENSE: "over, with an office",
}
"""What is missing or over, and with whom."""


@router.get("/finance/closes")
def page_finance_closes(
    found: OurVisit,
    connection: InTransaction,
    on: Annotated[str, Query(max_length=10)] = "",
    only: Annotated[str, Query(max_length=12)] = "",
    after: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """The offices on a day, by postcode: today, unless another is asked for."""
    today = found.at.astimezone(DHAKA).date()
    typed, day = NOTHING, today
    asked = attempt(connection, lambda: day_of(on, "on"))
    if isinstance(asked, PostError):
        typed = refused(found, {"on": on}, asked, ("on",))
    else:
        day = asked or today
    days = days_of_offices(connection, found.engine.facts, day, found.at)
    wanted = [one for one in days if one.office > after and _is_wanted(one, only)]
    return shown(
        found,
        "closes.html",
        typed,
        days=wanted[:PAGE],
        more=wanted[PAGE - 1].office if len(wanted) > PAGE else "",
        on=day.isoformat(),
        before=(day - timedelta(days=1)).isoformat(),
        only=only,
        choices=[("", found.say("All")), *((key, found.say(words)) for key, words in _SHOWN.items())],
        offices=names_of_offices(found),
        stages=STAGES,
        late_words=LATE_TEXTS,
    )


def _is_wanted(day: OfficeDay, only: str) -> bool:
    if only == "open":
        return STAGES[day.stage][1] == "warn"
    if only == "differences":
        return bool(day.shortage_poisha or day.excess_poisha)
    return bool(day.late) if only == "late" else True


@router.get("/finance/closes/{close_id}")
def page_finance_close(close_id: _CloseId, found: OurVisit, connection: InTransaction) -> Response:
    """One close: what was counted piece by piece, who signed for it, and how it came to the bank."""
    close = load_close(connection, close_id)
    return shown(
        found,
        "close.html",
        close=close,
        is_till=isinstance(close, OfficeClose),
        office=names_of_offices(found).get(close.office, close.office),
        deposit=load_deposits(connection, [close_id]).get(close_id),
        banked=close_id in load_banked(connection, [close_id]),
        slips=load_slips(connection, close_id),
        reopening=load_reopenings(connection, [close_id]).get(close_id),
        variances=VARIANCE_TEXTS,
    )


@router.get("/finance/closes/{close_id}/sheet.pdf")
def page_finance_close_sheet(close_id: _CloseId, found: OurVisit, connection: InTransaction) -> Response:
    """The sheet that was signed."""
    body = close_sheet(connection, found.engine.facts, close_id, None)
    return kept(body, "application/pdf", f"{close_id.replace(':', '-')}.pdf")


@router.get("/finance/shortages")
def page_finance_shortages(found: OurVisit, connection: InTransaction) -> Response:
    """What is missing or over, and with whom."""
    rows = sorted(open_differences(connection), key=lambda one: (_office_of(one), one.kind, one.owner))
    return shown(
        found,
        "shortages.html",
        rows=[(one, _office_of(one)) for one in rows],
        debts=DEBTS,
        offices=names_of_offices(found),
        short_poisha=sum(one.open_poisha for one in rows if one.kind is not AccountKind.SUSPENSE),
        over_poisha=sum(one.open_poisha for one in rows if one.kind is AccountKind.SUSPENSE),
    )


def _office_of(one: Open) -> str:
    return one.owner.partition("-")[0]


@router.get("/finance/shortages/{kind}/{owner}")
def page_finance_shortage(kind: AccountKind, owner: _Owner, found: OurVisit, connection: InTransaction) -> Response:
    """How a shortage or an excess came about, and how it is cleared."""
    return _shortage(found, connection, kind, owner)


def _shortage(found: Visit, connection: Connection, kind: AccountKind, owner: str, typed: Typed = NOTHING) -> Response:
    if kind not in DEBTS:
        raise NotFound(f"{kind} is no shortage", field="kind", remedy="choose one from the list")
    moves = history(connection, kind, owner)
    rules = found.engine.facts.cod_rules.on(found.at.astimezone(DHAKA).date())
    return shown(
        found,
        "shortage.html",
        typed,
        kind=kind,
        owner=owner,
        moves=moves,
        left_poisha=moves[-1].left_poisha if moves else 0,
        debt=DEBTS[kind],
        office=names_of_offices(found).get(owner.partition("-")[0], ""),
        codes=POSTINGS,
        variances={key.value: words for key, words in VARIANCE_TEXTS.items()},
        ways=[(way.value, WAY_TEXTS[way][found.language == "bn"]) for way in _ways(kind)],
        alone_poisha=rules.clear_alone_poisha,
        clearing_id=typed.texts.get("clearing_id") or str(uuid4()),
    )


def _ways(kind: AccountKind) -> list[Way]:
    return [way for way in Way if (way in OF_SHORTAGES) == (kind is not AccountKind.SUSPENSE)]


@router.post("/finance/shortages/{kind}/{owner}")
def page_finance_shortage_cleared(
    kind: AccountKind, owner: _Owner, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """So much of it is made good, deducted, written off; given back, credited or kept. Sent twice it counts once."""
    cleared = attempt(connection, lambda: _cleared(found, connection, kind, owner, said))
    if isinstance(cleared, PostError):
        fields = ("amount_poisha", "why", "countersigned_by", "item_number")
        return _shortage(found, connection, kind, owner, refused(found, said, cleared, fields))
    return go(f"/finance/shortages/{kind}/{owner}", found, said="Cleared and posted.")


def _cleared(found: Visit, connection: Connection, kind: AccountKind, owner: str, said: Mapping[str, str]) -> Clearing:
    amount_poisha = amount_of(said.get("amount_taka", ""), "amount_poisha")
    item = said.get("item_number", "").strip()[:60]
    if said.get("way") not in {way.value for way in _ways(kind)}:
        raise Unacceptable("that is no way to clear it", field="way", remedy="choose one from the list")
    clearing = Clearing(
        clearing_id=id_of(said, "clearing_id"),
        way=Way(said["way"]),
        office=in_office(found.engine, found.who, owner.partition("-")[0]),
        amount_poisha=amount_poisha,
        why=said.get("why", "")[:500],
        cleared_by=found.who.actor,
        countersigned_by=said.get("countersigned_by", "").strip()[:80],
        rider=owner if kind is AccountKind.RIDER_DEBT else "",
        item_number=parse_item_number(item) if item else NO_ITEM,
        cleared_at=found.at,
    )
    return clear_difference(connection, found.engine.facts, clearing)
