"""Devices that sign what they send."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.context import InTransaction, Now, Staff, TheEngine, in_office
from api.fields import DeviceId, In, Line, OfficeCode, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.custody.devices import devices_of, enrol, retire

router = Slice(prefix="/v1/devices", tags=["devices"], responses=answers(401, 403))
DeviceInPath = Annotated[str, Path(max_length=80, pattern=r"^[^\x00]+$", description="The device's name.")]
_Coordinate = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$", description="32 bytes, base64url.")]


class PublicKeyIn(In):
    """The public half of an elliptic key on P-256, as a JWK. The private half never leaves the device."""

    kty: Annotated[str, Field(pattern="^EC$", examples=["EC"])]
    crv: Annotated[str, Field(pattern="^P-256$", examples=["P-256"])]
    x: Annotated[_Coordinate, Field(examples=["axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY"])]
    y: Annotated[_Coordinate, Field(examples=["T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"])]


class DeviceIn(In):
    """A device of an office, and its key."""

    device_id: Annotated[DeviceId, Field(examples=["phone-7"])]
    office: OfficeCode
    name: Annotated[Line, Field(description="For people.", examples=["Counter 2"])] = ""
    public_key: Annotated[
        PublicKeyIn,
        Field(
            examples=[
                {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
                    "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
                }
            ]
        ),
    ]


class DeviceOut(Out):
    """An enrolled device."""

    device_id: str
    office: str
    name: str
    enrolled_at: datetime
    retired_at: datetime | None
    last_seen_at: datetime


class DevicesOut(Out):
    """Devices by name."""

    devices: list[DeviceOut]


@router.post("", status_code=201, summary="Enrol a device", responses=answers(400, 404, 409, 413))
def enrol_device(device: DeviceIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> DeviceOut:
    """From now on only what this key signed is believed of the device."""
    office = in_office(engine, who, device.office)
    key = device.public_key.model_dump()
    return DeviceOut.of(enrol(connection, device.device_id, office, device.name, key, at))


@router.get("", summary="The enrolled devices")
def enrolled_devices(who: Staff, connection: InTransaction) -> DevicesOut:
    """Those of the office, or of all offices."""
    return DevicesOut(devices=[DeviceOut.of(device) for device in devices_of(connection, who.office)])


@router.post("/{device_id}/retirement", summary="Retire a device", responses=answers(404))
def retire_device(device_id: DeviceInPath, who: Staff, connection: InTransaction, at: Now) -> DeviceOut:
    """Nothing that it sends later is believed. What it sent before stays."""
    return DeviceOut.of(retire(connection, device_id, who.office, at))
