"""What the finance desk sees at a glance: what waits for it, where the money is, how far each office's day has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from post_logistics.cod.accounts import CHART, AccountKind, parse
from post_logistics.cod.day_close import Deposit, OfficeClose
from post_logistics.cod.matching.columns import Rule
from post_logistics.cod.matching.sentences import why_matched
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.match_keeping import ENGINE
from post_logistics.operations.money.shortages import Overdue, overdue_cash
from post_logistics.storage.database import Connection
from post_logistics.storage.money import desk as store
from post_logistics.storage.money.closes import AnyClose, load_closes, load_deposits
from post_logistics.storage.money.desk import Heap, MatchGlance
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.money.matches import Expected, search_expected
from post_logistics.storage.money.statements import load_source
from post_logistics.storage.money.suspense import Waiting
from post_logistics.storage.money.taka import load_banked

_K = AccountKind
PLACES = (
    _K.RIDER_CASH,
    _K.AGENT_CASH,
    _K.OFFICE_TILL,
    _K.BANK_IN_TRANSIT,
    _K.PROVIDER_CLEARING,
    _K.SETTLEMENT_BANK,
    _K.PAYOUT_IN_TRANSIT,
)
"""How far money has come, in the order in which it goes."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What waits by its name, how much money is in each place, and what is owed to merchants."""

    heaps: dict[str, Heap]
    places: dict[AccountKind, int]
    owed_poisha: int


def glance(connection: Connection) -> Glance:
    """The money and the work of the finance desk as they stand."""
    kinds = [*PLACES, _K.MERCHANT_PAYABLE]
    sums = dict.fromkeys(kinds, 0)
    for one, poisha in load_balances(connection, kinds).items():
        kind = parse(one)[0]
        sums[kind] += poisha if CHART[kind].side.grows_by_debits else -poisha
    return Glance(store.load_heaps(connection), {kind: sums[kind] for kind in PLACES}, sums[_K.MERCHANT_PAYABLE])


class DayStage(StrEnum):
    """How far an office's day has come."""

    OPEN = "open"
    """The till has not been closed."""
    CLOSED = "closed"
    """Closed, and nothing of it is to be paid in."""
    TO_PAY_IN = "to_pay_in"
    PAID_IN = "paid_in"
    BANKED = "banked"
    """The bank has confirmed all that was paid in."""


@dataclass(slots=True)
class OfficeDay:
    """An office's day: every close that stands, its riders' too; the slips; and what is late now."""

    office: str
    closes: list[AnyClose] = field(default_factory=list)
    deposits: dict[str, Deposit] = field(default_factory=dict)
    banked: set[str] = field(default_factory=set)
    late: list[Overdue] = field(default_factory=list)

    @property
    def tills(self) -> list[OfficeClose]:
        """The closes of the till, turn by turn."""
        return [one for one in self.closes if isinstance(one, OfficeClose)]

    @property
    def riders(self) -> int:
        """How many closes of riders there are."""
        return len(self.closes) - len(self.tills)

    @property
    def shortage_poisha(self) -> int:
        """What was missing, in the till and with the riders."""
        return sum(one.shortage_poisha for one in self.closes)

    @property
    def excess_poisha(self) -> int:
        """What was over."""
        return sum(one.excess_poisha for one in self.closes)

    @property
    def to_deposit_poisha(self) -> int:
        """What of the till belongs to the bank."""
        return sum(one.to_deposit_poisha for one in self.tills)

    @property
    def stage(self) -> DayStage:
        """How far the day has come."""
        due = {one.close_id for one in self.tills if one.to_deposit_poisha}
        if not due:
            return DayStage.CLOSED if self.tills else DayStage.OPEN
        if due - self.deposits.keys():
            return DayStage.TO_PAY_IN
        return DayStage.PAID_IN if due - self.banked else DayStage.BANKED


def days_of_offices(connection: Connection, facts: Facts, closed_on: date, at: datetime) -> list[OfficeDay]:
    """Every office that closed on that day, or where anything is late now, by postcode."""
    closes = load_closes(connection, closed_on)
    ids = [one.close_id for one in closes if isinstance(one, OfficeClose)]
    deposits, banked = load_deposits(connection, ids), load_banked(connection, ids)
    days: dict[str, OfficeDay] = {}
    for close in closes:
        day = days.setdefault(close.office, OfficeDay(close.office))
        day.closes.append(close)
        if close.close_id in deposits:
            day.deposits[close.close_id] = deposits[close.close_id]
        if close.close_id in banked:
            day.banked.add(close.close_id)
    for late in overdue_cash(connection, facts, at):
        days.setdefault(late.office, OfficeDay(late.office)).late.append(late)
    return [days[office] for office in sorted(days)]


@dataclass(frozen=True, slots=True)
class MatchTold:
    """A match in a list, with the sentence that explains it."""

    match: MatchGlance
    text_en: str
    text_bn: str


def latest_matches(
    connection: Connection, *, source: str | None = None, by_people: bool = False, limit: int = 50
) -> list[MatchTold]:
    """The matches made last, undone ones too; of one source, or only those that a person made or confirmed."""
    found = store.load_latest_matches(connection, ENGINE, source=source, by_people=by_people, limit=limit)
    return [
        MatchTold(one, why_matched(Rule(one.rule), one.explanation), why_matched(Rule(one.rule), one.explanation, "bn"))
        for one in found
    ]


def expected_near(connection: Connection, waiting: Waiting, words: str = "", limit: int = 20) -> Sequence[Expected]:
    """What has not come and may be the money of that line, with those words in it; the nearest amount first."""
    provider = load_source(connection, waiting.source).provider
    return search_expected(connection, provider, waiting.amount_poisha, words, limit)


def match_of_line(connection: Connection, line_id: UUID) -> UUID | None:
    """The match that explains the line; None if nothing does."""
    return store.load_match_of(connection, line_id)
