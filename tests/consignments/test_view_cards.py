"""The words of a view card and the card itself: what the font cannot print is refused, what is taken fits its side."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.consignments.booking import OrderRefused
from post_logistics.consignments.merchants import merchant_id_of
from post_logistics.consignments.view_cards import (
    SENDER,
    Face,
    card_pdf,
    card_side,
    load_view_card_rules,
    parse_words,
    reference_of,
)

RULES = load_view_card_rules(Path(__file__).resolve().parents[2] / "data")
WORDS = {"recipient_name": "রহিমা খাতুন", "recipient_address": "মিরপুর ১০, ঢাকা"}
FACE = Face(
    jpeg=b"",
    message="শুভেচ্ছা",
    recipient_name="রহিমা খাতুন",
    recipient_address="মিরপুর ১০, ঢাকা ১২১৬",
    delivery_postcode="1216",
    delivery_en="Mirpur TSO",
    delivery_bn="মিরপুর টিএসও",
    office_en="Dhaka GPO",
    office_bn="ঢাকা জিপিও",
    item_number="DP473124829BD",
    paid_en="Tk 5.75",
    paid_bn="৳৫.৭৫",
    posted_on="22 Nov 2026",
)


def problems(**fields: str) -> dict[str, str]:
    with pytest.raises(OrderRefused) as refused:
        parse_words(WORDS | fields, RULES)
    return {one.field: one.reason for one in refused.value.problems}


def test_lines_are_kept_and_what_prints_nothing_is_not() -> None:
    words = parse_words(WORDS | {"message": "\r\n  প্রিয়   মা,\r\n\r\nভালো\u200b আছি। \n"}, RULES)
    assert words.message == "প্রিয় মা,\n\nভালো আছি।".replace("য়", "য়")
    assert (words.recipient_phone, words.recipient_postcode) == ("", "")
    assert parse_words(WORDS | {"recipient_phone": "০১৭১২৩৪৫৬৭৮"}, RULES).recipient_phone == "+8801712345678"


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("message", "😀", "cannot be printed"),
        ("message", "你好", "cannot be printed"),
        ("message", "مرحبا", "cannot be printed"),
        ("message", "a\u202eb", "control or damaged"),
        ("message", "x" * 401, "401 characters"),
        ("message", "\n".join("a" * 13), "13 lines"),
        ("recipient_name", "", "missing"),
        ("recipient_name", "কখ☃", "cannot be printed"),
        ("recipient_address", "???", "question marks"),
        ("recipient_address", "x" * 301, "301 characters"),
        ("recipient_phone", "12", "no number of Bangladesh"),
        ("recipient_postcode", "12161", "no postcode"),
    ],
)
def test_what_cannot_be_printed_is_named_with_its_field(field: str, text: str, said: str) -> None:
    assert said in problems(**{field: text})[field]


def test_what_is_just_short_enough_is_taken() -> None:
    assert parse_words(WORDS | {"message": "x" * 400}, RULES).message == "x" * 400
    assert parse_words(WORDS | {"message": "\n".join("a" * 12)}, RULES).message.count("\n") == 11


def spots(face: Face) -> list[tuple[float, float, float, float]]:
    """Where the address side has text, in millimetres from the cut edge: left, top, right, bottom."""
    page = pypdfium2.PdfDocument(card_pdf(face))[1]
    text, height = page.get_textpage(), page.get_height()
    boxes = (text.get_rect(n) for n in range(text.count_rects()))
    return [(x / 72 * 25.4 - 3, (height - y2) / 72 * 25.4 - 3, x2 / 72 * 25.4 - 3, (height - y) / 72 * 25.4 - 3)
            for x, y, x2, y2 in boxes]  # fmt: skip


_WIDE = ("ক্ষ্মৌ", "ঔ", "W", "m", "ঐ")


@pytest.mark.parametrize("letter", _WIDE)
def test_the_longest_texts_fit_their_places(letter: str) -> None:
    rows = RULES.max_message_chars // RULES.max_message_lines // len(letter)
    many = "\n".join([letter * rows] * RULES.max_message_lines)
    unbroken = (letter * 400)[: RULES.max_message_chars]
    for message in (many, unbroken):
        face = replace(
            FACE,
            message=message,
            recipient_name=(letter * 100)[:100],
            recipient_address=(letter * 300)[:300],
            delivery_en="Bangladesh Secretariat TSO",
            delivery_bn="বাংলাদেশ সচিবালয় টিএসও",
        )
        found = spots(face)
        assert all(left > 5.5 and right < 142.5 and top > 4 and bottom < 101 for left, top, right, bottom in found)
        message_side = [bottom for left, _, right, bottom in found if right < 73 and bottom < 94]
        assert message_side and max(message_side) < 93, "the message ends above the name of the service"
        above = [bottom for left, _, _, bottom in found if left > 73 and bottom < 94]
        assert max(above) < 84, "the address ends above the bar code"


@given(st.text(alphabet="abc কখগঘঙ ্ািীুূৃেৈোৌংঃঁ।,.-/()\n", max_size=420))
def test_whatever_is_taken_is_taken_again_as_it_is(text: str) -> None:
    try:
        words = parse_words(WORDS | {"message": text}, RULES)
    except OrderRefused:
        return
    assert parse_words(WORDS | {"message": words.message}, RULES).message == words.message


def test_a_side_to_look_at_is_the_card_without_its_bleed() -> None:
    for side in ("picture", "address"):
        png = card_side(FACE, side)  # type: ignore[arg-type]
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        assert abs(width / height - 148 / 105) < 0.01


def test_markup_in_a_text_is_text() -> None:
    face = replace(FACE, message='#image("/etc/passwd") *bold* $x$ <b> \\', recipient_name="#panic()")
    written = pypdfium2.PdfDocument(card_pdf(face))[1].get_textpage().get_text_bounded().replace("\r\n", "")
    assert '#image("/etc/' in written and "$x$" in written and "#panic()" in written


def test_no_shop_can_have_the_name_of_the_sender_nor_a_card_a_reference_that_is_too_long() -> None:
    for name in ("post view cards", "post--view-cards", "post  view cards", "Post -- View Cards"):
        assert merchant_id_of(name) != SENDER
    assert len(reference_of(UUID(int=2**128 - 1))) <= 64
