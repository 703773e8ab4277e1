"""The texts that recipients get: as long as they may be, when they may come, and nothing foreign in them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.channels.messages import (
    CODE_STAND_IN,
    LANGUAGES,
    MAX_SHOP_CHARS,
    MessageBook,
    Parcel,
    load_messages,
    shop_name,
)
from post_logistics.channels.sms import segments
from post_logistics.consignments.booking import load_booking_rules
from post_logistics.errors import Unacceptable
from post_logistics.network.offices import load_offices
from post_logistics.settings import Settings
from post_logistics.units import DHAKA, ItemNumber, Language

DATA = Settings().facts_dir


@pytest.fixture(scope="module")
def book() -> MessageBook:
    return load_messages(DATA)


def parcel(**changes: object) -> Parcel:
    facts = {
        "item_number": ItemNumber("DP473124829BD"),
        "shop": "Nakshi Ghar",
        "office": {"en": "Mirpur", "bn": "মিরপুর"},
        "to_pay_poisha": 125_000,
    }
    return Parcel(**facts | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_text_takes_no_more_segments_than_the_table_says(book: MessageBook, language: Language) -> None:
    offices = load_offices(DATA).values()
    longest = parcel(
        shop=("W" if language == "en" else "ক") * MAX_SHOP_CHARS,
        office={"en": max((o.name_en for o in offices), key=len), "bn": max((o.name_bn for o in offices), key=len)},
        to_pay_poisha=load_booking_rules(DATA).max_cod_poisha,
        paid_poisha=load_booking_rules(DATA).max_cod_poisha,
        receipt="7K2M-93QF-X1ZD",
    )
    for event, template in book.templates.items():
        allowed = template.segments_en if language == "en" else template.segments_bn
        assert segments(book.render(event, language, longest, code=CODE_STAND_IN)) == allowed, event


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_parcels_whole_way_is_within_its_budget(book: MessageBook, language: Language) -> None:
    way = ["out_for_delivery", "attempt_failed", "out_for_delivery", "delivered_claimed"]
    usual = sum(segments(book.render(event, language, parcel(), code=CODE_STAND_IN)) for event in way)
    assert usual <= book.at(datetime(2026, 11, 22, tzinfo=DHAKA)).segments_per_parcel


def test_what_has_nothing_to_say_leaves_no_gap(book: MessageBook) -> None:
    for event in book.templates:
        for language in LANGUAGES:
            text = book.render(event, language, parcel(shop="", to_pay_poisha=0), code="123456")
            assert "  " not in text
            assert "{" not in text
            assert not {"Pay", "মূল্য", "from", "()"} & set(text.split())


def test_a_text_tells_amount_code_and_link(book: MessageBook) -> None:
    text = book.render("out_for_delivery", "bn", parcel(), code="123456", link="https://post.example/t/x")
    assert all(part in text for part in ("DP473124829BD", "৳১,২৫০.০০", "123456", "https://post.example/t/x"))


def test_a_bangla_shop_does_not_make_an_english_text_dear(book: MessageBook) -> None:
    assert segments(book.render("out_for_delivery", "en", parcel(shop="নকশী ঘর"), code="123456")) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nakshi Ghar", "Nakshi Ghar"),
        ("Win! http://evil.example/x", "Win http evil"),
        ("evil.com", "evil com"),
        ("Tap +8801712345678 now", "Tap 8801712345678"),
        ("নকশী ঘর", "নকশী ঘর"),
        ("  A \n B\u202e ", "A B"),
        ("{code}", "code"),
        ("A" * 100, "A" * 20),
        ("Krishnachura Boutique House", "Krishnachura"),
        ("", ""),
    ],
)
def test_a_shop_brings_its_name_and_no_link(name: str, shown: str) -> None:
    assert shop_name(name) == shown


@given(st.text(max_size=100))
def test_no_name_of_a_shop_writes_an_address_or_a_line(name: str) -> None:
    shown = shop_name(name)
    assert len(shown) <= MAX_SHOP_CHARS
    assert not set(shown) & set("./:@{}\n\r\\")


@pytest.mark.parametrize(
    ("at", "sent_at"),
    [
        ("2026-11-22T21:29:59", "2026-11-22T21:29:59"),
        ("2026-11-22T21:30:00", "2026-11-23T08:00:00"),
        ("2026-11-22T23:59:59", "2026-11-23T08:00:00"),
        ("2026-11-23T00:00:00", "2026-11-23T08:00:00"),
        ("2026-11-23T07:59:59", "2026-11-23T08:00:00"),
        ("2026-11-23T08:00:00", "2026-11-23T08:00:00"),
        ("2026-12-31T22:00:00", "2027-01-01T08:00:00"),
    ],
)
def test_quiet_hours_of_the_night(book: MessageBook, at: str, sent_at: str) -> None:
    asked, wanted = (datetime.fromisoformat(text).replace(tzinfo=DHAKA) for text in (at, sent_at))
    assert book.at(asked).not_before(asked) == wanted


def load(tmp_path: Path, old: str = "", new: str = "") -> MessageBook:
    text = (DATA / "messages.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "messages.toml").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return load_messages(tmp_path)


def test_quiet_hours_in_the_middle_of_the_day(tmp_path: Path) -> None:
    siesta = load(tmp_path, 'quiet_from = "21:30"', 'quiet_from = "07:00"').at(datetime(2026, 11, 22, tzinfo=DHAKA))
    early, late = datetime(2026, 11, 22, 7, 30, tzinfo=DHAKA), datetime(2026, 11, 22, 21, 45, tzinfo=DHAKA)
    assert siesta.not_before(early) == datetime(2026, 11, 22, 8, tzinfo=DHAKA)
    assert siesta.not_before(late) == late


def test_rules_hold_from_their_day(tmp_path: Path) -> None:
    later = '\n[[rules]]\nvalid_from = 2027-01-01\nlanguage = "en"\nquiet_from = "22:00"\nquiet_until = "07:00"\n'
    later += 'segments_per_parcel = 4\nfresh_minutes = 60\nlink_base = ""\n\n# Parts of a text'
    book = load(tmp_path, "\n# Parts of a text", later)
    new_year = datetime(2027, 1, 1, tzinfo=DHAKA)
    assert (book.at(new_year).language, book.at(new_year - timedelta(seconds=1)).language) == ("en", "bn")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('language = "bn"', 'language = "fr"', "language"),
        ('quiet_from = "21:30"', 'quiet_from = "9 pm"', "quiet_from"),
        ('quiet_from = "21:30"', 'quiet_from = "25:00"', "quiet_from"),
        ("segments_per_parcel = 8", "segments_per_parcel = -1", "segments_per_parcel"),
        ("segments_per_parcel = 8", "segments = 8", "segments"),
        ("valid_from = 2016-12-29", 'valid_from = "always"', "valid_from"),
        ("[[rules]]", "[rules]", "rules"),
        ("[messages.area_changed]", "[messages.bagged]", "messages.bagged"),
        ('states = ["at_pickup_point"]', 'states = ["at the shop"]', "states"),
        ('states = ["at_pickup_point"]', "states = []", "states"),
        ('from_en = " from {shop}"', 'from_en = " from {phone}"', "from_en"),
        ('from_en = " from {shop}"', 'from_en = " from {shop"', "from_en"),
        ('en = "Parcel {item}{from} comes', 'en = "Parcel {phone} comes', "en"),
        ("Code: {code}. Tell", "Tell", "code"),
        ('code = "delivery"', 'code = ""', "code"),
        ('code = "view"', 'code = "fun"', "code"),
        ("urgent = true", "urgent = 1", "urgent"),
    ],
)
def test_a_wrong_table_is_named_with_its_key(tmp_path: Path, old: str, new: str, field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        load(tmp_path, old, new)
    assert refused.value.field == field
    assert refused.value.remedy
