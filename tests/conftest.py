"""What tests share: one throw-away PostgreSQL for the run, an empty schema for whoever wants one."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Connection

from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.embedded import embedded_server
from post_logistics.units import DHAKA

gc.disable()  # until everything is imported: all of that stays, and looking through it takes a fifth of the time

ROOT = Path(__file__).resolve().parent.parent

# No deadlines: a test of speed says so and measures. The quick run tries the same cases every time, so that what turns
# red is what was changed; `make soak` looks for new ones.
hypothesis.settings.register_profile("same cases", deadline=None, derandomize=True)
hypothesis.settings.register_profile("new cases", deadline=None, print_blob=True)
hypothesis.settings.load_profile("same cases")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Refuses cases whose order is another in each process: the run would stop, but only now and then."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        if isinstance(mark.args[1], set | frozenset):
            raise pytest.UsageError(f"{metafunc.definition.nodeid}: write sorted(...) around the set of its cases")


def pytest_collection_finish() -> None:
    """What is there now is left alone by the collector for the rest of the run."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL of this test process alone, gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="post-logistics-test-"))
    try:
        with embedded_server(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(server_url: str) -> Settings:
    """Settings that point at the throw-away server and the shipped facts, whatever the environment says."""
    return Settings(  # type: ignore[call-arg]
        _env_file=None,
        database_url=server_url,
        schema_name="tests",
        facts_dir=ROOT / "data",
        requests_per_minute_of_a_network=0,  # all tests ask from one network, and as fast as they can
    )


@pytest.fixture(scope="session")
def shared_database(settings: Settings) -> Iterator[Database]:
    """A database at today's schema, for tests that leave nothing behind."""
    with open_scratch(settings) as database:
        yield database


@pytest.fixture
def connection(shared_database: Database) -> Iterator[Connection]:
    """A connection whose work is undone when the test ends."""
    with shared_database._engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def database(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of the test's own, for tests that commit."""
    schema = "t_" + str(abs(hash(request.node.nodeid)))
    with open_scratch(settings.model_copy(update={"schema_name": schema})) as database:
        yield database


@pytest.fixture
def morning() -> datetime:
    """06:00 in Dhaka on the day that the tests live in."""
    return datetime(2026, 11, 22, 6, tzinfo=DHAKA)
