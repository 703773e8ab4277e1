"""Agents: the float they pay in, the cash they take within it, what they earn, and how they hand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.counting import Count
from post_logistics.cod.day_close import difference
from post_logistics.cod.ledger import standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.door.delivering import confirm_shown
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.door.proofs import load_handed
from post_logistics.storage.money import agents as store
from post_logistics.storage.money.agents import HandIn, Movement
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.receipts import hold_accounts
from post_logistics.units import DHAKA, taka


@dataclass(frozen=True, slots=True)
class Standing:
    """What an agent has: cash of the post's, a float with the post, commission that the post owes."""

    agent: str
    cash_poisha: int
    float_poisha: int
    commission_poisha: int

    @property
    def room_poisha(self) -> int:
        """How much more cash the float covers."""
        return max(0, self.float_poisha - self.cash_poisha)

    @property
    def kept_poisha(self) -> int:
        """How much commission the agent keeps of the cash at a hand-in; the rest is paid from the till."""
        return min(self.commission_poisha, self.cash_poisha)

    @property
    def owed_poisha(self) -> int:
        """How much cash a hand-in brings."""
        return self.cash_poisha - self.kept_poisha


def _accounts(agent: str) -> tuple[Account, Account, Account]:
    """Cash, float, commission."""
    kinds = (AccountKind.AGENT_CASH, AccountKind.AGENT_FLOAT, AccountKind.AGENT_COMMISSION_DUE)
    return account(kinds[0], agent), account(kinds[1], agent), account(kinds[2], agent)


def standing_of_agent(connection: Connection, agent: str) -> Standing:
    """What the agent has now."""
    return standings_of_agents(connection, [agent])[0]


def standings_of_agents(connection: Connection, agents: Sequence[str]) -> list[Standing]:
    """The same of several, in their order."""
    accounts = [_accounts(agent) for agent in agents]
    sums = load_balances_of(connection, [name for three in accounts for name in three])
    return [
        Standing(agent, *(standing(sums, name) for name in three))
        for agent, three in zip(agents, accounts, strict=True)
    ]


def uncovered_float(connection: Connection, agent: str) -> int:
    """How much more cash the agent's float covers, the agent's accounts held until the transaction ends."""
    hold_accounts(connection, _accounts(agent))
    return standing_of_agent(connection, agent).room_poisha


def _refuse_other(point: CollectionPoint) -> None:
    if not point.is_agent:
        raise Unacceptable(
            f"{point.point_id} is kept by no agent", field="point_id", remedy="name a digital centre from the list"
        )


def pay_in_float(
    connection: Connection, point: CollectionPoint, amount_poisha: int, reference: UUID, at: datetime
) -> Standing:
    """The agent has paid float into the till of the parent office: the limit of its cash. Told again, nothing moves."""
    _refuse_other(point)
    _, deposit, _ = _accounts(point.point_id)
    till = account(AccountKind.OFFICE_TILL, point.office)
    _move(connection, Code.AGENT_FLOAT_IN, till, deposit, amount_poisha, reference, at)
    return standing_of_agent(connection, point.point_id)


def pay_out_float(
    connection: Connection, point: CollectionPoint, amount_poisha: int, reference: UUID, at: datetime
) -> Standing:
    """The agent was given float back; Conflict beyond what covers no cash, or beyond what the till holds."""
    _refuse_other(point)
    cash, deposit, due = _accounts(point.point_id)
    till = account(AccountKind.OFFICE_TILL, point.office)
    hold_accounts(connection, [cash, deposit, due, till])
    new = _move(connection, Code.AGENT_FLOAT_OUT, deposit, till, amount_poisha, reference, at)
    after = standing_of_agent(connection, point.point_id)
    if new and after.float_poisha < after.cash_poisha:
        raise Conflict(
            f"the float is {taka(after.float_poisha + amount_poisha)}, and covers {taka(after.cash_poisha)} in cash",
            field="amount_poisha",
            remedy="give back less, or let the agent hand in first",
        )
    _refuse_empty_till(connection, till)
    return after


def _move(
    connection: Connection,
    code: Code,
    debit: Account,
    credit: Account,
    amount_poisha: int,
    reference: UUID,
    at: datetime,
) -> bool:
    moved = transfer(code, debit=debit, credit=credit, amount_poisha=amount_poisha, at=at, cause=f"{code}:{reference}")
    return bool(append_transfers(connection, [moved]))


def _refuse_empty_till(connection: Connection, till: Account) -> None:
    left_poisha = standing(load_balances_of(connection, [till]), till)
    if left_poisha < 0:
        raise Conflict(
            f"{till} would stand at {taka(left_poisha)}", field="amount_poisha", remedy="pay it at an office with cash"
        )


