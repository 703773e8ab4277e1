"""How the installation is: everything that stands between it and its work, what waits, and what is sealed."""

from datetime import datetime

from fastapi import Response

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.shell import OurVisit
from api.slices import Slice
from post_logistics import __version__
from post_logistics.operations.keeping.doctoring import Verdict, examine
from post_logistics.operations.keeping.readiness import late_queues
from post_logistics.storage.keeping.vitals import load_vitals
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

_BADGES = {
    Verdict.GOOD: ("well", "good"),
    Verdict.WARNING: ("look at it", "warn"),
    Verdict.BAD: ("bad", "bad"),
}


@router.get("/admin/health")
def page_admin_health(found: OurVisit, connection: InTransaction) -> Response:
    """What ``doctor`` finds, and the vital signs; what is worst comes first."""
    findings = examine(found.engine.settings, lambda: datetime.now(DHAKA))
    vitals = load_vitals(connection, found.at)
    return shown(
        found,
        "health.html",
        findings=sorted(findings, key=lambda one: list(_BADGES).index(one.verdict), reverse=True),
        badges=_BADGES,
        vitals=vitals,
        late=late_queues(vitals.queues),
        version=__version__,
    )
