"""The figures of the matching hold on month after month; and each bug that would make them lie is seen."""

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from post_logistics.cod.matching.columns import RULES, Rule
from post_logistics.cod.matching.engine import match
from post_logistics.errors import Unacceptable
from post_logistics.simulation.cod.files import write_statement
from post_logistics.simulation.cod.judging import Found, Verdict, judge
from post_logistics.simulation.cod.lines import Lines, make_lines
from post_logistics.simulation.cod.month import Month, Noise, Recipe, make_month
from post_logistics.simulation.cod.reconciling import (
    RULES_OF_THE_BANK,
    Engine,
    expected,
    read_lines,
    reconcile,
)
from post_logistics.simulation.cod.run import chosen_offices, simulate_month
from tests.simulation.cod.plain import Care, Plain, ways_to_sum

OFFICES = tuple((f"{1000 + n}", f"Office {n}") for n in range(60))
LOUD = Noise(**dict.fromkeys(Noise.__dataclass_fields__, 0.05))
UNNAMED = Noise(**dict.fromkeys(Noise.__dataclass_fields__, 0.0) | {"nameless": 0.8, "anonymous": 0.2})
MUDDLED = replace(LOUD, nameless=0.15, beyond=0.15, duplicate=0.15, stranger=0.3, late=0.1)
"""A statement on which whoever is careless must go wrong."""

World = tuple[Month, Lines]


def world(recipe: Recipe) -> World:
    month = make_month(recipe, chosen_offices(OFFICES, recipe))
    return month, make_lines(month)


def judged(folder: Path, made: World, engine: Engine = match) -> Verdict:
    write_statement(folder / "statement.csv", *made)
    return judge(*made, reconcile(folder / "statement.csv", made[0], engine))


def assert_sound(verdict: Verdict) -> None:
    assert verdict.wrong == 0, verdict.examples
    assert verdict.figures["pairs_wrongly_matched"] == 0
    assert verdict.figures["lines_neither_matched_nor_in_suspense"] == 0


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_matched_wrongly_in_any_month(tmp_path: Path, seed: int) -> None:
    verdict = judged(tmp_path, world(Recipe(parcels=2_000, seed=seed)))
    assert_sound(verdict)
    assert verdict.figures["pairs_matched_share"] > 0.96


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_matched_wrongly_on_a_statement_full_of_mistakes(tmp_path: Path, seed: int) -> None:
    assert_sound(judged(tmp_path, world(Recipe(parcels=2_000, seed=seed, noise=MUDDLED if seed % 2 else LOUD))))


@pytest.mark.parametrize("noise", [Noise(), LOUD, MUDDLED], ids=["usual", "loud", "muddled"])
def test_nothing_is_matched_wrongly_where_everything_costs_the_same(tmp_path: Path, noise: Noise) -> None:
    assert_sound(judged(tmp_path, world(Recipe(parcels=2_000, seed=11, price_poisha=1_000_00, noise=noise))))


@pytest.mark.parametrize("price_poisha", [0, 1_000_00])
def test_nothing_is_matched_wrongly_where_no_line_has_a_reference(tmp_path: Path, price_poisha: int) -> None:
    verdict = judged(tmp_path, world(Recipe(parcels=2_000, seed=12, price_poisha=price_poisha, noise=UNNAMED)))
    assert_sound(verdict)
    if not price_poisha:
        assert verdict.figures["by_kind"]["deposit"]["matched"] > 100


def test_nearly_all_of_a_usual_month_is_matched(tmp_path: Path) -> None:
    verdict = judged(tmp_path, world(Recipe(parcels=8_000, seed=2)))
    assert_sound(verdict)
    assert verdict.figures["pairs_matched_share"] >= 0.985 and verdict.figures["lines_matched_share"] >= 0.985


def test_the_truth_itself_is_judged_perfect_and_every_slip_is_seen() -> None:
    month, lines = world(Recipe(parcels=2_000, seed=3))
    n = len(lines.day)
    rule, reason = np.full(n, "reference", object), np.full(n, "", object)
    truth = Found(line=lines.line, entry=lines.entry, rule=rule, reason=reason)
    none = np.full(n, "", object)
    nobodys = ~np.isin(np.arange(n), lines.line)
    truth = replace(truth, rule=np.where(nobodys, none, rule), reason=np.where(nobodys, "no_candidate", none))
    assert judge(month, lines, truth).figures["pairs_matched_share"] == 1.0
    assert judge(month, lines, truth).wrong == 0
    swapped = truth.entry.copy()
    swapped[[0, -1]] = swapped[[-1, 0]]
    assert judge(month, lines, replace(truth, entry=swapped)).wrong == 2
    forgotten = replace(truth, line=truth.line[1:], entry=truth.entry[1:])
    assert judge(month, lines, forgotten).figures["lines_matched_share"] < 1.0
    mute = replace(truth, reason=none)
    assert judge(month, lines, mute).figures["lines_neither_matched_nor_in_suspense"] == nobodys.sum()
    blind = np.where(nobodys, "charge", rule)
    assert judge(month, lines, replace(truth, rule=blind)).wrong


