"""What the post tells your server: whether it is really from the post (Standard Webhooks 1.0.0)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Final

TOLERANCE_S: Final = 300
"""So much older or younger than now a message may be: an old one, caught and sent again, is none."""


class Forged(Exception):
    """The message is not from the post, or not from just now: answer 401 and do nothing."""


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, now_s: float | None = None) -> dict[str, Any]:
    """The message, when it bears a signature by that secret (``whsec_…``); Forged otherwise.

    Give it the body as it came, byte for byte. ``webhook-id`` is the same however often a message is sent.
    """
    said = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at = said.get("webhook-id", ""), said.get("webhook-timestamp", "")
    if not message_id or not sent_at.isdecimal():
        raise Forged("a header is missing: webhook-id, webhook-timestamp")
    if abs((time.time() if now_s is None else now_s) - int(sent_at)) > TOLERANCE_S:
        raise Forged("the message is not from just now")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    due = hmac.new(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    given = [one.removeprefix("v1,") for one in said.get("webhook-signature", "").split() if one.startswith("v1,")]
    if not any(hmac.compare_digest(base64.b64encode(due), one.encode()) for one in given):
        raise Forged("no signature by this secret")
    message: dict[str, Any] = json.loads(body)
    return message
