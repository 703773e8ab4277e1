"""Text messages: how many segments a text takes, and the hands that send it.

A segment holds 160 characters of the GSM alphabet or 70 of anything else; of a longer text, 153 or 67. One Bangla
letter makes the whole text "anything else", and each segment is paid for. (3GPP TS 23.038 and 23.040.)
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from typing import Final, Protocol, TextIO

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE: Final = frozenset("\f^{}\\[~]|€")
"""Characters of the extension table: an escape and a character, which stay in one segment."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One text to one telephone. ``reference`` stays the same when the same text is sent again."""

    reference: str
    phone: str
    """E.164."""
    text: str


class SmsGateway(Protocol):
    """Whatever sends text messages."""

    def send(self, batch: Sequence[Sms]) -> list[str]:
        """For each text, in their order: empty if it was taken, or else why not. Never raises."""
        ...


def is_gsm(text: str) -> bool:
    """Whether the text can be written in the GSM alphabet."""
    return all(c in _GSM or c in _GSM_TWICE for c in text)


def segments(text: str) -> int:
    """The number of segments that a text is sent and paid as; none for an empty one."""
    sizes, one, many = (_gsm_sizes(text), 160, 153) if is_gsm(text) else (_ucs2_sizes(text), 70, 67)
    units = list(sizes)
    if sum(units) <= one:
        return 1 if units else 0
    count, room = 1, many
    for size in units:
        if size > room:
            count, room = count + 1, many
        room -= size
    return count


def _gsm_sizes(text: str) -> Iterator[int]:
    return (2 if c in _GSM_TWICE else 1 for c in text)


def _ucs2_sizes(text: str) -> Iterator[int]:
    """Code units of each character; the two of a surrogate pair stay in one segment."""
    return (2 if ord(c) > 0xFFFF else 1 for c in text)


@dataclass(frozen=True, slots=True)
class ConsoleSms:
    """Writes the texts to a stream, the telephone numbers masked: for development."""

    stream: TextIO

    def send(self, batch: Sequence[Sms]) -> list[str]:
        """Takes them all."""
        for sms in batch:
            self.stream.write(f"SMS to {masked(sms.phone)} ({segments(sms.text)}): {sms.text}\n")
        self.stream.flush()
        return list(repeat("", len(batch)))


@dataclass(frozen=True, slots=True)
class FileSms:
    """Appends the texts to a file, a JSON object a line, for a program that sends them. Only its owner may read it."""

    path: Path

    def send(self, batch: Sequence[Sms]) -> list[str]:
        """Takes them all, or none if the file cannot be written."""
        lines = "".join(json.dumps(asdict(sms), ensure_ascii=False) + "\n" for sms in batch)
        try:
            self.path.touch(mode=0o600)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            return list(repeat(f"the file cannot be written: {error.strerror}", len(batch)))
        return list(repeat("", len(batch)))


def masked(phone: str) -> str:
    """A telephone number of which only the last two digits can be read."""
    return "*" * max(len(phone) - 2, 0) + phone[-2:]
