"""A digital centre's account over days: every service and every taka, what was earned, and what of it was settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from post_logistics.cod.postings import Code
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.money.agents import Standing, agent_statement
from post_logistics.storage.centres.services import load_given
from post_logistics.storage.database import Connection
from post_logistics.storage.money.agents import Movement


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of the centre's money, and the service it belongs to, if any."""

    movement: Movement
    service: CentreService | None


@dataclass(frozen=True, slots=True)
class ServiceTotal:
    """What one service came to: how often it moved money, the cash taken, the commission earned."""

    service: CentreService
    times: int
    cash_poisha: int
    commission_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreStatement:
    """What a centre began with, every movement in the order in which it was posted, and what it ended with.

    Commission: opening + earned - settled = closing. ``settled_poisha``: kept from the cash or paid at a hand-in.
    """

    centre: str
    since_on: date
    until_on: date
    opening: Standing
    lines: Sequence[StatementLine]
    totals: Sequence[ServiceTotal]
    earned_poisha: int
    settled_poisha: int
    closing: Standing


_SETTLED = frozenset({Code.AGENT_NETTED.value, Code.AGENT_PAID.value})


def centre_statement(connection: Connection, point: CollectionPoint, since_on: date, until_on: date) -> CentreStatement:
    """The statement of a centre for those days, both included; Unacceptable if they are the wrong way round."""
    found = agent_statement(connection, point.point_id, since_on, until_on)
    causes = {one.cause: _id(one.cause) for one in found.movements}
    given = load_given(connection, [one for one in causes.values() if one])
    service_of = {cause: given[known].service for cause, known in causes.items() if known in given}
    lines = [StatementLine(one, service_of.get(one.cause)) for one in found.movements]
    settled_poisha = -sum(one.commission_poisha for one in found.movements if one.code in _SETTLED)
    return CentreStatement(
        centre=point.point_id,
        since_on=since_on,
        until_on=until_on,
        opening=found.opening,
        lines=lines,
        totals=[total for service in CentreService if (total := _total(service, lines)).times],
        earned_poisha=found.closing.commission_poisha - found.opening.commission_poisha + settled_poisha,
        settled_poisha=settled_poisha,
        closing=found.closing,
    )


def _id(cause: str) -> UUID | None:
    try:
        return UUID(cause)
    except ValueError:
        return None


def _total(service: CentreService, lines: Sequence[StatementLine]) -> ServiceTotal:
    of_it = [one.movement for one in lines if one.service is service]
    return ServiceTotal(
        service,
        len({one.cause for one in of_it}),
        sum(one.cash_poisha for one in of_it),
        sum(one.commission_poisha for one in of_it),
    )
