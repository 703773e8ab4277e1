"""Devices that sign what they send: enrolled with a public key, checked at every upload, their word kept as it came."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import jwt

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.storage.custody import devices as store
from post_logistics.storage.custody.devices import Device, Upload
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode

__all__ = ["Device", "Upload", "check_signature", "devices_of", "enrol", "read_upload", "retire"]

_JWS: Final = jwt.PyJWS()
_ALGORITHM: Final = "ES256"
"""ECDSA on P-256: what every browser's own cryptography can do with a key that never leaves the device."""


def read_upload(signature: str, body: bytes, at: datetime) -> Upload:
    """A signed body as it came: a compact JWS with detached payload (RFC 7515, RFC 7797) whose ``kid`` is the device.

    Unacceptable if it is none. It is not checked yet: that needs the device's key (``check_signature``).
    """
    try:
        header = jwt.get_unverified_header(signature)
    except jwt.InvalidTokenError:
        header = {}
    device_id = header.get("kid")
    if not isinstance(device_id, str) or header.get("b64") is not False or header.get("alg") != _ALGORITHM:
        raise _refused("this is no detached JWS with alg ES256, b64 false and the device as kid")
    return Upload(device_id=device_id, signature=signature, body=body, received_at=at)


def check_signature(upload: Upload, public_key: Mapping[str, Any] | None) -> None:
    """Returns if the device's key signed the body; Unacceptable if not, and if the device has no key."""
    if public_key is None:
        raise _refused(f"device {upload.device_id} has no key here")
    try:
        _JWS.decode(
            upload.signature,
            jwt.PyJWK(dict(public_key), algorithm=_ALGORITHM).key,
            algorithms=[_ALGORITHM],
            detached_payload=upload.body,
        )
    except jwt.InvalidTokenError:
        raise _refused("the signature does not belong to this body and this device") from None


def distrusted(connection: Connection, device_ids: Collection[str], upload: Upload | None) -> dict[str, str]:
    """Device -> why nothing of it is believed; left out are those that are believed. ``upload``: the signed batch in
    which they told it, if it was signed; Unacceptable if it is not signed by its device."""
    known = {one.device_id: one for one in store.load_named_devices(connection, sorted(device_ids))}
    if upload is not None:
        signer = known.get(upload.device_id)
        check_signature(upload, None if signer is None else signer.public_key)
    signed_by = upload.device_id if upload else ""
    why = {
        name: f"device {name} signs what it sends, and this is not signed by it: send Post-Signature"
        for name in known
        if name != signed_by
    }
    return why | {
        name: f"device {name} is retired: enrol it anew" for name, one in known.items() if one.retired_at is not None
    }


def _refused(message: str) -> Unacceptable:
    return Unacceptable(
        message, field="Post-Signature", remedy="sign exactly the bytes of the body, unpacked, with the enrolled key"
    )


def enrol(
    connection: Connection, device_id: str, office: Postcode, name: str, public_key: Mapping[str, Any], at: datetime
) -> Device:
    """The device, from now on with that key (a JWK of an elliptic key on P-256): whatever it sends must be signed.

    Told again it answers the same. Conflict if the device has another key, or is retired: a device that lost its key is
    a new device, with a name of its own. Unacceptable for a key that cannot be used, or that is the private one.
    """
    key = _public(public_key)
    device = Device(
        device_id=device_id, office=office, name=name, public_key=key, enrolled_at=at, retired_at=None, last_seen_at=at
    )
    kept = store.enrol(connection, device)
    if (kept.public_key, kept.office, kept.retired_at) != (key, office, None):
        raise Conflict(
            f"device {device_id} is enrolled already, with another key or office",
            field="device_id",
            remedy="enrol the device under a new name",
        )
    return kept


def _public(public_key: Mapping[str, Any]) -> dict[str, Any]:
    key = {name: public_key.get(name) for name in ("kty", "crv", "x", "y")}
    if (key["kty"], key["crv"]) != ("EC", "P-256") or "d" in public_key:
        raise Unacceptable(
            "this is no public key on the curve P-256",
            field="public_key",
            remedy='send the public half as a JWK: {"kty": "EC", "crv": "P-256", "x": …, "y": …}',
        )
    try:
        jwt.PyJWK(key, algorithm=_ALGORITHM)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Unacceptable(
            "these coordinates are no point of P-256", field="public_key", remedy="export the key anew"
        ) from None
    return key


def retire(connection: Connection, device_id: str, office: Postcode | None, at: datetime) -> Device:
    """The device, of which nothing more is believed: stolen, lost or worn out.

    ``office`` None: of any office. NotFound if there is none so named."""
    device = store.retire(connection, device_id, office, at)
    if device is None:
        raise NotFound(f"no device {device_id}", field="device_id", remedy="see GET /v1/devices")
    return device


def devices_of(connection: Connection, office: Postcode | None) -> list[Device]:
    """The enrolled devices of an office, or of all, by name."""
    return store.load_devices(connection, office)
