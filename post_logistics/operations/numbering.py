"""Item numbers for bookings: a block of a range is reserved now and then, and given out without asking the database."""

from collections import deque
from datetime import datetime
from threading import Lock

from post_logistics.consignments.numbers import NumberRange, item_number, serials_at
from post_logistics.storage.database import Database
from post_logistics.storage.orders import numbers as store
from post_logistics.units import ItemNumber

ONLINE = NumberRange(indicator="DP", first_serial=10_000_000, last_serial=89_999_999, allotted_to="online")
"""Numbers given out by this programme; the rest of indicator DP is for offices and merchants that print offline."""


class Numbers:
    """Gives out item numbers, none twice: a block is reserved in a transaction of its own before any of it is used.

    A number that is lost with its process stays unused, and none is used again: the 24 months without re-use hold
    because no index of a range is ever issued a second time.
    """

    def __init__(self, database: Database, key: bytes, block: int = 200) -> None:
        self._database = database
        self._key = key
        self._block = block
        self._free: deque[ItemNumber] = deque()
        self._lock = Lock()

    def take(self, count: int, at: datetime) -> list[ItemNumber]:
        """That many numbers; Conflict when the range is used up."""
        with self._lock:
            missing = count - len(self._free)
            if missing > 0:
                size = max(missing, self._block)
                with self._database.transaction_inside_another() as connection:
                    store.allot(connection, ONLINE, at)
                    reserved, first = store.reserve(connection, ONLINE.allotted_to, size)
                serials = serials_at(reserved, first, size, self._key)
                self._free.extend(item_number(reserved.indicator, serial) for serial in serials)
            return [self._free.popleft() for _ in range(count)]

    def forget(self) -> None:
        """What was reserved and not given out is let go: the ranges were made anew."""
        with self._lock:
            self._free.clear()
