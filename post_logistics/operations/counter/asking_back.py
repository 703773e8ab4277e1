"""A shop asks for a parcel back in one word, wherever the parcel is."""

from datetime import datetime

from post_logistics.errors import NotFound
from post_logistics.operations.counter.at_hand import Actor, take_up
from post_logistics.operations.counter.returning import cancel, request_return
from post_logistics.storage.counter.return_requests import (
    ReturnProgress,
    ReturnRequest,
    append_return_request,
    load_return_requests,
)
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, State
from post_logistics.units import MerchantId


def ask_back(connection: Connection, number: str, merchant_id: MerchantId, reason: str, at: datetime) -> ReturnProgress:
    """The request, made now or before: a booking that the post does not have is cancelled, a parcel that it has turns
    round. Told again, it changes nothing, and the first reason stands.

    NotFound for another's parcel, Conflict once it was handed over or given back.
    """
    actor = Actor(merchant_id=merchant_id)
    at_hand = take_up(connection, number, actor)
    for asked in load_return_requests(connection, merchant_id, [at_hand.item_number]):
        return asked
    if at_hand.standing.state in BEFORE_ACCEPTANCE | {State.CANCELLED}:
        cancel(connection, number, actor, at)
    else:
        request_return(connection, number, actor, at)
    request = ReturnRequest(item_number=at_hand.item_number, merchant_id=merchant_id, reason=reason, asked_at=at)
    append_return_request(connection, request)
    return asked_back(connection, at_hand.item_number, merchant_id)


def asked_back(connection: Connection, item_number: str, merchant_id: MerchantId) -> ReturnProgress:
    """A shop's request for that parcel, and what has come of it; NotFound if it made none."""
    for asked in load_return_requests(connection, merchant_id, [item_number]):
        return asked
    raise NotFound(f"{item_number} was not asked back", field="id", remedy="look at the list of your return requests")
