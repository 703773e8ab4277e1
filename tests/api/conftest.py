"""A running application for each module of the API's tests."""

from collections.abc import Iterator

import pytest

from post_logistics.settings import Settings
from tests.api.client import Api, running


@pytest.fixture(scope="module")
def api(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Api]:
    """An application of this module's tests: nobody stumbles over what another module left behind."""
    name = request.module.__name__.removeprefix("tests.").replace(".", "_")
    with running(settings.model_copy(update={"schema_name": name})) as api:
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
