"""Partners whose orders we carry: the line to each, what it said of its orders, what it is told, what differs."""

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

partner_lines = Table(  # beside the partner's row of `shops`: where it is called, and how that goes
    "partner_lines",
    metadata,
    Column("shop_id", Uuid, ForeignKey("shops.shop_id"), primary_key=True),
    fact("url", Text),  # empty: it cannot be called
    fact("token", Text),  # shown to the partner
    fact("failures", Integer, server_default="0"),  # in a row, of what it was told
    Column("paused_until", Instant),
    Column("asked_at", Instant),  # when a list was last asked for
    fact("asked_why", Text, server_default=""),  # why it did not come; empty: it did
)

partner_orders = Table(  # what the partner said of an order; what became of it is in `shop_orders`
    "partner_orders",
    metadata,
    Column("shop_id", Uuid, ForeignKey("shops.shop_id"), primary_key=True),
    Column("order_id", Text, primary_key=True),
    fact("heard_on", Date),
    Column("listed_on", Date),  # the day in whose list it last was
    fact("state", Text),  # in the partner's word
    Column("cod_poisha", BigInteger),
    Column("weight_g", Integer),  # said, and not believed
    Index(None, "shop_id", "listed_on"),
    Index(None, "shop_id", "heard_on"),
)

partner_calls = Table(  # what a partner is told: each once, those of an order one after another
    "partner_calls",
    metadata,
    Column("call_id", Uuid, primary_key=True),
    fact("shop_id", Uuid, ForeignKey("shops.shop_id")),
    fact("order_id", Text),
    fact("number", BigInteger),  # of the outbox, twice, and one more for the message after a state
    fact("what", Text, CheckConstraint("what in ('state', 'message')", name="what")),
    fact("text", Text),
    fact("made_at", Instant),
    fact("status", Text, CheckConstraint("status in ('waiting', 'sent', 'refused', 'failed')", name="status")),
    fact("tries", SmallInteger, server_default="0"),
    fact("next_try_at", Instant),
    Column("last_tried_at", Instant),
    fact("last_answer", Text, server_default=""),
    Index("ix_partner_calls_waiting", "shop_id", "order_id", "number", postgresql_where=text("status = 'waiting'")),
    Index(None, "shop_id", "order_id"),
    Index(None, "made_at"),
)

partner_findings = Table(  # where the partner's list and ours differ, until they agree or a person has settled it
    "partner_findings",
    metadata,
    Column("finding_id", Uuid, primary_key=True),  # made of the next four: found twice, it is one
    fact("shop_id", Uuid, ForeignKey("shops.shop_id")),
    fact("on_day", Date),
    fact("order_id", Text),
    fact(
        "kind",
        Text,
        CheckConstraint("kind in ('missing_here', 'missing_there', 'state', 'amount')", name="kind"),
    ),
    fact("theirs", Text),
    fact("ours", Text),
    fact("found_at", Instant),
    Column("closed_at", Instant),
    fact("closed_by", Text, server_default=""),
    fact("note", Text, server_default=""),
    CheckConstraint("(closed_at is null) = (closed_by = '')", name="closed"),
    Index("ix_partner_findings_open", "shop_id", "found_at", postgresql_where=text("closed_at is null")),
    Index(None, "shop_id", "on_day"),
)
