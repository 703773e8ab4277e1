import re
from pathlib import Path

from post_logistics.tracking.diagram import event_table, mermaid
from post_logistics.tracking.lifecycle import TERMINAL, TRANSITIONS, Event, State

LIFECYCLE = Path(__file__).parents[2] / "docs" / "concepts" / "lifecycle.md"


def moves_drawn(diagram: str) -> set[tuple[str, str, str]]:
    """(state, event, state after) for every arrow, boxes taken apart."""
    boxes = {name: states.split(", ") for states, name in re.findall(r'state "(.+)" as (\w+)', diagram)}
    return {
        (state, event, after)
        for before, after, events in re.findall(r"^ +(\w+) --> (\w+): (.+)$", diagram, re.M)
        for state in boxes.get(before, [before])
        for event in events.split(", ")
    }


def test_the_diagram_draws_every_change_of_state_and_no_other() -> None:
    changes = {
        (before, event, after) for before, row in TRANSITIONS.items() for event, after in row.items() if after != before
    }
    assert moves_drawn(mermaid()) == changes


def test_the_diagram_shows_where_it_begins_and_ends() -> None:
    assert f"[*] --> {State.ISSUED}" in mermaid()
    assert set(re.findall(r"(\w+) --> \[\*\]", mermaid())) == TERMINAL


def test_the_documentation_holds_the_diagram_and_the_events_of_the_table() -> None:
    text = LIFECYCLE.read_text(encoding="utf-8")
    assert f"```mermaid\n{mermaid()}```" in text, f"put this into {LIFECYCLE.name}:\n{mermaid()}"
    assert event_table() in text, f"put this into {LIFECYCLE.name}:\n{event_table()}"


def test_red_control_a_move_left_out_is_missed() -> None:
    line = f"    {State.DISPATCHED} --> {State.AT_HUB}: {Event.RECEIVED_AT_HUB}\n"
    assert line in mermaid()
    assert moves_drawn(mermaid().replace(line, "")) < moves_drawn(mermaid())
