"""What a deployment may set: one object, read once from the environment (``POST_LOGISTICS_...``) or a ``.env`` file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from post_logistics.errors import Unacceptable

_ORIGIN: Final = re.compile(r"https://[a-z0-9.-]+(:\d+)?")
_PACKAGE = Path(__file__).resolve().parent
_DEVELOPMENT_SECRET = "development"  # noqa: S105  refused in production by `for_production`
_SECRET_LENGTH: Final = 32
OUR_SECRETS: Final = ("api_key", "access_key", "metrics_key", "advice_key", "number_key")
GATEWAYS: Final = ("ekpay", "bkash", "nagad", "sslcommerz", "hosted")
"""The settings that name who takes payments, the first for new payments unless ``payment_order`` says otherwise."""
SECRETS: Final = (
    *OUR_SECRETS,
    "ekpay.key",
    "bkash.password",
    "bkash.app_secret",
    "nagad.private_key",
    "sslcommerz.store_password",
    "hosted.key",
    "routing_server_key",
    "trainer_key",
)
"""The settings that are secrets; what others made for us is as long as they made it."""


def _facts_dir() -> Path:
    """Where the tables a postmaster may change lie: inside an installed wheel, or beside the package in a checkout."""
    installed = _PACKAGE / "data"
    return installed if installed.is_dir() else _PACKAGE.parent / "data"


class Gateway(BaseModel):
    """How one who takes payments is reached. Every field is needed, but those in ``optional``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    optional: ClassVar[frozenset[str]] = frozenset()

    url: str = ""
    """Its address, without a path of its own."""

    def missing(self) -> Iterator[str]:
        """The fields that are needed and not given."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            if not plain and name not in self.optional:
                yield name


class EkPay(Gateway):
    """The government's gateway, as its merchant registration names us."""

    optional = frozenset({"server_address", "phone", "email"})

    url: str = "https://pg.ekpay.gov.bd"
    merchant_id: str = ""
    key: SecretStr = SecretStr("")
    server_address: str = ""
    """The address of this server that was registered with ekPay; it refuses others."""
    phone: str = ""
    """Our own, told instead of the payer's."""
    email: str = ""


class Bkash(Gateway):
    """bKash, tokenized checkout: https://developer.bka.sh/docs"""

    optional = frozenset({"topic"})

    url: str = "https://tokenized.pay.bka.sh/v1.2.0-beta"
    username: str = ""
    password: SecretStr = SecretStr("")
    app_key: str = ""
    app_secret: SecretStr = SecretStr("")
    topic: str = ""
    """The topic of its notifications, as Amazon names it (``arn:aws:sns:...``). Empty: none is believed."""


class Nagad(Gateway):
    """Nagad, as its merchant registration names us."""

    url: str = "https://api.mynagad.com"
    merchant_id: str = ""
    account_number: str = ""
    """The merchant's wallet."""
    private_key: SecretStr = SecretStr("")
    """Ours, in PEM or as one bare line of it."""
    gateway_key: str = ""
    """The public key of the gateway, in PEM or as one bare line of it."""
    server_address: str = ""
    """The address of this server that was registered with Nagad."""


class SslCommerz(Gateway):
    """SSLCommerz, version 4: https://developer.sslcommerz.com/doc/v4/"""

    url: str = "https://securepay.sslcommerz.com"
    store_id: str = ""
    store_password: SecretStr = SecretStr("")
    phone: str = ""
    """Our own, told instead of the payer's."""
    email: str = ""


class Hosted(Gateway):
    """A provider that speaks our own plain format."""

    key: SecretStr = SecretStr("")
    name: str = "hosted"
    """Its name in the books."""


