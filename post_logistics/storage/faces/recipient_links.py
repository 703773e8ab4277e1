"""Recipients' private links: of a token only its hash is kept, so that the table opens nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from post_logistics.storage.rows import append
from post_logistics.storage.schema import recipient_links
from post_logistics.units import ItemNumber


@dataclass(frozen=True, slots=True)
class RecipientLink:
    """Who knows the token may see the item as its recipient, until it expires."""

    token_hash: str
    item_number: ItemNumber
    made_at: datetime
    expires_at: datetime


def append_links(connection: Connection, values: list[RecipientLink]) -> None:
    """Keeps them; one that is there stays as it is."""
    append(connection, recipient_links, values, keep_first=True)


def load_linked_item(connection: Connection, token_hash: str, at: datetime) -> ItemNumber | None:
    """The item that the token opens at that time, if any."""
    found: ItemNumber | None = connection.execute(
        select(recipient_links.c.item_number).where(
            recipient_links.c.token_hash == token_hash, recipient_links.c.expires_at > at
        )
    ).scalar()
    return found
