"""What a postmaster may change, loaded once: offices, places, timetable, fleet, tariffs, COD rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from post_logistics.channels.partners.book import Partner, load_partners
from post_logistics.cod.rules import CodRuleBook, load_cod_rules
from post_logistics.cod.whereabouts import MoneyRules, load_money_rules
from post_logistics.consignments.booking import BookingRules, load_booking_rules
from post_logistics.consignments.documents import DocumentServices, load_document_columns, read_services
from post_logistics.consignments.lifecycle_rules import LifecycleRules, load_lifecycle_rules
from post_logistics.consignments.order_files import OrderColumns, load_order_columns
from post_logistics.consignments.order_files.layout import Dialect
from post_logistics.consignments.tariffs import Tariffs, load_tariffs
from post_logistics.consignments.view_cards import ViewCardRules, load_view_card_rules
from post_logistics.errors import Unacceptable
from post_logistics.network.collection_points import CollectionPoints, load_collection_points
from post_logistics.network.coverage import Coverage
from post_logistics.network.fleet import Fleet, load_fleet
from post_logistics.network.hierarchy import Hierarchy, load_hierarchy
from post_logistics.network.loading import load_resolver
from post_logistics.network.municipalities import Municipalities, load_municipalities
from post_logistics.network.offices import Offices
from post_logistics.network.places import Place
from post_logistics.network.resolve import Resolver
from post_logistics.network.timetable import Timetable, load_timetable
from post_logistics.operations.centres.commissions import Commissions, load_commissions
from post_logistics.operations.orders.correcting import Lessons
from post_logistics.operations.promises.experience import Experience
from post_logistics.routing.promises import load_delays
from post_logistics.routing.road_files import load_roads
from post_logistics.routing.servers import routing_server
from post_logistics.routing.sources import RoadSources
from post_logistics.settings import Settings
from post_logistics.tracking.claims import ClaimRules, load_claim_rules
from post_logistics.tracking.dated import RuleBook, load_rule_book
from post_logistics.tracking.forecast import load_assumptions
from post_logistics.tracking.proofs import ProofRules, load_proof_rules
from post_logistics.units import DHAKA, Postcode


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables of ``data/`` as the operations use them."""

    facts_dir: Path
    offices: Offices
    places: Mapping[str, Place]
    resolver: Resolver
    lessons: Lessons
    timetable: Timetable
    fleet: Fleet
    experience: Experience
    roads: RoadSources
    tariffs: Tariffs
    booking_rules: BookingRules
    lifecycle_rules: LifecycleRules
    view_card_rules: ViewCardRules
    points: CollectionPoints
    commissions: RuleBook[Commissions]
    municipalities: Municipalities
    proof_rules: RuleBook[ProofRules]
    claim_rules: RuleBook[ClaimRules]
    order_columns: OrderColumns
    documents: RuleBook[DocumentServices]
    document_columns: Dialect
    partners: Mapping[str, Partner]
    cod_rules: CodRuleBook
    money_rules: MoneyRules
    number_key: bytes
    advice_key: bytes
    access_key: bytes

    def coverage(self, on: date) -> Coverage:
        """What the offices in service on that day cover."""
        return Coverage(self.offices, on)

    def offices_at_work(self, on: date) -> list[Postcode]:
        """The offices that deliver on that day: those of the service, then those of towns with papers to deliver."""
        towns = [town.office for town in self.municipalities if town.is_served(on)]
        return list(dict.fromkeys([*(office.postcode for office in self.offices.pilot(on)), *towns]))

    def hierarchy(self) -> Hierarchy:
        """Districts, thanas and areas under their lasting numbers; read when first asked for."""
        return load_hierarchy(self.facts_dir, self.resolver)


def load_facts(settings: Settings) -> Facts:
    """Every table; Unacceptable names the file, row and column that is wrong."""
    folder = settings.facts_dir
    resolver = load_resolver(folder, settings.cache_dir)
    timetable, fleet = load_timetable(folder), load_fleet(folder)
    return Facts(
        facts_dir=folder,
        offices=resolver.offices,
        places={place.place_id: place for place in resolver.places},
        resolver=resolver,
        lessons=Lessons(),
        timetable=timetable,
        fleet=fleet,
        experience=Experience(timetable, fleet.day, load_delays(folder), load_assumptions(folder)),
        roads=_roads(settings),
        tariffs=load_tariffs(folder),
        booking_rules=load_booking_rules(folder),
        lifecycle_rules=load_lifecycle_rules(folder),
        view_card_rules=load_view_card_rules(folder),
        points=load_collection_points(folder),
        commissions=load_commissions(folder),
        municipalities=load_municipalities(folder),
        proof_rules=load_proof_rules(folder),
        claim_rules=load_claim_rules(folder),
        order_columns=load_order_columns(folder),
        documents=load_rule_book(folder / "documents.toml", read_services),
        document_columns=load_document_columns(folder),
        partners=load_partners(folder),
        cod_rules=load_cod_rules(folder),
        money_rules=load_money_rules(folder),
        number_key=settings.number_key.get_secret_value().encode(),
        advice_key=settings.advice_key.get_secret_value().encode(),
        access_key=settings.access_key.get_secret_value().encode(),
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
