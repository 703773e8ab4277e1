"""RedX's API, v1.0.0-beta, as its clients send and read it.

`parcels` books, looks up, tracks, cancels and prices; `stores` says where parcels are picked up; `places` has the
areas; `words` has the statuses and how errors are said. A parcel's tracking id is its item number.
"""

from typing import Final

from fastapi import APIRouter

from api.compat.redx import parcels, places, stores
from api.compat.redx.words import translate

__all__ = ["PREFIX", "router", "translate"]

PREFIX: Final = "/v1.0.0-beta"

router = APIRouter(prefix=PREFIX)
for _part in (places, stores, parcels):
    router.include_router(_part.router)
