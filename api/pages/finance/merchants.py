"""What is agreed with a merchant about its money: how often it is settled with, and the account it is paid into."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from fastapi import Query, Response

from api.context import InTransaction
from api.merchants import MerchantKey
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, amount_of, attempt, day_of, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.terms import Cycle, Institution, Terms
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.money.terms import AccountTold, agree_terms, change_account, check_account
from post_logistics.storage.access.finding import find_merchants
from post_logistics.storage.database import Connection
from post_logistics.storage.money.payouts import load_latest_payouts
from post_logistics.storage.money.terms import KeptAccount, load_accounts, load_holds, load_terms
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

CYCLES: Final[Mapping[Cycle, str]] = {
    Cycle.DAILY: "every day",
    Cycle.WEEKLY: "every week",
    Cycle.ON_DEMAND: "when it asks",
}
KINDS: Final[Mapping[Institution, str]] = {Institution.BANK: "Bank", Institution.WALLET: "Mobile wallet"}
DAYS: Final = ("", "saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday")
_DETAILS: Final = ("bank", "branch", "routing_number", "number", "holder")
_Words = Annotated[str, Query(max_length=60)]


@router.get("/finance/merchants")
def page_finance_merchants(
    found: OurVisit, connection: InTransaction, words: _Words = "", after: _Words = ""
) -> Response:
    """Merchants by their identifiers."""
    rows = find_merchants(connection, words.strip(), after, PAGE)
    return shown(
        found, "merchants.html", rows=rows, words=words, more=rows[-1].merchant_id if len(rows) == PAGE else ""
    )


@router.get("/finance/merchants/{merchant_id}")
def page_finance_merchant(merchant_id: MerchantKey, found: OurVisit, connection: InTransaction) -> Response:
    """One merchant: the account in use and those before it, terms, holds, the latest payouts."""
    return _merchant(found, connection, merchant_id)


def _merchant(found: Visit, connection: Connection, merchant_id: str, typed: Typed = NOTHING) -> Response:
    merchant = load_merchant(connection, merchant_id)
    today = found.at.astimezone(DHAKA).date()
    accounts = load_accounts(connection, merchant_id)[::-1]
    return shown(
        found,
        "merchant.html",
        typed,
        merchant=merchant,
        accounts=accounts,
        good=bool(accounts) and accounts[0].is_good(found.at),
        set_it=bool(accounts) and accounts[0].account.set_by.casefold() == found.who.actor.casefold(),
        terms=load_terms(connection, merchant_id)[::-1],
        holds=load_holds(connection, today, [merchant_id]),
        payouts=load_latest_payouts(connection, merchant.merchant_id, 10),
        cycles=CYCLES,
        kinds=[(kind.value, found.say(words)) for kind, words in KINDS.items()],
        days=[(one, found.say(one.title()) if one else "–") for one in DAYS],
        today=today,
    )


def _done(
    found: Visit, connection: Connection, merchant_id: str, said: Mapping[str, str], outcome: object, done: str
) -> Response:
    if isinstance(outcome, PostError):
        fields = (*_DETAILS, "kind", "why", "how", "valid_from", "cycle", "weekday", "minimum_taka")
        return _merchant(found, connection, merchant_id, refused(found, said, outcome, fields))
    return go(f"/finance/merchants/{merchant_id}", found, said=done)


@router.post("/finance/merchants/{merchant_id}/account")
def page_finance_account_set(
    merchant_id: MerchantKey, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """Another account from now on: it rests, somebody else proves it, and the merchant is told."""
    made = attempt(connection, lambda: _account_set(found, connection, merchant_id, said))
    done = "The account is kept. Somebody else has to prove it; until then nothing is paid into it."
    return _done(found, connection, merchant_id, said, made, done)


def _account_set(found: Visit, connection: Connection, merchant_id: str, said: Mapping[str, str]) -> KeptAccount:
    details = {name: said.get(name, "").strip()[:80] for name in _DETAILS}
    for name in ("bank", "number", "holder"):
        if not details[name]:
            raise Unacceptable("this is missing", field=name, remedy="write it as it stands on the cheque leaf")
    told = AccountTold(kind=Institution.WALLET if said.get("kind") == "wallet" else Institution.BANK, **details)
    why = said.get("why", "")[:500]
    return change_account(connection, found.engine.facts, merchant_id, told, why=why, by=found.who.actor, at=found.at)


@router.post("/finance/merchants/{merchant_id}/account/check")
def page_finance_account_looked(
    merchant_id: MerchantKey, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """The account is proven, or doubtful, and how that is known; never by whoever set it."""
    version = int(said["version"]) if said.get("version", "").isdecimal() else 0
    proven, how = said.get("do") == "prove", said.get("how", "")[:500]
    made = attempt(
        connection,
        lambda: check_account(
            connection, merchant_id, version, proven=proven, how=how, by=found.who.actor, at=found.at
        ),
    )
    return _done(found, connection, merchant_id, said, made, "What you found out about the account is kept.")


@router.post("/finance/merchants/{merchant_id}/terms")
def page_finance_terms_agreed(
    merchant_id: MerchantKey, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """From that day on the merchant is settled with like this."""
    made = attempt(connection, lambda: _agreed(found, connection, merchant_id, said))
    return _done(found, connection, merchant_id, said, made, "Agreed.")


def _agreed(found: Visit, connection: Connection, merchant_id: str, said: Mapping[str, str]) -> Terms:
    minimum = said.get("minimum_taka", "").strip()
    if said.get("cycle") not in set(Cycle):
        raise Unacceptable("nothing is chosen", field="cycle", remedy="choose how often")
    return agree_terms(
        connection,
        merchant_id,
        valid_from=_from(found, said),
        cycle=Cycle(said["cycle"]),
        weekday=said.get("weekday", "")[:9],
        minimum_poisha=amount_of(minimum, "minimum_taka") if minimum else None,
        why=said.get("why", "")[:500],
        by=found.who.actor,
        at=found.at,
    )


def _from(found: Visit, said: Mapping[str, str]) -> date:
    return day_of(said.get("valid_from", "")[:10], "valid_from") or found.at.astimezone(DHAKA).date()
