"""Commissions by period: what a wrong table is told, and what each service earns."""

from datetime import date
from pathlib import Path

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.network.collection_points import CentreService
from post_logistics.operations.centres.commissions import Commission, load_commissions

BLOCK = "[[rules]]\nvalid_from = {day}\n" + "".join(
    f"[rules.{service}]\nfixed_poisha = {{fixed}}\nbps = 50\n" for service in CentreService
)


def book(tmp_path: Path, text: str) -> Path:
    (tmp_path / "agents.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_commission_changes_on_its_day_and_not_before(tmp_path: Path) -> None:
    text = BLOCK.format(day="2021-05-06", fixed=100) + BLOCK.format(day="2026-12-01", fixed=200)
    found = load_commissions(book(tmp_path, text))
    assert found.on(date(2026, 11, 30))[CentreService.BOOKING].fixed_poisha == 100
    assert found.on(date(2026, 12, 1))[CentreService.BOOKING].fixed_poisha == 200
    with pytest.raises(Unacceptable):
        found.on(date(2021, 5, 5))


@pytest.mark.parametrize(("cash", "earned"), [(0, 300), (199, 300), (200, 301), (99_999, 799), (100_000, 800)])
def test_a_part_of_a_poisha_is_left_out(cash: int, earned: int) -> None:
    assert Commission(fixed_poisha=300, bps=50).poisha_of(cash) == earned


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("rules.payment", "rules.banking"), "banking"),
        (("bps = 50", "bps = 10001"), "bps"),
        (("bps = 50", "bps = -1"), "bps"),
        (("fixed_poisha = 100\n", ""), "fixed_poisha"),
    ],
)
def test_a_wrong_table_is_told_where(tmp_path: Path, change: tuple[str, str], field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        load_commissions(book(tmp_path, BLOCK.format(day="2021-05-06", fixed=100).replace(*change)))
    assert refused.value.field == field
