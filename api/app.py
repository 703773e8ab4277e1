"""The application: every slice under one roof, opened with the engine it serves."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline

from api import addresses, booking, delivering, money, planning, problems, scanning, tracking
from api.context import Engine, TheEngine
from post_logistics import __version__
from post_logistics.operations.facts import load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database

_ABOUT = """The logistics engine of a national post: book, label, scan, plan, deliver, collect and settle.

Quantities are integers in the unit that their name ends with: `cod_poisha`, `weight_g`, `distance_m`. Times carry their
offset. The same request sent twice changes nothing the second time. Every error is `application/problem+json` and says
what to do about it.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application of these settings, or of the environment's. The database is opened when the server starts."""
    chosen = (settings or Settings()).for_production()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            database = stack.enter_context(open_database(chosen))
            facts = load_facts(chosen)
            app.state.engine = Engine(chosen, database, facts, Numbers(database, facts.number_key))
            yield

    app = FastAPIOffline(
        title="Post e-Commerce",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        responses=problems.RESPONSES,
    )
    problems.install(app)
    app.include_router(tracking.router)
    for slice_ in (addresses, booking, scanning, planning, delivering, money):
        app.include_router(slice_.router)

    @app.get("/healthz", tags=["health"], summary="Whether the server and its database are well")
    def healthz(engine: TheEngine, response: Response) -> dict[str, str]:
        """200 `ok`, or 503 while the database is away."""
        well = engine.database.is_ready()
        response.status_code = 200 if well else 503
        return {"status": "ok" if well else "database unavailable", "version": __version__}

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/docs")

    return app
