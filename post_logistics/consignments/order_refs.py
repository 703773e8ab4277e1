"""References for orders that came without one: made of what was ordered and when.

So a program that sends an order again, because the answer was lost, gets the parcel that it has, and no second one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_MADE = re.compile("none-[0-9a-f]{24}")


def made_ref(content: Mapping[str, Any], on: date) -> str:
    """The reference of an order without one: the same for the same content on the same day."""
    said = json.dumps([content, on.isoformat()], sort_keys=True, ensure_ascii=False, default=str)
    return f"none-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def given_ref(order_ref: str) -> str | None:
    """The reference as the shop gave it; None if it gave none."""
    return None if _MADE.fullmatch(order_ref) else order_ref
