"""Documents of government offices and municipalities: who issues them, on which sealed list, and into whose hands."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, amount, fact, metadata

issuers = Table(  # a merchant that issues documents
    "issuers",
    metadata,
    Column("merchant_id", Text, ForeignKey("merchants.merchant_id"), primary_key=True),
    fact("kind", Text, CheckConstraint("kind in ('office', 'municipality')", name="kind")),
    fact("code", Text, unique=True),
    fact("name_bn", Text),
    fact("office", Text),  # where its manifests are handed in
    fact("made_at", Instant),
    CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{1,39}$'", name="code"),
)

manifests = Table(  # the sealed list with which documents are handed in
    "manifests",
    metadata,
    Column("manifest_id", Uuid, primary_key=True),
    fact("merchant_id", Text, ForeignKey("issuers.merchant_id")),
    fact("number", Text),
    fact("service_on", Date),
    fact("count", Integer, CheckConstraint("count > 0", name="count")),
    fact("digest", Text, CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest")),
    fact("sealed_by", Text),
    fact("seal_number", Text),
    fact("sealed_at", Instant),
    UniqueConstraint("merchant_id", "number"),
    Index(None, "merchant_id", "sealed_at", "manifest_id"),
)

manifest_lines = Table(  # what it lists, booked or not
    "manifest_lines",
    metadata,
    Column("manifest_id", Uuid, ForeignKey("manifests.manifest_id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    fact("application_number", Text),
)

documents = Table(  # a consignment that is a document; its rules as they held when it was booked
    "documents",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("merchant_id", Text, ForeignKey("issuers.merchant_id")),
    fact("application_number", Text),
    fact("application_key", Text),  # as people's spellings of it are compared
    fact("manifest_id", Uuid, ForeignKey("manifests.manifest_id"), index=True),
    fact("service", Text),
    Column("ward", SmallInteger),
    amount("fee_poisha"),  # the issuer's own, in the consignment's COD
    fact("receivers", JSONB),
    fact("identity", Boolean),
    fact("advice", Boolean),
    UniqueConstraint("merchant_id", "application_number"),
    Index(None, "application_key"),
)

manifest_receipts = Table(  # what the counter found
    "manifest_receipts",
    metadata,
    Column("manifest_id", Uuid, ForeignKey("manifests.manifest_id"), primary_key=True),
    fact("office", Text),
    fact("counted", Integer, CheckConstraint("counted >= 0", name="counted")),
    fact("seal_intact", Boolean),
    fact("received_by", Text),
    fact("received_at", Instant),
)

manifest_differences = Table(
    "manifest_differences",
    metadata,
    Column("manifest_id", Uuid, ForeignKey("manifest_receipts.manifest_id"), primary_key=True),
    Column("application_number", Text, primary_key=True),
    fact("finding", Text, CheckConstraint("finding in ('short', 'excess')", name="finding")),
)

document_advices = Table(  # signed for the issuer: one for each confirmation of a delivery, and of its correction
    "document_advices",
    metadata,
    Column("number", BigInteger, ForeignKey("confirmations.number"), primary_key=True, autoincrement=False),
    fact("item_number", Text, ForeignKey("documents.item_number"), index=True),
    fact("merchant_id", Text, ForeignKey("issuers.merchant_id")),
    fact("signed", Text),
    fact("made_at", Instant),
    Index(None, "merchant_id", "number"),
)
