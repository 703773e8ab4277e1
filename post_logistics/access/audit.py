"""The chain of the audit: each seal is over the one before it, so nothing sealed can be changed unseen."""

import hashlib
import json
from datetime import datetime
from typing import Final

FIRST: Final = "0" * 64
"""What the first seal names as the one before."""


def seal_hash(previous_hash: str, until: datetime, rows: int, said_hash: str) -> str:
    """The hash of a seal that follows on another."""
    said = json.dumps([previous_hash, until.timestamp(), rows, said_hash])
    return hashlib.sha256(said.encode()).hexdigest()
