"""What a changed fact would do: prices of last week's parcels, who delivers where, how soon a parcel is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from post_logistics.consignments.tariffs import Tariffs, TariffVersion, load_tariffs
from post_logistics.errors import PostError
from post_logistics.network.coverage import Coverage
from post_logistics.network.offices import Offices, load_offices
from post_logistics.network.timetable import Timetable, load_timetable
from post_logistics.operations.facts import Facts
from post_logistics.operations.keeping.fact_files import Checked, changed_folder
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.posted import Posted, load_bound_for, load_posted
from post_logistics.units import DHAKA, Postcode

WEEK: Final = timedelta(days=7)
READY_MINUTE: Final = 9 * 60
"""Ways are compared for a parcel that is ready to load at nine."""
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What some parcels cost by one version of the tariff and by another."""

    parcels: int
    before_poisha: int
    after_poisha: int

    @property
    def change_poisha(self) -> int:
        """How much more they would cost."""
        return self.after_poisha - self.before_poisha


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEffect:
    """Last week's parcels under both. ``not_taken``: those that one of the versions has no price for."""

    total: PriceChange
    dearer: int
    cheaper: int
    not_taken: int
    merchants: Mapping[str, PriceChange]
    """By merchant, the greatest change first."""


def price_effect(connection: Connection, before: TariffVersion, after: TariffVersion, at: datetime) -> PriceEffect:
    """What the parcels booked in the week before that instant cost by each of the two versions, VAT included."""
    return compare_prices(load_posted(connection, at - WEEK, at), before, after)


def compare_prices(posted: Iterable[Posted], before: TariffVersion, after: TariffVersion) -> PriceEffect:
    """The same of parcels that are given."""
    sums: dict[str, list[int]] = {}
    dearer = cheaper = not_taken = 0
    for one in posted:
        asked = one.service, one.weight_g, one.cod_poisha, one.declared_value_poisha
        was, will = before.total_poisha(*asked), after.total_poisha(*asked)
        if was is None or will is None:
            not_taken += one.parcels
            continue
        dearer += one.parcels * (will > was)
        cheaper += one.parcels * (will < was)
        own = sums.setdefault(one.merchant_id, [0, 0, 0])
        own[0] += one.parcels
        own[1] += one.parcels * was
        own[2] += one.parcels * will
    changes = [(shop, PriceChange(*own)) for shop, own in sums.items()]
    return PriceEffect(
        total=PriceChange(*(sum(own[n] for own in sums.values()) for n in range(3))),
        dearer=dearer,
        cheaper=cheaper,
        not_taken=not_taken,
        merchants=dict(sorted(changes, key=lambda change: (-abs(change[1].change_poisha), change[0]))),
    )


@dataclass(frozen=True, slots=True)
class AreaChange:
    """A postcode that another office would be responsible for. Empty: none. ``parcels``: booked for it last week."""

    postcode: Postcode
    before: str
    after: str
    parcels: int


def area_effect(connection: Connection, before: Offices, after: Offices, on: date, at: datetime) -> list[AreaChange]:
    """The postcodes that would change hands on that day, those with the most parcels first."""
    parcels = load_bound_for(connection, at - WEEK, at)
    was, will = Coverage(before, on), Coverage(after, on)
    codes = sorted({*before, *after})
    changes = (AreaChange(code, _answers(was, code), _answers(will, code), parcels.get(code, 0)) for code in codes)
    return sorted((one for one in changes if one.before != one.after), key=lambda one: (-one.parcels, one.postcode))


def _answers(coverage: Coverage, code: Postcode) -> str:
    try:
        return coverage.responsible(code).postcode
    except PostError:
        return ""


@dataclass(frozen=True, slots=True)
class WayChange:
    """Two offices between which a parcel would be sooner or later. None: it does not get there."""

    origin: Postcode
    destination: Postcode
    before_minutes: int | None
    after_minutes: int | None


def way_effect(before: Timetable, after: Timetable, offices: Iterable[Postcode]) -> list[WayChange]:
    """The ways that would take another time from nine in the morning on, those that are lost and longer ones first."""
    codes = list(offices)
    pairs = ((one, other) for one in codes for other in codes if one != other)
    changes = (WayChange(*pair, _minutes(before, *pair), _minutes(after, *pair)) for pair in pairs)
    never = 10 * _DAY_MINUTES
    return sorted(
        (one for one in changes if one.before_minutes != one.after_minutes),
        key=lambda one: (one.before_minutes or never) - (one.after_minutes or never),
    )


def _minutes(timetable: Timetable, origin: Postcode, destination: Postcode) -> int | None:
    """How long a parcel is on its way; None if it does not get there."""
    way = timetable.way(origin, destination, READY_MINUTE)
    return way[-1][0].arrive_minute + way[-1][1] * _DAY_MINUTES - READY_MINUTE if way else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a changed file would do, as far as it can be reckoned: None where the file says nothing of it."""

    prices: PriceEffect | None = None
    versions: tuple[str, str] = ("", "")
    """The version in force and the newest one, between which ``prices`` compares."""
    rewritten: Sequence[str] = ()
    """Versions that have been in force and would say something else now: old invoices could not be made again."""
    areas: Sequence[AreaChange] | None = None
    on: date | None = None
    """The day for which ``areas`` are told: the last on which an office opens."""
    ways: Sequence[WayChange] | None = None


def effect_of(connection: Connection, facts: Facts, checked: Checked, at: datetime) -> Effect:
    """What that change would do: a new tariff to last week's parcels, offices to areas, legs to the time on the way."""
    today = at.astimezone(DHAKA).date()
    with changed_folder(facts.facts_dir, checked.name, checked.text) as folder:
        if checked.name == "tariffs.toml":
            return _effect_of_tariffs(connection, facts.tariffs, load_tariffs(folder), at)
        if checked.name == "post_offices.csv":
            offices = load_offices(folder)
            on = max([today, *(one.service_from for one in offices.values() if one.service_from)])
            return Effect(areas=area_effect(connection, facts.offices, offices, on, at), on=on)
        if checked.name == "timetable.csv":
            codes = [office.postcode for office in facts.offices.pilot(today)]
            return Effect(ways=way_effect(facts.timetable, load_timetable(folder), codes))
    return Effect()


def _effect_of_tariffs(connection: Connection, before: Tariffs, after: Tariffs, at: datetime) -> Effect:
    today = at.astimezone(DHAKA).date()
    was, will = before.on(today), after.versions[-1]
    known = {version.version: version for version in after.versions}
    begun = (version for version in before.versions if version.valid_from <= today)
    rewritten = [version.version for version in begun if known.get(version.version) != version]
    return Effect(
        prices=price_effect(connection, was, will, at), versions=(was.version, will.version), rewritten=rewritten
    )
