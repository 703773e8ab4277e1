"""Who posts, what is posted, what addresses mean, how it travels."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import INT8RANGE, JSONB, ExcludeConstraint

from post_logistics.storage.schema.base import Instant, amount, fact, metadata

# Who posts

merchants = Table(
    "merchants",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    fact("name", Text, unique=True),
    fact("store_address", Text),
    fact("payout_account", Text),
    fact("registered_at", Instant),
    CheckConstraint("merchant_id ~ '^[a-z0-9][a-z0-9-]{0,39}$'", name="merchant_id"),
)

# What is posted

number_ranges = Table(
    "number_ranges",
    metadata,
    Column("range_id", Integer, Identity(), primary_key=True),
    fact("indicator", Text),
    fact("first_serial", Integer),
    fact("last_serial", Integer),
    fact("allotted_to", Text, unique=True),
    fact("allotted_at", Instant),
    fact("issued", Integer, server_default="0"),
    # Indicator and serial as one number, so that one constraint keeps ranges of one indicator apart for ever.
    Column(
        "serials",
        INT8RANGE,
        Computed(
            "int8range(((ascii(indicator) * 256 + ascii(substr(indicator, 2))) * 100000000::bigint) + first_serial, "
            "((ascii(indicator) * 256 + ascii(substr(indicator, 2))) * 100000000::bigint) + last_serial + 1)",
            persisted=True,
        ),
    ),
    CheckConstraint("indicator ~ '^[A-Z]{2}$'", name="indicator"),
    CheckConstraint("0 <= first_serial and first_serial <= last_serial and last_serial <= 99999999", name="serials"),
    CheckConstraint("0 <= issued and issued <= last_serial - first_serial + 1", name="issued"),
    ExcludeConstraint(("serials", "&&"), using="gist", name="ex_number_ranges_serials"),
)

consignments = Table(
    "consignments",
    metadata,
    Column("item_number", Text, primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    fact("store_address", Text),
    fact("order_ref", Text),
    fact("weight_g", Integer),
    amount("cod_poisha"),
    amount("declared_value_poisha"),
    fact("description", Text),
    fact("service", Text),
    fact("tariff_version", Text),
    amount("postage_poisha"),
    amount("cod_fee_poisha"),
    amount("vat_poisha"),
    fact("pickup_office", Text),
    fact("delivery_office", Text),
    fact("delivery_postcode", Text),
    fact("place_id", Text),
    fact("promised_on", Date),
    fact("booked_at", Instant),
    fact("fingerprint", Text),
    UniqueConstraint("merchant_id", "order_ref"),
    Index(None, "promised_on", "delivery_office"),
    Index(None, "merchant_id", "booked_at", "item_number"),
    CheckConstraint("item_number ~ '^[A-Z]{2}[0-9]{9}[A-Z]{2}$'", name="item_number"),
    CheckConstraint("weight_g > 0", name="weight_g"),
)

recipients = Table(  # the personal data of a consignment, apart, so that it can be erased when it is no longer needed
    "recipients",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("recipient_name", Text),
    fact("recipient_phone", Text),
    fact("recipient_address", Text),
    fact("note", Text),
    fact("lat_deg", Double),
    fact("lon_deg", Double),
    fact("precision_m", Integer),
    fact("resolved_by", Text),
    Column("erased_at", Instant),  # when it was made unreadable
    Index("ix_recipients_phone", "recipient_phone", postgresql_using="hash"),
    CheckConstraint("lat_deg between -90 and 90 and lon_deg between -180 and 180", name="point"),
)

# What addresses mean

address_corrections = Table(  # said again by another person, a correction is used; one that withdraws it ends that
    "address_corrections",
    metadata,
    Column("correction_id", Uuid, primary_key=True),
    fact("phrase", Text, index=True),
    fact("postcode", Text),
    fact("said_by", Text),
    fact("said_at", Instant),
    Column("withdraws", Uuid, ForeignKey("address_corrections.correction_id"), unique=True),
    CheckConstraint("phrase <> ''", name="phrase"),
    CheckConstraint("postcode ~ '^[0-9]{4}$'", name="postcode"),
)

# How it travels

plans = Table(  # a later revision replaces an earlier one; both stay readable
    "plans",
    metadata,
    Column("office", Text, primary_key=True),
    Column("kind", Text, CheckConstraint("kind in ('pickup', 'delivery')", name="kind"), primary_key=True),
    Column("service_on", Date, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    fact("planned_at", Instant),
    fact("distance_m", BigInteger),
    fact("distance_before_m", BigInteger),
    fact("sheets", JSONB),
    fact("unserved", JSONB),
    CheckConstraint("revision > 0", name="revision"),
)
