"""What a deployment may set: one object, read once from the environment (``POST_LOGISTICS_...``) or a ``.env`` file."""

from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from post_logistics.errors import Unacceptable

_PACKAGE = Path(__file__).resolve().parent
_DEVELOPMENT_SECRET = "development"  # noqa: S105  refused in production by `for_production`


def _facts_dir() -> Path:
    """Where the tables a postmaster may change lie: inside an installed wheel, or beside the package in a checkout."""
    installed = _PACKAGE / "data"
    return installed if installed.is_dir() else _PACKAGE.parent / "data"


class Settings(BaseSettings):
    """Every default is safe on a laptop; production must name its database and its secrets."""

    model_config = SettingsConfigDict(
        env_prefix="POST_LOGISTICS_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    database_url: SecretStr | None = None
    """An external PostgreSQL, e.g. ``postgresql://user@host/name``. None: the embedded one in ``data_dir``."""
    data_dir: Path = Path("var")
    """Where the embedded PostgreSQL keeps its files."""
    schema_name: str = "public"
    """The PostgreSQL schema in use; ``demo`` holds made-up data beside the real."""
    facts_dir: Path = _facts_dir()
    """Offices, places, timetable, tariffs: see ``data/README.md``."""
    roads_dir: Path | None = None
    """A folder with a road graph, or its file: see ``docs/guides/roads.md``. None: straight lines times a detour."""
    routing_server: str | None = None
    """An OSRM, Valhalla or openrouteservice to ask before the graph, e.g. ``osrm+http://127.0.0.1:5000``."""
    routing_server_key: SecretStr | None = None
    """The key of that server, if it wants one."""
    cache_dir: Path | None = platformdirs.user_cache_path("post-logistics")
    """Where what takes long to make is kept for the next start. Nobody else may write there. Empty: nowhere."""
    executor: str = "processes"
    """Where many offices are planned at once: ``processes``, ``threads``, ``here`` or ``dask://host:port``."""
    environment: Literal["development", "production"] = "development"
    api_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """The one development key of the HTTP API."""
    advice_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """Keys the references by which merchants tell a true payout advice from a false one."""
    number_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """Keys the permutation of item-number serials, so that numbers cannot be guessed from one another."""

    def for_production(self) -> "Settings":
        """These settings, once they are fit for production; Unacceptable names the one that is not."""
        if self.environment == "production":
            for name in ("api_key", "advice_key", "number_key"):
                if getattr(self, name).get_secret_value() == _DEVELOPMENT_SECRET:
                    raise Unacceptable(
                        "the development secret is not allowed in production",
                        field=name,
                        remedy=f"set POST_LOGISTICS_{name.upper()} to a long random text",
                    )
            if self.database_url is None:
                raise Unacceptable(
                    "production needs a PostgreSQL server of its own",
                    field="database_url",
                    remedy="set POST_LOGISTICS_DATABASE_URL to postgresql://user:password@host/name",
                )
        return self
