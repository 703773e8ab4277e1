"""One running application for the tests of security, and a day in it that they only look at."""

from collections.abc import Iterator

import pytest

from post_logistics.settings import Settings
from tests.api.client import Api, running
from tests.security.world import World, make_world


@pytest.fixture(scope="session")
def api(settings: Settings) -> Iterator[Api]:
    """An application of their own, in which nobody is counted."""
    alone = {"schema_name": "security", "requests_per_minute": 0, "requests_per_minute_of_a_network": 0}
    with running(settings.model_copy(update=alone)) as api:
        yield api


@pytest.fixture(scope="session")
def world(api: Api) -> World:
    """The day."""
    return make_world(api)
