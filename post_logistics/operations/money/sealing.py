"""The books are sealed: a day that is over takes no transfer more, and the months are closed by two people."""

from datetime import date, datetime, timedelta

from post_logistics.cod.chain import SealedDay
from post_logistics.errors import Unacceptable
from post_logistics.storage.database import Connection
from post_logistics.storage.money import sealing as store
from post_logistics.units import DHAKA


def seal_books(connection: Connection, through: date, at: datetime) -> list[SealedDay]:
    """Seals every day through that one, oldest first; gives back those that were not sealed before. What is posted from
    now on belongs to a later day. Unacceptable for a day that is not over."""
    if through >= at.astimezone(DHAKA).date():
        raise Unacceptable(f"{through} is not over", field="through", remedy="seal yesterday, or an earlier day")
    store.lock_books(connection)
    last = store.last_sealed(connection)
    day = last.on_day + timedelta(days=1) if last else store.first_day(connection)
    if day is None or day > through:
        return []
    return store.seal_days(connection, day, through, last, at)
