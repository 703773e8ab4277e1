"""Payouts: settled with merchants, looked at line by line, approved by a second person, and what became of them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, kept, refused, told
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.payouts import PayoutKind, PayoutState
from post_logistics.errors import PostError
from post_logistics.operations.money.advices import advice_csv, advice_pdf
from post_logistics.operations.money.payouts import approve_payout, cancel_payout, return_payout
from post_logistics.operations.money.settling import settle_everyone
from post_logistics.storage.database import Connection
from post_logistics.storage.money.payouts import load_advances, load_confirmed, load_payout, load_payouts, load_steps
from post_logistics.storage.money.settlements import load_settlement
from post_logistics.storage.money.terms import load_accounts_in_use
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

STATES: Final[Mapping[PayoutState, tuple[str, str]]] = {
    PayoutState.ORDERED: ("waits for approval", "warn"),
    PayoutState.APPROVED: ("approved, in no file", ""),
    PayoutState.FILED: ("in a file that is not sent", "warn"),
    PayoutState.SENT: ("sent to the bank", ""),
    PayoutState.RETURNED: ("came back", "bad"),
    PayoutState.CANCELLED: ("cancelled", ""),
    PayoutState.PAID_IN_CASH: ("paid in cash", "good"),
}
"""Where a payout stands, and its badge."""
WAITS: Final = {
    "not_finished": "on its way",
    "not_in_bank": "not confirmed by the bank",
    "needs_account": "needs an account",
    "held": "held",
}
"""Why a parcel is left for a later settlement."""
_PayoutId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]


@router.get("/finance/payouts")
def page_finance_payouts(
    found: OurVisit,
    connection: InTransaction,
    state: Annotated[str, Query(max_length=20)] = "",
    merchant: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """A page of payouts: those that wait for approval, unless others are asked for."""
    return _payouts(found, connection, state, merchant, after)


def _payouts(
    found: Visit,
    connection: Connection,
    state: str = "",
    merchant: str = "",
    after: str = "",
    *,
    typed: Typed = NOTHING,
    waiting: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    wanted = [PayoutState(state)] if state in set(PayoutState) else None
    rows = load_payouts(connection, states=wanted, merchant=merchant.strip() or None, after=after or None, limit=PAGE)
    return shown(
        found,
        "payouts.html",
        typed,
        rows=rows,
        states=STATES,
        asked={"state": state, "merchant": merchant},
        choices=[("", found.say("All")), *((one.value, found.say(words)) for one, (words, _) in STATES.items())],
        more=rows[-1].payout_id if len(rows) == PAGE else "",
        waiting=waiting,
    )


@router.post("/finance/payouts/settle")
def page_finance_settled(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """Every merchant that is due today is settled with, by the name of whoever presses it: somebody else approves."""
    facts, today = found.engine.facts, found.at.astimezone(DHAKA).date()
    done = attempt(
        connection, lambda: settle_everyone(found.engine.database, facts, today, found.at, by=found.who.actor)
    )
    if isinstance(done, PostError):
        return _payouts(found, connection, typed=refused(found, said, done, ()))
    if done.refused:
        return _payouts(found, connection, waiting={shop: told(found, why) for shop, why in done.refused.items()})
    return go("/finance/payouts", found, said="Settled with everybody who is due today.")


@router.get("/finance/payouts/{payout_id}")
def page_finance_payout(payout_id: _PayoutId, found: OurVisit, connection: InTransaction) -> Response:
    """One payout: the parcels it is for, what was deducted, into which account, and every step."""
    return _payout(found, connection, payout_id)


def _payout(found: Visit, connection: Connection, payout_id: str, typed: Typed = NOTHING) -> Response:
    payout = load_payout(connection, payout_id)
    is_settlement = payout.kind is PayoutKind.SETTLEMENT
    account = load_accounts_in_use(connection, [payout.merchant]).get(payout.merchant)
    advances = [] if is_settlement else load_advances(connection, payout.merchant)
    return shown(
        found,
        "payout.html",
        typed,
        payout=payout,
        merchant=load_merchant(connection, payout.merchant),
        advice=load_settlement(connection, payout_id) if is_settlement else None,
        advance=next((one for one in advances if one.advance_id == payout_id), None),
        account=account,
        good=account is not None and account.is_good(found.at),
        steps=load_steps(connection, payout_id),
        confirmed=load_confirmed(connection, [payout_id]).get(payout_id),
        states=STATES,
        waits=WAITS,
        made_it=payout.ordered_by.casefold() == found.who.actor.casefold(),
    )


def _done(
    found: Visit, connection: Connection, payout_id: str, said: Mapping[str, str], act: Callable[[], object], done: str
) -> Response:
    outcome = attempt(connection, act)
    if isinstance(outcome, PostError):
        return _payout(found, connection, payout_id, refused(found, said, outcome, ("why",)))
    return go(f"/finance/payouts/{payout_id}", found, said=done)


@router.post("/finance/payouts/{payout_id}/approve")
def page_finance_payout_approved(
    payout_id: _PayoutId, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """The second pair of eyes; never those of whoever ordered it."""

    def act() -> object:
        return approve_payout(connection, payout_id, by=found.who.actor, at=found.at)

    return _done(found, connection, payout_id, said, act, "Approved.")


@router.post("/finance/payouts/{payout_id}/cancel")
def page_finance_payout_cancelled(
    payout_id: _PayoutId, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """It never left: what it was for is owed again."""

    def act() -> object:
        return cancel_payout(connection, payout_id, why=said.get("why", "")[:500], by=found.who.actor, at=found.at)

    return _done(found, connection, payout_id, said, act, "Cancelled. The merchant is owed it again.")


@router.post("/finance/payouts/{payout_id}/return")
def page_finance_payout_returned(
    payout_id: _PayoutId, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """The bank sent it back: it is owed again, and the account has to be looked at."""

    def act() -> object:
        return return_payout(connection, payout_id, why=said.get("why", "")[:500], by=found.who.actor, at=found.at)

    return _done(
        found, connection, payout_id, said, act, "Noted as returned. Look at the account before it is paid again."
    )


@router.get("/finance/payouts/{payout_id}/advice.{paper}")
def page_finance_advice(payout_id: _PayoutId, paper: str, found: OurVisit, connection: InTransaction) -> Response:
    """The advice as the merchant has it, to print or for a spreadsheet."""
    advice = load_settlement(connection, payout_id)
    if paper == "csv":
        return kept(advice_csv(advice).encode(), "text/csv; charset=utf-8", f"{payout_id}.csv")
    body = advice_pdf(advice, load_merchant(connection, advice.merchant).name)
    return kept(body, "application/pdf", f"{payout_id}.pdf")
