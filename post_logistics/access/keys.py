"""Keys: a public half by which they are found and a drawn secret that is kept nowhere, only its hash."""

import hashlib
import hmac
import random
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from post_logistics.access.roles import Role
from post_logistics.units import MerchantId, Postcode

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is mistaken for something else when it is read out."""
_PUBLIC_CHARS: Final = 12
_SECRET_CHARS: Final = 40
"""198 bits: too many to guess, so a fast hash keeps them."""


class KeyKind(StrEnum):
    """What a key is sent as."""

    NATIVE = "native"
    SESSION = "session"
    STEADFAST = "steadfast"
    PATHAO = "pathao"
    PATHAO_USER = "pathao_user"
    REDX = "redx"
    TOKEN = "token"  # noqa: S105 - the name of a kind
    REFRESH = "refresh"


_PREFIX: Final = {
    KeyKind.NATIVE: "pl",
    KeyKind.SESSION: "ps",
    KeyKind.REDX: "rx",
    KeyKind.TOKEN: "pt",
    KeyKind.REFRESH: "pr",
}
"""Of kinds that are sent as one text, ``PREFIX_PUBLIC_SECRET``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is kept of a key."""

    key_id: str
    kind: KeyKind
    secret_hash: bytes
    name: str
    person_id: str | None
    merchant_id: MerchantId | None
    office: Postcode | None
    role: Role | None
    scopes: list[str]
    second_factor: bool
    parent: str | None
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Halves:
    """A key as its owner sees it, once. ``text``: what is sent where the two halves travel as one."""

    key_id: str
    secret: str

    @property
    def text(self) -> str:
        """Both halves."""
        return f"{self.key_id}_{self.secret}"


def draw_key(kind: KeyKind, draw: random.Random) -> Halves:
    """A new key of that kind."""
    public = letters(_PUBLIC_CHARS, draw)
    return Halves(f"{_PREFIX[kind]}_{public}" if kind in _PREFIX else public, letters(_SECRET_CHARS, draw))


def letters(count: int, draw: random.Random) -> str:
    """So many letters and digits that can be read out."""
    return "".join(draw.choices(_ALPHABET, k=count))


def halves(text: str) -> Halves:
    """The two halves of a key that was sent as one text; of anything else, halves that fit nothing."""
    key_id, _, secret = text.rpartition("_")
    return Halves(key_id, secret)


def hash_of(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def fits(secret: str, secret_hash: bytes) -> bool:
    """Whether it is that secret, found in a time that does not tell."""
    return hmac.compare_digest(hash_of(secret), secret_hash)
