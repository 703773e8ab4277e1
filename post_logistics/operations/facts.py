"""What a postmaster may change, loaded once: offices, places, timetable, fleet, tariffs, COD rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from post_logistics.cod.rules import CodRuleBook, load_cod_rules
from post_logistics.consignments.booking import BookingRules, load_booking_rules
from post_logistics.consignments.order_files import OrderColumns, load_order_columns
from post_logistics.consignments.tariffs import Tariffs, load_tariffs
from post_logistics.errors import Unacceptable
from post_logistics.network.coverage import Coverage
from post_logistics.network.fleet import Fleet, load_fleet
from post_logistics.network.loading import load_resolver
from post_logistics.network.offices import Offices
from post_logistics.network.places import Place
from post_logistics.network.resolve import Resolver
from post_logistics.network.timetable import Timetable, load_timetable
from post_logistics.operations.correcting import Lessons
from post_logistics.routing.road_files import load_roads
from post_logistics.routing.servers import routing_server
from post_logistics.routing.sources import RoadSources
from post_logistics.settings import Settings
from post_logistics.units import DHAKA


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables of ``data/`` as the operations use them."""

    offices: Offices
    places: Mapping[str, Place]
    resolver: Resolver
    lessons: Lessons
    timetable: Timetable
    fleet: Fleet
    roads: RoadSources
    tariffs: Tariffs
    booking_rules: BookingRules
    order_columns: OrderColumns
    cod_rules: CodRuleBook
    number_key: bytes
    advice_key: bytes

    def coverage(self, on: date) -> Coverage:
        """What the offices in service on that day cover."""
        return Coverage(self.offices, on)


def load_facts(settings: Settings) -> Facts:
    """Every table; Unacceptable names the file, row and column that is wrong."""
    folder = settings.facts_dir
    resolver = load_resolver(folder, settings.cache_dir)
    return Facts(
        offices=resolver.offices,
        places={place.place_id: place for place in resolver.places},
        resolver=resolver,
        lessons=Lessons(),
        timetable=load_timetable(folder),
        fleet=load_fleet(folder),
        roads=_roads(settings),
        tariffs=load_tariffs(folder),
        booking_rules=load_booking_rules(folder),
        order_columns=load_order_columns(folder),
        cod_rules=load_cod_rules(folder),
        number_key=settings.number_key.get_secret_value().encode(),
        advice_key=settings.advice_key.get_secret_value().encode(),
    )


def _roads(settings: Settings) -> RoadSources:
    """The routing server and the road graph, where they are given."""
    address, key, path = settings.routing_server, settings.routing_server_key, settings.roads_dir
    return RoadSources(
        server=routing_server(address, key.get_secret_value() if key else None) if address else None,
        graph=load_roads(path, cache_dir=settings.cache_dir) if path else None,
        cache_dir=settings.cache_dir,
    )


def refuse_future(day: date, at: datetime, field: str) -> None:
    """Returns if the day has come in Dhaka; Unacceptable otherwise, for a paper of that day could not be undone."""
    if day > at.astimezone(DHAKA).date():
        raise Unacceptable(f"{day} has not come yet", field=field, remedy="name today or an earlier day")


def dhaka(on: date, at: time) -> datetime:
    """That local day and time as an instant."""
    return datetime.combine(on, at, DHAKA)
