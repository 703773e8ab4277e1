"""Made-up worlds with known truth: nothing is ever matched wrongly, in any order; and engines that guess are caught."""

from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from post_logistics.cod.matching import amounts, engine, references, written
from post_logistics.cod.matching.columns import EntryKind, Matched
from post_logistics.cod.matching.rules import Rules
from tests.cod.matching.worlds import World

Truth = dict[str, set[str]]


def a_world(seed: int, size: int = 120, amounts_of: int = 6) -> tuple[World, Truth]:
    """Deposits of few offices and few amounts, with the troubles of a month; and which line is which entry."""
    chance = Random(seed)
    world = World(Rules(tolerance_poisha=5_00))
    truth: Truth = {}
    for n in range(size):
        amount, owner, on = chance.choice(range(1, amounts_of + 1)) * 500_00, str(1200 + n % 4), chance.randint(1, 25)
        reference = f"SB-{chance.randint(0, 99):02d}{n:04d}"
        world.entry(f"E{n}", amount, reference, owner=owner, on=on)
        trouble, day = chance.random(), min(on + chance.randint(0, 3), 28)
        text, digits = f"CASH DEPOSIT BPO {owner}", list(reference)
        if trouble < 0.06:
            continue  # not come yet
        if trouble < 0.12:
            place = chance.choice([3, 4, 5, 6, 7, 8])
            digits[place] = str((int(digits[place]) + chance.randint(1, 9)) % 10)
        elif trouble < 0.18:
            place = chance.choice([3, 4, 5, 6, 7])
            digits[place], digits[place + 1] = digits[place + 1], digits[place]
        elif trouble < 0.24:
            text, digits = f"{text} SLIP {reference}", []
        elif trouble < 0.32:
            digits = []
        elif trouble < 0.36:
            text, digits = "CASH DEPOSIT", []
        world.line(f"L{n}", amount, "".join(digits), text, day)
        truth[f"L{n}"] = {f"E{n}"}
        if trouble > 0.94:
            world.line(f"again{n}", amount, "".join(digits), text, day)
            truth[f"again{n}"] = {f"E{n}"}  # the same line; which of the two is called first is nobody's loss
        if 0.9 < trouble < 0.92:
            world.line(f"nobody{n}", amount, "", "TRANSFER FROM RAHIM", day)
            truth[f"nobody{n}"] = set()
    return world, truth


def wrong(world: World, truth: Truth) -> list[str]:
    """The matched lines that are not what they were matched with."""
    return [line for lines, (_, entries) in world.found().items() for line in lines if not set(entries) & truth[line]]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("amounts_of", [1, 6, 400])
def test_no_line_is_matched_wrongly(seed: int, amounts_of: int) -> None:
    world, truth = a_world(seed, amounts_of=amounts_of)
    assert wrong(world, truth) == []
    assert len(world.found()) + len(world.waits()) == len(world.lines)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_lines_and_entries_changes_nothing(seed: int) -> None:
    world, _ = a_world(seed)
    found, waits = world.found(), world.waits()
    for again in range(3):
        chance = Random(again)
        world.lines = dict(chance.sample(list(world.lines.items()), len(world.lines)))
        world.entries = dict(chance.sample(list(world.entries.items()), len(world.entries)))
        assert (world.found(), world.waits()) == (found, waits)


@pytest.mark.parametrize("seed", range(4))
def test_statements_that_come_in_parts_are_matched_by_reference_as_one_that_comes_whole(seed: int) -> None:
    """A part for every few days, matched as it comes; what came before stays as it was found."""
    world, _ = a_world(seed)
    whole = {key: found for key, found in world.found().items() if found[0] in {"reference", "in_text"}}
    lines, in_parts = world.lines, World(world.rules)
    in_parts.entries = world.entries
    gathered: dict[Any, Any] = {}
    for until in range(4, 33, 4):
        in_parts.lines = {name: line for name, line in lines.items() if line["on"] <= until}
        for key, found in in_parts.found().items():
            if found[0] in {"reference", "in_text"}:
                gathered[key] = found
                in_parts.lines[key[0]]["known"], in_parts.entries[found[1][0]]["come"] = True, True
    assert gathered == whole


def test_red_control_the_first_candidate_that_fits_is_often_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that takes the first entry of the amount is seen in the same worlds."""

    def greedy(lines: Any, entries: Any, rules: Any, explained: Any = None) -> Matched:
        work = engine.Work(lines, entries, rules, explained)
        for line in work.open_lines().tolist():
            fits = [one for one in work.open_entries().tolist() if work.gross[one] == work.amount[line]]
            if fits:
                work.take(engine.Rule.AMOUNT, [line], fits[:1])
        return work.matched()

    monkeypatch.setattr("tests.cod.matching.worlds.match", greedy)
    world, truth = a_world(1)
    assert len(wrong(world, truth)) > 20


def test_red_control_without_a_look_at_rivals_a_slip_takes_anothers_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_has_rival", lambda work, keys, found: np.zeros(len(found.line), np.bool_))
    assert any(wrong(*a_world(seed, size=1_500, amounts_of=1)) for seed in range(10))


def test_red_control_an_amount_matched_without_looking_at_what_has_come_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = amounts.Unnamed.same_amount

    def only_open(self: amounts.Unnamed, line: int) -> Any:
        found = whole(self, line)
        return found[self.work.match_of_entry[found] == -1]

    monkeypatch.setattr(amounts.Unnamed, "same_amount", only_open)
    world = World()
    world.entry("E", 500_00, "SB-004217")
    world.entry("F", 500_00, "SB-009999")
    world.line("of E", 500_00, "SB-004217")
    world.line("of E told again, without its reference", 500_00, "", "CASH DEPOSIT BPO 1216")
    assert len(world.found()) == 2, "F's place was taken"


def test_red_control_a_slip_of_the_pen_must_be_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(work: Any, meant: Any) -> None:
        for line, entries in meant.items():
            for entry in entries:
                if work.match_of_line[line] == work.match_of_entry[entry] == -1:
                    work.take(written.Rule.NEARLY, [line], [entry])

    monkeypatch.setattr(written, "_take", first)
    assert any(wrong(*a_world(seed, size=1_500, amounts_of=1)) for seed in range(10))


def test_a_million_is_not_asked_here_but_fifty_thousand_come_back_at_once() -> None:
    n = 50_000
    names = [f"TRX{place * 7919 % 1_000_003:07d}" for place in range(n)]
    lines: Any = SimpleNamespace(
        line=np.arange(n),
        row=np.arange(n),
        booked_on=np.full(n, 3, np.int32),
        amount_poisha=np.full(n, 990_00, np.int64),
        reference=np.array(names, dtype=object),
        description=np.array([""] * n, dtype=object),
    )
    entries = engine.Entries(
        entry=range(n),
        kind=np.ones(n, np.int8),
        owner=["nagad"] * n,
        due_on=np.full(n, 2, np.int32),
        amount_poisha=np.full(n, 990_00, np.int64),
        references=(names[::-1],),
    )
    matched = engine.match(lines, entries, Rules())
    assert (matched.match_of_line >= 0).all()
    of_lines, of_entries = matched.pairs()
    assert (of_lines == n - 1 - of_entries).all()
    assert matched.by_rule() == {engine.Rule.REFERENCE: n}
    assert EntryKind.COLLECTION in EntryKind
