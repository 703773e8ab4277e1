"""The pages of a shop, under ``/shop``: what it posts, where it is, and where its money is.

frame.py      what the pages of a shop share: whose shop it is, a step that may fail, a file to keep
overview.py   the first page
booking.py    one parcel, its address understood while it is typed
files.py      many parcels, looked at before they are booked
orders.py     what was booked: found again, printed, cancelled, sent back; one order with all that is known of it
pickups.py    somebody comes for the parcels
waiting.py    questions that wait for the shop
money.py      where the money is, payouts, the account
claims.py     for parcels lost, damaged, short or late
connections.py  shops that send their orders by themselves
webhooks.py   where the shop's own server is told
access.py     keys, people, stores
"""

from typing import Final

from api.pages.shop import (
    access,
    booking,
    claims,
    connections,
    files,
    money,
    orders,
    overview,
    pickups,
    waiting,
    webhooks,
)

SLICES: Final = (overview, booking, files, orders, pickups, waiting, money, claims, connections, webhooks, access)
