"""What an office may scan next: what lies there, and what is on a vehicle that comes here."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """An item or a bag that an office has, or is about to have."""

    number: str
    state: str
    destination: Postcode
    is_here: bool
    """In the office's own hands now; if not, it is on its way here."""


_NEARBY = text(
    """
    select item_number as number, state, destination, holder = :here as is_here from custody
    where holder = :here or (state = 'dispatched' and (destination = :office or holder = any(
        array(select 'vehicle:' || vehicle from dispatches where destination = :office))))
    order by item_number
    """
)


def load_nearby(connection: Connection, office: Postcode) -> list[Nearby]:
    """Everything that lies at the office or comes to it, by number."""
    return read(connection.execute(_NEARBY, {"office": office, "here": f"office:{office}"}), Nearby)
