"""Who is told what: endpoints of merchants, the outbox, what was sent to whom; and the library of jobs."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.jobs_schema import jobs_schema
from post_logistics.storage.schema.base import Instant, fact, metadata

SMS_STATUSES = "'waiting', 'sent', 'failed', 'over_budget', 'outdated'"

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("endpoint_id", Uuid, primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id"), index=True),
    fact("url", Text),
    fact("secret", Text),
    Column("previous_secret", Text),  # signs beside the new one until previous_until
    Column("previous_until", Instant),
    fact("events", JSONB),  # names of events; none: all
    fact("made_at", Instant),
    fact("failures", Integer, server_default="0"),  # in a row
    Column("failing_since", Instant),
    Column("paused_until", Instant),
    Column("stopped_at", Instant),
    fact("stopped_why", Text, server_default=""),
    fact(
        "dialect",
        Text,
        CheckConstraint(
            "dialect in ('native', 'steadfast', 'pathao', 'redx', 'easypost', 'eksheba', 'municipal')", name="dialect"
        ),
        server_default="native",
    ),
)

outbox = Table(  # what happened and somebody may want to hear, written with the fact and removed when passed on
    "outbox",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    fact("item_number", Text),
    fact("scan_id", Uuid),
    fact("event", Text),
    fact("state", Text),
    fact("office", Text),
    Column("reason", Text),
    fact("attempts", SmallInteger),
    fact("version", Integer),  # of the journey: whoever hears it out of order believes the highest
    fact("occurred_at", Instant),
    fact("written_at", Instant),
)

webhook_messages = Table(  # one message to one endpoint, as it is and will be sent
    "webhook_messages",
    metadata,
    Column("message_id", Text, primary_key=True),
    fact("endpoint_id", Uuid, ForeignKey("webhook_endpoints.endpoint_id", ondelete="CASCADE")),
    fact("item_number", Text),  # empty if it is about no parcel
    fact("number", BigInteger),  # of the outbox: orders the messages of a parcel
    fact("event", Text),
    fact("body", Text),
    fact("made_at", Instant),
    fact("status", Text, CheckConstraint("status in ('waiting', 'sent', 'failed')", name="status")),
    fact("tries", SmallInteger),
    fact("next_try_at", Instant),
    fact("give_up_at", Instant),
    Column("last_tried_at", Instant),
    fact("last_answer", Text),
    Index(None, "endpoint_id", "made_at", "message_id"),
    Index(
        "ix_webhook_messages_due", "endpoint_id", "next_try_at", "number", postgresql_where=text("status = 'waiting'")
    ),
    Index(
        "ix_webhook_messages_order", "endpoint_id", "item_number", "number", postgresql_where=text("status = 'waiting'")
    ),
)

sms_messages = Table(  # personal data is not kept here: the number is looked up when it is sent
    "sms_messages",
    metadata,
    Column("sms_id", Text, primary_key=True),
    fact("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("event", Text),
    fact("language", Text),
    fact("office", Text),
    fact("segments", SmallInteger),
    fact("status", Text, CheckConstraint(f"status in ({SMS_STATUSES})", name="status")),
    fact("made_at", Instant),
    fact("not_before", Instant),
    fact("tries", SmallInteger),
    Column("sent_at", Instant),
    fact("last_answer", Text),
    Index("ix_sms_messages_waiting", "not_before", postgresql_where=text("status = 'waiting'")),
)


def _library_of_jobs(_: object, connection: Connection, **__: object) -> None:
    connection.exec_driver_sql(jobs_schema().replace("%", "%%"))


event.listen(metadata, "after_create", _library_of_jobs)

confirmations = Table(  # deliveries confirmed and taken back, numbered without gaps, signed: told once, for ever
    "confirmations",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    fact("item_number", Text, ForeignKey("consignments.item_number")),
    fact("kind", Text, CheckConstraint("kind in ('delivered', 'corrected')", name="kind")),
    fact("turn", SmallInteger),  # 1 for the item's first delivery, 2 for the one after that was taken back
    fact("scan_id", Uuid),  # the scan that confirmed the delivery
    fact("version", Integer),  # of the journey when it was looked at
    fact("heard_at", Instant),  # recorded_at of the newest scan that was looked at
    Column("corrects", BigInteger, ForeignKey("confirmations.number"), unique=True),
    fact("signed", Text),
    fact("made_at", Instant),
    CheckConstraint("number > 0", name="number"),
    CheckConstraint("(kind = 'corrected') = (corrects is not null)", name="corrects"),
    Index("uq_confirmations_one_each", "item_number", "turn", "kind", unique=True),
)
