"""A first table of digital centres, proposed from the unions, towns and wards of the country."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from post_logistics.network.collection_points import CentreKind, CentreService, PointKind
from post_logistics.network.offices import LAT_RANGE_DEG, LON_RANGE_DEG, PostOffice
from post_logistics.network.places import UNION_COLUMNS
from post_logistics.network.tables import Row, read_table

_KINDS = {"union": CentreKind.UNION, "paurashava": CentreKind.POURASHAVA, "ward": CentreKind.CITY_WARD}
_CAPACITY_PARCELS = 30
_HOURS = "Sun-Thu 09:00-17:00"


def propose(facts_dir: Path, offices: Sequence[PostOffice]) -> Iterator[dict[str, str]]:
    """A row of ``collection_points.csv`` for each union, town and ward of ``unions.csv``: a centre in its middle.

    The parent is the nearest of the offices as the crow flies. Everything but the names is assumed, and says so: which
    centres take part, their hours and what they hold is not published.
    """
    rows = list(read_table(facts_dir / "unions.csv", UNION_COLUMNS))
    ranges = {"lat_deg": LAT_RANGE_DEG, "lon_deg": LON_RANGE_DEG}
    places = np.array([[row.degrees(name, *span) for name, span in ranges.items()] for row in rows])
    directions = _directions(np.array([(office.lat_deg, office.lon_deg) for office in offices]))
    for row, here in zip(rows, _directions(places), strict=True):
        yield _proposed(row, offices[int(np.argmax(directions @ here))])


def _directions(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors from the middle of the earth: the nearer two points, the greater their product."""
    lat, lon = np.radians(degrees).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def _proposed(row: Row, parent: PostOffice) -> dict[str, str]:
    name_en = row.text("name_en")
    return {
        "point_id": f"dc-{row.text('union_code')}",
        "kind": PointKind.DIGITAL_CENTRE,
        "name_en": f"{name_en} digital centre",
        "name_bn": f"{row.optional('name_bn') or name_en} ডিজিটাল সেন্টার",
        "office": parent.postcode,
        "lat_deg": row.text("lat_deg"),
        "lon_deg": row.text("lon_deg"),
        "capacity_parcels": str(_CAPACITY_PARCELS),
        "takes_cash": "yes",
        "hours": _HOURS,
        "centre": _KINDS[row.one_of("kind", tuple(_KINDS))],
        "services": ";".join(CentreService),
        "source": "assumed",
    }
