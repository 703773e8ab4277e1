"""A question to a provider over HTTP, to an address that was checked; and what its own calls to us say."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from re import fullmatch
from typing import Any, Final
from urllib.parse import parse_qsl

from post_logistics.channels.calling import DEADLINE_S, Answer, Line
from post_logistics.channels.destinations import Resolve, destination, system_addresses
from post_logistics.channels.payments.port import Call
from post_logistics.units import poisha_from_taka

_PAGE: Final = r"(?a)https://[\w.-]+(?::\d+)?(?:[/?#][\w.~!$&()*+,;=:@%/?#-]*)?"
"""A page that a payer is sent to: whatever a browser reads as an address, it is this one."""
_PAGE_HERE: Final = r"(?a)http://(?:127\.0\.0\.1|localhost):\d+(?:[/?#][\w.~!$&()*+,;=:@%/?#-]*)?"
MAX_PAGE_CHARS: Final = 2000


@dataclass(frozen=True, slots=True)
class Road:
    """How providers are reached. In ``development`` one may be on this very machine, over plain HTTP."""

    development: bool = False
    resolve: Resolve = system_addresses
    trust: ssl.SSLContext | None = None
    deadline_s: float = DEADLINE_S

    def fetch(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *, read_bytes: int = 2**16
    ) -> Answer:
        """The answer to a POST; without a body, to a GET. Unacceptable if no message may go there."""
        to = destination(url, development=self.development)
        line = Line(to, resolve=self.resolve, trust=self.trust, deadline_s=self.deadline_s, read_bytes=read_bytes)
        with line:
            return line.get(headers or {}) if body is None else line.post(body, headers or {})

    def ask(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *, read_bytes: int = 2**16
    ) -> tuple[dict[str, Any], str]:
        """The JSON object that was answered, and why there is none."""
        answer = self.fetch(url, body, headers, read_bytes=read_bytes)
        if answer.status is None or not 200 <= answer.status < 300:
            return {}, answer.why
        try:
            found = json.loads(answer.body)
        except ValueError:
            return {}, "the answer is not JSON"
        return (found, "") if isinstance(found, dict) else ({}, "the answer is no JSON object")

    def is_page(self, url: object) -> bool:
        """Whether that is the address of a page to which a payer may be sent."""
        if not isinstance(url, str) or len(url) > MAX_PAGE_CHARS:
            return False
        return bool(fullmatch(_PAGE, url) or (self.development and fullmatch(_PAGE_HERE, url)))


PUBLIC_ROAD: Final = Road()


def told_in(call: Call) -> dict[str, Any]:
    """All that a call says: its query, and its body as a JSON object or else as a form."""
    try:
        found = json.loads(call.body)
    except ValueError:
        found = dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))
    return {**call.query, **(found if isinstance(found, dict) else {})}


def named_in(call: Call, *fields: str) -> str | None:
    """The text of the first of those fields that a call gives."""
    told = told_in(call)
    return next((told[field] for field in fields if isinstance(told.get(field), str) and told[field]), None)


def text_of(answer: Mapping[str, Any], field: str) -> str:
    """A field as text, a number as its digits; empty if it is neither."""
    value = answer.get(field)
    return str(value)[:200] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def instant(text: object) -> datetime | None:
    """An instant as ISO 8601 writes it; None if it is none, or names no offset."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def poisha(amount: object) -> int | None:
    """Taka in an answer, a text or a number, in poisha; None if it is no amount."""
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return None
    try:
        return poisha_from_taka(str(amount))
    except ValueError:
        return None
