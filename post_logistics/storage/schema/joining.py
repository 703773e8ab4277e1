"""Shops that want to join: what they said, until somebody has opened or declined them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid, text

from post_logistics.storage.schema.base import Instant, fact, metadata

join_requests = Table(
    "join_requests",
    metadata,
    Column("request_id", Uuid, primary_key=True),  # whoever knows it sees how it stands
    fact("shop_name", Text),
    fact("contact_name", Text),
    fact("contact_phone", Text),
    fact("store_address", Text),
    fact("office", Text),  # which would fetch its parcels
    fact("payout_account", Text),
    fact("password_hash", Text),  # of the password that they chose; empty once it is decided
    fact("network", Text),  # from which it came; empty once it is decided
    fact("asked_at", Instant),
    fact("outcome", Text),
    fact("why", Text),
    fact("decided_by", Text),
    Column("decided_at", Instant),
    Column("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    fact("person_id", Text),  # with which they sign in; empty until it is opened
    CheckConstraint("outcome in ('waiting', 'opened', 'declined')", name="outcome"),
    CheckConstraint("(outcome = 'waiting') = (decided_at is null)", name="decided"),
    CheckConstraint("(outcome = 'opened') = (merchant_id is not null)", name="merchant_id"),
    CheckConstraint("outcome = 'waiting' or (password_hash = '' and network = '')", name="forgotten"),
    Index("ix_join_requests_waiting", "asked_at", postgresql_where=text("outcome = 'waiting'")),
)
