"""What a municipality is told: what became of its papers, what was taken at the doors, and how its loop was walked."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from post_logistics.consignments.documents import DocumentServices
from post_logistics.errors import Unacceptable
from post_logistics.network.municipalities import Municipality
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.tours.doors import delivery_doors
from post_logistics.operations.tours.planning import load_day
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.printing.tables import table_text
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import DocumentStanding, WantedDocuments, load_documents_after
from post_logistics.storage.documents.issuers import Issuer
from post_logistics.storage.documents.remittances import RemittanceRow, load_remittance
from post_logistics.storage.tours.ward_points import load_ward_points
from post_logistics.tracking.texts import STATE_TEXTS
from post_logistics.units import DHAKA, bangla_digits, taka_plain

_BOM: Final = "\ufeff"
"""By which spreadsheets know UTF-8."""
LONGEST: Final = timedelta(days=366)
"""A report is of a year at most."""


@dataclass(frozen=True, slots=True)
class Remittance:
    """The papers a municipality handed in from the first day to the last, by service and ward, and their sum."""

    issuer: Issuer
    first_on: date
    last_on: date
    rows: tuple[RemittanceRow, ...]
    total: RemittanceRow


_SUMMED: Final = tuple(one.name for one in fields(RemittanceRow) if one.name not in {"service", "ward"})


def remittance_of(connection: Connection, issuer: Issuer, first_on: date, last_on: date) -> Remittance:
    """What became, by now, of the papers handed in on those days and of their fees.

    Unacceptable if the days are no period of a year at most.
    """
    if not first_on <= last_on < first_on + LONGEST:
        raise Unacceptable(
            f"{first_on} to {last_on} is no period", field="last_on", remedy="name a later day, within a year"
        )
    until = dhaka(last_on + timedelta(days=1), time())
    rows = load_remittance(connection, issuer.merchant_id, dhaka(first_on, time()), until)
    sums = {name: sum(getattr(row, name) for row in rows) for name in _SUMMED}
    return Remittance(issuer, first_on, last_on, tuple(rows), RemittanceRow(service="", ward=None, **sums))


COLUMNS: Final = ("service", "name_en", "name_bn", "ward", *_SUMMED)


def remittance_table(found: Remittance, services: DocumentServices) -> str:
    """The report as CSV that a spreadsheet opens: a line per service and ward, and the sum last; amounts in taka."""
    names = {code: (one.name_en, one.name_bn) for code, one in services.items()} | {"": ("Sum", "মোট")}
    rows = [
        [row.service, *names.get(row.service, ("", "")), row.ward, *(_cell(row, name) for name in _SUMMED)]
        for row in (*found.rows, found.total)
    ]
    return _BOM + table_text([name.replace("_poisha", "_taka") for name in COLUMNS], rows)


def _cell(row: RemittanceRow, name: str) -> object:
    value: int = getattr(row, name)
    return taka_plain(value) if name.endswith("_poisha") else value


MOST_LINES: Final = 50_000
"""A file of statuses has so many lines at most."""
_STATUS_COLUMNS: Final = (
    *("application_number", "item_number", "service", "ward", "state", "state_en", "state_bn", "last_at"),
    *("fee_taka", "taken_taka", "received_by"),
)


def status_table(connection: Connection, issuer: Issuer, wanted: WantedDocuments, after: str, limit: int) -> str:
    """Where a municipality's papers stand, as CSV that a spreadsheet opens: by number, from the one after ``after``."""
    found = load_documents_after(connection, issuer.merchant_id, after, limit, wanted)
    return _BOM + table_text(_STATUS_COLUMNS, map(_status_line, found))


def _status_line(one: DocumentStanding) -> list[object]:
    return [
        one.application_number,
        one.item_number,
        one.service,
        one.ward,
        one.state.value,
        STATE_TEXTS[one.state]["en"],
        STATE_TEXTS[one.state]["bn"],
        one.last_at.astimezone(DHAKA).isoformat(timespec="seconds"),
        taka_plain(one.fee_poisha),
        taka_plain(one.collected_poisha),
        one.received_by,
    ]


# The loop


