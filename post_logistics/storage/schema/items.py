"""What belongs to an item besides its consignment: other numbers, weighings, proofs, codes, claims."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata

item_aliases = Table(  # another number under which an item travels: its return label, or a label printed anew
    "item_aliases",
    metadata,
    Column("alias", Text, CheckConstraint("alias ~ '^[A-Z]{2}[0-9]{9}[A-Z]{2}$'", name="alias"), primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("kind", Text, CheckConstraint("kind in ('return', 'relabel')", name="kind")),
    fact(
        "cause", Text, unique=True
    ),  # "return:ITEM", or the device's "relabel:DEVICE/SEQUENCE": asked twice, made once
    fact("made_at", Instant),
    Index("uq_item_aliases_one_return", "item_number", unique=True, postgresql_where=text("kind = 'return'")),
)

linked_consignments = Table(  # a consignment that exists because of another
    "linked_consignments",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("because_of", Text, ForeignKey("consignments.item_number"), index=True),
    fact("kind", Text, CheckConstraint("kind in ('rest', 'exchange')", name="kind")),
    fact("made_at", Instant),
    Index("uq_linked_consignments_one_each", "because_of", "kind", unique=True),
)

pickup_requests = Table(
    "pickup_requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    fact("store_address", Text),
    fact("office", Text),
    fact("ready_from", Instant),
    fact("ready_until", Instant),
    fact("item_numbers", JSONB),
    fact("note", Text),
    fact("asked_at", Instant),
    CheckConstraint("ready_from < ready_until", name="window"),
    Index(None, "office", "ready_from"),
)

weighings = Table(  # what the scales said, and what the parcel costs by that
    "weighings",
    metadata,
    Column("weighing_id", Uuid, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("weight_g", Integer, CheckConstraint("weight_g > 0", name="weight_g")),
    fact("booked_weight_g", Integer),
    fact("tariff_version", Text),
    amount("postage_poisha"),
    amount("vat_poisha"),
    fact("difference_poisha", BigInteger),  # against what was booked, VAT included; below zero: charged too much
    fact("office", Text),
    fact("device_id", Text),
    fact("weighed_at", Instant),
)

redirections = Table(
    "redirections",
    metadata,
    Column("redirection_id", Uuid, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("from_office", Text),
    fact("to_office", Text),
    fact("to_postcode", Text),
    fact("to_place", Text),
    fact("asked_by", Text),
    fact("redirected_at", Instant),
)

holds = Table(  # until when an item waits at an office; why is in its scan
    "holds",
    metadata,
    Column("hold_id", Uuid, primary_key=True),  # the id of the scan
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("office", Text),
    fact("until_on", Date),
    Index(None, "office", "until_on"),
)

proofs = Table(  # what shows that a scan is true; what it shows of people is a body of its own
    "proofs",
    metadata,
    Column("proof_id", Uuid, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("scan_id", Uuid),
    fact(
        "kind", Text, CheckConstraint("kind in ('otp', 'signature', 'photo', 'call', 'place', 'identity')", name="kind")
    ),
    fact("digest", Text),  # of what was shown; where that could be guessed from it, keyed
    fact("office", Text),
    fact("taken_at", Instant),
    fact("recorded_at", Instant),
    Column("duration_s", Integer),  # of a call
    Column("distance_m", Integer),  # of a place, from the recipient's point; the place itself is in the body
    Column("precision_m", Integer),
    Column(  # of a receiver: what was shown
        "identity",
        Text,
        CheckConstraint("identity in ('nid', 'birth', 'passport', 'licence', 'none')", name="identity"),
    ),
    Column(  # and who it was
        "received_by",
        Text,
        CheckConstraint("received_by in ('addressee', 'household', 'affixed')", name="received_by"),
    ),
)

proof_bodies = Table(  # personal: erased when it is no longer needed, while the proof and its digest stay
    "proof_bodies",
    metadata,
    Column("proof_id", Uuid, ForeignKey("proofs.proof_id"), primary_key=True),
    fact("media_type", Text),
    fact("body", LargeBinary),
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    Column("purpose", Text, CheckConstraint("purpose in ('delivery', 'view')", name="purpose"), primary_key=True),
    fact("code_hash", Text),
    fact("made_at", Instant),
    fact("expires_at", Instant),
    fact("tries", SmallInteger),  # wrong ones with this code
    Column("used_at", Instant),
    fact("day_began_at", Instant),  # the first issue of a day of 24 hours, in which are counted:
    fact("issues", SmallInteger),
    fact("wrong", SmallInteger),
)

recipient_links = Table(  # the recipient's own page: 128 bits in a link, of which only the hash is kept
    "recipient_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("made_at", Instant),
    fact("expires_at", Instant),
)

claims = Table(  # somebody wants money for a parcel lost, damaged, short or late
    "claims",
    metadata,
    Column("claim_id", Uuid, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number")),
    fact("kind", Text, CheckConstraint("kind in ('loss', 'damage', 'short', 'delay')", name="kind")),
    amount("claimed_poisha"),
    fact("claimed_by", Text),
    fact("claimed_at", Instant),
    fact("due_on", Date),
    Index("uq_claims_one_each", "item_number", "kind", unique=True),
)

claim_steps = Table(
    "claim_steps",
    metadata,
    Column("claim_id", Uuid, ForeignKey("claims.claim_id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    fact("step", Text),
    Column("amount_poisha", BigInteger),
    fact("by", Text),
    fact("note", Text),
    fact("at", Instant),
)
