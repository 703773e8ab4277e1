"""How a recipient comes to their own view of a parcel: by a private link, or by a code sent to their telephone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from post_logistics.channels.messages import VIEW_CODE
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound
from post_logistics.operations.door.codes import check_code
from post_logistics.operations.telling.relaying import SEND_SMS
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.faces.lookups import load_known
from post_logistics.storage.faces.recipient_links import RecipientLink, append_links, load_linked_item
from post_logistics.storage.jobs import defer
from post_logistics.storage.telling.sms import SmsMessage, append_sms
from post_logistics.units import ItemNumber, Language

LINK_GOOD_FOR: Final = timedelta(days=60)
"""Longer than any parcel should travel, and its return."""
VISIT_GOOD_FOR: Final = timedelta(hours=1)
"""After a code was right."""
ASKED_EVERY: Final = timedelta(minutes=10)
"""A code lives so long; who asks again meanwhile is sent no other."""

_EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def make_links(
    connection: Connection, tokens: Mapping[str, str], at: datetime, good_for: timedelta = LINK_GOOD_FOR
) -> None:
    """Whoever knows an item's token may see it as its recipient until then.

    A token is at least 128 bits of chance, from ``secrets.token_urlsafe(16)``. Only its hash is kept.
    """
    append_links(
        connection, [RecipientLink(_hash(token), ItemNumber(item), at, at + good_for) for item, token in tokens.items()]
    )


def fresh_links(
    connection: Connection, item_numbers: Sequence[str], at: datetime, *, new_token: Callable[[], str]
) -> dict[str, str]:
    """A new token for each of those items, good from now on: for the links in text messages."""
    tokens = {number: new_token() for number in item_numbers}
    make_links(connection, tokens, at)
    return tokens


def item_of_link(connection: Connection, token: str, at: datetime) -> ItemNumber:
    """The item that the token opens; NotFound if it opens none, or none any more."""
    found = load_linked_item(connection, _hash(token), at)
    if found is None:
        raise NotFound(
            "this link opens nothing, or no longer",
            field="token",
            remedy="have a code sent to the recipient's telephone",
        )
    return found


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def ask_for_code(connection: Connection, number: str, language: Language, at: datetime) -> None:
    """A text with a code goes to the recipient's telephone, if there is such an item; the caller learns nothing.

    Unacceptable only if that cannot be an item number at all.
    """
    known = load_known(connection, parse_item_number(number))
    if known is None:
        return
    turn = (at - _EPOCH) // ASKED_EVERY
    message = SmsMessage(
        sms_id=f"{VIEW_CODE}:{known.item_number}:{turn}",
        item_number=known.item_number,
        event=VIEW_CODE,
        language=language,
        office=known.destination,
        segments=1,
        status="waiting",
        made_at=at,
        not_before=at,
        tries=0,
        last_answer="",
    )
    if append_sms(connection, [message]):
        defer(connection, SEND_SMS, {"": at})


def open_by_code(database: Database, number: str, code: str, token: str, at: datetime, *, key: bytes) -> ItemNumber:
    """The item whose code that is; from now on ``token`` opens it for an hour. NotFound if it is not, whatever the why.

    A wrong try counts, and is kept in a transaction of its own before anybody is told.
    """
    asked = parse_item_number(number)
    with database.transaction() as connection:
        known = load_known(connection, asked)
        item_number = known.item_number if known else asked
        right = check_code(connection, item_number, "view", code, at, key=key)
        if right:
            make_links(connection, {item_number: token}, at, VISIT_GOOD_FOR)
    if not right:
        raise NotFound(
            "that code does not open this parcel",
            field="code",
            remedy="use the last code that was sent, or ask for another",
        )
    return item_number
