"""COD remittance: what each merchant was owed, charged and paid in a period, and how long its money was on the way."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from post_logistics.cod.account_statement import OWING_KINDS, accounts_of
from post_logistics.cod.accounts import Account, parse
from post_logistics.cod.postings import Code
from post_logistics.cod.reports import (
    Chart,
    ChartKind,
    Column,
    Figure,
    Period,
    Report,
    Series,
    Sheet,
    Tender,
    Unit,
    paid_by,
)
from post_logistics.cod.terms import Terms
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting.columns import (
    amount,
    before,
    count,
    day_labels,
    frame_of,
    money,
    of_unit,
    share_bps,
    sheet_of,
    span,
    text,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money import reporting as store
from post_logistics.storage.money.ledger import load_balances, load_balances_of
from post_logistics.storage.orders.merchants import load_merchant, load_merchants
from post_logistics.units import DHAKA, MerchantId

REASONS: dict[str, tuple[str, ...]] = {
    "collected_poisha": tuple(store.OWED),
    "claims_poisha": (Code.COMPENSATE,),
    "fees_poisha": (Code.FEE,),
    "vat_poisha": (Code.VAT,),
    "refunds_poisha": tuple(code for code in Code if code.startswith("refund")),
    "paid_out_poisha": (Code.PAY_OUT, Code.ADVANCE),
    "came_back_poisha": (Code.PAYOUT_CANCELLED, Code.PAYOUT_RETURNED),
}
"""Column -> the reasons that it sums. What is in none of them, and does not stay with the merchant, is ``other``."""
_TAKEN = {"fees_poisha", "vat_poisha", "refunds_poisha", "paid_out_poisha"}
"""Shown above zero, though the merchant has less by them."""
_LONGEST = 15
"""Days to a payout that have a bar of their own."""


def remittance_report(
    connection: Connection, facts: Facts, period: Period, at: datetime, merchant: MerchantId | None = None
) -> Report:
    """Of every merchant, or of one; NotFound if there is no such merchant. Of what was collected in the period is told
    what became of it by now."""
    names = _names(connection, merchant)
    from_at, to_at = span(period.first_on, period.last_on)
    accounts = _accounts(connection, from_at, to_at, merchant, names)
    today = at.astimezone(DHAKA).date()
    parts = judged(connection, facts, period, today, merchant)
    speed = _speed(parts, "merchant")
    speed.insert(0, "name", [names.get(str(one), "") for one in speed["merchant"]])
    return Report(
        name="remittance",
        text_en="COD remittance",
        text_bn="সিওডি টাকা পরিশোধ",
        period=period,
        as_of_on=min(today, period.last_on),
        figures=_figures(accounts, parts),
        sheets=(_accounts_sheet(accounts), _speed_sheet(speed), _days_sheet(parts)),
        charts=(_histogram(parts), _in_time_chart(parts, period)),
    )


def _names(connection: Connection, merchant: MerchantId | None) -> Mapping[str, str]:
    if merchant is not None:
        return {merchant: load_merchant(connection, merchant).name}
    return {one.merchant_id: one.name for one in load_merchants(connection).values()}


def _accounts(
    connection: Connection, from_at: datetime, to_at: datetime, merchant: MerchantId | None, names: Mapping[str, str]
) -> pd.DataFrame:
    """A row a merchant: what it was owed at first, what changed that and why, what it was owed at last."""
    moved = frame_of(store.Moved, store.load_moved(connection, from_at, to_at, OWING_KINDS, merchant))
    opening, closing = (_owed_at(connection, before(one), merchant) for one in (from_at, to_at))
    of = {code: column for column, codes in REASONS.items() for code in codes}
    moved["column"] = [of.get(code, "other_poisha") for code in moved["code"]]
    sums = moved.groupby(["merchant", "column"])["poisha"].sum().unstack(fill_value=0)
    known = sorted({*opening, *closing, *sums.index})
    frame = sums.reindex(index=known, columns=[*REASONS, "other_poisha"], fill_value=0).astype("int64")
    frame[sorted(_TAKEN)] = -frame[sorted(_TAKEN)]
    frame["opening_poisha"] = [opening.get(one, 0) for one in known]
    frame["closing_poisha"] = [closing.get(one, 0) for one in known]
    frame["merchant"], frame["name"] = known, [names.get(one, "") for one in known]
    return frame


def _owed_at(connection: Connection, until: datetime, merchant: MerchantId | None) -> dict[str, int]:
    """Merchant -> what the post owed it then: product money less charges, VAT and advances that were due."""
    if merchant is None:
        sums: Mapping[Account, int] = load_balances(connection, OWING_KINDS, until)
    else:
        sums = load_balances_of(connection, accounts_of(merchant), until)
    owed: dict[str, int] = {}
    for one, poisha in sums.items():
        owner = parse(one)[1]
        owed[owner] = owed.get(owner, 0) - poisha
    return owed


def judged(
    connection: Connection, facts: Facts, period: Period, today: date, merchant: MerchantId | None = None
) -> pd.DataFrame:
    """What was collected in the period, a row for what went the same way: `store.Collected` with ``days`` from
    collection to payout (0 until paid) and whether that is ``in_time``, ``late`` or still ``open`` by the terms.

    Open is what is not due yet. None of the three is what has no term: of merchants paid on demand, and what settled
    without a payout.
    """
    found = store.load_collected(connection, *span(period.first_on, period.last_on), merchant)
    frame = frame_of(store.Collected, found)
    due = _due(facts, store.load_terms_until(connection, period.last_on), frame)
    paid = pd.Series([one.toordinal() if one else 0 for one in frame["paid_on"]], dtype="int64")
    frame["collected_day"] = pd.Series([one.toordinal() for one in frame["collected_on"]], dtype="int64")
    is_paid, by_terms = frame["fate"] == "paid", (due > 0) & (frame["fate"] != "settled")
    frame["days"] = (paid - frame["collected_day"]).where(is_paid, 0)
    frame["in_time"] = by_terms & is_paid & (paid <= due)
    frame["late"] = by_terms & (is_paid & (paid > due) | ~is_paid & (due < today.toordinal()))
    frame["open"] = by_terms & ~is_paid & ~frame["late"]
    return frame


def _due(facts: Facts, agreed: Mapping[str, Sequence[Terms]], frame: pd.DataFrame) -> "pd.Series[int]":
    """(rows,) the day by which each row was to be paid, as a number of days; 0 where there is no such day."""
    known: dict[tuple[Any, ...], int] = {}
    due = []
    for merchant, on, tender in zip(frame["merchant"], frame["collected_on"], frame["tender"], strict=True):
        terms = next((one for one in reversed(agreed.get(merchant, ())) if one.valid_from <= on), None)
        key = (terms and (terms.cycle, terms.weekday), on, tender)
        if key not in known:
            by = paid_by(on, Tender(tender), facts.money_rules, facts.cod_rules.on(on), terms)
            known[key] = by.toordinal() if by else 0
        due.append(known[key])
    return pd.Series(due, dtype="int64")


_FATES = ("paid", "ordered", "waiting", "settled")
_VERDICTS = ("in_time", "late", "open")


def _speed(parts: pd.DataFrame, by: str) -> pd.DataFrame:
    """A row for each merchant or day: amounts by how far they have come, days to the payout, shares in time."""
    of = {name: parts["fate"] == name for name in _FATES} | {name: parts[name] for name in _VERDICTS}
    marked = parts.assign(
        **{f"{name}_poisha": parts["poisha"].where(those, 0) for name, those in of.items()},
        **{f"{name}_parts": parts["parts"].where(of[name], 0) for name in ("in_time", "late")},
    )
    names = ["parts", "poisha", *(f"{name}_poisha" for name in of), "in_time_parts", "late_parts"]
    sums = marked.groupby(by)[names].sum().rename(columns={"poisha": "taken_poisha"})
    for name, percent in (("median_days", 50), ("most_days", 95)):
        sums[name] = nearest_rank(parts[of["paid"]], by, percent).reindex(sums.index).astype("Int64")
    shares = [
        share_bps(part, part + late) for part, late in zip(sums["in_time_parts"], sums["late_parts"], strict=True)
    ]
    sums["in_time_bps"] = pd.array(shares, dtype="Int64")
    return sums.reset_index()


def nearest_rank(paid: pd.DataFrame, by: str, percent: int) -> "pd.Series[int]":
    """For each of ``by``, the fewest ``days`` within which so many percent of the ``parts`` were paid."""
    sums = paid.groupby([by, "days"])["parts"].sum().reset_index()
    reached = sums.groupby(by)["parts"].cumsum() * 100
    wanted = sums.groupby(by)["parts"].transform("sum") * percent
    return sums[reached >= wanted].groupby(by)["days"].first()


def _figures(accounts: pd.DataFrame, parts: pd.DataFrame) -> tuple[Figure, ...]:
    sums = {
        name: int(accounts[name].sum()) for name in ("collected_poisha", "fees_poisha", "vat_poisha", "claims_poisha")
    }
    paid_out = int((accounts["paid_out_poisha"] - accounts["came_back_poisha"]).sum())
    paid = parts[parts["fate"] == "paid"].assign(all=0)
    days = {percent: nearest_rank(paid, "all", percent).get(0) for percent in (50, 95)}
    in_time, late = (int(parts.loc[parts[name], "parts"].sum()) for name in ("in_time", "late"))
    return (
        amount("collected", "Collected for merchants", "মার্চেন্টদের জন্য আদায়", sums["collected_poisha"]),
        amount("paid_out", "Paid out", "পরিশোধিত", paid_out),
        amount("fees", "Service charges", "সেবামূল্য", sums["fees_poisha"]),
        amount("vat", "VAT", "ভ্যাট", sums["vat_poisha"]),
        amount("claims", "Paid for claims", "ক্ষতিপূরণ", sums["claims_poisha"]),
        amount("closing", "Owed at the end", "শেষে প্রাপ্য", int(accounts["closing_poisha"].sum())),
        Figure("median_days", "Days to payout, half within", "পরিশোধে দিন, অর্ধেকের মধ্যে", _int(days[50]), Unit.DAYS),
        Figure("most_days", "Days to payout, 95 % within", "পরিশোধে দিন, ৯৫% এর মধ্যে", _int(days[95]), Unit.DAYS),
        Figure("in_time_bps", "Paid in time", "সময়মতো পরিশোধ", share_bps(in_time, in_time + late), Unit.BPS),
    )


def _int(value: Any) -> int | None:
    return None if value is None else int(value)


def _accounts_sheet(frame: pd.DataFrame) -> Sheet:
    columns = [
        text("merchant", "Merchant", "মার্চেন্ট"),
        text("name", "Name", "নাম"),
        money("opening", "Owed at first", "শুরুতে প্রাপ্য"),
        money("collected", "Collected", "আদায়"),
        money("claims", "Claims", "ক্ষতিপূরণ"),
        money("fees", "Charges", "সেবামূল্য"),
        money("vat", "VAT", "ভ্যাট"),
        money("refunds", "Refunds", "ফেরত"),
        money("paid_out", "Paid out", "পরিশোধিত"),
        money("came_back", "Came back", "ফেরত আসা পরিশোধ"),
        money("other", "Other", "অন্যান্য"),
        money("closing", "Owed at last", "শেষে প্রাপ্য"),
    ]
    return sheet_of("accounts", ("What merchants were owed, charged and paid", "প্রাপ্য, কর্তন ও পরিশোধ"), columns, frame)


def _speed_columns() -> list[Column]:
    return [
        count("parts", "Collections", "আদায়ের সংখ্যা"),
        money("taken", "Collected, less what was taken back", "আদায়, বাতিল বাদে"),
        money("paid", "Of it paid", "পরিশোধিত"),
        money("ordered", "Payout on its way", "পরিশোধ পথে"),
        money("settled", "Settled without payout", "পরিশোধ ছাড়া নিষ্পন্ন"),
        money("waiting", "Waiting for settlement", "নিষ্পত্তির অপেক্ষায়"),
        of_unit(Unit.DAYS, "median_days", "Days, half within", "দিন, অর্ধেক"),
        of_unit(Unit.DAYS, "most_days", "Days, 95 % within", "দিন, ৯৫%"),
        money("in_time", "Paid in time", "সময়মতো"),
        money("late", "Late", "বিলম্বিত"),
        money("open", "Not due yet", "সময় আছে"),
        of_unit(Unit.BPS, "in_time_bps", "In time", "সময়মতো, শতাংশ"),
    ]


def _speed_sheet(frame: pd.DataFrame) -> Sheet:
    columns = [text("merchant", "Merchant", "মার্চেন্ট"), text("name", "Name", "নাম"), *_speed_columns()]
    return sheet_of("speed", ("What became of what was collected", "আদায় করা টাকার কী হলো"), columns, frame)


def _days_sheet(parts: pd.DataFrame) -> Sheet:
    frame = _speed(parts, "collected_on")
    frame["collected_on"] = frame["collected_on"].astype(str)
    columns = [text("collected_on", "Collected on", "আদায়ের দিন"), *_speed_columns()]
    return sheet_of("days", ("The same by day of collection", "আদায়ের দিন অনুযায়ী"), columns, frame)


def _histogram(parts: pd.DataFrame) -> Chart:
    paid = parts[parts["fate"] == "paid"]
    by_days = paid.groupby(paid["days"].clip(upper=_LONGEST))["parts"].sum()
    counts = by_days.reindex(range(_LONGEST + 1), fill_value=0)
    return Chart(
        "days_to_payout",
        ChartKind.BARS,
        "Days from collection to payout",
        "আদায় থেকে পরিশোধ পর্যন্ত কত দিন",
        Unit.COUNT,
        (*map(str, range(_LONGEST)), f"{_LONGEST}+"),
        (Series("Collections paid", "পরিশোধিত আদায়", tuple(counts.tolist())),),
    )


def _in_time_chart(parts: pd.DataFrame, period: Period) -> Chart:
    by_day = _speed(parts, "collected_on").set_index("collected_on").reindex(list(period.days))
    series = {
        "in_time": ("Paid in time", "সময়মতো পরিশোধ"),
        "open": ("Not due yet", "সময় আছে"),
        "late": ("Late", "বিলম্বিত"),
    }
    return Chart(
        "in_time",
        ChartKind.STACKED,
        "Collected by day, and whether it was paid in time",
        "দিন অনুযায়ী আদায়, সময়মতো পরিশোধ হয়েছে কি না",
        Unit.POISHA,
        day_labels(period.days),
        tuple(
            Series(*texts, tuple(by_day[f"{name}_poisha"].fillna(0).astype("int64").tolist()))
            for name, texts in series.items()
        ),
    )
