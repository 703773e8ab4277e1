"""The pack for the central bank: whether its rules for cash on delivery were kept in a month or a quarter, in figures.

Bangladesh Bank, COD guideline of 6 May 2021: a settlement account of its own, product price and service charge credited
separately; payouts to the seller's bank or wallet account, in cash at most Tk 5,000 per delivery; the account matched
every month within 15 days, and a report every quarter.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pandas as pd

from post_logistics.cod.accounts import CHART, AccountKind
from post_logistics.cod.postings import Code
from post_logistics.cod.reports import Cell, Chart, ChartKind, Figure, Period, Report, Series, Sheet, Unit
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.match_reports import MEASURES, MonthReport, month_report
from post_logistics.operations.money.reporting.ages import BUCKETS, column_of
from post_logistics.operations.money.reporting.columns import (
    amount,
    count,
    money,
    of_unit,
    share_bps,
    sheet,
    span,
    text,
)
from post_logistics.operations.money.reporting.places import OWED, balances_by_day, places_chart, places_sheet
from post_logistics.operations.money.reporting.remittance import judged
from post_logistics.storage.database import Connection
from post_logistics.storage.money import reporting as store
from post_logistics.storage.money.taka import BUCKET_DAYS
from post_logistics.units import DHAKA, bangla_digits, local_day, local_time, taka

_K = AccountKind
_WAITED = (0, 4, 16)
"""Ages in suspense are told apart where these days begin, as in the match report: 15 days are the rule's."""
_AGES = ("0-3", "4-15", "16+")
_WAYS = {
    "bank": ("Bank account", "ব্যাংক হিসাব"),
    "wallet": ("Wallet account", "ওয়ালেট হিসাব"),
    "account": ("Account, kind not recorded", "হিসাব, ধরন লেখা নেই"),
    "cash": ("Cash", "নগদ"),
}
_STATES = {
    "ordered": ("ordered", "নির্দেশিত"),
    "approved": ("approved", "অনুমোদিত"),
    "filed": ("in a file", "ফাইলে"),
    "sent": ("sent to the bank", "ব্যাংকে পাঠানো"),
    "confirmed": ("on the bank's statement", "ব্যাংক বিবরণীতে"),
    "paid_in_cash": ("paid in cash", "নগদে পরিশোধিত"),
    "returned": ("came back", "ফেরত এসেছে"),
    "cancelled": ("cancelled", "বাতিল"),
}


def central_bank_pack(connection: Connection, facts: Facts, period: Period, at: datetime) -> Report:
    """The rules and whether they were kept, with everything that says so; as the period ended, or now if it goes on."""
    today = at.astimezone(DHAKA).date()
    last_on = min(period.last_on, today)
    from_at, to_at = span(period.first_on, last_on)
    days = [day for day in period.days if day <= last_on]
    months = [month_report(connection, month, at) for month in period.months if f"{month}-01" <= str(today)]
    ordered = store.load_ordered(connection, from_at, to_at)
    owed = store.load_owed(connection, to_at, last_on)
    waiting = store.load_waiting(connection, to_at, last_on)
    shown = store.load_shown(connection, to_at, last_on)
    balances = balances_by_day(connection, days)
    closing = {kind: int(balances[kind].iloc[-1]) for kind in _K}
    rules = (
        *_rules_of_money(closing, connection, from_at, to_at),
        *_rules_of_payouts(facts, ordered, store.load_dearest_in_cash(connection, from_at, to_at), last_on),
        *(_rule_of_matching(month) for month in months),
        _in_time(judged(connection, facts, period, today)),
        _trust(shown, closing),
    )
    return Report(
        name="central-bank",
        text_en="Cash on delivery: report to the central bank",
        text_bn="ক্যাশ অন ডেলিভারি: কেন্দ্রীয় ব্যাংকে প্রতিবেদন",
        period=period,
        as_of_on=last_on,
        figures=rules,
        sheets=(
            _matching_sheet(months),
            places_sheet(balances),
            _owed_sheet(owed, closing),
            _payouts_sheet(ordered),
            _failures_sheet(store.load_failed(connection, from_at, to_at)),
            _suspense_sheet(waiting),
            _banks_sheet(shown),
            _closing_sheet(closing),
        ),
        charts=(places_chart(balances), _matching_chart(months), _owed_chart(owed), _suspense_chart(waiting)),
    )


