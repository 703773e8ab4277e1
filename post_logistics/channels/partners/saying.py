"""What a partner is told of an order: worded, sent, understood; a message is cut where a reader would cut it."""

import unicodedata
from enum import StrEnum
from typing import Final

from post_logistics.channels.calling import Answer
from post_logistics.channels.partners.asking import said_to, written
from post_logistics.channels.partners.book import Saying

_MORE: Final = "…"
_VIRAMA: Final = "\u09cd"
_JOINERS: Final = "\u200c\u200d"


class Reply(StrEnum):
    """What an answer means for the call."""

    TAKEN = "taken"
    REFUSED = "refused"
    """It will be refused however often it is said."""
    AGAIN = "again"


_NOT_NOW: Final = frozenset({401, 403, 408, 425, 429})
"""What is wrong with these is the line's and not the order's: it may be mended."""


def reply_of(saying: Saying, answer: Answer) -> Reply:
    """How a partner took what it was told."""
    status = answer.status
    if status is not None and (200 <= status < 300 or status in saying.done):
        return Reply.TAKEN
    if status is not None and 400 <= status < 500 and status not in _NOT_NOW:
        return Reply.REFUSED
    return Reply.AGAIN


def request_of(saying: Saying, token: str, call_id: str, order: str, text: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers. The key is the same however often it is sent, for a partner that heeds it."""
    headers = said_to(saying.header, token, saying.encoding, **{"Idempotency-Key": call_id})
    return written(saying.encoding, {saying.order: order, saying.field: text}), headers


def message_of(saying: Saying, item_number: str, text: str) -> str:
    """The message by the partner's pattern, no longer than it takes."""
    return cut(saying.text.format(item=item_number, text=text), saying.most_chars)


def cut(text: str, most_chars: int) -> str:
    """The text, at most so many characters long: cut after a whole letter, if possible after a word, and marked so.

    A Bangla letter is what stands together on paper: consonants joined by a virama, with their vowel and other signs.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) <= most_chars:
        return text
    end = most_chars - len(_MORE)
    while end > 0 and _joined(text, end):
        end -= 1
    kept = text[:end]
    word, _, rest = kept.rpartition(" ")
    if text[end] != " " and word and len(rest) <= most_chars // 4:
        kept = word
    return kept.rstrip(" ,;:।") + _MORE if most_chars > len(_MORE) else text[:0]


def _joined(text: str, at: int) -> bool:
    """Whether what stands before and after that place is one letter."""
    before, after = text[at - 1], text[at]
    return unicodedata.category(after).startswith("M") or after in _JOINERS or before in _VIRAMA + _JOINERS
