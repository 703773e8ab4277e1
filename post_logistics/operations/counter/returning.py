"""Parcels that do not go on to their recipients: cancelled before the post has them, sent back afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from post_logistics.errors import Conflict
from post_logistics.operations.counter.at_hand import Actor, allows, by_own_hand, standing_of, take_up, tell
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.lifecycle import load_to_send_back
from post_logistics.storage.custody.scans import ItemStanding, load_scans, load_standings
from post_logistics.storage.database import Connection
from post_logistics.tracking.journey import fold_many
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import ItemNumber, Postcode

GOING_BACK: Final = frozenset({State.RETURN_REQUESTED, State.RETURNING})

_DECIDED_IN: Final = (State.ATTEMPT_FAILED, State.AT_DELIVERY_OFFICE, State.ON_HOLD)
"""Between two attempts. What is on a run sheet or with a rider gets the attempt that was planned."""


def cancel(connection: Connection, number: str, actor: Actor, at: datetime) -> ItemStanding:
    """Where the item stands, its booking cancelled; told again, it changes nothing. Conflict once the post has it."""
    at_hand = take_up(connection, number, actor)
    if at_hand.standing.state is State.CANCELLED:
        return at_hand.standing
    if not allows(at_hand, Event.CANCELLED):
        raise Conflict(
            f"the parcel is {at_hand.standing.state.value}: the post has taken it",
            field="item_number",
            remedy="ask for its return",
        )
    office = at_hand.consignment.pickup_office
    scan = by_own_hand(connection, at_hand, "cancel", Event.CANCELLED, at, office=office, note=f"by {actor}")
    tell(connection, [scan])
    return standing_of(connection, at_hand.item_number)


def request_return(
    connection: Connection, number: str, actor: Actor, at: datetime, reason: Reason = Reason.RECALLED
) -> ItemStanding:
    """Where the item stands, on its way back to the merchant; told again, it changes nothing.

    Conflict before the post has it, and once it is handed over.
    """
    at_hand = take_up(connection, number, actor)
    if at_hand.standing.state in GOING_BACK:
        return at_hand.standing
    if not allows(at_hand, Event.RETURN_REQUESTED):
        early = at_hand.standing.state in BEFORE_ACCEPTANCE
        raise Conflict(
            f"the parcel is {at_hand.standing.state.value}",
            field="item_number",
            remedy="cancel the booking" if early else "it cannot be called back; scan it first if it is at an office",
        )
    scan = by_own_hand(
        connection,
        at_hand,
        "recall",
        Event.RETURN_REQUESTED,
        at,
        office=actor.office or Postcode(at_hand.standing.office),
        reason=reason,
        note=f"by {actor}",
    )
    tell(connection, [scan])
    return standing_of(connection, at_hand.item_number)


def decide_returns(connection: Connection, facts: Facts, at: datetime) -> list[ItemNumber]:
    """The items that go back from now on: refused when last offered, or offered as often as the rules say.

    Decided once for each item: where a person takes the decision back, the person decides from then on. An attempt
    that its recipient contests decides nothing before somebody has looked into it.
    """
    often = load_to_send_back(connection, facts.lifecycle_rules.attempts_before_return, _DECIDED_IN)
    perhaps = [item for item, enough in often.items() if not enough]
    refused = {item for item, journey in fold_many(load_scans(connection, perhaps)).items() if journey.refused}
    due = [item for item, enough in often.items() if enough or item in refused]
    tell(connection, _decisions(load_standings(connection, due), refused, at))
    return [ItemNumber(item) for item in due]


def _decisions(standings: Sequence[ItemStanding], refused: set[ItemNumber], at: datetime) -> list[Scan]:
    return [
        own_scan(
            f"return:{one.item_number}",
            0,
            one.item_number,
            Event.RETURN_REQUESTED,
            at,
            office=one.office,
            holder=one.holder,
            reason=Reason.REFUSED_BY_RECIPIENT if one.item_number in refused else None,
            note="refused" if one.item_number in refused else f"{one.attempts} failed attempts",
        )
        for one in standings
    ]