class Settings(BaseSettings):
    """Every default is safe on a laptop; production must name its database and its secrets."""

    model_config = SettingsConfigDict(
        env_prefix="POST_LOGISTICS_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
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
    map_tiles_url: str = ""
    """Pictures of the land under living maps: ``https://tiles.example/{z}/{x}/{y}.png``. Empty: vectors of our own."""
    map_tiles_credit: str = ""
    """To whom those pictures belong, shown on every such map."""
    executor: str = "processes"
    """Where many offices are planned at once: ``processes``, ``threads``, ``here`` or ``dask://host:port``."""
    environment: Literal["development", "production"] = "development"
    signed_scans_only: bool = False
    """Whether scans are taken only from enrolled devices that sign them."""
    practice: bool = False
    """Whether people are let in by a button, to a made-up world: see ``docs/guides/training.md``."""
    trainer_key: SecretStr | None = None
    """What a trainer types to see, in practice, how learners come along. None: nobody sees it."""
    api_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """The one development key of the HTTP API."""
    access_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """Encrypts what is kept of second factors."""
    trusted_proxies: str = ""
    """Networks of the proxies in front, e.g. ``127.0.0.1/32,10.0.0.0/8``: only they are believed whom they ask for."""
    requests_per_minute: int = Field(default=6000, ge=0)
    """So often a key may ask each worker. 0: as often as it likes."""
    requests_per_minute_of_a_network: int = Field(default=600, ge=0)
    """So often a network may that sends no key: recipients who track. 0: as often as it likes."""
    browser_origins: str = ""
    """Sites whose scripts may ask the API with a key: ``https://shop.example,https://desk.example``. Empty: none."""
    https_only: bool = False
    """Whether everybody comes over TLS: browsers are then told never to come any other way."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people and other systems reach us, without a slash at the end: ``https://post.example``."""
    payment_order: str = ""
    """Who takes payments, the first choice first: ``bkash,ekpay``. Those not named come after them."""
    ekpay: EkPay | None = None
    """The government's gateway: ``POST_LOGISTICS_EKPAY__MERCHANT_ID`` and so on."""
    bkash: Bkash | None = None
    nagad: Nagad | None = None
    sslcommerz: SslCommerz | None = None
    hosted: Hosted | None = None
    """A provider that speaks our own format."""
    metrics_key: SecretStr | None = None
    """What reads ``/metrics``, and nothing else. None: the API key does."""
    telemetry_endpoint: str | None = None
    """Where traces go, over OTLP: ``http://127.0.0.1:4318/v1/traces``. None: nowhere."""
    drain_s: int = Field(default=2, ge=0, le=300)
    """For so long a server told to stop answers new requests with 503, before it listens no more."""
    backup_dir: Path | None = None
    """Where backups lie. None: ``backup`` has to be told, and nobody watches how old the last one is."""
    advice_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """Keys the references by which merchants tell a true payout advice from a false one."""
    number_key: SecretStr = SecretStr(_DEVELOPMENT_SECRET)
    """Keys the permutation of item-number serials, so that numbers cannot be guessed from one another."""

    def secrets(self) -> dict[str, str]:
        """Name of every secret that is set -> the secret itself, which belongs into no log."""
        given: dict[str, str] = {}
        for name in SECRETS:
            group, _, last = name.rpartition(".")
            one = getattr(getattr(self, group, None) if group else self, last, None)
            if isinstance(one, SecretStr):
                given[name] = one.get_secret_value()
        return {name: secret for name, secret in given.items() if secret or name in OUR_SECRETS}

    def gateways(self) -> dict[str, Gateway]:
        """Who takes payments here, by the name of the setting."""
        given = {name: getattr(self, name) for name in GATEWAYS}
        return {name: gateway for name, gateway in given.items() if gateway is not None}

    def origins(self) -> list[str]:
        """The sites whose scripts may ask."""
        return [origin.strip() for origin in self.browser_origins.split(",") if origin.strip()]

    def for_production(self) -> "Settings":
        """These settings, once they are fit for production; Unacceptable names the first that is not."""
        if self.environment == "production":
            for name, said, remedy in self.unfit():
                raise Unacceptable(said, field=name, remedy=remedy)
        return self

    def unfit(self) -> Iterator[tuple[str, str, str]]:
        """Each setting that production would refuse: its name, what is wrong, and what to do."""
        known: dict[str, str] = {}
        for name, secret in self.secrets().items():
            remedy = f"set {variable(name)} to a long random text of its own: openssl rand -hex 32"
            if secret == _DEVELOPMENT_SECRET:
                yield name, "the development secret is not allowed in production", remedy
            elif name in OUR_SECRETS and len(secret) < _SECRET_LENGTH:
                yield name, f"a secret of fewer than {_SECRET_LENGTH} characters can be guessed", remedy
            elif secret in known:
                yield name, f"the same secret as {known[secret]}: whoever learns one has both", remedy
            known.setdefault(secret, name)
        if self.database_url is None:
            remedy = "set POST_LOGISTICS_DATABASE_URL to postgresql://user:password@host/name"
            yield "database_url", "production needs a PostgreSQL server of its own", remedy
        for name, gateway in self.gateways().items():
            for field in gateway.missing():
                yield f"{name}.{field}", "payments cannot be taken without it", f"set {variable(f'{name}.{field}')}"
        for origin in self.origins():
            if not _ORIGIN.fullmatch(origin):
                yield "browser_origins", f"{origin!r} is no site", "write https://shop.example, without a path or *"
        spoken_to = {f"{name}.url": gateway.url for name, gateway in self.gateways().items()}
        if spoken_to:
            spoken_to["public_url"] = self.public_url
        for name, url in spoken_to.items():
            if url.startswith("http://"):
                yield name, "money is not spoken of in the clear", "write an address that begins with https://"


def variable(name: str) -> str:
    """The environment variable that sets a setting: ``ekpay.key`` is ``POST_LOGISTICS_EKPAY__KEY``."""
    return f"POST_LOGISTICS_{name.upper().replace('.', '__')}"
