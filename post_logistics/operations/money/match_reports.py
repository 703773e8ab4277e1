"""The accounts matched month by month, within the 15 days that Bangladesh Bank gives, and its quarterly report.

Bangladesh Bank, COD guideline of 6 May 2021: the settlement account is matched every month within 15 days, and a report
goes to the bank every quarter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from post_logistics.errors import Unacceptable
from post_logistics.printing.tables import table_text
from post_logistics.storage.database import Connection
from post_logistics.storage.money.match_reports import Figure, load_month
from post_logistics.units import DHAKA, latin_digits, taka_plain

DUE_DAY: Final = 15

MEASURES: Final = {
    "collected_cash": ("COD collected in cash", "নগদে সংগৃহীত সিওডি"),
    "collected_digital": ("COD collected by wallet, card or QR", "ওয়ালেট, কার্ড বা কিউআরে সংগৃহীত সিওডি"),
    "deposited": ("Paid in at the bank", "ব্যাংকে জমা দেওয়া"),
    "deposits_confirmed": ("Deposits on the bank's statements", "ব্যাংক বিবরণীতে নিশ্চিত জমা"),
    "providers_paid": ("Received from providers at the bank", "পেমেন্ট প্রতিষ্ঠান থেকে ব্যাংকে প্রাপ্ত"),
    "provider_fees": ("Kept by providers", "পেমেন্ট প্রতিষ্ঠানের মাশুল"),
    "counted_short": ("The bank counted less", "ব্যাংকের গণনায় কম"),
    "counted_over": ("The bank counted more", "ব্যাংকের গণনায় বেশি"),
    "payouts_confirmed": ("Paid to merchants", "মার্চেন্টদের পরিশোধ"),
    "payouts_returned": ("Payouts that came back", "ফেরত আসা পরিশোধ"),
    "bank_charges": ("Bank charges", "ব্যাংকের মাশুল"),
    "bank_interest": ("Interest", "সুদ"),
    "lines_in": ("Credits on the bank's statements", "ব্যাংক বিবরণীতে জমার লাইন"),
    "lines_out": ("Debits on the bank's statements", "ব্যাংক বিবরণীতে খরচের লাইন"),
    "lines_matched": ("Lines matched", "মেলানো লাইন"),
    "lines_matched_in_time": ("Lines matched by the 15th of the next month", "পরের মাসের ১৫ তারিখের মধ্যে মেলানো"),
    "lines_unmatched": ("Lines in suspense", "অমীমাংসিত লাইন"),
    "unmatched_0_to_3_days": ("In suspense up to 3 days", "অমীমাংসিত ৩ দিন পর্যন্ত"),
    "unmatched_4_to_15_days": ("In suspense 4 to 15 days", "অমীমাংসিত ৪ থেকে ১৫ দিন"),
    "unmatched_over_15_days": ("In suspense more than 15 days", "অমীমাংসিত ১৫ দিনের বেশি"),
}
"""What is reported, in English and Bangla, in order."""


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month's figures. ``matched_in_time``: every line of the month was matched by ``due_on``; None before that day
    is over and while lines wait."""

    month: str
    due_on: date
    matched_in_time: bool | None
    figures: tuple[Figure, ...]


def month_report(connection: Connection, month: str, at: datetime) -> MonthReport:
    """The match report of a month, written 2026-11, as things stand now."""
    first = _first(month)
    following = _next(first)
    due_on = following.replace(day=DUE_DAY)
    over = datetime.combine(due_on.replace(day=DUE_DAY + 1), time(), DHAKA)
    figures = load_month(connection, first, following, over, at.astimezone(DHAKA).date())
    count = {one.measure: one.count for one in figures}
    lines = count["lines_in"] + count["lines_out"]
    in_time = True if count["lines_matched_in_time"] == lines else False if at >= over else None
    return MonthReport(f"{first:%Y-%m}", due_on, in_time, tuple(figures))


def quarter_report(connection: Connection, quarter: str, at: datetime) -> list[MonthReport]:
    """The three months of a quarter, written 2026-Q4, for the central bank."""
    year, _, number = latin_digits(quarter).upper().partition("-Q")
    if not (year.isdigit() and len(year) == 4 and number in {"1", "2", "3", "4"}):
        raise Unacceptable(f"{quarter!r} is not a quarter", field="quarter", remedy="write it as 2026-Q4")
    months = range(3 * int(number) - 2, 3 * int(number) + 1)
    return [month_report(connection, f"{year}-{month:02d}", at) for month in months]


def report_csv(reports: Sequence[MonthReport]) -> str:
    """The reports as a table, a row per month and measure; safe to open in a spreadsheet."""
    columns = ("month", "measure", "text_en", "text_bn", "count", "amount_taka", "due_on", "matched_in_time")
    verdict = {True: "yes", False: "no", None: "not yet due"}
    rows = [
        (report.month, one.measure, *MEASURES[one.measure], one.count, taka_plain(one.amount_poisha), report.due_on,
         verdict[report.matched_in_time])
        for report in reports
        for one in report.figures
    ]  # fmt: skip
    return table_text(columns, rows)


def _first(month: str) -> date:
    try:
        return date.fromisoformat(f"{latin_digits(month).strip()}-01")
    except ValueError:
        raise Unacceptable(f"{month!r} is not a month", field="month", remedy="write it as 2026-11") from None


def _next(first: date) -> date:
    return first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
