"""The application: every slice under one roof, opened with the engine it serves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from api import (
    access,
    addresses,
    bags,
    bills,
    booking,
    bulk,
    centres,
    claims,
    closing,
    collecting,
    collection_points,
    compat,
    counter,
    custody,
    delivering,
    devices,
    dispatches,
    documents,
    feeds,
    health,
    jobs,
    ledger,
    manifests,
    manuals,
    matching,
    merchants,
    metrics,
    municipalities,
    partners,
    payments,
    payouts,
    pickups,
    planning,
    problems,
    promises,
    proofs,
    recipients,
    reports,
    scanning,
    sessions,
    settlements,
    shops,
    shortages,
    statements,
    storage,
    taka,
    terms,
    tracking,
    view_cards,
    webhooks,
)
from api.compat.wire import Dialects
from api.context import Engine, Replay, replayed
from api.door import Door
from api.guards import BodyCap, LastResort, Unpack
from api.headers import Guarded
from api.keyring import Keyring
from api.limits import Limited
from api.observing import Observed
from api.pages import site
from api.practising import MadeUp, practising
from api.problem_words import InBangla
from api.tracing import tracing_of
from api.turns import Turns
from post_logistics import __version__
from post_logistics.consignments.order_files import MAX_FILE_BYTES
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.errors import Unavailable

_log = logging.getLogger(__name__)

_MB = 2**20
_PATIENCE_S = 60
_LARGE_BODIES = dict.fromkeys((bulk.FILES_PATH, manifests.FILES_PATH), MAX_FILE_BYTES + _MB) | dict.fromkeys(
    statements.UPLOADS, statements.MAX_UPLOAD_BYTES + _MB
)
_ABOUT = """The logistics engine of a national post: book, label, scan, plan, deliver, collect and settle.

**The key** is sent as `Authorization: Bearer KEY`. A request that also sends `Post-Merchant` or `Post-Office` acts for
that merchant or office alone: what is not theirs does not exist for it. Tracking and health need no key.
Every answer has its number in `X-Request-ID`: name it when you ask the post about it.

**Quantities** are integers in the unit that their name ends with: `cod_poisha`, `weight_g`, `distance_m`. Times carry
their offset.

**Once is enough, twice is harmless.** The same booking, scan, delivery, close, deposit or settlement sent again changes
nothing and is answered as before; other content under the same identifier is refused with 409.

**Every error** is `application/problem+json` and says what to do about it. After 503 send the same request again.
"""


World = Callable[[Settings, Facts, datetime], None]
"""Makes the world of practice anew."""

_SLICES = (
    tracking,
    merchants,
    addresses,
    booking,
    bulk,
    jobs,
    scanning,
    devices,
    bags,
    dispatches,
    counter,
    view_cards,
    pickups,
    planning,
    promises,
    delivering,
    proofs,
    collection_points,
    centres,
    collecting,
    payments,
    claims,
    closing,
    shortages,
    settlements,
    terms,
    payouts,
    bills,
    ledger,
    statements,
    matching,
    taka,
    reports,
    custody,
    feeds,
    manifests,
    documents,
    municipalities,
    recipients,
    storage,
    webhooks,
    shops,
    partners,
    health,
    metrics,
    access,
    sessions,
)
"""In the order of the documentation."""


def create_app(
    settings: Settings | None = None,
    draining: Callable[[], bool] = lambda: False,
    facts: Facts | None = None,
    world: World | None = None,
) -> FastAPI:
    """The application of these settings, or of the environment's. The database is opened when the server starts.

    ``draining`` says whether the server has been told to stop: new requests are then answered with 503. ``facts``:
    those of the settings, where they are loaded already. ``world`` makes the world of practice anew; without it the
    work is real.
    """
    chosen = (settings or Settings()).for_production()
    tracing, turns = tracing_of(chosen), Turns()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            database = await _opened(chosen, stack)
            metrics.count_connections(database)
            tracing.follow(database)
            stack.callback(tracing.close)
            known = facts or load_facts(chosen)
            numbers, keyring = Numbers(database, known.number_key), Keyring(database)
            anew = partial(world, chosen, known) if world else None
            practice = stack.enter_context(practising(anew, chosen)) if anew else None
            app.state.engine = Engine(chosen, database, known, numbers, keyring, turns, practice)
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
    app.add_middleware(Unpack, cap_bytes=32 * _MB)
    app.add_middleware(BodyCap, cap_bytes=8 * _MB, by_path=_LARGE_BODIES)
    app.add_middleware(LastResort, told=site.unexpected)
    app.add_middleware(Limited, settings=chosen)
    app.add_middleware(Observed, tracing=tracing, draining=draining)
    app.add_middleware(Dialects, dialects=compat.DIALECTS)
    app.add_middleware(InBangla)
    app.add_middleware(Guarded, https_only=chosen.https_only)
    app.add_middleware(Door, turns=turns, https_only=chosen.https_only)
    if world:
        app.add_middleware(MadeUp)
    if chosen.browser_origins:
        app.add_middleware(CORSMiddleware, **_for_scripts(chosen))
    problems.install(app)
    app.add_exception_handler(Replay, replayed)
    for slice_ in _SLICES:
        app.include_router(slice_.router)
    app.include_router(settlements.public)
    for router in compat.ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.include_router(documents.public)
    app.include_router(shops.public)
    app.include_router(partners.public)
    app.include_router(sessions.public)
    site.install(app, is_practice=world is not None)
    manuals.install(app)
    return app


def _for_scripts(settings: Settings) -> dict[str, Any]:
    """What scripts of the sites in the settings may send and read. No cookie ever: they bring a key."""
    return {
        "allow_origins": settings.origins(),
        "allow_methods": ["GET", "POST", "PUT", "DELETE"],
        "allow_headers": ["Authorization", "Idempotency-Key", "If-None-Match", "Post-Merchant", "Post-Office"],
        "expose_headers": ["ETag", "Link", "Location", "Retry-After", "X-Request-ID", "Idempotent-Replayed"],
        "max_age": 600,
    }


async def _opened(settings: Settings, stack: ExitStack) -> Database:
    """The database, open until the stack closes; Unavailable if it stays away.

    A worker that is started while it is away waits: were it to give up, it would be started again at once, in vain, and
    the server with it.
    """
    for _ in range(_PATIENCE_S):
        try:
            return stack.enter_context(open_database(settings))
        except Unavailable as error:
            _log.warning("waiting for the database: %s", error.message)
            await asyncio.sleep(1)
    return stack.enter_context(open_database(settings))
