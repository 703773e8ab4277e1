"""One database for the tests of documents; every test has an issuer of its own."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from post_logistics.operations.facts import Facts
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from tests.operations.documents.desk import Desk


@pytest.fixture(scope="session")
def documents_database(settings: Settings) -> Iterator[Database]:
    with open_scratch(settings.model_copy(update={"schema_name": "t_documents"})) as database:
        yield database


@pytest.fixture
def desk(documents_database: Database, facts: Facts, morning: datetime) -> Desk:
    return Desk(documents_database, facts, morning)
