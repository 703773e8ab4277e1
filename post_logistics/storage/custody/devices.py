"""Devices and the uploads that they signed."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row, text

from post_logistics.storage.rows import read

_UPLOADS = UUID("0d9a3a52-6a0e-5d5c-9a65-6f5f0c6e1f11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A scanner, a telephone or a counter's computer that signs what it sends. ``public_key``: a JWK."""

    device_id: str
    office: str
    name: str
    public_key: Mapping[str, Any]
    enrolled_at: datetime
    retired_at: datetime | None
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A body as a device sent it, unpacked, and its signature."""

    device_id: str
    signature: str
    body: bytes
    received_at: datetime

    @property
    def upload_id(self) -> UUID:
        """The same for the same signature."""
        return uuid5(_UPLOADS, self.signature)

    def columns(self) -> dict[str, Any]:
        """The row that keeps it."""
        return {
            "upload_id": self.upload_id,
            "received_at": self.received_at,
            "device_id": self.device_id,
            "signature": self.signature,
            "body_gzip": gzip.compress(self.body, 6, mtime=0),
        }


def enrol(connection: Connection, device: Device) -> Device:
    """Gives the device its key if it has none yet; the device as it now is."""
    row = connection.execute(
        text(
            "insert into devices (device_id, office, name, public_key, enrolled_at, last_seen_at) "
            "values (:device_id, :office, :name, :public_key, :at, :at) on conflict (device_id) do update set "
            "office = coalesce(devices.office, excluded.office), "
            "name = case when devices.public_key is null then excluded.name else devices.name end, "
            "public_key = coalesce(devices.public_key, excluded.public_key), "
            "enrolled_at = coalesce(devices.enrolled_at, excluded.enrolled_at) returning *"
        ),
        {
            "device_id": device.device_id,
            "office": device.office,
            "name": device.name,
            "public_key": Jsonb(device.public_key),
            "at": device.enrolled_at,
        },
    ).one()
    return _device(row)


def retire(connection: Connection, device_id: str, office: str | None, at: datetime) -> Device | None:
    """The device, retired now or before; None if there is none so named in that office."""
    row = connection.execute(
        text(
            "update devices set retired_at = coalesce(retired_at, :at) where device_id = :device_id "
            "and enrolled_at is not null and (office = :office or cast(:office as text) is null) returning *"
        ),
        {"device_id": device_id, "office": office, "at": at},
    ).one_or_none()
    return None if row is None else _device(row)


def load_devices(connection: Connection, office: str | None) -> list[Device]:
    """The enrolled devices of an office, or of all, by name."""
    rows = connection.execute(
        text(
            "select * from devices where enrolled_at is not null "
            "and (office = :office or cast(:office as text) is null) order by device_id"
        ),
        {"office": office},
    )
    return read(rows, Device)


def load_named_devices(connection: Connection, device_ids: Sequence[str]) -> list[Device]:
    """Those of the devices that were ever enrolled."""
    rows = connection.execute(
        text("select * from devices where enrolled_at is not null and device_id = any(:ids)"), {"ids": list(device_ids)}
    )
    return read(rows, Device)


def keep_told(connection: Connection, told: Sequence[tuple[str, int]], upload: Upload | None) -> None:
    """Those devices have told those sequences, in that signed upload, if it was signed: none of them is missing."""
    connection.execute(
        text(
            "update devices set received = devices.received + new.received from ("
            "select device_id, range_agg(int8range(sequence, sequence + 1)) as received from unnest("
            "cast(:devices as text[]), cast(:sequences as bigint[])) as told (device_id, sequence) group by device_id"
            ") as new where devices.device_id = new.device_id"
        ),
        {"devices": [device for device, _ in told], "sequences": [sequence for _, sequence in told]},
    )
    if upload is not None and told:
        connection.execute(text("select ensure_months(array[cast(:at as timestamptz)])"), {"at": upload.received_at})
        connection.execute(
            text(
                "insert into uploads (upload_id, received_at, device_id, signature, body_gzip) "
                "values (:upload_id, :received_at, :device_id, :signature, :body_gzip) on conflict do nothing"
            ),
            upload.columns(),
        )


def _device(row: Row[Any]) -> Device:
    return read([row], Device)[0]
