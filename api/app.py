"""The application: every slice under one roof, opened with the engine it serves."""

import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline

from api import addresses, booking, delivering, merchants, money, planning, problems, scanning, tracking
from api.context import Engine, TheEngine
from api.fields import Out
from api.guards import BodyCap, LastResort
from post_logistics import __version__
from post_logistics.consignments.order_files import MAX_FILE_BYTES
from post_logistics.operations.facts import load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.storage.errors import Unavailable

_log = logging.getLogger(__name__)

_MB = 2**20
_ABOUT = """The logistics engine of a national post: book, label, scan, plan, deliver, collect and settle.

**The key** is sent as `Authorization: Bearer KEY`. A request that also sends `Post-Merchant` or `Post-Office` acts for
that merchant or office alone: what is not theirs does not exist for it. Tracking and health need no key.

**Quantities** are integers in the unit that their name ends with: `cod_poisha`, `weight_g`, `distance_m`. Times carry
their offset.

**Once is enough, twice is harmless.** The same booking, scan, delivery, close, deposit or settlement sent again changes
nothing and is answered as before; other content under the same identifier is refused with 409.

**Every error** is `application/problem+json` and says what to do about it. After 503 send the same request again.
"""


class Health(Out):
    """All is well."""

    status: str
    version: str


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application of these settings, or of the environment's. The database is opened when the server starts."""
    chosen = (settings or Settings()).for_production()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            database = stack.enter_context(open_database(chosen))
            facts = load_facts(chosen)
            app.state.engine = Engine(chosen, database, facts, Numbers(database, facts.number_key))
            _log.info("ready")
            yield

    app = FastAPIOffline(
        title="Post e-Commerce",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.answers(422, 500, 503),
        generate_unique_id_function=lambda route: route.name,
        swagger_ui_parameters={"validatorUrl": None},  # that badge would ask a server of somebody else's
    )
    app.add_middleware(BodyCap, cap_bytes=8 * _MB, by_path={booking.FILES_PATH: MAX_FILE_BYTES + _MB})
    app.add_middleware(LastResort)
    problems.install(app)
    for slice_ in (tracking, merchants, addresses, booking, scanning, planning, delivering, money):
        app.include_router(slice_.router)
    app.add_api_route(
        "/healthz", healthz, tags=["health"], summary="Whether all is well", openapi_extra={"security": []}
    )
    app.add_api_route("/", home, include_in_schema=False)
    problems.describe(app)
    return app


def healthz(engine: TheEngine) -> Health:
    """Whether the server and its database are well: 503 while the database is away."""
    if not engine.database.is_ready():
        raise Unavailable("the database does not answer")
    return Health(status="ok", version=__version__)


def home() -> RedirectResponse:
    """The interactive documentation."""
    return RedirectResponse("/docs")
