"""What is due and by when, what was learned of that, and what went wrong."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from post_logistics.storage.schema.base import Instant, fact, metadata

due_rules = Table(  # data/custody.toml, declared when the database is opened
    "due_rules",
    metadata,
    Column("state", Text, primary_key=True),
    Column("holder_kind", Text, primary_key=True),
    fact("event", Text),
    fact("minutes", Integer),
    Column("until", Instant),  # and then until the next time that it is as late in the day as at that instant
    fact("leg_minutes", Integer),  # of a vehicle that is on no leg of leg_times
)

leg_times = Table(  # how long a leg takes: by the timetable, and as the scans of the last weeks show
    "leg_times",
    metadata,
    Column("leg_id", Text, primary_key=True),
    Column("destination", Text),
    fact("planned_minutes", Integer),
    Column("usual_minutes", Integer),  # half of the runs
    Column("slow_minutes", Integer),  # 95 of a hundred
    fact("samples", Integer, server_default="0"),
)

leg_runs = Table(  # what one run of a leg did, as the scans of what it carried show
    "leg_runs",
    metadata,
    Column("leg_id", Text, primary_key=True),
    Column("depart_at", Instant, primary_key=True),  # by the timetable
    fact("minutes", Integer),  # from the scan that sends a thing to the one that receives it: half of what it carried
    fact("late_minutes", Integer),  # after its arrival by the timetable
    fact("things", Integer),  # bags and loose parcels
)

office_days = Table(  # how often what should have happened at an office on a day did: for the chances of a promise
    "office_days",
    metadata,
    Column("on_day", Date, primary_key=True),
    Column("office", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    fact("times", Integer),
    fact("good", Integer),
    CheckConstraint("0 <= good and good <= times", name="good"),
)

exceptions = Table(  # something a person has to look into
    "exceptions",
    metadata,
    Column("exception_id", BigInteger, primary_key=True, autoincrement=True),
    fact("item_number", Text),  # of an item or a bag
    fact("kind", Text),
    fact("office", Text),  # whose business it is
    fact("owner", Text, server_default=""),  # the person who took it on
    fact("custodian", Text),  # who had it last
    Column("since", Instant),  # since when, of what is overdue
    Column("scan_id", Uuid),  # the scan that does not fit
    fact("expected", Text),  # the event that should have come
    Column("expected_by", Instant),
    fact("detail", Text, server_default=""),
    fact("opened_at", Instant),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    fact("closing_note", Text, server_default=""),
    CheckConstraint("kind in ('overdue', 'misfit', 'short', 'excess', 'missent', 'damaged', 'contested')", name="kind"),
    CheckConstraint("(closed_at is null) = (closed_by is null)", name="closed"),
    Index(
        "uq_exceptions_one_open",
        "item_number",
        "kind",
        text("coalesce(scan_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
        unique=True,
        postgresql_where=text("closed_at is null"),
    ),
    Index(None, "item_number"),
    Index("ix_exceptions_office", "office", "opened_at", postgresql_where=text("closed_at is null")),
    Index("ix_exceptions_custodian", "custodian", postgresql_where=text("closed_at is null")),
)

exception_steps = Table(  # what people did about it, and when
    "exception_steps",
    metadata,
    Column("exception_id", BigInteger, ForeignKey("exceptions.exception_id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    fact("step", Text, CheckConstraint("step in ('taken', 'closed')", name="step")),
    fact("by", Text),
    fact("note", Text),
    fact("at", Instant),
)

CUSTODY = """
CREATE OR REPLACE VIEW custody AS
SELECT i.item_number, i.state, i.holder, i.office, i.destination, i.since, i.receptacle, false AS is_bag,
       coalesce(b.state NOT IN ('open', 'opened'), false) AS in_closed_bag
FROM journeys i LEFT JOIN receptacles b USING (receptacle)
WHERE i.state NOT IN ('issued', 'booked', 'pickup_requested', 'pickup_assigned', 'cancelled', 'delivered',
                      'partially_delivered', 'returned')
UNION ALL
SELECT i.receptacle, i.state, i.holder, i.office, i.destination, i.since, i.outer_receptacle, true,
       coalesce(b.state NOT IN ('open', 'opened') AND b.outer_receptacle IS DISTINCT FROM i.receptacle, false)
FROM receptacles i LEFT JOIN receptacles b ON b.receptacle = i.outer_receptacle
WHERE i.state NOT IN ('open', 'opened')
"""
"""Every item and bag for which somebody answers. What is in a closed bag is that bag's worry; until it is sealed, and
once it is opened, each thing is its own. So are two bags said to be in each other."""

CUSTODY_DUE = """
CREATE OR REPLACE VIEW custody_due AS
SELECT c.item_number, c.state, c.holder, c.office, c.destination, c.since, c.receptacle, r.event,
       CASE WHEN r.until IS NULL THEN ready.at
            ELSE date_bin('1 day', ready.at - interval '1 microsecond', r.until) + interval '1 day' END AS due_at,
       CASE WHEN on_leg.leg_id IS NULL THEN c.office ELSE coalesce(l.destination, c.destination) END AS concerns
FROM custody c
JOIN due_rules r ON r.state = c.state AND r.holder_kind = CASE WHEN c.holder = 'office:' || c.destination
    THEN 'destination' ELSE split_part(c.holder, ':', 1) END
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.holder LIKE 'vehicle:%' THEN split_part(substr(c.holder, 9), '/', 1) END AS leg_id,
           CASE WHEN c.holder LIKE 'vehicle:%/%' AND pg_input_is_valid(split_part(c.holder, '/', 2), 'timestamptz')
                THEN least(split_part(c.holder, '/', 2)::timestamptz, c.since + interval '1 day') END AS depart_at
) on_leg
LEFT JOIN leg_times l ON l.leg_id = on_leg.leg_id
CROSS JOIN LATERAL (
    SELECT greatest(c.since, on_leg.depart_at) + make_interval(mins => r.minutes + CASE WHEN on_leg.leg_id IS NULL
        THEN 0 ELSE coalesce(greatest(l.slow_minutes, l.planned_minutes), r.leg_minutes) END) AS at
) ready
WHERE NOT c.in_closed_bag
"""
"""Of everything in custody the scan due next, by when, and which office it concerns: the holder's own; of a vehicle,
the one that its leg leads to. A vehicle leaves when its name says, at most a day after it was scanned."""

VIEWS = (CUSTODY, CUSTODY_DUE)
