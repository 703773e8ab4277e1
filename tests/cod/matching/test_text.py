"""Texts in one form, found in one another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.matching.keys import inside, key_index
from post_logistics.cod.matching.text import hash_at, in_parts, nearly, spelt, squash, words


@given(st.lists(st.text(max_size=12), max_size=6))
def test_texts_squashed_together_are_as_each_by_itself(texts: list[str]) -> None:
    together = squash(texts)
    assert [together.text(row) for row in range(len(texts))] == [squash([one]).text(0) for one in texts]


def test_a_text_that_holds_the_mark_between_texts_stays_one() -> None:
    assert [squash(["a\x1eb", "c"]).text(row) for row in range(2)] == ["AB", "C"]


def test_digits_of_any_script_are_digits() -> None:
    assert squash(["এসবি-০০৪২ sb"]).text(0) == "0042SB"
    assert words("শাখা মিরপুর-১২১৬") == ["শাখা", "মিরপুর", "1216"]


@given(st.text("0123AB", min_size=2, max_size=8))
def test_the_slips_of_a_text_are_all_there(text: str) -> None:
    def number(of: str) -> int:
        made = squash([of])
        return int(hash_at(made.codes, made.start[:1], len(of))[0])

    made = squash([text])
    found = {int(one) for _, hashes in nearly(made.codes, made.start[:1], len(text)) for one in hashes.tolist()}
    other = {
        text[:at] + digit + text[at + 1 :]
        for at in range(len(text))
        for digit in "0123456789"
        if text[at].isdigit() and digit != text[at]
    }
    swapped = {
        text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(len(text) - 1) if text[at] != text[at + 1]
    }
    assert found == {number(one) for one in other | swapped}


def test_parts_are_as_the_whole() -> None:
    texts = [f"slip {n} of SB-{n:06d}" for n in range(50)]
    keys = key_index([[f"SB-{n:06d}" for n in range(50)]], 5)
    whole = {(int(text), int(entry)) for text, entry in zip(*inside(squash(texts), keys, 5)[:2], strict=True)}
    parts = {
        (first + int(text), int(entry))
        for first, part in in_parts(texts, 7)
        for text, entry in zip(*inside(part, keys, 5)[:2], strict=True)
    }
    assert whole == parts == {(n, n) for n in range(50)}


def test_a_key_is_spelt_as_it_is_compared() -> None:
    made = squash(["sb-0042"])
    assert spelt(made.codes) == "SB0042"
    assert np.diff(made.start).tolist() == [6]
