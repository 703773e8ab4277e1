"""The first page of the administration: what needs a look, and how much there is of everything."""

from datetime import timedelta
from typing import Final

from fastapi import Response

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.shell import OurVisit
from api.slices import Slice
from post_logistics.operations.custody.watching import silent_devices
from post_logistics.operations.keeping.readiness import late_queues
from post_logistics.storage.access.finding import (
    count_all,
    find_keys,
    load_gone,
    load_never_begun,
    load_without_second_factor,
)
from post_logistics.storage.keeping.vitals import load_vitals
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

SOON: Final = timedelta(days=30)
"""A key that ends within it is renewed now; somebody who left within it is looked at once more."""
_BEGUN_BY: Final = timedelta(days=14)
"""Whoever has not signed in by then with the password on paper hardly will."""
_MOST: Final = 20


@router.get("/admin")
def page_admin(found: OurVisit, connection: InTransaction) -> Response:
    """What an administrator looks at first."""
    facts, at = found.engine.facts, found.at
    today = at.astimezone(DHAKA).date()
    vitals = load_vitals(connection, at)
    return shown(
        found,
        "overview.html",
        counts=count_all(connection, at),
        open_offices=len(facts.offices.pilot(today)),
        tariff=facts.tariffs.on(today),
        coming=[version for version in facts.tariffs.versions if version.valid_from > today],
        ending=find_keys(connection, at, ends_within=SOON, limit=_MOST),
        gone=load_gone(connection, at - SOON, _MOST),
        alone=load_without_second_factor(connection, _MOST),
        never=load_never_begun(connection, at - _BEGUN_BY, _MOST),
        silent=silent_devices(connection, at, limit=_MOST),
        late=late_queues(vitals.queues),
        exceptions=sum(vitals.open_exceptions.values()),
        alarms=sum(vitals.open_money_alarms.values()),
    )
