"""Pathao's API at ``/aladdin/api/v1``: what its clients and plugins send, as the same operations as everything else.

============ ==================================================================
`answers`    the envelope, pages, and problems in the dialect
`tokens`     client and password become a token, a refresh token another one
`places`     cities, zones and areas: our districts, thanas and areas
`stores`     where parcels are picked up
`asked`      an order as it is sent, and the order that it becomes
`orders`     orders: one, many, where they stand, cancelled, listed
`prices`     what a parcel costs; how often a recipient took the shop's parcels
============ ==================================================================
"""

from fastapi import APIRouter

from api.compat.pathao import orders, places, prices, stores, tokens
from api.compat.pathao.answers import PREFIX, translate

__all__ = ["PREFIX", "router", "translate"]

router = APIRouter(prefix=PREFIX, tags=["pathao"])
for part in (tokens, places, stores, orders, prices):
    router.include_router(part.router)
