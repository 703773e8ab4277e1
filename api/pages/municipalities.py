"""Municipalities: for everybody where papers are delivered by phase, and for each its own papers and fees."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from api.context import InTransaction
from api.pages.forms import Typed, day_of, kept, refused
from api.pages.issuer import RECEIVERS
from api.pages.maps import Mark, drawn
from api.pages.shell import AnyVisit, OurVisit, Visit, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.consignments.documents import DocumentServices, IssuerKind
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.municipalities import IN_VIEW, Municipality
from post_logistics.network.places import district_id
from post_logistics.operations.documents.municipal_reports import Remittance, remittance_of, remittance_table
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.issuers import Issuer, load_issuers
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)
_Day = Annotated[str, Query(max_length=20)]


@router.get("/municipalities")
def page_municipalities(found: AnyVisit) -> Response:
    """Which towns are served since when, which are listed, on a map and in tables; and what is delivered for them."""
    facts, today = found.engine.facts, _today(found)
    towns = list(facts.municipalities)
    served = [one for one in towns if one.is_served(today)]
    others = [one for one in towns if not one.is_served(today)]
    return page(
        found,
        "municipalities.html",
        map=drawn(facts, found.say("Where papers of municipalities are delivered"), _marks(found, served, others)),
        served=served,
        others=others,
        in_view=IN_VIEW,
        district={one.district: found.named(facts.places[district_id(one.district)]) for one in towns},
        offices=facts.offices,
        services=[one for one in _services(found).values() if IssuerKind.MUNICIPALITY in one.issuers],
        receivers=RECEIVERS,
    )


def _marks(found: Visit, served: Sequence[Municipality], others: Sequence[Municipality]) -> list[Mark]:
    listed = [Mark((one.lat_deg, one.lon_deg), found.named(one), "listed") for one in others]
    return [*listed, *(Mark((one.lat_deg, one.lon_deg), found.named(one), "done") for one in served)]


def _issuer(shop: Shop, connection: InTransaction) -> Issuer | None:
    """The municipality of whoever is signed in; None for somebody of another merchant."""
    return next((one for one in load_issuers(connection, IssuerKind.MUNICIPALITY) if one.merchant_id == shop), None)


Ours = Annotated[Issuer | None, Depends(_issuer)]


@router.get("/municipality")
def page_municipality(
    found: OurVisit, issuer: Ours, connection: InTransaction, first_on: _Day = "", last_on: _Day = ""
) -> Response:
    """A municipality's own: what became of the papers of a period, and of their fees."""
    if issuer is None:
        return page(found, "municipality.html", town=None)
    report, asked = _report(found, issuer, connection, first_on, last_on)
    return page(
        found,
        "municipality.html",
        asked.status,
        asked=asked,
        report=report,
        town=found.engine.facts.municipalities[issuer.code],
        services=_services(found),
    )


@router.get("/municipality/remittance.{kind}")
def page_municipality_table(
    kind: Literal["csv"],
    found: OurVisit,
    issuer: Ours,
    connection: InTransaction,
    first_on: _Day = "",
    last_on: _Day = "",
) -> Response:
    """The same as a table for a spreadsheet."""
    if issuer is None:
        raise NotFound("you are signed in for no municipality", remedy="sign in as somebody of the municipality")
    report = remittance_of(connection, issuer, *_period(found, first_on, last_on))
    table = remittance_table(report, _services(found)).encode()
    return kept(table, "text/csv", f"remittance-{issuer.code}-{report.first_on}-{report.last_on}.{kind}")


def _services(found: Visit) -> DocumentServices:
    return found.engine.facts.documents.on(_today(found))


def _today(found: Visit) -> date:
    return found.at.astimezone(DHAKA).date()


def _period(found: Visit, first_on: str, last_on: str) -> tuple[date, date]:
    """The days asked for; without any, this month until today."""
    last = day_of(last_on, "last_on") or _today(found)
    return day_of(first_on, "first_on") or last.replace(day=1), last


def _report(
    found: Visit, issuer: Issuer, connection: Connection, first_on: str, last_on: str
) -> tuple[Remittance | None, Typed]:
    """The report, and what was asked; none, and what is wrong, if the days are none or no period."""
    texts = {"first_on": first_on, "last_on": last_on}
    try:
        report = remittance_of(connection, issuer, *_period(found, first_on, last_on))
    except Unacceptable as error:
        return None, refused(found, texts, error, texts)
    return report, Typed({"first_on": report.first_on.isoformat(), "last_on": report.last_on.isoformat()})
