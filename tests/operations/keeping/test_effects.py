"""What a changed fact would do, reckoned by hand beside it."""

from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from post_logistics.consignments.tariffs import Tariffs, TariffVersion, load_tariffs
from post_logistics.network.offices import load_offices
from post_logistics.network.timetable import Timetable, load_legs
from post_logistics.operations.keeping.effects import area_effect, compare_prices, price_effect, way_effect
from post_logistics.storage.orders.posted import Posted
from post_logistics.units import DHAKA, Postcode

DATA = Path(__file__).resolve().parents[3] / "data"
NOON = datetime.combine(date(2026, 11, 22), time(12), DHAKA)
TARIFFS = load_tariffs(DATA)
NOW = TARIFFS.versions[-1]


def posted(merchant: str, parcels: int, weight_g: int = 1_000, service: str = "speed_post_parcel") -> Posted:
    return Posted(
        merchant_id=merchant,
        service=service,
        weight_g=weight_g,
        cod_poisha=100_000,
        declared_value_poisha=0,
        parcels=parcels,
    )


def dearer_by(poisha: int) -> TariffVersion:
    service = NOW.services["speed_post_parcel"]
    services = {**NOW.services, "speed_post_parcel": replace(service, first_poisha=service.first_poisha + poisha)}
    return replace(NOW, version="next", valid_from=date(2027, 1, 1), services=services)


def test_prices_are_added_up_by_shop_and_the_greatest_change_comes_first() -> None:
    effect = compare_prices([posted("a", 2), posted("b", 5), posted("a", 1, 1_500)], NOW, dearer_by(2_00))
    assert (effect.total.parcels, effect.dearer, effect.cheaper, effect.not_taken) == (8, 8, 0, 0)
    assert effect.total.change_poisha == 8 * 2_30
    assert [(shop, one.parcels, one.change_poisha) for shop, one in effect.merchants.items()] == [
        ("b", 5, 5 * 2_30),
        ("a", 3, 3 * 2_30),
    ]


def test_a_parcel_that_one_version_does_not_take_is_told_and_not_added() -> None:
    first = TARIFFS.versions[0]
    effect = compare_prices([posted("a", 2), posted("a", 3, 50_000), posted("a", 1, service="parcel")], first, NOW)
    assert (effect.not_taken, effect.total.parcels, effect.total.change_poisha) == (5, 1, 0)


def test_nothing_posted_is_nothing_changed(connection: Connection) -> None:
    effect = price_effect(connection, NOW, dearer_by(1), NOON)
    assert (effect.total.parcels, effect.total.before_poisha, effect.merchants) == (0, 0, {})


@given(
    st.lists(
        st.builds(
            posted,
            st.sampled_from(["a", "b", "c"]),
            st.integers(1, 9),
            st.integers(1, 25_000),
            st.sampled_from(["parcel", "speed_post_parcel", "letter", "drone"]),
        ),
        max_size=12,
    )
)
def test_both_sums_are_those_of_single_quotes(rows: list[Posted]) -> None:
    versions = TARIFFS.versions[0], NOW
    sums, taken = [0, 0], 0
    for row in rows:
        prices = []
        for version in versions:
            service = version.services.get(row.service)
            if service is not None and row.weight_g <= service.max_weight_g:
                quote = Tariffs((version,), row.service).quote(
                    row.service, row.weight_g, row.cod_poisha, 0, version.valid_from, same_city=True
                )
                prices.append(quote.total_poisha)
        if len(prices) == 2:
            taken += row.parcels
            sums = [whole + price * row.parcels for whole, price in zip(sums, prices, strict=True)]
    effect = compare_prices(rows, *versions)
    assert [effect.total.before_poisha, effect.total.after_poisha] == sums
    assert effect.total.parcels == taken
    assert effect.not_taken == sum(row.parcels for row in rows) - taken


def test_a_closed_office_hands_its_postcodes_to_others(connection: Connection, tmp_path: Path) -> None:
    lines = (DATA / "post_offices.csv").read_text(encoding="utf-8").splitlines()
    closed = [",".join([*line.split(",")[:-3], "no", "", ""]) if line.startswith("1215,") else line for line in lines]
    (tmp_path / "post_offices.csv").write_text("\n".join(closed) + "\n", encoding="utf-8")
    before, after = load_offices(DATA), load_offices(tmp_path)
    changes = area_effect(connection, before, after, NOON.date(), NOON)
    assert Postcode("1215") in {one.postcode for one in changes}
    assert {one.before for one in changes} == {"1215"}
    assert "1215" not in {one.after for one in changes}
    assert area_effect(connection, before, before, NOON.date(), NOON) == []


def test_a_way_that_is_lost_comes_first_and_what_is_sooner_last() -> None:
    legs = load_legs(DATA)
    codes = sorted({leg.origin for leg in legs})
    lost = [leg for leg in legs if leg.origin != codes[0]]
    changes = way_effect(Timetable(legs), Timetable(lost), codes)
    assert {one.origin for one in changes} >= {codes[0]} and changes[0].after_minutes is None
    back = way_effect(Timetable(lost), Timetable(legs), codes)
    assert back[-1].before_minutes is None and back[-1].after_minutes
    assert way_effect(Timetable(legs), Timetable(legs), codes) == []
