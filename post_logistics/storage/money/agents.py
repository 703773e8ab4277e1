"""What agents hand in, and every movement of an agent's money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from post_logistics.cod.counting import Variance
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import agent_hand_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """An agent's cash as counted at the parent office, piece by piece: expected = netted + counted + shortage.

    ``reason``: why anything is missing, where it is."""

    hand_in_id: UUID
    agent: str
    office: str
    expected_poisha: int
    netted_poisha: int
    counted_poisha: int
    shortage_poisha: int
    pieces: Mapping[int, int]
    reason: Variance | None
    handed_by: str
    counted_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of an agent's money. ``cash_poisha``, ``float_poisha``, ``commission_poisha``: what it added to the
    cash the agent carries, to the float, to the commission that is owed."""

    at: datetime
    code: str
    taken_back: bool
    item_number: str | None
    cause: str
    cash_poisha: int
    float_poisha: int
    commission_poisha: int


def append_hand_in(connection: Connection, made: HandIn) -> bool:
    """Keeps what was handed in; False if its id is known."""
    pieces = {str(worth): many for worth, many in made.pieces.items()}
    extra: dict[str, Sequence[Any]] = {"pieces": [pieces], "reason": [made.reason or ""]}
    return bool(append(connection, agent_hand_ins, [made], keep_first=True, **extra))


def load_hand_in(connection: Connection, hand_in_id: UUID) -> HandIn | None:
    """What was handed in under that id, if anything."""
    rows = connection.execute(select(agent_hand_ins).where(agent_hand_ins.c.hand_in_id == hand_in_id))
    found = read(rows, HandIn, pieces=_pieces, reason=lambda written: Variance(written) if written else None)
    return next(iter(found), None)


def _pieces(kept: Mapping[str, int]) -> dict[int, int]:
    return {int(worth): many for worth, many in kept.items()}


_MOVEMENTS = text(
    """
    with mine as (
        select distinct t.* from transfers t where debit = any(:accounts) or credit = any(:accounts)
    )
    select at, code, taken_back, item_number, cause,
        case when debit = :cash then amount_poisha when credit = :cash then -amount_poisha else 0 end as cash_poisha,
        case when credit = :float then amount_poisha when debit = :float then -amount_poisha else 0 end
            as float_poisha,
        case when credit = :due then amount_poisha when debit = :due then -amount_poisha else 0 end
            as commission_poisha
    from mine where at >= :since and at < :until order by at, code, transfer_id
    """
)


def load_movements(connection: Connection, accounts: Sequence[str], since: datetime, until: datetime) -> list[Movement]:
    """What moved on the accounts (cash, float, commission) of an agent from ``since`` until before ``until``."""
    cash, deposit, due = accounts
    asked = {"accounts": list(accounts), "cash": cash, "float": deposit, "due": due, "since": since, "until": until}
    return read(connection.execute(_MOVEMENTS, asked), Movement)
