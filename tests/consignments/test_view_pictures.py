"""Pictures from strangers: what can be printed is, the right way up and nothing else of it; the rest is refused."""

import io
import random
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from post_logistics.consignments.view_cards import load_view_card_rules
from post_logistics.consignments.view_pictures import HEIGHT_PX, WIDTH_PX, prepare_picture
from post_logistics.errors import Unacceptable

RULES = load_view_card_rules(Path(__file__).resolve().parents[2] / "data")
RED, BLUE, GREEN = (200, 20, 20), (20, 20, 200), (20, 200, 20)


def written(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    body = io.BytesIO()
    picture.save(body, kind, **options)
    return body.getvalue()


def halves(width: int = 900, height: int = 600) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture


def printed(body: bytes) -> Image.Image:
    made = prepare_picture(body, RULES)
    picture = Image.open(io.BytesIO(made.jpeg))
    picture.load()
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (WIDTH_PX, HEIGHT_PX))
    return picture


def alike(one: Any, other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 25 for a, b in zip(one, other, strict=True))


def refusal(body: bytes) -> str:
    with pytest.raises(Unacceptable) as caught:
        prepare_picture(body, RULES)
    assert caught.value.field == "picture" and caught.value.remedy
    return caught.value.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_fills_the_card(kind: str) -> None:
    picture = printed(written(halves(), kind))
    assert alike(picture.getpixel((100, 600)), RED) and alike(picture.getpixel((WIDTH_PX - 100, 600)), BLUE)


