"""The whole database on one page. Facts are appended and never changed; three small tables remember where things stand.

Every constraint here makes a wrong state impossible rather than unlikely: what a programme forgets, the table refuses.
``migrations/`` brings a database to this page; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import INT8RANGE, JSONB, ExcludeConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Instant = DateTime(timezone=True)


def amount(name: str) -> Column[int]:
    """A sum of money in poisha that cannot be negative."""
    return Column(name, BigInteger, CheckConstraint(f"{name} >= 0", name=name), nullable=False)


def fact(name: str, kind: object, *rest: object, **options: object) -> Column[object]:
    """A column that is always known."""
    return Column(name, kind, *rest, nullable=False, **options)  # type: ignore[arg-type]


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
    CheckConstraint("lat_deg between -90 and 90 and lon_deg between -180 and 180", name="point"),
)

# Where it is

scans = Table(
    "scans",
    metadata,
    Column("scan_id", Uuid, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("event", Text),
    fact("occurred_at", Instant),
    fact("recorded_at", Instant),
    fact("clock_offset_s", BigInteger),
    fact("device_id", Text),
    fact("sequence", BigInteger),
    fact("office", Text),
    fact("holder", Text),
    Column("reason", Text),
    fact("note", Text),
    UniqueConstraint("device_id", "sequence"),
    CheckConstraint("sequence >= 0", name="sequence"),
)

journeys = Table(  # where an item stands: the fold of its scans, kept with them in one transaction
    "journeys",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("state", Text),
    fact("holder", Text),
    fact("office", Text),
    fact("since", Instant),
    fact("attempts", SmallInteger),
    fact("misfits", SmallInteger),
    Index(None, "holder", "state"),
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

# Where the money is

postings = Table(  # the only reasons for which money moves, and between which kinds of account
    "postings",
    metadata,
    Column("code", Text, primary_key=True),
    Column("debit_kind", Text, primary_key=True),
    Column("credit_kind", Text, primary_key=True),
    Column("taken_back", Boolean, primary_key=True),  # the same reason read backwards, for a reversal
)

transfers = Table(
    "transfers",
    metadata,
    Column("transfer_id", Uuid, primary_key=True),
    fact("code", Text),
    fact("debit", Text, index=True),
    fact("credit", Text, index=True),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    fact("at", Instant),
    Column("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("cause", Text),
    Column("reverses", Uuid, ForeignKey("transfers.transfer_id"), unique=True),
    Column("debit_kind", Text, Computed("split_part(debit, ':', 1)", persisted=True)),
    Column("credit_kind", Text, Computed("split_part(credit, ':', 1)", persisted=True)),
    Column("taken_back", Boolean, Computed("reverses is not null", persisted=True)),
    ForeignKeyConstraint(
        ["code", "debit_kind", "credit_kind", "taken_back"],
        [f"postings.{name}" for name in ("code", "debit_kind", "credit_kind", "taken_back")],
    ),
    CheckConstraint("debit <> credit", name="two_accounts"),
    Index(
        "uq_transfers_one_collection",
        "item_number",
        unique=True,
        postgresql_where=text("code in ('collect', 'collect_counter') and reverses is null"),
    ),
)

day_closes = Table(
    "day_closes",
    metadata,
    Column("close_id", Text, primary_key=True),
    fact("holder", Text),
    fact("office", Text),
    fact("closed_on", Date),
    amount("expected_poisha"),
    amount("counted_poisha"),
    amount("shortage_poisha"),
    amount("excess_poisha"),
    amount("to_deposit_poisha"),
    fact("counted_by", Text),
    fact("closed_at", Instant),
    UniqueConstraint("holder", "closed_on"),
    CheckConstraint("expected_poisha = counted_poisha + shortage_poisha - excess_poisha", name="explained"),
    CheckConstraint("shortage_poisha = 0 or excess_poisha = 0", name="one_way"),
    CheckConstraint("to_deposit_poisha <= counted_poisha", name="deposit"),
)

deposits = Table(
    "deposits",
    metadata,
    Column("close_id", Text, ForeignKey("day_closes.close_id"), primary_key=True),  # a close is paid in once
    fact("slip_number", Text, unique=True),
    fact("office", Text),
    Column("amount_poisha", BigInteger, CheckConstraint("amount_poisha > 0", name="amount_poisha"), nullable=False),
    fact("deposited_at", Instant),
)

settlements = Table(
    "settlements",
    metadata,
    Column("settlement_id", Text, primary_key=True),
    fact("merchant", Text, ForeignKey("merchants.merchant_id")),
    fact("settled_on", Date),
    fact("payout_account", Text),
    fact("brought_forward_poisha", BigInteger),
    amount("principal_poisha"),
    amount("fees_taken_poisha"),
    amount("vat_taken_poisha"),
    amount("payout_poisha"),
    fact("carried_forward_poisha", BigInteger),
    fact("fees_due_poisha", BigInteger),
    fact("vat_due_poisha", BigInteger),
    fact("waiting", JSONB),
    fact("verification_reference", Text),
    fact("settled_at", Instant),
    UniqueConstraint("merchant", "settled_on"),
    CheckConstraint(
        "brought_forward_poisha + principal_poisha = "
        "fees_taken_poisha + vat_taken_poisha + payout_poisha + carried_forward_poisha",
        name="adds_up",
    ),
)

settlement_lines = Table(
    "settlement_lines",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),  # a parcel is settled once
    fact("settlement_id", Text, ForeignKey("settlements.settlement_id"), index=True),
    fact("order_ref", Text),
    fact("outcome", Text),
    amount("collected_poisha"),
    amount("postage_poisha"),
    amount("cod_fee_poisha"),
    amount("vat_poisha"),
)

APPEND_ONLY = (
    "consignments",
    "scans",
    "address_corrections",
    "plans",
    "postings",
    "transfers",
    "day_closes",
    "deposits",
    "settlements",
    "settlement_lines",
)
"""Tables whose rows are never changed or removed: a trigger refuses it, whoever asks."""