Closing = Mapping[AccountKind, int]
"""Kind of account -> all its balances as the period ended, debit positive."""


def _rules_of_money(closing: Closing, connection: Connection, from_at: datetime, to_at: datetime) -> tuple[Figure, ...]:
    kinds = (_K.MERCHANT_PAYABLE,)
    by_code: dict[str, int] = {}
    for one in store.load_moved(connection, from_at, to_at, kinds, None):
        by_code[one.code] = by_code.get(one.code, 0) + one.poisha
    collected = sum(by_code.get(code, 0) for code in store.OWED)
    charges = -by_code.get(Code.TAKE_FEE, 0) - by_code.get(Code.TAKE_VAT, 0)
    return (
        amount(
            "collected", "Product money credited to merchants, in full", "মার্চেন্টের হিসাবে জমা পণ্যমূল্য, সম্পূর্ণ", collected
        ),
        amount("charges_taken", "Charges and VAT, each a posting of its own", "সেবামূল্য ও ভ্যাট, আলাদা এন্ট্রিতে", charges),
        amount(
            "owed",
            "Merchants' money held as the period ended",
            "সময় শেষে মার্চেন্টদের টাকা",
            -sum(closing[kind] for kind in OWED),
        ),
    )


def _rules_of_payouts(facts: Facts, ordered: Sequence[store.Ordered], dearest: int, on: date) -> tuple[Figure, ...]:
    limit = facts.cod_rules.on(on).cash_payout_limit_poisha
    to_accounts = sum(one.poisha for one in ordered if one.way != "cash" and one.state not in {"cancelled", "returned"})
    return (
        amount("to_accounts", "Paid to bank and wallet accounts", "ব্যাংক ও ওয়ালেট হিসাবে পরিশোধ", to_accounts),
        amount(
            "dearest_in_cash",
            f"Most in cash for one delivery (limit {taka(limit)})",
            f"এক বিলিতে নগদে সর্বোচ্চ (সীমা {taka(limit, 'bn')})",
            dearest,
            dearest <= limit,
        ),
    )


def _rule_of_matching(month: MonthReport) -> Figure:
    figures = {one.measure: one.count for one in month.figures}
    lines = figures["lines_in"] + figures["lines_out"]
    return Figure(
        f"matched_{month.month}_bps",
        f"{month.month}: lines matched by {local_day(month.due_on)}",
        f"{month.month}: {local_day(month.due_on, 'bn')} এর মধ্যে মেলানো লাইন",
        share_bps(figures["lines_matched_in_time"], lines),
        Unit.BPS,
        month.matched_in_time,
    )


def _in_time(parts: pd.DataFrame) -> Figure:
    in_time, late = (int(parts.loc[parts[name], "parts"].sum()) for name in ("in_time", "late"))
    return Figure(
        "paid_in_time_bps",
        "Paid to merchants in time",
        "মার্চেন্টকে সময়মতো পরিশোধ",
        share_bps(in_time, in_time + late),
        Unit.BPS,
    )


def _trust(shown: Sequence[store.Shown], closing: Closing) -> Figure:
    """The settlement account in the books and what was posted later, against what the banks say."""
    known = [one.closing_poisha for one in shown]
    said = sum(one or 0 for one in known)
    books = closing[_K.SETTLEMENT_BANK] + sum(one.later_poisha for one in shown)
    return amount(
        "bank_difference",
        "Settlement account: banks' statements less our books",
        "সেটেলমেন্ট হিসাব: ব্যাংক বিবরণী থেকে আমাদের হিসাব বাদে",
        said - books if shown and None not in known else 0,
        said == books if shown and None not in known else None,
    )


def _matching_sheet(months: Sequence[MonthReport]) -> Sheet:
    columns = [
        text("month", "Month", "মাস"),
        text("measure", "Name", "সংকেত"),
        text("text_en", "What", "কী"),
        text("text_bn", "In Bangla", "বাংলায়"),
        of_unit(Unit.COUNT, "number", "Number", "সংখ্যা"),
        money("amount", "Amount", "পরিমাণ", summed=False),
        of_unit(Unit.VERDICT, "matched_in_time", "Matched in time", "সময়মতো মেলানো"),
    ]
    rows = (
        (month.month, one.measure, *MEASURES[one.measure], one.count, one.amount_poisha, month.matched_in_time)
        for month in months
        for one in month.figures
    )
    return sheet("matching", ("The accounts matched, month by month", "মাসভিত্তিক হিসাব মেলানো"), columns, rows)


