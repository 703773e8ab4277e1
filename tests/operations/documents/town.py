"""A town with a municipality that hands in papers, for tests: admitted, listed, received at its office."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from post_logistics.consignments.documents import Receiver
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.documents.admitting import admit
from post_logistics.operations.documents.receiving import Counted, receive
from post_logistics.operations.documents.sealing import Sealing, seal_listed
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.door.proving import Shown, keep_proofs
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Verdict
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.issuers import Issuer
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import ProofKind
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import DHAKA, Postcode, RiderId
from tests.closes import count, slip
from tests.operations.documents.desk import signature

GOPALGANJ = "gopalganj"
OFFICE = Postcode("8100")
RIDER = "8100-R01"


def paper(number: str, *, service: str = "M10", holding: str = "12", ward: str = "4", **more: str) -> dict[str, str]:
    """A line of a municipality's list: a tax bill for a door of ward 4."""
    return {
        "order_ref": number,
        "service_code": service,
        "recipient_name": "কৃষ্ণা ক্ষত্রী",
        "holding_number": holding,
        "ward": ward,
        "road": "কলেজ রোড",
        **more,
    }


@dataclass
class Town:
    """Gopalganj, whose municipality is admitted."""

    connection: Connection
    facts: Facts
    numbers: Numbers
    at: datetime
    issuer: Issuer = field(init=False)
    sequence: int = 0

    def __post_init__(self) -> None:
        self.issuer = admit(self.connection, self.facts, GOPALGANJ, "Sonali 4010 2003 4455", self.at)

    def seal(self, *papers: dict[str, str], number: str = "M-1") -> list[Verdict]:
        """The verdicts on a list."""
        sealing = Sealing(number=number, service_on=self.at.astimezone(DHAKA).date(), sealed_by="Tax desk")
        self.manifest, verdicts = seal_listed(
            self.connection, self.facts, self.numbers, self.issuer.merchant_id, sealing, papers, self.at
        )
        return verdicts

    def hand_in(self, *papers: dict[str, str], number: str = "M-1") -> list[str]:
        """The items of a list that was handed in, at the office and ready to go out."""
        items = [one.item_number for one in self.seal(*papers, number=number)]
        counted = Counted(counted=len(papers), seal_intact=True)
        receive(self.connection, self.manifest.manifest.manifest_id, OFFICE, counted, "counter", self.at)
        self.scan(items, Event.AT_DELIVERY_OFFICE, f"office:{OFFICE}")
        return items

    def scan(self, items: Sequence[str], event: Event, holder: str) -> list[Scan]:
        """Scans of all the items, a minute after the last ones; they are kept."""
        scans = [self.made(item, event, holder) for item in items]
        verdicts: Any = record_scans(self.connection, scans)
        assert {one.outcome.value for one in verdicts} <= {"accepted"}, verdicts
        return scans

    def made(self, item: str, event: Event, holder: str) -> Scan:
        """One scan, not kept."""
        self.sequence += 1
        at = self.at + timedelta(minutes=self.sequence)
        return own_scan("town", self.sequence, item, event, at, office=OFFICE, holder=holder)

    def serve(
        self, items: Sequence[str], *, took_poisha: Sequence[int], to: Receiver = Receiver.HOUSEHOLD, **shown: Any
    ) -> None:
        """The rider goes out with the items and hands each over, with a photo and a note of who received it.

        ``shown``: of the proof of who received it, or of a ``lat_deg`` and ``lon_deg`` where the telephone stood.
        """
        self.scan(items, Event.OUT_FOR_DELIVERY, f"rider:{RIDER}")
        point = {name: shown.pop(name) for name in ("lat_deg", "lon_deg") if name in shown}
        for item, poisha in zip(items, took_poisha, strict=True):
            scan = self.made(item, Event.DELIVERED_CLAIMED, f"rider:{RIDER}")
            deliver(self.connection, [Claim(scan, poisha)])
            about = {"item_number": item, "scan_id": scan.scan_id, "office": OFFICE, "taken_at": scan.occurred_at}
            proofs = [
                Shown(kind=ProofKind.PHOTO, body=signature(), **about),
                Shown(kind=ProofKind.IDENTITY, received_by=to, **shown, **about),
                *([Shown(kind=ProofKind.PLACE, **point, **about)] if point else []),
            ]
            kept = keep_proofs(self.connection, proofs, scan.occurred_at, key=b"key")
            assert {one.outcome.value for one in kept} == {"kept"}, kept

    def close(self, amount_poisha: int) -> None:
        """Rider and office close with that cash, which goes to the bank and arrives."""
        on = self.at.astimezone(DHAKA).date()
        at = self.at + timedelta(hours=14)
        told: Any = {"office": OFFICE, "closed_on": on, "count": count(amount_poisha), "at": at}
        close_rider_day(self.connection, self.facts, rider=RiderId(RIDER), **told)
        close = close_office_day(self.connection, self.facts, **told)
        pay_in(self.connection, close.close_id, slip("SLIP-1", at), at)
        confirm(self.connection, close.close_id, close.to_deposit_poisha, at)