def test_a_tall_picture_lies_on_its_side_and_says_so() -> None:
    tall = halves(600, 900)
    assert prepare_picture(written(tall), RULES).is_upright and not prepare_picture(written(halves()), RULES).is_upright
    picture = printed(written(tall))
    assert alike(picture.getpixel((900, 1200)), RED) and alike(picture.getpixel((900, 100)), BLUE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_the_camera_says(orientation: int) -> None:
    meant = halves()
    as_taken = {
        1: meant,
        2: meant.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: meant.transpose(Image.Transpose.ROTATE_180),
        4: meant.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: meant.transpose(Image.Transpose.TRANSPOSE),
        6: meant.transpose(Image.Transpose.ROTATE_90),
        7: meant.transpose(Image.Transpose.TRANSVERSE),
        8: meant.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = printed(written(as_taken, exif=exif))
    assert alike(picture.getpixel((100, 600)), RED) and alike(picture.getpixel((WIDTH_PX - 100, 600)), BLUE)


def test_place_camera_comment_profile_and_thumbnail_stay_behind() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[2] = (23.0, 48.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    body = written(halves(), exif=exif, comment=b"SECRET-COMMENT", icc_profile=profile, xmp=b"<x>SECRET-XMP</x>")
    assert body.count(b"SECRET") == 3
    made = prepare_picture(body, RULES).jpeg
    assert b"SECRET" not in made and b"Exif" not in made and b"ICC_PROFILE" not in made and b"http://ns" not in made


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (900, 600), (0, 0, 0, 0))
    clear.paste((*GREEN, 255), (0, 0, 450, 600))
    for body in (written(clear, "PNG"), written(clear, "WEBP", lossless=True), written(clear.quantize(8), "PNG")):
        picture = printed(body)
        assert alike(picture.getpixel((100, 600)), GREEN) and alike(picture.getpixel((1700, 600)), (255, 255, 255))


@pytest.mark.parametrize(
    ("picture", "kind", "left"),
    [
        (halves().convert("CMYK"), "JPEG", RED),
        (Image.new("L", (900, 600), 128), "PNG", (128, 128, 128)),
        (Image.new("1", (900, 600), 1), "PNG", (255, 255, 255)),
        (Image.new("LA", (900, 600), (100, 255)), "PNG", (100, 100, 100)),
        (Image.new("I;16", (900, 600), 128 * 256), "PNG", (128, 128, 128)),
        (halves().quantize(16), "PNG", RED),
    ],
    ids=["CMYK", "grey", "black and white", "grey with alpha", "16 bit grey", "palette"],
)
def test_all_kinds_of_colour_are_printed(picture: Image.Image, kind: str, left: tuple[int, int, int]) -> None:
    assert alike(printed(written(picture, kind)).getpixel((100, 600)), left)


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand, whatever it claims."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    whole = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in whole)


def test_sixteen_bits_of_each_colour_are_printed() -> None:
    row = b"\0" + struct.pack(">HHH", 200 * 257, 20 * 257, 20 * 257) * 600
    assert alike(printed(png(600, 500, 16, 2, row * 500)).getpixel((100, 600)), RED)


@pytest.mark.parametrize(
    ("width", "height"), [(4_001, 4_001), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_head_before_anything_is_unpacked(width: int, height: int) -> None:
    body = png(width, height, 8, 0, b"\0" * 1_000_000)
    assert len(body) < 2_000
    tracemalloc.start()
    assert "million pixels" in refusal(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_a_head_that_promises_more_than_there_is_is_refused() -> None:
    assert "cannot be read" in refusal(png(900, 600, 8, 2, b"\0" * 50_000))


def test_a_text_that_unpacks_without_end_is_refused() -> None:
    bomb = b"Comment\0\0" + zlib.compress(b"x" * 80_000_000, 9)
    assert "cannot be read" in refusal(png(900, 600, 8, 0, (b"\0" + b"\x80" * 900) * 600, (b"zTXt", bomb)))


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


NOISE = Image.effect_noise((900, 600), 60).convert("RGB")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_file_is_refused(kind: str) -> None:
    assert "cannot be read" in refusal(_cut(written(NOISE, kind)))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"", "cannot be read"),
        (lambda: b"\xff\xd8\xff", "cannot be read"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "cannot be read"),
        (lambda: b"%PDF-1.7\n", "cannot be read"),
        (lambda: b"GIF89a" + bytes(100), "cannot be read"),
        (lambda: written(halves(), "GIF"), "cannot be read"),
        (lambda: written(halves(), "TIFF"), "cannot be read"),
        (lambda: written(halves(), "BMP"), "cannot be read"),
        (lambda: written(halves(), "ICO"), "cannot be read"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 900 600\n", "cannot be read"),
        (lambda: written(halves(), "PNG", save_all=True, append_images=[NOISE]), "moves"),
        (lambda: written(halves(), "WEBP", save_all=True, append_images=[NOISE]), "moves"),
        (lambda: written(halves(400, 300)), "400 by 300 pixels"),
        (lambda: written(halves(5000, 40)), "5000 by 40 pixels"),
        (lambda: written(NOISE) + bytes(RULES.max_picture_bytes), "larger than 6 MB"),
    ],
    ids=[
        "nothing",
        "a head",
        "SVG",
        "PDF",
        "GIF head",
        "GIF",
        "TIFF",
        "BMP",
        "ICO",
        "EPS",
        "moving PNG",
        "moving WebP",
        "small",
        "thin",
        "large",
    ],
)
def test_what_cannot_be_printed_is_refused_with_a_reason(make: Callable[[], bytes], said: str) -> None:
    assert said in refusal(make())


def test_what_is_hidden_behind_a_picture_is_not_printed() -> None:
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("index.html", "<script>SECRET</script>")
    made = prepare_picture(written(halves()) + hidden.getvalue() + b"<?php SECRET ?>", RULES).jpeg
    assert b"SECRET" not in made and b"PK\x03\x04" not in made


def test_of_several_pictures_in_a_jpeg_the_first_is_printed() -> None:
    body = written(halves(), "MPO", save_all=True, append_images=[NOISE])
    assert alike(printed(body).getpixel((100, 600)), RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_spoilt_file_is_printed_or_refused_and_nothing_else(kind: str) -> None:
    draw = random.Random(7)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x" * 50
    whole = written(NOISE.resize((520, 500)), kind, exif=exif)
    outcomes = set()
    for _ in range(60):
        body = bytearray(whole)
        for _ in range(draw.randint(1, 8)):
            body[draw.randrange(min(len(body), 400) if draw.random() < 0.7 else len(body))] = draw.randrange(256)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the library says of a spoilt camera's note
                prepare_picture(bytes(body), RULES)
            outcomes.add("printed")
        except Unacceptable:
            outcomes.add("refused")
    assert "refused" in outcomes
