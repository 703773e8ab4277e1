"""Where offices are planned: in this process, on all cores, or on a Dask cluster. The same code, and the same plans."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeVar

from post_logistics.errors import Conflict, Unacceptable

HERE, THREADS, PROCESSES, DASK = "here", "threads", "processes", "dask://"

_TO_ANSWER_S = 5
"""How long a cluster may take to answer, and then to show a worker."""

Task = tuple[Any, ...]
"""What a call takes."""
K = TypeVar("K")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Crew:
    """Who works, and how many of them at once."""

    executor: Executor
    size: int


def refuse_unknown(name: str) -> None:
    """Returns if the name is ``here``, ``threads``, ``processes`` or ``dask://host:port``; Unacceptable otherwise."""
    host, colon, port = name.removeprefix(DASK).rpartition(":")
    cluster = name.startswith(DASK) and host and colon and port.isdecimal()
    if not (cluster or name in (HERE, THREADS, PROCESSES)):
        raise Unacceptable(
            f"there is no executor {name!r}",
            field="executor",
            remedy=f"write {PROCESSES}, {THREADS}, {HERE} or {DASK}host:port",
        )


def done_by(name: str, work: Callable[..., R], tasks: Iterable[tuple[K, Task]]) -> Iterator[tuple[K, Future[R]]]:
    """Each key with the finished future of ``work(*task)``, in the order in which they finish.

    Tasks are taken as they are needed, two for each worker, so that memory never holds many. When a process dies, the
    tasks of its pool are tried again, each in a pool of its own. ``work``, tasks and results are pickled. Unacceptable
    for an executor that there is not, Conflict for a cluster that does not answer or has no workers.
    """
    broken = list[tuple[K, Task]]()
    with _open(name) as crew:
        for key, task, future in _flow(crew, work, tasks):
            if _died(future):
                broken.append((key, task))
            else:
                yield key, future
    for one in broken:
        with _open(name) as crew:
            for key, _, future in _flow(crew, work, [one]):
                yield key, future


def _flow(crew: _Crew, work: Callable[..., R], tasks: Iterable[tuple[K, Task]]) -> Iterator[tuple[K, Task, Future[R]]]:
    under_way: dict[Future[R], tuple[K, Task]] = {}
    waiting = iter(tasks)
    lost = False
    try:
        while True:
            for key, task in islice(waiting, 2 * crew.size - len(under_way)):
                future = _failed(_lost()) if lost else _submit(crew.executor, work, task)
                under_way[future] = key, task
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                key, task = under_way.pop(future)
                lost = lost or future.cancelled()
                yield key, task, _failed(_lost()) if future.cancelled() else future
    finally:
        for future in under_way:
            future.cancel()


def _submit(executor: Executor, work: Callable[..., R], task: Task) -> Future[R]:
    try:
        return executor.submit(work, *task)
    except BrokenExecutor as error:
        return _failed(error)


def _failed(error: Exception) -> Future[Any]:
    future = Future[Any]()
    future.set_exception(error)
    return future


def _lost() -> Conflict:
    """Why futures are cancelled that nobody here cancelled. What a lost cluster is given afterwards is never done."""
    return Conflict(
        "the cluster was lost while it was planned",
        field="executor",
        remedy="look after its scheduler, then plan again",
    )


def _died(future: Future[R]) -> bool:
    return isinstance(future.exception(), BrokenExecutor)


@contextmanager
def _open(name: str) -> Iterator[_Crew]:
    refuse_unknown(name)
    if name.startswith(DASK):
        with _cluster(name) as crew:
            yield crew
    else:
        size = 1 if name == HERE else os.cpu_count() or 1
        pool = ProcessPoolExecutor(size, get_context("spawn")) if name == PROCESSES else ThreadPoolExecutor(size)
        with pool:
            yield _Crew(pool, size)


@contextmanager
def _cluster(name: str) -> Iterator[_Crew]:
    try:
        from distributed import Client  # noqa: PLC0415  an extra that few need, and slow to load
    except ImportError as error:
        raise Unacceptable(
            "Dask is not installed", field="executor", remedy="pip install 'post-logistics[cluster]'"
        ) from error
    for chatty in ("distributed", "distributed.client"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)  # a cluster that is gone is said once, by us
    address = f"tcp://{name.removeprefix(DASK)}"
    try:
        client: Any = Client(address, timeout=_TO_ANSWER_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise Conflict(
            f"no Dask scheduler answers at {name}", field="executor", remedy="start one: dask scheduler --port 8786"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_TO_ANSWER_S)
        except TimeoutError as error:
            raise Conflict(
                f"the cluster at {name} has no workers",
                field="executor",
                remedy=f"start some: dask worker {address}",
            ) from error
        with client.get_executor(pure=False) as executor:
            yield _Crew(executor, sum(client.nthreads().values()))
