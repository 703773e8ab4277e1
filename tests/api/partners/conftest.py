"""ekShop against a running application on a port."""

from collections.abc import Iterator

import pytest

from tests.api.client import Api
from tests.api.compat.shops import on_a_port
from tests.api.partners.world import SECRET, World
from tests.standins.ekshop import EkShop
from tests.standins.serving import served


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[str]:
    with on_a_port(api) as url:
        yield url


@pytest.fixture
def world(api: Api, server: str) -> Iterator[World]:
    shop = EkShop(secret=SECRET)
    with served(shop) as address:
        yield World(api, server, address, shop)
