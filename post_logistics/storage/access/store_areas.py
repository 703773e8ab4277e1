"""The areas that shops chose for their stores, by the numbers of the hierarchy."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, text

from post_logistics.storage.schema import store_areas


def keep_store_area(connection: Connection, store_id: int, area_number: int) -> None:
    """The store is in that area, whatever was said before."""
    connection.execute(
        text(
            "insert into store_areas (store_id, area_number) values (:store_id, :area) "
            "on conflict (store_id) do update set area_number = excluded.area_number"
        ),
        {"store_id": store_id, "area": area_number},
    )


def load_store_areas(connection: Connection, store_ids: Sequence[int]) -> dict[int, int]:
    """Store -> area, for those of the stores for which one was chosen."""
    rows = connection.execute(select(store_areas).where(store_areas.c.store_id.in_(store_ids)))
    return {row.store_id: row.area_number for row in rows}
