"""Where each parcel's money is right now, from the transfers alone.

Cash has no names on it, so every place is a queue: what came in first goes out first. A parcel has moved on when as
much has left the place as had come in up to and with that parcel: never too early, and exact when a till is emptied.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, parse
from post_logistics.cod.ledger import Transfer, distinct
from post_logistics.cod.postings import COLLECTIONS, Code
from post_logistics.units import ItemNumber

CASH_PLACES = {
    AccountKind.RIDER_CASH,
    AccountKind.AGENT_CASH,
    AccountKind.OFFICE_TILL,
    AccountKind.BANK_IN_TRANSIT,
    AccountKind.PROVIDER_CLEARING,
    AccountKind.SETTLEMENT_BANK,
}
_DEBTS = {AccountKind.RIDER_DEBT, AccountKind.OFFICE_DEBT}
_ORDER = {code: position for position, code in enumerate(Code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """The money of one collection: whose parcel, how much, in which account, and since when it is there."""

    item_number: ItemNumber
    amount_poisha: int
    account: Account
    since_at: datetime


class _Exit(NamedTuple):
    """One transfer out of a place: all that had left by then, and where it arrived behind how much."""

    out_poisha: int
    target: Account
    position_poisha: int
    at: datetime


@dataclass(slots=True)
class _Place:
    in_poisha: int = 0
    out_poisha: int = 0
    exits: list[_Exit] = field(default_factory=list)


def lots(transfers: Iterable[Transfer]) -> list[Lot]:
    """Every collection not taken back, and where its money is; a parcel paid by two tenders has two lots.

    A shortage takes money but no parcel along, for the Post answers for it and no merchant waits; only when everything
    was lost do the parcels follow into the debt. Refunds and payouts take no parcel along either. A collection whose
    instant is later than its hand-in (clocks lie) still leaves with the money it was part of.
    """
    once = distinct(transfers)
    taken_back = {each.reverses for each in once if each.reverses}
    places: defaultdict[Account, _Place] = defaultdict(_Place)
    collections: list[tuple[Transfer, int]] = []
    for each in sorted(once, key=_in_time):
        if each.reverses or each.transfer_id in taken_back:
            continue
        source, target = places[each.credit], places[each.debit]
        source.out_poisha += each.amount_poisha
        target.in_poisha += each.amount_poisha
        if each.code in COLLECTIONS:
            collections.append((each, target.in_poisha))
        elif _takes_parcels_along(each, source):
            source.exits.append(_Exit(source.out_poisha, each.debit, target.in_poisha, each.at))
    return [_follow(collection, position_poisha, places) for collection, position_poisha in collections]


def _follow(collection: Transfer, position_poisha: int, places: Mapping[Account, _Place]) -> Lot:
    """The lot of a collection, led from place to place by the first exit at which enough had left."""
    account, since_at = collection.debit, collection.at
    while True:
        exits = places[account].exits
        first = bisect_left(exits, position_poisha, key=lambda gone: gone.out_poisha)
        if first == len(exits):
            return Lot(
                item_number=collection.item_number,
                amount_poisha=collection.amount_poisha,
                account=account,
                since_at=since_at,
            )
        _, account, position_poisha, since_at = exits[first]


def _takes_parcels_along(each: Transfer, source: _Place) -> bool:
    kind, _ = parse(each.debit)
    return kind in CASH_PLACES or (kind in _DEBTS and source.out_poisha >= source.in_poisha)


def in_bank(transfers: Iterable[Transfer]) -> frozenset[ItemNumber]:
    """The parcels whose collected money has all been confirmed in the settlement account."""
    reached: dict[ItemNumber, bool] = {}
    for lot in lots(transfers):
        kind, _ = parse(lot.account)
        reached[lot.item_number] = reached.get(lot.item_number, True) and kind is AccountKind.SETTLEMENT_BANK
    return frozenset(item for item, all_of_it in reached.items() if all_of_it)


def _in_time(each: Transfer) -> tuple[datetime, int, UUID]:
    return each.at, _ORDER[each.code], each.transfer_id
