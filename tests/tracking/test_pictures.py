"""Pictures from outside: known by their first bytes, never decoded, and no drawing that is a program."""

from io import BytesIO
from struct import pack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from post_logistics.errors import Unacceptable
from post_logistics.tracking.pictures import (
    LARGEST_BYTES,
    MOST_PIXELS,
    PHOTO_TYPES,
    SIGNATURE_TYPES,
    Picture,
    picture_of,
)

ALL = (*PHOTO_TYPES, *SIGNATURE_TYPES)
STROKES = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120">'
    b'<path d="M10 20 L30.5 40" fill="none" stroke="#000"/></svg>'
)


def drawn(kind: str, width_px: int, height_px: int, **options: Any) -> bytes:
    """A picture made by another program."""
    file = BytesIO()
    Image.new("RGB", (width_px, height_px), (10, 200, 30)).save(file, kind, **options)
    return file.getvalue()


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(1, 300), st.integers(1, 300), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_size_is_the_one_that_another_program_gave_it(
    kind: str, width_px: int, height_px: int, progressive: bool, lossless: bool
) -> None:
    options = {"JPEG": {"progressive": progressive}, "PNG": {}, "WEBP": {"lossless": lossless}}[kind]
    found = picture_of(drawn(kind, width_px, height_px, **options), ALL)
    assert found == Picture(f"image/{kind.lower()}", width_px, height_px)


def test_a_photo_with_a_camera_s_notes_is_read_past_them() -> None:
    notes = Image.Exif()
    notes[0x010F] = "camera " * 500
    assert picture_of(drawn("JPEG", 40, 30, exif=notes), PHOTO_TYPES) == Picture("image/jpeg", 40, 30)
    assert picture_of(drawn("WEBP", 40, 30, exif=notes), PHOTO_TYPES) == Picture("image/webp", 40, 30)


def test_a_signature_may_be_strokes() -> None:
    assert picture_of(STROKES, SIGNATURE_TYPES) == Picture("image/svg+xml", 320, 120)


@pytest.mark.parametrize(
    "inside",
    [
        b"<script>alert(1)</script>",
        b'<path d="M0 0" onload="alert(1)"/>',
        b'<image href="https://example.org/x"/>',
        b'<path d="M0 0" fill="url(#a)"/>',
        b'<path d="M0 0" stroke="javascript:alert(1)"/>',
        b"<foreignObject/>",
        b"<style>*{}</style>",
        b'<path d="M0 0"/><!-- x -->',
        b"",
    ],
)
def test_a_drawing_with_anything_but_strokes_is_refused(inside: bytes) -> None:
    with pytest.raises(Unacceptable):
        picture_of(b'<svg xmlns="http://www.w3.org/2000/svg">' + inside + b"</svg>", SIGNATURE_TYPES)


@pytest.mark.parametrize("head", [b'<?xml version="1.0"?>', b'<!DOCTYPE svg [<!ENTITY a "b">]>', b"\xef\xbb\xbf"])
def test_a_drawing_with_a_preamble_is_refused(head: bytes) -> None:
    with pytest.raises(Unacceptable):
        picture_of(head + STROKES, SIGNATURE_TYPES)


def test_a_photo_is_no_drawing_and_a_signature_no_photo_of_the_wrong_kind() -> None:
    with pytest.raises(Unacceptable, match="image/jpeg"):
        picture_of(STROKES, PHOTO_TYPES)
    with pytest.raises(Unacceptable):
        picture_of(drawn("JPEG", 4, 4), SIGNATURE_TYPES)


def test_bytes_are_counted_to_the_last() -> None:
    picture = drawn("PNG", 4, 4)
    assert picture_of(picture.ljust(LARGEST_BYTES, b"\0"), ALL)
    with pytest.raises(Unacceptable, match=str(LARGEST_BYTES + 1)):
        picture_of(picture.ljust(LARGEST_BYTES + 1, b"\0"), ALL)


def test_a_small_file_that_would_unfold_into_a_huge_picture_is_refused_by_its_header() -> None:
    picture = drawn("PNG", 4, 4)
    for width_px, height_px, good in ((4000, 3000, True), (4000, 3001, False), (2**31 - 1, 2**31 - 1, False)):
        changed = picture[:16] + pack(">II", width_px, height_px) + picture[24:]
        assert (width_px * height_px <= MOST_PIXELS) is good
        if good:
            assert picture_of(changed, ALL).width_px == width_px
        else:
            with pytest.raises(Unacceptable, match="pixels"):
                picture_of(changed, ALL)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xda\x00\x02",
        b"\xff\xd8" + b"\xff" * 4000,
        b"\xff\xd8" + b"\xff\xe0\x00\x00" * 900,
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"GIF89a" + b"\0" * 40,
        b"%PDF-1.7",
        b"<html><script>1</script></html>",
        b"MZ" + b"\0" * 100,
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Unacceptable):
        picture_of(content, ALL)


@given(st.binary(max_size=80), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBPVP8X", b"<svg "]))
@settings(max_examples=300, deadline=None)
def test_rubbish_behind_a_good_beginning_never_breaks_the_reader(rubbish: bytes, head: bytes) -> None:
    try:
        picture_of(head + rubbish, ALL)
    except Unacceptable as refused:
        assert refused.remedy
