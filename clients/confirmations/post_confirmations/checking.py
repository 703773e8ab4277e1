"""Whether a confirmation is the next one of the post: its signature, its number, and the hash of the text before it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

TYPE: Final = "delivery-confirmation+jws"
BEGINNING: Final = "0" * 64
"""What the first text names as the hash of the one before it."""


class Distrust(Exception):
    """Something is not as the post would say it. Nothing of it was done; a person has to look."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"confirmation {number}: {why}")
        self.number = number
        self.why = why


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read: the last number, and the SHA-256 of its signed text."""

    number: int = 0
    digest: str = BEGINNING


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of the post. ``kid`` is worked out from the key itself (RFC 7638), whoever sent it."""

    kid: str
    x: int
    y: int

    def check(self, text: bytes, signature: bytes) -> bool:
        """Whether that is this key's signature (ES256) of the text."""
        if len(signature) != 64:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        public = EllipticCurvePublicNumbers(self.x, self.y, SECP256R1()).public_key()
        try:
            public.verify(encode_dss_signature(r, s), text, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Told:
    """A confirmation that was checked. ``corrects``: the number that was wrong; None if it confirms a delivery."""

    number: int
    item_number: str
    merchant_id: str
    corrects: int | None
    outcome: str
    kid: str
    signed: str

    @property
    def place(self) -> Place:
        """Where somebody stands who has read it."""
        return Place(self.number, sha256(self.signed.encode()).hexdigest())


def key_of(jwk: Mapping[str, Any]) -> Key:
    """The key of a JWK; ValueError if it is none on the curve P-256."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("this is no key on the curve P-256")
    members = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    kid = urlsafe_b64encode(sha256(members.encode()).digest()).rstrip(b"=").decode()
    x, y = (int.from_bytes(_unpacked(str(jwk[name])), "big") for name in ("x", "y"))
    EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()  # ValueError for a point that is not on the curve
    return Key(kid, x, y)


def check(row: Mapping[str, Any], place: Place, keys: Mapping[str, Key]) -> Told:
    """What the row of a page says, if it is the one that follows ``place``; Distrust says why not.

    Only the signed text counts. What stands beside it in the row has to agree, or somebody has put a row together.
    """
    number = place.number + 1
    try:
        signed = str(row["signed"])
        head, body, signature = signed.split(".")
        header, facts = json.loads(_unpacked(head)), json.loads(_unpacked(body))
        kid = str(header["kid"])
        whole = (header["alg"], header["typ"], facts["number"], facts["previous"], facts["kind"])
        told = Told(
            number=facts["number"],
            item_number=str(facts["item_number"]),
            merchant_id=str(facts["merchant_id"]),
            corrects=facts.get("corrects"),
            outcome=str(facts.get("outcome", "")),
            kid=kid,
            signed=signed,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Distrust(number, f"it cannot be read ({error.__class__.__name__})") from None
    if whole[:2] != ("ES256", TYPE):
        raise Distrust(number, "it is signed in a way that was not agreed")
    if kid not in keys:
        raise Distrust(number, f"key {kid} is not trusted: compare it with the post, then trust it")
    if not keys[kid].check(f"{head}.{body}".encode(), _unpacked(signature)):
        raise Distrust(number, "its signature is wrong")
    _refuse_wrong_order(told, whole[3], place)
    if (whole[4] == "corrected") != (type(told.corrects) is int) or whole[4] not in {"delivered", "corrected"}:
        raise Distrust(number, "it neither confirms nor corrects")
    beside = {"number": told.number, "item_number": told.item_number, "kind": whole[4], "corrects": told.corrects}
    if any(row.get(name, value) != value for name, value in beside.items()):
        raise Distrust(number, "what stands beside the signed text says something else")
    return told


def _refuse_wrong_order(told: Told, previous: object, place: Place) -> None:
    number = place.number + 1
    if type(told.number) is not int or told.number != number:
        raise Distrust(number, f"number {told.number} came in its place")
    if previous != place.digest:
        raise Distrust(number, "the text before it is not the one that was read")


def _unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
