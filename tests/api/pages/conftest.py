"""A made-up world to practise in, made once for all tests that do so."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.context import now
from post_logistics.demo.practice import make_world
from post_logistics.operations.facts import load_facts
from post_logistics.settings import Settings
from post_logistics.storage.practice import SCHEMA
from tests.api.client import Api

TRAINER = "a key that only trainers know"


@pytest.fixture(scope="session")
def world(settings: Settings) -> Iterator[Api]:
    """An application that serves practice."""
    changes = {"practice": True, "schema_name": SCHEMA, "trainer_key": SecretStr(TRAINER)}
    ours, facts = settings.model_copy(update=changes), load_facts(settings)
    app = create_app(ours, facts=facts, world=make_world)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        api = Api(client)
        app.dependency_overrides[now] = lambda: api.at
        make_world(ours, facts, api.at)
        yield api
