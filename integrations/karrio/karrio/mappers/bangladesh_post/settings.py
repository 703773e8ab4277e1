"""What a connection is made with."""

import attr
import karrio.providers.bangladesh_post.utils as provider_utils


@attr.s(auto_attribs=True)
class Settings(provider_utils.Settings):
    """A merchant's key (``post-logistics merchant create NAME --json``: ``api_key``) and where the server is."""

    api_key: str
    site_url: str

    id: str = None
    test_mode: bool = False
    carrier_id: str = "bangladesh_post"
    account_country_code: str = "BD"
    metadata: dict = {}  # noqa: RUF008 - Karrio writes the defaults out as JSON, and shares them itself
    config: dict = {}  # noqa: RUF008
