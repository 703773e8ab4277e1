"""Matrices from routing servers, each in its own language; and what counts when a server fails."""

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import load_facts
from post_logistics.routing.matrix import road_estimate
from post_logistics.routing.problem import UNREACHABLE
from post_logistics.routing.roads import road_graph
from post_logistics.routing.servers import RoutingServer, ServerFailed, routing_server, server_matrix
from post_logistics.routing.sources import RoadSources
from post_logistics.settings import Settings

LAT_DEG = [23.70, 23.71, 23.72, 23.73, 23.74]
LON_DEG = [90.40, 90.41, 90.42, 90.43, 90.44]
NOWHERE_LON_DEG = 91.0
"""The far side of a river without a bridge."""


def metres(start: list[float], end: list[float]) -> float | None:
    """What the servers know: their streets run along meridians and parallels, and longer northwards."""
    if start != end and NOWHERE_LON_DEG in {start[0], end[0]}:
        return None
    north = end[1] - start[1]
    return round(100_000 * (abs(end[0] - start[0]) + (2 * north if north > 0 else -north)), 1)


def seconds(start: list[float], end: list[float]) -> float | None:
    length_m = metres(start, end)
    return None if length_m is None else round(length_m / 10, 1)


Points = list[list[float]]


def tables(starts: Points, ends: Points) -> tuple[list[list[float | None]], list[list[float | None]]]:
    return [[metres(a, b) for b in ends] for a in starts], [[seconds(a, b) for b in ends] for a in starts]


def chosen(points: Points, question: dict[str, Any]) -> tuple[Points, Points]:
    return [points[int(i)] for i in question["sources"]], [points[int(i)] for i in question["destinations"]]


def as_osrm(path: str, _: Any) -> Any:
    address = urlsplit(path)
    assert address.path.startswith("/table/v1/driving/")
    points = [[float(x) for x in pair.split(",")] for pair in address.path.rsplit("/", 1)[1].split(";")]
    question = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert question["annotations"] == "duration,distance"
    assert len(points) <= 100, "the limit that osrm-routed starts with"
    length_m, time_s = tables(*chosen(points, {name: text.split(";") for name, text in question.items()}))
    return {"code": "Ok", "distances": length_m, "durations": time_s, "sources": [], "destinations": []}


def as_valhalla(path: str, question: Any) -> Any:
    assert (path, question["costing"]) == ("/sources_to_targets", "motorcycle")
    starts, ends = ([[at["lon"], at["lat"]] for at in question[side]] for side in ("sources", "targets"))
    length_m, time_s = tables(starts, ends)
    rows = [
        [
            {"distance": None if m is None else m / 1_000, "time": None if s is None else round(s), "to_index": column}
            for column, (m, s) in enumerate(zip(ms, ss, strict=True))
        ]
        for ms, ss in zip(length_m, time_s, strict=True)
    ]
    return {"sources_to_targets": rows, "units": "kilometers"}


def as_ors(path: str, question: Any) -> Any:
    assert path == "/v2/matrix/driving-car/json"
    assert question["metrics"] == ["distance", "duration"]
    length_m, time_s = tables(*chosen(question["locations"], question))
    return {"distances": length_m, "durations": time_s, "metadata": {}}


