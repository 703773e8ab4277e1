"""What all translations share: the settings, amounts and weights."""

from decimal import ROUND_HALF_UP, Decimal

from karrio import core, lib
from karrio.core import units as core_units
from karrio.providers.bangladesh_post import units


class Settings(core.Settings):
    """A connection to the post."""

    api_key: str
    site_url: str

    @property
    def carrier_name(self) -> str:
        """As Karrio calls it."""
        return "bangladesh_post"

    @property
    def server_url(self) -> str:
        """Where the post's server is."""
        return self.site_url.rstrip("/")

    @property
    def connection_config(self) -> lib.units.Options:
        """What the connection sets."""
        return lib.to_connection_config(self.config or {}, option_type=units.ConnectionConfig)

    @property
    def tracking_url(self) -> str:
        """Where anybody may look a parcel up."""
        return f"{self.server_url}/v1/tracking/{{}}"


def poisha(amount_taka: float | str | None) -> int:
    """An amount in taka as whole poisha."""
    return int((Decimal(str(amount_taka or 0)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def taka(amount_poisha: int) -> float:
    """Poisha as the taka that Karrio shows."""
    return float(Decimal(amount_poisha) / 100)


def grams(package: core_units.Package) -> int:
    """What a package weighs, at least a gram."""
    return max(1, round((package.weight.KG or 0) * 1000))
