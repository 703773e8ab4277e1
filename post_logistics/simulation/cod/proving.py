"""The books of a lived month held against the bank, against the truth, and against themselves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing
from post_logistics.cod.payouts import Payout, PayoutState
from post_logistics.operations.facts import load_facts
from post_logistics.operations.money.checking import JOURNALS, journal, prove_books
from post_logistics.operations.money.importing import import_statement, keep_source
from post_logistics.operations.money.matching import match_source
from post_logistics.operations.money.payouts import approve_payout
from post_logistics.operations.money.settling import settle_everyone
from post_logistics.settings import Settings
from post_logistics.simulation.cod.books import Books, days_to_live, renumbered
from post_logistics.simulation.cod.files import HEADER, grouped, write_statement
from post_logistics.simulation.cod.judging import Found, Verdict, judge
from post_logistics.simulation.cod.lines import OPENING_POISHA, Lines, first_prints, make_lines
from post_logistics.simulation.cod.month import DAYS, FIRST_DAY, Month, Recipe, make_month
from post_logistics.simulation.cod.reconciling import LAYOUT, RULES_OF_THE_BANK, SOURCE
from post_logistics.simulation.country import country
from post_logistics.storage.custody.due import declare_legs
from post_logistics.storage.custody.scans import ensure_months
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.money.ledger import load_balances, load_collected
from post_logistics.storage.money.matches import load_entries
from post_logistics.storage.money.pairs import load_pairs
from post_logistics.storage.money.payouts import load_payouts
from post_logistics.units import DHAKA

_FINANCE, _SECOND = "finance:Nasrin", "finance:Kamal"
_COMES_BACK = 20
"""One payout in so many does not find its account."""
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lived:
    """What the database made of the month. ``truths``: what must be so -> of how many, and of how many it is not."""

    facts: dict[str, Any]
    truths: dict[str, tuple[int, int]]
    verdict: Verdict

    @property
    def holds(self) -> bool:
        """Whether everything is so."""
        return not self.verdict.wrong and not any(violated for _, violated in self.truths.values())

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return self.facts | {
            "truths": {name: {"checked": n, "violated": bad} for name, (n, bad) in self.truths.items()}
        }


def live(settings: Settings, recipe: Recipe, offices: int, out: Path, step: Step = lambda what: None) -> Lived:
    """The month of the recipe at so many offices, lived through in the schema of the settings, emptied first.

    Writes the journals of its books into ``out``. Payouts come after the month, on a statement of their own.
    """
    made = country(load_facts(settings), offices, recipe.seed)
    month = make_month(replace(recipe, payouts=False), [(o.postcode, o.name_en) for o in made.offices])
    start = perf_counter()
    with open_scratch(settings, durable=False) as database:
        with database.transaction() as connection:
            declare_legs(connection, made.facts.timetable.legs)
            ensure_months(connection, [_at(-1), _at(DAYS + 9)])
        books = Books(database, made, month, made.facts.cod_rules.on(FIRST_DAY))
        step("booking")
        books.book()
        for day in days_to_live():
            step(f"day {day + 1}")
            books.live(day)
        month = renumbered(month, books.numbers)
        lines = make_lines(month)
        step("importing and matching")
        known = _Known(database, month)
        file_id, figures = _match_month(database, month, lines, known, out)
        step("paying the merchants")
        figures |= _pay_merchants(database, made.facts, lines)
        found = _found(database, file_id, lines, known)
        step("proving the books")
        truths = _truths(database, month, lines, figures, books)
        _write_journals(database, out)
    verdict = judge(month, lines, found)
    kept = ("pairs", "pairs_matched", "lines_wrongly_matched")
    figures |= {name: verdict.figures[name] for name in kept}
    figures["handed_over_by_agents"] = int(month.at_agent.sum())
    figures["prices_changed"] = int((month.booked_poisha != month.price_poisha).sum())
    return Lived(figures | {"lived_s": round(perf_counter() - start, 1)}, truths, verdict)


class _Known:
    """The entries of the database and their positions in the month, by the references that both have."""

    def __init__(self, database: Database, month: Month) -> None:
        with database.transaction() as connection:
            entries = load_entries(connection, None, ())
        place = {reference.decode(): n for n, reference in enumerate(month.entries.reference)}
        self.position = {
            str(entry): place[reference] for entry, reference in zip(entries.entry, entries.references[0], strict=True)
        }
        self.as_expected = sum(
            int(amount) == int(month.entries.amount_poisha[self.position[str(entry)]])
            for entry, amount in zip(entries.entry, entries.amount_poisha, strict=True)
        )


def _match_month(
    database: Database, month: Month, lines: Lines, known: _Known, out: Path
) -> tuple[str, dict[str, Any]]:
    """Imports the statement and matches it; gives back its file and the figures."""
    path, at = out / "statement_of_the_books.csv", _at(DAYS + 2)
    write_statement(path, month, lines)
    with database.transaction() as connection:
        keep_source(connection, SOURCE, LAYOUT, _FINANCE, at)
        with path.open("rb") as file:
            imported = import_statement(connection, file, path.name, SOURCE, _FINANCE, at)
    run = match_source(database, RULES_OF_THE_BANK, SOURCE, at)
    return imported.file.file_id, {
        "statement_lines": imported.file.rows,
        "lines_matched": sum(run.by_rule.values()),
        "by_rule": run.by_rule,
        "suspense": run.by_reason,
        "entries_as_expected": known.as_expected,
        "entries": len(known.position),
    }


def _found(database: Database, file_id: str, lines: Lines, known: _Known) -> Found:
    """What was matched in the end, by the positions of the month: later runs may know more, and must not be wrong."""
    with database.transaction() as connection:
        rows = load_pairs(connection, SOURCE, file_id)
    line = first_prints(lines)[np.array([row - 2 for row, *_ in rows], np.int64)]
    entry = np.array([known.position[name] for *_, name in rows], np.int64)
    rule, reason = np.full(len(lines.day), "", object), np.full(len(lines.day), "", object)
    rule[line] = "matched"
    return Found(line=line, entry=entry, rule=rule, reason=reason)


def _pay_merchants(database: Database, facts: Any, lines: Lines) -> dict[str, Any]:
    """Settles with every merchant, has large payouts approved, and matches the statement on which they all leave."""
    at = _at(DAYS + 3)
    settled = settle_everyone(database, facts, at.date(), at, _FINANCE)
    with database.transaction() as connection:
        orders = load_payouts(connection)
        for one in orders:
            if one.state is PayoutState.ORDERED:
                approve_payout(connection, one.payout_id, by=_SECOND, at=at)
    back = orders[::_COMES_BACK]
    text = "".join(_statement_of_payouts(orders, back, lines))
    at = _at(DAYS + 5)
    with database.transaction() as connection:
        imported = import_statement(connection, BytesIO(text.encode()), "payouts.csv", SOURCE, _FINANCE, at)
    match_source(database, RULES_OF_THE_BANK, SOURCE, at)
    with database.transaction() as connection:
        matched = {row for row, *_ in load_pairs(connection, SOURCE, imported.file.file_id)}
        returned = load_payouts(connection, states=[PayoutState.RETURNED])
    return {
        "settlements": len(settled.made),
        "merchants_that_wait": len(settled.refused),
        "payouts": len(orders),
        "payouts_that_came_back": len(back),
        "payouts_returned": len(returned),
        "paid_out_poisha": sum(one.amount_poisha for one in orders) - sum(one.amount_poisha for one in back),
        "payouts_matched": len(matched),
    }


def _statement_of_payouts(orders: Sequence[Payout], back: Sequence[Payout], lines: Lines) -> Iterator[str]:
    """Every payout leaves, and those in ``back`` return the day after."""
    yield HEADER + "\n"
    balance = int(lines.balance_poisha[-1])
    sent, returned = (f"{FIRST_DAY + timedelta(days=DAYS + days):%d/%m/%Y}" for days in (3, 4))
    for row, one in enumerate(orders, 1):
        balance -= one.amount_poisha
        amounts = f'"{grouped(one.amount_poisha)}","","{grouped(balance)}"'
        yield f"{row},{sent},{sent},EFT OUTWARD BPO PAYOUT,{one.payout_id},{amounts}\n"
    for row, one in enumerate(back, len(orders) + 1):
        balance += one.amount_poisha
        amounts = f'"","{grouped(one.amount_poisha)}","{grouped(balance)}"'
        yield f"{row},{returned},{returned},EFT RETURN ACCOUNT NOT FOUND,{one.payout_id},{amounts}\n"


def _truths(
    database: Database, month: Month, lines: Lines, figures: dict[str, Any], books: Books
) -> dict[str, tuple[int, int]]:
    """What must be so of such books, each with how many were looked at and how many are not so."""
    with database.transaction() as connection:
        checks = prove_books(connection)
        collected = load_collected(connection, books.numbers)
        sums = load_balances(connection)
    price = month.price_poisha.tolist()
    unlike = sum(collected.get(n, 0) != amount for n, amount in zip(books.numbers, price, strict=True))
    came = int(lines.balance_poisha[-1]) - OPENING_POISHA - int(figures["paid_out_poisha"])
    bank = standing(sums, account(AccountKind.SETTLEMENT_BANK))
    on_paper = figures["payouts"] + figures["payouts_that_came_back"]
    rest = figures["statement_lines"] - figures["lines_matched"] - sum(figures["suspense"].values())
    return {
        "every_hand_over_is_accepted": (len(price), books.rejected),
        "every_parcel_brought_its_price_once": (len(price), unlike),
        "every_entry_is_expected_as_it_is": (figures["entries"], figures["entries"] - figures["entries_as_expected"]),
        "every_line_is_matched_or_waits_with_a_reason": (figures["statement_lines"], abs(rest)),
        "every_payout_and_return_is_matched": (on_paper, on_paper - figures["payouts_matched"]),
        "what_came_back_is_owed_again": (
            figures["payouts_that_came_back"],
            abs(figures["payouts_that_came_back"] - figures["payouts_returned"]),
        ),
        "the_bank_account_is_what_the_bank_says": (1, int(bank != came)),
        **{check.name: (check.checked, check.violated) for check in checks},
    }


def _write_journals(database: Database, out: Path) -> None:
    for program in JOURNALS:
        with database.transaction() as connection, (out / f"books.{program}").open("w", encoding="utf-8") as file:
            file.writelines(journal(connection, program))


def _at(day: int) -> datetime:
    """Noon of that day of the month, counted from 0."""
    return datetime.combine(FIRST_DAY, datetime.min.time(), DHAKA) + timedelta(days=day, hours=12)