SPEAKERS = {"osrm": as_osrm, "valhalla": as_valhalla, "ors": as_ors}
Answer = Callable[[str, Any], Any]
Serve = Callable[..., RoutingServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a real HTTP server on this machine that answers as given."""
    running = []

    def start(kind: str, answer: Answer | None = None, status: int = 200, **limits: Any) -> RoutingServer:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(None)

            def do_POST(self) -> None:
                self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def reply(self, question: Any) -> None:
                told = (answer or SPEAKERS[kind])(self.path, question)
                body = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing: the tests look at what the client says."""

        httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        httpd.daemon_threads = True
        threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(httpd)
        profile = routing_server(f"{kind}+http://127.0.0.1").profile
        return RoutingServer(kind, f"http://127.0.0.1:{httpd.server_port}", profile, **limits)

    yield start
    for httpd in running:
        httpd.shutdown()
        httpd.server_close()


def expected(lat_deg: list[float], lon_deg: list[float]) -> list[list[int]]:
    points = [[lon, lat] for lat, lon in zip(lat_deg, lon_deg, strict=True)]
    return [[UNREACHABLE if m is None else round(m) for m in row] for row in tables(points, points)[0]]


@pytest.mark.parametrize("kind", SPEAKERS)
@pytest.mark.parametrize("most_points", [2, 50])
def test_every_server_is_understood_in_blocks_and_at_once(serve: Serve, kind: str, most_points: int) -> None:
    found = server_matrix(serve(kind, most_points=most_points), LAT_DEG, LON_DEG)
    assert abs(found.distance_m - expected(LAT_DEG, LON_DEG)).max() <= 1
    assert found.duration_s is not None
    assert abs(found.duration_s - found.distance_m / 10).max() <= 1
    assert found.distance_m[0, 1] != found.distance_m[1, 0]
    assert not found.estimated.any()


@pytest.mark.parametrize("kind", SPEAKERS)
def test_no_way_is_unreachable(serve: Serve, kind: str) -> None:
    lat, lon = [23.70, 23.71, 23.71], [90.40, 90.41, NOWHERE_LON_DEG]
    found = server_matrix(serve(kind, most_points=1), lat, lon)
    assert found.duration_s is not None
    for matrix in (found.distance_m, found.duration_s):
        assert (matrix == UNREACHABLE).tolist() == [[False, False, True], [False, False, True], [True, True, False]]
        assert not matrix.diagonal().any()


def test_the_limits_of_public_servers_are_kept(serve: Serve) -> None:
    """The server refuses more than 100 points in one question."""
    lat, lon = np.linspace(23.7, 23.8, 101), np.full(101, 90.4)
    assert server_matrix(serve("osrm"), lat, lon).distance_m[0, 100] == 20_000


def test_no_points_are_no_question(serve: Serve) -> None:
    assert server_matrix(serve("osrm", status=500), [], []).distance_m.shape == (0, 0)


def slowly(path: str, question: Any) -> Any:
    time.sleep(0.4)
    return as_osrm(path, question)


FAILURES: dict[str, tuple[Answer, int, dict[str, float]]] = {
    "refuses": (lambda *_: {"code": "TooBig"}, 400, {}),
    "asks too often": (lambda *_: {}, 429, {}),
    "breaks": (lambda *_: {}, 500, {}),
    "no JSON": (lambda *_: b"<html>", 200, {}),
    "other JSON": (lambda *_: [1, 2], 200, {}),
    "no distances": (lambda *_: {"durations": [[0.0] * 5] * 5}, 200, {}),
    "too few": (lambda *_: {"durations": [[0.0]], "distances": [[0.0]]}, 200, {}),
    "ragged": (lambda *_: {"durations": [[0.0], [0.0, 1.0]], "distances": [[0.0]]}, 200, {}),
    "text": (lambda *_: {"durations": [["far"] * 5] * 5, "distances": [["far"] * 5] * 5}, 200, {}),
    "negative": (lambda *_: {"durations": [[-1.0] * 5] * 5, "distances": [[1.0] * 5] * 5}, 200, {}),
    "slow": (slowly, 200, {"timeout_s": 0.1}),
    "slow in sum": (slowly, 200, {"most_points": 1, "budget_s": 0.3}),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_one_warning_and_the_graph_counts(
    serve: Serve, caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    answer, status, limits = FAILURES[failure]
    server = serve("osrm", answer, status, **limits)
    with pytest.raises(ServerFailed):
        server_matrix(server, LAT_DEG, LON_DEG)
    estimate_m = road_estimate(LAT_DEG, LON_DEG)
    graph = road_graph(LAT_DEG, LON_DEG, [0, 1], [1, 0], [4_321, 4_321])
    with caplog.at_level(logging.WARNING):
        found = RoadSources(server, graph).distances(LAT_DEG, LON_DEG, estimate_m)
    assert found.distance_m[0, 1] == 4_321
    assert found.estimated_pairs == 18
    (record,) = caplog.records
    assert "ways along the road graph count instead" in record.getMessage()


@pytest.mark.filterwarnings("ignore:Server down")
def test_a_server_that_stays_busy_is_asked_again_but_not_for_ever(serve: Serve) -> None:
    with pytest.raises(ServerFailed, match="Timeout"):
        server_matrix(serve("osrm", lambda *_: {}, 503, timeout_s=0.2), LAT_DEG, LON_DEG)


def test_a_server_that_is_away_leaves_the_estimate(caplog: pytest.LogCaptureFixture) -> None:
    estimate_m = road_estimate(LAT_DEG, LON_DEG)
    away = RoadSources(routing_server("osrm+http://127.0.0.1:9")).distances(LAT_DEG, LON_DEG, estimate_m)
    assert (away.distance_m == estimate_m).all()
    assert (away.estimated_pairs, away.duration_s) == (20, None)
    assert "(osrm)" in caplog.text
    assert "straight lines count instead" in caplog.text


def test_what_the_server_does_not_know_is_estimated(serve: Serve) -> None:
    lat, lon = [23.70, 23.71, 23.71, 23.71], [90.40, 90.41, 90.41, NOWHERE_LON_DEG]
    estimate_m = road_estimate(lat, lon)
    found = RoadSources(serve("osrm")).distances(lat, lon, estimate_m)
    assert found.estimated.astype(int).tolist() == [[0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]]
    assert (found.distance_m[found.estimated] == estimate_m[found.estimated]).all()
    assert found.duration_s is not None
    assert found.duration_s.max() < UNREACHABLE


@pytest.mark.parametrize(
    ("address", "kind", "url", "profile"),
    [
        ("osrm+http://127.0.0.1:5000", "osrm", "http://127.0.0.1:5000", "driving"),
        ("osrm+https://host/routed-bike/#bike", "osrm", "https://host/routed-bike", "bike"),
        ("valhalla+http://[::1]:8002#motor_scooter", "valhalla", "http://[::1]:8002", "motor_scooter"),
        ("ors+http://host:8080/ors", "ors", "http://host:8080/ors", "driving-car"),
    ],
)
def test_an_address_says_kind_place_and_profile(address: str, kind: str, url: str, profile: str) -> None:
    assert routing_server(address) == RoutingServer(kind, url, profile)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://127.0.0.1:5000",
        "google+http://host",
        "osrm+ftp://host",
        "osrm+http://",
        "osrm+http://h?x=1",
        "osrm+http://h h",
    ],
)
def test_a_wrong_address_is_refused(address: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        routing_server(address)
    assert caught.value.field == "routing_server"
    assert "osrm+http://" in str(caught.value.remedy)


def test_the_public_openrouteservice_wants_a_key_that_is_never_shown() -> None:
    with pytest.raises(Unacceptable) as caught:
        routing_server("ors+https://api.openrouteservice.org")
    assert caught.value.field == "routing_server_key"
    assert "secret" not in repr(routing_server("ors+https://api.openrouteservice.org", "secret"))


def test_without_routingpy_the_remedy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "routingpy", None)
    with pytest.raises(Unacceptable) as caught:
        routing_server("osrm+http://127.0.0.1:5000")
    assert caught.value.remedy == "pip install 'post-logistics[roads]'"


def test_the_settings_name_the_sources(tmp_path: Path) -> None:
    (tmp_path / "road_nodes.csv").write_text("node_id,lat_deg,lon_deg\na,23.70,90.40\nb,23.71,90.40\n")
    (tmp_path / "road_edges.csv").write_text("from,to,length_m\na,b,1500\n")
    roads = load_facts(
        Settings(_env_file=None, roads_dir=tmp_path, routing_server="osrm+http://127.0.0.1:5000", cache_dir=None)  # type: ignore[call-arg]
    ).roads
    assert roads.server == RoutingServer("osrm", "http://127.0.0.1:5000", "driving")
    assert roads.graph is not None
    assert len(roads.graph.lat_deg) == 2
    assert load_facts(Settings(_env_file=None, cache_dir=None)).roads == RoadSources()  # type: ignore[call-arg]
