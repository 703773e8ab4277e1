"""Devices that sign: what their key did not sign is not believed; wrong clocks and packed bodies are no matter."""

import gzip
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from tests.api.client import KEY, Api, refused, taken

PACKED = {"Content-Encoding": "gzip"}
_names = count(1)


class Scanner:
    """A device with a key of its own."""

    def __init__(self, api: Api, office: str = "1216") -> None:
        self.api = api
        self.device_id = f"scanner-{next(_names)}"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.enrolled = api.post(
            "/v1/devices",
            {"device_id": self.device_id, "office": office, "public_key": self.public_key()},
            office=office,
        )

    def public_key(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        encoded = (urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256"} | dict(zip(("x", "y"), encoded, strict=True))

    def sign(self, body: bytes, **header: Any) -> str:
        headers = {"kid": self.device_id, "b64": False, "crit": ["b64"], **header}
        return jwt.PyJWS().encode(body, self.key, algorithm="ES256", headers=headers, is_payload_detached=True)

    def send(self, *scans: dict[str, Any], path: str = "/v1/scans", **headers: str) -> Any:
        """The answer to signed scans of this device."""
        rows = [scan | {"device_id": self.device_id} for scan in scans]
        signed = (
            json.dumps({"scans": rows}).encode()
            if path == "/v1/scans"
            else b"\n".join(json.dumps(r).encode() for r in rows)
        )
        kind = "application/json" if path == "/v1/scans" else "application/x-ndjson"
        given = {"Post-Signature": self.sign(signed), "Content-Type": kind} | headers
        content = gzip.compress(signed) if headers.get("Content-Encoding") else signed
        return self.api.client.post(path, content=content, headers=KEY | {"Post-Office": "1216"} | given)


@pytest.fixture
def scanner(api: Api) -> Scanner:
    return Scanner(api)


def outcomes(answer: Any) -> list[str]:
    return [verdict["outcome"] for verdict in taken(answer)["verdicts"]]


def test_what_the_device_signed_is_taken_and_kept_as_it_came(api: Api, scanner: Scanner) -> None:
    item = api.item(api.shop())
    assert outcomes(scanner.send(api.scan(item, "accepted"))) == ["accepted"]
    with api.engine.database.transaction() as connection:
        row = connection.execute(
            text("select * from uploads where device_id = :device"), {"device": scanner.device_id}
        ).one()
    body = gzip.decompress(row.body_gzip)
    assert item.encode() in body
    public = jwt.PyJWK(scanner.public_key(), algorithm="ES256").key
    jwt.PyJWS().decode(row.signature, public, algorithms=["ES256"], detached_payload=body)


def test_packed_lines_of_json_are_taken_too(api: Api, scanner: Scanner) -> None:
    item = api.item(api.shop())
    scans = [api.scan(item, "accepted"), api.scan(item, "at_delivery_office")]
    answer = scanner.send(*scans, path="/v1/scans/ndjson", **PACKED)
    assert outcomes(answer) == ["accepted", "accepted"]
    again = scanner.send(*scans, path="/v1/scans/ndjson")
    assert outcomes(again) == ["duplicate", "duplicate"]


def test_a_line_that_is_no_scan_holds_up_no_other(api: Api) -> None:
    item = api.item(api.shop())
    good = json.dumps(api.scan(item, "accepted")).encode()
    answer = api.client.post(
        "/v1/scans/ndjson",
        content=b"\n".join([good, b"{no json", b"", b'{"item_number": 7}']),
        headers=KEY | {"Post-Office": "1216", "Content-Type": "application/x-ndjson"},
    )
    assert outcomes(answer) == ["accepted", "rejected", "rejected"]


def test_a_batch_of_no_lines_or_of_too_many_is_refused(api: Api) -> None:
    headers = KEY | {"Post-Office": "1216", "Content-Type": "application/x-ndjson"}
    for body in (b"\n\n", b"{}\n" * 5001):
        assert api.client.post("/v1/scans/ndjson", content=body, headers=headers).status_code == 422


def test_what_an_enrolled_device_did_not_sign_is_rejected_row_by_row(api: Api, scanner: Scanner) -> None:
    item = api.item(api.shop())
    mine, free = api.scan(item, "accepted", device_id=scanner.device_id), api.scan(item, "accepted")
    verdicts = api.scans(mine, free)
    assert [verdict["outcome"] for verdict in verdicts] == ["rejected", "accepted"]
    assert "Post-Signature" in verdicts[0]["why"]
    other = Scanner(api)
    assert outcomes(other.send(mine | {"note": "forged"})) == ["accepted"]  # as the other device's own scan
    assert outcomes(scanner.send(mine)) == ["accepted"]


@pytest.mark.parametrize("change", ["body", "key", "kid", "algorithm", "rubbish"])
def test_a_signature_that_does_not_fit_is_refused_whole(api: Api, scanner: Scanner, change: str) -> None:
    item = api.item(api.shop())
    scan = api.scan(item, "accepted", device_id=scanner.device_id)
    body = json.dumps({"scans": [scan]}).encode()
    signatures: dict[str, Callable[[], str]] = {
        "body": lambda: scanner.sign(body + b" "),
        "key": lambda: Scanner(api).sign(body, kid=scanner.device_id),
        "kid": lambda: scanner.sign(body, kid="nobody-we-know"),
        "algorithm": lambda: jwt.encode(
            {"for": "nothing"}, "x" * 32, algorithm="HS256", headers={"kid": scanner.device_id}
        ),
        "rubbish": lambda: "not.a.signature",
    }
    signature = signatures[change]()
    headers = KEY | {"Post-Office": "1216", "Post-Signature": signature, "Content-Type": "application/json"}
    answer = api.client.post("/v1/scans", content=body, headers=headers)
    assert refused(answer, 422)["field"] == "Post-Signature"
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "booked"


def test_a_retired_device_is_not_believed_and_what_it_said_stays(api: Api, scanner: Scanner) -> None:
    item = api.item(api.shop())
    first, second = api.scan(item, "accepted"), api.scan(item, "at_delivery_office")
    assert outcomes(scanner.send(first)) == ["accepted"]
    assert api.post(f"/v1/devices/{scanner.device_id}/retirement", office="1205").status_code == 404
    taken(api.post(f"/v1/devices/{scanner.device_id}/retirement", office="1216"))
    assert outcomes(scanner.send(second)) == ["rejected"]
    assert taken(api.get(f"/v1/tracking/{item}"))["state"] == "accepted"


def test_a_device_is_enrolled_once_and_its_key_stays(api: Api, scanner: Scanner) -> None:
    asked = {"device_id": scanner.device_id, "office": "1216", "public_key": scanner.public_key()}
    taken(scanner.enrolled, 201)
    taken(api.post("/v1/devices", asked, office="1216"), 201)
    other = asked | {"public_key": Scanner(api).public_key()}
    assert api.post("/v1/devices", other, office="1216").status_code == 409
    assert api.post("/v1/devices", asked, office="1205").status_code == 404
    listed = [device["device_id"] for device in taken(api.get("/v1/devices", office="1216"))["devices"]]
    assert scanner.device_id in listed and taken(api.get("/v1/devices", office="1205"))["devices"] == []


def test_a_private_key_or_a_point_off_the_curve_is_refused(api: Api, scanner: Scanner) -> None:
    asked = {"device_id": "new-one", "office": "1216", "public_key": scanner.public_key()}
    private = asked | {"public_key": scanner.public_key() | {"d": "secret"}}
    assert api.post("/v1/devices", private, office="1216").status_code == 422
    beside = asked | {"public_key": scanner.public_key() | {"x": "A" * 43}}
    assert refused(api.post("/v1/devices", beside, office="1216"), 422)["field"] == "public_key"


def test_the_clock_of_a_device_is_put_right_by_when_it_sent(api: Api, scanner: Scanner) -> None:
    item = api.item(api.shop())
    wrong = timedelta(hours=-6)
    scan = api.scan(item, "accepted", occurred_at=(api.at + wrong).isoformat())
    sent_at = {"Post-Sent-At": (api.at + wrong).isoformat()}
    assert outcomes(scanner.send(scan, **sent_at)) == ["accepted"]
    entry = taken(api.get(f"/v1/tracking/{item}"))["timeline"][-1]
    assert datetime.fromisoformat(entry["at"]) == api.at
    with api.engine.database.transaction() as connection:
        offset_s = connection.execute(
            text("select clock_offset_s from scans where item_number = :item and event = 'accepted'"), {"item": item}
        ).scalar_one()
    assert offset_s == 6 * 3600


def test_a_packed_body_is_not_unpacked_without_end(api: Api) -> None:
    bomb = gzip.compress(b" " * (33 * 2**20))
    headers = KEY | {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert len(bomb) < 2**20
    assert api.client.post("/v1/scans", content=bomb, headers=headers).status_code == 413
    assert api.client.post("/v1/scans", content=b"no gzip", headers=headers).status_code == 400
    assert (
        api.client.post("/v1/scans", content=gzip.compress(b'{"scans": []}')[:-9], headers=headers).status_code == 400
    )
