"""Where the doors of a ward lie, as earlier deliveries there showed it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select, text

from post_logistics.storage.rows import read
from post_logistics.storage.schema import ward_points

FEWEST_DOORS: Final = 5
"""With fewer doors shown a ward's middle would be one household's, and wrong."""


@dataclass(frozen=True, slots=True)
class WardPoint:
    """The middle of a ward's doors; nine of ten lie within ``precision_m``. ``place_id``: the ward's."""

    place_id: str
    lat_deg: float
    lon_deg: float
    precision_m: int


def load_ward_points(connection: Connection, place_ids: Collection[str]) -> dict[str, WardPoint]:
    """Those of the wards whose middle is known, by id."""
    if not place_ids:
        return {}
    wanted = select(ward_points).where(ward_points.c.place_id == func.any(list(place_ids)))
    return {one.place_id: one for one in read(connection.execute(wanted), WardPoint)}


_LEARN = text(
    """
    with shown as (
        select place_id, place ->> 'lat_deg' as lat, place ->> 'lon_deg' as lon
        from documents join consignments using (item_number) join proofs using (item_number)
        join proof_bodies using (proof_id)
        cross join lateral (select convert_from(body, 'UTF8')::jsonb as place) as told
        join scans on scans.scan_id = proofs.scan_id and scans.event = any(:events)
        where place_id like 'ward:%' and proofs.kind = 'place' and media_type = 'application/json'
    ), doors as (
        select place_id, lat::float8 as lat_deg, lon::float8 as lon_deg from shown
    ), middles as (
        select place_id, count(*) as doors,
            percentile_cont(0.5) within group (order by lat_deg) as lat_deg,
            percentile_cont(0.5) within group (order by lon_deg) as lon_deg
        from doors group by place_id having count(*) >= :fewest
    )
    insert into ward_points (place_id, lat_deg, lon_deg, precision_m, doors, learned_at)
    select place_id, m.lat_deg, m.lon_deg, greatest(:least_m, round(percentile_disc(0.9) within group (order by 111195
        * sqrt((d.lat_deg - m.lat_deg) ^ 2 + (cos(radians(m.lat_deg)) * (d.lon_deg - m.lon_deg)) ^ 2)))), m.doors, :at
    from middles as m join doors as d using (place_id) group by place_id, m.lat_deg, m.lon_deg, m.doors
    on conflict (place_id) do update set lat_deg = excluded.lat_deg, lon_deg = excluded.lon_deg,
        precision_m = excluded.precision_m, doors = excluded.doors, learned_at = excluded.learned_at
    """
)
_LEAST_M: Final = 50
"""No telephone tells a place more exactly."""


def save_ward_points(connection: Connection, events: Collection[str], at: datetime) -> int:
    """Learns every ward from the places shown with those events; how many wards are known by that. A median, so that a
    telephone that was wrong moves nothing."""
    asked = {"events": list(events), "fewest": FEWEST_DOORS, "least_m": _LEAST_M, "at": at}
    return connection.execute(_LEARN, asked).rowcount
