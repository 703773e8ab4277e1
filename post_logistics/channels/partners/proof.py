"""Whether a message is the partner's: by a secret in a header, by name and secret, or by a signature over the bytes."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from post_logistics.channels.partners.book import ProofKind, Push


def is_from(push: Push, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the headers (their names in small letters) prove that this body was sent by who has the secret."""
    if push.proof is ProofKind.BASIC:
        wanted = base64.b64encode(f"{push.user}:{secret}".encode())
        return _same(wanted, headers.get("authorization", "").removeprefix("Basic "))
    given = headers.get(push.header.lower(), "").strip()
    if push.proof is ProofKind.HEADER:
        return _same(secret.encode(), given.removeprefix("Bearer "))
    digest = hmac.digest(secret.encode(), body, "sha256")
    return hmac.compare_digest(digest, _digest_in(given.removeprefix("sha256=")))


def _same(wanted: bytes, given: str) -> bool:
    return hmac.compare_digest(wanted, given.encode("utf-8", "replace"))


def _digest_in(text: str) -> bytes:
    """The digest that a signature names, hexadecimal or base64; empty if it names none."""
    try:
        return bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