# Red controls: an engine that leaves out a care matches wrongly, and the figures say so.

SINGLES = replace(MUDDLED, merged=0, split=0, miscounted=0)
"""Only what a matcher of one line with one entry can know."""


@pytest.mark.parametrize("price_poisha", [0, 1_000_00])
def test_a_plain_and_careful_matcher_is_never_wrong(tmp_path: Path, price_poisha: int) -> None:
    made = world(Recipe(parcels=600, seed=21, price_poisha=price_poisha, noise=SINGLES))
    assert judged(tmp_path, made, Plain()).wrong == 0


def test_red_control_taking_the_first_candidate_ignoring_days_and_taking_a_second_print_are_seen(
    tmp_path: Path,
) -> None:
    made = world(Recipe(parcels=1_500, seed=21, noise=SINGLES))
    first = Care.ALL & ~Care.UNIQUE
    wrong = {}
    for name, care in (("first", first), ("days", first & ~Care.WINDOW), ("second_print", first & ~Care.DUPLICATE)):
        verdict = judged(tmp_path, made, Plain(care))
        wrong[name] = verdict.wrong
        assert verdict.wrong and verdict.figures["pairs_wrongly_matched"] and verdict.examples
    assert wrong["days"] > wrong["first"] and wrong["second_print"] > wrong["first"]


# A second opinion


@pytest.mark.parametrize("seed", range(3))
def test_the_engine_says_nothing_else_than_a_plain_matcher_and_more(tmp_path: Path, seed: int) -> None:
    month, lines = world(Recipe(parcels=1_000, seed=30 + seed, noise=replace(LOUD, split=0)))
    write_statement(tmp_path / "statement.csv", month, lines)
    read, entries = read_lines(tmp_path / "statement.csv"), expected(month)
    told: list[dict[int, set[int]]] = []
    for engine in (match, Plain()):
        found: defaultdict[int, set[int]] = defaultdict(set)
        for line, entry in zip(*engine(read, entries, RULES_OF_THE_BANK).pairs(), strict=True):
            found[int(line)].add(int(entry))
        told.append(found)
    ours, theirs = told
    both = ours.keys() & theirs.keys()
    assert len(both) > 200 and {n: ours[n] for n in both} == {n: theirs[n] for n in both}
    assert len(ours) > len(theirs)


def test_a_sum_is_only_taken_where_every_other_selection_was_tried_and_does_not_fit(tmp_path: Path) -> None:
    month, lines = world(Recipe(parcels=2_000, seed=41, noise=replace(LOUD, merged=0.4)))
    write_statement(tmp_path / "statement.csv", month, lines)
    read, entries = read_lines(tmp_path / "statement.csv"), expected(month)
    matched = match(read, entries, RULES_OF_THE_BANK)
    sums = 0
    for number, of_lines, of_entries in matched.members():
        if RULES[matched.rule[number]] is not Rule.SUM or month.entries.kind[of_entries[0]] != 0:
            continue
        sums += 1
        line, owner = of_lines[0], entries.owner[of_entries[0]]
        before, after = RULES_OF_THE_BANK.amount_days_before, RULES_OF_THE_BANK.amount_days_after
        late = int(read.booked_on[line]) - entries.due_on
        taken_surely = (matched.match_of_entry >= 0) & (matched.match_of_entry < number)
        near = (late >= -before) & (late <= after) & (np.array(entries.owner) == owner) & ~taken_surely
        candidates = entries.amount_poisha[near & (month.entries.kind == 0)].tolist()
        assert ways_to_sum(candidates, int(read.amount_poisha[line])) == 1
    assert sums


# The whole run


def test_a_run_leaves_three_files_whose_rows_can_be_counted(tmp_path: Path) -> None:
    report = simulate_month(Recipe(parcels=2_000, seed=1), OFFICES, tmp_path)
    assert report.holds
    rows: dict[str, list[list[str]]] = {}
    for name in ("statement", "truth", "matches"):
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows[name] = list(csv.reader(file))
    assert rows["truth"][0] == rows["matches"][0] == ["statement_row", "collection_id"]
    truth, matches = (set(map(tuple, rows[name][1:])) for name in ("truth", "matches"))
    assert len(truth) == report.facts["pairs"] and len(matches) == report.facts["pairs_matched"]
    assert matches <= truth
    assert {row for row, _ in truth} <= {row[0] for row in rows["statement"][1:]}
    assert report.facts["statement_lines"] == len(rows["statement"]) - 1
    assert "truth.csv" in (tmp_path / "README.txt").read_text()


def test_the_same_seed_leaves_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate_month(Recipe(parcels=500, seed=9), OFFICES, tmp_path / name)
    for file in ("statement.csv", "truth.csv", "matches.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("parcels", [0, -1, 10**9])
def test_a_month_that_cannot_be_made_is_refused(tmp_path: Path, parcels: int) -> None:
    with pytest.raises(Unacceptable, match="parcels"):
        simulate_month(Recipe(parcels=parcels, seed=1), OFFICES, tmp_path)
