"""The command ``post-logistics``: what can be done without a browser.

Exit codes: 0 done; 1 there is no such thing, or not now; 2 bad input; 3 the database is not there.
"""

import signal
from types import FrameType
from typing import NoReturn

import typer
from pydantic import ValidationError

from post_logistics.cli import (
    access,
    addresses,
    bags,
    centres,
    claims,
    cod,
    counter,
    custody,
    day,
    dispatches,
    feeds,
    hierarchy,
    openapi,
    operating,
    parcels,
    partners,
    promises,
    routes,
    shops,
    simulate,
    storage,
    telling,
    tracking,
)
from post_logistics.cli.console import err
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.storage.errors import Unavailable

app = typer.Typer(
    help="The logistics engine of a national post for e-commerce.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.add_typer(day.app)
app.add_typer(parcels.app)
app.add_typer(tracking.app)
app.add_typer(feeds.app)
app.add_typer(promises.app)
app.add_typer(simulate.app)
app.add_typer(operating.app)
app.add_typer(openapi.app)
app.add_typer(addresses.app)
app.add_typer(hierarchy.app)
app.add_typer(routes.app, name="route")
app.add_typer(counter.app, name="counter")
app.add_typer(bags.app, name="bag")
app.add_typer(dispatches.app, name="dispatch")
app.add_typer(claims.app, name="claims")
app.add_typer(cod.app, name="cod")
app.add_typer(centres.app, name="centres")
app.add_typer(custody.app)
app.add_typer(storage.app, name="storage")
app.add_typer(access.merchant_app, name="merchant")
app.add_typer(access.staff_app, name="staff")
app.add_typer(access.key_app, name="key")
app.add_typer(access.audit_app, name="audit")
app.add_typer(telling.worker_app)
app.add_typer(telling.app, name="webhooks")
app.add_typer(shops.app, name="shops")
app.add_typer(partners.app, name="partners")


def _fail(error: Exception, code: int) -> NoReturn:
    err.print("error:", style="bold red", end=" ")
    err.print(str(error), markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)


def _stop(signum: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


def main() -> None:
    """Runs the command line; every foreseeable failure is one clear sentence and an exit code."""
    signal.signal(signal.SIGTERM, _stop)  # so that the embedded server is stopped, too
    try:
        app()
    except Unacceptable as error:
        _fail(error, 2)
    except (NotFound, Conflict) as error:
        _fail(error, 1)
    except Unavailable as error:
        _fail(error, 3)
    except ValidationError as error:
        _fail(Unacceptable(f"settings: {error.errors()[0]['msg']}", field=str(error.errors()[0]["loc"][0])), 2)
    except OSError as error:
        _fail(Unacceptable(f"{error.filename or error}: {error.strerror or ''}", remedy="name another place"), 2)
