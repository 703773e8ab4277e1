"""What shops that come from other couriers need kept, and nothing else has a place for."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from post_logistics.storage.schema.base import Instant, fact, metadata

return_requests = Table(  # that a shop asked for a parcel back; what came of it is told by the parcel's journey
    "return_requests",
    metadata,
    Column("item_number", Text, ForeignKey("consignments.item_number"), primary_key=True),
    fact("merchant_id", Text, ForeignKey("merchants.merchant_id")),
    fact("reason", Text),  # in the shop's own words; empty if it gave none
    fact("asked_at", Instant),
    Index(None, "merchant_id", "asked_at"),
)

store_areas = Table(  # the area that a shop chose for its store, where it chose one
    "store_areas",
    metadata,
    Column("store_id", Integer, ForeignKey("stores.store_id"), primary_key=True, autoincrement=False),
    fact("area_number", Integer),  # as data/hierarchy.csv numbers areas
)