def hand_in(
    connection: Connection, facts: Facts, point: CollectionPoint, *, hand_in_id: UUID, count: Count, at: datetime
) -> HandIn:
    """The agent's cash is in the till of the parent office, less the commission, which the agent keeps.

    ``count``: counted by the office, countersigned by who brought it. What is missing has its reason and is taken from
    the float; Conflict if that does not cover it, and Unacceptable for more than is owed. Commission that the cash does
    not cover is paid from the till. What the agent handed over for a code is confirmed. Told again, it is the same.
    """
    _refuse_other(point)
    count.refuse_strange_money(facts.cod_rules.on(at.astimezone(DHAKA).date()))
    hold_accounts(connection, [*_accounts(point.point_id), account(AccountKind.OFFICE_TILL, point.office)])
    before = store.load_hand_in(connection, hand_in_id)
    if before is not None:
        if (before.agent, before.pieces, before.reason) != (point.point_id, count.pieces, count.reason):
            raise Conflict(
                f"{taka(before.counted_poisha)} of {before.agent} was handed in under this id",
                field="hand_in_id",
                remedy="give each hand-in an id of its own",
            )
        return before
    stood = standing_of_agent(connection, point.point_id)
    made = _counted(point, stood, hand_in_id, count, at)
    store.append_hand_in(connection, made)
    _post_hand_in(connection, point, stood, made, at)
    confirm_shown(connection, facts.proof_rules, load_handed(connection, [point.holder]), point.office, at)
    return made


def _counted(point: CollectionPoint, stood: Standing, hand_in_id: UUID, count: Count, at: datetime) -> HandIn:
    owed_poisha = stood.owed_poisha
    if count.counted_poisha > owed_poisha:
        raise Unacceptable(
            f"{taka(owed_poisha)} is owed, {taka(count.counted_poisha)} was counted",
            field="counted_poisha",
            remedy="give the rest back to the agent, or record the collection that is missing",
        )
    shortage_poisha, _ = difference(owed_poisha, count, f"agent {point.point_id}")
    if shortage_poisha > stood.float_poisha:
        raise Conflict(
            f"{taka(shortage_poisha)} is missing, and the float is {taka(stood.float_poisha)}",
            field="counted_poisha",
            remedy="let the agent bring the rest, or pay in more float",
        )
    return HandIn(
        hand_in_id=hand_in_id,
        agent=point.point_id,
        office=point.office,
        expected_poisha=stood.cash_poisha,
        netted_poisha=stood.kept_poisha,
        counted_poisha=count.counted_poisha,
        shortage_poisha=shortage_poisha,
        pieces=count.pieces,
        reason=count.reason,
        handed_by=count.countersigned_by.strip(),
        counted_by=count.counted_by.strip(),
        at=at,
    )


def _post_hand_in(connection: Connection, point: CollectionPoint, stood: Standing, made: HandIn, at: datetime) -> None:
    cash, deposit, due = _accounts(point.point_id)
    till = account(AccountKind.OFFICE_TILL, point.office)
    legs = (
        (Code.AGENT_NETTED, due, cash, made.netted_poisha),
        (Code.AGENT_HAND_IN, till, cash, made.counted_poisha),
        (Code.AGENT_FLOAT_TAKEN, deposit, cash, made.shortage_poisha),
        (Code.AGENT_PAID, due, till, stood.commission_poisha - made.netted_poisha),
    )
    append_transfers(
        connection,
        [
            transfer(code, debit=debit, credit=credit, amount_poisha=amount, at=at, cause=str(made.hand_in_id))
            for code, debit, credit, amount in legs
            if amount
        ],
    )
    _refuse_empty_till(connection, till)


@dataclass(frozen=True, slots=True)
class AgentStatement:
    """An agent's money over days: what it began with, every movement, what it ended with."""

    agent: str
    since_on: date
    until_on: date
    opening: Standing
    movements: Sequence[Movement]
    closing: Standing


def agent_statement(connection: Connection, agent: str, since_on: date, until_on: date) -> AgentStatement:
    """The statement of an agent for those days, both ends included; Unacceptable if they are the wrong way round."""
    if until_on < since_on:
        raise Unacceptable(f"{until_on} is before {since_on}", field="until", remedy="write the earlier day first")
    since, until = (datetime.combine(day, time(), DHAKA) for day in (since_on, until_on + timedelta(days=1)))
    accounts = _accounts(agent)
    sums = load_balances_of(connection, list(accounts), until=since - timedelta(microseconds=1))
    opening = Standing(agent, *(standing(sums, name) for name in accounts))
    movements = store.load_movements(connection, accounts, since, until)
    closing = Standing(
        agent,
        opening.cash_poisha + sum(one.cash_poisha for one in movements),
        opening.float_poisha + sum(one.float_poisha for one in movements),
        opening.commission_poisha + sum(one.commission_poisha for one in movements),
    )
    return AgentStatement(agent, since_on, until_on, opening, movements, closing)
