"""Shops that send their orders by themselves: the connection, what it brought, and what became of each order."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from post_logistics.storage.schema.base import Instant, fact, metadata

SHOP_ORDER_STATES = "'not_due', 'due', 'waiting', 'booked', 'dropped', 'left'"

shops = Table(
    "shops",
    metadata,
    Column("shop_id", Uuid, primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    Column("kind", Text, CheckConstraint("kind in ('woocommerce', 'shopify', 'partner')", name="kind"), nullable=False),
    fact("domain", Text),  # of a partner: the name of its dialect
    fact("prefix", Text),  # of the references of its orders, so that two shops of a merchant can both have a 1001
    fact("secret", Text),  # signs what the shop sends
    fact("send_when", JSONB),  # WooCommerce: the states of an order in which it is to be sent
    fact("store_address", Text),  # empty: the merchant's
    fact("made_at", Instant),
    Column("closed_at", Instant),
    fact("closed_why", Text, server_default=""),
    UniqueConstraint("merchant_id", "prefix"),
)

shop_deliveries = Table(  # kept before anything is answered; the body goes once it is understood
    "shop_deliveries",
    metadata,
    Column("shop_id", Uuid, ForeignKey("shops.shop_id"), primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    fact("topic", Text),
    Column("body", LargeBinary),
    fact("received_at", Instant),
    Column("taken_at", Instant),
    fact("outcome", Text, server_default=""),
    fact("orders", JSONB, server_default="[]"),  # the ids of those that it was about
    CheckConstraint("body is not null or taken_at is not null", name="kept"),
    Index("ix_shop_deliveries_open", "shop_id", "received_at", postgresql_where=text("taken_at is null")),
)

shop_orders = Table(
    "shop_orders",
    metadata,
    Column("shop_id", Uuid, ForeignKey("shops.shop_id"), primary_key=True),
    Column("order_id", Text, primary_key=True),
    fact("number", Text),
    fact("modified_at", Instant),  # as the shop says: news older than that is no news
    Column("state", Text, CheckConstraint(f"state in ({SHOP_ORDER_STATES})", name="state"), nullable=False),
    fact("why", Text),
    Column("revision", Integer, CheckConstraint("revision > 0", name="revision"), nullable=False),
    Column("item_number", Text, ForeignKey("consignments.item_number"), index=True),
    fact("content", Text),  # digest of what was booked, or of what is to be
    fact("fields", JSONB),  # of people: empty unless it is due or waits
    fact("answers", JSONB),  # what the merchant wrote instead; of people, too
    fact("problems", JSONB),
    fact("question", JSONB),
    fact("choices", JSONB),
    fact("heard_at", Instant),
    fact("changed_at", Instant),
    CheckConstraint("state <> 'booked' or item_number is not null", name="booked"),
    CheckConstraint("state in ('due', 'waiting') or (fields = '{}' and answers = '{}')", name="forgotten"),
    Index("ix_shop_orders_waiting", "shop_id", "heard_at", postgresql_where=text("state = 'waiting'")),
)
