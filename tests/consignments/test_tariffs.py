"""The tariff: prices by hand, old quotes made again, and complaints about the data that name version and key."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.consignments.tariffs import Tariffs, load_tariffs, share_poisha
from post_logistics.errors import Unacceptable

DATA = Path(__file__).resolve().parents[2] / "data"
TODAY = date(2026, 11, 22)
TARIFFS = load_tariffs(DATA)


def postage_poisha(service: str, weight_g: int, on: date = TODAY) -> int:
    return TARIFFS.quote(service, weight_g, 0, 0, on, same_city=True).postage_poisha


@pytest.mark.parametrize(
    ("weight_g", "poisha"), [(1, 1000), (1000, 1000), (1001, 1500), (2000, 1500), (2001, 2000), (20_000, 10_500)]
)
def test_a_speed_post_parcel_costs_ten_taka_and_five_for_each_further_started_kilogram(
    weight_g: int, poisha: int
) -> None:
    assert postage_poisha("speed_post_parcel", weight_g) == poisha


@pytest.mark.parametrize(
    ("weight_g", "poisha"), [(1, 1000), (1000, 1000), (1001, 2000), (5000, 5000), (20_000, 20_000)]
)
def test_a_parcel_costs_ten_taka_for_each_started_kilogram(weight_g: int, poisha: int) -> None:
    assert postage_poisha("parcel", weight_g) == poisha


@pytest.mark.parametrize(
    ("service", "poisha"), [("letter", 500), ("registered_letter", 800), ("gep_letter", 1000), ("land_record", 4000)]
)
def test_letters_have_one_price(service: str, poisha: int) -> None:
    assert postage_poisha(service, 1) == postage_poisha(service, 100) == poisha


@pytest.mark.parametrize(
    ("service", "weight_g"), [("letter", 101), ("letter", 0), ("speed_post_parcel", 20_001), ("parcel", -1)]
)
def test_a_weight_the_service_does_not_take_is_refused(service: str, weight_g: int) -> None:
    with pytest.raises(Unacceptable, match="takes up to") as refused:
        TARIFFS.quote(service, weight_g, 0, 0, TODAY, same_city=True)
    assert refused.value.field == "weight_g"


def test_a_quote_worked_out_by_hand() -> None:
    quote = TARIFFS.quote("speed_post_parcel", 1500, 1_250_50, 0, TODAY, same_city=True)
    assert quote.version == "2025-04-01"
    assert [(line.code, line.amount_poisha) for line in quote.lines] == [
        ("postage", 1500),
        ("cod_fee", 1251),
        ("vat", 413),
    ]
    assert (quote.postage_poisha, quote.cod_fee_poisha, quote.vat_poisha, quote.total_poisha) == (1500, 1251, 413, 3164)


def test_a_quote_speaks_both_languages() -> None:
    postage, cod_fee, vat = TARIFFS.quote("speed_post_parcel", 1500, 1_250_00, 0, TODAY, same_city=True).lines
    assert (postage.text_en, postage.text_bn) == ("Speed Post parcel, 1.5 kg", "স্পিড পোস্ট পার্সেল, ১.৫ কেজি")
    assert (cod_fee.text_en, cod_fee.text_bn) == ("COD fee 1 %", "সিওডি ফি ১ %")
    assert (vat.text_en, vat.text_bn) == ("VAT 15 %", "ভ্যাট ১৫ %")


def test_a_prepaid_parcel_has_no_cod_line() -> None:
    quote = TARIFFS.quote("parcel", 500, 0, 0, TODAY, same_city=True)
    assert [line.code for line in quote.lines] == ["postage", "vat"]
    assert quote.cod_fee_poisha == 0


@given(
    weight_g=st.integers(1, 20_000),
    cod_poisha=st.integers(0, 5_000_000),
    declared_value_poisha=st.integers(0, 10_000_000),
    advice_of_delivery=st.booleans(),
)
@settings(max_examples=100)
def test_the_lines_add_up_to_the_total(
    weight_g: int, cod_poisha: int, declared_value_poisha: int, advice_of_delivery: bool
) -> None:
    quote = TARIFFS.quote(
        "parcel",
        weight_g,
        cod_poisha,
        declared_value_poisha,
        TODAY,
        same_city=False,
        advice_of_delivery=advice_of_delivery,
    )
    assert sum(line.amount_poisha for line in quote.lines) == quote.total_poisha
    assert quote.postage_poisha + quote.cod_fee_poisha + quote.vat_poisha == quote.total_poisha


@pytest.mark.parametrize(
    ("amount_poisha", "bps", "share"),
    [(0, 1500, 0), (49, 100, 0), (50, 100, 1), (149, 100, 1), (150, 100, 2), (10**12, 1, 10**8)],
)
def test_half_a_poisha_is_rounded_up(amount_poisha: int, bps: int, share: int) -> None:
    assert share_poisha(amount_poisha, bps) == share


def test_the_promise_depends_on_how_far_the_parcel_goes() -> None:
    def days(same_city: bool, remote: bool) -> int:
        return TARIFFS.quote("parcel", 500, 0, 0, TODAY, same_city=same_city, remote=remote).promise_days

    assert (days(True, False), days(False, False), days(False, True)) == (1, 2, 5)


@given(day=st.dates(date(2022, 4, 24), date(2040, 1, 1)))
@settings(max_examples=100)
def test_exactly_one_version_is_in_force_on_each_day(day: date) -> None:
    ends = [version.valid_from for version in TARIFFS.versions[1:]] + [date.max]
    in_force = [version for version, end in zip(TARIFFS.versions, ends, strict=True) if version.valid_from <= day < end]
    assert in_force == [TARIFFS.on(day)]


def test_a_version_begins_on_its_day_and_not_before() -> None:
    assert TARIFFS.on(date(2025, 3, 31)).version == "2022-04-24"
    assert TARIFFS.on(date(2025, 4, 1)).version == "2025-04-01"
    with pytest.raises(Unacceptable, match="no tariff is in force on 2022-04-23"):
        TARIFFS.on(date(2022, 4, 23))


def test_a_service_is_not_offered_before_its_notice() -> None:
    with pytest.raises(Unacceptable, match="2022-04-24 has no service speed_post_parcel"):
        postage_poisha("speed_post_parcel", 500, date(2025, 3, 31))


def test_an_old_quote_stays_the_same_when_a_version_is_added(tmp_path: Path) -> None:
    text = (DATA / "tariffs.toml").read_text(encoding="utf-8")
    newest = (
        text[text.rindex("[[version]]") :]
        .replace("2025-04-01", "2027-01-01")
        .replace("step_poisha = 5_00", "step_poisha = 9_00")
    )
    (tmp_path / "tariffs.toml").write_text(f"{text}\n{newest}", encoding="utf-8")
    later = load_tariffs(tmp_path)
    new_year = date(2027, 1, 1)
    for on in (new_year - timedelta(days=1), TODAY):
        assert later.quote("speed_post_parcel", 3000, 0, 0, on, same_city=True) == TARIFFS.quote(
            "speed_post_parcel", 3000, 0, 0, on, same_city=True
        )
    assert later.quote("speed_post_parcel", 3000, 0, 0, new_year, same_city=True).postage_poisha == 2800


def test_a_minimum_cod_fee_and_insurance_are_charged_once_they_are_set(tmp_path: Path) -> None:
    tariffs = edited(
        tmp_path,
        lambda text: text.replace("cod_fee_min_poisha = 0 ", "cod_fee_min_poisha = 5_00 ").replace(
            "insurance_bps = 0 ", "insurance_bps = 50 "
        ),
    )
    quote = tariffs.quote("parcel", 500, 100_00, 1_000_00, TODAY, same_city=True)
    assert [(line.code, line.amount_poisha) for line in quote.lines[:-1]] == [
        ("postage", 1000),
        ("insurance", 500),
        ("cod_fee", 500),
    ]
    assert quote.postage_poisha == 1500


def test_the_service_of_an_ordinary_order_is_a_registered_one() -> None:
    assert TARIFFS.service(TARIFFS.default_service, TODAY).registered


def edited(folder: Path, edit: Callable[[str], str]) -> Tariffs:
    """The shipped tariff after somebody changed its text."""
    text = (DATA / "tariffs.toml").read_text(encoding="utf-8")
    assert edit(text) != text
    (folder / "tariffs.toml").write_text(edit(text), encoding="utf-8")
    return load_tariffs(folder)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("vat_bps = 1500", "", "version 2022-04-24, fees: vat_bps is missing"),
        ("vat_bps = 1500", 'vat_bps = "15 %"', "version 2022-04-24, fees: vat_bps is '15 %'"),
        ("vat_bps = 1500", "vat_bps = -1", "vat_bps is -1"),
        ("vat_bps = 1500", "vat_bps = true", "vat_bps is True"),
        ("vat_bps = 1500", "vat_bps = 1500\nvat_bp = 1", "vat_bp is not known here"),
        ("first_poisha = 8_00", "first_poisha = 8.00", "service registered_letter: first_poisha is 8.0"),
        ("valid_from = 2025-04-01", "valid_from = 2022-04-24", "share their id or their first day"),
        ('id = "2025-04-01"', 'id = "2022-04-24"', "share their id or their first day"),
        ("[version.promise]", "[version.promises]", "version 2022-04-24: promises is not known here"),
        ('default_service = "speed', 'default_service = "slow', "default_service 'slow_post_parcel'"),
        ("step_g = 1_000", "", "service parcel: no price is given"),
        ("default_service", "default service", "is not TOML"),
    ],
)
def test_a_complaint_about_the_data_names_version_and_key(
    tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    with pytest.raises(Unacceptable) as refused:
        edited(tmp_path, lambda text: text.replace(before, after, 1))
    assert complaint in str(refused.value)
    assert refused.value.field


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match=r"tariffs\.toml cannot be read"):
        load_tariffs(tmp_path)