def _owed_sheet(owed: Sequence[store.Aged], closing: Closing) -> Sheet:
    columns = [
        text("age", "Days since it was collected", "আদায়ের পর কত দিন"),
        text("age_bn", "In Bangla", "বাংলায়"),
        count("collections", "Collections", "আদায়ের সংখ্যা"),
        money("owed", "Owed to merchants", "মার্চেন্টদের প্রাপ্য"),
    ]
    groups = _grouped([(one.days, one.parts, one.poisha) for one in owed], BUCKET_DAYS)
    in_transit = -closing[_K.PAYOUT_IN_TRANSIT]
    other = -closing[_K.MERCHANT_PAYABLE] - sum(poisha for _, poisha in groups)
    rows: list[tuple[Cell, ...]] = [
        (f"{name} days, in no settlement", f"{bangla_digits(name)} দিন, নিষ্পত্তি হয়নি", parts, poisha)
        for name, (parts, poisha) in zip(BUCKETS, groups, strict=True)
    ]
    rows.append(("Settled and carried forward, claims, refunds", "পরের জের, ক্ষতিপূরণ, ফেরত", None, other))
    rows.append((CHART[_K.PAYOUT_IN_TRANSIT].text_en, CHART[_K.PAYOUT_IN_TRANSIT].text_bn, None, in_transit))
    return sheet("owed", ("Merchants' money, by age", "মার্চেন্টদের টাকা, বয়স অনুযায়ী"), columns, rows)


