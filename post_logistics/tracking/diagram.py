"""The lifecycle table as pictures for the documentation: the same text for the same table."""

from collections import defaultdict

from post_logistics.tracking.lifecycle import EMSEVT, LANDING, TERMINAL, TRANSITIONS, Event, State
from post_logistics.tracking.texts import EVENT_TEXTS

_CROWD = 12
"""A move that so many states share is drawn once, from a box that lists them."""


def mermaid() -> str:
    """A Mermaid ``stateDiagram-v2`` of every event that changes the state; what leaves it as it is is not drawn."""
    sources: defaultdict[tuple[Event, State], list[State]] = defaultdict(list)
    for before, row in TRANSITIONS.items():
        for event, after in row.items():
            if after is not before:
                sources[event, after].append(before)

    arrows: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    boxes: list[str] = []
    for (event, after), befores in sources.items():
        if len(befores) >= _CROWD:
            boxes.append(f'    state "{", ".join(befores)}" as before_{event}')
            arrows[f"before_{event}", after].append(event)
        else:
            for before in befores:
                arrows[before, after].append(event)

    lines = ["stateDiagram-v2", *boxes, f"    [*] --> {next(iter(TRANSITIONS))}"]
    lines += [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in arrows.items()]
    lines += [f"    {state} --> [*]" for state in TRANSITIONS if state in TERMINAL]
    return "\n".join(lines) + "\n"


def event_table() -> str:
    """A Markdown table of the events: the UPU code, whether the item is in somebody's hand, the public words."""
    rows = [
        (f"`{event}`", EMSEVT.get(event, ""), "hand" if event in LANDING else "paper", words["en"], words["bn"])
        for event, words in EVENT_TEXTS.items()
    ]
    table = [("Event", "EMSEVT", "Kind", "English", "বাংলা"), ("---",) * 5, *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in table)
