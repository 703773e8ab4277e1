"""The day on a map that opens without a network: service areas, offices and tours drawn as one self-contained page."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from post_logistics.network.areas import ServiceArea
from post_logistics.network.offices import PostOffice
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.printing.fonts import font_file
from post_logistics.units import local_day, local_time, taka

_PAGE = Path(__file__).with_name("map.html")


def map_page(offices: Sequence[PostOffice], areas: Mapping[Any, ServiceArea], sheets: Sequence[RunSheet]) -> str:
    """The page as HTML. It names places, riders' tours and totals; no recipient."""
    data = {
        "offices": [
            {"code": o.postcode, "en": o.name_en, "bn": o.name_bn, "at": [o.lat_deg, o.lon_deg]} for o in offices
        ],
        "areas": [
            {"code": code, "rings": [ring for polygon in area.polygons for ring in polygon]}
            for code, area in areas.items()
        ],
        "tours": [_tour(sheet) for sheet in sheets],
        "day": local_day(sheets[0].service_on) if sheets else "",
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    font = base64.b64encode(font_file().read_bytes()).decode()
    return _PAGE.read_text(encoding="utf-8").replace("FONT", font, 1).replace("/*DATA*/null", text)


def _tour(sheet: RunSheet) -> dict[str, Any]:
    return {
        "id": sheet.rider_id,
        "office": sheet.office,
        "kind": sheet.kind,
        "leave": local_time(sheet.depart_at)[-5:],
        "back": local_time(sheet.return_at)[-5:],
        "km": round(sheet.distance_m / 1000, 1),
        "cash": taka(sheet.cash_poisha),
        "stops": [
            {"at": [s.lat_deg, s.lon_deg], "n": len(s.item_numbers), "t": local_time(s.arrive_at)[-5:], "p": s.place}
            for s in sheet.stops
        ],
    }
