"""A picture that anybody may bring, made into one that can be printed on a card, and nothing else of it kept.

The file is a stranger's: its size and its pixels are looked at before anything is unpacked, only three formats are
read, and what is printed is written anew from the pixels. Places, cameras, names and hidden attachments stay behind.
"""

import io
import struct
from dataclasses import dataclass
from threading import Lock
from typing import Final

from PIL import Image, ImageFile, ImageOps

from post_logistics.consignments.view_cards import ViewCardRules
from post_logistics.errors import Unacceptable

WIDTH_PX: Final = 1819
HEIGHT_PX: Final = 1311
"""The card with its bleed, 154 x 111 mm, at 300 dots an inch."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_JPEGS: Final = frozenset({"JPEG", "MPO"})
_QUALITY: Final = 88
_WHITE: Final = (255, 255, 255)
_REMEDY: Final = "choose a photograph as JPEG, PNG or WebP"
_BROKEN: Final = (
    *(OSError, EOFError, ValueError, TypeError, SyntaxError, AttributeError, LookupError, ArithmeticError),
    struct.error,
)
"""What the library raises over files that are not what they say."""
_MEMORY: Final = Lock()
"""One picture is unpacked at a time: a large one takes as much memory as a hundred requests."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is printed: a JPEG of exactly the card. ``is_upright``: the card is held upright to look at it,
    so that the picture lies on its side in the sheet."""

    jpeg: bytes
    is_upright: bool


def prepare_picture(body: bytes, rules: ViewCardRules) -> Picture:
    """The picture cut to the card, the right way up, in plain colours; Unacceptable for what cannot be printed."""
    if len(body) > rules.max_picture_bytes:
        raise Unacceptable(
            f"the picture is larger than {rules.max_picture_bytes // 1_000_000} MB",
            field="picture",
            remedy="choose a smaller one, or take it anew with the camera of this page",
        )
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
            _refuse_unprintable(picture, rules)
            with _MEMORY:
                ImageFile.LOAD_TRUNCATED_IMAGES = False  # whatever another library of this process has made of it
                return _cut(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(rules.max_jpeg_pixels) from None
    except _BROKEN:
        raise Unacceptable("the picture cannot be read", field="picture", remedy=_REMEDY) from None


def _refuse_unprintable(picture: Image.Image, rules: ViewCardRules) -> None:
    """Returns if the head of the file promises something printable; no pixel has been unpacked yet."""
    most = rules.max_jpeg_pixels if picture.format in _JPEGS else rules.max_pixels
    if picture.width * picture.height > most:
        raise _too_many_pixels(most)
    if min(picture.size) < rules.min_side_pixels:
        raise Unacceptable(
            f"the picture is only {picture.width} by {picture.height} pixels and would be blurred",
            field="picture",
            remedy=f"choose one of at least {rules.min_side_pixels} pixels on each side",
        )
    if picture.format not in _JPEGS and getattr(picture, "is_animated", False):
        raise Unacceptable("the picture moves, and paper does not", field="picture", remedy=_REMEDY)


def _too_many_pixels(most: int) -> Unacceptable:
    return Unacceptable(
        f"the picture has more than {most // 1_000_000} million pixels",
        field="picture",
        remedy="make it smaller, or take it anew with the camera of this page",
    )


def _cut(picture: Image.Image) -> Picture:
    picture.draft("RGB", (WIDTH_PX, WIDTH_PX))  # a JPEG can be unpacked at an eighth of its size
    ImageOps.exif_transpose(picture, in_place=True)
    whole = _plain(picture)
    is_upright = whole.height > whole.width
    lying = whole.transpose(Image.Transpose.ROTATE_90) if is_upright else whole
    card = ImageOps.fit(lying, (WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)
    card.info = {}  # comments and profiles would be written again
    written = io.BytesIO()
    card.save(written, "JPEG", quality=_QUALITY, subsampling=0)
    return Picture(written.getvalue(), is_upright)


def _plain(picture: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue; what is transparent is white, as the paper is."""
    if picture.mode.startswith(("I", "F")):  # sixteen bits of grey
        return picture.point(lambda value: value / 256).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, _WHITE)
    clear = picture.convert("RGBA")
    paper.paste(clear, mask=clear.getchannel("A"))
    return paper
