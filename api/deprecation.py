"""Operations that will go: said in the description, and in the headers of every answer, a year before."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from post_logistics.errors import Unacceptable

_NOTICE: Final = timedelta(days=365)
_KEY: Final = "x-deprecation"


def going(since: datetime, sunset: datetime, instead: str) -> dict[str, Any]:
    """What a route is declared with that goes at ``sunset``; ``instead`` is the path to use from now on.

    Unacceptable if that is sooner than docs/reference/versions.md promises.
    """
    if sunset - since < _NOTICE:
        raise Unacceptable("that is too soon", field="sunset", remedy=f"give at least {_NOTICE.days} days")
    headers = {
        "Deprecation": f"@{int(since.timestamp())}",
        "Sunset": format_datetime(sunset.astimezone(UTC), usegmt=True),
        "Link": f'<{instead}>; rel="successor-version"',
    }
    return {"deprecated": True, "openapi_extra": {_KEY: headers}}


def notice(openapi_extra: dict[str, Any] | None) -> dict[str, str]:
    """The headers of a route that is declared with ``going``; none of one that stays."""
    return dict((openapi_extra or {}).get(_KEY, {}))