def _grouped(aged: Sequence[tuple[int, int, int]], starts: Sequence[int]) -> list[tuple[int, int]]:
    """For each group of ages, how many and how much of those that are given as days, number and poisha."""
    ends = [*starts[1:], None]
    return [
        (
            sum(parts for days, parts, _ in aged if days >= start and (end is None or days < end)),
            sum(poisha for days, _, poisha in aged if days >= start and (end is None or days < end)),
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _payouts_sheet(ordered: Sequence[store.Ordered]) -> Sheet:
    columns = [
        text("way", "Paid into", "যেখানে পরিশোধ"),
        text("way_bn", "In Bangla", "বাংলায়"),
        text("state", "Stands at", "অবস্থা"),
        text("state_bn", "In Bangla", "বাংলায়"),
        count("payouts", "Payouts", "পরিশোধের সংখ্যা"),
        money("paid", "Amount", "পরিমাণ"),
        money("largest", "Largest", "সর্বোচ্চ", summed=False),
    ]
    rows = ((*_WAYS[one.way], *_STATES[one.state], one.parts, one.poisha, one.most_poisha) for one in ordered)
    return sheet("payouts", ("Payouts ordered in the period", "এই সময়ে নির্দেশিত পরিশোধ"), columns, rows)


def _failures_sheet(failed: Sequence[store.Failed]) -> Sheet:
    columns = [
        text("payout", "Payout", "পরিশোধ"),
        text("merchant", "Merchant", "মার্চেন্ট"),
        text("what", "What became of it", "কী হলো"),
        text("what_bn", "In Bangla", "বাংলায়"),
        money("failed", "Amount", "পরিমাণ"),
        text("at", "When", "কখন"),
        text("why", "Why", "কেন"),
    ]
    rows = (
        (one.payout_id, one.merchant, *_STATES[one.state], one.poisha, local_time(one.at), one.note) for one in failed
    )
    return sheet("failures", ("Payouts that came back or were cancelled", "ফেরত আসা বা বাতিল পরিশোধ"), columns, rows)


def _suspense_sheet(waiting: Sequence[store.Waiting]) -> Sheet:
    columns = [
        text("source", "Source", "উৎস"),
        text("reason", "Why it waits", "কেন অমীমাংসিত"),
        *(count(f"lines_{column_of(group)}_days", f"{group} days", f"{bangla_digits(group)} দিন") for group in _AGES),
        money("in", "Credits", "জমা"),
        money("out", "Debits", "খরচ"),
    ]
    rows: list[tuple[Cell, ...]] = []
    for source, reason in sorted({(one.source, one.reason) for one in waiting}):
        mine = [one for one in waiting if (one.source, one.reason) == (source, reason)]
        lines = [parts for parts, _ in _grouped([(one.days, one.parts, 0) for one in mine], _WAITED)]
        sums = (sum(one.in_poisha for one in mine), sum(one.out_poisha for one in mine))
        rows.append((source, reason.replace("_", " "), *lines, *sums))
    return sheet("suspense", ("Lines of statements in suspense, by age", "অমীমাংসিত লাইন, বয়স অনুযায়ী"), columns, rows)


def _banks_sheet(shown: Sequence[store.Shown]) -> Sheet:
    columns = [
        text("source", "Source", "উৎস"),
        text("through_on", "Statements go up to", "বিবরণী যে দিন পর্যন্ত"),
        money("closing", "Closing balance of the bank", "ব্যাংকের সমাপনী স্থিতি"),
        money("later", "Of it in our books only later", "এর মধ্যে পরে হিসাবভুক্ত"),
    ]
    rows = ((one.source, str(one.through_on or ""), one.closing_poisha, one.later_poisha) for one in shown)
    return sheet("banks", ("What the banks say", "ব্যাংকের বিবরণী"), columns, rows)


def _closing_sheet(closing: Closing) -> Sheet:
    columns = [
        text("kind", "Accounts", "হিসাব"),
        text("kind_bn", "In Bangla", "বাংলায়"),
        money("debit", "Debit", "ডেবিট"),
        money("credit", "Credit", "ক্রেডিট"),
    ]
    rows = (
        (CHART[kind].text_en, CHART[kind].text_bn, max(poisha, 0), max(-poisha, 0))
        for kind, poisha in closing.items()
        if poisha
    )
    return sheet("balances", ("All accounts as the period ended", "সময় শেষে সব হিসাব"), columns, rows)


def _matching_chart(months: Sequence[MonthReport]) -> Chart:
    names = {
        "lines_matched_in_time": ("Matched in time", "সময়মতো মেলানো"),
        "matched_late": ("Matched later", "পরে মেলানো"),
        "lines_unmatched": ("In suspense", "অমীমাংসিত"),
    }
    counts = []
    for month in months:
        found = {one.measure: one.count for one in month.figures}
        counts.append(found | {"matched_late": found["lines_matched"] - found["lines_matched_in_time"]})
    return Chart(
        "matching",
        ChartKind.STACKED,
        "Lines of bank statements, by month",
        "ব্যাংক বিবরণীর লাইন, মাস অনুযায়ী",
        Unit.COUNT,
        tuple(month.month for month in months),
        tuple(Series(*texts, tuple(one[name] for one in counts)) for name, texts in names.items()),
    )


def _owed_chart(owed: Sequence[store.Aged]) -> Chart:
    groups = _grouped([(one.days, one.parts, one.poisha) for one in owed], BUCKET_DAYS)
    series = Series("Owed to merchants", "মার্চেন্টদের প্রাপ্য", tuple(poisha for _, poisha in groups))
    return Chart(
        "owed_by_age",
        ChartKind.BARS,
        "Merchants' money in no settlement, by days since it was collected",
        "নিষ্পত্তি না হওয়া টাকা, আদায়ের পর কত দিন",
        Unit.POISHA,
        BUCKETS,
        (series,),
    )


def _suspense_chart(waiting: Sequence[store.Waiting]) -> Chart:
    into = _grouped([(one.days, one.parts, one.in_poisha) for one in waiting], _WAITED)
    out = _grouped([(one.days, one.parts, one.out_poisha) for one in waiting], _WAITED)
    return Chart(
        "suspense",
        ChartKind.STACKED,
        "In suspense, by days since it was booked",
        "অমীমাংসিত, বুকিংয়ের পর কত দিন",
        Unit.POISHA,
        _AGES,
        (
            Series("Credits", "জমা", tuple(poisha for _, poisha in into)),
            Series("Debits", "খরচ", tuple(poisha for _, poisha in out)),
        ),
    )
