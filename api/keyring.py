"""What keys let in, remembered for some seconds: the database need not be asked at every request."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from post_logistics.access.keys import KeyKind, hash_of
from post_logistics.access.roles import Grant
from post_logistics.operations.access.keys import recognise, recognise_bearer
from post_logistics.storage.database import Database

KEPT_FOR: Final = timedelta(seconds=10)
"""So long after it was retired a key may still let in."""
_MOST: Final = 20_000


class Keyring:
    """Grants by the hash of what was sent. Only what lets in is remembered: guesses cannot fill it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[bytes, tuple[Grant, datetime]] = OrderedDict()

    def remembered(self, *sent: str, at: datetime) -> Grant | None:
        """What was sent lets in, as it did some seconds ago; None if nobody remembers."""
        found = self._kept.get(hash_of("\0".join(sent)))
        return found[0] if found and at < found[1] else None

    def bearer(self, sent: str, at: datetime) -> Grant | None:
        """What a native key or a session lets in; None if it is none."""
        with self._database.transaction() as connection:
            return self._keep((sent,), recognise_bearer(connection, sent, at), at)

    def pair(self, kind: KeyKind, key_id: str, secret: str, at: datetime) -> Grant | None:
        """The same of a key of another dialect, whose halves travel apart."""
        sent = (kind.value, key_id, secret)
        remembered = self.remembered(*sent, at=at)
        if remembered is not None:
            return remembered
        with self._database.transaction() as connection:
            return self._keep(sent, recognise(connection, kind, key_id, secret, at), at)

    def forget(self) -> None:
        """What is retired here lets nobody in any more, at once."""
        self._kept.clear()

    def _keep(self, sent: tuple[str, ...], grant: Grant | None, at: datetime) -> Grant | None:
        if grant is not None:
            self._kept[hash_of("\0".join(sent))] = (grant, at + KEPT_FOR)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return grant
