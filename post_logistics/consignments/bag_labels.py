"""Papers that go with bags: the A6 label, and the list of what is in a bag or on a vehicle. Bangla and English."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from post_logistics import printing
from post_logistics.consignments.labels import breakable
from post_logistics.consignments.labels import spaced as spaced_item
from post_logistics.consignments.manifests import Departure, ManifestLine
from post_logistics.consignments.receptacles import Receptacle, spaced
from post_logistics.consignments.symbols import code128_svg
from post_logistics.network.offices import Offices
from post_logistics.units import DHAKA, kilograms, local_day, local_time


@dataclass(frozen=True, slots=True)
class BagLabel:
    """What a sealed bag's label says."""

    number: Receptacle
    seal: str
    weight_g: int
    things: int
    """Items and bags directly in it."""
    sealed_at: datetime


def bag_labels_pdf(offices: Offices, labels: Iterable[BagLabel]) -> bytes:
    """One PDF with an A6 page for each bag, in their order."""
    return printing.pdf("baglabels", {"bags": [_label(offices, label) for label in labels]})


def _label(offices: Offices, label: BagLabel) -> dict[str, Any]:
    number = label.number
    printed = number.printed or number.key
    origin, destination = offices.get(number.origin), offices.get(number.destination)
    return {
        "barcode_svg": code128_svg(printed),
        "number_text": spaced(printed),
        "origin": origin.postcode,
        "origin_en": origin.name_en,
        "origin_bn": origin.name_bn,
        "destination": destination.postcode,
        "destination_en": destination.name_en,
        "destination_bn": destination.name_bn,
        "weight": kilograms(label.weight_g),
        "seal": breakable(label.seal),
        "things": str(label.things),
        "series": number.series[16:],
        "serial": f"{number.serial:03d}",
        "last": number.is_last,
        "registered": number.is_registered,
        "day": local_day(label.sealed_at.astimezone(DHAKA).date()),
    }


def bag_manifest_pdf(offices: Offices, label: BagLabel, lines: Sequence[ManifestLine]) -> bytes:
    """The list that lies in a bag, A4; the box at each line's end is for ticking off what is found."""
    number = label.number
    printed = number.printed or number.key
    facts = [
        ("From", "প্রেরক ডাকঘর", _office(offices, number.origin)),
        ("To", "গন্তব্য ডাকঘর", _office(offices, number.destination)),
        ("Seal", "সিল নম্বর", label.seal),
        ("Sealed on", "সিল করার সময়", local_time(label.sealed_at)),
        ("Weight", "ওজন", kilograms(label.weight_g)),
    ]
    titles = ("Bag manifest", "ব্যাগের তালিকা")
    return _manifest_pdf(offices, titles, spaced(printed), code128_svg(printed), facts, lines)


def departure_manifest_pdf(offices: Offices, departure: Departure, lines: Sequence[ManifestLine]) -> bytes:
    """The list of the bags and loose items that go with a vehicle, A4."""
    arrive = local_time(departure.arrive_at) if departure.arrive_at else "–"
    facts = [
        ("From", "প্রেরক ডাকঘর", _office(offices, departure.origin)),
        ("To", "গন্তব্য ডাকঘর", _office(offices, departure.destination)),
        ("Leaves", "যাত্রা", local_time(departure.depart_at)),
        ("Arrives", "পৌঁছানো", arrive),
    ]
    return _manifest_pdf(offices, ("Dispatch list", "ডাক প্রেরণ তালিকা"), departure.vehicle, "", facts, lines)


def _manifest_pdf(
    offices: Offices,
    titles: tuple[str, str],
    name: str,
    barcode_svg: str,
    facts: Sequence[tuple[str, str, str]],
    lines: Sequence[ManifestLine],
) -> bytes:
    weight_g = sum(line.weight_g or 0 for line in lines)
    return printing.pdf(
        "manifests",
        {
            "title_en": titles[0],
            "title_bn": titles[1],
            "name": name,
            "barcode_svg": barcode_svg,
            "facts": [{"en": en, "bn": bn, "value": value} for en, bn, value in facts],
            "lines": [
                {
                    "number": spaced_item(line.number) if len(line.number) == 13 else spaced(line.number),
                    "destination": _office(offices, line.destination),
                    "weight": "–" if line.weight_g is None else kilograms(line.weight_g),
                    "items": str(line.items),
                    "registered": line.registered,
                }
                for line in lines
            ],
            "totals": {
                "lines": str(len(lines)),
                "items": str(sum(line.items for line in lines)),
                "weight": kilograms(weight_g),
            },
        },
    )


def _office(offices: Offices, code: str) -> str:
    office = offices.get(code)
    return f"{office.postcode} {office.name_en} · {office.name_bn}"
