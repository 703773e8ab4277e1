"""The database server is killed under a running application: 503 until it is back, and nothing half-done."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import text

from post_logistics.settings import Settings
from tests.api.client import Api, refused, running, taken


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="post-logistics-outage-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def kill_server(data_dir: Path) -> None:
    """Kills the embedded PostgreSQL of that directory as a power cut would."""
    os.kill(int((data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)


def waits_for_a_lock(api: Api) -> bool:
    with api.engine.database.transaction() as connection:
        return bool(connection.execute(text("select count(*) from pg_locks where not granted")).scalar_one())


def test_a_killed_server_is_answered_with_503_and_started_again(settings: Settings, data_dir: Path) -> None:
    own = settings.model_copy(update={"database_url": None, "data_dir": data_dir})
    with running(own) as api, ThreadPoolExecutor() as pool:
        shop = api.shop()
        item = api.item(shop)
        with api.engine.database._engine.connect() as other:
            other.execute(text("lock table consignments in access exclusive mode"))
            held_up = pool.submit(api.book, shop, "R-2")
            until = monotonic() + 5
            while not waits_for_a_lock(api) and monotonic() < until:
                sleep(0.01)
            kill_server(data_dir)
            refused(held_up.result(), 503, "unavailable")
            other.invalidate()
        for answer in (api.book(shop, "R-3"), api.get(f"/v1/tracking/{item}"), api.get("/v1/merchants")):
            assert int(answer.headers["retry-after"]) > 0
            refused(answer, 503, "unavailable")
        assert taken(api.get("/v1/offices"))  # what needs no database goes on

        until = monotonic() + 10
        while api.get("/healthz").status_code == 503 and monotonic() < until:
            sleep(0.1)
        assert taken(api.get("/healthz"))["status"] == "ok"
        assert taken(api.get(f"/v1/tracking/{item}"))["item_number"] == item
        assert api.item(shop) == item
        api.item(shop, "R-2")
        api.item(shop, "R-3")
        assert len(taken(api.get("/v1/consignments", merchant=shop))["consignments"]) == 3
