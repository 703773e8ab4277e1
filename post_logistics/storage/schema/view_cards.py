"""View cards: what one is made of until it is posted, and that it was paid. Keys that have signed confirmations."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata

view_card_drafts = Table(  # personal: gone when the card is posted or taken back, and soon in any case
    "view_card_drafts",
    metadata,
    Column("card_id", Uuid, primary_key=True),
    fact("office", Text),
    fact("picture", LargeBinary),  # as it is printed, a JPEG; empty until there is one
    fact("message", Text),
    fact("recipient_name", Text),
    fact("recipient_address", Text),
    fact("recipient_phone", Text),
    fact("recipient_postcode", Text),
    fact("changed_at", Instant, index=True),
)

view_cards = Table(  # a card that was paid at a counter
    "view_cards",
    metadata,
    Column("card_id", Uuid, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), unique=True),
    fact("office", Text),
    amount("postage_poisha"),
    amount("vat_poisha"),
    fact("paid_at", Instant),
)

confirmation_keys = Table(  # every key that has signed confirmations: old ones must be checked for ever
    "confirmation_keys",
    metadata,
    Column("kid", Text, primary_key=True),  # RFC 7638
    fact("jwk", JSONB),  # the public key
    fact("first_used_at", Instant),
)
