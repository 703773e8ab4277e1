"""What a file that claims to be a picture is, read from its first bytes without decoding a single pixel of it.

A picture from a telephone comes from outside: its size is bounded before anything larger than its header is looked at,
and a drawing (SVG) may hold strokes and nothing else, for SVG can carry programs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from post_logistics.errors import Unacceptable

LARGEST_BYTES: Final = 300_000
MOST_PIXELS: Final = 12_000_000
"""A good telephone's camera; decoded, 48 MB."""

PHOTO_TYPES: Final = ("image/jpeg", "image/png", "image/webp")
SIGNATURE_TYPES: Final = ("image/png", "image/svg+xml")

_STROKES: Final = re.compile(
    rb'\s*<svg(?: xmlns="http://www\.w3\.org/2000/svg"| (?:width|height|viewBox)="[0-9. ]+")+>\s*'
    rb"(?:<(?:path|polyline)(?: (?:d|points|fill|stroke|stroke-width|stroke-linecap|stroke-linejoin)"
    rb'="[A-Za-z0-9#., -]*")+ ?/>\s*)+</svg>\s*'
)
_SIZE: Final = re.compile(rb' (width|height)="([0-9]{1,5})(?:\.[0-9]+)?"')


@dataclass(frozen=True, slots=True)
class Picture:
    """The kind of a picture and its size; a drawing that names no size has 0 by 0."""

    media_type: str
    width_px: int
    height_px: int


def picture_of(content: bytes, allowed: tuple[str, ...]) -> Picture:
    """What the picture is; Unacceptable if it is too large, broken at its head, or none of the allowed kinds."""
    if len(content) > LARGEST_BYTES:
        raise Unacceptable(
            f"{len(content)} bytes are more than {LARGEST_BYTES}",
            field="body",
            remedy="make the picture smaller: 1,280 pixels on the long side are enough",
        )
    found = next((picture for read in _READERS if (picture := read(content)) is not None), None)
    if found is None or found.media_type not in allowed:
        raise Unacceptable("this is no such picture", field="body", remedy=f"send one of: {', '.join(allowed)}")
    if found.width_px * found.height_px > MOST_PIXELS:
        raise Unacceptable(
            f"{found.width_px} x {found.height_px} pixels are more than {MOST_PIXELS}",
            field="body",
            remedy="make the picture smaller: 1,280 pixels on the long side are enough",
        )
    return found


def _png(content: bytes) -> Picture | None:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR" or len(content) < 33:
        return None
    return _sized("image/png", int.from_bytes(content[16:20]), int.from_bytes(content[20:24]))


def _jpeg(content: bytes) -> Picture | None:
    """The size stands in the frame header (SOF0 to SOF15, of which 4, 8 and 12 are other things)."""
    if content[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height_px, width_px = int.from_bytes(content[at + 5 : at + 7]), int.from_bytes(content[at + 7 : at + 9])
            return _sized("image/jpeg", width_px, height_px)
        elif marker in {0xD8, 0xD9, 0xDA}:  # begins anew, ends or turns to pixels with no frame named
            return None
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return None


def _webp(content: bytes) -> Picture | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    kind, head = content[12:16], content[20:30]
    if kind == b"VP8X":
        return _sized("image/webp", 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little"))
    if kind == b"VP8L" and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return _sized("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        width_px, height_px = (int.from_bytes(head[n : n + 2], "little") & 0x3FFF for n in (6, 8))
        return _sized("image/webp", width_px, height_px)
    return None


def _svg(content: bytes) -> Picture | None:
    if not _STROKES.fullmatch(content):
        return None
    size = {name: int(px) for name, px in _SIZE.findall(content.partition(b">")[0])}
    return Picture("image/svg+xml", size.get(b"width", 0), size.get(b"height", 0))


def _sized(media_type: str, width_px: int, height_px: int) -> Picture | None:
    return Picture(media_type, width_px, height_px) if width_px and height_px else None


_READERS: Final[tuple[Callable[[bytes], Picture | None], ...]] = (_png, _jpeg, _webp, _svg)
