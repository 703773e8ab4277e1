"""Deliveries confirmed to the world: once each, numbered, signed, and taken back in the open if they were wrong.

Others release money on this word (the national tracking platform pays the merchant), so it is given only when an office
has confirmed the delivery, never twice for the same one, and a mistake is corrected by a new number that names the old.
Whoever reads the numbers in order, finds none missing and each hash that of the text before it, has the whole truth.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt.algorithms import ECAlgorithm
from jwt.api_jws import PyJWS

from post_logistics.storage.custody.scans import load_histories
from post_logistics.storage.database import Connection
from post_logistics.storage.faces import confirmations as store
from post_logistics.storage.faces.confirmations import Candidate, Confirmation, SigningKey
from post_logistics.storage.faces.feeds import MARGIN, PATIENCE
from post_logistics.tracking.journey import Journey, fold, is_whole
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import DHAKA

JWS_TYPE: Final = "delivery-confirmation+jws"
NOTHING_BEFORE: Final = "0" * 64
"""What stands for the hash of the text before the first."""

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Points on the curve P-256 (FIPS 186-4, D.1.2.3)."""
_LOOK_BACK: Final = PATIENCE + MARGIN
"""A scan may be recorded before another and be seen by others after it, but not longer than this."""
_HEAP: Final = 1_000
"""Items whose scans are read at once."""
_HANDED_OVER: Final = frozenset({Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED})


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs, and what others check it by."""

    private_key: EllipticCurvePrivateKey
    jwk: dict[str, str]
    """The public key (RFC 7517); its ``kid`` is its own thumbprint (RFC 7638) and stands in every signed text."""

    def sign(self, facts: dict[str, Any]) -> str:
        """The facts as a compact JWS (ES256)."""
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        return PyJWS().encode(
            text.encode(), self.private_key, algorithm="ES256", headers={"kid": self.jwk["kid"], "typ": JWS_TYPE}
        )


def signer(secret: bytes) -> Signer:
    """The signer of that secret text: the same text always makes the same key, on every server of a deployment."""
    seed = HKDF(SHA256(), 48, salt=None, info=b"post-logistics delivery confirmations ES256").derive(secret)
    key = derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, SECP256R1())
    public: dict[str, str] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    members = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    thumbprint = urlsafe_b64encode(sha256(members.encode()).digest()).rstrip(b"=").decode()
    return Signer(key, public | {"kid": thumbprint, "alg": "ES256", "use": "sig"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is confirmed of a delivery. Whose it was and what was paid is nobody else's business."""

    scan_id: UUID
    outcome: Literal["delivered", "partially_delivered"]
    delivered_at: datetime
    """When the rider, the counter or the agent says that it was handed over."""
    confirmed_at: datetime
    """When the office confirmed that."""
    office: str


