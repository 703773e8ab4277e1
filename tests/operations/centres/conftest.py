"""A digital centre with a float and a device, for tests that leave nothing behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.cod.counting import Cash, Variance
from post_logistics.cod.ledger import breaches
from post_logistics.cod.proof import check_books
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.centres.acts import (
    Act,
    Closed,
    Counter,
    DroppedOff,
    HandedOver,
    Opened,
    PaidFor,
    Posted,
    Served,
)
from post_logistics.operations.centres.serving import serve
from post_logistics.operations.door.codes import issue_code
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import pay_in_float
from post_logistics.operations.numbering import Numbers
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.papers import PAPERS, STANDING
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber
from tests.closes import count

CENTRE = "dc-1216-01"
POSTAGE_POISHA = 17_25
"""Of 1,500 g: Tk 15 and 15 % VAT."""


def cash(amount_poisha: int, reason: Variance | None = None) -> Cash:
    return Cash(counted_poisha=amount_poisha, pieces=count(amount_poisha).pieces, reason=reason)


class Desk:
    """The entrepreneur of a centre: one act after another, a minute apart."""

    def __init__(self, connection: Connection, counter: Counter, at: datetime) -> None:
        self.connection = connection
        self.counter = counter
        self.at = at
        self.sequence = 0

    def scan(self, item: str = "", *, late: timedelta = timedelta(0), sequence: int | None = None) -> Scan:
        """Of that minute, told ``late``."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        at = self.at + timedelta(minutes=sequence)
        return Scan(
            scan_id=scan_id_of("centre", sequence),
            item_number=ItemNumber(item),
            event=Event.ACCEPTED,
            occurred_at=at,
            recorded_at=at + late,
            device_id="centre",
            sequence=sequence,
            office=self.counter.point.office,
            holder=self.counter.point.holder,
        )

    def posted(self, cash_poisha: int = POSTAGE_POISHA, *, weight_g: int = 1500, **changes: Any) -> Posted:
        parcel = {
            "recipient_name": "Rahima Khatun",
            "recipient_phone": "01712345678",
            "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
            "weight_kg": f"{weight_g / 1000:g}",
        } | changes.pop("parcel", {})
        given: dict[str, Any] = {"sender_name": "Abdul Karim", "sender_phone": "01812345678", "postcode": "1216"}
        return Posted(
            scan=changes.pop("scan", None) or self.scan(),
            by="karim",
            cash_poisha=cash_poisha,
            parcel=parcel,
            weight_g=weight_g,
            **given | changes,
        )

    def dropped(self, item: str, weight_g: int = 1500, **changes: Any) -> DroppedOff:
        return DroppedOff(scan=self.scan(item), by="karim", weight_g=weight_g, **changes)

    def handed(self, item: str, code: str, cash_poisha: int = 0, **changes: Any) -> HandedOver:
        return HandedOver(scan=self.scan(item), by="karim", code=code, cash_poisha=cash_poisha, **changes)

    def paid(self, item: str, cash_poisha: int, **changes: Any) -> PaidFor:
        return PaidFor(
            scan=changes.pop("scan", None) or self.scan(item), by="karim", cash_poisha=cash_poisha, **changes
        )

    def opened(self, amount_poisha: int = 0, **changes: Any) -> Opened:
        scan = changes.pop("scan", None) or self.scan()
        return Opened(scan=scan, by="karim", cash=cash(amount_poisha), **changes)

    def closed(self, amount_poisha: int, reason: Variance | None = None, **changes: Any) -> Closed:
        scan = changes.pop("scan", None) or self.scan()
        return Closed(scan=scan, by="karim", cash=cash(amount_poisha, reason), **changes)

    def serve(self, *acts: Act) -> list[Served]:
        return serve(self.connection, self.counter, acts)

    def code(self, item: str) -> str:
        good_for = timedelta(days=7)
        return issue_code(self.connection, item, "delivery", self.at, Random(3), key=b"k", good_for=good_for)


@pytest.fixture
def centre(facts: Facts) -> CollectionPoint:
    return replace(facts.points[CENTRE], takes_cash=True, services=frozenset(CentreService))


@pytest.fixture
def desk(
    connection: Connection, facts: Facts, centre: CollectionPoint, shared_database: Database, story: Any
) -> Iterator[Desk]:
    """A centre with a float of Tk 1,500 and nothing in its drawer; afterwards the books are sound, and so are they
    against the papers."""
    counter = Counter(centre, replace(facts, advice_key=b"k"), Numbers(shared_database, facts.number_key))
    pay_in_float(connection, centre, 1_500_00, UUID(int=1), story.at)
    yield Desk(connection, counter, story.at + timedelta(hours=4))
    assert not check_books(load_transfers(connection))
    assert not breaches(load_balances(connection))
    for name, question in PAPERS.items():
        rows = connection.execute(text(f"with {STANDING} {question}")).all()
        assert [row.what for row in rows if not row.holds] == [], name
