"""What Karrio calls: settings, the translation both ways, and the requests."""

from karrio.mappers.bangladesh_post.mapper import Mapper
from karrio.mappers.bangladesh_post.proxy import Proxy
from karrio.mappers.bangladesh_post.settings import Settings

__all__ = ["Mapper", "Proxy", "Settings"]
