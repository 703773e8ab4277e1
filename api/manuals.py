"""The description of the API, made when somebody first asks for it, and a page to read it from beginning to end."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_redoc_html
from fastapi.responses import HTMLResponse

from api import examples, problems

_FILES: Final = "/static-offline-docs"
_ALONE: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; worker-src blob:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The page loads nothing from anybody else, whatever is in the script that draws it."""


def install(app: FastAPI) -> None:
    """Gives the application its description, and the page ``/redoc``."""
    app.openapi = _described(app.openapi)  # type: ignore[method-assign]
    app.add_api_route("/redoc", _redoc, include_in_schema=False, response_class=HTMLResponse)


def _described(describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    known: dict[str, Any] = {}

    def description() -> dict[str, Any]:
        if not known:
            document = describe()
            problems.describe(document)
            examples.complete(document)
            known.update(document)
        return known

    return description


async def _redoc(request: Request) -> HTMLResponse:
    root = request.scope.get("root_path", "")
    page = get_redoc_html(
        openapi_url=f"{root}{request.app.openapi_url}",
        title=request.app.title,
        redoc_js_url=f"{root}{_FILES}/redoc.standalone.js",
        redoc_favicon_url=f"{root}{_FILES}/favicon.png",
        with_google_fonts=False,
    )
    page.headers["Content-Security-Policy"] = _ALONE
    return page