def confirm_deliveries(connection: Connection, by: Signer, at: datetime, *, everything: bool = False) -> int:
    """Every delivery that stands is confirmed, every confirmation that does not is corrected; the new ones are counted.

    Call it as often as you like, from as many places: only what is new is said, in one transaction, and whoever comes
    at the same time waits. It looks at what was recorded since a little before it last had something to say; with
    ``everything`` at all there is, which is for a database brought from elsewhere.
    """
    last = store.hold_confirmations(connection)
    since = None if everything or last is None else last.heard_at - _LOOK_BACK
    heard_at = store.newest_scan_at(connection, since)
    if heard_at is None:
        return 0
    candidates = store.load_candidates(connection, since)
    number, before = (last.number, last.signed) if last else (0, None)
    for start in range(0, len(candidates), _HEAP):
        made: list[Confirmation] = []
        for draft in _drafts(connection, candidates[start : start + _HEAP]):
            number += 1
            made.append(_signed(draft, by, number, before, heard_at, at))
            before = made[-1].signed
        store.append_confirmations(connection, made)
    new = number - (last.number if last else 0)
    if new:
        store.append_key(connection, SigningKey(by.jwk["kid"], by.jwk, at))
    return new


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to be said of one item, without its number."""

    item: Candidate
    kind: Literal["delivered", "corrected"]
    turn: int
    scan_id: UUID
    corrects: int | None
    delivery: Delivery | None


def _drafts(connection: Connection, items: Sequence[Candidate]) -> Iterator[_Draft]:
    histories = load_histories(connection, [item.item_number for item in items])
    for item in items:
        history = histories.get(item.item_number, ())
        if is_whole(history):  # what is left of a torn one says nothing of the delivery that was confirmed
            yield from _news(item, delivery_of(fold(item.item_number, history)))


def _news(item: Candidate, delivery: Delivery | None) -> Iterator[_Draft]:
    """What the last confirmation of an item does not say, or says wrongly."""
    last = item.last
    turn = last.turn if last else 0
    if last and last.kind == "delivered":
        if delivery and (delivery.scan_id, delivery.outcome) == (last.scan_id, facts_of(last.signed)["outcome"]):
            return
        yield _Draft(item, "corrected", turn, last.scan_id, last.number, None)
    if delivery:
        yield _Draft(item, "delivered", turn + 1, delivery.scan_id, None, delivery)


def delivery_of(journey: Journey) -> Delivery | None:
    """The delivery with which a journey ended; None if it has not, or ended otherwise."""
    if journey.state not in {State.DELIVERED, State.PARTIALLY_DELIVERED}:
        return None
    ignored = {flag.scan.scan_id for flag in journey.misfits if flag.ignored}
    counted = [scan for scan in journey.history if scan.scan_id not in ignored]
    end = max(n for n, scan in enumerate(counted) if scan.event is Event.DELIVERED_CONFIRMED)
    claims = [scan for scan in counted[:end] if scan.event in _HANDED_OVER]
    confirmed = counted[end]
    return Delivery(
        scan_id=confirmed.scan_id,
        outcome="delivered" if journey.state is State.DELIVERED else "partially_delivered",
        delivered_at=(claims[-1] if claims else confirmed).corrected_at,
        confirmed_at=confirmed.corrected_at,
        office=confirmed.office,
    )


def _signed(
    draft: _Draft, by: Signer, number: int, before: str | None, heard_at: datetime, at: datetime
) -> Confirmation:
    facts: dict[str, Any] = {
        "number": number,
        "kind": draft.kind,
        "item_number": draft.item.item_number,
        "merchant_id": draft.item.merchant_id,
        "made_at": _instant(at),
        "previous": sha256(before.encode()).hexdigest() if before else NOTHING_BEFORE,
    }
    if draft.corrects is not None:
        facts["corrects"] = draft.corrects
    if draft.delivery is not None:
        facts |= {
            "outcome": draft.delivery.outcome,
            "delivered_at": _instant(draft.delivery.delivered_at),
            "confirmed_at": _instant(draft.delivery.confirmed_at),
            "office": draft.delivery.office,
        }
    return Confirmation(
        number=number,
        item_number=draft.item.item_number,
        kind=draft.kind,
        turn=draft.turn,
        scan_id=draft.scan_id,
        version=draft.item.version,
        heard_at=heard_at,
        corrects=draft.corrects,
        signed=by.sign(facts),
        made_at=at,
    )


def public_keys(connection: Connection, by: Signer) -> list[dict[str, str]]:
    """Every key that has signed confirmations, and that of now last: what was signed once is checked for ever."""
    signed = [one.jwk for one in store.load_keys(connection) if one.kid != by.jwk["kid"]]
    return [*signed, by.jwk]


def as_lines(connection: Connection, after: int) -> Iterator[str]:
    """The confirmations after that number as JSON, a line each."""
    while page := store.load_confirmations_after(connection, after, _HEAP):
        for one in page:
            said = {"number": one.number, "kind": one.kind, "item_number": one.item_number, "corrects": one.corrects}
            said |= {"made_at": _instant(one.made_at), "signed": one.signed}
            yield json.dumps(said, separators=(",", ":")) + "\n"
        after = page[-1].number


def facts_of(signed: str) -> dict[str, Any]:
    """What a signed text of our own says; whether the signature is right is for others to check."""
    payload = signed.split(".")[1]
    facts: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return facts


def _instant(at: datetime) -> str:
    return at.astimezone(DHAKA).isoformat(timespec="seconds")
