"""What people taught: phrases without doors, confirmed by several, taken back by the one who said it."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.network.corrections import CONFIRMATIONS, Correction, learned, learned_phrase, phrase_of
from post_logistics.network.text import plain_words
from post_logistics.units import DHAKA, Postcode, bangla_digits

SPACE = UUID(int=7)
START = datetime(2026, 11, 22, 6, tzinfo=DHAKA)
PHRASE = "kabir nagar mirpur"


def said(by: str, postcode: str, phrase: str = PHRASE, turn: int = 0) -> Correction:
    return Correction(
        correction_id=uuid5(SPACE, f"{phrase} {by} {postcode} {turn}"),
        phrase=phrase,
        postcode=Postcode(postcode),
        said_by=by,
        said_at=START + timedelta(minutes=turn),
    )


def withdrawn(one: Correction, by: str = "") -> Correction:
    return Correction(
        correction_id=uuid5(SPACE, f"not {one.correction_id}"),
        phrase=one.phrase,
        postcode=one.postcode,
        said_by=by or one.said_by,
        said_at=one.said_at + timedelta(hours=1),
        withdraws=one.correction_id,
    )


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("House 5, Road 3, Kabir Nagar, Mirpur-12", "kabir nagar mirpur"),
        ("H-5, R# 3 Kabir  NAGAR", "kabir nagar"),
        ("94/A Kabir Nagar", "kabir nagar"),
        ("Flat B4, House No 12, Kabir Nagar", "kabir nagar"),
        ("Kabir Nagar, Bangladesh", "kabir nagar"),
        ("দোকান ৫, কবির নগর", "কবির নগর"),
        ("বাসা ৫, রোড ৩, কবির নগর, মিরপুর-১২", "কবির নগর মিরপুর"),
        ("৯৪/ক কবির নগর", "কবির নগর"),
        ("", ""),
        ("House 5, Road 3", ""),
        ("নং ৫", ""),
        ("1216", ""),
        ("১২১৬", ""),
    ],
)
def test_a_phrase_is_the_words_that_tell_where_it_is(text: str, phrase: str) -> None:
    assert phrase_of(text) == unicodedata.normalize("NFKC", phrase)


@pytest.mark.parametrize("text", ["2nd floor, Kabir Nagar", "Kabir Nagar, 3rd floor", "২য় তলা, Kabir Nagar"])
def test_a_phrase_names_no_floor(text: str) -> None:
    assert phrase_of(text) == "kabir nagar"


@pytest.mark.parametrize("text", ["House 5, Kabir Nagar, Mirpur-12", "বাড়ি ৫, বড় বাজার, ময়মনসিংহ", "94/ক, সোনারগাঁও রোড 12"])
def test_how_a_phrase_is_typed_does_not_matter(text: str) -> None:
    once = phrase_of(text)
    assert once
    for again in (
        unicodedata.normalize("NFC", text),
        unicodedata.normalize("NFD", text),
        bangla_digits(text),
        text.upper(),
        text.replace(", ", ","),
        f"  {text}\u200b ",
        once,
    ):
        assert phrase_of(again) == once


def test_one_person_alone_teaches_nothing() -> None:
    assert learned([]) == {}
    assert learned([said("shop:a", "1216")]) == {}


def test_what_two_people_say_is_used() -> None:
    assert CONFIRMATIONS == 2
    assert learned([said("shop:a", "1216"), said("shop:b", "1216")]) == {PHRASE: "1216"}


def test_the_same_person_twice_is_one() -> None:
    assert learned([said("shop:a", "1216"), said("shop:a", "1216", turn=1)]) == {}


def test_people_who_speak_of_different_phrases_do_not_confirm_one_another() -> None:
    assert learned([said("shop:a", "1216"), said("shop:b", "1216", "kabir nagar")]) == {}


def test_a_tie_is_no_answer() -> None:
    two = [said("a", "1216"), said("b", "1216"), said("c", "1207"), said("d", "1207")]
    assert learned(two) == {}
    assert learned([said("a", "1216"), said("b", "1207")]) == {}


def test_the_majority_wins() -> None:
    facts = [said("a", "1216"), said("b", "1216"), said("c", "1207"), said("d", "1207"), said("e", "1207")]
    assert learned(facts) == {PHRASE: "1207"}


def test_one_voice_against_two_does_not_stop_them() -> None:
    assert learned([said("a", "1216"), said("b", "1216"), said("c", "1207")]) == {PHRASE: "1216"}


def test_what_is_withdrawn_counts_no_more() -> None:
    first, second = said("a", "1216"), said("b", "1216")
    assert learned([first, second, withdrawn(first)]) == {}
    assert learned([first, second, withdrawn(first, "post")]) == {}
    assert learned([first, second, withdrawn(first), said("a", "1216", turn=90)]) == {PHRASE: "1216"}


def test_a_withdrawal_may_decide_a_tie() -> None:
    against = said("c", "1207")
    tied = [said("a", "1216"), said("b", "1216"), against, said("d", "1207")]
    assert learned([*tied, withdrawn(against)]) == {PHRASE: "1216"}


def test_each_phrase_is_decided_on_its_own() -> None:
    facts = [said(who, "1216") for who in "ab"] + [said(who, "1230", "new town") for who in "bc"]
    assert learned(facts) == {PHRASE: "1216", "new town": "1230"}


SAYINGS = st.lists(
    st.builds(
        said,
        by=st.sampled_from("abcd"),
        postcode=st.sampled_from(["1207", "1216", "1230"]),
        phrase=st.sampled_from(["kabir nagar", "new town"]),
        turn=st.integers(0, 3),
    ),
    max_size=14,
    unique_by=lambda one: one.correction_id,
)


@given(sayings=SAYINGS, data=st.data())
def test_the_order_of_what_was_said_does_not_matter(sayings: Sequence[Correction], data: st.DataObject) -> None:
    taken_back = [withdrawn(one) for one in sayings if data.draw(st.booleans())]
    facts = [*sayings, *taken_back]
    assert learned(data.draw(st.permutations(facts))) == learned(facts)


@given(sayings=SAYINGS)
def test_what_everybody_takes_back_leaves_nothing(sayings: Sequence[Correction]) -> None:
    assert learned([*sayings, *map(withdrawn, sayings)]) == {}


@given(sayings=SAYINGS)
def test_what_is_used_was_said_by_at_least_two(sayings: Sequence[Correction]) -> None:
    for phrase, postcode in learned(sayings).items():
        assert len({one.said_by for one in sayings if (one.phrase, one.postcode) == (phrase, postcode)}) >= 2


KNOWN = {"kabir nagar": Postcode("1216"), "kabir nagar mirpur": Postcode("1207"), "new town": Postcode("1230")}


@pytest.mark.parametrize(
    ("address", "phrase"),
    [
        ("House 5, Kabir Nagar", "kabir nagar"),
        ("House 5, Kabir Nagar, Mirpur", "kabir nagar mirpur"),
        ("Kabir House 5 Nagar", "kabir nagar"),
        ("Kabir Nagar, New Town", "new town"),
        ("New Town, Kabir Nagar", "kabir nagar"),
        ("New Town, Kabir Nagar 12, Mirpur", "kabir nagar mirpur"),
        ("Nagar Kabir", None),
        ("Kabir", None),
        ("Kabirnagar", None),
        ("", None),
    ],
)
def test_the_longest_phrase_in_an_address_is_used_and_of_equals_the_last(address: str, phrase: str | None) -> None:
    assert learned_phrase(plain_words(address), KNOWN) == phrase


def test_where_nothing_was_taught_no_phrase_is_found() -> None:
    assert learned_phrase(["kabir", "nagar"], {}) is None


@pytest.mark.parametrize("words", [1, 5, 8])
def test_a_phrase_of_several_words_is_found_again(words: int) -> None:
    phrase = " ".join(["alpha", "beta", "gamma", "delta", "kappa", "sigma", "omega", "zeta"][:words])
    assert learned_phrase(plain_words(f"House 5, {phrase}, Dhaka"), {phrase: Postcode("1216")}) == phrase


def test_a_phrase_that_is_accepted_is_found_again_however_many_words_it_has() -> None:
    phrase = phrase_of("khaa gaa ghaa chaa jaaa taaa daaa naaa paaa")
    assert len(phrase.split()) == 9
    assert learned_phrase(plain_words(f"House 5, {phrase}"), {phrase: Postcode("1216")}) == phrase
