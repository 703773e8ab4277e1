"""The made-up month is one that could be: its money adds up, its numbers are numbers, its statement is a bank's."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.consignments.numbers import check_digit
from post_logistics.simulation.cod.files import grouped, pairs, write_pairs, write_statement
from post_logistics.simulation.cod.lines import OPENING_POISHA, Lines, Trouble, What, make_lines
from post_logistics.simulation.cod.month import DAYS, Kind, Month, Noise, Recipe, Tender, fees, make_month
from post_logistics.simulation.cod.wording import swapped, wrong
from post_logistics.units import latin_digits, poisha_from_taka, taka

OFFICES = tuple((f"{1000 + n}", f"Office {n}") for n in range(14))
QUIET = Noise(**dict.fromkeys(Noise.__dataclass_fields__, 0.0))
LOUD = Noise(**dict.fromkeys(Noise.__dataclass_fields__, 0.05))


def made(seed: int = 1, parcels: int = 3_000, noise: Noise = LOUD) -> tuple[Month, Lines]:
    month = make_month(Recipe(parcels=parcels, seed=seed, noise=noise), OFFICES)
    return month, make_lines(month)


def test_the_same_seed_makes_the_same_month_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        write_statement(tmp_path / name, *made(seed))
    one, again, other = ((tmp_path / name).read_bytes() for name in ("one", "again", "other"))
    assert one == again != other


def test_every_recipient_pays_the_price_and_no_poisha_is_lost_on_the_way_to_the_bank() -> None:
    month, _ = made()
    paid, entries = month.collections, month.entries
    of_parcel = np.bincount(paid.parcel, paid.amount_poisha)
    assert (of_parcel == month.price_poisha).all() and (paid.amount_poisha > 0).all()
    cash = paid.tender == Tender.CASH
    assert (cash == (paid.entry < (entries.kind == Kind.DEPOSIT).sum())).all()
    kept = paid.amount_poisha[paid.entry < 0].sum()
    paid_in = entries.amount_poisha[entries.kind == Kind.DEPOSIT].sum()
    assert paid.amount_poisha[cash].sum() - kept - month.short_poisha.sum() == pytest.approx(paid_in, abs=10_000_00)


def test_a_deposit_is_what_was_taken_since_the_one_before_less_what_was_short() -> None:
    month, _ = made()
    deposits = np.flatnonzero(month.entries.kind == Kind.DEPOSIT)
    taken = np.bincount(month.collections.entry[month.collections.entry >= 0], minlength=len(month.entries.kind))
    assert (taken[deposits] > 0).all()
    for entry in deposits.tolist():
        office, closed = month.entries.owner[entry], month.entries.closed_day[entry]
        before = deposits[(month.entries.owner[deposits] == office) & (month.entries.closed_day[deposits] < closed)]
        first = month.entries.closed_day[before].max() + 1 if len(before) else 0
        own = month.collections.amount_poisha[month.collections.entry == entry].sum()
        assert own - month.short_poisha[office, first : closed + 1].sum() == month.entries.amount_poisha[entry]


def test_item_numbers_and_references_are_what_they_claim_and_nobody_elses() -> None:
    month, _ = made()
    for number in month.items[:300].astype(str):
        assert number[:2] == "DP" and number[-2:] == "BD" and check_digit(int(number[2:10])) == int(number[10])
    one_each = month.entries.reference[month.entries.kind != Kind.RETURN]
    assert len(set(one_each)) == len(one_each) and len(set(month.items)) == len(month.items)


def test_thousands_of_parcels_cost_the_same() -> None:
    month, _ = made()
    _, times = np.unique(month.price_poisha, return_counts=True)
    assert times.max() > 20 and (times[times > 1].sum() > 0.9 * len(month.price_poisha))


def test_without_noise_every_line_is_exactly_the_money_of_its_entries() -> None:
    month, lines = made(noise=QUIET)
    came = np.bincount(lines.line, month.entries.amount_poisha[lines.entry], minlength=len(lines.day)).astype(np.int64)
    net = came - np.where(np.isin(lines.what, (What.PAYMENT, What.LUMP)), fees(np.maximum(lines.owner, 0) % 5, came), 0)
    own = np.isin(lines.what, (What.CHARGE, What.INTEREST))
    assert (net == lines.amount_poisha)[~own].all() and set(lines.trouble) == {Trouble.NONE}


def test_every_kind_of_noise_is_there_and_what_is_nobodys_is_in_no_pair() -> None:
    month, lines = made()
    assert set(lines.trouble) == set(Trouble)
    for nobodys in (lines.trouble == Trouble.DUPLICATE, lines.what == What.STRANGER):
        assert not np.isin(np.flatnonzero(nobodys), lines.line).any()
    split = lines.trouble == Trouble.SPLIT
    for entry in np.unique(lines.entry[np.isin(lines.line, np.flatnonzero(split))]):
        parts = lines.line[lines.entry == entry]
        assert len(parts) <= 2
        if len(parts) == 2:
            assert lines.amount_poisha[parts].sum() == month.entries.amount_poisha[entry]


def test_a_second_print_comes_after_the_first_with_the_same_words(tmp_path: Path) -> None:
    month, lines = made()
    write_statement(tmp_path / "statement.csv", month, lines)
    with (tmp_path / "statement.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for second in np.flatnonzero(lines.trouble == Trouble.DUPLICATE).tolist():
        alike = [n for n in range(len(rows)) if all(rows[n][k] == rows[second][k] for k in ("Reference", "Credit"))]
        assert min(alike) < second and np.isin(min(alike), lines.line)


def test_the_statement_runs_from_balance_to_balance_and_its_rows_are_numbered(tmp_path: Path) -> None:
    month, lines = made()
    write_statement(tmp_path / "statement.csv", month, lines)
    with (tmp_path / "statement.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    balance = OPENING_POISHA
    for number, row in enumerate(rows, 1):
        credit, debit = (poisha_from_taka(row[name]) if row[name] else 0 for name in ("Credit", "Debit"))
        balance += credit - debit
        assert int(row["Sl"]) == number and balance == poisha_from_taka(row["Balance"])
    days = [row["Date"][3:5] for row in rows]
    assert set(days) == {"10"} and int(lines.day.max()) < DAYS
    assert any(latin_digits(row["Reference"]) != row["Reference"] for row in rows)


def test_truth_is_a_sorted_row_per_pair(tmp_path: Path) -> None:
    month, lines = made()
    row, collection = pairs(month, lines.line, lines.entry)
    write_pairs(tmp_path / "truth.csv", month, row, collection)
    text = (tmp_path / "truth.csv").read_text().splitlines()
    assert text[0] == "statement_row,collection_id" and len(text) == len(row) + 1
    told = [(int(one), other) for one, other in (line.split(",") for line in text[1:])]
    assert told == sorted(told) and len(set(told)) == len(told)
    known = {month.collection_id(n) for n in range(len(month.collections.parcel))}
    assert len(known) == len(month.collections.parcel) and {other for _, other in told} <= known
    by_hand = {
        (line + 1, month.collection_id(n))
        for line, entry in zip(lines.line.tolist(), lines.entry.tolist(), strict=True)
        for n in np.flatnonzero(month.collections.entry == entry).tolist()
    }
    assert set(told) == by_hand


@given(st.integers(0, 10**15))
def test_amounts_are_grouped_as_people_here_read_them(amount_poisha: int) -> None:
    assert f"Tk {grouped(amount_poisha)}" == taka(amount_poisha)


@given(st.text("0123456789AB", min_size=2, max_size=12), st.integers(0, 1 << 30))
def test_a_slip_of_the_pen_is_one_swap_or_one_digit(reference: str, chance: int) -> None:
    assert sorted(swapped(reference, chance)) == sorted(reference)
    for spoiled, most in ((swapped(reference, chance), 2), (wrong(reference, chance), 1)):
        assert sum(a != b for a, b in zip(spoiled, reference, strict=True)) <= most


@pytest.mark.parametrize("parcels", [1, 2, 7])
def test_a_month_of_hardly_any_parcels_is_a_month(parcels: int, tmp_path: Path) -> None:
    month, lines = made(parcels=parcels)
    write_statement(tmp_path / "statement.csv", month, lines)
    assert len(pairs(month, lines.line, lines.entry)[0]) <= len(month.collections.parcel) + 2