@dataclass(frozen=True, slots=True)
class WardCall:
    """A ward, or the doors beside any, as one rider comes through it. ``from_at``: at its first door."""

    rider: str
    place: str
    from_at: datetime
    doors: int
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The tours of a town's office on a day, explained: in which order its wards are called at, and how well known its
    doors are. ``distance_before_m``: as many tours in the order of the lists."""

    municipality: Municipality
    service_on: date
    revision: int
    riders: int
    papers: int
    doors: int
    own_points: int
    """Doors whose own point is known."""
    ward_points: int
    """Doors whose ward is known by earlier deliveries."""
    wards_only: int
    """Doors of which only the ward is known."""
    others: int
    """Doors of which not even that is known, and those of other parcels."""
    left: int
    """Papers that are in no tour."""
    distance_m: int
    distance_before_m: int
    calls: tuple[WardCall, ...]

    @property
    def why_en(self) -> tuple[str, ...]:
        """Why it is as it is, in English sentences."""
        return (
            f"{self.papers} papers for {self.doors} doors, in {self.riders} tours.",
            f"{self.distance_m / 1000:.1f} km, and {self.distance_before_m / 1000:.1f} in the order of the lists.",
            f"Wards in the order {self._order}.",
            f"{self.own_points} doors lie where the municipality measured them, {self.ward_points} in wards that "
            f"earlier deliveries showed; of {self.wards_only} only the ward is known. Within a ward the doors without "
            "a point of their own are walked by road and number.",
        )

    @property
    def why_bn(self) -> tuple[str, ...]:
        """The same in Bangla."""
        texts = (
            f"{self.doors}টি দরজার {self.papers}টি কাগজ, {self.riders}টি সফরে।",
            f"দূরত্ব {self.distance_m / 1000:.1f} কিমি; তালিকার ক্রমে হতো {self.distance_before_m / 1000:.1f} কিমি।",
            f"ওয়ার্ডের ক্রম: {self._order}।",
            f"{self.own_points}টি দরজার অবস্থান পৌরসভার মাপা, {self.ward_points}টির ওয়ার্ড আগের বিলি থেকে জানা; "
            f"{self.wards_only}টির শুধু ওয়ার্ড জানা। যে দরজার নিজের অবস্থান জানা নেই, ওয়ার্ডের ভেতরে সেগুলো "
            "রাস্তা ও হোল্ডিং নম্বরের ক্রমে।",
        )
        return tuple(map(bangla_digits, texts))

    @property
    def _order(self) -> str:
        return " → ".join(name for name, _ in groupby(call.place.rpartition("ward ")[2] for call in self.calls))


def loop_of(connection: Connection, facts: Facts, town: Municipality, service_on: date) -> Loop:
    """The plan in force of the town's office, explained; NotFound if there is none."""
    plan = load_day(connection, town.office, service_on)
    items = [item for sheet in plan.sheets for item in sheet.items]
    doors = delivery_doors(connection, facts, town.office, service_on, items)
    on_foot = [door for door in doors if door.walk is not None]
    learned = load_ward_points(connection, {door.area for door in on_foot})
    shown = sum(door.area in learned for door in on_foot)
    own = sum(not door.area for door in doors)
    return Loop(
        municipality=town,
        service_on=service_on,
        revision=plan.revision,
        riders=len(plan.sheets),
        papers=len(items),
        doors=len(doors),
        own_points=own,
        ward_points=shown,
        wards_only=len(on_foot) - shown,
        others=len(doors) - own - len(on_foot),
        left=sum(len(one["item_numbers"]) for one in plan.unserved),
        distance_m=plan.distance_m,
        distance_before_m=plan.distance_before_m,
        calls=tuple(call for sheet in plan.sheets for call in _calls(sheet)),
    )


def _calls(sheet: RunSheet) -> Iterator[WardCall]:
    """The wards of one tour in their order."""
    for place, stops in groupby(sheet.stops, key=lambda stop: stop.place):
        here = list(stops)
        yield WardCall(sheet.rider_id, place, here[0].arrive_at, len(here), sum(len(s.item_numbers) for s in here))
