"""The names that people sign in with."""

import re
import unicodedata


def login_of(name: str) -> str:
    """A name to sign in with, made of a person's: Latin letters and dots; ``staff`` where there are none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    login = re.sub(r"[^a-z0-9]+", ".", plain).strip(".")[:40].strip(".")
    return login if re.fullmatch(r"[a-z][a-z0-9.-]{1,39}", login) else "staff"
