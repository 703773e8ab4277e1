"""Where everything is: devices and what they said, items and bags and who answers for them, and what went wrong.

Scans and uploads are partitioned by the month in which they were recorded (``ensure_months`` makes the partitions), so
that years of them can be archived and let go month by month.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB

from post_logistics.storage.schema.base import Instant, fact, metadata

# What the devices said

devices = Table(  # a scanner, a telephone, a counter's computer; the server's own hands ("booking:…") have no row
    "devices",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("office", Text),  # where it was enrolled; unknown for one that only ever scanned
    fact("name", Text, server_default=""),
    Column("public_key", JSONB),  # JWK; whoever has one must sign
    Column("enrolled_at", Instant),
    Column("retired_at", Instant),
    # Every sequence that came in. What is missing between them was scanned and not yet uploaded.
    fact("received", INT8MULTIRANGE, server_default=text("'{}'")),
    fact("clock_offset_s", BigInteger, server_default="0"),
    fact("last_seen_at", Instant),
    CheckConstraint("device_id !~ ':'", name="device_id"),
)

uploads = Table(  # a signed batch as it came, byte for byte: whoever doubts a scan can check the device's signature
    "uploads",
    metadata,
    Column("upload_id", Uuid, primary_key=True),
    Column("received_at", Instant, primary_key=True),
    fact("device_id", Text, index=True),
    fact("signature", Text),
    fact("body_gzip", LargeBinary),
    postgresql_partition_by="RANGE (received_at)",
)

scans = Table(  # one statement's worth of columns more than a device sends: recorded_at
    "scans",
    metadata,
    Column("item_number", Text, primary_key=True),
    Column("recorded_at", Instant, primary_key=True),
    Column("scan_id", Uuid, primary_key=True),
    fact("event", Text),
    fact("occurred_at", Instant),
    fact("clock_offset_s", BigInteger),
    fact("device_id", Text),
    fact("sequence", BigInteger),
    fact("office", Text),
    fact("holder", Text),
    Column("reason", Text),
    fact("note", Text),
    Column("receptacle", Text),  # the bag that it went into
    Column("voids", Uuid),  # the earlier scan of this item that was a mistake
    CheckConstraint("sequence >= 0", name="sequence"),
    Index("ix_scans_receptacle", "receptacle", postgresql_where=text("receptacle is not null")),
    Index("ix_scans_voids", "voids", postgresql_where=text("voids is not null")),
    Index("ix_scans_recorded_at", "recorded_at", postgresql_using="brin"),
    postgresql_partition_by="RANGE (recorded_at)",
)

# Where things stand: the fold of their scans, kept with them in one transaction

IN_CUSTODY = text(  # the view `custody` says the same, so that it finds the few that are under way among all there were
    "state not in ('issued', 'booked', 'pickup_requested', 'pickup_assigned', 'cancelled', 'delivered', "
    "'partially_delivered', 'returned')"
)

journeys = Table(
    "journeys",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("state", Text),
    fact("holder", Text),
    fact("office", Text),
    fact("destination", Text),  # the office of delivery today: a redirection changes it
    fact("since", Instant),
    fact("attempts", SmallInteger),
    fact("misfits", SmallInteger),
    Column("receptacle", Text),  # the bag that it is in
    fact("last_at", Instant),  # of the scan that happened last
    fact("version", Integer),  # counts the times that anything was heard
    Index(None, "holder", "state"),
    Index("ix_journeys_receptacle", "receptacle", postgresql_where=text("receptacle is not null")),
    Index("ix_journeys_custody", "state", "since", postgresql_where=IN_CUSTODY),
    Index("ix_journeys_coming", "destination", postgresql_where=text("state = 'dispatched'")),
    postgresql_with={"fillfactor": 80},
)

bag_numbers = Table(  # blocks of bag numbers given out, so that an office can number its bags without a network
    "bag_numbers",
    metadata,
    Column("request_id", Uuid, primary_key=True),  # made by who asks: asked twice, the same block
    fact("series", Text, CheckConstraint("series ~ '^[A-Z0-9]{20}$'", name="series")),
    fact("first_serial", SmallInteger),
    fact("last_serial", SmallInteger),
    fact("made_at", Instant),
    UniqueConstraint("series", "first_serial"),
    CheckConstraint("1 <= first_serial and first_serial <= last_serial and last_serial <= 999", name="serials"),
)

dispatches = Table(  # the bags and loose items that leave one office for another by one vehicle
    "dispatches",
    metadata,
    Column("vehicle", Text, primary_key=True),  # as in a scan's holder, without "vehicle:": NAME/20261122T0320Z
    fact("origin", Text),
    fact("destination", Text),
    fact("depart_at", Instant),
    Column("arrive_at", Instant),
    fact("made_at", Instant),
    Index(None, "origin", "depart_at"),
    Index(None, "destination", "depart_at"),
)

receptacles = Table(  # a bag and where it stands; its scans are in `scans` like those of items
    "receptacles",
    metadata,
    Column("receptacle", Text, CheckConstraint("receptacle ~ '^[A-Z0-9]{23}$'", name="receptacle"), primary_key=True),
    Column("printed_number", Text, unique=True),  # all 29 characters, known when it is sealed
    Column("seal", Text),
    Column("weight_g", Integer),
    fact("made_at", Instant),
    fact("state", Text),
    fact("holder", Text),
    fact("office", Text),
    fact("destination", Text),
    fact("since", Instant),
    fact("misfits", SmallInteger),
    Column("outer_receptacle", Text),  # the bag that this one is in
    fact("last_at", Instant),
    fact("version", Integer),
    Index(None, "holder", "state"),
    Index("ix_receptacles_outer", "outer_receptacle", postgresql_where=text("outer_receptacle is not null")),
    Index("ix_receptacles_custody", "state", "since", postgresql_where=text("state not in ('open', 'opened')")),
    Index("ix_receptacles_coming", "destination", postgresql_where=text("state = 'dispatched'")),
)

# What was laid away

archives = Table(
    "archives",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    fact("path", Text),
    fact("rows", BigInteger),
    fact("sha256", Text),
    fact("archived_at", Instant),
    fact("detached", Boolean, server_default=text("false")),
)
