"""What a text costs, counted as the networks count; and the hands that stand in for a gateway."""

import io
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.channels.sms import ConsoleSms, FileSms, Sms, is_gsm, masked, segments

BANGLA = "ক"
FLAG = "\U0001f1e7"
"""A character of two code units."""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the escape does not fit behind 152, and 2 + 152 do not fit in 153
        ("a" * 151 + "€" + "a" * 153, 2),
        (BANGLA * 70, 1),
        (BANGLA * 71, 2),
        (BANGLA * 134, 2),
        (BANGLA * 135, 3),
        (FLAG * 35, 1),
        (FLAG * 36, 2),
        (FLAG * 66, 2),  # 33 pairs fit into 67 units, and one is left over
        (FLAG * 67, 3),
        ("a" * 69 + BANGLA, 1),
        ("a" * 70 + BANGLA, 2),
        ("৳" * 70, 1),
        ("`" * 70, 1),
        ("`" * 71, 2),
        ("ক্ষ" * 23, 1),
        ("ক্ষ" * 24, 2),
    ],
)
def test_segments(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize("text", ["Tk 1,250.50", "@£$¥èéùìòÇ", "ÄÖÑÜ§¿äöñüà", "[]{}~^|\\€", "\n\r\f"])
def test_the_alphabet_of_the_networks(text: str) -> None:
    assert is_gsm(text)


@pytest.mark.parametrize("text", ["ç", "’", "“", "–", "৳", "ক", "`", "\t", "\u200c", "á"])
def test_what_makes_a_text_dear(text: str) -> None:
    assert not is_gsm(text)


def cut(text: str) -> int:
    """The oracle: cuts the encoded text into segments, one after another."""
    gsm = is_gsm(text)
    sizes = [(2 if c in "\f^{}\\[~]|€" else 1) if gsm else len(c.encode("utf-16-be")) // 2 for c in text]
    if sum(sizes) <= (160 if gsm else 70):
        return min(len(text), 1)
    parts: list[list[int]] = [[]]
    for size in sizes:
        if sum(parts[-1]) + size > (153 if gsm else 67):
            parts.append([])
        parts[-1].append(size)
    return len(parts)


@given(st.text(alphabet=st.sampled_from("ab€[ ") | st.sampled_from([BANGLA, FLAG, "৳"]), max_size=500))
def test_counting_agrees_with_cutting(text: str) -> None:
    assert segments(text) == cut(text)


@given(st.text(alphabet="a€", min_size=100, max_size=400))
def test_counting_agrees_with_cutting_in_the_alphabet(text: str) -> None:
    assert segments(text) == cut(text)


TEXT = Sms("sms_1", "+8801712345678", "কোড 123456")


def test_the_console_shows_no_number() -> None:
    stream = io.StringIO()
    assert ConsoleSms(stream).send([TEXT, TEXT]) == ["", ""]
    assert "1712345678" not in stream.getvalue()
    assert stream.getvalue().count("কোড 123456") == 2


def test_the_file_is_its_owners_and_a_line_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "sms.jsonl"
    gateway = FileSms(path)
    gateway.send([TEXT])
    gateway.send([TEXT])
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == [{"reference": "sms_1", "phone": "+8801712345678", "text": "কোড 123456"}] * 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_takes_nothing(tmp_path: Path) -> None:
    (why,) = FileSms(tmp_path / "absent" / "sms.jsonl").send([TEXT])
    assert "cannot be written" in why


@pytest.mark.parametrize(("phone", "shown"), [("+8801712345678", "************78"), ("78", "78"), ("", "")])
def test_a_masked_number(phone: str, shown: str) -> None:
    assert masked(phone) == shown
