"""What a partner is told fits, is whole where it ends, and its answers are understood."""

import json
import unicodedata
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.channels.calling import Answer
from post_logistics.channels.partners.book import Encoding, Saying, load_partners
from post_logistics.channels.partners.saying import Reply, cut, message_of, reply_of, request_of
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.texts import sentence

PARTNERS = load_partners(Path(__file__).resolve().parents[3] / "data")
ITEM = "DP123456785BD"


def _message() -> Saying:
    found = PARTNERS["ekshop"].message
    assert found
    return found


def test_every_message_that_can_be_sent_fits_and_names_the_parcel() -> None:
    for language in ("en", "bn"):
        saying = replace(_message(), language=language)
        for event in sorted(saying.on):
            for reason in (None, *Reason):
                said = message_of(saying, ITEM, sentence(event, reason, saying.language))
                assert len(said) <= 100 and said.startswith(ITEM), said


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 100, "short"),
        ("x" * 100, 100, "x" * 100),
        ("x" * 101, 100, "x" * 99 + "…"),
        ("one two three four", 12, "one two…"),
        ("one two three four", 14, "one two three…"),
        ("ক্ষত্রী", 7, "ক্ষত্রী"),
        ("ক্ষত্রীক্ষত্রী", 8, "ক্ষত্রী…"),
        ("ক্ষত্রীক্ষত্রী", 12, "ক্ষত্রীক্ষ…"),
        ("ক্ষত্রী", 3, "…"),
    ],
)
def test_a_text_is_cut_after_a_whole_letter(text: str, most: int, expected: str) -> None:
    assert cut(text, most) == expected


@given(st.text(alphabet="কখগরষযািীুেো্ংঁ়‌‍ a,।", max_size=60), st.integers(2, 40))
def test_no_cut_tears_a_letter_and_none_is_too_long(text: str, most: int) -> None:
    said = cut(text, most)
    assert len(said) <= most
    whole = unicodedata.normalize("NFC", text)
    if said != whole:
        kept = said.removesuffix("…")
        assert whole.startswith(kept)
        after = whole[len(kept) :]
        if kept and after and after[0] not in " ,।":
            assert not unicodedata.category(after[0]).startswith("M") and after[0] not in "\u200c\u200d"
            assert not kept.endswith(("\u09cd", "\u200c", "\u200d"))


@pytest.mark.parametrize(
    ("status", "state", "message"),
    [
        (200, Reply.TAKEN, Reply.TAKEN),
        (204, Reply.TAKEN, Reply.TAKEN),
        (409, Reply.TAKEN, Reply.REFUSED),
        (422, Reply.REFUSED, Reply.REFUSED),
        (404, Reply.REFUSED, Reply.REFUSED),
        (401, Reply.AGAIN, Reply.AGAIN),
        (429, Reply.AGAIN, Reply.AGAIN),
        (302, Reply.AGAIN, Reply.AGAIN),
        (500, Reply.AGAIN, Reply.AGAIN),
        (None, Reply.AGAIN, Reply.AGAIN),
    ],
)
def test_an_answer_is_a_yes_a_no_for_ever_or_a_later(status: int | None, state: Reply, message: Reply) -> None:
    moving = PARTNERS["ekshop"].state
    assert moving
    assert reply_of(moving, Answer(status, "")) is state
    assert reply_of(_message(), Answer(status, "")) is message


def test_a_call_is_worded_as_the_partner_wants_it() -> None:
    body, headers = request_of(_message(), "token", "call-1", "EK-1", "বিলি হয়েছে & শেষ")
    assert dict(parse_qsl(body.decode())) == {"order_code": "EK-1", "message": "বিলি হয়েছে & শেষ"}
    assert headers["X-Api-Key"] == "token" and headers["Idempotency-Key"] == "call-1"
    nested = PARTNERS["nested-sample"].state
    assert nested and nested.encoding is Encoding.JSON and Event.OUT_FOR_DELIVERY in nested.on
    body, headers = request_of(nested, "token", "call-2", "N-7", nested.value)
    assert json.loads(body) == {"reference": "N-7", "state": "shipped"}
    assert headers["Authorization"] == "Bearer token"
