"""A rider's run sheet: the stops of one tour in order, with the items for each door, and no personal data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetStop:
    """One door: when the rider should be there and what is for it. ``place`` is the area, not the address."""

    arrive_at: datetime
    item_numbers: tuple[str, ...]
    place: str
    lat_deg: float
    lon_deg: float
    cash_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSheet:
    """One tour of one rider. ``kind`` is ``delivery`` or ``pickup``; ``cash_poisha`` is what there is to collect."""

    rider_id: str
    office: str
    kind: str
    service_on: date
    vehicle: str
    depart_at: datetime
    return_at: datetime
    distance_m: int
    parcels: int
    weight_g: int
    cash_poisha: int
    stops: tuple[SheetStop, ...]

    @property
    def items(self) -> list[str]:
        """The item numbers in the order of the stops."""
        return [item for stop in self.stops for item in stop.item_numbers]

    def taking(self, cash_poisha: Mapping[str, int]) -> "RunSheet":
        """The same tour with that cash to be taken for its items, where any is."""
        stops = tuple(
            replace(stop, cash_poisha=sum(cash_poisha.get(item, 0) for item in stop.item_numbers))
            for stop in self.stops
        )
        return replace(self, stops=stops, cash_poisha=sum(stop.cash_poisha for stop in stops))

    def as_json(self) -> dict[str, Any]:
        """The sheet as plain values, times as ISO 8601 text."""
        stops = [asdict(stop) | {"arrive_at": stop.arrive_at.isoformat()} for stop in self.stops]
        times = {name: getattr(self, name).isoformat() for name in ("service_on", "depart_at", "return_at")}
        return asdict(self) | times | {"stops": stops}


def sheet_from_json(plain: Mapping[str, Any]) -> RunSheet:
    """The sheet that `RunSheet.as_json` wrote."""
    stops = tuple(
        SheetStop(
            **dict(stop)
            | {"arrive_at": datetime.fromisoformat(stop["arrive_at"]), "item_numbers": tuple(stop["item_numbers"])}
        )
        for stop in plain["stops"]
    )
    times = {
        "service_on": date.fromisoformat(plain["service_on"]),
        "depart_at": datetime.fromisoformat(plain["depart_at"]),
        "return_at": datetime.fromisoformat(plain["return_at"]),
    }
    return RunSheet(**dict(plain) | times | {"stops": stops})
