"""What the e-commerce service serves on a day, and which of its offices is responsible for a postcode.

The service grows office by office. The offices open on a day divide all of metropolitan Dhaka among them: every other
metropolitan office of delivery belongs to the nearest open one. Elsewhere an open office serves its own postcodes.
Nothing of this is written down anywhere; it follows from the ``pilot`` and ``service_from`` columns of
``post_offices.csv``.
"""

from dataclasses import dataclass
from datetime import date

from post_logistics.errors import Unacceptable
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import Offices, PostOffice
from post_logistics.units import Postcode, local_day


@dataclass(frozen=True, slots=True)
class Territory:
    """A district's offices of delivery with postcodes from ``first`` to ``last``, both included."""

    name: str
    district: str
    first: Postcode
    last: Postcode

    def __contains__(self, office: PostOffice) -> bool:
        """True if the office of delivery lies in the territory."""
        return office.district == self.district and self.first <= office.postcode <= self.last

    def __str__(self) -> str:
        return f"{self.name} ({self.first}-{self.last})"


METROPOLITAN = Territory("metropolitan Dhaka", "Dhaka", Postcode("1000"), Postcode("1236"))
"""What the service serves whole; the postal code list ends the city at 1236."""


class OutsideCoverage(Unacceptable):
    """The service does not deliver there, or not yet. ``facts``: postcode, office, district, served, since."""


class Coverage:
    """Who serves what on one day: metropolitan Dhaka divided among its open offices, and open offices elsewhere."""

    def __init__(self, offices: Offices, on: date) -> None:
        self._offices = offices
        self._on = on
        self._open = {office.postcode for office in offices.pilot(on)}
        self._pilots = tuple(office for office in offices.pilot(on) if office in METROPOLITAN)
        self._responsible: dict[Postcode, PostOffice] = {}

    def responsible(self, postcode: Postcode) -> PostOffice:
        """The office that offers the service for this delivery postcode: its own, or else the nearest.

        Distance is great-circle from office to office; of two equally near to the metre, the lower postcode.
        NotFound if no office delivers for the postcode, OutsideCoverage if the service does not reach it that day.
        """
        office = self._offices.get(postcode)
        if office.postcode in self._open:
            return office
        if office not in METROPOLITAN or not self._pilots:
            raise self._outside(office)
        if office.postcode not in self._responsible:
            self._responsible[office.postcode] = self._nearest(office)
        return self._responsible[office.postcode]

    def _nearest(self, office: PostOffice) -> PostOffice:
        return min(
            self._pilots,
            key=lambda pilot: (
                pilot.postcode != office.postcode,
                round(great_circle_m(office.lat_deg, office.lon_deg, pilot.lat_deg, pilot.lon_deg)),
                pilot.postcode,
            ),
        )

    def _outside(self, office: PostOffice) -> OutsideCoverage:
        where = f"{office.name_en} ({office.postcode}, district {office.district})"
        starts = (o.service_from for o in self._offices.values() if o.pilot and o in METROPOLITAN)
        since = min((day for day in starts if day is not None), default=None)
        remedy = "send it as an ordinary parcel from any post office, or correct the address"
        if since is None:
            reason = "no office offers Post e-Commerce"
        elif since > self._on:
            reason = f"Post e-Commerce serves {METROPOLITAN} from {local_day(since)}"
            if office in METROPOLITAN:
                remedy = f"book on or after {local_day(since)}"
        else:
            reason = f"Post e-Commerce serves {METROPOLITAN} since {local_day(since)}"
        return OutsideCoverage(
            f"{where} is not served: {reason}",
            remedy=remedy,
            postcode=office.postcode,
            office=office.name_en,
            district=office.district,
            served=str(METROPOLITAN),
            since=since.isoformat() if since else None,
        )
