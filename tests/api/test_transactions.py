"""201 means that it is kept: the transaction ends before anything is sent."""

import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from post_logistics.settings import Settings
from post_logistics.storage.database import Connection
from tests.api.client import Api, refused, running, taken

_REFUSE_AT_COMMIT = """
create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'not this one: %', new.name; end $$;
create constraint trigger late after insert on merchants deferrable initially deferred
for each row execute function refuse();
"""
SHOP = {"name": "Canaria Zzyzx", "store_address": "New Market, Dhaka 1205"}


@pytest.fixture
def reluctant(settings: Settings) -> Iterator[Api]:
    """An application whose database lets everything in and refuses it when it is to be kept."""
    with running(settings.model_copy(update={"schema_name": "api_reluctant"})) as api:
        with api.engine.database.transaction() as connection:
            connection.execute(text(_REFUSE_AT_COMMIT))
        yield api
        with api.engine.database.transaction() as connection:
            connection.execute(text("drop schema api_reluctant cascade"))


def test_a_commit_that_fails_is_not_answered_with_201(reluctant: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    refused(reluctant.post("/v1/merchants", SHOP), 500, "unexpected")
    assert taken(reluctant.get("/v1/merchants"))["merchants"] == []
    assert "POST /v1/merchants" in caplog.text
    assert "Zzyzx" not in caplog.text
    with reluctant.engine.database.transaction() as connection:
        connection.execute(text("drop trigger late on merchants"))
    taken(reluctant.post("/v1/merchants", SHOP), 201)


def test_red_control_a_transaction_of_fastapis_own_scope_promises_what_is_not_kept(reluctant: Api) -> None:
    app = FastAPI()

    def of_the_request() -> Iterator[Connection]:
        with reluctant.engine.database.transaction() as connection:
            yield connection

    @app.post("/merchants", status_code=201)
    def register(connection: Annotated[Connection, Depends(of_the_request)]) -> dict[str, Any]:
        connection.execute(text("insert into merchants values ('a', 'A', '', '', now())"))
        return {}

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/merchants").status_code == 201
    assert taken(reluctant.get("/v1/merchants"))["merchants"] == []
