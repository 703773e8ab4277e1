"""Scans as CloudEvents 1.0 in structured JSON, for merchants and partners."""

from typing import Any, Final

from post_logistics.tracking.scans import Scan
from post_logistics.tracking.texts import EVENT_TEXTS, REASON_TEXTS
from post_logistics.tracking.uris import place_uri
from post_logistics.units import DHAKA

TYPE_PREFIX: Final = "bd.post.parcel."


def cloud_event(scan: Scan, order_ref: str) -> dict[str, Any]:
    """The scan as one event: ``source`` and ``id`` say which it is, ``subject`` the item or bag, ``time`` when it was.

    A mistake is taken back by an event of type ``…corrected`` whose ``data.corrects`` is the ``id`` of the first. Who
    has the item, which device scanned it and what was noted stays with the post. ``order_ref``: the merchant's own name
    for the parcel; empty for a bag.
    """
    reason = scan.reason
    data = {
        "item_number": scan.item_number,
        "order_ref": order_ref or None,
        "event": scan.event.value,
        "office": scan.office,
        "receptacle": scan.receptacle,
        "reason": reason.value if reason else None,
        "reason_en": REASON_TEXTS[reason]["en"] if reason else None,
        "reason_bn": REASON_TEXTS[reason]["bn"] if reason else None,
        "blame": reason.blame.value if reason else None,
        "corrects": str(scan.voids) if scan.voids else None,
        "recorded_at": scan.recorded_at.astimezone(DHAKA).isoformat(),
        "text_en": EVENT_TEXTS[scan.event]["en"],
        "text_bn": EVENT_TEXTS[scan.event]["bn"],
    }
    return {
        "specversion": "1.0",
        "id": str(scan.scan_id),
        "source": place_uri(scan.office),
        "type": f"{TYPE_PREFIX}{scan.event}",
        "subject": scan.item_number,
        "time": scan.corrected_at.astimezone(DHAKA).isoformat(),
        "datacontenttype": "application/json",
        "data": {name: value for name, value in data.items() if value is not None},
    }
