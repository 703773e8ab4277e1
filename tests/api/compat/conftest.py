"""The application of the API's tests on a port, and shops that come from other couriers."""

from collections.abc import Iterator

import pytest

from tests.api.client import Api
from tests.api.compat.shops import Shop, on_a_port, open_shop


@pytest.fixture(scope="module")
def served(api: Api) -> Iterator[str]:
    """Where the application answers, for clients that speak through the network."""
    with on_a_port(api) as url:
        yield url


@pytest.fixture
def shop(api: Api) -> Shop:
    """A new shop with its keys."""
    return open_shop(api)
