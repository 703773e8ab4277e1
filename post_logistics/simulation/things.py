"""Parcels and bags as they truly are, whatever the books say."""

from dataclasses import dataclass
from datetime import datetime

from post_logistics.units import Postcode


@dataclass(slots=True)
class Parcel:
    """A parcel as it truly is."""

    number: str
    origin: Postcode
    target: Postcode
    """Where it is truly going: back to the origin once it is a return."""
    merchant_id: str
    cod_poisha: int
    holder: str = ""
    """Who truly has it; empty before it is handed in."""
    bag: str | None = None
    muddled: bool = False
    """A scan of it was never made, or lost, or made by a clock that had stopped: the books may rightly not know."""
    attempts: int = 0
    finished: bool = False
    paid_poisha: int = 0


@dataclass(slots=True)
class Sack:
    """A bag as it truly is."""

    key: str
    target: Postcode
    parcels: list[Parcel]
    holder: str
    muddled: bool = False
    lost_at: datetime | None = None
    """When it vanished, if it has and was not found since."""
