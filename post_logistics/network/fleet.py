"""Who rides for which office, on what, and when: ``data/fleet.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.units import Postcode, RiderId


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleKind:
    """What a rider rides. ``fixed_cost_m``: what sending it out at all is worth in metres of riding."""

    kind: str
    name_en: str
    name_bn: str
    capacity_g: int
    capacity_parcels: int
    speed_m_per_h: int
    fixed_cost_m: int


@dataclass(frozen=True, slots=True)
class Rider:
    """A postman and his vehicle."""

    rider_id: RiderId
    vehicle: VehicleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Local times of the two shifts and the seconds that stops take."""

    pickup_start: time
    pickup_end: time
    delivery_start: time
    delivery_end: time
    stop_s: int
    parcel_s: int
    pickup_s: int
    pickup_parcel_s: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """The riders of every pilot office."""

    day: Day
    deliveries: Mapping[Postcode, tuple[Rider, ...]]
    pickups: Mapping[Postcode, tuple[Rider, ...]]

    def riders(self, office: Postcode, kind: str) -> tuple[Rider, ...]:
        """The riders of an office for ``pickup`` or ``delivery``; NotFound if it has none in the fleet file."""
        found = (self.pickups if kind == "pickup" else self.deliveries).get(office)
        if not found:
            raise NotFound(
                f"office {office} has no riders", field="riders", remedy=f"add a line for {office} to data/fleet.toml"
            )
        return found

    def rider(self, office: Postcode, rider_id: str) -> Rider:
        """The rider of that name who delivers for the office; NotFound if it has none."""
        for rider in self.riders(office, "delivery"):
            if rider.rider_id == rider_id:
                return rider
        raise NotFound(f"office {office} has no rider {rider_id}", field="rider", remedy="see data/fleet.toml")


def load_fleet(facts_dir: Path) -> Fleet:
    """The fleet file; Unacceptable names the key that is missing or wrong."""
    path = facts_dir / "fleet.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        kinds = {name: VehicleKind(kind=name, **_whole(facts)) for name, facts in raw["kinds"].items()}
        day = _day(raw["day"])
        deliveries = {Postcode(office): _riders(office, "R", kinds, many) for office, many in raw["riders"].items()}
        van = {raw["pickup"]["kind"]: raw["pickup"]["vehicles"]}
        pickups = {office: _riders(office, "P", kinds, van) for office in deliveries}
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise Unacceptable(f"{path.name}: {error}", field=path.name, remedy="see data/README.md") from error
    except KeyError as error:
        raise Unacceptable(
            f"{path.name}: {error} is missing or unknown", field=path.name, remedy="see data/README.md"
        ) from error
    return Fleet(day, deliveries, pickups)


def _day(facts: dict[str, Any]) -> Day:
    cells: dict[str, Any] = {k: time.fromisoformat(v) if isinstance(v, str) else _count(k, v) for k, v in facts.items()}
    return Day(**cells)


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} is {value!r}, not a whole number")
    return value


def _whole(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: v if k.startswith("name_") else _count(k, v) for k, v in facts.items()}


def _riders(office: str, letter: str, kinds: dict[str, VehicleKind], many: dict[str, Any]) -> tuple[Rider, ...]:
    vehicles = [kinds[kind] for kind, count in many.items() for _ in range(_count(kind, count))]
    return tuple(Rider(RiderId(f"{office}-{letter}{n:02d}"), vehicle) for n, vehicle in enumerate(vehicles, 1))
