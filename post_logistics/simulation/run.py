"""A simulation from beginning to end: made, lived through, and proved."""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from time import perf_counter
from typing import Any

from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.simulation.country import country
from post_logistics.simulation.devices import Troubles
from post_logistics.simulation.invariants import Checked, check_all
from post_logistics.simulation.life import Life
from post_logistics.simulation.merchants import Merchants
from post_logistics.storage.custody.due import declare_legs
from post_logistics.storage.custody.scans import ensure_months
from post_logistics.storage.database import Database, open_scratch
from post_logistics.units import DHAKA

FIRST_DAY = datetime.combine(datetime(2026, 11, 22), time(), DHAKA)  # noqa: DTZ001 - made aware at once
"""The days of a simulation begin here, whenever it runs, so that the same seed tells the same story."""


@dataclass(frozen=True, slots=True)
class Report:
    """What happened in a simulation, what it took, and what was proved."""

    facts: dict[str, Any]
    invariants: dict[str, Checked]

    @property
    def holds(self) -> bool:
        """Whether no invariant was broken."""
        return not any(one.violated for one in self.invariants.values())

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return self.facts | {"invariants": {name: one.as_json() for name, one in self.invariants.items()}}


def simulate(
    settings: Settings,
    *,
    offices: int,
    parcels: int,
    days: int,
    seed: int,
    troubles: Troubles | None = None,
    advance: Callable[[int], None] = lambda day: None,
) -> Report:
    """Lives through the days in the schema of the settings, emptied first, and checks every invariant.

    The same arguments tell the same story. Unacceptable for numbers that cannot be.
    """
    for field, value in (("--parcels", parcels), ("--days", days)):
        if value < 1:
            raise Unacceptable(f"{value} is too few", field=field, remedy="ask for one or more")
    made = country(load_facts(settings), offices, seed)
    with open_scratch(settings, durable=False) as database:
        life = _life(database, made, parcels, days, seed, troubles or Troubles(), advance)
        start = perf_counter()
        end = life.run()
        lived_s = perf_counter() - start
        with database.transaction() as connection:
            found = check_all(life, connection, end)
    return Report(_facts(life, lived_s, perf_counter() - start - lived_s), found)


def _life(
    database: Database,
    made: Any,
    parcels: int,
    days: int,
    seed: int,
    troubles: Troubles,
    advance: Callable[[int], None],
) -> Life:
    merchants = Merchants(made, seed, FIRST_DAY)
    merchants.register(database)
    with database.transaction() as connection:
        declare_legs(connection, made.facts.timetable.legs)
        ensure_months(connection, [FIRST_DAY, FIRST_DAY + timedelta(days=days)])
    return Life(
        database=database,
        country=made,
        numbers=Numbers(database, made.facts.number_key),
        merchants=merchants,
        troubles=troubles,
        parcels=parcels,
        days=days,
        day_one=FIRST_DAY,
        seed=seed,
        advance=advance,
    )


def _facts(life: Life, lived_s: float, proved_s: float) -> dict[str, Any]:
    parcels = list(life.everything.values())
    return {
        "offices": len(life.country.offices),
        "days": life.days,
        "seed": life.seed,
        "parcels": len(parcels),
        "finished": sum(parcel.finished for parcel in parcels),
        "delivered_and_paid_poisha": sum(parcel.paid_poisha for parcel in parcels),
        "bags": len(life.sacks),
        "bags_lost_now": sum(sack.lost_at is not None for sack in life.sacks.values()),
        "devices": len(life.devices),
        "scans_made": sum(device.made for device in life.devices),
        "scans_lost_in_a_crash": sum(len(device.waiting) for device in life.devices if device.dead),
        "muddled": sum(parcel.muddled for parcel in parcels),
        "crashed_office": life.crashed,
        "verdicts": {outcome.value: count for outcome, count in sorted(life.outcomes.items())},
        "overdue_by_hour": life.watched,
        "lived_s": round(lived_s, 1),
        "proved_s": round(proved_s, 1),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
