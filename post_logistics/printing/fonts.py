"""The one font of all papers and pages: Bangla and Latin in one family."""

import struct
from functools import cache
from pathlib import Path

import fontpkg

FAMILY = "Hind Siliguri"


def font_file() -> Path:
    """The regular weight as a TTF file; the other weights lie beside it."""
    return Path(fontpkg.path(FAMILY))


@cache
def letters() -> frozenset[int]:
    """The code points that the font can print."""
    font = font_file().read_bytes()
    tables = {font[at : at + 4]: struct.unpack_from(">8xI", font, at)[0] for at in range(12, 12 + 16 * font[5], 16)}
    cmap = tables[b"cmap"]
    (count,) = struct.unpack_from(">2xH", font, cmap)
    offsets = (struct.unpack_from(">4xI", font, cmap + 4 + 8 * n)[0] for n in range(count))
    at = next(cmap + offset for offset in offsets if font[cmap + offset : cmap + offset + 2] == b"\x00\x04")
    (twice,) = struct.unpack_from(">6xH", font, at)  # segments of code points: ends, a gap of two bytes, starts
    ends = struct.unpack_from(f">{twice // 2}H", font, at + 14)
    starts = struct.unpack_from(f">{twice // 2}H", font, at + 16 + twice)
    return frozenset(n for start, end in zip(starts, ends, strict=True) for n in range(start, end + 1)) - {0xFFFF}
