"""Answers that are kept under a key of the client's, so that the same request is done once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from post_logistics.storage.rows import driver_of

KEPT_FOR: Final = timedelta(days=30)
"""An office may be offline for weeks, and send again what it does not know to have arrived."""
_CLAIM: Final = (
    "insert into kept_answers (owner, key, digest, status, media_type, body, at) "
    "values (%(owner)s, %(key)s, %(digest)s, 0, '', '', %(at)s) on conflict do nothing"
)
_ANSWERED: Final = "select digest, status, media_type, body from kept_answers where owner = %(owner)s and key = %(key)s"
_KEEP: Final = (
    "update kept_answers set status = %(status)s, media_type = %(media_type)s, body = %(body)s "
    "where owner = %(owner)s and key = %(key)s"
)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered to a request. ``digest``: of what was asked."""

    digest: bytes
    status: int
    media_type: str
    body: bytes


def claim_key(connection: Connection, owner: str, key: str, digest: bytes, at: datetime) -> KeptAnswer | None:
    """None if the key is new, and now this request's; else what was answered. Waits for a request that has it."""
    values = {"owner": owner, "key": key, "digest": digest, "at": at}
    driver = driver_of(connection)
    if driver.execute(_CLAIM, values).rowcount:
        return None
    row = driver.execute(_ANSWERED, values).fetchone()
    assert row is not None
    return KeptAnswer(*row)


def keep_answer(connection: Connection, owner: str, key: str, status: int, media_type: str, body: bytes) -> None:
    """Keeps what is answered, in the transaction that did it."""
    driver_of(connection).execute(
        _KEEP, {"owner": owner, "key": key, "status": status, "media_type": media_type, "body": body}
    )


def forget_answers(connection: Connection, at: datetime) -> int:
    """Lets go those that are older than a month; gives back how many."""
    gone = connection.execute(text("delete from kept_answers where at < :before"), {"before": at - KEPT_FOR})
    return int(gone.rowcount)
