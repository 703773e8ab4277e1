"""The model of what parcels cost: by period, complete, in whole poisha."""

from datetime import date
from pathlib import Path

import pytest

from post_logistics.cod.costs import load_costs
from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings

SHIPPED = (Settings().facts_dir / "costs.toml").read_text(encoding="utf-8")
BLOCK = SHIPPED[SHIPPED.index("[[costs]]\nvalid_from") :]


def written(folder: Path, text: str) -> Path:
    (folder / "costs.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_later_version_holds_from_its_first_day_and_not_a_day_earlier(tmp_path: Path) -> None:
    later = BLOCK.replace("2016-12-29", "2026-12-01").replace("try_poisha = 22_00", "try_poisha = 25_00")
    book = load_costs(written(tmp_path, later + BLOCK))
    assert book.on(date(2026, 11, 30)).try_poisha == 22_00
    assert book.on(date(2026, 12, 1)).try_poisha == 25_00


def test_before_the_first_version_nothing_has_a_cost() -> None:
    book = load_costs(Settings().facts_dir)
    assert book.on(date(2016, 12, 29)).parcel_poisha > 0
    with pytest.raises(Unacceptable, match="2016-12-28"):
        book.on(date(2016, 12, 28))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("try_poisha = 22_00", "", "try_poisha"),
        ("try_poisha = 22_00", "try_poisha = 22.5", "try_poisha"),
        ("try_poisha = 22_00", "try_poisha = -1", "try_poisha"),
        ("try_poisha = 22_00", "try_poisha = 22_00\ntea_poisha = 5", "tea_poisha"),
        ("[[costs]]\nvalid_from", "[costs]\nvalid_from", "costs"),
        ("[[costs]]\nvalid_from", "[[prices]]\nvalid_from", "costs"),
        ("= 2016-12-29", '= "soon"', "valid_from"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_its_key(tmp_path: Path, old: str, new: str, field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        load_costs(written(tmp_path, BLOCK.replace(old, new)))
    assert refused.value.field == field


def test_two_versions_cannot_begin_on_one_day(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="one day"):
        load_costs(written(tmp_path, BLOCK + BLOCK))
