"""The one font of all papers and pages: Bangla and Latin in one family."""

from pathlib import Path

import fontpkg

FAMILY = "Hind Siliguri"


def font_file() -> Path:
    """The regular weight as a TTF file; the other weights lie beside it."""
    return Path(fontpkg.path(FAMILY))
