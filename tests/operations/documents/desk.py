"""A land office that hands in manifests at Dhaka, and the post that books, receives, delivers and confirms them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any
from uuid import UUID

from PIL import Image
from sqlalchemy import text

from post_logistics.consignments.documents import IssuerKind
from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.documents.advising import advise
from post_logistics.operations.documents.issuing import register_issuer
from post_logistics.operations.documents.receiving import Counted, receive
from post_logistics.operations.documents.sealing import DOCUMENTS, TRADE, Sealed, Sealing, seal_file, seal_listed
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.door.proving import Shown, keep_proofs
from post_logistics.operations.faces.confirmations import Signer, confirm_deliveries, signer
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Verdict
from post_logistics.operations.orders.order_jobs import OrderFile, work_off
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.documents.manifests import Manifest, ManifestReceipt
from post_logistics.storage.orders.jobs import Job
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import ProofKind
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, MerchantId, Postcode

COUNTER = Postcode("1205")
DOOR = Postcode("1216")
RIDER = "1216-R01"
HEADER = "application_number,service_code,applicant_name,applicant_phone,applicant_address,fee_taka"
_names = count(1)


def row(number: str, **changes: str) -> dict[str, str]:
    """A land-record copy for Rahima in Mirpur, as the API gives it."""
    fields = {
        "order_ref": number,
        "service_code": "G10",
        "recipient_name": "রহিমা বেগম",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka",
    }
    return fields | changes


def csv(*numbers: str, wrong: int = 0, service: str = "G10") -> bytes:
    """A manifest's file: good rows, then some whose telephone number is none."""
    phones = [*["০১৭১২৩৪৫৬৭৮"] * len(numbers), *["12"] * wrong]
    names = [*numbers, *(f"WRONG-{n}" for n in range(wrong))]
    lines = [
        f'{name},{service},Rahima,{phone},"House 5, Road 3, Mirpur-10, Dhaka",0'
        for name, phone in zip(names, phones, strict=True)
    ]
    return "\n".join([HEADER, *lines]).encode()


def signature() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8), (1, 2, 3)).save(file, "PNG")
    return file.getvalue()


@dataclass
class Desk:
    """What the tests do, each in a transaction of its own."""

    database: Database
    facts: Facts
    at: datetime
    kind: IssuerKind = IssuerKind.OFFICE
    issuer: MerchantId = field(init=False)
    numbers: Numbers = field(init=False)
    key: Signer = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = Numbers(self.database, self.facts.number_key)
        self.key = signer(b"key")
        self._step = count(next(_names) * 1_000)
        name = f"dc-office-{next(_names)}"
        self.issuer = MerchantId(name)
        with self.database.transaction() as connection:
            append_merchants(connection, [Merchant(self.issuer, name, "New Market, Dhaka", "account-1", self.at)])
            register_issuer(
                connection, self.facts, name, kind=self.kind, code=name, name_bn="জেলা প্রশাসকের কার্যালয়",
                office=COUNTER, at=self.at,
            )  # fmt: skip

    def sealing(self, number: str = "M-1", **changes: Any) -> Sealing:
        said = Sealing(number=number, service_on=date(2026, 11, 22), sealed_by="A. Karim", seal_number="S-1")
        return replace(said, **changes)

    def seal(self, *rows: dict[str, str], **changes: Any) -> tuple[Sealed, list[Verdict]]:
        with self.database.transaction() as connection:
            return seal_listed(
                connection, self.facts, self.numbers, self.issuer, self.sealing(**changes), rows, self.at
            )

    def seal_file(self, content: bytes, **changes: Any) -> Manifest:
        with self.database.transaction() as connection:
            file = OrderFile("manifest.csv", content, dry_run=False)
            return seal_file(connection, self.facts, self.issuer, self.sealing(**changes), file, self.at).manifest

    def work_off(self, job_id: UUID) -> Job:
        return work_off(self.database, self.facts, self.numbers, job_id, lambda: self.at, {DOCUMENTS: TRADE})

    def receive(self, manifest: Manifest, counted: int, **what: Any) -> ManifestReceipt:
        found = Counted(counted=counted, seal_intact=what.pop("seal_intact", True), **what)
        with self.database.transaction() as connection:
            return receive(connection, manifest.manifest_id, COUNTER, found, "clerk", self.at)

    def scan(self, item: str, event: Event, holder: str, **changes: Any) -> Scan:
        self.at += timedelta(minutes=1)
        sequence = next(self._step)
        made = Scan(
            scan_id=scan_id_of("phone", sequence),
            item_number=ItemNumber(item),
            event=event,
            occurred_at=self.at,
            recorded_at=self.at,
            device_id="phone",
            sequence=sequence,
            office=DOOR,
            holder=holder,
            reason=None,
        )
        return replace(made, **changes)

    def hand_over(self, connection: Connection, item: str, cash_poisha: int = 0) -> Scan:
        """The rider says that it was handed over."""
        way = [self.scan(item, Event.AT_DELIVERY_OFFICE, f"office:{DOOR}")]
        way.append(self.scan(item, Event.OUT_FOR_DELIVERY, f"rider:{RIDER}"))
        record_scans(connection, way)
        given = self.scan(item, Event.DELIVERED_CLAIMED, f"rider:{RIDER}")
        deliver(connection, [Claim(given, cash_poisha)])
        return given

    def show(self, connection: Connection, scan: Scan, kind: ProofKind, **what: Any) -> Sequence[str]:
        proof = Shown(
            item_number=scan.item_number,
            scan_id=scan.scan_id,
            kind=kind,
            office=scan.office,
            taken_at=scan.occurred_at,
            **what,
        )
        return [one.why for one in keep_proofs(connection, [proof], self.at, key=b"key")]

    def advise(self, connection: Connection) -> int:
        """The minute's duty: confirmed to the world, and to the issuer."""
        self.at += timedelta(minutes=1)
        confirm_deliveries(connection, self.key, self.at, everything=True)
        return advise(connection, self.facts.proof_rules, self.key, self.at)

    def ask(self, question: str, **said: Any) -> Any:
        with self.database.transaction() as connection:
            return connection.execute(text(question), {"issuer": self.issuer} | said).scalar_one()
