"""What share of real-looking addresses is answered rightly, and how much an answer's confidence is worth."""

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from benchmarks.addresses import CASES, SAMPLE, Answer, Judge
from post_logistics.network.resolve import SURE
from post_logistics.units import bangla_digits, latin_digits


@cache
def judge() -> Judge:
    return Judge()


@cache
def answers(name: str) -> tuple[Answer, ...]:
    path = SAMPLE if name == "sample" else CASES / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"not there: {path}")
    return tuple(judge().answers(path))


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


@pytest.mark.parametrize("name", ["city", "city_held", "sample"])
@pytest.mark.parametrize(("column", "known", "sure"), [("address_text", 0.96, 0.8), ("messy_variant", 0.95, 0.8)])
def test_a_city_address_finds_a_code_its_area_is_known_by(name: str, column: str, known: float, sure: float) -> None:
    city = [one for one in answers(name) if one.column == column and one.in_city and one.accepted]
    assert share([one.code_right for one in city]) >= known
    assert share([one.found is not None and one.found.confidence >= SURE for one in city]) >= sure


@pytest.mark.parametrize("name", ["country", "country_held", "sample"])
@pytest.mark.parametrize(
    ("column", "thana", "district"), [("address_text", 0.98, 0.985), ("messy_variant", 0.955, 0.985)]
)
def test_an_address_elsewhere_finds_its_thana_and_district(
    name: str, column: str, thana: float, district: float
) -> None:
    country = [one for one in answers(name) if one.column == column and not one.in_city]
    assert share([one.thana_right for one in country if one.thanas]) >= thana
    assert share([one.found_district == one.district for one in country]) >= district


@pytest.mark.parametrize("name", ["city", "city_held", "country", "country_held"])
@pytest.mark.parametrize("lang", ["en", "bn", "mixed"])
def test_what_is_sure_is_right_in_every_language(name: str, lang: str) -> None:
    sure = [one for one in answers(name) if one.lang == lang and one.found and one.found.confidence >= SURE]
    assert len(sure) > 100
    assert share([one.right for one in sure]) >= 0.98


@pytest.mark.parametrize("name", ["city_held", "country_held"])
@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: unicodedata.normalize("NFC", text),
        bangla_digits,
        latin_digits,
        str.upper,
        str.lower,
    ],
    ids=["nfd", "nfc", "bangla digits", "latin digits", "upper", "lower"],
)
def test_how_an_address_is_typed_does_not_change_the_answer(name: str, rewrite: Callable[[str], str]) -> None:
    for one in answers(name)[::5]:
        again, _ = judge().resolve(rewrite(one.text))
        assert (again is None) == (one.found is None)
        if again and one.found:
            told = (again.postcode, again.place, again.thana, again.confidence)
            assert told == (one.found.postcode, one.found.place, one.found.thana, one.found.confidence), one.text


def test_red_control_the_judge_knows_a_wrong_answer() -> None:
    wrong = [one for one in answers("country_held") if not one.right]
    assert wrong
    assert not any(one.code_right and one.in_city for one in wrong)


def test_the_cases_are_where_they_should_be() -> None:
    assert {path.stem for path in Path(CASES).glob("*.csv")} == {"city", "city_held", "country", "country_held"}
