"""Where the wards of municipalities are, as the doors at which papers were handed over showed it."""

from sqlalchemy import CheckConstraint, Column, Double, Integer, Table, Text

from post_logistics.storage.schema.base import Instant, fact, metadata

ward_points = Table(  # the middle of the doors that were shown in a ward; learnt anew every night
    "ward_points",
    metadata,
    Column("place_id", Text, primary_key=True),
    fact("lat_deg", Double),
    fact("lon_deg", Double),
    fact("precision_m", Integer),  # nine doors of ten lie within this
    fact("doors", Integer),  # from so many
    fact("learned_at", Instant),
    CheckConstraint("lat_deg between -90 and 90 and lon_deg between -180 and 180", name="point"),
    CheckConstraint("precision_m > 0 and doors > 0", name="positive"),
)
