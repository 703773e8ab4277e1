"""Passwords (argon2id) and second factors (RFC 6238)."""

import base64
import hashlib
import random
from datetime import datetime
from functools import lru_cache
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet

from post_logistics.access.keys import letters
from post_logistics.errors import Unacceptable

_HASHER: Final = PasswordHasher()
"""The parameters of RFC 9106 for little memory: 64 MiB, three passes."""
_LONGEST: Final = 200
_SHORTEST: Final = 10
_STEP_S: Final = 30
_ISSUER: Final = "Bangladesh Post"


def draw_password(draw: random.Random) -> str:
    """A password to be handed over on paper and changed: four groups of four letters, 79 bits."""
    return "-".join(letters(4, draw) for _ in range(4))


def hash_password(password: str, person_id: str) -> str:
    """What is kept of a password; Unacceptable if it is too short, too long, one letter over, or the name itself."""
    remedy = f"choose at least {_SHORTEST} letters that nobody guesses; several words are good"
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise Unacceptable("that password is too short or too long", field="password", remedy=remedy)
    if len(set(password)) < 4 or person_id in password.casefold():
        raise Unacceptable("that password is easily guessed", field="password", remedy=remedy)
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str) -> bool:
    """Whether it is; takes as long for somebody who has none, so that nobody learns who exists."""
    try:
        return _HASHER.verify(password_hash or _nobody(), password[:_LONGEST]) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


def draw_second_factor(draw: random.Random) -> str:
    """A new secret for an authenticator, base32, 160 bits."""
    return "".join(draw.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=32))


def second_factor_uri(secret: str, person_id: str) -> str:
    """What an authenticator scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=person_id, issuer_name=_ISSUER)


def step_of_code(secret: str, code: str, after_step: int, at: datetime) -> int | None:
    """The step of a code that is right now, or was a step ago or will be one ahead; None if it is none of them.

    Only steps after ``after_step`` count: a code that was seen is worth nothing.
    """
    now = int(at.timestamp()) // _STEP_S
    totp = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if step > after_step and pyotp.utils.strings_equal(totp.generate_otp(step), code):
            return step
    return None


def lock_up(secret: str, key: bytes) -> bytes:
    """The secret, encrypted (AES-128-CBC with HMAC, as Fernet has it): what is in a backup signs nobody in."""
    return _fernet(key).encrypt(secret.encode())


def unlock(locked: bytes, key: bytes) -> str:
    """The secret that was locked up with that key."""
    return _fernet(key).decrypt(locked).decode()


def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key).digest()))
