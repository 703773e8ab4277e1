"""Where the money was at the end of each day: the balances of all accounts, by kind, day by day."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from post_logistics.cod.accounts import CHART, AccountKind, parse
from post_logistics.cod.reports import Chart, ChartKind, Series, Sheet, Unit
from post_logistics.operations.money.reporting.columns import before, day_labels, frame_of, money, sheet_of, span, text
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.money.reporting import DayMoved, load_days_moved

_K = AccountKind
PLACES = (
    _K.RIDER_CASH,
    _K.AGENT_CASH,
    _K.OFFICE_TILL,
    _K.BANK_IN_TRANSIT,
    _K.PROVIDER_CLEARING,
    _K.SETTLEMENT_BANK,
)
"""Where money is, on its way from recipients to merchants."""
DEBTS = (_K.RIDER_DEBT, _K.OFFICE_DEBT, _K.PAY_DEDUCTIONS, _K.UNIDENTIFIED_PAYMENTS)
"""Where money was, and somebody answers for it."""
OWED = (_K.MERCHANT_PAYABLE, _K.PAYOUT_IN_TRANSIT)
"""Merchants' money."""

SHORT = {
    _K.RIDER_CASH: ("Riders", "রাইডার"),
    _K.AGENT_CASH: ("Agents", "এজেন্ট"),
    _K.OFFICE_TILL: ("Tills", "ক্যাশ"),
    _K.BANK_IN_TRANSIT: ("On the way to the bank", "ব্যাংকের পথে"),
    _K.PROVIDER_CLEARING: ("Providers", "পেমেন্ট প্রতিষ্ঠান"),
    _K.SETTLEMENT_BANK: ("Bank", "ব্যাংক"),
}


def balances_by_day(connection: Connection, days: Sequence[date]) -> pd.DataFrame:
    """(days, kinds of account) int64 poisha, debit positive, as each of those consecutive days ended."""
    from_at, to_at = span(days[0], days[-1])
    opening = dict.fromkeys(_K, 0)
    for one, poisha in load_balances(connection, until=before(from_at)).items():
        opening[parse(one)[0]] += poisha
    moved = frame_of(DayMoved, load_days_moved(connection, from_at, to_at))
    by_day = moved.set_index(["on_day", "kind"])["poisha"].unstack(fill_value=0)
    whole = by_day.reindex(index=list(days), columns=list(_K), fill_value=0).astype("int64").cumsum()
    return whole + pd.Series(opening, dtype="int64")


def places_sheet(balances: pd.DataFrame) -> Sheet:
    """Day by day: what is in each place, what somebody of the post owes, what of it is merchants', and the rest."""
    kinds = [*PLACES, *DEBTS]
    frame = pd.DataFrame({f"{kind}_poisha": balances[kind] for kind in kinds})
    frame["on_day"] = [str(day) for day in balances.index]
    frame["held_poisha"] = frame[[f"{kind}_poisha" for kind in kinds]].sum(axis="columns")
    for kind in OWED:
        frame[f"{kind}_poisha"] = -balances[kind]
    frame["rest_poisha"] = frame["held_poisha"] - frame[[f"{kind}_poisha" for kind in OWED]].sum(axis="columns")
    used = [kind for kind in kinds if frame[f"{kind}_poisha"].any()]
    named = [money(kind, CHART[kind].text_en, CHART[kind].text_bn, summed=False) for kind in (*used, *OWED)]
    columns = [
        text("on_day", "Day", "দিন"),
        *named[: len(used)],
        money("held", "All of it", "সব মিলিয়ে", summed=False),
        *named[len(used) :],
        money("rest", "The rest: charges, VAT, unexplained", "বাকি: সেবামূল্য, ভ্যাট, ব্যাখ্যাহীন", summed=False),
    ]
    return sheet_of("days", ("Where the money was as each day ended", "প্রতিদিন শেষে টাকা কোথায় ছিল"), columns, frame)


def places_chart(balances: pd.DataFrame) -> Chart:
    """The same as a picture."""
    used = [kind for kind in PLACES if balances[kind].any()] or [_K.SETTLEMENT_BANK]
    return Chart(
        "places",
        ChartKind.AREAS,
        "Money by place, as each day ended",
        "প্রতিদিন শেষে কোথায় কত টাকা",
        Unit.POISHA,
        day_labels(balances.index),
        tuple(Series(*SHORT[kind], tuple(balances[kind].tolist())) for kind in used),
    )
