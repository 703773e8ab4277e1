"""Partners whose lists are held against ours: how each stands, where the lists differ, and what a person says to it."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.errors import PostError
from post_logistics.operations.orders.partner_lists import settle_finding
from post_logistics.operations.orders.partners import load_partners_of
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.partner_findings import Finding, FindingKind, load_findings
from post_logistics.storage.orders.partners import load_line
from post_logistics.storage.orders.shops import Shop, find_shop

router = Slice(include_in_schema=False)

KINDS: Final[Mapping[FindingKind, str]] = {
    FindingKind.MISSING_HERE: "We had not heard of it: their list brought it",
    FindingKind.MISSING_THERE: "It is not on their list",
    FindingKind.STATE: "It stands otherwise there",
    FindingKind.AMOUNT: "It costs otherwise there",
}


@router.get("/finance/partners")
def page_finance_partners(found: OurVisit, connection: InTransaction) -> Response:
    """The partners; those with something to settle first."""
    rows = sorted(load_partners_of(connection, None), key=lambda one: (-one.waiting.findings, one.shop.merchant_id))
    return shown(found, "partners.html", rows=[(one, _title(found, one.shop)) for one in rows])


def _title(found: Visit, shop: Shop) -> str:
    known = found.engine.facts.partners.get(shop.domain)
    if known is None:
        return shop.domain
    return known.title_bn if found.language == "bn" else known.title_en


@router.get("/finance/partners/{partner_id}")
def page_finance_partner(
    partner_id: UUID,
    found: OurVisit,
    connection: InTransaction,
    standing: Annotated[str, Query(max_length=10)] = "open",
) -> Response:
    """Where a partner's lists differ from ours; with ``standing=all`` what was settled as well."""
    return _partner(found, connection, partner_id, is_open=standing != "all")


def _partner(
    found: Visit, connection: Connection, partner_id: UUID, typed: Typed = NOTHING, *, is_open: bool = True
) -> Response:
    line, shop = load_line(connection, partner_id), find_shop(connection, partner_id)
    assert shop is not None  # each line is a shop's
    return shown(
        found,
        "partner.html",
        typed,
        shop=shop,
        line=line,
        title=_title(found, shop),
        findings=load_findings(connection, partner_id, open_only=is_open, limit=PAGE),
        is_open=is_open,
        kinds=KINDS,
    )


@router.post("/finance/partners/{partner_id}/findings/{finding_id}")
def page_finance_partner_settled(
    partner_id: UUID, finding_id: UUID, found: OurVisit, said: Form, connection: InTransaction
) -> Response:
    """It waits no more, for as long as both sides say the same as now."""
    made = attempt(connection, lambda: _settled(found, connection, partner_id, finding_id, said))
    if isinstance(made, PostError):
        return _partner(found, connection, partner_id, refused(found, said, made, ()))
    return go(f"/finance/partners/{partner_id}", found, said="Settled, for as long as both sides say the same.")


def _settled(
    found: Visit, connection: Connection, partner_id: UUID, finding_id: UUID, said: Mapping[str, str]
) -> Finding:
    note = said.get("note", "").strip()[:200]
    return settle_finding(connection, partner_id, finding_id, found.who.actor, note, found.at)
