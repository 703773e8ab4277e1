"""The rules of weighing, holding and returning, as a postmaster writes them."""

from datetime import date
from pathlib import Path

import pytest

from post_logistics.consignments.lifecycle_rules import LifecycleRules, load_lifecycle_rules
from post_logistics.errors import Unacceptable
from tests.conftest import ROOT

FILE = ROOT / "data" / "lifecycle.toml"
LATER = "\n[[charges]]\nvalid_from = 2027-01-01\nweighing_tolerance_g = 50\n"


def rules_of(folder: Path, before: str = "", after: str = "", more: str = "") -> LifecycleRules:
    text = FILE.read_text(encoding="utf-8")
    assert before in text
    (folder / "lifecycle.toml").write_text(text.replace(before, after) + more, encoding="utf-8")
    return load_lifecycle_rules(folder)


def test_the_shipped_rules_send_back_after_three_attempts() -> None:
    assert load_lifecycle_rules(ROOT / "data").attempts_before_return == 3


def test_a_change_of_charges_holds_from_its_day_and_leaves_older_parcels_alone(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, more=LATER)
    assert rules.charges_on(date(2026, 12, 31)).weighing_tolerance_g == 20
    assert rules.charges_on(date(2027, 1, 1)).weighing_tolerance_g == 50


def test_a_day_before_the_first_charges_is_told() -> None:
    with pytest.raises(Unacceptable, match="2022-04-23"):
        load_lifecycle_rules(ROOT / "data").charges_on(date(2022, 4, 23))


@pytest.mark.parametrize(
    ("before", "after", "more", "field"),
    [
        ("attempts_before_return = 3", "attempts_before_return = 0", "", "attempts_before_return"),
        ("attempts_before_return = 3", "attempts_before_return = -1", "", "attempts_before_return"),
        ("attempts_before_return = 3", 'attempts_before_return = "3"', "", "attempts_before_return"),
        ("attempts_before_return = 3", "", "", "attempts_before_return"),
        ("longest_hold_days = 7", "longest_hold_day = 7", "", "longest_hold_day"),
        ("[[charges]]", "[charges]", "", "charges"),
        ("weighing_tolerance_g = 20", "weighing_tolerance_g = 0.5", "", "weighing_tolerance_g"),
        ("", "", LATER + LATER, "valid_from"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, before: str, after: str, more: str, field: str) -> None:
    with pytest.raises(Unacceptable) as refusal:
        rules_of(tmp_path, before, after, more)
    assert refusal.value.field == field
