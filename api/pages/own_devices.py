"""A device of somebody's own made known: it shows a code, and a manager who scans it compares its letters."""

from hashlib import sha256
from io import BytesIO
from typing import Any

import segno
from fastapi import Response

from api.pages.shell import Visit, is_secure, page
from post_logistics.operations.custody.devices import devices_of, enrol
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode


def code_of(found: Visit, path: str) -> bytes:
    """The address of that page as a QR code, an SVG."""
    scheme = "https" if is_secure(found.request) else "http"
    drawing = BytesIO()
    made = segno.make(f"{scheme}://{found.request.url.netloc}{path}", micro=False)
    made.save(drawing, kind="svg", scale=4, dark="#000", light="#fff")
    return drawing.getvalue()


def device_page(
    found: Visit, connection: Connection, template: str, office: Postcode, device_id: str, key: str, **values: Any
) -> Response:
    """For a manager: whose device it is, the letters that it shows as well, and whether it is known."""
    known = next((one for one in devices_of(connection, office) if one.device_id == device_id), None)
    return page(found, template, letters=_letters(key), known=known, action=found.request.url.path, **values)


def make_known(found: Visit, connection: Connection, office: Postcode, device_id: str, key: str, name: str) -> None:
    """From now on what the device signs is believed. ``key``: x and y of its public key, base64url."""
    public = {"kty": "EC", "crv": "P-256", "x": key[:43], "y": key[43:]}
    enrol(connection, device_id, office, name, public, found.at)


def _letters(key: str) -> str:
    """Eight letters of the key's own, which the device shows too: no link can be changed on its way unseen."""
    drawn_from = sha256(key.encode()).hexdigest()[:8].upper()
    return f"{drawn_from[:4]} {drawn_from[4:]}"
