"""Bangladesh Post as Karrio finds it."""

from karrio.core import metadata
from karrio.mappers.bangladesh_post import Mapper, Proxy, Settings
from karrio.providers.bangladesh_post import units

METADATA = metadata.PluginMetadata(
    status="production-ready",
    id="bangladesh_post",
    label="Bangladesh Post",
    description="Parcels of shops in Bangladesh, with cash on delivery",
    Mapper=Mapper,
    Proxy=Proxy,
    Settings=Settings,
    services=units.ShippingService,
    options=units.ShippingOption,
    connection_configs=units.ConnectionConfig,
    has_intl_accounts=False,
)
