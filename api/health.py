"""Whether the server lives, and whether it can take work: asked by load balancers and deployments, without a key."""

from fastapi import HTTPException

from api import problems
from api.context import Now, TheEngine
from api.fields import Out
from api.slices import Slice
from post_logistics import __version__
from post_logistics.operations.keeping.readiness import Readiness, look
from post_logistics.storage.errors import Unavailable

router = Slice(tags=["health"])


class Health(Out):
    """All is well."""

    status: str
    version: str


class Ready(Out):
    """Requests can be answered."""

    status: str
    """``ready``, or ``late`` if jobs have been due for ten minutes: then no worker is running, or none gets on."""
    database: bool
    schema_at_head: bool
    facts: bool
    jobs_on_time: bool


@router.get("/healthz", summary="Whether all is well", openapi_extra={"security": []})
def healthz(engine: TheEngine) -> Health:
    """Whether the server and its database are well: 503 while the database is away."""
    if not engine.database.is_ready():
        raise Unavailable("the database does not answer")
    return Health(status="ok", version=__version__)


@router.get(
    "/readyz",
    summary="Whether the server can take work",
    responses=problems.answers(503),
    openapi_extra={"security": []},
)
def readyz(engine: TheEngine, at: Now) -> Ready:
    """Whether requests can be answered: 503 while the database is away, while its schema is another version's, and once
    the server has been told to stop. Facts are loaded before a server answers at all."""
    found = ready(look(engine.database, at))
    return Ready(
        status="ready" if found.jobs_on_time else "late",
        database=found.database,
        schema_at_head=found.schema_at_head,
        facts=True,
        jobs_on_time=found.jobs_on_time,
    )


def ready(found: Readiness) -> Readiness:
    """What was found; 503 if no request can be answered."""
    if not found.ready:
        raise HTTPException(503, found.missing)
    return found
