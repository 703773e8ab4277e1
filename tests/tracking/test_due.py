"""What is due next: a rule for every state and all hands, and a file that cannot be wrong in silence."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.storage.schema.custody import IN_CUSTODY as WHERE_IN_CUSTODY
from post_logistics.tracking.bags import BAG, BagState
from post_logistics.tracking.due import HANDS, STATES, DueRule, load_due_rules
from post_logistics.tracking.lifecycle import DUE, IN_CUSTODY, Event, State

DATA = Path(__file__).resolve().parents[2] / "data"
NOTHING_DUE = {BagState.OPEN, BagState.OPENED}
"""What is in a bag that is not sealed yet, or opened, answers for itself."""


@pytest.fixture(scope="module")
def rules() -> dict[tuple[str, str], DueRule]:
    return {(rule.state, rule.holder_kind): rule for rule in load_due_rules(DATA)}


def test_every_state_in_custody_has_a_rule_for_whoever_has_the_thing(rules: dict[tuple[str, str], DueRule]) -> None:
    wanted = {str(state) for state in IN_CUSTODY | (set(BagState) - NOTHING_DUE)}
    assert rules.keys() == {(state, hands) for state in wanted for hands in HANDS}
    assert wanted == STATES


def test_hands_are_all_that_a_scan_can_name() -> None:
    holders = ("office:1216", "rider:1216-R01", "vehicle:LEG", "agent:A", "merchant:M", "recipient")
    assert {holder.partition(":")[0] for holder in holders} | {"destination"} == set(HANDS)


def test_what_is_due_is_what_the_lifecycle_expects_of_items_and_of_bags(rules: dict[tuple[str, str], DueRule]) -> None:
    for (state, _), rule in rules.items():
        if state in IN_CUSTODY:
            assert rule.event in DUE[State(state)], rule
        if state in set(BagState):
            assert rule.event in BAG.due[BagState(state)], rule


def test_the_database_means_the_same_by_custody() -> None:
    named = {state for state in State if f"'{state}'" in str(WHERE_IN_CUSTODY)}
    assert named == frozenset(State) - IN_CUSTODY


def test_the_most_particular_rule_holds(rules: dict[tuple[str, str], DueRule]) -> None:
    assert rules["received", "destination"].event is Event.OPENED
    assert rules["received", "office"].event is Event.DISPATCHED
    assert rules["at_delivery_office", "destination"].until == time(13)
    assert rules["dispatched", "rider"] == DueRule("dispatched", "rider", Event.RECEIVED_AT_HUB, 60, None, 720)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], Path]:
    """A folder with the shipped file, one text in it replaced by another."""

    def change(old: str, new: str) -> Path:
        text = (DATA / "custody.toml").read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "custody.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return change


def test_an_office_rule_holds_at_the_destination_where_it_has_none_of_its_own(
    changed: Callable[[str, str], Path],
) -> None:
    folder = changed("[lost]", '[on_hold.office]\nevent = "assigned"\nminutes = 5\n\n[lost]')
    found = {rule.holder_kind: rule.minutes for rule in load_due_rules(folder) if rule.state == "on_hold"}
    assert (found["office"], found["destination"], found["agent"]) == (5, 5, 4320)


def test_times_may_be_written_in_bangla_digits(changed: Callable[[str, str], Path]) -> None:
    folder = changed('until = "13:30"', 'until = "১৩:৩০"')
    assert {rule.until for rule in load_due_rules(folder) if rule.state == "assigned"} == {time(13, 30)}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("[bagged]", "[bagd]", "bagd"),
        ("[sealed]", "[delivered]", "delivered"),
        ("[lost] ", "[opened]", "lost"),
        ("[returning.rider]", "[returning.postman]", "returning.postman"),
        ('event = "delivered_claimed"', 'event = "bagged"', "out_for_delivery.event"),
        ('event = "delivered_claimed"', 'event = "flown"', "out_for_delivery.event"),
        ('event = "received_at_hub"\nminutes = 10_080', 'event = "returning"\nminutes = 1', "lost.event"),
        ("minutes = 240", "minutes = -1", "minutes"),
        ("minutes = 240", "minutes = 600_000", "accepted.rider.minutes"),
        ("minutes = 240", 'minutes = "240"', "minutes"),
        ("leg_minutes = 720", "leg_hours = 12", "leg_hours"),
        ("leg_minutes = 720", "leg_minutes = 600_000", "dispatched.leg_minutes"),
        ('until = "13:30"', 'until = "24:00"', "assigned.until"),
        ('until = "13:30"', 'until = "1.30 pm"', "assigned.until"),
        ("[accepted]", "[[accepted]]", "accepted"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(changed: Callable[[str, str], Path], old: str, new: str, field: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        load_due_rules(changed(old, new))
    assert refused.value.field == field
    assert refused.value.remedy


def test_red_control_a_state_that_nobody_thought_of_is_missed(changed: Callable[[str, str], Path]) -> None:
    text = (DATA / "custody.toml").read_text(encoding="utf-8")
    folder = changed(text[text.index("[damaged]") : text.index("# Bags")], "")
    with pytest.raises(Unacceptable, match="nothing is said of damaged"):
        load_due_rules(folder)
