"""What was posted in a while, as far as a price depends on it: counted, without anybody's name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """So many parcels of a merchant that any tariff prices alike."""

    merchant_id: str
    service: str
    weight_g: int
    cod_poisha: int
    declared_value_poisha: int
    parcels: int


def load_posted(connection: Connection, since: datetime, until: datetime) -> list[Posted]:
    """What was booked in that time, by merchant and by what prices depend on."""
    rows = connection.execute(
        text(
            "select merchant_id, service, weight_g, cod_poisha, declared_value_poisha, count(*) as parcels "
            "from consignments where booked_at >= :since and booked_at < :until group by 1, 2, 3, 4, 5"
        ),
        {"since": since, "until": until},
    )
    return read(rows, Posted)


def load_bound_for(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """Postcode of delivery -> how many parcels for it were booked in that time."""
    rows = connection.execute(
        text(
            "select delivery_postcode, count(*) from consignments "
            "where booked_at >= :since and booked_at < :until group by 1"
        ),
        {"since": since, "until": until},
    )
    return dict(rows.all())
