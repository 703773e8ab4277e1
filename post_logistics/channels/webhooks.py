"""Messages to merchants' servers by the Standard Webhooks specification, 1.0.0: signed, repeated, given up."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, Final

from standardwebhooks import Webhook

from post_logistics.channels.calling import Answer

SECRET_BYTES: Final = 32
"""Of a secret; the specification asks for 24 to 64."""
OLD_SECRET_SIGNS: Final = timedelta(hours=24)
"""So long after a change of secret messages carry a signature by the old one, too."""

_WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
"""Between one try of a message and the next: the specification's own example, three days and a bit."""
GIVEN_UP_AFTER: Final = timedelta(hours=76)
"""So old a message is given up; the merchant can still ask for it again."""
TRIES_IN_ORDER: Final = 4
"""So often a message is tried (about 35 minutes) while later ones of its parcel wait for it. Then they go ahead: one
message that a server cannot digest must not keep back the news that the parcel was delivered."""
FAILURES_TO_PAUSE: Final = 3
"""So many failures in a row are the endpoint's and not a message's: it is left alone for a while."""
_LONGEST_PAUSE: Final = timedelta(minutes=15)
_LONGEST_OBEYED: Final = timedelta(hours=12)
"""An endpoint may ask to be left alone (Retry-After) for this long."""
STOPPED_AFTER: Final = timedelta(days=5)
"""An endpoint that takes nothing for so long is stopped."""


def payload(kind: str, happened_at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a message: its type, when what it tells happened, and what happened."""
    return {"type": kind, "timestamp": happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": data}


def secret_of(chance: bytes) -> str:
    """A secret made of random bytes, as it is shown to the merchant: ``whsec_…``."""
    if len(chance) != SECRET_BYTES:
        raise ValueError(f"a secret is made of {SECRET_BYTES} bytes")
    return f"whsec_{base64.b64encode(chance).decode()}"


def headers(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of a message sent now, with a signature by each of the secrets."""
    now = at.astimezone(UTC)  # the library takes the hands of the clock as those of UTC
    signatures = (Webhook(secret).sign(message_id, now, body) for secret in secrets)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "post-logistics-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def was_taken(answer: Answer) -> bool:
    """Whether the merchant's server has the message now."""
    return answer.status is not None and 200 <= answer.status < 300


def wants_no_more(answer: Answer) -> bool:
    """Whether the server says that nobody listens there any more."""
    return answer.status == 410


def next_try_at(tries: int, at: datetime, give_up_at: datetime, chance: Random) -> datetime | None:
    """When a message that failed for the ``tries``-th time is tried again; None if it is given up."""
    wait = _WAITS[min(tries, len(_WAITS)) - 1] * chance.uniform(0.8, 1)
    return at + wait if at + wait <= give_up_at else None


def pause_until(failures: int, answer: Answer, at: datetime, chance: Random) -> datetime | None:
    """Until when an endpoint is left alone after so many failures in a row; None if it need not be."""
    asked = _asked_pause(answer, at)
    doublings = failures - FAILURES_TO_PAUSE
    ours = min(timedelta(seconds=10) * 2 ** min(doublings, 10), _LONGEST_PAUSE) if doublings >= 0 else timedelta()
    pause = max(asked, ours * chance.uniform(0.8, 1))
    return at + pause if pause else None


def _asked_pause(answer: Answer, at: datetime) -> timedelta:
    """How long the server asks to be left alone: ``Retry-After`` of a 429 or 503, in seconds or as a date."""
    if answer.status not in {429, 503} or not answer.retry_after:
        return timedelta()
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        asked = timedelta(seconds=min(int(text[:9]), 10**6))
    else:
        try:
            asked = parsedate_to_datetime(text).astimezone(UTC) - at
        except (ValueError, OverflowError):
            return timedelta()
    return min(max(asked, timedelta()), _LONGEST_OBEYED)
