"""Devices that sign what they send: where they are, when they were heard of last; and the end of one that is lost."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.shell import Form, OurVisit, go
from api.slices import Slice
from post_logistics.errors import NotFound
from post_logistics.operations.custody.devices import devices_of, retire
from post_logistics.operations.custody.watching import silent_devices
from post_logistics.units import Postcode, latin_digits

router = Slice(include_in_schema=False)

LONG: Final = timedelta(days=7)
"""A device in use is heard of within a week."""
_MOST: Final = 500


@router.get("/admin/devices")
def page_admin_devices(
    found: OurVisit,
    connection: InTransaction,
    place: Annotated[str, Query(max_length=12)] = "",
    which: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The enrolled devices of an office or of all, those that have not been heard of for longest first."""
    office = _office(found.engine.facts.offices, place)
    known = devices_of(connection, office)
    wanted = [
        one
        for one in known
        if (one.retired_at is not None) == (which == "retired")
        and (which != "quiet" or one.last_seen_at < found.at - LONG)
    ]
    return shown(
        found,
        "devices.html",
        rows=sorted(wanted, key=lambda one: one.last_seen_at)[:_MOST],
        left_out=max(0, len(wanted) - _MOST),
        missing={one.device_id: one.missing_count for one in silent_devices(connection, found.at, office)},
        quiet_before=found.at - LONG,
        asked={"place": place, "which": which},
    )


def _office(offices: object, place: str) -> Postcode | None:
    code = latin_digits(place.strip())
    if code and code not in offices:  # type: ignore[operator]
        raise NotFound(f"no office {code}", field="place", remedy="write its postcode")
    return Postcode(code) if code else None


@router.post("/admin/devices/{device_id}")
def page_admin_device_retired(
    device_id: Annotated[str, Path(max_length=80, pattern=r"^[^\x00]+$")],
    found: OurVisit,
    said: Form,
    connection: InTransaction,
) -> Response:
    """Nothing more of it is believed."""
    retire(connection, device_id, None, found.at)
    return go("/admin/devices", found, said="Nothing more of that device is believed.")
