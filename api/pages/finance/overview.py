"""The first page of the finance desk: what waits for whom, how far the money is, what is not where it should be."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fastapi import Response

from api.context import InTransaction
from api.pages.finance.frame import names_of_offices, shown
from api.pages.forms import NOTHING, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.alarms import TEXTS, alarm_text
from post_logistics.errors import PostError
from post_logistics.operations.money.alarms import open_alarms, take_alarm
from post_logistics.operations.money.desk import DayStage, days_of_offices, glance
from post_logistics.storage.database import Connection
from post_logistics.storage.money.alarms import OpenAlarm
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

HEAPS: Final = (
    ("lines", "Lines that nobody explains", "/finance/lines"),
    ("proposals", "Of them with a proposal to confirm", "/finance/lines?reason=to_confirm"),
    ("ordered", "Payouts to approve", "/finance/payouts?state=ordered"),
    ("approved", "Approved payouts in no file", "/finance/payouts?state=approved"),
    ("filed", "Payouts in a file that is not sent", "/finance/files"),
    ("advances", "Advances to decide on", "/finance/holds"),
    ("held", "Payments held for nobody", "/finance/holds"),
)
"""What may wait, how it is called, and where it is worked off."""
PLACES: Final[Mapping[AccountKind, str]] = {
    AccountKind.RIDER_CASH: "With riders",
    AccountKind.AGENT_CASH: "With agents",
    AccountKind.OFFICE_TILL: "In the tills",
    AccountKind.BANK_IN_TRANSIT: "Paid in, not confirmed",
    AccountKind.PROVIDER_CLEARING: "With payment providers",
    AccountKind.SETTLEMENT_BANK: "In the settlement account",
    AccountKind.PAYOUT_IN_TRANSIT: "On its way to merchants",
}
STAGES: Final[Mapping[DayStage, tuple[str, str]]] = {
    DayStage.OPEN: ("till not closed", "warn"),
    DayStage.CLOSED: ("closed, nothing to pay in", "good"),
    DayStage.TO_PAY_IN: ("to be paid in", "warn"),
    DayStage.PAID_IN: ("paid in, not confirmed", ""),
    DayStage.BANKED: ("in the bank", "good"),
}
"""How far an office's day has come, and its badge."""
_FEW: Final = 8


@router.get("/finance")
def page_finance(found: OurVisit, connection: InTransaction) -> Response:
    """What the finance desk looks at first."""
    seen = glance(connection)
    today = found.at.astimezone(DHAKA).date()
    days = days_of_offices(connection, found.engine.facts, today, found.at)
    alarms = open_alarms(connection, found.at, limit=_FEW)
    return shown(
        found,
        "overview.html",
        seen=seen,
        waiting=[(name, href, seen.heaps[key]) for key, name, href in HEAPS if seen.heaps[key].count],
        places=PLACES,
        alarms=[_told(found, one) for one in alarms],
        stages={stage: sum(day.stage is stage for day in days) for stage in DayStage},
        stage_words=STAGES,
        late=sum(bool(day.late) for day in days),
        short_poisha=sum(day.shortage_poisha for day in days),
        today=today,
    )


def _told(found: Visit, alarm: OpenAlarm) -> tuple[OpenAlarm, str, str]:
    """The alarm, what it says, and what to do."""
    words = TEXTS[alarm.kind]
    return alarm, alarm_text(alarm, found.language), words.remedy_bn if found.language == "bn" else words.remedy_en


@router.get("/finance/alarms")
def page_finance_alarms(found: OurVisit, connection: InTransaction, unowned: str = "") -> Response:
    """Money that is not where it should be, the longest first."""
    return _alarms(found, connection, unowned=bool(unowned))


def _alarms(found: Visit, connection: Connection, *, unowned: bool = False, typed: Typed = NOTHING) -> Response:
    alarms = open_alarms(connection, found.at, unowned=unowned, limit=200)
    return shown(
        found,
        "alarms.html",
        typed,
        alarms=[_told(found, one) for one in alarms],
        unowned=unowned,
        offices=names_of_offices(found),
    )


@router.post("/finance/alarms/{alarm_id}/take")
def page_finance_alarm_taken(alarm_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """Whoever presses it looks into it from now on."""
    taken = attempt(connection, lambda: take_alarm(connection, alarm_id, found.who.actor))
    if isinstance(taken, PostError):
        return _alarms(found, connection, typed=refused(found, said, taken, ()))
    return go("/finance/alarms", found, said="You look into it.")
