"""Steadfast's API, v1, as its clients send and read it.

`orders` books, one by one and by the list; `parcels` says where they stand and brings them back; `money` says what is
owed and what was paid; `words` has the statuses and how errors are said. There is no fraud check: what the post knows
of a recipient is not for other shops.
"""

from typing import Final

from fastapi import APIRouter

from api.compat.steadfast import money, orders, parcels
from api.compat.steadfast.words import translate

__all__ = ["PREFIX", "router", "translate"]

PREFIX: Final = "/api/v1"

router = APIRouter(prefix=PREFIX)
for _part in (orders, parcels, money):
    router.include_router(_part.router)
