"""What every kind of shop tells us: one order as it stands now, what to do with it, and a signature over the bytes."""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.order_files.layout import OrderRow, ShopWords
from post_logistics.consignments.order_files.woocommerce import orders_of
from post_logistics.errors import Unacceptable

COUNTRY = "BD"
_LONGEST_VALUE_CHARS = 2000
"""No field of an order may be as long; what is longer is cut before it is judged, and refused then."""


class Wish(StrEnum):
    """What a shop wants done with an order."""

    SEND = "send"
    WAIT = "wait"
    """It is not paid, or not confirmed: there will be more news of it."""
    DROP = "drop"
    """It is cancelled: what was booked is not to be sent."""
    NOTHING = "nothing"
    """There is nothing to send, or it was sent already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One order of a shop as it stood at ``modified_at``; None: now, whatever was heard before.

    ``fields``, of one to send: the order in the columns of our own order file, but for merchant and reference.
    ``problems``: why it cannot be booked as it stands; ``question``: what to ask about the first, by language.
    """

    order_id: str
    number: str
    modified_at: datetime | None
    wish: Wish
    why: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    question: Mapping[str, str] = field(default_factory=dict)


def signature(body: bytes, secret: str) -> str:
    """The HMAC-SHA-256 of the very bytes that were sent, as base64: how WooCommerce and Shopify sign."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def is_genuine(body: bytes, secret: str, given: str) -> bool:
    """Whether the signature that came with the body was made with the secret."""
    return hmac.compare_digest(signature(body, secret).encode(), given.strip().encode("utf-8", "replace"))


def document(body: bytes) -> dict[str, Any]:
    """The JSON object of a message, its decimal numbers as they were written; Unacceptable if it is none."""
    try:
        found = json.loads(body, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Unacceptable("the message is no JSON", field="body", remedy="send it again from the shop") from error
    if not isinstance(found, dict):
        raise Unacceptable("the message is no order", field="body", remedy="choose an order topic in the shop")
    return found


def words_of(value: object) -> str:
    """A value of a message as text that can be kept: numbers as digits, anything but text and numbers as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)[:_LONGEST_VALUE_CHARS]
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode().strip()


def part(value: object, name: str) -> dict[str, Any]:
    """The object under that name; empty where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def parts(value: object, name: str) -> list[dict[str, Any]]:
    """The objects of the list under that name; none where there is no list."""
    found = value.get(name) if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def instant(text: str) -> datetime | None:
    """The instant that a shop wrote, UTC where it names no offset; None if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def order_fields(
    lines: Sequence[Mapping[str, str]], country: str, words: ShopWords
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The order in our own columns and what stands against it, by the rules that read a shop's export.

    ``lines``: a row for each article, the first with everything that is said of the order itself. Where nobody can tell
    what is to be collected, ``cod_taka`` is no amount.
    """
    (read,) = orders_of([OrderRow(number, dict(line)) for number, line in enumerate(lines, 1)], words)
    problems = read.problems if isinstance(read, OrderRefused) else ()
    fields = read.fields if isinstance(read, OrderRow) else _without_amount(lines, words)
    return {name: text for name, text in fields.items() if name != "order_ref"}, (*problems, *_abroad(country))


def _without_amount(lines: Sequence[Mapping[str, str]], words: ShopWords) -> dict[str, str]:
    """The order but for what is to be collected, which somebody has to say."""
    first, *others = lines
    (read,) = orders_of(
        [
            OrderRow(1, {**first, "payment_method": "?", "order_currency": ""}),
            *(OrderRow(2, dict(one)) for one in others),
        ],
        words,
    )
    return read.fields | {"cod_taka": "?"} if isinstance(read, OrderRow) else {}


def _abroad(country: str) -> Iterator[Problem]:
    if country and country.upper() != COUNTRY:
        yield Problem(
            "recipient_address",
            f"the order goes to another country ({country[:20]})",
            "the service delivers in Bangladesh only: leave the order",
        )
