"""Reports of the money: how old it is, what merchants were paid, what they bring in, and the central bank's pack."""

from datetime import datetime

from post_logistics.cod.costs import load_costs
from post_logistics.cod.reports import Report, period_of
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting.ages import ageing_report
from post_logistics.operations.money.reporting.central_bank import central_bank_pack
from post_logistics.operations.money.reporting.profitability import profitability_report
from post_logistics.operations.money.reporting.remittance import remittance_report
from post_logistics.storage.database import Connection
from post_logistics.units import DHAKA, MerchantId

REPORTS = ("ageing", "remittance", "profitability", "central-bank")


def make_report(
    connection: Connection,
    facts: Facts,
    name: str,
    at: datetime,
    *,
    written: str | None = None,
    merchant: MerchantId | None = None,
) -> Report:
    """The report of that name for the month or quarter that is ``written`` (2026-11, 2026-Q4), or the last month that
    is over. Ageing says how things stand now; only remittance can be of one merchant. Unacceptable otherwise.
    """
    if name not in REPORTS:
        raise NotFound(f"no report {name!r}", field="name", remedy=f"write one of: {', '.join(REPORTS)}")
    if merchant is not None and name != "remittance":
        raise Unacceptable(
            f"{name} is of all merchants", field="merchant", remedy="leave it out, or ask for remittance"
        )
    if name == "ageing":
        if written is not None:
            raise Unacceptable("ageing says how things stand now", field="month", remedy="leave out the month")
        return ageing_report(connection, at)
    period = period_of(written, at.astimezone(DHAKA).date())
    if name == "profitability":
        return profitability_report(connection, load_costs(facts.facts_dir), period, at)
    if name == "central-bank":
        return central_bank_pack(connection, facts, period, at)
    return remittance_report(connection, facts, period, at, merchant)
