"""What is printed: labels and run sheets. Data in, pages out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from post_logistics import printing
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.labels import Label, breakable, label_of, label_zpl, labels_pdf, phone_text, spaced
from post_logistics.consignments.symbols import code128_svg
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import load_service_codes
from post_logistics.storage.money.prices import load_to_take
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import DHAKA, kilograms, local_day, taka


def labels(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> list[Label]:
    """The labels of the consignments, in their order."""
    merchants, services = load_merchants(connection), services_shown(connection, facts, consignments)
    return [
        label_of(
            one,
            facts.offices.get(one.pickup_office),
            facts.offices.get(one.delivery_office),
            merchants[one.merchant_id].name,
            services[one.item_number],
        )
        for one in consignments
    ]


def services_shown(
    connection: Connection, facts: Facts, consignments: Sequence[Consignment]
) -> dict[str, tuple[str, str, bool]]:
    """Item -> its service as a label names it, in English and Bangla, and whether it is registered. Of a document only
    the code is shown: what is inside is nobody's business."""
    codes = load_service_codes(connection, [one.item_number for one in consignments])
    shown: dict[str, tuple[str, str, bool]] = {}
    for one in consignments:
        service = facts.tariffs.service(one.service, one.booked_at.astimezone(DHAKA).date())
        code = codes.get(one.item_number)
        names = (f"Document {code}", f"দলিল {code}") if code else (service.name_en, service.name_bn)
        shown[one.item_number] = (*names, service.registered)
    return shown


def labels_for(
    connection: Connection, facts: Facts, consignments: Sequence[Consignment], *, sheet: bool = False
) -> bytes:
    """The labels as one PDF, an A6 page each; as ``sheet``, four to a page of A4."""
    return labels_pdf(labels(connection, facts, consignments), sheet=sheet)


def zpl_for(connection: Connection, facts: Facts, consignments: Sequence[Consignment]) -> bytes:
    """The labels as ZPL for a thermal printer."""
    return b"".join(label_zpl(label) for label in labels(connection, facts, consignments))


def run_sheets_pdf(connection: Connection, facts: Facts, sheets: Sequence[RunSheet]) -> bytes:
    """The run sheets as one PDF, each tour from a new page: with names, phones and cash, for the rider's eyes.

    The cash is what is to be taken as it is printed: a price may have changed since the tour was planned, or been paid.
    """
    consignments = load_consignments(connection, [item for sheet in sheets for item in sheet.items])
    at_doors = [item for sheet in sheets if sheet.kind == "delivery" for item in sheet.items]
    cash_poisha = load_to_take(connection, at_doors)
    return printing.pdf("runsheets", {"sheets": [_sheet(facts, sheet, consignments, cash_poisha) for sheet in sheets]})


def _sheet(
    facts: Facts, sheet: RunSheet, consignments: Mapping[str, Consignment], cash_poisha: Mapping[str, int]
) -> dict[str, Any]:
    office = facts.offices.get(sheet.office)
    return {
        "rider": sheet.rider_id,
        "vehicle": sheet.vehicle,
        "office_en": office.name_en,
        "office_bn": office.name_bn,
        "day": local_day(sheet.service_on),
        "leave": _clock(sheet.depart_at),
        "back": _clock(sheet.return_at),
        "stops_n": len(sheet.stops),
        "parcels_n": sheet.parcels,
        "weight": kilograms(sheet.weight_g),
        "distance": f"{sheet.distance_m / 1000:.1f} km",
        "cash": taka(sheet.taking(cash_poisha).cash_poisha),
        "stops": [
            {
                "n": n,
                "arrive": _clock(stop.arrive_at),
                "place": stop.place,
                "parcels": [_parcel(consignments[item], cash_poisha.get(item, 0)) for item in stop.item_numbers],
            }
            for n, stop in enumerate(sheet.stops, 1)
        ],
    }


def _parcel(one: Consignment, cash_poisha: int) -> dict[str, str]:
    return {
        "item_text": spaced(one.item_number),
        "barcode_svg": code128_svg(one.item_number),
        "name": breakable(one.recipient_name),
        "phone": phone_text(one.recipient_phone),
        "address": breakable(one.recipient_address),
        "note": breakable(one.note),
        "cod": taka(cash_poisha) if cash_poisha else "",
    }


def _clock(at: datetime) -> str:
    return at.astimezone(DHAKA).strftime("%H:%M")
