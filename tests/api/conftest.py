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


@pytest.fixture(autouse=True)
def the_clock_goes_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test does to the time is undone for the next."""
    if "api" not in request.fixturenames:
        yield
        return
    api: Api = request.getfixturevalue("api")
    api.client.cookies.clear()
    before = api.at
    yield
    api.at = before
