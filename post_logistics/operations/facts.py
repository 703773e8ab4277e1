"""What a postmaster may change, loaded once: offices, places, timetable, fleet, tariffs, COD rules."""

from dataclasses import dataclass
from datetime import date, datetime, time

from post_logistics.cod.rules import CodRules, load_cod_rules
from post_logistics.consignments.tariffs import Tariffs, load_tariffs
from post_logistics.network.coverage import Coverage
from post_logistics.network.fleet import Fleet, load_fleet
from post_logistics.network.offices import Offices, load_offices
from post_logistics.network.places import load_places
from post_logistics.network.resolve import Resolver
from post_logistics.network.timetable import Timetable, load_timetable
from post_logistics.settings import Settings
from post_logistics.units import DHAKA


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables of ``data/`` as the operations use them."""

    offices: Offices
    resolver: Resolver
    timetable: Timetable
    fleet: Fleet
    tariffs: Tariffs
    cod_rules: CodRules
    number_key: bytes

    def coverage(self, on: date) -> Coverage:
        """What the offices in service on that day cover."""
        return Coverage(self.offices, on)


def load_facts(settings: Settings) -> Facts:
    """Every table; Unacceptable names the file, row and column that is wrong."""
    folder = settings.facts_dir
    offices = load_offices(folder)
    return Facts(
        offices=offices,
        resolver=Resolver(offices, load_places(folder)),
        timetable=load_timetable(folder),
        fleet=load_fleet(folder),
        tariffs=load_tariffs(folder),
        cod_rules=load_cod_rules(folder),
        number_key=settings.number_key.get_secret_value().encode(),
    )


def dhaka(on: date, at: time) -> datetime:
    """That local day and time as an instant."""
    return datetime.combine(on, at, DHAKA)
