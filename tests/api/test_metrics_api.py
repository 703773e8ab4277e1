"""What Prometheus reads: each answer once under its operation, what waits and what is open, and nobody named."""

import asyncio
import gzip
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.types import Message, Receive, Scope, Send

from api.metrics import Everything, count_request
from api.observing import Observed
from api.tracing import NoTracing
from post_logistics.settings import Settings
from post_logistics.storage.database import open_as_it_is
from post_logistics.storage.keeping.vitals import load_vitals
from tests.api.client import KEY, Api, order, taken

ROOT = Path(__file__).resolve().parent.parent.parent


def samples(api: Api) -> dict[str, float]:
    answer = api.client.get("/metrics", headers=KEY)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def grown(api: Api, before: dict[str, float]) -> dict[str, float]:
    """Which counts of answers have grown since, and by how much."""
    totals = {name: value for name, value in samples(api).items() if name.startswith("post_logistics_requests_total")}
    found = {re.sub(r".*\{(.*)\}", r"\1", name): value - before.get(name, 0) for name, value in totals.items()}
    return {name: value for name, value in found.items() if value and "metrics" not in name}


def test_every_answer_is_counted_once_under_its_operation_and_its_class(api: Api) -> None:
    before = samples(api)
    shop = api.shop()
    item = api.item(shop)
    api.get(f"/v1/tracking/{item}")
    api.get(f"/v1/tracking/{item}")
    api.get("/v1/tracking/none")
    api.client.get("/v1/consignments")
    api.get("/no/such/path")
    assert grown(api, before) == {
        'operation="register_merchant",status="2xx"': 1,
        'operation="book",status="2xx"': 1,
        'operation="track",status="2xx"': 2,
        'operation="track",status="4xx"': 1,
        'operation="consignments",status="4xx"': 1,
        'operation="none",status="4xx"': 1,
    }


def test_a_packed_body_is_counted_under_its_operation_too(api: Api) -> None:
    shop, before = api.shop(), samples(api)
    body = gzip.compress(json.dumps(order("R-packed")).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    taken(api.request("POST", "/v1/consignments", merchant=shop, content=body, headers=headers), 201)
    assert grown(api, before) == {'operation="book",status="2xx"': 1}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer developmen"}])
def test_without_its_key_nothing_is_read(api: Api, headers: dict[str, str]) -> None:
    answer = api.client.get("/metrics", headers=headers)
    assert answer.status_code == 401 and "post_logistics" not in answer.text.partition("{")[0]


def test_what_waits_and_what_is_open_is_told(api: Api) -> None:
    shop = api.shop()
    before = samples(api)
    item = api.item(shop)
    at = api.at
    with api.engine.database.transaction() as connection:
        connection.execute(
            text(
                "insert into exceptions (item_number, kind, office, custodian, expected, opened_at) "
                "values (:item, 'damaged', '1216', 'office:1216', '', :at)"
            ),
            {"item": item, "at": at},
        )
    api.at = at + timedelta(seconds=90)
    now = samples(api)
    assert now['post_logistics_queue_waiting{queue="outbox"}'] >= before['post_logistics_queue_waiting{queue="outbox"}']
    open_now = now['post_logistics_exceptions_open{kind="damaged"}']
    assert open_now - before.get('post_logistics_exceptions_open{kind="damaged"}', 0) == 1
    assert now["post_logistics_database_max_connections"] >= now["post_logistics_database_connections"] > 0
    assert now["post_logistics_database_size_bytes"] > 2**20


def test_a_sealed_day_and_a_backup_show_when_they_were(api: Api, tmp_path: Path) -> None:
    with api.engine.database.transaction() as connection:
        vitals = load_vitals(connection, api.at)
    assert vitals.sealed_through is None or isinstance(vitals.sealed_through, date)
    (tmp_path / "post-logistics-public-20261122T000000Z.dump").touch()
    settings = api.engine.settings.model_copy(update={"backup_dir": tmp_path})
    engine = replace(api.engine, settings=settings)
    (age,) = (m for m in Everything(engine, api.at).collect() if m.name.endswith("last_backup_timestamp_seconds"))
    assert age.samples[0].value == pytest.approx(next(tmp_path.iterdir()).stat().st_mtime)


def test_nothing_in_it_is_a_person_a_parcel_or_a_merchant(api: Api) -> None:
    shop = api.shop()
    item = api.item(shop, recipient_name="Canaria Zzyzx")
    api.client.get(f"/v1/tracking/{item}?phone=01712345678")
    api.client.get("/v1/tracking/Canaria-Zzyzx")
    said = api.client.get("/metrics", headers=KEY).text
    for canary in (item, shop, "Zzyzx", "01712345678"):
        assert canary not in said
    labels = set(re.findall(r'(\w+)="', said))
    assert labels <= {"operation", "status", "le", "queue", "kind", "version"}


def test_every_metric_of_the_alerts_is_there(api: Api) -> None:
    api.shop()
    count_request("book", 200, 0.1)
    said = api.client.get("/metrics", headers=KEY).text
    named = set(re.findall(r"post_logistics_\w+", (ROOT / "deploy" / "alerts.yml").read_text()))
    only_then = {
        "post_logistics_last_backup_timestamp_seconds",  # with a folder of backups
        "post_logistics_books_sealed_through_timestamp_seconds",  # once a day is sealed
        "post_logistics_money_alarms_open",
        "post_logistics_exceptions_open",
    }
    assert named > only_then
    assert {name for name in named - only_then if name not in said} == set()


def test_a_request_that_ends_without_an_answer_is_counted_and_no_longer_in_hand(api: Api) -> None:
    async def leaves(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError

    async def nothing() -> Message:
        raise AssertionError

    async def sent(message: Message) -> None:
        raise AssertionError

    before = samples(api)
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    with pytest.raises(TimeoutError):
        asyncio.run(Observed(leaves, NoTracing(), lambda: False)(scope, nothing, sent))
    assert grown(api, before) == {'operation="none",status="4xx"': 1}
    assert samples(api)["post_logistics_requests_in_hand"] == 1  # the one that reads it


def test_while_the_database_is_away_it_says_so(api: Api) -> None:
    nowhere = Settings(_env_file=None, database_url="postgresql://post@127.0.0.1:1/post")  # type: ignore[call-arg]
    with open_as_it_is(nowhere) as away:
        engine = replace(api.engine, database=away)
        told = {metric.name: metric.samples for metric in Everything(engine, api.at).collect()}
    assert told["post_logistics_database_up"][0].value == 0
    assert "post_logistics_queue_waiting" not in told and "post_logistics_requests" in told
