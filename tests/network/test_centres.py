"""The table of centres that is proposed: one for each union, its nearest office, read back as fast as it is needed."""

import csv
import time
from pathlib import Path

from post_logistics.network.centres import propose
from post_logistics.network.collection_points import COLUMNS, CentreKind, CentreService, load_collection_points
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import load_offices
from post_logistics.settings import Settings

SHIPPED = Settings(_env_file=None).facts_dir  # type: ignore[call-arg]


def test_every_union_has_a_centre_with_the_nearest_office_as_parent(tmp_path: Path) -> None:
    offices = load_offices(SHIPPED)
    rows = list(propose(SHIPPED, offices.values()))
    with (tmp_path / "collection_points.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    began = time.process_time()
    points = list(load_collection_points(tmp_path))
    assert time.process_time() - began < 2
    assert len(points) == len(rows) > 5_000
    kinds = [point.centre for point in points]
    assert kinds.count(CentreKind.UNION) > 4_500 and kinds.count(CentreKind.POURASHAVA) > 300
    assert {point.services for point in points} == {frozenset(CentreService)}
    for point in points[::500]:
        distances = {
            office.postcode: great_circle_m(point.lat_deg, point.lon_deg, office.lat_deg, office.lon_deg)
            for office in offices.values()
        }
        assert distances[point.office] == min(distances.values())
