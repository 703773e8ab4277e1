"""The same work in this process, on all cores and on a cluster: the same plans, and no office lost with another."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, contextmanager
from operator import call
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.tours import executors
from post_logistics.operations.tours.executors import HERE, PROCESSES, THREADS, done_by, refuse_unknown
from post_logistics.routing.matrix import durations
from post_logistics.routing.problem import Budget, RoutingProblem, Stop, Vehicle
from post_logistics.routing.solve import solve

DASK_BIN = Path(sys.executable).with_name("dask")


def day_of_tours(stops: int, seed: int) -> RoutingProblem:
    """Doors strewn over a square of five kilometres."""
    at_m = np.random.default_rng(seed).integers(0, 5_000, (stops + 1, 2))
    distance_m = np.abs(at_m[:, np.newaxis] - at_m).sum(axis=2)
    return RoutingProblem(
        stops=tuple(Stop(stop_id=str(node), node=node) for node in range(1, stops + 1)),
        vehicles=tuple(
            Vehicle(
                vehicle_id=str(number),
                kind="motorcycle",
                capacity_g=1,
                capacity_parcels=9,
                cash_cap_poisha=0,
                shift_start_s=0,
                shift_end_s=30_000,
            )
            for number in range(4)
        ),
        distance_m=distance_m,
        duration_s=durations(distance_m, 17_000),
    )


@pytest.fixture(scope="module")
def tasks() -> list[tuple[str, tuple[RoutingProblem, Budget]]]:
    return [(f"office {n}", (day_of_tours(20 + n, n), Budget(iterations=300))) for n in range(4)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A scheduler and a worker in processes of their own, as a deployment has them."""
    with scheduler() as (name, _), worker(name):
        yield name


@contextmanager
def scheduler() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    with process("scheduler", "--host", "127.0.0.1", "--port", str(port)) as started:
        for _ in range(400):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.05)
        yield f"dask://127.0.0.1:{port}", started


def worker(name: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return process("worker", name.replace("dask", "tcp"), "--nthreads", "1", "--no-nanny")


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    quiet, home = subprocess.DEVNULL, Path(__file__).parents[3]
    with subprocess.Popen([DASK_BIN, *words, "--no-dashboard"], stdout=quiet, stderr=quiet, cwd=home) as started:
        try:
            yield started
        finally:
            started.kill()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@pytest.mark.parametrize("name", [HERE, THREADS, PROCESSES])
def test_every_executor_makes_the_same_plans(name: str, tasks: list[tuple[str, tuple[RoutingProblem, Budget]]]) -> None:
    plans = {office: future.result() for office, future in done_by(name, solve, tasks)}
    assert plans == {office: solve(*task) for office, task in tasks}


def test_a_cluster_makes_the_same_plans(cluster: str, tasks: list[tuple[str, tuple[RoutingProblem, Budget]]]) -> None:
    plans = {office: future.result() for office, future in done_by(cluster, solve, tasks)}
    assert plans == {office: solve(*task) for office, task in tasks}


def one_fails(name: str) -> None:
    found = dict(done_by(name, int, [(text, (text,)) for text in ("1", "two", "3")]))
    assert (found["1"].result(), found["3"].result()) == (1, 3)
    with pytest.raises(ValueError, match="two"):
        found["two"].result()


@pytest.mark.parametrize("name", [HERE, THREADS, PROCESSES])
def test_what_fails_loses_nothing_else(name: str) -> None:
    one_fails(name)


def test_what_fails_on_a_cluster_loses_nothing_else(cluster: str) -> None:
    one_fails(cluster)


def test_a_process_that_dies_takes_no_other_task_with_it() -> None:
    tasks = [(0, (abs, 0)), (1, (os._exit, 1)), (2, (abs, -2)), (3, (abs, -3))]
    found = dict(done_by(PROCESSES, call, tasks))
    assert [found[number].result() for number in (0, 2, 3)] == [0, 2, 3]
    assert isinstance(found[1].exception(), BrokenExecutor)


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = list[int]()

    def tasks() -> Iterator[tuple[int, tuple[int]]]:
        for number in range(20):
            taken.append(number)
            yield number, (number,)

    for done, _ in enumerate(done_by(HERE, abs, tasks()), 1):
        assert len(taken) <= done + 2


def test_without_tasks_there_is_nothing_to_do() -> None:
    assert not list(done_by(PROCESSES, abs, []))


@pytest.mark.parametrize(
    "name", ["", "process", "dask", "dask://", "dask://host", "dask://:8786", "dask://host:port", "tcp://host:8786"]
)
def test_an_executor_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        refuse_unknown(name)
    assert (caught.value.field, "dask://host:port" in str(caught.value.remedy)) == ("executor", True)


def test_a_cluster_that_does_not_answer_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_TO_ANSWER_S", 0.5)
    refused(f"dask://127.0.0.1:{free_port()}", "no Dask scheduler answers")


def test_a_cluster_that_is_lost_on_the_way_is_said_of_every_task_it_had_left() -> None:
    found = dict[int, Future[None]]()
    with scheduler() as (name, started), worker(name):
        for number, future in done_by(name, sleep, [(number, (0.1,)) for number in range(12)]):
            found[number] = future
            started.kill()
    assert len(found) == 12
    assert found.pop(0).result() is None
    assert "the cluster was lost" in str(found[11].exception())


def test_a_cluster_without_workers_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_TO_ANSWER_S", 1)
    with scheduler() as (name, _):
        refused(name, "no workers")


def refused(name: str, why: str) -> None:
    with pytest.raises(Conflict, match=why) as caught:
        list(done_by(name, abs, [(1, (1,))]))
    assert caught.value.field == "executor"
    assert caught.value.remedy


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Unacceptable) as caught:
        list(done_by("dask://127.0.0.1:8786", abs, [(1, (1,))]))
    assert caught.value.remedy == "pip install 'post-logistics[cluster]'"


def test_the_program_of_the_guide_runs() -> None:
    guide = Path(__file__).parents[3] / "docs" / "guides" / "planning-many-offices.md"
    (program,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.S)
    exec(program, {})
