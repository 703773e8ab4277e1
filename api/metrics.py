"""What Prometheus reads: how requests fare, worker by worker added up, and how the engine beneath them is doing.

No label names a person, a parcel or a merchant: operations are those of the API, kinds are ours.
"""

import hmac
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Header, HTTPException, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from api.context import Engine, Now, TheEngine
from api.slices import Slice
from post_logistics import __version__
from post_logistics.operations.keeping.backing_up import newest_backup
from post_logistics.storage.database import Database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.keeping.vitals import Vitals, load_vitals
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)

SHARED_DIR: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which several workers count. Read when the library is first imported."""
_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_NAME: Final = "post_logistics"
_OWN = CollectorRegistry()
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""The promises are at 0.3 s for tracking, 0.5 s for booking and 2 s for scans."""

_requests = Counter("requests", "Answers by operation.", ["operation", "status"], _NAME, registry=_OWN)
_latency = Histogram(
    "request_seconds", "How long an answer took.", ["operation"], _NAME, registry=_OWN, buckets=_SECONDS
)
_in_hand = Gauge("requests_in_hand", "Being answered.", (), _NAME, registry=_OWN, multiprocess_mode="livesum")
_pool = Gauge(
    "pool_connections_in_use",
    "Taken out of the workers' pools.",
    (),
    _NAME,
    registry=_OWN,
    multiprocess_mode="livesum",
)


@contextmanager
def in_hand() -> Iterator[None]:
    """A request counts as being answered until the block ends."""
    _in_hand.inc()
    try:
        yield
    finally:
        _in_hand.dec()


def count_request(operation: str, status: int, seconds: float) -> None:
    """Counts an answer."""
    _requests.labels(operation, f"{status // 100}xx").inc()
    _latency.labels(operation).observe(seconds)


def count_connections(database: Database) -> None:
    """From now on, counts what is taken out of the pool of this database."""
    database.watch_pool(_pool.inc)


@dataclass(frozen=True, slots=True)
class Everything:
    """What is to be read at an instant, as the library collects it."""

    engine: Engine
    at: datetime

    def collect(self) -> Iterator[Metric]:
        """Of all workers what they counted; of the engine what its database says, as far as it answers."""
        shared = os.environ.get(SHARED_DIR)
        if shared:
            _forget_dead_workers(Path(shared))
            yield from MultiProcessCollector(None, shared).collect()  # type: ignore[no-untyped-call]
        else:
            yield from _OWN.collect()
        yield _labelled("build", "Which version this is.", "version", {__version__: 1})
        folder = self.engine.settings.backup_dir
        newest = newest_backup(folder) if folder else None
        if newest is not None:
            yield _gauge("last_backup_timestamp_seconds", "When the newest backup was written.", newest.timestamp())
        yield from self._of_the_database()

    def _of_the_database(self) -> Iterator[Metric]:
        try:
            with self.engine.database.transaction() as connection:
                vitals = load_vitals(connection, self.at)
        except Unavailable:
            yield _gauge("database_up", "Whether the database answers.", 0)
        else:
            yield _gauge("database_up", "Whether the database answers.", 1)
            yield from _told(vitals)


def _told(vitals: Vitals) -> Iterator[Metric]:
    queues = vitals.queues.items()
    yield _labelled("queue_waiting", "Due and not done.", "queue", {name: queue.waiting for name, queue in queues})
    oldest = {name: queue.oldest_s for name, queue in queues}
    yield _labelled("queue_oldest_seconds", "For how long the oldest has been due.", "queue", oldest)
    yield _gauge("jobs_stalled", "In hand of a worker that is silent.", vitals.stalled_jobs)
    yield _labelled("exceptions_open", "For a person to look into.", "kind", vitals.open_exceptions)
    yield _labelled("money_alarms_open", "Sums that are not where they should be.", "kind", vitals.open_money_alarms)
    if vitals.sealed_through is not None:
        midnight = datetime.combine(vitals.sealed_through, time.min, DHAKA)
        yield _gauge(
            "books_sealed_through_timestamp_seconds", "The last sealed day of the books.", midnight.timestamp()
        )
    yield _gauge("database_size_bytes", "Of the whole database.", vitals.size_bytes)
    yield _gauge("database_connections", "Of the server, in use.", vitals.connections)
    yield _gauge("database_max_connections", "Of the server, at most.", vitals.max_connections)


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{_NAME}_{name}", said, value=value)


def _labelled(name: str, said: str, label: str, values: Mapping[str, int]) -> Metric:
    metric = GaugeMetricFamily(f"{_NAME}_{name}", said, labels=[label])
    for each, value in values.items():
        metric.add_metric([each], value)
    return metric


def _forget_dead_workers(folder: Path) -> None:
    """What a worker had in hand when it died, nobody has in hand any more."""
    for file in folder.glob("gauge_live*.db"):
        try:
            os.kill(int(file.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)


def may_read(engine: TheEngine, authorization: Annotated[str, Header()] = "") -> None:
    """401 without the key that reads metrics; it is compared with the settings alone, so that it opens at all times."""
    key = engine.settings.metrics_key or engine.settings.api_key
    if not hmac.compare_digest(authorization.encode(), f"Bearer {key.get_secret_value()}".encode()):
        raise HTTPException(401, "this needs the key for metrics")


@router.get("/metrics", dependencies=[Depends(may_read)])
def metrics(engine: TheEngine, at: Now) -> Response:
    """Everything in the words of Prometheus."""
    return Response(generate_latest(Everything(engine, at)), media_type=_TYPE)
