"""A tiny world for the use cases: one shop, parcels on their way, and devices to scan them."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.numbers import item_number
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.settings import Settings
from post_logistics.storage.custody.scans import append_scans, open_journeys
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import append_consignments
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.journey import fold
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, MerchantId, Postcode

SHOP = "test-shop"
RIDER = "1216-R01"


@pytest.fixture(scope="session")
def facts(settings: Settings) -> Facts:
    return load_facts(settings)


def consignment(serial: int, at: datetime, cod_poisha: int = 100_000) -> Consignment:
    """A parcel for Mirpur with Tk 1,000 to collect, rated Tk 15 + 10 + VAT 3.75."""
    return Consignment(
        item_number=item_number("DP", serial),
        merchant_id=MerchantId(SHOP),
        store_address="New Market, Dhaka",
        order_ref=f"REF-{serial}",
        recipient_name="কৃষ্ণা ক্ষত্রী",
        recipient_phone="+8801712345678",
        recipient_address=f"House {serial}, Section 10, Mirpur",
        weight_g=1500,
        cod_poisha=cod_poisha,
        declared_value_poisha=0,
        description="",
        note="",
        service="speed_post_parcel",
        tariff_version="2025-04-01",
        postage_poisha=1500,
        cod_fee_poisha=cod_poisha // 100,
        vat_poisha=(1500 + cod_poisha // 100) * 15 // 100,
        pickup_office=Postcode("1205"),
        delivery_office=Postcode("1216"),
        delivery_postcode=Postcode("1216"),
        place_id="mirpur",
        lat_deg=23.8,
        lon_deg=90.37,
        precision_m=500,
        resolved_by="",
        promised_on=date(2026, 11, 22),
        booked_at=at,
    )


def give_out_bag(connection: Connection, key: str) -> None:
    """Gives out the number of a bag, as an office asks for it before it fills the bag."""
    connection.execute(
        text(
            "insert into bag_numbers (request_id, series, first_serial, last_serial, made_at) "
            "values (gen_random_uuid(), :series, :serial, :serial, now()) on conflict do nothing"
        ),
        {"series": key[:20], "serial": int(key[20:])},
    )


class Story:
    """Scans of one device after another, a minute apart, in a database that forgets them after the test."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self.connection = connection
        self.at = at
        self.sequence = 0

    def book(self, *cod_poisha: int, first: int = 0) -> list[str]:
        shop = Merchant(MerchantId(SHOP), "Test Shop", "New Market, Dhaka", "account-1", self.at)
        append_merchants(self.connection, [shop])
        made = [consignment(7_000_000 + i, self.at, cod) for i, cod in enumerate(cod_poisha, first)]
        append_consignments(self.connection, made, ["print"] * len(made))
        scans = [self.scan(c.item_number, Event.BOOKED, f"merchant:{SHOP}") for c in made]
        append_scans(self.connection, scans)
        open_journeys(self.connection, [fold(scan.item_number, [scan]) for scan in scans], ["1216"] * len(scans))
        return [c.item_number for c in made]

    def scan(self, item: str, event: Event, holder: str, reason: Reason | None = None) -> Scan:
        self.sequence += 1
        at = self.at + timedelta(minutes=self.sequence)
        return Scan(
            scan_id=scan_id_of("device", self.sequence),
            item_number=ItemNumber(item),
            event=event,
            occurred_at=at,
            recorded_at=at,
            device_id="device",
            sequence=self.sequence,
            office=Postcode("1216"),
            holder=holder,
            reason=reason,
        )

    def out_for_delivery(self, *items: str) -> None:
        way = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
        out = (Event.OUT_FOR_DELIVERY, f"rider:{RIDER}")
        record_scans(self.connection, [self.scan(item, e, holder) for item in items for e, holder in (*way, out)])


@pytest.fixture
def story(connection: Connection, morning: datetime) -> Story:
    return Story(connection, morning)


@pytest.fixture
def tell() -> type[Story]:
    """The story-teller itself, for tests that commit."""
    return Story
