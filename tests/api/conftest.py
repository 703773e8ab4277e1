"""One running application for the tests of the API."""

from collections.abc import Iterator

import pytest

from post_logistics.settings import Settings
from tests.api.client import Api, running


@pytest.fixture(scope="session")
def api(settings: Settings) -> Iterator[Api]:
    """One application for all tests that do not break anything; each takes merchants of its own."""
    with running(settings.model_copy(update={"schema_name": "api"})) as api:
        yield api
