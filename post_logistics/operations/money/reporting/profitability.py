"""What merchants bring in: charges earned from the ledger, against what their parcels cost by the model of the post."""

from datetime import datetime
from typing import Final

import pandas as pd

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.costs import CostBook, Costs
from post_logistics.cod.postings import Code
from post_logistics.cod.reports import Cell, Chart, ChartKind, Figure, Period, Report, Series, Sheet, Unit
from post_logistics.operations.money.reporting.columns import (
    amount,
    count,
    frame_of,
    money,
    of_unit,
    share_bps,
    sheet,
    sheet_of,
    span,
    text,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money import reporting as store
from post_logistics.storage.orders.merchants import load_merchants
from post_logistics.units import DHAKA, taka

_SHOWN = 12
"""Merchants in a chart."""

COSTS: Final = {
    "handling_poisha": ("Handling", "গ্রহণ ও বাছাই"),
    "carriage_poisha": ("Between offices", "ডাকঘর থেকে ডাকঘরে"),
    "tries_poisha": ("Tries at the door", "বিলির চেষ্টা"),
    "returns_poisha": ("Returns", "ফেরত"),
    "cash_cost_poisha": ("Cash", "নগদ"),
    "digital_cost_poisha": ("Wallets, cards, QR", "ওয়ালেট, কার্ড, কিউআর"),
    "payout_cost_poisha": ("Payouts", "পরিশোধ"),
    "claims_poisha": ("Claims", "ক্ষতিপূরণ"),
}
"""What a merchant costs; all but claims, which are in the ledger, by the model."""


def profitability_report(connection: Connection, costs: CostBook, period: Period, at: datetime) -> Report:
    """Of the parcels that were settled in the period, by merchant; what was earned agrees with the ledger."""
    model = costs.on(period.last_on)
    frame = with_costs(_earned(connection, period), model)
    names = load_merchants(connection)
    frame["name"] = [names[one].name if one in names else "" for one in frame["merchant"]]
    frame = frame.sort_values(["margin_poisha", "merchant"], ascending=[False, True])
    return Report(
        name="profitability",
        text_en="What merchants bring in",
        text_bn="মার্চেন্ট অনুযায়ী আয় ও ব্যয়",
        period=period,
        as_of_on=min(at.astimezone(DHAKA).date(), period.last_on),
        figures=_figures(frame),
        sheets=(_sheet(frame), _model_sheet(model)),
        charts=(_margins(frame), _against(frame)),
    )


def _earned(connection: Connection, period: Period) -> pd.DataFrame:
    """A row a merchant with parcels settled, charges or claims in the period."""
    from_at, to_at = span(period.first_on, period.last_on)
    served = frame_of(store.Served, store.load_served(connection, from_at, to_at))
    kinds = (AccountKind.MERCHANT_FEES_DUE, AccountKind.MERCHANT_PAYABLE)
    moved = store.load_moved(connection, from_at, to_at, kinds, None)
    charged = {one.merchant: -one.poisha for one in moved if one.code == Code.FEE}
    claims = {one.merchant: one.poisha for one in moved if one.code == Code.COMPENSATE}
    payouts = store.load_payouts_made(connection, from_at, to_at)
    known = sorted({*served["merchant"], *charged, *claims, *payouts})
    frame = served.set_index("merchant").reindex(known, fill_value=0).astype("int64")
    frame["earned_poisha"] = [charged.get(one, 0) for one in known]
    frame["claims_poisha"] = [claims.get(one, 0) for one in known]
    frame["payouts"] = [payouts.get(one, 0) for one in known]
    frame["corrected_poisha"] = frame["earned_poisha"] - frame["postage_poisha"] - frame["cod_fee_poisha"]
    return frame.rename_axis("merchant").reset_index()


def with_costs(frame: pd.DataFrame, model: Costs) -> pd.DataFrame:
    """The frame of `store.Served` and claims with what all of it cost, in whole poisha, and what is left."""
    journeys, grams = frame["sent_on"] + frame["sent_back"], frame["sent_on_g"] + frame["sent_back_g"]
    costed = frame.assign(
        handling_poisha=frame["parcels"] * model.parcel_poisha,
        carriage_poisha=journeys * model.sent_on_poisha + grams * model.sent_on_per_kg_poisha // 1000,
        tries_poisha=frame["tries"] * model.try_poisha,
        returns_poisha=frame["returned"] * model.return_poisha,
        cash_cost_poisha=frame["cash_parts"] * model.cash_poisha + frame["cash_poisha"] * model.cash_bps // 10_000,
        digital_cost_poisha=frame["digital_poisha"] * model.digital_bps // 10_000,
        payout_cost_poisha=frame["payouts"] * model.payout_poisha,
    )
    costed["cost_poisha"] = costed[list(COSTS)].sum(axis="columns")
    costed["margin_poisha"] = costed["earned_poisha"] - costed["cost_poisha"]
    whole = zip(costed["margin_poisha"].tolist(), costed["earned_poisha"].tolist(), strict=True)
    costed["margin_bps"] = pd.array([share_bps(part, of) if of > 0 else None for part, of in whole], dtype="Int64")
    return costed


def _figures(frame: pd.DataFrame) -> tuple[Figure, ...]:
    earned, cost, margin = (int(frame[f"{name}_poisha"].sum()) for name in ("earned", "cost", "margin"))
    losing = int((frame["margin_poisha"] < 0).sum())
    return (
        amount("earned", "Charges earned", "অর্জিত সেবামূল্য", earned),
        amount("cost", "What it cost, by the model", "হিসাবমতে ব্যয়", cost),
        amount("margin", "What is left", "অবশিষ্ট", margin),
        Figure(
            "margin_bps", "Of what was earned", "আয়ের অংশ", share_bps(margin, earned) if earned > 0 else None, Unit.BPS
        ),
        Figure("parcels", "Parcels settled", "নিষ্পন্ন পার্সেল", int(frame["parcels"].sum()), Unit.COUNT),
        Figure("losing", "Merchants that cost more", "যাদের ব্যয় বেশি", losing, Unit.COUNT),
    )


def _sheet(frame: pd.DataFrame) -> Sheet:
    columns = [
        text("merchant", "Merchant", "মার্চেন্ট"),
        text("name", "Name", "নাম"),
        count("parcels", "Parcels", "পার্সেল"),
        count("returned", "Returned", "ফেরত"),
        count("tries", "Tries", "বিলির চেষ্টা"),
        money("postage", "Postage", "মাশুল"),
        money("cod_fee", "COD fees", "সিওডি ফি"),
        money("corrected", "Corrected", "সংশোধন"),
        money("earned", "Earned", "আয়"),
        *(money(name.removesuffix("_poisha"), *texts) for name, texts in COSTS.items()),
        money("cost", "Cost", "ব্যয়"),
        money("margin", "Left", "অবশিষ্ট"),
        of_unit(Unit.BPS, "margin_bps", "Of earned", "আয়ের অংশ"),
    ]
    return sheet_of("merchants", ("Earned and spent, by merchant", "মার্চেন্ট অনুযায়ী আয় ও ব্যয়"), columns, frame)


_MODEL = {
    "parcel_poisha": ("Each parcel, handled", "প্রতি পার্সেল, গ্রহণ ও বাছাই"),
    "sent_on_poisha": ("Each parcel sent to another office", "অন্য ডাকঘরে পাঠানো প্রতি পার্সেল"),
    "sent_on_per_kg_poisha": ("Each kilogram of it", "তার প্রতি কেজি"),
    "try_poisha": ("Each try at the door", "বিলির প্রতি চেষ্টা"),
    "return_poisha": ("Each parcel given back", "ফেরত দেওয়া প্রতি পার্সেল"),
    "cash_poisha": ("Each collection in cash", "নগদে প্রতি আদায়"),
    "cash_bps": ("Of the cash collected", "আদায় করা নগদের"),
    "digital_bps": ("Of what wallets, cards and QR brought", "ওয়ালেট, কার্ড ও কিউআরে আদায়ের"),
    "payout_poisha": ("Each payout", "প্রতি পরিশোধ"),
}


def _model_sheet(model: Costs) -> Sheet:
    columns = [
        text("cost", "The model: data/costs.toml", "ব্যয়ের হিসাব: data/costs.toml"),
        text("cost_bn", "In Bangla", "বাংলায়"),
        text("amount", "So much", "পরিমাণ"),
        text("basis", "Basis", "ভিত্তি"),
    ]
    rows = [(en, bn, _written(name, getattr(model, name)), "assumption · অনুমান") for name, (en, bn) in _MODEL.items()]
    since = (f"In force since {model.valid_from}", f"{model.valid_from} থেকে কার্যকর", "", "")
    return sheet("model", ("What was assumed", "যা ধরে নেওয়া হয়েছে"), columns, [*rows, since])


def _written(name: str, value: int) -> Cell:
    return taka(value) if name.endswith("_poisha") else f"{value / 100:.2f} %"


def _margins(frame: pd.DataFrame) -> Chart:
    """Those with the most left, and those with the least."""
    half = _SHOWN // 2
    shown = frame if len(frame) <= _SHOWN else pd.concat([frame.head(half), frame.tail(half)])
    return Chart(
        "margins",
        ChartKind.SIDEWAYS,
        "What is left of merchants: the most and the least",
        "মার্চেন্ট অনুযায়ী অবশিষ্ট: সবচেয়ে বেশি ও কম",
        Unit.POISHA,
        tuple(shown["merchant"]),
        (Series("Left", "অবশিষ্ট", tuple(shown["margin_poisha"].tolist())),),
    )


def _against(frame: pd.DataFrame) -> Chart:
    """What the merchants with the most parcels cost, and for what."""
    shown = frame.sort_values(["parcels", "merchant"], ascending=[False, True]).head(_SHOWN)
    series = [Series(*texts, tuple(shown[name].tolist())) for name, texts in COSTS.items()]
    return Chart(
        "costs",
        ChartKind.SIDEWAYS,
        "What the busiest merchants cost, and for what",
        "সবচেয়ে ব্যস্ত মার্চেন্টদের ব্যয়, খাত অনুযায়ী",
        Unit.POISHA,
        tuple(shown["merchant"]),
        tuple(one for one in series if any(one.values)),
    )
