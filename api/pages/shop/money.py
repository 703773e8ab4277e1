"""Where a shop's money is: by how far it has come, parcel by parcel; what was paid out, and the account."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from fastapi import Path, Query, Response

from api.bills import BillId
from api.context import InTransaction
from api.pages.forms import PAGE, attempt, day_of, kept, told
from api.pages.shell import OurVisit, Visit, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.cod.whereabouts import Stage
from post_logistics.errors import PostError
from post_logistics.operations.money.advices import (
    advice_csv,
    advice_pdf,
    statement_csv,
    statement_of_account,
    statement_pdf,
)
from post_logistics.operations.money.bills import bill_pdf
from post_logistics.operations.money.taka import Whereabouts, money_of_merchant, parcels_of_merchant
from post_logistics.storage.money.bills import load_bill, load_bills
from post_logistics.storage.money.payouts import load_latest_payouts
from post_logistics.storage.money.settlements import load_settlement, load_settlements
from post_logistics.storage.money.terms import load_accounts
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

STAGES: Final[Mapping[Stage, str]] = {
    Stage.RIDER: "With riders",
    Stage.AGENT: "With agents",
    Stage.TILL: "In a till",
    Stage.COUNTED: "Counted, to be paid in",
    Stage.DEPOSIT: "Paid in at the bank",
    Stage.PROVIDER: "With a payment provider",
    Stage.BANK: "In the settlement account",
    Stage.SETTLED: "Settled, nothing paid out",
    Stage.PAYOUT: "On its way to you",
    Stage.PAID: "Paid out to you",
    Stage.DEBT: "Not collected, the post answers",
}
"""How far money has come, in the order in which it goes."""
PAYOUTS: Final[Mapping[str, str]] = {
    "ordered": "waits for approval",
    "approved": "approved",
    "filed": "with the bank soon",
    "sent": "sent to the bank",
    "returned": "came back",
    "cancelled": "cancelled",
    "paid_in_cash": "paid in cash",
}
_Paper = Annotated[Literal["pdf", "csv"], Path()]
_SettlementId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]


@router.get("/shop/money")
def page_shop_money(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """All money ever collected for the shop, by how far it has come, and the payouts of the last weeks."""
    money = money_of_merchant(connection, found.engine.facts, shop, found.at).money
    sums = _by_stage(money)
    account = next(reversed(load_accounts(connection, shop)), None)
    return page(
        found,
        "shop/money.html",
        money=money,
        sums=sums,
        parcels=Counter({stage: sum(one.parcels for one in money if one.stage is stage) for stage in sums}),
        stages=STAGES,
        payout_states=PAYOUTS,
        open_poisha=sum(poisha for stage, poisha in sums.items() if stage is not Stage.PAID),
        late_poisha=sum(one.amount_poisha for one in money if one.late),
        payouts=load_latest_payouts(connection, shop, 30),
        advices=load_settlements(connection, merchant=shop, latest=30),
        bills=load_bills(connection, shop, limit=30),
        account=account,
        proven=account is not None and account.check is not None and account.check.outcome == "proven",
    )


def _by_stage(money: Sequence[Whereabouts]) -> dict[Stage, int]:
    """How much has come how far, in the order in which it goes; what there is none of is left out."""
    sums: Counter[Stage] = Counter()
    for one in money:
        sums[one.stage] += one.amount_poisha
    return {stage: sums[stage] for stage in STAGES if sums[stage]}


@router.get("/shop/money/parcels")
def page_shop_money_parcels(
    found: OurVisit,
    shop: Shop,
    connection: InTransaction,
    stage: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The money parcel by parcel, of one stage or of all."""
    wanted = Stage(stage) if stage in set(Stage) else None
    rows = parcels_of_merchant(connection, found.engine.facts, shop, found.at, stage=wanted, after=after, limit=PAGE)
    last = rows[-1][0] if len(rows) == PAGE else None
    return page(
        found,
        "shop/money_parcels.html",
        rows=rows,
        stage=wanted.value if wanted else "",
        choices=[("", found.say("All"))] + [(one.value, found.say(words)) for one, words in STAGES.items()],
        more=f"{last.item_number}:{last.transfer_id}" if last else "",
    )


@router.get("/shop/money/advices/{settlement_id}")
def page_shop_advice(settlement_id: _SettlementId, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """A payout advice: every parcel, and how the payout comes about."""
    return page(found, "shop/advice.html", advice=load_settlement(connection, settlement_id, shop))


@router.get("/shop/money/advices/{settlement_id}/advice.{paper}")
def page_shop_advice_file(
    settlement_id: _SettlementId, paper: _Paper, found: OurVisit, shop: Shop, connection: InTransaction
) -> Response:
    """The advice to print, or for the shop's own books."""
    advice = load_settlement(connection, settlement_id, shop)
    if paper == "csv":
        return kept(advice_csv(advice).encode(), "text/csv; charset=utf-8", f"{settlement_id}.csv")
    body = advice_pdf(advice, load_merchant(connection, shop).name)
    return kept(body, "application/pdf", f"{settlement_id}.pdf")


@router.get("/shop/money/bills/{bill_id}")
def page_shop_bill(bill_id: BillId, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """A bill to print; once it is paid, the receipt."""
    body = bill_pdf(connection, found.engine.facts, load_bill(connection, bill_id, shop))
    return kept(body, "application/pdf", f"{bill_id}.pdf")


def _days(found: Visit, from_on: str, to_on: str) -> tuple[date, date]:
    """The days of a statement: those asked for, or this month until today."""
    today = found.at.astimezone(DHAKA).date()
    last = day_of(to_on, "to_on") or today
    return day_of(from_on, "from_on") or (last.replace(day=1) if last.day > 1 else last - timedelta(days=30)), last


@router.get("/shop/money/statement")
def page_shop_statement(
    found: OurVisit,
    shop: Shop,
    connection: InTransaction,
    from_on: Annotated[str, Query(max_length=10)] = "",
    to_on: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """What the post owed at first, everything that changed it, and what it owes at last."""
    first, last = _days(found, from_on, to_on)
    made = attempt(connection, lambda: statement_of_account(connection, shop, first, last, found.at))
    problem = told(found, made) if isinstance(made, PostError) else ""
    statement = None if isinstance(made, PostError) else made
    return page(
        found,
        "shop/statement.html",
        422 if problem else 200,
        statement=statement,
        problem=problem,
        from_on=first.isoformat(),
        to_on=last.isoformat(),
    )


@router.get("/shop/money/statement.{paper}")
def page_shop_statement_file(
    paper: _Paper,
    found: OurVisit,
    shop: Shop,
    connection: InTransaction,
    from_on: Annotated[str, Query(max_length=10)] = "",
    to_on: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The statement to print, or for a spreadsheet."""
    statement = statement_of_account(connection, shop, *_days(found, from_on, to_on), found.at)
    name = f"{shop}-{statement.from_on}-{statement.to_on}.{paper}"
    if paper == "csv":
        return kept(statement_csv(statement).encode(), "text/csv; charset=utf-8", name)
    return kept(statement_pdf(statement, load_merchant(connection, shop).name), "application/pdf", name)
